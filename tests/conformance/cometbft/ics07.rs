//! Client messages of a local Cosmos SDK chain.

use std::collections::BTreeMap;
use std::time::Duration;

use causeway_client_cometbft::CometbftClient;
use causeway_client_cometbft::ics07::{ClientMessage, ClientState, ConsensusState, StateProof};
use causeway_core::{Any, DecodeError, MerklePath};
use causeway_light_client::{
    AnyCodec, Entry, LightClient, ProofCodec, ProofContext, ProofVerifier, Status, Verdict,
};
use causeway_tests::makers::cometbft_client::Host;
use causeway_tests::vectors::Vectors;
use serde_json::Value;

use super::{code, hex, list, text};

fn decode<T: AnyCodec>(type_name: &str, json: &Value) -> Result<T, DecodeError> {
    let url = format!("/ibc.lightclients.tendermint.v1.{type_name}");
    let any = Any::new(url, hex(json));
    let value = T::from_any(&any)?;
    assert_eq!(value.to_any(), any, "decoding and encoding gives the same bytes");
    Ok(value)
}

pub(super) fn run(vectors: &Vectors, file: &str) {
    let case = vectors.json(file);
    let update = &case["update_client_message"];
    let message = decode::<ClientMessage>("Header", &update["client_message_hex"]);
    if file.ends_with("invalid_protobuf.json") {
        assert_eq!(code(&message.unwrap_err()), "malformed_header");
        assert!(decode::<ClientState>("ClientState", &case["client_state_hex"]).is_err());
        assert!(decode::<ConsensusState>("ConsensusState", &case["consensus_state_hex"]).is_err());
        return;
    }
    let state: ClientState = decode("ClientState", &case["client_state_hex"]).unwrap();
    let consensus: ConsensusState = decode("ConsensusState", &case["consensus_state_hex"]).unwrap();
    assert_eq!(text(&update["type_url"]), "/ibc.lightclients.tendermint.v1.Header");
    let message = match message {
        Ok(message) => message,
        Err(error) => {
            assert!(!file.contains("happy_path"), "{error}");
            return;
        }
    };
    let ClientMessage::Header(header) = &message else { panic!("{file} has no header") };
    let now = header.signed_header.header.timestamp().unwrap();
    let now = now.saturating_add(Duration::from_secs(5));
    let latest = state.latest_height;
    let mut host = Host {
        client_state: state.clone(),
        consensus_states: BTreeMap::from([(latest, consensus.clone())]),
    };
    if file.contains("happy_path") {
        assert_eq!(latest.height(), update["trusted_height"].as_u64().unwrap());
        CometbftClient::initialise(state, consensus, now).unwrap();
        assert_eq!(CometbftClient::status(&host, now), Status::Active);
        assert!(matches!(host.submit(&message, now), Ok(Verdict::Advance(_))));
        let reached = host.client_state.latest_height.height();
        assert_eq!(reached, update["new_height"].as_u64().unwrap());
        assert_eq!(host.submit(&message, now), Ok(Verdict::AlreadyKnown));
    } else {
        host.submit(&message, now).unwrap_err();
        // Changed bytes were not signed anew: the hash fails before anything about time can.
        let fresh = host.consensus_states[&latest].timestamp.saturating_add(Duration::from_secs(5));
        assert_eq!(code(&host.submit(&message, fresh).unwrap_err()), "commit_block_mismatch");
    }
}

/// Real proofs of a Cosmos SDK chain, by way of the client that verifies them there. The other
/// rules of their files are held elsewhere.
#[test]
fn real_state_proofs_verify_through_the_client() {
    let Some(vectors) = Vectors::open() else { return };
    let folders = ["ibc/v2_real_proofs", "ics23/real_simd"];
    let files: Vec<_> = folders.into_iter().flat_map(|folder| vectors.files(folder)).collect();
    assert_eq!(files.len(), 4);
    for file in files {
        state_proof(&vectors.json(&file));
    }
}

fn state_proof(case: &Value) {
    let client_state: ClientState = decode("ClientState", &case["client_state_hex"]).unwrap();
    let consensus_state: ConsensusState =
        decode("ConsensusState", &case["consensus_state_hex"]).unwrap();
    let message = &case["membership_msg"];
    let elements = list(&message["path"]).iter().map(|element| {
        // One character a byte.
        text(element).chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
    });
    let path = MerklePath::new(elements.collect()).unwrap();
    let proof = StateProof::from_bytes(&hex(&message["proof"])).unwrap();
    assert_eq!(proof.to_bytes(), hex(&message["proof"]));
    let context = ProofContext::<CometbftClient> {
        height: client_state.latest_height,
        client_state: &client_state,
        consensus_state: &consensus_state,
    };
    let value = hex(&message["value"]);
    if value.is_empty() {
        CometbftClient::verify_non_membership(&context, &proof, &path).unwrap();
        let entry = Entry { path, value: vec![1] };
        CometbftClient::verify_membership(&context, &proof, &entry).unwrap_err();
    } else {
        CometbftClient::verify_non_membership(&context, &proof, &path).unwrap_err();
        let mut entry = Entry { path, value };
        CometbftClient::verify_membership(&context, &proof, &entry).unwrap();
        entry.value[0] ^= 1;
        CometbftClient::verify_membership(&context, &proof, &entry).unwrap_err();
    }
}
