//! A linear run of headers, verified at full speed and in constant memory.

use causeway_core::{Audit, refusals};

use crate::retarget::retarget;
use crate::{
    Anchor, AnchorError, BlockHash, CompactTarget, Header, Network, PeriodStart, RawHeader, Target,
    Work, hash_headers,
};

/// Headers hashed before they are checked: a few full sets of lanes, small enough for the stack.
const GROUP: usize = 64;

/// The most that a period may begin before its predecessor's end, in seconds (BIP94).
const BIP94_GRACE: u32 = 600;
/// The same under BIP54.
const BIP54_GRACE: u32 = 7200;

/// Why a header does not extend a chain. `height` is the one it would have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// It has another parent.
    #[error("the header at {height} has parent {got}, expected {expected}")]
    NotLinked {
        /// Height of the header.
        height: u64,
        /// Its parent.
        got: BlockHash,
        /// The tip.
        expected: BlockHash,
    },
    /// It has not the target that the chain prescribes.
    #[error("the header at {height} has bits {got}, expected {expected}")]
    WrongBits {
        /// Height of the header.
        height: u64,
        /// Its bits.
        got: CompactTarget,
        /// The prescribed bits.
        expected: CompactTarget,
    },
    /// Its hash does not meet its target.
    #[error("the header at {height} has hash {got}, above the target {expected}")]
    HashAboveTarget {
        /// Height of the header.
        height: u64,
        /// Its hash.
        got: BlockHash,
        /// The target.
        expected: Target,
    },
    /// Its version is one that a soft fork retired (BIP34, BIP66, BIP65).
    #[error("the header at {height} has version {got}, at least {expected} is needed")]
    VersionTooLow {
        /// Height of the header.
        height: u64,
        /// Its version.
        got: i32,
        /// The least version.
        expected: i32,
    },
    /// It is not later than the median of the last eleven (BIP113 names it median time past).
    #[error("the header at {height} has time {got}, not later than the median {expected}")]
    TimeNotAfterMedian {
        /// Height of the header.
        height: u64,
        /// Its time.
        got: u32,
        /// The median that it must exceed.
        expected: u32,
    },
    /// A period begins too long before its predecessor's end (BIP94, BIP54).
    #[error("the period that begins at {height} has time {got}, at least {expected} is needed")]
    TimeWarp {
        /// Height of the header.
        height: u64,
        /// Its time.
        got: u32,
        /// The least time.
        expected: u32,
    },
    /// A period ends before its own beginning (BIP54).
    #[error("the period that ends at {height} has time {got}, it began at {expected}")]
    NegativePeriod {
        /// Height of the header.
        height: u64,
        /// Its time.
        got: u32,
        /// The time of the period's first header.
        expected: u32,
    },
    /// It is ahead of the clock by more than is tolerated: it may be valid later.
    #[error("the header at {height} has time {got}, at most {expected} is accepted now")]
    FromFuture {
        /// Height of the header.
        height: u64,
        /// Its time.
        got: u32,
        /// The latest time accepted.
        expected: u64,
    },
}

refusals! {
    HeaderError {
        NotLinked { height, got, expected } => "header_not_linked", Reject;
        WrongBits { height, got, expected } => "wrong_bits", Reject;
        HashAboveTarget { height, got, expected } => "hash_above_target", Reject;
        VersionTooLow { height, got, expected } => "version_too_low", Reject;
        TimeNotAfterMedian { height, got, expected } => "time_not_after_median", Reject;
        TimeWarp { height, got, expected } => "time_warp", Reject;
        NegativePeriod { height, got, expected } => "negative_period", Reject;
        FromFuture { height, got, expected } => "header_from_future", Wait;
    }
}

/// The end of a chain of verified headers.
#[derive(Clone, Copy, Debug)]
pub struct Chain<'n> {
    network: &'n Network,
    tip: Anchor,
    hash: BlockHash,
    /// The tip's place in its period.
    position: u32,
    /// What the tip's bits stand for, decoded once for all headers that share them.
    difficulty: Difficulty,
}

/// Bits with what follows from them.
#[derive(Clone, Copy, Debug)]
struct Difficulty {
    bits: CompactTarget,
    target: Target,
    work: Work,
}

impl Difficulty {
    fn of(bits: CompactTarget) -> Self {
        let target = bits.expand().target;
        Self { bits, target, work: target.work() }
    }
}

impl<'n> Chain<'n> {
    /// A chain from a trusted anchor on.
    pub fn new(network: &'n Network, anchor: Anchor) -> Result<Self, AnchorError> {
        anchor.validate(network)?;
        Ok(Self::resume(network, anchor, anchor.header.hash()))
    }

