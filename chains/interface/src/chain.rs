//! The contract between a bundled chain and the shell.

use causeway_core::Timestamp;

use crate::{Answer, DurableWrite, Fault, FaultError, Request};

/// One of the sockets a chain answers on; what it means is the chain's business. A chain with one
/// API has only listener 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Listener(pub u8);

/// An open stream to a client: a websocket, or a response that never ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u64);

/// Something to send down an open stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Push {
    /// One message: a websocket text frame, or the next piece of a streamed body.
    Message(SessionId, Vec<u8>),
    /// The stream is over.
    Close(SessionId),
}

/// Where a chain is, in words any shell can show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The chain's network id (CAIP-2).
    pub network_id: String,
    /// What light clients must be told of a network that has no name, as the family's JSON.
    pub parameters: Option<String>,
    /// Height of the newest block that a participant follows.
    pub head: u64,
    /// Height of the newest block that will never be undone.
    pub finalized: u64,
    /// Chain time of the head.
    pub time: Timestamp,
    /// Participants that are running, and participants in all.
    pub participants: (u32, u32),
    /// Anything out of the ordinary, in words: halted, partitioned, no finality since.
    pub conditions: Vec<String>,
}

/// A bundled chain. Time only moves by [`Chain::advance`]; the same calls give the same chain.
pub trait Chain: Send {
    /// The name users know it by.
    fn alias(&self) -> &'static str;

    /// Does all that is due until `now`: messages, timers, blocks. `now` never goes back.
    fn advance(&mut self, now: Timestamp);

    /// When [`Chain::advance`] will next have something to do; `None` while halted.
    fn next_deadline(&self) -> Option<Timestamp>;

    /// Answers one request, as the family's own node would.
    fn request(&mut self, listener: Listener, request: &Request, now: Timestamp) -> Answer;

    /// A client sent a message down an open stream.
    fn receive(&mut self, session: SessionId, message: &[u8]);

    /// A stream was closed by the client or lost.
    fn close(&mut self, session: SessionId);

    /// What to send down open streams, since the last call.
    fn take_pushes(&mut self) -> Vec<Push>;

    /// What must become durable, in one transaction, before anything that depends on it leaves
    /// the process. A chain restored from all such writes goes on where this one is.
    fn take_writes(&mut self) -> Vec<DurableWrite>;

    /// Where the chain is.
    fn summary(&self) -> Summary;

    /// Breaks the chain on purpose, or mends it; gives a sentence for the user.
    fn inject(&mut self, fault: &Fault, now: Timestamp) -> Result<String, FaultError>;
}
