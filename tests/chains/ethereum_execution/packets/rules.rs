//! Clients, calls, batches, refusals.

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolError;
use causeway_chain_ethereum::execution::StateView;
use causeway_client_ethereum::execution::proof::BatchProof;
use causeway_client_ethereum::execution::router::verify_slots;
use causeway_core::gmp::{AccountIdentifier, GmpPacketData};
use causeway_core::{Any, Counterparty, Encoding, Height, Message, PacketPath, ReceivePackets};
use causeway_tests::harness::Family;
use causeway_wire_ethereum::abi::calldata;
use causeway_wire_ethereum::abi::sol::{self, Counter, Erc20, Errors, Gmp, Router, Transfer};
use causeway_wire_ethereum::contracts::{
    COMMITMENT_SLOT, COUNTER, GMP, ROUTER, TOKEN_A, TRANSFER, client_address, trace_slot,
    voucher_address,
};

use super::super::{account, hex_name};
use super::{HERE, Link, THERE, client, commitment, incoming, sent, sol_call, success};

#[test]
fn clients_show_themselves_and_their_events() {
    let link = Link::open();
    let pos = &link.pos;
    let info = pos.ask(ROUTER, &Router::getCounterpartyCall { clientId: HERE.into() });
    assert_eq!(Counterparty::try_from(info).unwrap().client_id, client(THERE));
    let at = pos.ask(ROUTER, &Router::getClientCall { clientId: HERE.into() });
    assert_eq!(at, client_address(HERE));
    assert!(!pos.head().code(&at).is_empty());
    let whole = pos.ask(ROUTER, &Router::getClientStateCall { clientId: HERE.into() });
    assert_eq!(pos.ask(at, &sol::LightClient::getClientStateCall {}), whole);
    assert_eq!(pos.ask(ROUTER, &Router::getNextClientSeqCall {}), U256::from(1));
    let status = pos.ask(ROUTER, &Router::getClientStatusCall { clientId: HERE.into() });
    assert_eq!(status, "Active");
    let kind = pos.ask(ROUTER, &Router::getClientTypeCall { clientId: HERE.into() });
    assert_eq!(kind, "07-tendermint");
    let after_ = sol::Height { revisionNumber: 0, revisionHeight: 0 };
    let heights = Router::getConsensusHeightsCall { clientId: HERE.into(), after_, limit: 10 };
    let heights = pos.ask(ROUTER, &heights);
    assert_eq!(heights, [link.latest().into()]);
    let height = link.latest().into();
    let state = Router::getConsensusStateCall { clientId: HERE.into(), height };
    assert!(Any::from_bytes(&pos.ask(ROUTER, &state)).is_ok());
    let data = pos.refusal(
        "bob",
        ROUTER,
        sol_call(&Router::getClientCall { clientId: "client-7".into() }),
    );
    assert_eq!(data, Errors::IBCClientNotFound { clientId: "client-7".into() }.abi_encode());
}

#[test]
fn many_packets_arrive_under_one_proof_and_leave_in_one() {
    let mut link = Link::open();
    let bob = account("bob");
    let packets: Vec<_> = (1..=5)
        .map(|sequence| link.coming(sequence, vec![incoming("uatom", 10, &hex_name(&bob))]))
        .collect();
    let proof_height = link.update();
    let paths: Vec<_> = packets.iter().map(commitment).collect();
    let message = Message::ReceivePackets(ReceivePackets {
        packets: packets.clone(),
        proof_commitments: link.peer.memberships(proof_height, &paths),
        proof_height,
    });
    let done = link.message("relayer", &message);
    assert!(done.success, "{done:?}");
    let voucher = voucher_address(&format!("transfer/{HERE}/uatom"));
    assert_eq!(link.balance(voucher, bob), U256::from(50));
    // One proof shows all of the answers.
    let head = link.pos.head();
    let answers: Vec<_> = packets
        .iter()
        .map(|packet| PacketPath::acknowledgement(client(HERE), packet.sequence).to_bytes())
        .collect();
    let value = success().commitment().0;
    let entries: Vec<(&[u8], &[u8])> =
        answers.iter().map(|path| (path.as_slice(), value.as_slice())).collect();
    let slots: Vec<_> = packets
        .iter()
        .map(|packet| trace_slot(&PacketPath::acknowledgement(client(HERE), packet.sequence)))
        .collect();
    let proof = head.proof(&ROUTER, &slots);
    let nodes = proof.slots.into_iter().map(|slot| slot.nodes);
    let proof = BatchProof::new(proof.nodes, nodes);
    let root = head.block().header.state_root;
    verify_slots(&root, &ROUTER, &COMMITMENT_SLOT, &entries, &proof).unwrap();
}

