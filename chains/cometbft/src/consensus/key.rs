//! A validator's own key, and what it signs.

use core::fmt;

use causeway_client_cometbft::{Address, BlockId, ChainId, PublicKey, Time, Vote, proto};
use ed25519_dalek::{Signer, SigningKey};
use prost::Message;

/// The private key of one validator.
#[derive(Clone)]
pub struct ValidatorKey {
    key: SigningKey,
    address: Address,
}

impl ValidatorKey {
    /// From 32 secret bytes.
    pub fn from_bytes(secret: &[u8; 32]) -> Self {
        let key = SigningKey::from_bytes(secret);
        let public_key = PublicKey::Ed25519(key.verifying_key().to_bytes());
        // An Ed25519 key always has an address.
        let address = public_key.address().unwrap_or_default();
        Self { key, address }
    }

    /// The public key.
    pub fn public_key(&self) -> PublicKey {
        PublicKey::Ed25519(self.key.verifying_key().to_bytes())
    }

    /// The address of the key.
    pub const fn address(&self) -> Address {
        self.address
    }

    pub(crate) fn sign_vote(&self, vote: &mut Vote, chain_id: &ChainId) {
        vote.signature = self.sign(&vote.sign_bytes(chain_id));
    }

    pub(crate) fn sign_proposal(&self, proposal: &mut Proposal, chain_id: &ChainId) {
        proposal.signature = self.sign(&proposal.sign_bytes(chain_id));
    }

    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.key.sign(message).to_bytes().to_vec()
    }
}

/// The secret is left out.
impl fmt::Debug for ValidatorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ValidatorKey").field("address", &self.address).finish_non_exhaustive()
    }
}

/// What a round's proposer signs: a block, and whether an earlier round wanted it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The height; at most `i64::MAX`.
    pub height: u64,
    /// The round.
    pub round: u32,
    /// The earlier round in which the block had a quorum of prevotes.
    pub valid_round: Option<u32>,
    /// The block.
    pub block_id: BlockId,
    /// When.
    pub timestamp: Time,
    /// The proposer's signature.
    pub signature: Vec<u8>,
}

impl Proposal {
    /// The bytes that the proposer signed (`types/canonical.go` `CanonicalizeProposal`).
    pub fn sign_bytes(&self, chain_id: &ChainId) -> Vec<u8> {
        let proto::BlockId { hash, part_set_header } = self.block_id.into();
        CanonicalProposal {
            r#type: PROPOSAL,
            height: self.height.cast_signed(),
            round: self.round.into(),
            valid_round: self.valid_round.map_or(-1, i64::from),
            block_id: Some(proto::CanonicalBlockId { hash, part_set_header }),
            timestamp: Some(self.timestamp.into()),
            chain_id: chain_id.as_str().into(),
        }
        .encode_length_delimited_to_vec()
    }
}

/// The number of a proposal among signed messages (`SignedMsgType`).
pub(super) const PROPOSAL: i32 = 32;

/// `tendermint.types.CanonicalProposal`.
#[derive(Clone, PartialEq, Message)]
struct CanonicalProposal {
    #[prost(int32, tag = "1")]
    r#type: i32,
    #[prost(sfixed64, tag = "2")]
    height: i64,
    #[prost(sfixed64, tag = "3")]
    round: i64,
    /// Minus one for none.
    #[prost(int64, tag = "4")]
    valid_round: i64,
    #[prost(message, optional, tag = "5")]
    block_id: Option<proto::CanonicalBlockId>,
    #[prost(message, optional, tag = "6")]
    timestamp: Option<proto::Timestamp>,
    #[prost(string, tag = "7")]
    chain_id: String,
}
