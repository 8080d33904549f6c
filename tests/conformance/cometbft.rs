//! The vectors of the PBFT family.

mod abstract_cases;
mod ics07;
mod mbt;
mod mutations;
mod primitives;
mod real;
mod rpc;
mod secp256k1eth;

use std::sync::Arc;
use std::time::Duration;

use causeway_client_cometbft::{
    PreparedValidatorSet, SignedHeader, TrustLevel, TrustOptions, TrustedBlock, TrustedState,
    ValidatorSet, VerifyError, verify,
};
use causeway_core::{Refusal, Timestamp};
use causeway_tests::vectors::{Excluded, Suite, Vectors};
use causeway_wire_cometbft::LightBlockDocument;
use serde_json::Value;

const SUITES: &[Suite] = &[
    Suite { pattern: "tendermint/mbt/MC*.json", run: mbt::run },
    Suite { pattern: "tendermint/mbt/index.json", run: mbt::index },
    Suite { pattern: "tendermint/real/simd-devnet-1.json", run: real::simd },
    Suite { pattern: "tendermint/real/mocha-4.json", run: real::mocha },
    Suite { pattern: "tendermint/real/celestia-local.json", run: real::celestia },
    Suite { pattern: "tendermint/ics07/*update_client_*.json", run: ics07::run },
    Suite {
        pattern: "tendermint/secp256k1eth/native_*update_fixture.json",
        run: secp256k1eth::update,
    },
    Suite { pattern: "tendermint/secp256k1eth/*insufficient*.json", run: secp256k1eth::update },
    Suite {
        pattern: "tendermint/secp256k1eth/*misbehaviour*.json",
        run: secp256k1eth::misbehaviour,
    },
    Suite { pattern: "tendermint/rpc/v0_*/commit_at_height_*.json", run: rpc::commit },
    Suite { pattern: "tendermint/rpc/v0_*/block_at_height_*.json", run: rpc::block },
    Suite { pattern: "tendermint/rpc/v0_*/block_search.json", run: rpc::block_search },
    Suite { pattern: "tendermint/rpc/v0_34/block_search_evidence.json", run: rpc::evidence },
    Suite { pattern: "tendermint/rpc/v0_*/blockchain_from_1_to_10.json", run: rpc::blockchain },
    Suite { pattern: "tendermint/rpc/v0_*/tx_search_with_prove.json", run: rpc::tx_search },
    Suite { pattern: "tendermint/primitives/vote_sign_bytes.json", run: primitives::sign_bytes },
    Suite { pattern: "tendermint/primitives/header_hash.json", run: primitives::header_hash },
    Suite { pattern: "tendermint/primitives/merkle.json", run: primitives::merkle },
    Suite { pattern: "tendermint/primitives/rfc6962_inclusion.json", run: primitives::inclusion },
    Suite { pattern: "tendermint/primitives/wire_messages.json", run: primitives::wire_messages },
    Suite { pattern: "tendermint/primitives/ed25519_edge_cases.json", run: primitives::ed25519 },
    Suite { pattern: "tendermint/primitives/abstract_cases.json", run: abstract_cases::run },
    Suite { pattern: "tendermint/primitives/abstract_cases.json", run: mutations::run },
];

const EXCLUDED: Excluded = &[(
    "tendermint/rpc/v0_*/genesis.json",
    "a genesis document: nothing of it is verified by a light client",
)];

#[test]
fn every_vector_has_its_verdict() {
    if let Some(vectors) = Vectors::open() {
        vectors.run("tendermint", SUITES, EXCLUDED);
    }
}

/// The three outcomes of verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Accept,
    NotEnoughTrust,
    Reject,
}

pub(crate) fn outcome<T>(verdict: &Result<T, VerifyError>) -> Outcome {
    match verdict {
        Ok(_) => Outcome::Accept,
        Err(VerifyError::NotEnoughTrust { .. }) => Outcome::NotEnoughTrust,
        Err(_) => Outcome::Reject,
    }
}

pub(crate) fn code(error: &impl Refusal) -> String {
    error.code().into_owned()
}

/// Trust level 1/3.
pub(crate) const fn options(trusting_period: Duration, max_clock_drift: Duration) -> TrustOptions {
    TrustOptions { trust_level: TrustLevel::ONE_THIRD, trusting_period, max_clock_drift }
}

/// Trust without end, a drift of ten seconds.
pub(crate) const PATIENT: TrustOptions =
    options(Duration::from_secs(1 << 33), Duration::from_secs(10));

pub(crate) fn prepared(set: &ValidatorSet) -> Arc<PreparedValidatorSet> {
    Arc::new(PreparedValidatorSet::new(set).unwrap())
}

/// Trusts a header and the set that it names.
pub(crate) fn trusted(signed: &SignedHeader, next: &ValidatorSet) -> TrustedBlock {
    TrustedBlock::from_header(&signed.header, prepared(next)).unwrap()
}

/// Verifies one second after the header's time.
pub(crate) fn judge(
    trusted: &TrustedBlock,
    signed: &SignedHeader,
    set: &ValidatorSet,
) -> Result<TrustedState, VerifyError> {
    let now = now_after(signed);
    verify(trusted, signed, &prepared(set), &PATIENT, now, &mut ())
}

pub(crate) fn now_after(signed: &SignedHeader) -> Timestamp {
    signed.header.timestamp().unwrap().saturating_add(Duration::from_secs(1))
}

/// Reads a light block from a part of a document.
pub(crate) fn light_block(json: &Value) -> LightBlockDocument {
    LightBlockDocument::from_json(&serde_json::to_vec(json).unwrap()).unwrap()
}

pub(crate) fn text(json: &Value) -> &str {
    json.as_str().unwrap()
}

/// Hexadecimal bytes, with or without `0x`.
pub(crate) fn hex(json: &Value) -> Vec<u8> {
    let text = text(json);
    hex::decode(text.strip_prefix("0x").unwrap_or(text)).unwrap()
}

pub(crate) fn list(json: &Value) -> &[Value] {
    json.as_array().unwrap()
}
