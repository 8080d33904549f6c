//! From light blocks to client messages: how to bring a client from a height it trusts to a
//! target.

use std::collections::BTreeMap;
use std::sync::Arc;

use causeway_core::{Height, Timestamp, refusals};

use super::{ClientMessage, Header, Misbehaviour};
use crate::{
    Bisection, BisectionError, LightBlock, PreparedValidatorSet, SignedHeader, TrustOptions,
    TrustedBlock, ValidatorSet, ValidatorSetError,
};

/// One height as a node serves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateBlock {
    /// The header and its commit.
    pub signed_header: SignedHeader,
    /// Who signs this header.
    pub validators: ValidatorSet,
    /// Who signs the next header.
    pub next_validators: ValidatorSet,
}

/// Why a light block does not lead to the target.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpdateError {
    /// One of the validator sets.
    #[error(transparent)]
    ValidatorSet(#[from] ValidatorSetError),
    /// The bisection.
    #[error(transparent)]
    Bisection(#[from] BisectionError),
}

refusals! {
    UpdateError {
        @wraps ValidatorSet, Bisection;
    }
}

/// A [`Bisection`] that keeps what its headers are made of.
#[derive(Clone, Debug)]
pub struct UpdateRun {
    run: Bisection,
    revision: u64,
    from: u64,
    from_next_validators: ValidatorSet,
    blocks: BTreeMap<u64, UpdateBlock>,
}

impl UpdateRun {
    /// Begins at `trusted`, whose block names `next_validators` for the next one.
    pub fn new(
        trusted: TrustedBlock,
        next_validators: ValidatorSet,
        target: u64,
        options: TrustOptions,
    ) -> Result<Self, UpdateError> {
        let (revision, from) = (trusted.state().chain_id.revision(), trusted.state().height);
        let run = Bisection::new(trusted, target, options)?;
        let (from_next_validators, blocks) = (next_validators, BTreeMap::new());
        Ok(Self { run, revision, from, from_next_validators, blocks })
    }

    /// The height whose light block is wanted next; `None` when the messages are complete.
    pub const fn wanted(&self) -> Option<u64> {
        self.run.wanted()
    }

    /// Takes the wanted light block and goes on as far as it leads; `now` is the time of the host
    /// that will judge the messages.
    pub fn give(&mut self, block: UpdateBlock, now: Timestamp) -> Result<(), UpdateError> {
        let light_block = LightBlock {
            signed_header: block.signed_header.clone(),
            validators: Arc::new(PreparedValidatorSet::new(&block.validators)?),
            next_validators: Arc::new(PreparedValidatorSet::new(&block.next_validators)?),
        };
        let height = light_block.height();
        self.run.give(light_block, now)?;
        self.blocks.insert(height, block);
        Ok(())
    }

    /// The messages so far, in the order in which the client must get them: each is verified from
    /// the height of the one before.
    pub fn messages(&self) -> Vec<ClientMessage> {
        let mut trusted = (self.from, &self.from_next_validators);
        let mut messages = Vec::with_capacity(self.run.path().len());
        for state in self.run.path() {
            let Some(block) = self.blocks.get(&state.height) else { continue };
            let (height, next_validators) = trusted;
            messages.push(ClientMessage::Header(Header {
                signed_header: block.signed_header.clone(),
                validator_set: with_proposer(&block.validators),
                trusted_height: Height::new(self.revision, height),
                trusted_validators: with_proposer(next_validators),
            }));
            trusted = (state.height, &block.next_validators);
        }
        messages
    }
}

/// The evidence that two light blocks of one chain are, where they contradict each other: the
/// higher one first. Each is verified from the same stored height, below both, whose header names
/// `trusted_validators` for the next one.
pub fn misbehaviour(
    client_id: String,
    (one, two): (&UpdateBlock, &UpdateBlock),
    trusted_height: Height,
    trusted_validators: &ValidatorSet,
) -> ClientMessage {
    let header = |block: &UpdateBlock| Header {
        signed_header: block.signed_header.clone(),
        validator_set: with_proposer(&block.validators),
        trusted_height,
        trusted_validators: with_proposer(trusted_validators),
    };
    let (header_1, header_2) = (header(one), header(two));
    ClientMessage::Misbehaviour(Misbehaviour { client_id, header_1, header_2 })
}

/// Hosts written in Go refuse a set without a proposer. Any member will do, as it is not hashed;
/// nodes do not say who it is.
fn with_proposer(set: &ValidatorSet) -> ValidatorSet {
    let proposer = set.proposer.clone().or_else(|| set.validators.first().cloned());
    ValidatorSet { proposer, ..set.clone() }
}