    /// A chain from a tip that was verified before, as [`Self::tip`] gave it.
    pub(crate) fn resume(network: &'n Network, tip: Anchor, hash: BlockHash) -> Self {
        Self {
            network,
            tip,
            hash,
            position: network.position(tip.height),
            difficulty: Difficulty::of(tip.header.bits),
        }
    }

    /// The last header, with what its successors are judged by.
    pub fn tip(&self) -> &Anchor {
        &self.tip
    }

    /// The last header's hash.
    pub fn tip_hash(&self) -> BlockHash {
        self.hash
    }

    /// Verifies a run of headers and goes on from its end; on an error nothing has changed.
    /// `latest_time` is the latest header time accepted, in seconds: the clock plus its tolerance.
    pub fn extend(&mut self, headers: &[RawHeader], latest_time: u64) -> Result<(), HeaderError> {
        self.extend_with(headers, latest_time, |_| ())
    }

    /// As [`Self::extend`], showing the chain after each header to `visit`.
    pub fn extend_with(
        &mut self,
        headers: &[RawHeader],
        latest_time: u64,
        mut visit: impl FnMut(&Self),
    ) -> Result<(), HeaderError> {
        let mut ahead = *self;
        let mut hashes = [BlockHash::default(); GROUP];
        for group in headers.chunks(GROUP) {
            if let Some(hashes) = hashes.get_mut(..group.len()) {
                hash_headers(group, hashes);
            }
            for (raw, hash) in group.iter().zip(&hashes) {
                let header = Header::from_bytes(raw);
                let difficulty = ahead.check(&header, *hash, latest_time, &mut ())?;
                ahead.append(header, *hash, difficulty);
                visit(&ahead);
            }
        }
        *self = ahead;
        Ok(())
    }

    /// Judges a run as [`Self::extend`] does, but only to tell `audit` of each rule that its last
    /// header, or the one that fails, meets.
    pub fn explain(
        mut self,
        headers: &[RawHeader],
        latest_time: u64,
        audit: &mut impl Audit,
    ) -> Result<(), HeaderError> {
        let refused_at = self.first_refused(headers, latest_time);
        let shown = refused_at.unwrap_or(headers.len().saturating_sub(1));
        self.extend(headers.get(..shown).unwrap_or_default(), latest_time)?;
        let Some(raw) = headers.get(shown) else { return Ok(()) };
        let header = Header::from_bytes(raw);
        self.check(&header, header.hash(), latest_time, audit).map(|_| ())
    }

    fn first_refused(self, headers: &[RawHeader], latest_time: u64) -> Option<usize> {
        let mut accepted = 0_usize;
        let mut ahead = self;
        ahead
            .extend_with(headers, latest_time, |_| accepted = accepted.saturating_add(1))
            .is_err()
            .then_some(accepted)
    }

    /// All rules that a header must meet (Bitcoin Core `CheckBlockHeader` and
    /// `ContextualCheckBlockHeader`).
    #[inline]
    fn check(
        &self,
        header: &Header,
        hash: BlockHash,
        latest_time: u64,
        audit: &mut impl Audit,
    ) -> Result<Difficulty, HeaderError> {
        let height = self.tip.height.wrapping_add(1);
        self.check_link(height, header, audit)?;
        let difficulty = self.check_work(height, header, hash, audit)?;
        self.check_version(height, header, audit)?;
        self.check_time(height, header, audit)?;
        self.check_period_edges(height, header, audit)?;
        let (got, expected) = (header.time, latest_time);
        if u64::from(got) > expected {
            return Err(HeaderError::FromFuture { height, got, expected });
        }
        audit.passed("not_from_future", || format!("time {got} is at most {expected}"));
        Ok(difficulty)
    }

    fn check_link(
        &self,
        height: u64,
        header: &Header,
        audit: &mut impl Audit,
    ) -> Result<(), HeaderError> {
        let (got, expected) = (header.prev, self.hash);
        if got != expected {
            return Err(HeaderError::NotLinked { height, got, expected });
        }
        audit.passed("linked", || format!("the parent of height {height} is {got}"));
        Ok(())
    }

