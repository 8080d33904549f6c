//! Calls that are answered when their transaction is in a block.

use core::time::Duration;
use std::collections::BTreeMap;

use causeway_chain::{Answer as Response, Push, SessionId};
use causeway_client_cometbft::Hash;
use causeway_core::Timestamp;
use causeway_wire_cometbft::rpc::{Answer, Id, TxOutcomeJson};

use super::context::{Context, Reply, failed};
use super::txs;

/// How long a call waits (`config/config.go` `TimeoutBroadcastTxCommit`).
const PATIENCE: Duration = Duration::from_secs(10);

/// The most calls that wait: each is looked at after every block.
const MAX_WAITING: usize = 500;

/// One call.
#[derive(Clone, Debug)]
pub(crate) struct Waiter {
    hash: Hash,
    check_tx: TxOutcomeJson,
    id: Option<Id>,
    /// The status of an answer that is an error.
    error_status: u16,
    deadline: Timestamp,
}

impl Waiter {
    pub(super) const fn new(hash: Hash, check_tx: TxOutcomeJson) -> Self {
        let deadline = Timestamp::from_nanos(0);
        Self { hash, check_tx, id: None, error_status: 200, deadline }
    }

    pub(super) fn over_http(self, id: Option<Id>, error_status: u16) -> Self {
        Self { id, error_status, ..self }
    }

    fn answer(&self, context: &Context<'_>) -> Option<Reply> {
        let committed = txs::committed(context, &self.hash, &self.check_tx);
        committed.or_else(|| {
            let late = self.deadline <= context.now;
            late.then(|| Err(failed("timed out waiting for tx to be included in a block")))
        })
    }
}

/// All calls that wait: over HTTP one a request, on websockets any number.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    requests: BTreeMap<SessionId, Waiter>,
    pushed: Vec<(SessionId, Waiter)>,
}

impl Waiting {
    fn is_full(&self) -> bool {
        self.requests.len().saturating_add(self.pushed.len()) >= MAX_WAITING
    }

    pub(super) fn add(
        &mut self,
        context: &Context<'_>,
        session: SessionId,
        waiter: Waiter,
    ) -> Response {
        if self.is_full() {
            let result = Err(failed("too many requests wait for a block"));
            let answer = Answer::new(waiter.id, result);
            return Response::Now(super::http(waiter.error_status, &answer));
        }
        let deadline = context.now.saturating_add(PATIENCE);
        self.requests.insert(session, Waiter { deadline, ..waiter });
        Response::Later { deadline: Some(deadline) }
    }

    /// True when it is taken in.
    pub(super) fn add_pushed(
        &mut self,
        context: &Context<'_>,
        session: SessionId,
        waiter: Waiter,
    ) -> bool {
        if self.is_full() {
            return false;
        }
        let deadline = context.now.saturating_add(PATIENCE);
        self.pushed.push((session, Waiter { deadline, ..waiter }));
        true
    }

    /// The shell asks again for a request that waits; `None` for one that does not.
    pub(super) fn ask_again(
        &mut self,
        context: &Context<'_>,
        session: SessionId,
    ) -> Option<Response> {
        let waiter = self.requests.get(&session)?;
        let Some(result) = waiter.answer(context) else {
            return Some(Response::Later { deadline: Some(waiter.deadline) });
        };
        let status = if result.is_ok() { 200 } else { waiter.error_status };
        let answer = Answer::new(waiter.id.clone(), result);
        self.requests.remove(&session);
        Some(Response::Now(super::http(status, &answer)))
    }

    /// Answers on websockets what need not wait any more; requests whose client never asked again
    /// are forgotten.
    pub(crate) fn settle(&mut self, context: &Context<'_>, pushes: &mut Vec<Push>) {
        self.pushed.retain(|(session, waiter)| {
            let Some(result) = waiter.answer(context) else { return true };
            let answer = Answer::new(waiter.id.clone(), result);
            pushes.push(Push::Message(*session, answer.to_json()));
            false
        });
        let forgotten = |waiter: &Waiter| waiter.deadline.saturating_add(PATIENCE) <= context.now;
        self.requests.retain(|_, waiter| !forgotten(waiter));
    }

    /// A websocket is closed.
    pub(crate) fn close(&mut self, session: SessionId) {
        self.pushed.retain(|(other, _)| *other != session);
    }

    /// When the next call after `now` stops waiting, or is forgotten because nobody asked again.
    pub(crate) fn next_deadline(&self, now: Timestamp) -> Option<Timestamp> {
        let next = |waiter: &Waiter| {
            let given_up = waiter.deadline.saturating_add(PATIENCE);
            if waiter.deadline > now { waiter.deadline } else { given_up }
        };
        let requests = self.requests.values();
        requests.chain(self.pushed.iter().map(|(_, waiter)| waiter)).map(next).min()
    }
}
