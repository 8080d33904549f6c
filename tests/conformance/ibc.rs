//! Packets, commitments, paths, transfer and message passing data of deployed chains.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use causeway_core::gmp::{self, GmpPacketData};
use causeway_core::transfer::{self, Denom, FungibleTokenPacketData};
use causeway_core::{
    Acknowledgement, ClientId, ERROR_ACKNOWLEDGEMENT, Encoding, MAX_PAYLOADS_LEN, MerklePrefix,
    Packet, PacketPath, Payload, PortId, Sequence,
};
use causeway_ics23::{MerkleProof, ibc_specs};
use causeway_tests::vectors::{Suite, Vectors};
use prost::Message;
use serde_json::Value;

const SUITES: &[Suite] = &[
    Suite { pattern: "ibc/v2_commitments.json", run: commitments },
    Suite { pattern: "ibc/v2_real_packets.json", run: real_packets },
    Suite { pattern: "ibc/v2_real_proofs/*.json", run: real_proof },
    Suite { pattern: "ibc/v2_validity.json", run: validity },
    Suite { pattern: "ibc/identifiers.json", run: identifiers },
    Suite { pattern: "ibc/ics20.json", run: ics20 },
    Suite { pattern: "ibc/gmp.json", run: gmp_data },
];

#[test]
fn ibc_vectors() {
    if let Some(vectors) = Vectors::open() {
        vectors.run("ibc", SUITES, &[]);
    }
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    let list = value[key].as_array().unwrap_or_else(|| panic!("no list {key} in {value}"));
    assert!(!list.is_empty(), "{key} is empty");
    list
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("no text {key} in {value}"))
}

fn number(value: &Value, key: &str) -> u64 {
    value[key].as_u64().unwrap_or_else(|| panic!("no number {key} in {value}"))
}

fn hex_at(value: &Value, key: &str) -> Vec<u8> {
    hex::decode(text(value, key)).unwrap()
}

fn sequence(value: &Value) -> Sequence {
    Sequence::new(number(value, "sequence")).unwrap()
}

fn client(value: &Value, key: &str) -> ClientId {
    ClientId::new(text(value, key)).unwrap()
}

fn packet(value: &Value, payload_value: fn(&Value) -> Vec<u8>) -> Packet {
    let payload = |payload: &Value| Payload {
        source_port: PortId::new(text(payload, "source_port")).unwrap(),
        dest_port: PortId::new(text(payload, "dest_port")).unwrap(),
        version: text(payload, "version").into(),
        encoding: text(payload, "encoding").into(),
        value: payload_value(payload),
    };
    let packet = Packet {
        sequence: sequence(value),
        source_client: client(value, "source_client"),
        dest_client: client(value, "dest_client"),
        timeout_timestamp: number(value, "timeout_timestamp"),
        payloads: list(value, "payloads").iter().map(payload).collect(),
    };
    packet.validate().unwrap();
    assert_eq!(Packet::from_protobuf(&packet.to_protobuf()).unwrap(), packet);
    packet
}

fn hex_packet(value: &Value) -> Packet {
    packet(value, |payload| hex_at(payload, "value_hex"))
}

fn acknowledgement(answers: &[Value]) -> Acknowledgement {
    let answers = answers.iter().map(|answer| hex::decode(answer.as_str().unwrap()).unwrap());
    Acknowledgement::new(answers.collect()).unwrap()
}

fn path_of(kind: &str, client: ClientId, sequence: Sequence) -> Vec<u8> {
    let path = match kind {
        "packet commitment" => PacketPath::commitment(client, sequence),
        "packet receipt" => PacketPath::receipt(client, sequence),
        "acknowledgement" => PacketPath::acknowledgement(client, sequence),
        other => panic!("unknown kind of key {other}"),
    };
    path.to_bytes()
}

