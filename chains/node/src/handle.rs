//! How the rest of the program talks to a running chain.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use causeway_chain::{Answer, FaultError, Listener, Request, SessionId, Summary};
use tokio::sync::{mpsc, oneshot};

use crate::faults::FaultOrder;

/// The most calls that wait for a chain; further ones wait at their sockets.
const MAX_COMMANDS: usize = 1024;

/// The chain's thread has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the chain has stopped")]
pub struct Gone;

/// The reading end of an open stream.
pub(crate) type Stream = mpsc::Receiver<Vec<u8>>;

/// An answer, and the stream that goes on behind it.
pub(crate) struct Answered {
    pub(crate) answer: Answer,
    pub(crate) stream: Option<Stream>,
    pub(crate) delay: Duration,
}

/// A request that is to be answered.
pub(crate) struct Waiting {
    pub(crate) listener: Listener,
    pub(crate) request: Box<Request>,
    pub(crate) reply: oneshot::Sender<Answered>,
}

/// Where a chain is, and how it was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The name users know the chain by.
    pub alias: &'static str,
    /// What the chain says of itself.
    pub summary: Summary,
    /// The kinds of lasting faults that it has.
    pub faults: Vec<&'static str>,
}

pub(crate) enum Command {
    Request(Waiting),
    Receive(SessionId, Vec<u8>),
    Close(SessionId),
    Report(oneshot::Sender<Report>),
    Inject(Box<FaultOrder>, oneshot::Sender<Result<String, FaultError>>),
}

/// A way to talk to a running chain.
#[derive(Clone, Debug)]
pub struct ChainHandle {
    alias: &'static str,
    commands: mpsc::Sender<Command>,
    sessions: Arc<AtomicU64>,
}

impl ChainHandle {
    /// A handle, and where its commands arrive.
    pub(crate) fn new(alias: &'static str) -> (Self, mpsc::Receiver<Command>) {
        let (commands, receiver) = mpsc::channel(MAX_COMMANDS);
        (Self { alias, commands, sessions: Arc::default() }, receiver)
    }

    /// The name users know the chain by.
    pub fn alias(&self) -> &'static str {
        self.alias
    }

    /// A number for a stream that may be opened.
    pub(crate) fn new_session(&self) -> SessionId {
        SessionId(self.sessions.fetch_add(1, Ordering::Relaxed))
    }

    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Result<T, Gone> {
        let (sender, receiver) = oneshot::channel();
        self.commands.send(command(sender)).await.map_err(|_| Gone)?;
        receiver.await.map_err(|_| Gone)
    }

    pub(crate) async fn request(
        &self,
        listener: Listener,
        request: Request,
    ) -> Result<Answered, Gone> {
        let request = Box::new(request);
        self.ask(|reply| Command::Request(Waiting { listener, request, reply })).await
    }

    pub(crate) async fn receive(&self, session: SessionId, message: Vec<u8>) -> Result<(), Gone> {
        self.commands.send(Command::Receive(session, message)).await.map_err(|_| Gone)
    }

    pub(crate) async fn close(&self, session: SessionId) {
        // A chain that is gone has no streams.
        let _ = self.commands.send(Command::Close(session)).await;
    }

    /// Where the chain is.
    pub async fn report(&self) -> Result<Report, Gone> {
        self.ask(Command::Report).await
    }

    /// Breaks the chain on purpose, or mends it; gives a sentence for the user.
    pub async fn inject(&self, order: FaultOrder) -> Result<Result<String, FaultError>, Gone> {
        self.ask(|reply| Command::Inject(Box::new(order), reply)).await
    }
}
