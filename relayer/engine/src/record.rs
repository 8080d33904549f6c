//! What survives a stop.

use causeway_core::{Acknowledgement, Height, Packet, Timestamp};

use crate::{Outcome, PacketKey, Side};

/// One fact to keep. A later record about the same thing replaces the earlier one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// All packet events of a chain up to this height were handled.
    Cursor {
        /// The chain.
        side: Side,
        /// The height.
        height: u64,
    },
    /// A packet, and where it is.
    Packet(Box<PacketRecord>),
}

/// Where a packet goes on after a stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resume {
    /// With a look at both chains' states: what was under way may have been done.
    Look,
    /// With its delivery, or its answer's, which can be proven from this height on.
    Prove(Height),
    /// With the destination's answer, whose event is above the chain's cursor.
    AwaitAnswer,
}

/// A packet as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PacketRecord {
    /// The packet.
    pub key: PacketKey,
    /// Its body, once known.
    pub packet: Option<Packet>,
    /// The destination's answer, once known.
    pub acknowledgement: Option<Acknowledgement>,
    /// Where it goes on after a stop.
    pub resume: Resume,
    /// How it ended; `None` while it has not.
    pub outcome: Option<Outcome>,
    /// The last transaction that had to do with it.
    pub transaction: Option<String>,
    /// Since when, by the clock given to the engine.
    pub since: Timestamp,
    /// What went wrong last, until something goes well.
    pub failure: Option<String>,
}
