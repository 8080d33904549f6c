//! One thread a chain: requests, deadlines and durable writes, one after the other.

use std::collections::BTreeMap;
use std::time::Duration;

use causeway_chain::{
    Answer, Chain, Fault, FaultError, Push, Response, RpcFault, SessionId, Summary,
};
use causeway_core::Timestamp;
use tokio::sync::{mpsc, watch};

use crate::clock::ChainClock;
use crate::faults::{FaultOrder, Lasting};
use crate::handle::{Answered, Command, Report, Waiting};
use crate::lies::Lies;
use crate::store::{ChainStore, StoreError};

/// The most requests that wait for something to happen on the chain.
const MAX_WAITING: usize = 1024;

/// The most messages that wait for a slow stream before it is closed.
const MAX_UNREAD: usize = 4096;

/// The most commands that are dealt with before time goes on and writes become durable: enough to
/// share the cost of a commit, little enough not to keep anybody waiting.
const MAX_ROUND: usize = 256;

/// With nothing to do, a chain still notes the time this often, so that little is lost of it.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

/// An answer that goes out once what it depends on is durable.
type Reply = Box<dyn FnOnce() + Send>;

pub(crate) struct Runner {
    chain: Box<dyn Chain>,
    store: ChainStore,
    clock: ChainClock,
    lies: Lies,
    lasting: Lasting,
    streams: BTreeMap<SessionId, mpsc::Sender<Vec<u8>>>,
    waiting: Vec<(Waiting, Option<Timestamp>)>,
    replies: Vec<Reply>,
    committed: Option<Timestamp>,
}

impl Runner {
    pub(crate) fn new(chain: Box<dyn Chain>, store: ChainStore, clock: ChainClock) -> Self {
        Self {
            chain,
            store,
            clock,
            lies: Lies::new(),
            lasting: Lasting::default(),
            streams: BTreeMap::new(),
            waiting: Vec::new(),
            replies: Vec::new(),
            committed: None,
        }
    }

    /// Runs the chain until told to stop, or until its disk fails.
    pub(crate) async fn run(
        mut self,
        mut commands: mpsc::Receiver<Command>,
        mut stop: watch::Receiver<bool>,
    ) -> Result<(), StoreError> {
        loop {
            let now = self.round(&mut commands)?;
            tokio::select! {
                biased;
                _ = stop.wait_for(|stopped| *stopped) => {
                    self.committed = None;
                    return self.persist(now);
                }
                command = commands.recv() => match command {
                    Some(command) => self.handle(command),
                    None => return self.persist(now),
                },
                () = tokio::time::sleep(self.sleep(now)) => {}
            }
        }
    }

    /// Brings the chain to the present, deals with what has come in, makes that durable, and tells
    /// whoever waits for it.
    fn round(&mut self, commands: &mut mpsc::Receiver<Command>) -> Result<Timestamp, StoreError> {
        let now = self.clock.now();
        self.chain.advance(now);
        self.end_faults(now);
        for _ in 0..MAX_ROUND {
            let Ok(command) = commands.try_recv() else { break };
            self.handle(command);
        }
        for (waiting, _) in std::mem::take(&mut self.waiting) {
            self.answer(waiting);
        }
        self.persist(now)?;
        self.replies.drain(..).for_each(|reply| reply());
        self.push();
        Ok(now)
    }

    fn sleep(&self, now: Timestamp) -> Duration {
        let waiting = self.waiting.iter().filter_map(|(_, deadline)| *deadline);
        let next = self.chain.next_deadline().into_iter().chain(self.lasting.next_end());
        let next = next.chain(waiting).min().map(|at| at.saturating_since(now));
        next.unwrap_or(LONGEST_SLEEP).min(LONGEST_SLEEP)
    }

    /// Commits what the chain wants to keep. With nothing to keep, the time alone is noted, once
    /// a second at most.
    fn persist(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let writes = self.chain.take_writes();
        let is_due = |at: Timestamp| now.saturating_since(at) >= LONGEST_SLEEP;
        if !writes.is_empty() || self.committed.is_none_or(is_due) {
            self.store.commit(&writes, now)?;
            self.committed = Some(now);
        }
        Ok(())
    }