fn commitments(vectors: &Vectors, file: &str) {
    let all = vectors.json(file);
    for case in list(&all, "packet_commitments") {
        let packet = hex_packet(&case["packet"]);
        assert_eq!(hex::encode(packet.commitment().0), text(case, "commitment"), "{case}");
    }
    for case in list(&all, "ack_commitments") {
        let commitment = acknowledgement(list(case, "app_acks_hex")).commitment();
        assert_eq!(hex::encode(commitment.0), text(case, "commitment"), "{case}");
    }
    assert_eq!(ERROR_ACKNOWLEDGEMENT[..], hex_at(&all, "universal_error_ack_hex"));
    for case in list(&all, "keys") {
        let path = path_of(text(case, "kind"), client(case, "client_id"), sequence(case));
        assert_eq!(path, hex_at(case, "key_hex"), "{case}");
    }
    for case in list(&all["prefixed_paths"], "cases") {
        let elements = |value: &Value| -> Option<Vec<Vec<u8>>> {
            let bytes = |element: &Value| element.as_str().unwrap().as_bytes().to_vec();
            Some(value.as_array()?.iter().map(bytes).collect())
        };
        let prefix = MerklePrefix::new(elements(&case["prefix"]).unwrap()).ok();
        let path = prefix.map(|prefix| prefix.apply(text(case, "path").as_bytes()));
        let got = path.map(|path| path.elements().to_vec());
        assert_eq!(got, elements(&case["result"]), "{case}");
    }
}

fn assert_transfer(data: &FungibleTokenPacketData, expected: &Value) {
    assert_eq!(data.denom().to_string(), text(expected, "denom"));
    assert_eq!(data.sender(), text(expected, "sender"));
    assert_eq!(data.receiver(), text(expected, "receiver"));
    assert_eq!(data.amount().to_string(), text(expected, "amount"));
    assert_eq!(data.memo(), text(expected, "memo"));
}

fn real_packets(vectors: &Vectors, file: &str) {
    for case in list(&vectors.json(file), "cases") {
        let packet = hex_packet(&case["packet"]);
        let (kind, client, value) = match text(case, "kind") {
            "recv" => {
                assert!(number(case, "block_time") < packet.timeout_timestamp);
                let value = packet.commitment().0;
                ("packet commitment", &packet.source_client, Some(hex::encode(value)))
            }
            "ack" => {
                let answers = acknowledgement(list(case, "app_acks_hex"));
                assert_eq!(answers.app_acknowledgements(), [transfer::SUCCESS_ACKNOWLEDGEMENT]);
                let value = answers.commitment().0;
                ("acknowledgement", &packet.dest_client, Some(hex::encode(value)))
            }
            "timeout" => {
                assert!(number(case, "block_time") >= packet.timeout_timestamp);
                ("packet receipt", &packet.dest_client, None)
            }
            other => panic!("unknown kind {other}"),
        };
        let path = path_of(kind, client.clone(), packet.sequence);
        assert_eq!(path, hex_at(case, "proven_path_hex"));
        assert_eq!(value.as_deref(), case["proven_value_hex"].as_str());

        let [payload] = packet.payloads.as_slice() else { panic!("one payload") };
        let encoding = Encoding::of(payload).unwrap();
        let data = FungibleTokenPacketData::decode(&payload.value, encoding).unwrap();
        assert_transfer(&data, &case["ics20"]);
        assert_eq!(data.encode(encoding).unwrap(), payload.value);
    }
}

