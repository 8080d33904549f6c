//! Looking at the states of both chains, where events are not enough.

use causeway_core::{Height, Timestamp};

use crate::engine::PathEngine;
use crate::packet::{Outcome, Progress, Tracked};
use crate::{Destination, Effect, Finding, PacketKey, Side, Task};

/// A packet that is being looked up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    /// Since when.
    pub(crate) since: Timestamp,
    /// True when blocks were undone since: the answer may be about those.
    pub(crate) outdated: bool,
}

/// The most packets of one [`Effect::Inspect`].
const INSPECTED_TOGETHER: usize = 64;

impl PathEngine {
    /// Asks about packets of which too little is known, once it is known where both chains are:
    /// what is gone from a state is over only when that state is final.
    pub(crate) fn inspect(&mut self) {
        self.expire_inspections();
        if self.is_cut() || Side::BOTH.iter().any(|side| self.end(*side).observation.is_none()) {
            return;
        }
        let now = self.now;
        let room = self.limits.inspections.saturating_sub(self.inspecting.len());
        let wanted: Vec<_> = self
            .packets
            .to_inspect()
            .filter(|key| !self.inspecting.contains_key(key))
            .take(room)
            .collect();
        let asked = Asked { since: now, outdated: false };
        self.inspecting.extend(wanted.iter().map(|key| (*key, asked)));
        for keys in wanted.chunks(INSPECTED_TOGETHER) {
            self.effects.push_back(Effect::Inspect(keys.to_vec()));
        }
    }

    /// Packets about which no answer comes make room for others.
    fn expire_inspections(&mut self) {
        let (now, patience) = (self.now, self.limits.give_up_after);
        let expired = |asked: &Asked| asked.since.saturating_add(patience) <= now;
        let lost: Vec<_> =
            self.inspecting.extract_if(.., |_, asked| expired(asked)).map(|(key, _)| key).collect();
        for key in lost {
            if !self.is_cut()
                && self.packets.get(&key).is_some_and(|t| t.progress == Progress::Inspection)
            {
                self.hold(key, "nothing came back about it");
            }
        }
    }

    /// What the states say of a packet decides what it needs.
    pub(crate) fn inspected(&mut self, key: PacketKey, finding: Result<Finding, String>) {
        if self.inspecting.remove(&key).is_some_and(|asked| asked.outdated) {
            return;
        }
        let waits = |tracked: &Tracked| tracked.progress == Progress::Inspection;
        if !self.packets.get(&key).is_some_and(waits) {
            return;
        }
        let finding = match finding {
            Ok(finding) if finding.body_missing => {
                return self.hold(key, "the source has its commitment, but no event has its body");
            }
            Ok(finding) => finding,
            Err(_) if self.is_cut() => return,
            Err(reason) => return self.hold(key, &reason),
        };
        let source_head = self.end(key.source).observation.map(|seen| seen.head);
        let now = self.now;
        self.change(key, |tracked| {
            let progress = apply(tracked, finding, source_head);
            tracked.set(progress, now);
        });
    }
}

/// Writes what was found into the packet, and says what it waits for.
fn apply(tracked: &mut Tracked, finding: Finding, source_head: Option<Height>) -> Progress {
    let Some((packet, sent_at)) = finding.committed else {
        // Gone from the source's newest state; over once that state is final.
        let height = source_head.unwrap_or(tracked.evidence);
        // Without an answer it may have timed out, or its block was undone.
        let outcome = match &finding.destination {
            Destination::Answered(answer, _) => Outcome::of_answer(answer),
            Destination::Unreceived | Destination::Unanswered => Outcome::Settled,
        };
        return Progress::Settlement { height, outcome };
    };
    tracked.packet = Some(packet);
    match finding.destination {
        Destination::Unreceived => {
            tracked.task = Task::Receive;
            tracked.evidence = sent_at;
            Progress::Finality
        }
        Destination::Unanswered => {
            tracked.task = Task::Receive;
            Progress::Answer
        }
        Destination::Answered(answer, height) => {
            tracked.task = Task::Acknowledge(answer);
            tracked.evidence = height;
            Progress::Finality
        }
    }
}