    #[inline]
    fn check_work(
        &self,
        height: u64,
        header: &Header,
        hash: BlockHash,
        audit: &mut impl Audit,
    ) -> Result<Difficulty, HeaderError> {
        let (got, expected) = (header.bits, self.next_bits(header.time));
        if got != expected {
            return Err(HeaderError::WrongBits { height, got, expected });
        }
        audit.passed("prescribed_bits", || format!("bits {got}"));
        let difficulty =
            if got == self.difficulty.bits { self.difficulty } else { Difficulty::of(got) };
        let (got, expected) = (hash, difficulty.target);
        if !expected.is_met_by(&got) {
            return Err(HeaderError::HashAboveTarget { height, got, expected });
        }
        audit.passed("proof_of_work", || format!("hash {got} is at most {expected}"));
        Ok(difficulty)
    }

    fn check_version(
        &self,
        height: u64,
        header: &Header,
        audit: &mut impl Audit,
    ) -> Result<(), HeaderError> {
        let (got, expected) = (header.version, self.network.least_version(height));
        if got < expected {
            return Err(HeaderError::VersionTooLow { height, got, expected });
        }
        audit.passed("version_floor", || match expected {
            i32::MIN => format!("version {got}, and no floor at height {height}"),
            floor => format!("version {got} is at least {floor}"),
        });
        Ok(())
    }

    #[inline]
    fn check_time(
        &self,
        height: u64,
        header: &Header,
        audit: &mut impl Audit,
    ) -> Result<(), HeaderError> {
        let got = header.time;
        if !self.tip.last_times.median_is_before(got) {
            let expected = self.tip.last_times.median();
            return Err(HeaderError::TimeNotAfterMedian { height, got, expected });
        }
        audit.passed("median_time_past", || {
            format!("time {got} is after {}", self.tip.last_times.median())
        });
        Ok(())
    }

    /// BIP94 and BIP54 bind the first header of a period, BIP54 the last one too.
    fn check_period_edges(
        &self,
        height: u64,
        header: &Header,
        audit: &mut impl Audit,
    ) -> Result<(), HeaderError> {
        let rules = self.network.rules();
        let grace = match (rules.bip94, rules.bip54) {
            (true, _) => BIP94_GRACE,
            (false, true) => BIP54_GRACE,
            (false, false) => return Ok(()),
        };
        let position = self.next_position();
        let got = header.time;
        if position == 0 {
            let expected = self.tip.header.time.saturating_sub(grace);
            if got < expected {
                return Err(HeaderError::TimeWarp { height, got, expected });
            }
            audit.passed("no_time_warp", || format!("time {got} is at least {expected}"));
        }
        if rules.bip54 && position.wrapping_add(1) == rules.interval {
            let expected = self.tip.period_start.time;
            if got < expected {
                return Err(HeaderError::NegativePeriod { height, got, expected });
            }
            audit.passed("no_negative_period", || format!("time {got} is at least {expected}"));
        }
        Ok(())
    }

    fn next_position(&self) -> u32 {
        let next = self.position.wrapping_add(1);
        if next == self.network.rules().interval { 0 } else { next }
    }

    /// The bits that the next header must have if its time is `time` (Bitcoin Core
    /// `GetNextWorkRequired`).
    #[inline]
    pub fn next_bits(&self, time: u32) -> CompactTarget {
        let rules = self.network.rules();
        if self.next_position() == 0 {
            return if rules.no_retarget { self.tip.header.bits } else { self.retarget() };
        }
        if !rules.min_difficulty {
            return self.tip.header.bits;
        }
        let patience = u64::from(rules.spacing).saturating_mul(2);
        if u64::from(time) > u64::from(self.tip.header.time).saturating_add(patience) {
            return self.network.limit_bits();
        }
        self.tip.last_real_bits
    }

    #[cold]
    fn retarget(&self) -> CompactTarget {
        let start = self.tip.period_start;
        let base = if self.network.rules().bip94 { start.bits } else { self.tip.header.bits };
        retarget(self.network, base, start.time, self.tip.header.time)
    }

    #[inline]
    fn append(&mut self, header: Header, hash: BlockHash, difficulty: Difficulty) {
        self.position = self.next_position();
        self.tip.height = self.tip.height.wrapping_add(1);
        self.tip.chainwork = self.tip.chainwork.plus(difficulty.work);
        self.tip.last_times.push(header.time);
        if self.position == 0 {
            self.tip.period_start = PeriodStart { time: header.time, bits: header.bits };
        }
        let is_real = !self.network.rules().min_difficulty
            || self.position == 0
            || header.bits != self.network.limit_bits();
        if is_real {
            self.tip.last_real_bits = header.bits;
        }
        self.tip.header = header;
        self.hash = hash;
        self.difficulty = difficulty;
    }
}
