//! Times as CometBFT writes them.

use core::fmt;

use causeway_core::{DecodeError, Timestamp};

use crate::proto;

const NANOS_PER_SEC: u64 = 1_000_000_000;

/// A protobuf timestamp within its legal range, the years 1 to 9999. A header's time is converted
/// to a [`Timestamp`] when it is judged; that of an absent vote is Go's zero time, the year 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time {
    secs: i64,
    nanos: u32,
}

impl Time {
    /// Go's zero time, the first second of the year 1: what stands where there is no time.
    pub const ZERO: Self = Self { secs: -62_135_596_800, nanos: 0 };
    /// The last second of the year 9999.
    const MAX_SECS: i64 = 253_402_300_799;

    /// Seconds since the Unix epoch, and nanoseconds; `None` outside the years 1 to 9999.
    pub fn new(secs: i64, nanos: u32) -> Option<Self> {
        let in_range = (Self::ZERO.secs..=Self::MAX_SECS).contains(&secs);
        (in_range && u64::from(nanos) < NANOS_PER_SEC).then_some(Self { secs, nanos })
    }

    /// Seconds since the Unix epoch, rounded down.
    pub const fn secs(self) -> i64 {
        self.secs
    }

    /// Nanoseconds within the second.
    pub const fn nanos(self) -> u32 {
        self.nanos
    }

    /// The same time as a [`Timestamp`]; `None` before 1970 and after 2554.
    pub fn to_timestamp(self) -> Option<Timestamp> {
        let secs = Timestamp::from_secs(u64::try_from(self.secs).ok()?)?;
        secs.checked_add(core::time::Duration::from_nanos(self.nanos.into()))
    }
}

impl From<Timestamp> for Time {
    fn from(time: Timestamp) -> Self {
        let nanos = time.nanos().checked_rem(NANOS_PER_SEC).and_then(|n| u32::try_from(n).ok());
        Self { secs: time.secs().cast_signed(), nanos: nanos.unwrap_or_default() }
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:09}", self.secs, self.nanos)
    }
}

impl From<Time> for proto::Timestamp {
    fn from(time: Time) -> Self {
        Self { seconds: time.secs, nanos: time.nanos.cast_signed() }
    }
}

impl TryFrom<proto::Timestamp> for Time {
    type Error = DecodeError;

    fn try_from(time: proto::Timestamp) -> Result<Self, DecodeError> {
        u32::try_from(time.nanos)
            .ok()
            .and_then(|nanos| Self::new(time.seconds, nanos))
            .ok_or_else(|| DecodeError::new("time", format!("{time:?} is not a time")))
    }
}
