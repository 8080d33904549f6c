//! Transfers: there, back, refunded.

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolEvent;
use causeway_core::transfer::FungibleTokenPacketData;
use causeway_core::{Acknowledgement, Encoding, Event, Message, PacketPath, TimeoutPacket};
use causeway_tests::harness::Family;
use causeway_wire_ethereum::abi::calldata;
use causeway_wire_ethereum::abi::sol::{Erc20, Helper, Router, Transfer};
use causeway_wire_ethereum::contracts::{
    HELPER, ROUTER, TOKEN_A, TRANSFER, trace_slot, voucher_address,
};

use super::super::{account, hex_name};
use super::{HERE, Link, THERE, client, commitment, events, incoming, success, text};

#[test]
fn a_transfer_is_locked_proven_and_settled_or_refunded() {
    let mut link = Link::open();
    let alice = account("alice");
    let before = link.balance(TOKEN_A, alice);

    let packet = link.transfer("alice", TOKEN_A, 100);
    link.assert_present(&commitment(&packet), &packet.commitment().0);
    assert_eq!(link.balance(TOKEN_A, alice), before - U256::from(100));
    assert_eq!(link.balance(TOKEN_A, link.escrow()), U256::from(100));
    assert!(link.acknowledge(&packet, success()).success);
    link.assert_absent(&commitment(&packet));
    link.assert_conserved(TOKEN_A);

    let packet = link.transfer("alice", TOKEN_A, 30);
    assert_eq!(packet.sequence.get(), 2);
    let done = link.acknowledge(&packet, Acknowledgement::error());
    assert!(matches!(events(&done).as_slice(), [Event::PacketAcknowledged { .. }]));
    assert_eq!(link.balance(TOKEN_A, alice), before - U256::from(100));

    let packet = link.transfer("alice", TOKEN_A, 50);
    let proof_height = link.update();
    let path = PacketPath::receipt(packet.dest_client.clone(), packet.sequence);
    let time_out = |link: &Link, proof_height| {
        Message::TimeoutPacket(TimeoutPacket {
            packet: packet.clone(),
            proof_unreceived: link.peer.non_membership(proof_height, &path),
            proof_height,
        })
    };
    let early = calldata(&time_out(&link, proof_height));
    let refusal = link.pos.refusal("relayer", ROUTER, early);
    assert!(text(&refusal).starts_with("timeout_not_reached"));
    link.pos.step_after(700);
    let proof_height = link.update();
    let done = link.message("relayer", &time_out(&link, proof_height));
    assert!(matches!(events(&done).as_slice(), [Event::PacketTimedOut { .. }]), "{done:?}");
    assert_eq!(link.balance(TOKEN_A, alice), before - U256::from(100));
    link.assert_conserved(TOKEN_A);

    // Again: nothing happens, and nobody is told that it failed.
    let done = link.message("relayer", &time_out(&link, proof_height));
    assert!(done.success);
    assert_eq!(done.logs[0].topics[..], [Router::Noop::SIGNATURE_HASH]);
    link.pos.restart();
    link.assert_conserved(TOKEN_A);
}

#[test]
fn a_voucher_is_a_token_of_its_own_until_it_goes_home() {
    let mut link = Link::open();
    let bob = account("bob");
    let packet = link.coming(1, vec![incoming("uatom", 900, &hex_name(&bob))]);
    let message = link.receive(&packet);
    let done = link.message("relayer", &message);
    assert!(done.success, "{done:?}");
    let path = format!("transfer/{HERE}/uatom");
    let voucher = link.pos.ask(TRANSFER, &Transfer::ibcERC20ContractCall { denom: path.clone() });
    assert_eq!(voucher, voucher_address(&path));
    let created = done.logs.iter().any(|log| {
        log.topics == [Transfer::IBCERC20ContractCreated::SIGNATURE_HASH, voucher.into_word()]
    });
    assert!(created, "{:?}", done.logs);
    assert_eq!(link.pos.ask(voucher, &Erc20::symbolCall {}), path);
    assert_eq!(link.pos.ask(TRANSFER, &Transfer::ibcERC20DenomCall { token: voucher }), path);
    assert_eq!(link.balance(voucher, bob), U256::from(900));
    let received = Helper::isPacketReceiveSuccessfulCall { packet: (&packet).into() };
    assert!(link.pos.ask(HELPER, &received));
    let answer = PacketPath::acknowledgement(client(HERE), packet.sequence);
    link.assert_present(&answer, &success().commitment().0);
    let receipt = PacketPath::receipt(client(HERE), packet.sequence);
    let next = PacketPath::receipt(client(HERE), packet.sequence.next().unwrap());
    let word = link.pos.head().storage(&ROUTER, &trace_slot(&receipt));
    link.assert_present(&receipt, &word.to_be_bytes::<32>());
    link.assert_absent(&next);

    // It was received: again is no error and no money.
    let again = link.message("relayer", &message);
    assert!(again.success);
    assert_eq!(again.logs[0].topics[..], [Router::Noop::SIGNATURE_HASH]);
    assert_eq!(link.balance(voucher, bob), U256::from(900));

    let home = link.transfer("bob", voucher, 400);
    let data = FungibleTokenPacketData::decode(&home.payloads[0].value, Encoding::Abi).unwrap();
    assert_eq!(data.denom().to_string(), path);
    assert_eq!(link.pos.ask(voucher, &Erc20::totalSupplyCall {}), U256::from(500));
    assert!(link.acknowledge(&home, Acknowledgement::error()).success);
    assert_eq!(link.pos.ask(voucher, &Erc20::totalSupplyCall {}), U256::from(900));
    assert_eq!(link.balance(voucher, bob), U256::from(900));
}

#[test]
fn what_comes_home_is_released_and_never_more_than_was_locked() {
    let mut link = Link::open();
    let (alice, bob) = (account("alice"), account("bob"));
    let packet = link.transfer("alice", TOKEN_A, 100);
    assert!(link.acknowledge(&packet, success()).success);
    let denom = format!("transfer/{THERE}/{}", hex_name(&TOKEN_A));
    let before = link.balance(TOKEN_A, bob);
    for (sequence, amount, released) in [(1, 60, 60), (2, 41, 60), (3, 40, 100)] {
        let packet = link.coming(sequence, vec![incoming(&denom, amount, &hex_name(&bob))]);
        let message = link.receive(&packet);
        assert!(link.message("relayer", &message).success);
        assert_eq!(link.balance(TOKEN_A, bob), before + U256::from(released), "{sequence}");
        link.assert_conserved(TOKEN_A);
    }
    // Nobody is at the zero address, and contracts could not give it back.
    let path = PacketPath::acknowledgement;
    for (sequence, receiver) in [(4, Address::ZERO), (5, ROUTER), (6, link.escrow())] {
        let packet = link.coming(sequence, vec![incoming("uatom", 1, &hex_name(&receiver))]);
        let message = link.receive(&packet);
        let done = link.message("relayer", &message);
        assert!(done.success);
        let failed = Router::IBCAppRecvPacketCallbackError::SIGNATURE_HASH;
        assert!(done.logs.iter().any(|log| log.topics == [failed]));
        let answer = path(client(HERE), packet.sequence);
        link.assert_present(&answer, &Acknowledgement::error().commitment().0);
    }
    assert!(link.balance(TOKEN_A, alice) > U256::ZERO);
}