fn real_proof(vectors: &Vectors, file: &str) {
    let case = vectors.json(file);
    let base64_at = |value: &Value, key: &str| STANDARD.decode(text(value, key)).unwrap();
    let packet =
        packet(&case["packet"], |payload| STANDARD.decode(text(payload, "value")).expect("base64"));
    let [payload] = packet.payloads.as_slice() else { panic!("one payload") };
    let data = FungibleTokenPacketData::decode(&payload.value, Encoding::Json).unwrap();
    assert_eq!(data.encode(Encoding::Json).unwrap(), payload.value);

    let message = &case["membership_msg"];
    let value = hex_at(message, "value");
    let key = if value.is_empty() {
        PacketPath::receipt(packet.dest_client.clone(), packet.sequence)
    } else {
        assert_eq!(value, packet.commitment().0);
        let answer = base64_at(&case["packet"], "acknowledgement");
        assert_eq!(answer, transfer::SUCCESS_ACKNOWLEDGEMENT);
        PacketPath::commitment(packet.source_client.clone(), packet.sequence)
    };
    let path = MerklePrefix::new(vec![b"ibc".to_vec(), vec![]]).unwrap().apply(&key.to_bytes());
    let bytes = |element: &Value| -> Vec<u8> {
        element.as_str().unwrap().chars().map(|c| u8::try_from(c).unwrap()).collect()
    };
    let expected: Vec<_> = list(message, "path").iter().map(bytes).collect();
    assert_eq!(path.elements(), expected);

    let consensus_state = ConsensusState::decode(&*hex_at(&case, "consensus_state_hex")).unwrap();
    let root = consensus_state.root.unwrap().hash;
    let proof = MerkleProof::from_bytes(&hex_at(message, "proof")).unwrap();
    if value.is_empty() {
        let time = consensus_state.timestamp.unwrap().seconds;
        assert!(u64::try_from(time).unwrap() >= packet.timeout_timestamp);
        proof.verify_non_membership(ibc_specs(), &root, &path, &mut ()).unwrap();
        proof.verify_membership(ibc_specs(), &root, &path, &[2], &mut ()).unwrap_err();
    } else {
        proof.verify_membership(ibc_specs(), &root, &path, &value, &mut ()).unwrap();
        proof.verify_non_membership(ibc_specs(), &root, &path, &mut ()).unwrap_err();
        let mut other = packet;
        other.timeout_timestamp += 1;
        let other = other.commitment().0;
        proof.verify_membership(ibc_specs(), &root, &path, &other, &mut ()).unwrap_err();
    }
}

/// As much of ICS-07's consensus state as a proof needs.
#[derive(Message)]
struct ConsensusState {
    #[prost(message, optional, tag = "1")]
    timestamp: Option<Timestamp>,
    #[prost(message, optional, tag = "2")]
    root: Option<MerkleRoot>,
}

#[derive(Message)]
struct Timestamp {
    #[prost(int64, tag = "1")]
    seconds: i64,
}

#[derive(Message)]
struct MerkleRoot {
    #[prost(bytes = "vec", tag = "1")]
    hash: Vec<u8>,
}

/// The base packet of the validity table, changed as `change` says; `None` when the change cannot
/// even be expressed in the packet's types.
fn changed_packet(change: &str) -> Option<Packet> {
    let payload = |len: usize| Payload {
        source_port: PortId::new("mock").unwrap(),
        dest_port: PortId::new("mock").unwrap(),
        version: "ics20-v2".into(),
        encoding: "application/x-protobuf".into(),
        value: vec![7; len],
    };
    let mut packet = Packet {
        sequence: Sequence::FIRST,
        source_client: ClientId::new("channel-0").unwrap(),
        dest_client: ClientId::new("channel-1").unwrap(),
        timeout_timestamp: 1_700_000_000,
        payloads: vec![payload(10)],
    };
    match change {
        "none" => {}
        "one payload of max-1 bytes" => packet.payloads = vec![payload(MAX_PAYLOADS_LEN - 1)],
        "two payloads" => packet.payloads.push(payload(10)),
        "one payload of max+1 bytes" => packet.payloads = vec![payload(MAX_PAYLOADS_LEN + 1)],
        "two payloads of max-1 bytes each" => {
            packet.payloads = vec![payload(MAX_PAYLOADS_LEN - 1), payload(MAX_PAYLOADS_LEN - 1)];
        }
        "no payloads" => packet.payloads.clear(),
        "empty source port" => packet.payloads[0].source_port = PortId::new("").ok()?,
        "empty destination port" => packet.payloads[0].dest_port = PortId::new("").ok()?,
        "empty source client" => packet.source_client = ClientId::new("").ok()?,
        "empty destination client" => packet.dest_client = ClientId::new("").ok()?,
        "sequence 0" => packet.sequence = Sequence::new(0)?,
        "timeout 0" => packet.timeout_timestamp = 0,
        "empty version" => packet.payloads[0].version.clear(),
        "empty encoding" => packet.payloads[0].encoding.clear(),
        "empty value" => packet.payloads[0].value.clear(),
        other => panic!("unknown change {other}"),
    }
    Some(packet)
}

