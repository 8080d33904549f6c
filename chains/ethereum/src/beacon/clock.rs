//! Slots as points in time.

use core::time::Duration;

use causeway_core::Timestamp;

/// Turns time into slots and back. All times are chain time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotClock {
    genesis: Timestamp,
    slot: Duration,
}

impl SlotClock {
    /// Slots of whole seconds, since execution blocks know no fractions; at least one.
    pub const fn new(genesis: Timestamp, seconds_per_slot: u64) -> Self {
        let seconds = if seconds_per_slot == 0 { 1 } else { seconds_per_slot };
        Self { genesis, slot: Duration::from_secs(seconds) }
    }

    /// Length of a slot in seconds.
    pub const fn seconds_per_slot(&self) -> u64 {
        self.slot.as_secs()
    }

    /// The slot at a time; 0 before genesis.
    pub const fn slot_at(&self, time: Timestamp) -> u64 {
        let elapsed = time.saturating_since(self.genesis).as_secs();
        match elapsed.checked_div(self.seconds_per_slot()) {
            Some(slot) => slot,
            None => 0,
        }
    }

    /// When a slot begins.
    pub fn start_of(&self, slot: u64) -> Timestamp {
        let seconds = self.seconds_per_slot().saturating_mul(slot);
        self.genesis.saturating_add(Duration::from_secs(seconds))
    }

    /// When attesters of a slot vote: after a third of it (`ATTESTATION_DUE_BPS`).
    pub fn attestation_due(&self, slot: u64) -> Timestamp {
        self.start_of(slot).saturating_add(self.slot.checked_div(3).unwrap_or_default())
    }
}
