//! Packets on their way together.

use std::collections::BTreeSet;

use causeway_core::{Height, Packet, Timestamp};

use crate::{PacketKey, Side, Task};

/// Names a batch for as long as the engine lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BatchId(pub u64);

/// One packet's part of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The packet.
    pub key: PacketKey,
    /// Its body.
    pub packet: Packet,
    /// What to do.
    pub task: Task,
}

/// Work for one chain, all of it proven at one height of the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Its name.
    pub id: BatchId,
    /// The chain to submit to.
    pub on: Side,
    /// The other chain's height that the client must reach or pass first, for what is to be
    /// proven to be in its state. Timeouts also need its time to be past theirs.
    pub at_least: Height,
    /// True when the client is to be updated even though it has that height: a refresh.
    pub refresh: bool,
    /// What to do. Empty for a mere refresh.
    pub items: Vec<Item>,
}

/// How far a batch is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Its update and proofs are being made.
    Preparing,
    /// It is with the chain.
    Submitting {
        /// When it was first offered.
        since: Timestamp,
        /// When it was last offered.
        offered: Timestamp,
        /// How often it was offered for a higher fee.
        bumps: u32,
    },
}

/// A batch under way.
#[derive(Clone, Debug)]
pub(crate) struct InFlight {
    pub(crate) on: Side,
    pub(crate) keys: BTreeSet<PacketKey>,
    pub(crate) step: Step,
    pub(crate) since: Timestamp,
}
