//! What others may ask of a running daemon, in process; the RPC says the same over a socket.

use std::collections::BTreeMap;

use causeway_relayer_engine::{Outcome, PacketKey, PacketRecord, PacketStatus, Stage};
use tokio::sync::{broadcast, oneshot};

use crate::chain::{Chain, ChainView, Trouble};
use crate::config::Path;
use crate::daemon::{Daemon, Shared};
use crate::path::{PacketChange, PathHandle, PathView, Query};
use crate::store::{EvidenceRow, PacketFilter, PacketRow, PathId, StoreError};

/// How many packets are looked at together for those in one place of their life, and how often
/// before there is an answer, perhaps without any.
const LOOK: usize = 500;
const MAX_LOOKS: usize = 40;

/// A packet: what is kept of it, and, while it has not ended, where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PacketInfo {
    /// Its path.
    pub path: PathId,
    /// What is kept.
    pub record: PacketRecord,
    /// Where it is; `None` when it has ended.
    pub status: Option<PacketStatus>,
}

impl Shared {
    pub(crate) fn path(&self, id: PathId) -> Option<&PathHandle> {
        self.paths.iter().find(|path| path.id == id)
    }

    /// Where packets of one path are; none when its task does not answer any more.
    pub(crate) async fn statuses(
        &self,
        path: PathId,
        keys: Vec<PacketKey>,
    ) -> Vec<Option<PacketStatus>> {
        let Some(handle) = self.path(path) else { return Vec::new() };
        let (reply, answer) = oneshot::channel();
        match handle.queries.send(Query::Status(keys, reply)).await {
            Ok(()) => answer.await.unwrap_or_default(),
            Err(_) => Vec::new(),
        }
    }

    /// Packets in one place of their life, in the order of path, source and sequence: at most
    /// `limit`, and the last one that was looked at where there may be more.
    pub(crate) async fn packets_in(
        &self,
        stage: Stage,
        mut filter: PacketFilter,
        limit: usize,
    ) -> Result<(Vec<PacketInfo>, Option<(PathId, PacketKey)>), StoreError> {
        let ended = match stage {
            Stage::Acknowledged => Some(Outcome::Acknowledged),
            Stage::Rejected => Some(Outcome::Rejected),
            Stage::Refunded => Some(Outcome::Refunded),
            _ => None,
        };
        filter.open_or = Some(ended.into_iter().collect());
        let mut found = Vec::new();
        for _ in 0..MAX_LOOKS {
            let rows = self.packets(filter.clone(), LOOK).await?;
            let is_last = rows.len() < LOOK;
            for info in rows {
                let key = (info.path, info.record.key);
                filter.after = Some(key);
                let is_in = match &info.status {
                    Some(status) => status.stage == stage,
                    None => info.record.outcome.is_some(),
                };
                if is_in {
                    found.push(info);
                }
                if found.len() == limit {
                    return Ok((found, Some(key)));
                }
            }
            if is_last {
                return Ok((found, None));
            }
        }
        Ok((found, filter.after))
    }

    /// At most `limit` packets in the order of path, source and sequence, with their status.
    pub(crate) async fn packets(
        &self,
        filter: PacketFilter,
        limit: usize,
    ) -> Result<Vec<PacketInfo>, StoreError> {
        let rows = self.store.packets(filter, limit).await?;
        let mut open: BTreeMap<PathId, Vec<PacketKey>> = BTreeMap::new();
        for PacketRow { path, record } in rows.iter().filter(|row| row.record.outcome.is_none()) {
            open.entry(*path).or_default().push(record.key);
        }
        let mut statuses = BTreeMap::new();
        for (path, keys) in open {
            for status in self.statuses(path, keys).await.into_iter().flatten() {
                statuses.insert((path, status.key), status);
            }
        }
        let info = |PacketRow { path, record }: PacketRow| {
            let status = statuses.remove(&(path, record.key));
            PacketInfo { path, record, status }
        };
        Ok(rows.into_iter().map(info).collect())
    }

    /// What is in the way of relaying.
    pub(crate) fn troubles(&self) -> Vec<Trouble> {
        let chains = self.chains.values().filter_map(|chain| chain.view.borrow().lost.clone());
        let paths = self.paths.iter().filter_map(|path| path.view.borrow().trouble.clone());
        chains.chain(paths).collect()
    }

    /// What must happen before the daemon can work on everything.
    pub(crate) fn unready(&self) -> Vec<String> {
        let waits = |chain: &Chain| {
            let view = chain.view.borrow();
            match (&view.lost, &view.observation) {
                (Some(trouble), _) => Some(format!("{}: {}", chain.alias, trouble.reason)),
                (None, None) => Some(format!("{}: not seen yet", chain.alias)),
                (None, Some(_)) => None,
            }
        };
        self.chains.values().filter_map(waits).collect()
    }

    /// Has everything that is outstanding on a path looked at now.
    pub(crate) async fn clear(&self, path: PathId) -> bool {
        let Some(handle) = self.path(path) else { return false };
        let (reply, done) = oneshot::channel();
        handle.queries.send(Query::Clear(reply)).await.is_ok() && done.await.is_ok()
    }
}

impl Daemon {
    /// How many packets have not ended, on all paths.
    pub fn outstanding(&self) -> usize {
        self.shared.paths.iter().map(|path| path.view.borrow().outstanding).sum()
    }

    /// What is known of each chain, by alias.
    pub fn chains(&self) -> BTreeMap<String, ChainView> {
        let chains = self.shared.chains.iter();
        chains.map(|(alias, chain)| (alias.clone(), chain.view.borrow().clone())).collect()
    }

    /// What is known of each path.
    pub fn paths(&self) -> Vec<(PathId, Path, PathView)> {
        let view = |path: &PathHandle| {
            let view = path.view.borrow().clone();
            (path.id, (*path.path).clone(), view)
        };
        self.shared.paths.iter().map(view).collect()
    }

    /// At most `limit` packets in the order of path, source and sequence.
    pub async fn packets(
        &self,
        filter: PacketFilter,
        limit: usize,
    ) -> Result<Vec<PacketInfo>, StoreError> {
        self.shared.packets(filter, limit).await
    }

    /// Evidence that chains have contradicted themselves, oldest first.
    pub async fn evidence(&self) -> Result<Vec<EvidenceRow>, StoreError> {
        self.shared.store.evidence().await
    }

    /// Has everything that is outstanding on a path looked at now; false for a path that is not
    /// one of this daemon's.
    pub async fn clear(&self, path: PathId) -> bool {
        self.shared.clear(path).await
    }

    /// What changes of packets from now on.
    pub fn changes(&self) -> broadcast::Receiver<PacketChange> {
        self.shared.changes.subscribe()
    }
}
