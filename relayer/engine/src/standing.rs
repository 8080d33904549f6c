//! Sharing a path with other relayers, of whom nothing is known but what they did.
//!
//! Everybody begins with everything. Who finds that somebody else was faster leaves packets of
//! that stretch alone for a while, and does those that are still undone then; who did so has the
//! stretch again. So one relayer does each stretch as long as it keeps up, and what it cannot keep
//! up with, or leaves when it stops, others take over.

use std::collections::BTreeSet;

use causeway_core::Timestamp;

use crate::engine::PathEngine;
use crate::{PacketKey, Side};

/// So many packets in a row are one relayer's: enough for batches that are worth their proof.
const STRETCH: u64 = 64;

/// After so many stretches it is the same one again.
const STRETCHES: u64 = 8;

/// Names a stretch: where its packets are from, the chain that work on them is for, its number.
type Stretch = (Side, Side, u64);

const fn stretch(key: PacketKey, on: Side) -> Stretch {
    let number = key.sequence.get().div_euclid(STRETCH).rem_euclid(STRETCHES);
    (key.source, on, number)
}

/// The stretches that others are faster with.
#[derive(Debug, Default)]
pub(crate) struct Standing(BTreeSet<Stretch>);

impl PathEngine {
    /// Somebody else did what was to be done for a packet.
    pub(crate) fn was_outpaced(&mut self, key: PacketKey, on: Side) {
        self.standing.0.insert(stretch(key, on));
    }

    /// Nobody else did.
    pub(crate) fn was_first(&mut self, key: PacketKey, on: Side) {
        self.standing.0.remove(&stretch(key, on));
    }

    /// When a packet that can be worked on from now on is to be.
    pub(crate) fn turn_of(&self, key: PacketKey, on: Side) -> Timestamp {
        if self.standing.0.contains(&stretch(key, on)) {
            self.now.saturating_add(self.limits.stagger)
        } else {
            self.now
        }
    }
}
