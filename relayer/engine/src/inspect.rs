//! Looking at the states of both chains, where events are not enough.

use crate::engine::PathEngine;
use crate::packet::Progress;
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
            .iter()
            .filter(|(key, tracked)| {
                tracked.progress == Progress::Inspection && !self.inspecting.contains_key(*key)
            })
            .map(|(key, _)| *key)
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
        let source_head = self.end(key.source).observation.map(|seen| seen.head);
        let Some(tracked) = self.packets.get_mut(&key) else { return };
        if tracked.progress != Progress::Inspection {
            return;
        }
        let finding = match finding {
            Ok(finding) => finding,
            Err(reason) => return self.hold(key, &reason),
        };
        if finding.body_missing {
            return self.hold(key, "the source has its commitment, but no event with its body");
        }
        let Some((packet, sent_at)) = finding.committed else {
            // Gone from the source's newest state; over once that state is final.
            let outcome = tracked.outcome();
            let height = source_head.unwrap_or(tracked.evidence);
            return self.set(key, Progress::Settlement { height, outcome });
        };
        tracked.packet = Some(packet);
        let progress = match finding.destination {
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
        };
        self.set(key, progress);
    }
}
