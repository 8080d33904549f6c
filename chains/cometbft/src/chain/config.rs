//! What the chain is opened with.

use core::time::Duration;

use causeway_chain::{Link, derived_key};
use causeway_client_cometbft::ChainId;
use causeway_core::DecodeError;

use crate::app::ALIAS;
use crate::consensus::{Timing, ValidatorKey, ValidatorUpdate};

/// The bundled chain's id.
pub const CHAIN_ID: &str = "causeway-pbft-1";

/// The voting power of every validator.
pub const POWER: u64 = 10;

/// The fewest validators: one may then be absent.
pub const MIN_VALIDATORS: u32 = 4;

/// The most participants: each hears and checks the votes of all.
pub const MAX_PARTICIPANTS: u32 = 32;

/// How long messages among participants take.
const DELAY: Duration = Duration::from_millis(5);

/// How a chain is set up. The same configuration gives the same chain.
#[derive(Clone, Debug)]
pub struct Config {
    /// The chain's id.
    pub chain_id: ChainId,
    /// Where all randomness and all keys come from.
    pub seed: u64,
    /// Validators at the beginning, [`MIN_VALIDATORS`] or more.
    pub validators: u32,
    /// Participants that follow the chain and wait to become validators.
    pub spares: u32,
    /// How long participants wait for one another.
    pub timing: Timing,
    /// How messages fare.
    pub link: Link,
}

impl Config {
    /// The bundled chain: four validators, two spares, a block a second.
    pub fn new(seed: u64) -> Result<Self, DecodeError> {
        Ok(Self {
            chain_id: ChainId::new(CHAIN_ID)?,
            seed,
            validators: MIN_VALIDATORS,
            spares: 2,
            timing: Timing::default(),
            link: Link::reliable(DELAY),
        })
    }

    pub(super) const fn participants(&self) -> u32 {
        self.validators.saturating_add(self.spares)
    }

    /// The key of a participant.
    pub(super) fn key(&self, index: u32) -> ValidatorKey {
        let label = format!("causeway/validator/{ALIAS}/{index}");
        ValidatorKey::from_bytes(&derived_key(&label, self.seed).to_bytes().into())
    }

    /// The validators of the first block.
    pub(super) fn genesis_validators(&self) -> Vec<ValidatorUpdate> {
        let update =
            |index| ValidatorUpdate { public_key: self.key(index).public_key(), power: POWER };
        (0..self.validators).map(update).collect()
    }
}
