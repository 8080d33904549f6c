//! Model-based cases: a run of steps from one trusted block.

use std::time::Duration;

use causeway_client_cometbft::{PreparedValidatorSet, ValidatorSet, verify};
use causeway_core::Timestamp;
use causeway_tests::vectors::Vectors;
use causeway_wire_cometbft::vote_from_json;
use serde_json::Value;

use super::{Outcome, light_block, list, options, outcome, text, trusted};

/// Most sets are stored out of order, and hash right only when sorted.
pub(super) fn sorted(set: Option<ValidatorSet>) -> ValidatorSet {
    let mut set = set.unwrap();
    set.sort();
    set
}

/// A time, read as that of a vote.
pub(super) fn time(json: &Value) -> Timestamp {
    let address = "00".repeat(20);
    let vote = serde_json::json!({
        "type": 1, "height": 1, "timestamp": json, "validator_address": address,
    });
    let vote = vote_from_json(vote.to_string().as_bytes()).unwrap();
    vote.timestamp.to_timestamp().unwrap()
}

/// Absent votes carry a time there, which full nodes refuse (`CommitSig.ValidateBasic`): it is
/// taken out.
fn without_absent_times(mut block: Value) -> Value {
    let signatures = block["signed_header"]["commit"]["signatures"].as_array_mut();
    for sig in signatures.into_iter().flatten() {
        if sig["block_id_flag"] == 1 {
            sig["timestamp"] = Value::Null;
        }
    }
    block
}

pub(super) fn run(vectors: &Vectors, file: &str) {
    let case = vectors.json(file);
    let initial = light_block(&case["initial"]);
    let mut state = trusted(&initial.signed_header, &sorted(initial.next_validators));
    let period = text(&case["initial"]["trusting_period"]).parse().unwrap();
    let options = options(Duration::from_nanos(period), Duration::ZERO);
    for (step, input) in list(&case["input"]).iter().enumerate() {
        let block = light_block(&without_absent_times(input["block"].clone()));
        let (validators, next) = (sorted(block.validators), sorted(block.next_validators));
        let now = time(&input["now"]);
        let signed = &block.signed_header;
        let got = match PreparedValidatorSet::new(&validators) {
            Ok(set) => outcome(&verify(&state, signed, &set, &options, now, &mut ())),
            Err(_) => Outcome::Reject,
        };
        let expected = match text(&input["verdict"]) {
            "SUCCESS" => Outcome::Accept,
            "NOT_ENOUGH_TRUST" => Outcome::NotEnoughTrust,
            _ => Outcome::Reject,
        };
        assert_eq!(got, expected, "{file} step {step}");
        if got == Outcome::Accept {
            state = trusted(signed, &next);
        }
    }
}

/// The index gives for each step the rule that failed.
pub(super) fn index(vectors: &Vectors, file: &str) {
    for case in list(&vectors.json(file)["cases"]) {
        let name = format!("tendermint/mbt/{}", text(&case["file"]));
        let verdicts: Vec<_> =
            list(&vectors.json(&name)["input"]).iter().map(|i| i["verdict"].clone()).collect();
        let indexed: Vec<_> = list(&case["steps"]).iter().map(|s| s["verdict"].clone()).collect();
        assert_eq!(verdicts, indexed, "{name}");
    }
}
