//! When the engine wants to be woken although nothing happens.

use core::time::Duration;

use causeway_core::Timestamp;

use crate::Side;
use crate::batch::{InFlight, Step};
use crate::engine::PathEngine;

/// The shortest time from one wake-up to the next.
const SOONEST: Duration = Duration::from_millis(50);

impl PathEngine {
    /// When [`crate::Input::Tick`] is due at the latest. What waits for a chain or for an answer
    /// has no time of its own: the input that brings it wakes the engine.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let patience = self.limits.give_up_after;
        let batches = self.batches.values().map(|batch| self.batch_deadline(batch));
        let sides = Side::BOTH.into_iter().flat_map(|side| self.side_deadlines(side));
        let asked = self.inspecting.values().map(|asked| asked.since.saturating_add(patience));
        let all = batches.chain(sides).chain(asked.min()).chain(self.packets.next_release());
        all.min().map(|at| at.max(self.now.saturating_add(SOONEST)))
    }

    fn batch_deadline(&self, batch: &InFlight) -> Timestamp {
        let limits = &self.limits;
        match batch.step {
            Step::Preparing => batch.since.saturating_add(limits.give_up_after),
            Step::Submitting { since, offered, bumps } => {
                let end = since.saturating_add(limits.give_up_after);
                let bump = offered.saturating_add(limits.bump_after);
                if bumps < limits.bumps { end.min(bump) } else { end }
            }
        }
    }

    fn side_deadlines(&self, side: Side) -> impl Iterator<Item = Timestamp> {
        let end = self.end(side);
        let clear = end.observation.map(|_| end.clear_at);
        let scan = end.scan_asked.map(|at| at.saturating_add(self.limits.give_up_after));
        let rescan = (end.scan_from > self.now).then_some(end.scan_from);
        // While the chain takes no more, what frees it is an input, or the end of a pause.
        let pause = (end.paused_until > self.now).then_some(end.paused_until);
        let turn = self.may_submit(side).then(|| self.next_turn(side)).flatten();
        let turn = turn.map(|at| at.saturating_add(self.limits.gather));
        [clear, scan, rescan, pause, turn].into_iter().flatten()
    }

    /// When the turn of a packet comes that may go.
    fn next_turn(&self, side: Side) -> Option<Timestamp> {
        let turns = self
            .packets
            .turns(side)
            .map(|lane| lane.iter().find(|(_, key)| self.may_go(side, *key)).map(|(at, _)| *at));
        turns.into_iter().flatten().min()
    }
}
