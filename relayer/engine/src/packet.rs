//! Where one packet is.

use causeway_core::{Acknowledgement, Height, Packet, Sequence, Timestamp};

use crate::lanes::Lane;
use crate::{BatchId, Side};

/// A packet of this path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PacketKey {
    /// The chain that committed to it.
    pub source: Side,
    /// Its number there.
    pub sequence: Sequence,
}

/// What a packet needs next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// To be delivered to the destination.
    Receive,
    /// Its answer to be brought home.
    Acknowledge(Acknowledgement),
    /// To be ended at the source, since the destination can no longer receive it.
    Timeout,
}

/// How a packet ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The applications took it, and the source knows.
    Acknowledged,
    /// An application refused it, and the source took everything back.
    Rejected,
    /// It timed out, and the source took everything back.
    Refunded,
    /// The source has ended it; how was not seen.
    Settled,
}

impl Outcome {
    /// How a packet ends when this answer comes home.
    pub(crate) fn of_answer(answer: &Acknowledgement) -> Self {
        if answer.is_error() { Self::Rejected } else { Self::Acknowledged }
    }
}

/// What a packet's task waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// The block with its evidence, on the chain to be proven, to become final.
    Finality,
    /// Its turn, not before this time.
    Turn(Timestamp),
    /// Its turn as part of a group that is tried apart, since a larger one was refused.
    Group,
    /// A batch.
    Batch(BatchId),
    /// A look at both chains' states.
    Inspection,
    /// The destination's application to answer.
    Answer,
    /// The event that ends it to become final at the source.
    Settlement {
        /// Where the event is.
        height: Height,
        /// How it ends.
        outcome: Outcome,
    },
    /// Better times: relaying it failed.
    Hold {
        /// When it is looked at again.
        until: Timestamp,
    },
}

/// A packet that has not ended.
#[derive(Clone, Debug)]
pub(crate) struct Tracked {
    /// Its body; `None` until an inspection brings it.
    pub(crate) packet: Option<Packet>,
    /// The height, on the chain to be proven, from which the task's proof can be had.
    pub(crate) evidence: Height,
    pub(crate) task: Task,
    pub(crate) progress: Progress,
    pub(crate) lane: Lane,
    /// Since when it is where it is.
    pub(crate) since: Timestamp,
    /// Failures in a row.
    pub(crate) failures: u32,
    /// What went wrong last, until something goes well.
    pub(crate) failure: Option<String>,
    /// The last transaction that had to do with it.
    pub(crate) transaction: Option<String>,
}

impl Tracked {
    /// A packet of which nothing is known but that it may need work.
    pub(crate) const fn unknown(lane: Lane, now: Timestamp) -> Self {
        Self {
            packet: None,
            evidence: Height::new(0, 0),
            task: Task::Receive,
            progress: Progress::Inspection,
            lane,
            since: now,
            failures: 0,
            failure: None,
            transaction: None,
        }
    }

    /// Moves on, and notes when.
    pub(crate) fn set(&mut self, progress: Progress, now: Timestamp) {
        if self.progress != progress {
            self.since = now;
            self.progress = progress;
        }
    }

    /// True when the packet was found to have ended below `height`.
    pub(crate) fn is_ended_before(&self, height: Height) -> bool {
        matches!(self.progress, Progress::Settlement { height: at, .. } if at < height)
    }

    /// The chain on which the packet's task is carried out.
    pub(crate) const fn executes_on(&self, key: PacketKey) -> Side {
        match self.task {
            Task::Receive => key.source.other(),
            Task::Acknowledge(_) | Task::Timeout => key.source,
        }
    }

    /// The chain whose state proves that the task is due.
    pub(crate) const fn proven_on(&self, key: PacketKey) -> Side {
        self.executes_on(key).other()
    }

    /// How the packet ends when its task succeeds at the source.
    pub(crate) fn outcome(&self) -> Outcome {
        match &self.task {
            Task::Receive => Outcome::Settled,
            Task::Acknowledge(answer) => Outcome::of_answer(answer),
            Task::Timeout => Outcome::Refunded,
        }
    }
}
