//! Breaking the chain on purpose.

use std::collections::BTreeSet;

use causeway_chain::{Fault, FaultError, PeerId};
use causeway_core::Timestamp;

use super::BeaconChain;
use crate::beacon::node::Node;
use crate::engine::ExecutionEngine;

/// The name of the chain in answers.
const ALIAS: &str = "pos";

/// One validator in so many falls silent when finality is to stop: with a third of the votes
/// missing, two thirds are missed by a little.
const SILENT_SHARE: u64 = 3;

impl<E: ExecutionEngine> BeaconChain<E> {
    /// Breaks the chain or mends it; gives a sentence for the user.
    pub fn inject(&mut self, fault: &Fault, now: Timestamp) -> Result<String, FaultError> {
        self.advance(now);
        match fault {
            Fault::Halt => {
                self.is_halted = true;
                Ok("no more blocks until resumed".into())
            }
            Fault::Resume => Ok(self.resume(now)),
            Fault::Partition => Ok(self.partition()),
            Fault::Stop { count } => self.stop(*count),
            Fault::StopFinality => Ok(self.stop_finality()),
            Fault::Equivocate => self.equivocate(),
            Fault::Reorg { .. } | Fault::Fork { .. } => {
                Err(not_here("branches come from a partition that is mended"))
            }
            Fault::ChangeSet { .. } => {
                Err(not_here("its validators are those of genesis; the committee rotates"))
            }
            Fault::Rpc(_) => Err(not_here("answers are spoiled by whoever gives them")),
        }
    }

    fn resume(&mut self, now: Timestamp) -> String {
        self.network.heal();
        for node in &mut self.nodes {
            let was_stopped = self.network.is_stopped(node.id());
            self.network.set_stopped(node.id(), false);
            if was_stopped || self.is_halted {
                node.skip_to(now);
            }
            node.silence(BTreeSet::new());
        }
        self.is_halted = false;
        "all nodes run, hear each other and vote".into()
    }

    fn partition(&mut self) -> String {
        let half = self.config.nodes / 2;
        let sides = (0..self.config.nodes).map(|id| (PeerId(id), u32::from(id >= half)));
        self.network.partition(sides);
        format!("nodes 0 to {} and the others do not hear each other", half.saturating_sub(1))
    }

    /// Stops the last nodes, so that the serving one is the last to go.
    fn stop(&mut self, count: u32) -> Result<String, FaultError> {
        let most = self.config.nodes.saturating_sub(1);
        if count == 0 || count > most {
            return Err(FaultError::OutOfRange { got: count, allowed: format!("1 to {most}") });
        }
        let first = self.config.nodes.saturating_sub(count);
        for id in first..self.config.nodes {
            self.network.set_stopped(PeerId(id), true);
        }
        Ok(format!("{count} of {} nodes stopped", self.config.nodes))
    }

    fn stop_finality(&mut self) -> String {
        let mut silent = 0_usize;
        for node in &mut self.nodes {
            let keys = node.keys().iter().map(|key| key.index);
            let chosen: BTreeSet<u64> = keys.filter(|index| index % SILENT_SHARE == 0).collect();
            silent = silent.saturating_add(chosen.len());
            node.silence(chosen);
        }
        format!("{silent} validators do not vote; nothing will be final until resumed")
    }

    /// Anything out of the ordinary, in words.
    pub fn conditions(&self) -> Vec<String> {
        let mut conditions = Vec::new();
        if self.is_halted {
            conditions.push("halted".into());
        }
        if self.network.is_partitioned() {
            conditions.push("partitioned".into());
        }
        if self.nodes.iter().any(Node::is_silent) {
            conditions.push("a third of the validators is silent".into());
        }
        if let Some(choice) = self.serving().map(Node::choice) {
            let epoch = choice.slot() / crate::beacon::preset::SLOTS_PER_EPOCH;
            let behind = epoch.saturating_sub(choice.finalized().epoch);
            if behind > crate::beacon::preset::MIN_EPOCHS_TO_INACTIVITY_PENALTY {
                conditions.push(format!("no finality for {behind} epochs"));
            }
        }
        conditions
    }

    /// Nodes that run, and nodes in all.
    pub fn participants(&self) -> (u32, u32) {
        let stopped = (0..self.config.nodes).filter(|id| self.network.is_stopped(PeerId(*id)));
        let stopped = u32::try_from(stopped.count()).unwrap_or(u32::MAX);
        (self.config.nodes.saturating_sub(stopped), self.config.nodes)
    }
}

/// This chain has no such fault.
pub(super) fn not_here(reason: &str) -> FaultError {
    FaultError::NotHere { alias: ALIAS, reason: reason.into() }
}
