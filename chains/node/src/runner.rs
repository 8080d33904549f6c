//! One thread a chain: requests, deadlines and durable writes, one after the other.

use std::thread;
use std::time::Duration;

use causeway_chain::{
    Answer, Chain, Fault, FaultError, Listener, Push, Request, Response, RpcFault, SessionId,
    Summary,
};
use causeway_core::Timestamp;
use std::collections::BTreeMap;
use tokio::sync::{mpsc, oneshot};

use crate::clock::ChainClock;
use crate::lies::Lies;
use crate::store::{ChainStore, StoreError};

/// The most calls that wait for a chain; further ones wait at their sockets.
const MAX_WAITING: usize = 1024;

/// The most messages that wait for a slow stream before it is closed.
const MAX_UNREAD: usize = 4096;

/// With nothing to do, a chain still notes the time this often, so that little is lost of it.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

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

enum Command {
    Request(Listener, Box<Request>, oneshot::Sender<Answered>),
    Receive(SessionId, Vec<u8>),
    Close(SessionId),
    Summary(oneshot::Sender<Summary>),
    Inject(Fault, oneshot::Sender<Result<String, FaultError>>),
}

/// A way to talk to a running chain.
#[derive(Clone, Debug)]
pub struct ChainHandle {
    alias: &'static str,
    commands: mpsc::Sender<Command>,
    sessions: std::sync::Arc<std::sync::atomic::AtomicU64>,
}

impl ChainHandle {
    /// The name users know the chain by.
    pub fn alias(&self) -> &'static str {
        self.alias
    }

    /// A number for a stream that may be opened.
    pub(crate) fn new_session(&self) -> SessionId {
        SessionId(self.sessions.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
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
        self.ask(|reply| Command::Request(listener, Box::new(request), reply)).await
    }

    pub(crate) async fn receive(&self, session: SessionId, message: Vec<u8>) -> Result<(), Gone> {
        self.commands.send(Command::Receive(session, message)).await.map_err(|_| Gone)
    }

    pub(crate) async fn close(&self, session: SessionId) {
        // A chain that is gone has no streams.
        let _ = self.commands.send(Command::Close(session)).await;
    }

    /// Where the chain is.
    pub async fn summary(&self) -> Result<Summary, Gone> {
        self.ask(Command::Summary).await
    }

    /// Breaks the chain on purpose, or mends it.
    pub async fn inject(&self, fault: Fault) -> Result<Result<String, FaultError>, Gone> {
        self.ask(|reply| Command::Inject(fault, reply)).await
    }
}

/// Runs a chain in a thread of its own until all its handles are gone, or its disk fails.
pub fn spawn(
    chain: Box<dyn Chain>,
    store: ChainStore,
    clock: ChainClock,
) -> std::io::Result<(ChainHandle, thread::JoinHandle<Result<(), StoreError>>)> {
    let (sender, receiver) = mpsc::channel(MAX_WAITING);
    let alias = chain.alias();
    let handle = ChainHandle { alias, commands: sender, sessions: Default::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let runner = Runner {
        chain,
        store,
        clock,
        lies: Lies::new(),
        streams: BTreeMap::new(),
        waiting: Vec::new(),
    };
    let thread = thread::Builder::new()
        .name(alias.to_owned())
        .spawn(move || runtime.block_on(runner.run(receiver)))?;
    Ok((handle, thread))
}

/// A request that the chain will answer later.
struct Waiting {
    listener: Listener,
    request: Box<Request>,
    reply: oneshot::Sender<Answered>,
}

struct Runner {
    chain: Box<dyn Chain>,
    store: ChainStore,
    clock: ChainClock,
    lies: Lies,
    streams: BTreeMap<SessionId, mpsc::Sender<Vec<u8>>>,
    waiting: Vec<Waiting>,
}

impl Runner {
    async fn run(mut self, mut commands: mpsc::Receiver<Command>) -> Result<(), StoreError> {
        loop {
            let now = self.advance()?;
            tokio::select! {
                biased;
                command = commands.recv() => match command {
                    Some(command) => self.handle(command)?,
                    None => return self.persist(self.clock.now()),
                },
                () = tokio::time::sleep(self.sleep(now)) => {}
            }
        }
    }

    fn sleep(&self, now: Timestamp) -> Duration {
        let next = self.chain.next_deadline().map(|at| at.saturating_since(now));
        next.unwrap_or(LONGEST_SLEEP).min(LONGEST_SLEEP)
    }

    /// Brings the chain to the present, makes that durable, and tells whoever waits for it.
    fn advance(&mut self) -> Result<Timestamp, StoreError> {
        let now = self.clock.now();
        self.chain.advance(now);
        self.persist(now)?;
        for waiting in std::mem::take(&mut self.waiting) {
            self.answer(waiting, now)?;
        }
        self.push();
        Ok(now)
    }

    fn persist(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let writes = self.chain.take_writes();
        self.store.commit(&writes, now)
    }

    fn handle(&mut self, command: Command) -> Result<(), StoreError> {
        let now = self.clock.now();
        match command {
            Command::Request(listener, request, reply) => {
                self.answer(Waiting { listener, request, reply }, now)?;
            }
            Command::Receive(session, message) => self.chain.receive(session, &message),
            Command::Close(session) => {
                self.streams.remove(&session);
                self.chain.close(session);
            }
            Command::Summary(reply) => {
                let _ = reply.send(self.chain.summary());
            }
            Command::Inject(fault, reply) => {
                let result = self.inject(&fault, now);
                self.persist(now)?;
                let _ = reply.send(result);
            }
        }
        Ok(())
    }

    fn inject(&mut self, fault: &Fault, now: Timestamp) -> Result<String, FaultError> {
        match fault {
            Fault::Rpc(how) => {
                self.lies.set(*how);
                Ok("answers change from now on".to_owned())
            }
            Fault::Resume => {
                self.lies.set(RpcFault::Honest);
                self.chain.inject(fault, now)
            }
            _ => self.chain.inject(fault, now),
        }
    }

    /// Answers a request, or keeps it for later; whoever no longer listens is forgotten.
    fn answer(&mut self, waiting: Waiting, now: Timestamp) -> Result<(), StoreError> {
        if waiting.reply.is_closed() {
            return Ok(());
        }
        let answer = self.chain.request(waiting.listener, &waiting.request, now);
        if matches!(answer, Answer::Later { .. }) {
            if self.waiting.len() < MAX_WAITING {
                self.waiting.push(waiting);
            } else {
                let busy = Answer::Now(Response::new(503, "text/plain", "too many requests wait"));
                let delay = Duration::ZERO;
                let _ = waiting.reply.send(Answered { answer: busy, stream: None, delay });
            }
            return Ok(());
        }
        self.persist(now)?;
        let opens = matches!(answer, Answer::Stream(_) | Answer::Websocket);
        let stream = opens.then(|| {
            let (sender, receiver) = mpsc::channel(MAX_UNREAD);
            self.streams.insert(waiting.request.session, sender);
            receiver
        });
        let answer = self.lies.distort(answer);
        let _ = waiting.reply.send(Answered { answer, stream, delay: self.lies.delay() });
        Ok(())
    }

    /// Sends what the chain has for open streams; one that does not keep up is closed.
    fn push(&mut self) {
        for push in self.chain.take_pushes() {
            match push {
                Push::Message(session, message) => {
                    let Some(stream) = self.streams.get(&session) else { continue };
                    if stream.try_send(message).is_err() {
                        self.streams.remove(&session);
                        self.chain.close(session);
                    }
                }
                Push::Close(session) => {
                    self.streams.remove(&session);
                }
            }
        }
    }
}
