//! The daemon's clock.

use std::time::{SystemTime, UNIX_EPOCH};

use causeway_core::Timestamp;
use tokio::time::Instant;

/// The wall clock as it was at the start, and what has passed since: it never goes back. It spaces
/// retries and dates log lines; what chains decide, they decide by their own time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    started: Instant,
    wall: Timestamp,
}

impl Clock {
    pub(crate) fn start() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let wall = Timestamp::from_nanos(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX));
        Self { started: Instant::now(), wall }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.wall.saturating_add(self.started.elapsed())
    }

    /// When it will be that time.
    pub(crate) fn instant(&self, at: Timestamp) -> Instant {
        self.started + at.saturating_since(self.wall)
    }
}