#[test]
fn calls_reach_the_counter_and_leave_from_here() {
    let mut link = Link::open();
    let call = |number: u64| {
        let payload = number.to_be_bytes().to_vec();
        GmpPacketData::new("pbft1caller", hex_name(&COUNTER), b"salt".to_vec(), payload, "")
            .unwrap()
            .to_payload(Encoding::Abi)
            .unwrap()
    };
    for (sequence, number) in [(1, 5), (2, 37)] {
        let packet = link.coming(sequence, vec![call(number)]);
        let message = link.receive(&packet);
        assert!(link.message("relayer", &message).success);
    }
    let owner = AccountIdentifier::new(client(HERE), "pbft1caller", b"salt".to_vec()).unwrap();
    let id = sol::AccountIdentifier {
        clientId: owner.client().to_string(),
        sender: owner.sender().into(),
        salt: owner.salt().to_vec().into(),
    };
    let derived = link.pos.ask(GMP, &Gmp::getOrComputeAccountAddressCall { accountId: id });
    assert_eq!(link.pos.ask(COUNTER, &Counter::countCall { account: derived }), 42);

    let msg_ = sol::SendCallMsg {
        sourceClient: HERE.into(),
        receiver: "pbft1contract".into(),
        salt: Vec::new().into(),
        payload: vec![1].into(),
        timeoutTimestamp: link.pos.now() + 100,
        memo: String::new(),
    };
    let done = link.pos.exec("alice", GMP, &Gmp::sendCallCall { msg_ });
    let packet = sent(&done);
    let data = GmpPacketData::decode(&packet.payloads[0].value, Encoding::Abi).unwrap();
    assert_eq!(data.sender(), account("alice").to_checksum(None));
}

#[test]
fn what_breaks_a_rule_leaves_fees_and_nothing_else() {
    let mut link = Link::open();
    let bob = account("bob");
    let packet = link.coming(1, vec![incoming("uatom", 900, &hex_name(&bob))]);
    let Message::ReceivePacket(good) = link.receive(&packet) else { panic!() };
    let mut forged = good.clone();
    forged.packet.payloads = vec![incoming("uatom", 901, &hex_name(&bob))];
    let mut unknown = good.clone();
    unknown.proof_height = Height::new(7, 1_000_000);
    let storage = |state: &StateView| state.proof(&ROUTER, &[]).storage_root;
    for bad in [forged, unknown] {
        let before = link.pos.head();
        let done = link.message("relayer", &Message::ReceivePacket(bad));
        assert!(!done.success && done.logs.is_empty() && done.gas_used > 21_000);
        let after = link.pos.head();
        assert_eq!(storage(&before), storage(&after));
        assert!(after.balance(&account("relayer")) < before.balance(&account("relayer")));
    }
    // One bad call undoes the good one beside it; without it they are one transaction.
    let calls = |calls: &[Vec<u8>]| {
        let data = calls.iter().map(|call| call.clone().into()).collect();
        Router::multicallCall { data }
    };
    let good = calldata(&Message::ReceivePacket(good));
    let before = link.pos.head();
    let both = calls(&[good.clone(), vec![1, 2, 3, 4]]);
    assert!(!link.pos.exec("relayer", ROUTER, &both).success);
    assert_eq!(storage(&before), storage(&link.pos.head()));
    assert!(link.pos.exec("relayer", ROUTER, &calls(&[good.clone(), good])).success);
    let voucher = voucher_address(&format!("transfer/{HERE}/uatom"));
    assert_eq!(link.balance(voucher, bob), U256::from(900));
}

/// A call of `sendTransfer`.
fn send(denom: Address, amount: u64, source: &str, timeout: u64) -> Vec<u8> {
    let msg_ = sol::SendTransferMsg {
        denom,
        amount: U256::from(amount),
        receiver: "pbft1receiver".into(),
        sourceClient: source.into(),
        destPort: String::new(),
        timeoutTimestamp: timeout,
        memo: String::new(),
    };
    sol_call(&Transfer::sendTransferCall { msg_ })
}

