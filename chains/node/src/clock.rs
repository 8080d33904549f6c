//! Chain time: the wall clock, less the time that the network was down.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use causeway_core::Timestamp;

/// A gap between two readings that is longer than this counts as time down: a suspended machine.
const LONGEST_GAP: Duration = Duration::from_secs(30);

/// How chain time relates to the wall clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockSetting {
    /// Time does not pass while the network is down.
    Paused,
    /// Chain time is wall time: for use beside real chains.
    Wall,
}

#[derive(Debug)]
struct Inner {
    setting: ClockSetting,
    /// Added to the wall clock as it is read.
    shift: Duration,
    /// Subtracted from what is read.
    down_nanos: i128,
    last_read: u64,
    last_given: u64,
}

/// The one clock of a network; clones read the same.
#[derive(Clone, Debug)]
pub struct ChainClock(Arc<Mutex<Inner>>);

fn wall_nanos(shift: Duration) -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.saturating_add(shift).as_nanos()).unwrap_or(u64::MAX)
}

impl ChainClock {
    /// A clock that goes on from `last`, the last chain time of an earlier run, or starts at the
    /// wall clock's time. `shift` moves the wall clock that is read.
    pub fn start(setting: ClockSetting, last: Option<Timestamp>, shift: Duration) -> Self {
        let read = wall_nanos(shift);
        let down_nanos = match (setting, last) {
            (ClockSetting::Paused, Some(last)) => i128::from(read) - i128::from(last.nanos()),
            _ => 0,
        };
        let last_given = last.map_or(0, Timestamp::nanos);
        let inner = Inner { setting, shift, down_nanos, last_read: read, last_given };
        Self(Arc::new(Mutex::new(inner)))
    }

    /// Chain time now; it never goes back.
    pub fn now(&self) -> Timestamp {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let read = wall_nanos(inner.shift);
        let gap = i128::from(read) - i128::from(inner.last_read);
        let longest = i128::try_from(LONGEST_GAP.as_nanos()).unwrap_or(i128::MAX);
        if inner.setting == ClockSetting::Paused && (gap > longest || gap < 0) {
            inner.down_nanos += gap;
        }
        inner.last_read = read;
        let given = i128::from(read) - inner.down_nanos;
        let given = u64::try_from(given.max(0)).unwrap_or(u64::MAX).max(inner.last_given);
        inner.last_given = given;
        Timestamp::from_nanos(given)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_does_not_pass_while_the_network_is_down() {
        let last = Timestamp::from_secs(1_000_000).unwrap();
        for shift in [Duration::ZERO, Duration::from_secs(2 * 86_400)] {
            let clock = ChainClock::start(ClockSetting::Paused, Some(last), shift);
            let passed = clock.now().saturating_since(last);
            assert!(clock.now() >= last && passed < LONGEST_GAP, "{passed:?}");
        }
    }

    #[test]
    fn the_wall_clock_passes_in_any_case() {
        let shift = Duration::from_secs(2 * 86_400);
        let last = ChainClock::start(ClockSetting::Wall, None, Duration::ZERO).now();
        let later = ChainClock::start(ClockSetting::Wall, Some(last), shift).now();
        assert!(later.saturating_since(last) >= shift);
    }
}
