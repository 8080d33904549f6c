//! The verifier of tendermint-rs, fed with our light blocks through protobuf bytes.

use std::time::Duration;

use causeway_client_cometbft::{SignedHeader, TrustOptions, ValidatorSet, proto};
use causeway_core::Timestamp;
use prost::Message;
use tendermint::block::signed_header::SignedHeader as PeerSignedHeader;
use tendermint::trust_threshold::TrustThresholdFraction;
use tendermint::validator::Set as PeerSet;
use tendermint::{Hash, Time};
use tendermint_light_client_verifier::options::Options;
use tendermint_light_client_verifier::types::{TrustedBlockState, UntrustedBlockState};
use tendermint_light_client_verifier::{ProdVerifier, Verdict, Verifier};
use tendermint_proto::Protobuf;
use tendermint_proto::v0_38::types::{SignedHeader as RawSignedHeader, ValidatorSet as RawSet};

/// A height in the peer's types.
#[derive(Clone, Debug)]
pub(crate) struct PeerBlock {
    pub(crate) signed: PeerSignedHeader,
    pub(crate) validators: PeerSet,
    pub(crate) next_validators: PeerSet,
}

/// A signed header; `None` when the peer does not decode it.
pub(crate) fn signed_header(signed: &SignedHeader) -> Option<PeerSignedHeader> {
    let bytes = proto::SignedHeader::from(signed).encode_to_vec();
    <PeerSignedHeader as Protobuf<RawSignedHeader>>::decode(bytes.as_slice()).ok()
}

/// A validator set; `None` when the peer does not decode it.
pub(crate) fn validator_set(set: &ValidatorSet) -> Option<PeerSet> {
    let bytes = proto::ValidatorSet::from(set).encode_to_vec();
    <PeerSet as Protobuf<RawSet>>::decode(bytes.as_slice()).ok()
}

impl PeerBlock {
    pub(crate) fn new(
        signed: &SignedHeader,
        validators: &ValidatorSet,
        next_validators: &ValidatorSet,
    ) -> Option<Self> {
        Some(Self {
            signed: signed_header(signed)?,
            validators: validator_set(validators)?,
            next_validators: validator_set(next_validators)?,
        })
    }

    /// What is trusted when this block is.
    fn as_trusted(&self) -> TrustedBlockState<'_> {
        let header = &self.signed.header;
        TrustedBlockState {
            chain_id: &header.chain_id,
            header_time: header.time,
            height: header.height,
            next_validators: &self.next_validators,
            next_validators_hash: header.next_validators_hash,
        }
    }

    /// What an IBC header tells: not the next validators.
    fn as_untrusted(&self) -> UntrustedBlockState<'_> {
        UntrustedBlockState {
            signed_header: &self.signed,
            validators: &self.validators,
            next_validators: None,
        }
    }
}

/// The peer's verdict on `untrusted`, seen from `trusted`.
pub(crate) fn judge(
    trusted: &PeerBlock,
    untrusted: &PeerBlock,
    options: &TrustOptions,
    now: Timestamp,
) -> Verdict {
    let level = options.trust_level.fraction();
    let options = Options {
        trust_threshold: TrustThresholdFraction::new(level.numerator(), level.denominator())
            .unwrap(),
        trusting_period: options.trusting_period,
        clock_drift: options.max_clock_drift,
    };
    let now = (Time::unix_epoch() + Duration::from_nanos(now.nanos())).unwrap();
    ProdVerifier::default().verify_update_header(
        untrusted.as_untrusted(),
        trusted.as_trusted(),
        &options,
        now,
    )
}

/// The 32 bytes of the peer's hash.
pub(crate) fn hash_bytes(hash: Hash) -> Vec<u8> {
    hash.as_bytes().to_vec()
}
