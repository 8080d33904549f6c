//! What a bundled network is made from.

use core::time::Duration;

use causeway_chain::Link;

/// The fewest nodes of a network.
pub const MIN_NODES: u32 = 4;
/// The most validators whose keys one node holds.
pub const MAX_VALIDATORS_PER_NODE: u32 = 16;
/// The fewest validators of a network (`MIN_GENESIS_ACTIVE_VALIDATOR_COUNT`).
pub const MIN_VALIDATORS: u32 = 64;

/// Parameters of a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// All keys and all chances come from it.
    pub seed: u64,
    /// Length of a slot in seconds.
    pub seconds_per_slot: u64,
    /// Number of nodes, at least [`MIN_NODES`].
    pub nodes: u32,
    /// Validators of each node, at most [`MAX_VALIDATORS_PER_NODE`], and [`MIN_VALIDATORS`] in all.
    pub validators_per_node: u32,
    /// Slots that lie between genesis and the start of a new network. Five epochs: at their end
    /// the third one is final.
    pub backdated_slots: u64,
    /// The execution layer's chain id.
    pub chain_id: u64,
    /// How messages fare among the nodes.
    pub link: Link,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            seed: 0,
            seconds_per_slot: 1,
            nodes: MIN_NODES,
            validators_per_node: MAX_VALIDATORS_PER_NODE,
            backdated_slots: 41,
            chain_id: 31_337,
            link: Link::reliable(Duration::from_millis(10)),
        }
    }
}

/// Why a network cannot be built or restored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// Parameters out of range.
    #[error("{nodes} nodes with {validators_per_node} validators each: {allowed}")]
    Size {
        /// Number of nodes.
        nodes: u32,
        /// Validators of each.
        validators_per_node: u32,
        /// What is allowed.
        allowed: &'static str,
    },
    /// The genesis state cannot be built.
    #[error("no genesis state: {reason}")]
    Genesis {
        /// Why not.
        reason: String,
    },
    /// What was stored does not decode, or does not fit together.
    #[error("stored {what} cannot be used: {reason}")]
    Stored {
        /// The record.
        what: &'static str,
        /// Why not.
        reason: String,
    },
}

impl Config {
    /// The number of validators, if the sizes are allowed.
    pub(super) fn validators(&self) -> Result<u64, StartError> {
        let wrong = |allowed| StartError::Size {
            nodes: self.nodes,
            validators_per_node: self.validators_per_node,
            allowed,
        };
        if self.nodes < MIN_NODES {
            return Err(wrong("at least 4 nodes"));
        }
        if self.validators_per_node > MAX_VALIDATORS_PER_NODE {
            return Err(wrong("at most 16 validators each"));
        }
        let count = self.nodes.saturating_mul(self.validators_per_node);
        if count < MIN_VALIDATORS {
            return Err(wrong("at least 64 validators"));
        }
        Ok(count.into())
    }
}
