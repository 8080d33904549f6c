//! Every answer is read as it was written, and nothing else is.

use causeway_client_bitcoin::{BlockHash, CoinbaseProof, MerkleNode, StateRoot, Txid};
use causeway_core::{
    Acknowledgement, Amount, Any, AppEvent, ClientId, Counterparty, Event, Height, MerklePrefix,
    Packet, Payload, Sequence,
};
use causeway_ics23::{BatchProof, CommitmentProof, ExistenceProof};
use serde_json::{Value, json};

use super::*;

fn client(text: &str) -> ClientId {
    ClientId::new(text).unwrap()
}

fn packet() -> Packet {
    Packet {
        sequence: Sequence::new(7).unwrap(),
        source_client: client("client-10"),
        dest_client: client("client-11"),
        timeout_timestamp: 99,
        payloads: vec![Payload {
            source_port: "transfer".parse().unwrap(),
            dest_port: "transfer".parse().unwrap(),
            version: "ics20-1".into(),
            encoding: "application/json".into(),
            value: vec![1, 2, 255],
        }],
    }
}

fn counterparty() -> Counterparty {
    let prefix = MerklePrefix::new(vec![b"ibc".to_vec(), Vec::new()]).unwrap();
    Counterparty { client_id: client("client-12"), prefix }
}

fn events() -> Vec<CallEvent> {
    let (client_id, client_type) = (client("client-10"), "client".to_owned());
    let acknowledgement = Acknowledgement::new(vec![vec![1], vec![2, 3]]).unwrap();
    let height = Height::new(1, 5);
    let all = [
        Event::ClientCreated {
            client_id: client_id.clone(),
            client_type: client_type.clone(),
            height,
        },
        Event::CounterpartyRegistered {
            client_id: client_id.clone(),
            counterparty: counterparty(),
        },
        Event::ClientUpdated {
            client_id: client_id.clone(),
            client_type: client_type.clone(),
            heights: vec![height, Height::new(1, 6)],
        },
        Event::MisbehaviourFound { client_id: client_id.clone(), client_type },
        Event::ClientRecovered { subject: client_id, substitute: client("client-11") },
        Event::PacketSent { packet: packet() },
        Event::PacketReceived { packet: packet() },
        Event::ReceiveFailed { packet: packet(), code: "c".into(), reason: "r".into() },
        Event::AcknowledgementWritten {
            packet: packet(),
            acknowledgement: acknowledgement.clone(),
        },
        Event::PacketAcknowledged { packet: packet(), acknowledgement },
        Event::PacketTimedOut { packet: packet() },
        Event::PacketRedundant { packet: packet() },
        Event::App(AppEvent::new("counted").with("count", "1").with("count", "2")),
    ];
    all.into_iter().map(CallEvent::from).collect()
}

#[test]
fn every_event_is_read_as_it_was_written() {
    for event in events() {
        assert_eq!(CallEvent::from_json(&event.to_json()), Ok(event));
    }
    let sent = CallEvent::from(Event::PacketSent { packet: packet() }).to_json();
    assert_eq!(sent["type"], "send_packet");
    assert_eq!(sent["packet"]["payloads"][0]["value"], "0102ff");
    for (field, wrong) in [("sequence", json!(0)), ("timeout_timestamp", json!(0))] {
        let mut spoilt = sent.clone();
        spoilt["packet"][field] = wrong;
        assert!(CallEvent::from_json(&spoilt).is_err(), "{spoilt}");
    }
    let mut more = sent;
    more["more"] = json!(1);
    assert!(CallEvent::from_json(&more).is_err());
}

fn calls(height: u64) -> BlockCalls {
    let failure = CallFailure { code: "out_of_gas".into(), reason: "why".into() };
    let call = CallResult {
        txid: Txid([3; 32]),
        caller: "bcrt1q".into(),
        gas_limit: 9,
        gas_used: 8,
        failure: None,
        events: events(),
    };
    let failed = CallResult { failure: Some(failure), events: Vec::new(), ..call.clone() };
    BlockCalls { height, hash: BlockHash([4; 32]), time: 5, calls: vec![call, failed] }
}

