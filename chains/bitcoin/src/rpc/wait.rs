//! Methods that answer later: when a block comes, or when their time is up.

use core::time::Duration;
use std::collections::BTreeMap;

use causeway_chain::SessionId;
use causeway_client_bitcoin::BlockHash;
use causeway_core::Timestamp;
use causeway_wire_bitcoin::rpc::BlockRef;

use super::methods::View;
use super::params::Params;
use super::{Reply, RpcError, reply};

/// Requests that wait at once. Beyond it a new one takes the place of the one that was asked about
/// longest ago: the shell asks about all that still wait again and again.
const MAX_WAITING: usize = 256;

/// What a request waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Until {
    /// Another tip than this.
    Another(BlockHash),
    /// This tip.
    Block(BlockHash),
    /// A tip of this height or higher.
    Height(i64),
}

/// A request that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wait {
    until: Until,
    /// When its time is up.
    pub(super) deadline: Option<Timestamp>,
}

impl Wait {
    fn new(until: Until, timeout_millis: i64, now: Timestamp) -> Result<Self, RpcError> {
        let millis = u64::try_from(timeout_millis)
            .map_err(|_| RpcError::new(RpcError::MISUSE, "Negative timeout"))?;
        let deadline = (millis > 0).then(|| now.saturating_add(Duration::from_millis(millis)));
        Ok(Self { until, deadline })
    }

    /// The answer, when there is one: the tip that was waited for, or the tip when the time is up.
    pub(super) fn poll(&self, view: &View<'_>, now: Timestamp) -> Option<Result<Reply, RpcError>> {
        let (hash, height) = (view.miner.tip_hash(), view.miner.height());
        let has_come = match self.until {
            Until::Another(old) => hash != old,
            Until::Block(wanted) => hash == wanted,
            Until::Height(least) => i64::try_from(height).is_ok_and(|height| height >= least),
        };
        let is_over = self.deadline.is_some_and(|deadline| deadline <= now);
        (has_come || is_over).then(|| reply(&BlockRef { hash, height }))
    }
}

pub(super) fn for_new_block(view: &View<'_>, params: &Params<'_>) -> Result<Wait, RpcError> {
    let timeout = params.integer_or(0, 0)?;
    let old = match params.get(1) {
        None => view.miner.tip_hash(),
        Some(_) => params.hash(1)?,
    };
    Wait::new(Until::Another(old), timeout, view.now)
}

pub(super) fn for_block(view: &View<'_>, params: &Params<'_>) -> Result<Wait, RpcError> {
    Wait::new(Until::Block(params.hash(0)?), params.integer_or(1, 0)?, view.now)
}

pub(super) fn for_height(view: &View<'_>, params: &Params<'_>) -> Result<Wait, RpcError> {
    Wait::new(Until::Height(params.integer(0)?), params.integer_or(1, 0)?, view.now)
}

/// A request whose answer is not complete.
#[derive(Debug)]
pub(super) struct Pending {
    /// Answers to the first calls of a batch.
    pub(super) answers: Vec<Reply>,
    /// Calls that are done, those without an answer included.
    pub(super) done: usize,
    /// What the next call waits for.
    pub(super) wait: Wait,
    /// When it was last asked about.
    pub(super) asked: Timestamp,
}

/// Requests that wait.
#[derive(Debug, Default)]
pub(super) struct WaitingRoom(BTreeMap<SessionId, Pending>);

impl WaitingRoom {
    pub(super) fn take(&mut self, session: SessionId) -> Option<Pending> {
        self.0.remove(&session)
    }

    pub(super) fn put(&mut self, session: SessionId, pending: Pending) {
        if self.0.len() >= MAX_WAITING {
            let oldest = self.0.iter().min_by_key(|(_, pending)| pending.asked);
            if let Some(oldest) = oldest.map(|(session, _)| *session) {
                self.0.remove(&oldest);
            }
        }
        self.0.insert(session, pending);
    }
}