#[test]
fn transfers_are_refused_with_the_published_errors() {
    let mut link = Link::open();
    let approve = Erc20::approveCall { spender: TRANSFER, amount: U256::from(1_000) };
    assert!(link.pos.exec("alice", TOKEN_A, &approve).success);
    let now = link.pos.now();
    let nobody = Address::repeat_byte(9);
    let (allowance, needed) = (U256::from(1_000), U256::from(1_001));
    let cases: [(Vec<u8>, Vec<u8>); 6] = [
        (
            send(TOKEN_A, 0, HERE, now + 100),
            Errors::ICS20InvalidAmount { amount: U256::ZERO }.abi_encode(),
        ),
        (
            send(nobody, 1, HERE, now + 100),
            Errors::ICS20DenomNotFound { denom: hex_name(&nobody) }.abi_encode(),
        ),
        (
            send(TOKEN_A, 1_001, HERE, now + 100),
            Errors::ERC20InsufficientAllowance { spender: TRANSFER, allowance, needed }
                .abi_encode(),
        ),
        (
            send(TOKEN_A, 1, "client-9", now + 100),
            Errors::IBCClientNotFound { clientId: "client-9".into() }.abi_encode(),
        ),
        (
            send(TOKEN_A, 1, HERE, now),
            Errors::IBCInvalidTimeoutTimestamp {
                timeoutTimestamp: U256::from(now),
                comparedTimestamp: U256::from(now),
            }
            .abi_encode(),
        ),
        (
            send(TOKEN_A, 1, HERE, now + 86_401),
            Errors::IBCInvalidTimeoutDuration {
                maxTimeoutDuration: U256::from(86_400),
                actualTimeoutDuration: U256::from(86_401),
            }
            .abi_encode(),
        ),
    ];
    for (input, expected) in cases {
        assert_eq!(link.pos.refusal("alice", TRANSFER, input), expected);
    }
    let payload = sol::Payload::from(&incoming("uatom", 1, "x"));
    let msg_ = sol::MsgSendPacket { sourceClient: HERE.into(), timeoutTimestamp: 1, payload };
    let refusal = link.pos.refusal("bob", ROUTER, sol_call(&Router::sendPacketCall { msg_ }));
    assert_eq!(refusal, Errors::IBCUnauthorizedSender { caller: account("bob") }.abi_encode());
}

#[test]
fn the_authority_alone_pauses_and_limits() {
    let mut link = Link::open();
    let approve = Erc20::approveCall { spender: TRANSFER, amount: U256::from(1_000) };
    assert!(link.pos.exec("alice", TOKEN_A, &approve).success);
    let pause = |paused| Transfer::setPausedCall { clientId: HERE.into(), paused };
    let limit = |window| Transfer::setRateLimitCall {
        clientId: HERE.into(),
        token: TOKEN_A,
        windowSeconds: window,
        mostOut: U256::from(100),
        mostIn: U256::MAX,
    };
    let unauthorized = Errors::AccessManagedUnauthorized { caller: account("alice") };
    for call in [sol_call(&pause(true)), sol_call(&limit(60))] {
        assert_eq!(link.pos.refusal("alice", TRANSFER, call), unauthorized.abi_encode());
    }
    let try_sending = |link: &Link, amount| {
        let input = send(TOKEN_A, amount, HERE, link.pos.now() + 100);
        link.pos.try_as(account("alice"), TRANSFER, input).is_ok()
    };
    assert!(link.pos.exec("authority", TRANSFER, &pause(true)).success);
    let input = send(TOKEN_A, 1, HERE, link.pos.now() + 100);
    let refusal = link.pos.refusal("alice", TRANSFER, input);
    assert_eq!(refusal, Errors::EnforcedPause {}.abi_encode());
    assert!(link.pos.exec("authority", TRANSFER, &pause(false)).success);
    assert!(link.pos.exec("authority", TRANSFER, &limit(60)).success);
    assert!(try_sending(&link, 100) && !try_sending(&link, 101));
    let input = send(TOKEN_A, 101, HERE, link.pos.now() + 100);
    let refusal = link.pos.refusal("alice", TRANSFER, input);
    let exceeded = Errors::RateLimitExceeded { rateLimit: U256::from(100), usage: U256::from(101) };
    assert_eq!(refusal, exceeded.abi_encode());
    assert!(link.pos.exec("authority", TRANSFER, &limit(0)).success);
    assert!(try_sending(&link, 101));
}