#[test]
fn ranges_of_blocks_are_read_in_order_only() {
    let range = |heights: &[u64]| PacketEvents {
        from: 5,
        to: 9,
        tip: 20,
        blocks: heights.iter().copied().map(calls).collect(),
    };
    for good in [&[][..], &[5], &[5, 6, 9]] {
        assert_eq!(PacketEvents::from_json(&range(good).to_json()), Ok(range(good)));
    }
    for bad in [&[4][..], &[10], &[6, 5], &[6, 6]] {
        assert!(PacketEvents::from_json(&range(bad).to_json()).is_err(), "{bad:?}");
    }
    let call = calls(5).calls.remove(0);
    assert_eq!(CallResult::from_json(&call.to_json()), Ok(call));
}

#[test]
fn proofs_are_read_as_they_were_written_and_handed_to_light_clients() {
    let proof = |byte| {
        let (key, value) = (vec![byte], vec![byte, byte]);
        CommitmentProof::exist(ExistenceProof { key, value, leaf: None, path: Vec::new() })
    };
    let value = |byte: u8, proof| ProvenValue {
        key: vec![byte],
        value: (byte != 2).then(|| vec![byte, byte]),
        proof,
    };
    let mut proofs = StateProofs {
        height: 1,
        hash: BlockHash([1; 32]),
        time: 2,
        root: StateRoot([2; 32]),
        coinbase: CoinbaseProof { coinbase: vec![9; 70], branch: vec![MerkleNode([8; 32])] },
        values: vec![value(1, Some(proof(1))), value(2, Some(proof(2)))],
        batch: None,
    };
    assert_eq!(StateProofs::from_json(&proofs.to_json()).as_ref(), Ok(&proofs));
    assert_eq!(proofs.state_proof(1).unwrap().proof, proof(2));
    assert_eq!((proofs.state_proof(2), proofs.batch_proof()), (None, None));
    proofs.values = vec![value(1, None)];
    proofs.batch = Some(BatchProof::default());
    assert_eq!(StateProofs::from_json(&proofs.to_json()).as_ref(), Ok(&proofs));
    assert!(proofs.batch_proof().is_some());
    let mut short = proofs.to_json();
    short["root"] = json!("00");
    assert!(StateProofs::from_json(&short).is_err());
}

#[test]
fn accounts_clients_and_pages_are_read_as_they_were_written() {
    let balance = |denom: Option<&str>| Balance {
        token: "sat".into(),
        amount: Amount::MAX,
        denom: denom.map(Into::into),
    };
    let balances = vec![balance(None), balance(Some("transfer/client-10/coin"))];
    let account = AccountState { address: "bcrt1q".into(), height: 4, balances };
    assert_eq!(AccountState::from_json(&account.to_json()), Ok(account));
    let any = |byte| Any::new("/type", vec![byte]);
    let bound = ClientReport {
        client_id: client("client-10"),
        height: 3,
        client_type: "client".into(),
        status: "Active".into(),
        latest_height: Height::new(0, 8),
        client_state: any(1),
        consensus_state: Some((Height::new(0, 8), any(2))),
        counterparty: Some(counterparty()),
        next_sequence: Sequence::new(4),
    };
    let unbound = ClientReport {
        consensus_state: None,
        counterparty: None,
        next_sequence: None,
        ..bound.clone()
    };
    for report in [bound, unbound] {
        assert_eq!(ClientReport::from_json(&report.to_json()), Ok(report));
    }
    let page = |numbers: &[u64]| TracePage {
        height: 3,
        traces: numbers.iter().map(|n| (Sequence::new(*n).unwrap(), vec![2])).collect(),
        has_more: true,
    };
    assert_eq!(TracePage::from_json(&page(&[1, 4]).to_json()), Ok(page(&[1, 4])));
    assert!(TracePage::from_json(&page(&[4, 1]).to_json()).is_err());
    assert!(TracePage::from_json(&Value::Null).is_err());
}
