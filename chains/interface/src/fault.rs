//! Ways to break a chain on purpose.

use core::time::Duration;

/// What to break, or to mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Stop making blocks.
    Halt,
    /// Undo [`Fault::Halt`], partitions, stopped participants and every other lasting fault.
    Resume,
    /// Cut the participants into two groups that do not hear each other.
    Partition,
    /// Stop so many participants.
    Stop {
        /// How many.
        count: u32,
    },
    /// Replace the newest `depth` blocks by a rival branch.
    Reorg {
        /// How many blocks go.
        depth: u32,
    },
    /// Grow a branch beside the chain's own without overtaking it.
    Fork {
        /// How many blocks it gets.
        depth: u32,
    },
    /// Keep finality from moving on.
    StopFinality,
    /// Make participants sign two contradicting things, and give evidence of it away.
    Equivocate,
    /// Change the set of participants.
    ChangeSet {
        /// By so many.
        count: u32,
    },
    /// Answer requests wrongly.
    Rpc(RpcFault),
}

/// How answers to requests go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RpcFault {
    /// Flip bytes in answers.
    Lie,
    /// Answer late.
    Delay(Duration),
    /// Answer with errors.
    Errors,
    /// Answer well again.
    Honest,
}

/// Why a fault could not be injected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// This chain has no such fault.
    #[error("{alias} cannot do that: {reason}")]
    NotHere {
        /// The chain.
        alias: &'static str,
        /// Why not, and what it can do instead.
        reason: String,
    },
    /// The size asked for is out of range.
    #[error("{got} is out of range: {allowed}")]
    OutOfRange {
        /// What was asked for.
        got: u32,
        /// What is allowed.
        allowed: String,
    },
}
