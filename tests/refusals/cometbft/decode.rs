//! What does not decode: protobuf and JSON.

use causeway_client_cometbft::ics07::{ClientMessage, ClientState, ConsensusState};
use causeway_client_cometbft::{ChainId, proto};
use causeway_core::Any;
use causeway_light_client::AnyCodec;
use causeway_tests::makers::cometbft::json;
use causeway_tests::makers::cometbft_client::{
    client_state, consensus_state, misbehaviour, update, update_header,
};
use causeway_wire_cometbft::{LightBlockDocument, duplicate_vote_from_json, vote_from_json};
use prost::Message;

use super::{CHAIN, chain, code};
use crate::Case;

/// A header message with a change below prost.
fn header(change: fn(&mut proto::IbcHeader)) -> String {
    let chain = chain();
    let any = update(chain.at(1), chain.at(2)).to_any();
    ClientMessage::from_any(&any).unwrap();
    let mut message = proto::IbcHeader::decode(any.value.as_slice()).unwrap();
    change(&mut message);
    code(ClientMessage::from_any(&Any::pack(&any.type_url, &message)))
}

fn signed(message: &mut proto::IbcHeader) -> (&mut proto::Header, &mut proto::Commit) {
    let signed = message.signed_header.as_mut().unwrap();
    (signed.header.as_mut().unwrap(), signed.commit.as_mut().unwrap())
}

fn member(message: &mut proto::IbcHeader) -> &mut proto::Validator {
    &mut message.validator_set.as_mut().unwrap().validators[0]
}

fn client(change: fn(&mut proto::ClientState)) -> String {
    let any = client_state(CHAIN, 1).to_any();
    let mut message = proto::ClientState::decode(any.value.as_slice()).unwrap();
    change(&mut message);
    code(ClientState::from_any(&Any::pack(&any.type_url, &message)))
}

fn consensus(change: fn(&mut proto::ConsensusState)) -> String {
    let any = consensus_state(chain().at(1)).to_any();
    let mut message = proto::ConsensusState::decode(any.value.as_slice()).unwrap();
    change(&mut message);
    code(ConsensusState::from_any(&Any::pack(&any.type_url, &message)))
}

fn half_a_misbehaviour() -> String {
    let chain = chain();
    let header = update_header(chain.at(1), chain.at(2));
    let any = misbehaviour(header.clone(), header).to_any();
    let mut message = proto::Misbehaviour::decode(any.value.as_slice()).unwrap();
    message.header_2 = None;
    code(ClientMessage::from_any(&Any::pack(&any.type_url, &message)))
}

fn without_commit() -> String {
    let mut block = json::light_block(chain().at(2));
    block["signed_header"]["commit"] = serde_json::Value::Null;
    code(LightBlockDocument::from_json(block.to_string().as_bytes()))
}

#[test]
fn parts_that_protocol_buffers_would_let_pass_are_refused() {
    for (refused, what) in [
        (client(|state| state.trust_level = None), "client_state"),
        (client(|state| state.trust_level.as_mut().unwrap().numerator = 0), "client_state"),
        (client(|state| state.max_clock_drift.as_mut().unwrap().seconds = -1), "client_state"),
        (client(|state| state.proof_specs[0].inner_spec = None), "client_state"),
        (client(|state| state.latest_height = None), "client_state"),
        (consensus(|state| state.root = None), "consensus_state"),
        (consensus(|state| state.next_validators_hash.push(0)), "consensus_state"),
        (header(|message| message.trusted_validators = None), "header"),
        (header(|message| signed(message).0.last_commit_hash.push(0)), "header"),
        (header(|message| signed(message).1.round = -1), "commit"),
        (header(|message| member(message).voting_power = -1), "validator"),
    ] {
        assert_eq!(refused, format!("malformed_{what}"));
    }
}

pub(crate) const CASES: &[Case] = &[
    Case { code: "malformed_header", provoke: || header(|message| signed(message).0.height = -1) },
    Case {
        code: "malformed_time",
        provoke: || {
            header(|message| signed(message).0.time.as_mut().unwrap().nanos = 1_000_000_000)
        },
    },
    Case {
        code: "malformed_block_id",
        provoke: || header(|message| signed(message).1.block_id.as_mut().unwrap().hash.push(0)),
    },
    Case {
        code: "malformed_chain_id",
        provoke: || header(|message| signed(message).0.chain_id = "x".repeat(ChainId::MAX_LEN + 1)),
    },
    Case {
        code: "malformed_commit_sig",
        provoke: || header(|message| signed(message).1.signatures[0].block_id_flag = 4),
    },
    Case {
        code: "malformed_commit",
        provoke: || header(|message| signed(message).1.block_id = None),
    },
    Case {
        code: "malformed_signed_header",
        provoke: || header(|message| message.signed_header.as_mut().unwrap().commit = None),
    },
    Case {
        code: "malformed_validator",
        provoke: || header(|message| member(message).pub_key = None),
    },
    Case {
        code: "malformed_public_key",
        provoke: || header(|message| member(message).pub_key.as_mut().unwrap().sum = None),
    },
    Case {
        code: "malformed_validator_set",
        provoke: || {
            header(|message| {
                let set = message.validator_set.as_mut().unwrap();
                set.validators = vec![set.validators[0].clone(); 10_001];
            })
        },
    },
    Case {
        code: "malformed_client_state",
        provoke: || client(|state| state.trusting_period = None),
    },
    Case {
        code: "malformed_consensus_state",
        provoke: || consensus(|state| state.timestamp.as_mut().unwrap().seconds = -1),
    },
    Case { code: "malformed_misbehaviour", provoke: half_a_misbehaviour },
    Case { code: "malformed_light_block", provoke: without_commit },
    Case { code: "malformed_vote", provoke: || code(vote_from_json(b"{}")) },
    Case { code: "malformed_evidence", provoke: || code(duplicate_vote_from_json(b"{}")) },
];
