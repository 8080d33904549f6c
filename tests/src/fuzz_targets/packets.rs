//! Packets, acknowledgements and what applications put into them.

use causeway_core::gmp::{GmpAcknowledgement, GmpPacketData};
use causeway_core::transfer::FungibleTokenPacketData;
use causeway_core::{Acknowledgement, Encoding, Packet, PacketClaim, Payload, Sequence};

use super::is_canonical;

/// Protobuf packets and acknowledgements, and packet files.
pub(super) fn packets(bytes: &[u8]) {
    is_canonical(Packet::from_protobuf(bytes), Packet::to_protobuf, bytes);
    is_canonical(Acknowledgement::from_protobuf(bytes), Acknowledgement::to_protobuf, bytes);
    if let Ok(claim) = PacketClaim::from_json(bytes) {
        let _ = claim.verify(&mut ());
    }
}

pub(super) fn packet() -> Packet {
    let data = transfer().encode(Encoding::Json).unwrap();
    Packet {
        sequence: Sequence::new(7).unwrap(),
        source_client: "client-0".parse().unwrap(),
        dest_client: "client-1".parse().unwrap(),
        timeout_timestamp: 1_700_000_000,
        payloads: vec![Payload {
            source_port: "transfer".parse().unwrap(),
            dest_port: "transfer".parse().unwrap(),
            version: "ics20-1".into(),
            encoding: Encoding::Json.as_str().into(),
            value: data,
        }],
    }
}

const FILE: &str = r#"{"packet":{"sequence":7,"source_client":"client-0","dest_client":"client-1",
"timeout_timestamp":1700000000,"payloads":[{"source_port":"transfer","dest_port":"transfer",
"version":"ics20-1","encoding":"application/json","value":"0x7b7d"}]},
"acknowledgements":["0x01"],"expect":{"commitment":
"0x0000000000000000000000000000000000000000000000000000000000000000"}}"#;

pub(super) fn packets_seeds() -> Vec<Vec<u8>> {
    PacketClaim::from_json(FILE.as_bytes()).expect("a packet file");
    let answer = Acknowledgement::new(vec![br#"{"result":"AQ=="}"#.to_vec()]).unwrap();
    vec![
        packet().to_protobuf(),
        answer.to_protobuf(),
        Acknowledgement::error().to_protobuf(),
        FILE.into(),
    ]
}

/// Transfer data, calls and their answers, in the encoding that the first byte selects.
pub(super) fn app_data(bytes: &[u8]) {
    let Some((selector, bytes)) = bytes.split_first() else { return };
    let encoding = Encoding::ALL[usize::from(*selector) % Encoding::ALL.len()];
    let transfer = FungibleTokenPacketData::decode(bytes, encoding);
    is_canonical(transfer, |data| data.encode(encoding).unwrap(), bytes);
    let call = GmpPacketData::decode(bytes, encoding);
    is_canonical(call, |data| data.encode(encoding).unwrap(), bytes);
    let answer = GmpAcknowledgement::decode(bytes, encoding);
    is_canonical(answer, |data| data.encode(encoding).unwrap(), bytes);
}

fn transfer() -> FungibleTokenPacketData {
    let (denom, amount) = ("transfer/client-0/stake".parse().unwrap(), "1000".parse().unwrap());
    FungibleTokenPacketData::new(denom, amount, "alice", "bob", "a memo").unwrap()
}

pub(super) fn app_data_seeds() -> Vec<Vec<u8>> {
    let call = GmpPacketData::new("alice", "counter", vec![1], vec![2, 3], "").unwrap();
    let answer = GmpAcknowledgement::new(vec![4, 5]).unwrap();
    let mut seeds = Vec::new();
    for (selector, encoding) in (0_u8..).zip(Encoding::ALL) {
        let data = [
            transfer().encode(encoding).unwrap(),
            call.encode(encoding).unwrap(),
            answer.encode(encoding).unwrap(),
        ];
        seeds.extend(data.map(|data| [vec![selector], data].concat()));
    }
    seeds
}