fn accepted(case: &Value) -> bool {
    match text(case, "verdict") {
        "accept" => true,
        "reject" => false,
        other => panic!("unknown verdict {other}"),
    }
}

fn validity(vectors: &Vectors, file: &str) {
    let all = vectors.json(file);
    assert_eq!(number(&all["packet"], "max_total_payload_value_bytes"), MAX_PAYLOADS_LEN as u64);
    for case in list(&all["packet"], "cases") {
        let packet = changed_packet(text(case, "change"));
        let valid = packet.as_ref().is_some_and(|packet| packet.validate().is_ok());
        assert_eq!(valid, accepted(case), "{case}");
        let read_back = packet.map(|packet| Packet::from_protobuf(&packet.to_protobuf()).is_ok());
        assert_eq!(read_back.unwrap_or(false), accepted(case), "{case}");
    }
    for case in list(&all["acknowledgement"], "cases") {
        let answer = |answer: &Value| match answer.as_str().unwrap() {
            "<universal error ack>" => ERROR_ACKNOWLEDGEMENT.to_vec(),
            text => text.as_bytes().to_vec(),
        };
        let answers = case["app_acks"].as_array().unwrap().iter().map(answer).collect();
        assert_eq!(Acknowledgement::new(answers).is_ok(), accepted(case), "{case}");
    }
}

fn identifiers(vectors: &Vectors, file: &str) {
    let all = vectors.json(file);
    for case in list(&all, "client_ids") {
        assert_eq!(ClientId::new(text(case, "id")).is_ok(), case["valid"] == true, "{case}");
    }
    for case in list(&all, "port_ids") {
        assert_eq!(PortId::new(text(case, "id")).is_ok(), case["valid"] == true, "{case}");
    }
    // Contracts also keep ids of the form `client-` and `channel-` for themselves to assign.
    for case in list(&all["solidity_custom_client_ids"], "cases") {
        let id = text(case, "id");
        let is_reserved = id.starts_with("client-") || id.starts_with("channel-");
        let valid = ClientId::new(id).is_ok() && !is_reserved;
        assert_eq!(valid, case["valid"] == true, "{case}");
    }
}

fn transfer_from(fields: &Value) -> Option<FungibleTokenPacketData> {
    let denom: Denom = text(fields, "denom").parse().ok()?;
    FungibleTokenPacketData::new(
        denom,
        text(fields, "amount").parse().ok()?,
        text(fields, "sender"),
        text(fields, "receiver"),
        text(fields, "memo"),
    )
    .ok()
}

/// JSON in the published field order, written without our encoder.
fn transfer_json(fields: &Value) -> String {
    let field = |name: &str| format!("\"{name}\":{}", fields[name]);
    let names = ["denom", "amount", "sender", "receiver", "memo"];
    let present = names.into_iter().filter(|name| *name != "memo" || fields["memo"] != "");
    format!("{{{}}}", present.map(field).collect::<Vec<_>>().join(","))
}

