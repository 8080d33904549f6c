//! Where packets are, in words an operator can act on.

use causeway_core::Timestamp;

use crate::engine::PathEngine;
use crate::packet::{Outcome, Progress, Tracked};
use crate::{ClientStatus, PacketKey, Side, Task};

/// A packet's place in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Something points to it; its source block is not final yet, or it was not looked at yet.
    Seen,
    /// Its source block is final.
    SourceFinal,
    /// The client on the destination has reached it.
    ClientUpdated,
    /// A transaction with its proof is ready.
    Provable,
    /// That transaction is with the destination.
    Submitted,
    /// The destination has received it; its answer is on the way home.
    Executed,
    /// The source knows that it succeeded; not final there yet.
    Acknowledged,
    /// The destination can no longer receive it.
    TimedOut,
    /// The source has taken everything back after a timeout; not final there yet.
    Refunded,
    /// The source has taken everything back after a refusal; not final there yet.
    Rejected,
    /// Relaying it failed; it is tried again later.
    Held,
}

/// Who can bring about what a packet waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Actor {
    /// Consensus of the chain on this side.
    Chain(Side),
    /// Any relayer.
    Relayer,
    /// The application on the destination.
    Application,
    /// The authority of the chain on this side, by recovering its client.
    Authority(Side),
}

/// Where a packet is, since when, why, and who is next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PacketStatus {
    /// The packet.
    pub key: PacketKey,
    /// Its place in its life.
    pub stage: Stage,
    /// Since when, by the driver's clock.
    pub since: Timestamp,
    /// What it waits for.
    pub waits_for: String,
    /// Who can bring that about.
    pub actor: Actor,
    /// What went wrong last, until something goes well.
    pub failure: Option<String>,
    /// The last transaction that had to do with it.
    pub transaction: Option<String>,
}

impl PathEngine {
    /// Where a packet is; `None` when it has ended or was never seen.
    pub fn status(&self, key: PacketKey) -> Option<PacketStatus> {
        let tracked = self.packets.get(&key)?;
        let (waits_for, actor) = self.waits_for(key, tracked);
        Some(PacketStatus {
            key,
            stage: self.stage(key, tracked),
            since: tracked.since,
            waits_for,
            actor,
            failure: tracked.failure.clone(),
            transaction: tracked.transaction.clone(),
        })
    }

    /// Where every packet is that has not ended.
    pub fn statuses(&self) -> impl Iterator<Item = PacketStatus> {
        self.packets.keys().filter_map(|key| self.status(key))
    }

    /// A packet's place in its life; `None` when it has ended or was never seen.
    pub fn stage_of(&self, key: PacketKey) -> Option<Stage> {
        Some(self.stage(key, self.packets.get(&key)?))
    }

    fn stage(&self, key: PacketKey, tracked: &Tracked) -> Stage {
        match (&tracked.progress, &tracked.task) {
            (Progress::Hold { .. }, _) => Stage::Held,
            (Progress::Settlement { outcome, .. }, _) => match outcome {
                Outcome::Acknowledged | Outcome::Settled => Stage::Acknowledged,
                Outcome::Rejected => Stage::Rejected,
                Outcome::Refunded => Stage::Refunded,
            },
            (Progress::Answer, _) | (_, Task::Acknowledge(_)) => Stage::Executed,
            (_, Task::Timeout) => Stage::TimedOut,
            (Progress::Inspection | Progress::Finality, Task::Receive) => Stage::Seen,
            (Progress::Turn(_) | Progress::Group, Task::Receive) => {
                let client = self.end(key.source.other()).client;
                if client.is_some_and(|client| client.latest >= tracked.evidence) {
                    Stage::ClientUpdated
                } else {
                    Stage::SourceFinal
                }
            }
            (Progress::Batch(id), Task::Receive) => match self.is_submitted(*id, tracked) {
                Some(true) => Stage::Submitted,
                Some(false) => Stage::Provable,
                None => Stage::SourceFinal,
            },
        }
    }

    /// `None` while the batch is prepared, then whether a transaction is known.
    fn is_submitted(&self, id: crate::BatchId, tracked: &Tracked) -> Option<bool> {
        match self.batches.get(&id)?.step {
            crate::batch::Step::Preparing => None,
            crate::batch::Step::Submitting { .. } => Some(tracked.transaction.is_some()),
        }
    }

    fn waits_for(&self, key: PacketKey, tracked: &Tracked) -> (String, Actor) {
        let on = tracked.executes_on(key);
        match &tracked.progress {
            Progress::Finality => {
                let side = tracked.proven_on(key);
                (format!("finality of height {} there", tracked.evidence), Actor::Chain(side))
            }
            Progress::Turn(_) | Progress::Group | Progress::Hold { .. }
                if let Some(state) = self.unusable(on) =>
            {
                (format!("recovery of the client there, which {state}"), Actor::Authority(on))
            }
            Progress::Turn(_) | Progress::Group => {
                ("its turn to be relayed".into(), Actor::Relayer)
            }
            Progress::Batch(_) => ("its transaction to be executed".into(), Actor::Chain(on)),
            Progress::Inspection => ("a look at both chains' states".into(), Actor::Relayer),
            Progress::Answer => ("the application's answer".into(), Actor::Application),
            Progress::Settlement { height, .. } => {
                (format!("finality of height {height} there"), Actor::Chain(key.source))
            }
            Progress::Hold { .. } => ("another try".into(), Actor::Relayer),
        }
    }

    /// Why the client on a chain can take nothing, if that is so.
    fn unusable(&self, on: Side) -> Option<&'static str> {
        match self.end(on).client?.status {
            ClientStatus::Frozen => Some("is frozen"),
            ClientStatus::Expired => Some("has expired"),
            ClientStatus::Stranded => Some("is stranded"),
            ClientStatus::Active => None,
        }
    }
}
