//! Blocks of real chains.

use causeway_client_cometbft::{SignedHeader, ValidatorSet, verify_backwards};
use causeway_core::Height;
use causeway_tests::vectors::Vectors;
use causeway_wire_cometbft::validator_set_from_json;
use serde_json::Value;

use super::{Outcome, judge, light_block, list, outcome, prepared, text, trusted};

/// Header hash, set hash, and every signature for the block.
fn check_itself(signed: &SignedHeader, set: &ValidatorSet) {
    let header = &signed.header;
    assert_eq!(header.hash(), signed.commit.block_id.hash);
    assert_eq!(Some(set.hash()), header.validators_hash);
    assert_eq!(Some(prepared(set).hash()), header.validators_hash);
    for (sig, validator) in signed.commit.signatures.iter().zip(&set.validators) {
        if let Some(vote) = sig.for_block() {
            let message =
                causeway_client_cometbft::commit_sign_bytes(&header.chain_id, &signed.commit, vote);
            assert!(validator.public_key.verifies(&message, &vote.signature));
        }
    }
}

fn set(json: &Value) -> ValidatorSet {
    validator_set_from_json(json.to_string().as_bytes()).unwrap()
}

pub(super) fn simd(vectors: &Vectors, file: &str) {
    let document = vectors.json(file);
    let mut headers: Vec<(SignedHeader, ValidatorSet)> = Vec::new();
    for entry in list(&document["headers"]) {
        let block = light_block(entry);
        let validators = block.validators.unwrap();
        check_itself(&block.signed_header, &validators);
        let trusted_validators = set(&entry["trusted_validators"]);
        assert_eq!(trusted_validators.hash(), validators.hash());
        let height: Height = text(&entry["trusted_height"]).parse().unwrap();
        assert_eq!(height.revision(), block.signed_header.header.chain_id.revision());
        headers.push((block.signed_header, validators));
    }
    headers.sort_by_key(|(signed, _)| signed.header.height);
    for (index, (earlier, next)) in headers.iter().enumerate() {
        for (later, validators) in &headers[index + 1..] {
            let verdict = judge(&trusted(earlier, next), later, validators);
            let is_later = later.header.height > earlier.header.height;
            assert_eq!(outcome(&verdict) == Outcome::Accept, is_later, "{verdict:?}");
        }
    }
}

pub(super) fn mocha(vectors: &Vectors, file: &str) {
    let document = vectors.json(file);
    let blocks: Vec<_> = list(&document["light_blocks"])
        .iter()
        .map(|json| {
            let block = light_block(json);
            let validators = block.validators.unwrap();
            check_itself(&block.signed_header, &validators);
            (block.signed_header, validators)
        })
        .collect();
    let find = |height: &Value| {
        blocks.iter().find(|(signed, _)| Some(signed.header.height) == height.as_u64()).unwrap()
    };
    for case in list(&document["pairs"]["cases"]) {
        let (old, next) = find(&case["trusted"]);
        let (new, validators) = find(&case["untrusted"]);
        let verdict = judge(&trusted(old, next), new, validators);
        let expected = match text(&case["verdict"]) {
            "SUCCESS" => Outcome::Accept,
            "NOT_ENOUGH_TRUST" => Outcome::NotEnoughTrust,
            _ => Outcome::Reject,
        };
        assert_eq!(outcome(&verdict), expected, "{case}");
    }
}

pub(super) fn celestia(vectors: &Vectors, file: &str) {
    let document = vectors.json(file);
    let blocks: Vec<_> = list(&document["light_blocks"]).iter().map(light_block).collect();
    for pair in blocks.windows(2) {
        let (old, new) = (&pair[0].signed_header, &pair[1].signed_header);
        let (old_set, new_set) =
            (pair[0].validators.as_ref().unwrap(), pair[1].validators.as_ref().unwrap());
        check_itself(new, new_set);
        judge(&trusted(old, old_set), new, new_set).unwrap();
        assert_eq!(new.header.last_block_id, old.commit.block_id);
        assert_eq!(new.header.last_commit_hash, Some(old.commit.hash()));
        verify_backwards(&old.header, &new.header).unwrap();
    }
    let skip = blocks.last().unwrap();
    let first = trusted(&blocks[0].signed_header, blocks[0].validators.as_ref().unwrap());
    judge(&first, &skip.signed_header, skip.validators.as_ref().unwrap()).unwrap();
}
