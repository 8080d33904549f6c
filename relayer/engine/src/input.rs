//! What the engine is told, and what it asks for.

use causeway_core::{Acknowledgement, Height, Packet, PacketResult, Sequence};
use causeway_core::{Recourse, Timestamp};

use crate::{Batch, BatchId, ClientReport, PacketKey, Record, Side};

/// Something that happened, or an answer to an [`Effect`].
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// Where a chain is. Heads may be undone, finalized blocks may not.
    Observed {
        /// The chain.
        side: Side,
        /// Where it is.
        observation: Observation,
    },
    /// All packet events in a range of heights, in order; the answer to [`Effect::Scan`], or what
    /// a stream brought. A range that does not join the one before makes the engine ask for what
    /// is missing.
    Scanned {
        /// The chain.
        side: Side,
        /// First height of the range.
        from: u64,
        /// Last height of the range.
        to: u64,
        /// What happened, each with its height.
        events: Vec<(Height, PacketEvent)>,
    },
    /// A range of heights could not be read: it is asked for again, later each time.
    ScanFailed {
        /// The chain.
        side: Side,
    },
    /// A chain does not answer. Until it is observed again nothing is asked of it, and what fails
    /// meanwhile is nobody's fault.
    Lost {
        /// The chain.
        side: Side,
    },
    /// Blocks above `height` were undone.
    Reorganised {
        /// The chain.
        side: Side,
        /// The newest height that stands.
        height: u64,
    },
    /// The client on `side`, as the chain's state has it.
    Client {
        /// The chain that hosts it.
        side: Side,
        /// What is known of it.
        report: ClientReport,
    },
    /// A page of outstanding packets; the answer to [`Effect::List`].
    Listed {
        /// The chain that committed to them.
        side: Side,
        /// What was asked for.
        from: Sequence,
        /// Sequences that still have a commitment, ascending.
        outstanding: Vec<Sequence>,
        /// Where the next page begins; `None` at the end.
        next: Option<Sequence>,
    },
    /// What the states of both chains say of packets; the answer to [`Effect::Inspect`].
    Inspected {
        /// What was found of each packet, or why it could not be looked at.
        findings: Vec<(PacketKey, Result<Finding, String>)>,
    },
    /// A batch has its client update and proofs; the answer to [`Effect::Prepare`]. Items that
    /// turned out to need no work are left out, and are inspected.
    Prepared {
        /// The batch.
        id: BatchId,
        /// The items that the prepared messages cover.
        items: Vec<PacketKey>,
    },
    /// A batch is with the chain.
    Submitted {
        /// The batch.
        id: BatchId,
        /// The transaction, as the chain names it.
        transaction: String,
    },
    /// A batch was executed.
    Confirmed {
        /// The batch.
        id: BatchId,
        /// The block that has it.
        height: Height,
        /// What became of each item.
        results: Vec<(PacketKey, ItemResult)>,
    },
    /// A batch failed, in preparation, at submission or in execution.
    Failed {
        /// The batch.
        id: BatchId,
        /// How.
        failure: Failure,
    },
    /// The operator wants everything that is outstanding to be looked at now.
    Clear,
    /// Time has passed.
    Tick,
}

/// Where a chain is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observation {
    /// Its newest block.
    pub head: Height,
    /// The time of that block.
    pub head_time: Timestamp,
    /// Its newest block that is final, and so can be proven.
    pub finalized: Height,
    /// The time of that block, as a proof at it will show.
    pub finalized_time: Timestamp,
}

/// A packet event of the chain's message core.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PacketEvent {
    /// This chain committed to a packet.
    Sent(Packet),
    /// This chain wrote the answer to a packet.
    Answered(Packet, Acknowledgement),
    /// A packet of this chain ended with the answer coming home, or with its timeout.
    Settled(PacketKey),
}

/// What became of one item of an executed batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemResult {
    /// It was handled, with this result.
    Handled(PacketResult),
    /// It alone failed, for this reason.
    Refused(String),
}

/// What the states of both chains say of one packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The packet's body and its height, where the source still has the commitment and the body
    /// could be found and hashes to it.
    pub committed: Option<(Packet, Height)>,
    /// True when the source has a commitment whose body could not be found.
    pub body_missing: bool,
    /// What the destination has of it.
    pub destination: Destination,
}

/// What the destination has of a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// No receipt.
    Unreceived,
    /// A receipt, but no answer yet.
    Unanswered,
    /// A receipt and an answer, whose commitment matches.
    Answered(Acknowledgement, Height),
}

/// How a batch failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// An endpoint did not answer, or not with sense: nothing was learnt about the items, and
    /// nothing of the batch is out. A driver that cannot say so does not report a failure.
    Endpoint(String),
    /// The batch does not fit into a block or a transaction.
    TooLarge,
    /// The chain refused the batch as a whole, perhaps because of one item.
    Refused {
        /// What the refusal advises.
        recourse: Recourse,
        /// The refusal in words.
        reason: String,
    },
    /// The relayer's account cannot pay.
    Unfunded(String),
}

/// Something for the driver to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Read packet events of a chain; answered by [`Input::Scanned`], perhaps of the range's first
    /// part only, or by [`Input::ScanFailed`].
    Scan {
        /// The chain.
        side: Side,
        /// First height.
        from: u64,
        /// Last height.
        to: u64,
    },
    /// Read one page of outstanding commitments from a chain's state; answered by
    /// [`Input::Listed`]. Without an answer, the next round asks again.
    List {
        /// The chain.
        side: Side,
        /// First sequence of interest.
        from: Sequence,
    },
    /// Read what both chains' states say of packets; answered by [`Input::Inspected`], in one
    /// piece or several.
    Inspect(Vec<PacketKey>),
    /// Read the client on a chain; answered by [`Input::Client`], or not at all.
    ReadClient(Side),
    /// Get the client update and the proofs that a batch needs; answered by [`Input::Prepared`] or
    /// [`Input::Failed`].
    Prepare(Batch),
    /// Sign and broadcast a prepared batch. The records before it in the queue must be durable
    /// first. Answered by [`Input::Submitted`], later [`Input::Confirmed`], or [`Input::Failed`].
    Submit(BatchId),
    /// Offer a submitted batch again, for a higher fee.
    Bump(BatchId),
    /// Forget a batch: its items are looked after otherwise.
    Abandon(BatchId),
    /// Make records durable.
    Save(Vec<Record>),
    /// Tell the operator.
    Warn(String),
}
