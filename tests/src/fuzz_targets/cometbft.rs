//! RPC documents, and a light block under a trusted one.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use causeway_client_cometbft::{PreparedValidatorSet, TrustLevel, TrustOptions, verify};
use causeway_core::Timestamp;
use causeway_wire_cometbft as wire;
use causeway_wire_cometbft::{LightBlockDocument, TrustedDocument};

use crate::makers::cometbft::{Chain, Committee, Made, START_SECS};

const OPTIONS: TrustOptions = TrustOptions {
    trust_level: TrustLevel::ONE_THIRD,
    trusting_period: Duration::from_hours(24),
    max_clock_drift: Duration::from_secs(10),
};

/// A trusted height, and another far enough above that the verifier skips.
fn chain() -> &'static (Made, Made) {
    static CHAIN: OnceLock<(Made, Made)> = OnceLock::new();
    CHAIN.get_or_init(|| {
        let mut chain = Chain::new("pbft-1", &Committee::equal(0..4));
        chain.extend_to(5);
        (chain.at(1).clone(), chain.at(5).clone())
    })
}

/// What verifies from the trusted height is the header of the other.
pub(super) fn light_block(bytes: &[u8]) {
    let _ = TrustedDocument::from_json(bytes);
    let Ok(document) = LightBlockDocument::from_json(bytes) else { return };
    let Some(Ok(set)) = document.validators.as_ref().map(PreparedValidatorSet::new) else { return };
    let (trusted, other) = chain();
    let now = Timestamp::from_secs(START_SECS.unsigned_abs() + 60).unwrap();
    let signed = &document.signed_header;
    if verify(&trusted.trusted(), signed, &set, &OPTIONS, now, &mut ()).is_ok() {
        assert_eq!(signed.header, other.signed.header, "a header that nobody signed");
    }
}

pub(super) fn light_block_seeds() -> Vec<Vec<u8>> {
    let (trusted, other) = chain();
    let document = crate::makers::cometbft::json::light_block(other).to_string();
    let read = LightBlockDocument::from_json(document.as_bytes()).expect("a light block");
    let set = Arc::new(PreparedValidatorSet::new(&read.validators.unwrap()).unwrap());
    let now = Timestamp::from_secs(START_SECS.unsigned_abs() + 60).unwrap();
    verify(&trusted.trusted(), &read.signed_header, &set, &OPTIONS, now, &mut ()).unwrap();
    vec![document.into()]
}

/// Every other document.
pub(super) fn json(bytes: &[u8]) {
    let _ = wire::header_from_json(bytes);
    let _ = wire::block_id_from_json(bytes);
    if let Ok(commit) = wire::commit_from_json(bytes) {
        let _ = format!("{commit:?}");
    }
    let _ = wire::vote_from_json(bytes);
    if let Ok(set) = wire::validator_set_from_json(bytes) {
        let _ = PreparedValidatorSet::new(&set);
    }
    if let Ok(evidence) = wire::duplicate_vote_from_json(bytes) {
        let _ = format!("{evidence:?}");
    }
}

pub(super) fn json_seeds() -> Vec<Vec<u8>> {
    let document = crate::makers::cometbft::json::light_block(&chain().0);
    let signed = &document["signed_header"];
    [
        &signed["header"],
        &signed["commit"],
        &signed["commit"]["block_id"],
        &document["validator_set"],
    ]
    .map(|document| document.to_string().into())
    .to_vec()
}
