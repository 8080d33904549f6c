//! Contracts on the proof-of-work chain: calls, coins in the vault, payouts, proofs.

use std::time::Duration;

use causeway_client_bitcoin::StateProof;
use causeway_contracts::Accounts;
use causeway_core::gmp::GmpPacketData;
use causeway_core::transfer::Denom;
use causeway_core::{
    Amount, Encoding, Event, Height, Message, Packet, PacketPath, PacketResult, ReceivePackets,
    Refusal, Response, TimeoutPacket,
};
use causeway_light_client::ProofCodec;
use causeway_wire_bitcoin::state::{CallEvent, CallResult};
use causeway_wire_bitcoin::{Action, Address, AddressNetwork, Call, contract_account};
use serde_json::json;

use crate::pow_world::{GAS, World, address, answer, code, key_hash, sent};

#[test]
fn coins_go_out_through_the_vault_and_come_home_by_the_payout() {
    let mut w = World::new();
    let packet = w.send("alice", 1_000_000, 3600);
    assert_eq!(w.pow.vault(), 1_000_000);
    assert_eq!(w.receive_there(&packet), PacketResult::Success);
    let voucher = w.behind_there("sat");
    assert_eq!(w.user_has(&voucher), Amount::from(1_000_000_u64));
    let result = w.acknowledge_here(&packet);
    assert_eq!(code(&result), None);
    assert_eq!(w.pow.vault(), 1_000_000);

    let bob = w.pow.coins("bob");
    let payload = w.transfer_back(&voucher, 400_000, &address("bob"));
    let packet = w.send_back(payload);
    let result = w.receive_here(&packet);
    assert_eq!(code(&result), None, "{result:?}");
    assert_eq!(w.pow.coins("bob"), bob + 400_000);
    assert_eq!(w.pow.vault(), 600_000);
    assert_eq!(w.acknowledge_there(&packet, &result), PacketResult::Success);
    assert_eq!(w.user_has(&voucher), Amount::from(600_000_u64));
}

#[test]
fn vouchers_are_minted_sent_on_and_burned() {
    let mut w = World::new();
    let coin = Denom::native("coin").unwrap();
    let payload = w.transfer_back(&coin, 300, &address("alice"));
    let packet = w.send_back(payload);
    let result = w.receive_here(&packet);
    assert_eq!(w.acknowledge_there(&packet, &result), PacketResult::Success);
    let voucher = w.behind_here("coin");
    assert_eq!(w.pow.vouchers("alice", &voucher), Amount::from(300_u64));
    assert_eq!(w.pow.vault(), 0);

    let token = voucher.local_name();
    let amount = Amount::from(120_u64);
    let send = Action::SendTokens { to: key_hash("bob").0.to_vec(), token, amount };
    assert_eq!(code(&w.pow.call("alice", send.clone(), GAS, 0)), None);
    assert_eq!(w.pow.vouchers("bob", &voucher), amount);
    let chain = &w.c.chains[0];
    let user = chain.host.format_account(&chain.user);
    let message = w.send_of("bob", &voucher, 120, &user, 3600);
    let result = w.pow.call("bob", message, GAS, 0);
    assert_eq!(code(&result), None, "{result:?}");
    assert_eq!(w.receive_there(&sent(&result)), PacketResult::Success);
    assert_eq!(w.user_has(&coin), Amount::from(820_u64));
    assert_eq!(w.pow.vouchers("bob", &voucher), Amount::ZERO);
    assert_eq!(w.pow.vouchers("alice", &voucher), Amount::from(180_u64));
    let again = w.pow.call("bob", send, GAS, 0);
    assert_eq!(code(&again), Some("insufficient_balance"));
}

#[test]
fn what_is_not_received_in_time_is_refunded_by_the_payout() {
    let mut w = World::new();
    let before = w.pow.coins("alice");
    let packet = w.send("alice", 70_000, 60);
    let in_flight = w.pow.coins("alice");
    assert!(before - in_flight >= 70_000);
    w.c.advance(Duration::from_mins(2));
    let proof_height = w.update_here();
    let path = PacketPath::receipt(packet.dest_client.clone(), packet.sequence);
    let proof_unreceived = w.c.chains[0].family.non_membership(proof_height, &path);
    let message = TimeoutPacket { packet: packet.clone(), proof_unreceived, proof_height };
    let message = Message::TimeoutPacket(message);
    let result = w.pow.call("relayer", message.clone(), GAS, 0);
    assert_eq!(code(&result), None, "{result:?}");
    assert_eq!(w.pow.coins("alice"), in_flight + 70_000);
    assert_eq!(w.pow.vault(), 0);
    // A second time it is taken for what it is.
    let result = w.pow.call("relayer", message, GAS, 0);
    assert!(matches!(
        result.events.as_slice(),
        [CallEvent::Core(Event::PacketRedundant { packet: again })] if *again == packet
    ));
}

