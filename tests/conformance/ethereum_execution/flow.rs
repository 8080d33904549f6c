//! The packet proofs of whole transfers, under the execution state roots that the updates of the
//! same flow finalize.

use alloy_primitives::{Address, B256};
use causeway_client_ethereum::execution::proof::{BatchProof, StateProof};
use causeway_client_ethereum::execution::router::{
    storage_key, verify_slot, verify_slot_absent, verify_slots,
};
use causeway_client_ethereum::execution::state::StateError;
use causeway_core::{Acknowledgement, Packet, PacketPath, Payload, Refusal, Sequence};
use causeway_light_client::ProofCodec;
use causeway_tests::vectors::Vectors;
use serde_json::Value;

use super::{byte_lists, bytes, hash};

/// A router and the state root that the last update finalized.
struct Trusted {
    state_root: B256,
    contract: Address,
    base_slot: B256,
}

impl Trusted {
    fn membership(&self, path: &[u8], proof: &StateProof, value: &[u8]) -> Result<(), StateError> {
        verify_slot(&self.state_root, &self.contract, &self.base_slot, path, proof, value)
    }

    fn absence(&self, path: &[u8], proof: &StateProof) -> Result<(), StateError> {
        verify_slot_absent(&self.state_root, &self.contract, &self.base_slot, path, proof)
    }
}

pub(super) fn proofs(vectors: &Vectors, file: &str) {
    let document = vectors.json(file);
    let client = &document["initial_state"]["client_state"];
    let mut trusted = Trusted {
        state_root: hash(&document["initial_state"]["consensus_state"]["state_root"]),
        contract: Address::from_slice(&bytes(&client["ibc_contract_address"])),
        base_slot: hash(&client["ibc_commitment_slot"]),
    };
    let mut proofs = 0;
    for message in document["messages"].as_array().unwrap() {
        if message["type"] == "update_client" {
            let update = &message["consensus_update_beacon_api"];
            trusted.state_root = hash(&update["finalized_header"]["execution"]["state_root"]);
        } else {
            assert_eq!(trusted.state_root, hash(&message["expected"]["execution_state_root"]));
            judge(&trusted, message);
            proofs += 1;
        }
    }
    assert!(proofs > 0, "{file}");
}

fn judge(trusted: &Trusted, message: &Value) {
    let packet = packet(&message["packet"]);
    let acknowledgement =
        || Acknowledgement::from_protobuf(&bytes(&message["acknowledgement"])).unwrap();
    let (proof, path, value) = match message["type"].as_str().unwrap() {
        "MsgRecvPacket" => (
            &message["proof_commitment"],
            PacketPath::commitment(packet.source_client.clone(), packet.sequence),
            Some(packet.commitment().0),
        ),
        "MsgAcknowledgement" => (
            &message["proof_acked"],
            PacketPath::acknowledgement(packet.dest_client.clone(), packet.sequence),
            Some(acknowledgement().commitment().0),
        ),
        "MsgTimeout" => (
            &message["proof_unreceived"],
            PacketPath::receipt(packet.dest_client.clone(), packet.sequence),
            None,
        ),
        other => panic!("{other}"),
    };
    let path = path.to_bytes();
    assert_eq!(path, bytes(&message["expected"]["path"]));
    assert_eq!(storage_key(&trusted.base_slot, &path), hash(&proof["storage_proof"]["key"]));
    let proof = StateProof::new(
        byte_lists(&proof["account_proof"]["proof"]),
        byte_lists(&proof["storage_proof"]["proof"]),
    );
    assert_eq!(StateProof::from_bytes(&proof.to_bytes()).as_ref(), Ok(&proof));
    match value {
        Some(value) => present(trusted, &path, &proof, value, message),
        None => absent(trusted, &path, &proof),
    }
}

fn present(trusted: &Trusted, path: &[u8], proof: &StateProof, value: [u8; 32], message: &Value) {
    assert_eq!(value, bytes(&message["expected"]["value"]).as_slice());
    trusted.membership(path, proof, &value).unwrap();
    assert_eq!(trusted.absence(path, proof).unwrap_err().code(), "slot_present");
    let other = trusted.membership(path, proof, &[7; 32]).unwrap_err();
    assert_eq!(other.code(), "slot_mismatch");
    assert_eq!(
        trusted.membership(path, proof, &value[1..]).unwrap_err().code(),
        "slot_value_length"
    );
    trusted.membership(b"client-0\x01\0\0\0\0\0\0\0\x02", proof, &value).unwrap_err();
    let of_other_contract = Trusted { contract: Address::ZERO, ..*trusted };
    of_other_contract.membership(path, proof, &value).unwrap_err();
    let of_other_slot = Trusted { base_slot: B256::ZERO, ..*trusted };
    of_other_slot.membership(path, proof, &value).unwrap_err();

    let batch = BatchProof::new(proof.account_nodes().to_vec(), [proof.storage_nodes().to_vec()]);
    let Trusted { state_root, contract, base_slot } = trusted;
    verify_slots(state_root, contract, base_slot, &[(path, &value)], &batch).unwrap();
}

/// The receipt is absent; no truncation of the proof shows that.
fn absent(trusted: &Trusted, path: &[u8], proof: &StateProof) {
    trusted.absence(path, proof).unwrap();
    let present = trusted.membership(path, proof, &[7; 32]).unwrap_err();
    assert_eq!(present.code(), "slot_absent");
    for kept in 0..proof.storage_nodes().len() {
        let storage = proof.storage_nodes()[..kept].to_vec();
        let truncated = StateProof::new(proof.account_nodes().to_vec(), storage);
        let error = trusted.absence(path, &truncated).unwrap_err();
        assert_eq!(error.code(), "trie_proof_truncated");
    }
}

fn packet(json: &Value) -> Packet {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let payload = |payload: &Value| Payload {
        source_port: text(&payload["source_port"]).parse().unwrap(),
        dest_port: text(&payload["dest_port"]).parse().unwrap(),
        version: text(&payload["version"]),
        encoding: text(&payload["encoding"]),
        value: bytes(&payload["value"]),
    };
    Packet {
        sequence: Sequence::new(json["sequence"].as_u64().unwrap()).unwrap(),
        source_client: text(&json["source_client"]).parse().unwrap(),
        dest_client: text(&json["dest_client"]).parse().unwrap(),
        timeout_timestamp: json["timeout"].as_u64().unwrap(),
        payloads: json["payloads"].as_array().unwrap().iter().map(payload).collect(),
    }
}
