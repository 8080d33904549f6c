//! What the engine knows of the client on each side.

use core::time::Duration;

use causeway_core::{Height, Timestamp};

use crate::engine::PathEngine;
use crate::packet::Progress;
use crate::{Limits, Side};

/// Whether a client may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClientStatus {
    /// It can be updated.
    Active,
    /// It was not updated in time: only recovery helps.
    Expired,
    /// The other chain was caught contradicting itself: only recovery helps.
    Frozen,
    /// Nothing leads any more from what it trusts to where the other chain is: only recovery
    /// helps.
    Stranded,
}

/// A client, as its host's state has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientReport {
    /// Its status by its host's time.
    pub status: ClientStatus,
    /// The newest height of the other chain that it has.
    pub latest: Height,
    /// The other chain's time at that height.
    pub latest_time: Timestamp,
    /// How long that may be trusted; `None` where clients do not expire.
    pub trusting_period: Option<Duration>,
}

impl ClientReport {
    /// When the client should be refreshed, by its host's time.
    pub fn refresh_at(&self, limits: &Limits) -> Option<Timestamp> {
        let period = self.trusting_period?;
        let share = period.checked_mul(limits.refresh_percent)?.checked_div(100)?;
        Some(self.latest_time.saturating_add(share))
    }

    /// When the client expires, by its host's time.
    pub fn expires_at(&self) -> Option<Timestamp> {
        Some(self.latest_time.saturating_add(self.trusting_period?))
    }
}

impl PathEngine {
    /// Takes in what the client on a chain is. Once it can be used again, what was set aside for
    /// want of it goes on.
    pub(crate) fn client_read(&mut self, side: Side, report: ClientReport) {
        let before = self.end_mut(side).client.replace(report);
        let was_usable = before.is_none_or(|it| it.status == ClientStatus::Active);
        if was_usable || report.status != ClientStatus::Active {
            return;
        }
        for key in self.packets.set_aside() {
            if self.packets.get(&key).is_some_and(|it| it.executes_on(key) == side) {
                self.set(key, Progress::Inspection);
            }
        }
    }
}