fn ics20(vectors: &Vectors, file: &str) {
    let all = vectors.json(file);
    for case in list(&all["abi"], "cases") {
        let data = FungibleTokenPacketData::decode(&hex_at(case, "abi_hex"), Encoding::Abi);
        let data = data.unwrap();
        assert_transfer(&data, case);
        assert_eq!(data.encode(Encoding::Abi).unwrap(), hex_at(case, "abi_hex"));
    }
    assert_eq!(transfer::SUCCESS_ACKNOWLEDGEMENT, hex_at(&all, "success_ack_hex"));

    let validity = &all["validity"];
    for case in list(validity, "cases") {
        let mut fields = validity["base"].clone();
        for (name, value) in case["change"].as_object().unwrap() {
            fields[name] = value.clone();
        }
        assert_eq!(transfer_from(&fields).is_some(), accepted(case), "{case}");
        let json = transfer_json(&fields);
        let decoded = FungibleTokenPacketData::decode(json.as_bytes(), Encoding::Json);
        assert_eq!(decoded.is_ok(), accepted(case), "{json}");
    }
    for case in list(&all["denom_paths"], "cases") {
        let denom: Denom = text(case, "path").parse().unwrap();
        assert_eq!(denom.base(), text(case, "base"));
        let hops: Vec<_> = denom
            .hops()
            .iter()
            .map(|hop| serde_json::json!([hop.port().as_str(), hop.client().as_str()]))
            .collect();
        assert_eq!(Value::from(hops), case["hops"]);
        assert_eq!(denom.to_string(), text(case, "path"));
    }
}

fn encoding_named(name: &str) -> Encoding {
    Encoding::ALL.into_iter().find(|encoding| encoding.as_str() == name).expect(name)
}

/// The text that a cell such as `"2049 bytes"` stands for, or the cell itself.
fn spelled_out(cell: &str) -> String {
    match cell.strip_suffix(" bytes") {
        Some(count) => "x".repeat(count.parse().unwrap()),
        None => cell.into(),
    }
}

fn gmp_data(vectors: &Vectors, file: &str) {
    let all = vectors.json(file);
    assert_eq!((text(&all, "port"), text(&all, "version")), (gmp::PORT, gmp::VERSION));
    let names: Vec<_> = Encoding::ALL.into_iter().map(Encoding::as_str).collect();
    assert_eq!(all["encodings"], Value::from(names));
    let limits = serde_json::json!({
        "sender": gmp::MAX_ACCOUNT_LEN,
        "receiver": gmp::MAX_ACCOUNT_LEN,
        "salt": gmp::MAX_SALT_LEN,
        "payload": gmp::MAX_PAYLOAD_LEN,
        "memo": gmp::MAX_MEMO_LEN,
    });
    assert_eq!(all["limits_bytes"], limits);

    let base = &all["packet"];
    let (salt, payload) = (hex_at(base, "salt_hex"), hex_at(base, "payload_hex"));
    let build = |change: &Value| {
        let cell = |name: &str| change[name].as_str().map(spelled_out);
        let of = |name: &str| cell(name).unwrap_or_else(|| text(base, name).into());
        GmpPacketData::new(
            of("sender"),
            of("receiver"),
            cell("salt").map_or_else(|| salt.clone(), String::into_bytes),
            cell("payload").map_or_else(|| payload.clone(), String::into_bytes),
            of("memo"),
        )
    };
    let data = build(&Value::Null).unwrap();
    for case in list(&all, "canonical") {
        let (bytes, encoding) = (hex_at(case, "bytes_hex"), encoding_named(text(case, "encoding")));
        assert_eq!(GmpPacketData::decode(&bytes, encoding).unwrap(), data);
        assert_eq!(data.encode(encoding).unwrap(), bytes);
    }
    for case in list(&all, "must_reject_non_canonical") {
        let bytes = match case["text"].as_str() {
            Some(text) => text.as_bytes().to_vec(),
            None => hex_at(case, "bytes_hex"),
        };
        let encoding = encoding_named(text(case, "encoding"));
        GmpPacketData::decode(&bytes, encoding).expect_err(text(case, "name"));
    }
    for case in list(&all, "validity") {
        assert_eq!(build(&case["change"]).is_ok(), accepted(case), "{case}");
    }
}