#[test]
fn the_absence_of_a_receipt_here_is_proven_there() {
    let mut w = World::new();
    let coin = Denom::native("coin").unwrap();
    let payload = w.transfer_back(&coin, 300, &address("alice"));
    let mut packet = w.send_back_within(payload, 60);
    assert_eq!(w.user_has(&coin), Amount::from(700_u64));
    w.pow.mine_until(causeway_core::Timestamp::from_secs(packet.timeout_timestamp).unwrap());
    let height = w.update_there();
    let path = PacketPath::receipt(packet.dest_client.clone(), packet.sequence);
    let answer = w.pow.proofs(height, &[path], false);
    assert_eq!(answer.values[0].value, None);
    assert!(u64::from(answer.time) >= packet.timeout_timestamp);
    let proof = answer.state_proof(0).unwrap().to_bytes();
    let timeout = |packet: &Packet| {
        Message::TimeoutPacket(TimeoutPacket {
            packet: packet.clone(),
            proof_unreceived: proof.clone(),
            proof_height: Height::from_block(height),
        })
    };
    packet.timeout_timestamp += 1;
    assert!(w.c.chains[0].execute(&timeout(&packet)).is_err());
    packet.timeout_timestamp -= 1;
    let result = w.c.chains[0].execute(&timeout(&packet)).unwrap();
    assert_eq!(result, Response::Packet(PacketResult::Success));
    assert_eq!(w.user_has(&coin), Amount::from(1_000_u64));
}

/// The address of the contract that counts.
fn counter() -> String {
    let script = [&[0, 32][..], &contract_account("counter")].concat();
    Address::of_script(&script, AddressNetwork::Regtest).unwrap().to_string()
}

#[test]
fn a_batch_of_packets_under_one_proof_counts_and_pays() {
    let mut w = World::new();
    let coin = Denom::native("coin").unwrap();
    let chain = &w.c.chains[0];
    let user = chain.host.format_account(&chain.user);
    let call = |number: u64| {
        let bytes = number.to_be_bytes().to_vec();
        let data = GmpPacketData::new(user.as_str(), counter(), vec![], bytes, "").unwrap();
        data.to_payload(Encoding::Abi).unwrap()
    };
    let payloads = [call(3), call(4), w.transfer_back(&coin, 5, &address("bob"))];
    let packets: Vec<_> = payloads.into_iter().map(|payload| w.send_back(payload)).collect();
    let proof_height = w.update_here();
    let path = |p: &Packet| PacketPath::commitment(p.source_client.clone(), p.sequence);
    let paths: Vec<_> = packets.iter().map(path).collect();
    let proof_commitments = w.c.chains[0].family.memberships(proof_height, &paths);
    let message = ReceivePackets { packets: packets.clone(), proof_commitments, proof_height };
    let result = w.pow.call("relayer", Message::ReceivePackets(message), GAS, 0);
    assert_eq!(code(&result), None, "{result:?}");
    let counted: Vec<_> = result.events.iter().filter_map(count).collect();
    assert_eq!(counted, ["3", "7"]);
    assert_eq!(w.pow.vouchers("bob", &w.behind_here("coin")), Amount::from(5_u64));

    // And the answers of all of them under one proof of ours.
    let height = w.update_there();
    let path = |p: &Packet| PacketPath::acknowledgement(p.dest_client.clone(), p.sequence);
    let paths: Vec<_> = packets.iter().map(path).collect();
    let answer = w.pow.proofs(height, &paths, true);
    assert!(answer.values.iter().all(|value| value.proof.is_none() && value.value.is_some()));
    let light = causeway_client_registry::all();
    let light = light.by_type("bitcoin").unwrap();
    let stored = w.c.chains[0].stored(&w.there);
    let (client_state, consensus_state) = {
        use causeway_light_client::RawView;
        let state = stored.consensus_state(Height::from_block(height)).unwrap();
        (stored.client_state(), state)
    };
    let context = causeway_light_client::RawContext {
        client_state: &client_state,
        height: Height::from_block(height),
        consensus_state: &consensus_state,
    };
    let entry = |(value, path): (&causeway_wire_bitcoin::state::ProvenValue, &PacketPath)| {
        let path = causeway_core::MerklePath::new(vec![path.to_bytes()]).unwrap();
        causeway_light_client::Entry { path, value: value.value.clone().unwrap() }
    };
    let mut entries: Vec<_> = answer.values.iter().zip(&paths).map(entry).collect();
    let proof = answer.batch_proof().unwrap().to_bytes();
    light.verify_memberships(context, &proof, &entries).unwrap();
    entries[1].value[0] ^= 1;
    assert!(light.verify_memberships(context, &proof, &entries).is_err());
}

/// What the counter reported.
fn count(event: &CallEvent) -> Option<&str> {
    match event {
        CallEvent::App { name, attributes } if name == "counted" => {
            let count = attributes.iter().find(|(key, _)| key == "count");
            count.map(|(_, value)| value.as_str())
        }
        _ => None,
    }
}

