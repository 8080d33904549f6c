//! Looking at the states of both chains, where events are not enough.

use causeway_core::Height;

use crate::engine::PathEngine;
use crate::packet::{Progress, Tracked};
use crate::{Destination, Effect, Finding, PacketKey, Task};

/// The most packets of one [`Effect::Inspect`].
const INSPECTED_TOGETHER: usize = 64;

impl PathEngine {
    /// Asks about packets of which too little is known.
    pub(crate) fn inspect(&mut self) {
        let (now, patience) = (self.now, self.limits.give_up_after);
        self.inspecting.retain(|_, since| now < since.saturating_add(patience));
        let room = self.limits.inspections.saturating_sub(self.inspecting.len());
        let wanted: Vec<_> = self
            .packets
            .to_inspect()
            .filter(|key| !self.inspecting.contains_key(key))
            .take(room)
            .collect();
        self.inspecting.extend(wanted.iter().map(|key| (*key, now)));
        for keys in wanted.chunks(INSPECTED_TOGETHER) {
            self.effects.push_back(Effect::Inspect(keys.to_vec()));
        }
    }

    /// What the states say of a packet decides what it needs.
    pub(crate) fn inspected(&mut self, key: PacketKey, finding: Result<Finding, String>) {
        self.inspecting.remove(&key);
        let waits = |tracked: &Tracked| tracked.progress == Progress::Inspection;
        if !self.packets.get(&key).is_some_and(waits) {
            return;
        }
        let finding = match finding {
            Ok(finding) if finding.body_missing => {
                return self.hold(key, "the source has its commitment, but no event has its body");
            }
            Ok(finding) => finding,
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
        return Progress::Settlement { height, outcome: tracked.outcome() };
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