    fn handle(&mut self, command: Command) {
        match command {
            Command::Request(waiting) => self.answer(waiting),
            Command::Receive(session, message) => self.chain.receive(session, &message),
            Command::Close(session) => {
                self.streams.remove(&session);
                self.chain.close(session);
            }
            Command::Report(reply) => {
                let report = self.report();
                self.replies.push(Box::new(move || drop(reply.send(report))));
            }
            Command::Inject(order, reply) => {
                let result = self.inject(&order);
                self.replies.push(Box::new(move || drop(reply.send(result))));
            }
        }
    }

    fn report(&self) -> Report {
        let summary: Summary = self.chain.summary();
        Report { alias: self.chain.alias(), summary, faults: self.lasting.kinds() }
    }

    fn inject(&mut self, order: &FaultOrder) -> Result<String, FaultError> {
        let now = self.clock.now();
        let said = self.apply(&order.fault, now)?;
        self.lasting.note(order, now);
        Ok(said)
    }

    fn apply(&mut self, fault: &Fault, now: Timestamp) -> Result<String, FaultError> {
        match fault {
            Fault::Rpc(how) => {
                self.lies.set(*how);
                if *how == RpcFault::Errors {
                    self.close_streams();
                }
                Ok(match how {
                    RpcFault::Lie => "answers have wrong digits from now on".to_owned(),
                    RpcFault::Delay(delay) => format!("answers come {delay:?} late from now on"),
                    RpcFault::Errors => "answers are errors from now on".to_owned(),
                    RpcFault::Honest => "answers are honest from now on".to_owned(),
                })
            }
            Fault::Resume => {
                self.lies.set(RpcFault::Honest);
                self.chain.inject(fault, now)
            }
            _ => self.chain.inject(fault, now),
        }
    }

    /// Mends what was to last until now. Chains mend all at once, so what is to last longer is
    /// injected again.
    fn end_faults(&mut self, now: Timestamp) {
        if !self.lasting.end(now) {
            return;
        }
        let left: Vec<Fault> = self.lasting.faults().cloned().collect();
        for fault in [Fault::Resume].iter().chain(&left) {
            if let Err(error) = self.apply(fault, now) {
                tracing::warn!(%error, "a fault did not go on");
            }
        }
    }

    fn close_streams(&mut self) {
        for session in std::mem::take(&mut self.streams).into_keys() {
            self.chain.close(session);
        }
    }

    /// Answers a request, or keeps it for later; whoever no longer listens is forgotten.
    fn answer(&mut self, waiting: Waiting) {
        if waiting.reply.is_closed() {
            return;
        }
        let now = self.clock.now();
        let answer = self.chain.request(waiting.listener, &waiting.request, now);
        let (answer, stream) = match answer {
            Answer::Later { deadline } if self.waiting.len() < MAX_WAITING => {
                self.waiting.push((waiting, deadline));
                return;
            }
            Answer::Later { .. } => {
                (Answer::Now(Response::new(503, "text/plain", "too many requests wait")), None)
            }
            answer @ (Answer::Stream(_) | Answer::Websocket) => {
                let (sender, receiver) = mpsc::channel(MAX_UNREAD);
                self.streams.insert(waiting.request.session, sender);
                (answer, Some(receiver))
            }
            answer @ Answer::Now(_) => (answer, None),
        };
        let answer = self.lies.distort(answer);
        let delay = self.lies.delay();
        let answered = Answered { answer, stream, delay };
        self.replies.push(Box::new(move || drop(waiting.reply.send(answered))));
    }

    /// Sends what the chain has for open streams; one that does not keep up is closed.
    fn push(&mut self) {
        for push in self.chain.take_pushes() {
            match push {
                Push::Message(session, mut message) => {
                    let Some(stream) = self.streams.get(&session) else { continue };
                    self.lies.distort_message(&mut message);
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