#[test]
fn a_proof_of_ours_that_is_changed_proves_nothing() {
    let mut w = World::new();
    let packet = w.send("alice", 5_000, 3600);
    let height = w.update_there();
    let path = PacketPath::commitment(packet.source_client.clone(), packet.sequence);
    let answer = w.pow.proofs(height, &[path], false);
    let good: StateProof = answer.state_proof(0).unwrap();
    let mut receive = |proof: &StateProof, height: u64| {
        let message = Message::ReceivePacket(causeway_core::ReceivePacket {
            packet: packet.clone(),
            proof_commitment: proof.to_bytes(),
            proof_height: Height::from_block(height),
        });
        w.c.chains[0].execute(&message).map_err(|error| error.code().into_owned())
    };
    let mut other_root = good.clone();
    let at = other_root.root.coinbase.len() - 60;
    other_root.root.coinbase[at] ^= 1;
    assert_eq!(receive(&other_root, height).unwrap_err(), "merkle_root_mismatch");
    assert!(receive(&good, height - 1).is_err());
    assert!(receive(&good, height + 1).is_err());
    assert_eq!(receive(&good, height), Ok(Response::Packet(PacketResult::Success)));
}

#[test]
fn calls_that_fail_pay_and_leave_nothing() {
    let mut w = World::new();
    let vault = w.pow.vault();
    let root = |w: &World| w.pow.miner().ledger().state_root();
    let before = root(&w);
    let alice = w.pow.coins("alice");
    let message = w.send_message("alice", 5_000, 3600);
    // Of what is handed in, only fees are gone.
    let fees = core::cell::Cell::new(0);
    let fail = |w: &mut World, action: Action, gas: u64, brings: u64| -> CallResult {
        let coins = w.pow.coins("alice");
        let result = w.pow.call("alice", action, gas, brings);
        assert!(result.failure.is_some() && result.events.is_empty(), "{result:?}");
        let fee = coins - w.pow.coins("alice");
        assert!(fee > 0 && fee < 10_000, "{fee}");
        fees.set(fees.get() + fee);
        result
    };
    let core = Action::from(message.clone());
    assert_eq!(code(&fail(&mut w, core.clone(), GAS, 4_999)), Some("insufficient_balance"));
    assert_eq!(code(&fail(&mut w, core.clone(), GAS, 5_001)), Some("coins_not_used"));
    let starved = fail(&mut w, core.clone(), 20_000, 5_000);
    assert_eq!(code(&starved), Some("out_of_gas"));
    assert_eq!(starved.gas_used, 20_000);
    let here = w.here.clone();
    let pause = Action::SetPaused { client_id: here.clone(), is_paused: true };
    assert_eq!(code(&fail(&mut w, pause.clone(), GAS, 0)), Some("not_the_authority"));
    assert_eq!(root(&w), before);
    assert_eq!(w.pow.coins("alice"), alice - fees.get());
    assert_eq!(w.pow.vault(), vault);

    assert_eq!(code(&w.pow.call("authority", pause, GAS, 0)), None);
    assert_eq!(code(&fail(&mut w, core.clone(), GAS, 5_000)), Some("transfers_paused"));
    let go_on = Action::SetPaused { client_id: here, is_paused: false };
    assert_eq!(code(&w.pow.call("authority", go_on, GAS, 0)), None);

    // What it would do is told beforehand, and the same transaction is taken once.
    let call = Call { gas_limit: GAS, action: core };
    let told = w
        .pow
        .ask("getaccount", &json!([address("alice"), "call", hex::encode(call.to_bytes()), 5_000]));
    let told = CallResult::from_json(&told).unwrap();
    let transaction = w.pow.wallet("alice").call(&call, 5_000).unwrap();
    let bytes = hex::encode(transaction.to_bytes());
    w.pow.ask("sendrawtransaction", &json!([bytes, 0]));
    let result = w.pow.result_of(transaction.txid());
    assert_eq!((told.gas_used, told.events), (result.gas_used, result.events));
    let refused = w.pow.try_ask("sendrawtransaction", &json!([bytes, 0])).unwrap_err();
    assert!(refused["code"] == -27 || refused["code"] == -25, "{refused}");
}

#[test]
fn an_error_there_comes_back_as_coins_here() {
    let mut w = World::new();
    let before = w.pow.coins("alice");
    let denom = Denom::native("sat").unwrap();
    let message = w.send_of("alice", &denom, 9_000, "nobody", 3600);
    let result = w.pow.call("alice", message, GAS, 9_000);
    let packet = sent(&result);
    assert_eq!(w.receive_there(&packet), PacketResult::Failure);
    let sent_off = w.pow.coins("alice");
    assert!(before - sent_off >= 9_000);
    let result = w.acknowledge_here(&packet);
    assert_eq!(code(&result), None);
    assert_eq!(w.pow.coins("alice"), sent_off + 9_000);
    // A receiver that this chain does not know is answered, not failed.
    let coin = Denom::native("coin").unwrap();
    for text in ["nobody", &address("alice").to_uppercase()] {
        let payload = w.transfer_back(&coin, 1, text);
        let packet = w.send_back(payload);
        let result = w.receive_here(&packet);
        assert!(answer(&result).unwrap().is_error());
    }
}
