//! A place on a chain, with everything that its descendants are judged by.

use causeway_core::refusals;

use crate::{BlockHash, CompactTarget, Header, LastTimes, MEDIAN_SPAN, Network, TargetError, Work};

/// The first header of a retarget period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeriodStart {
    /// Its time.
    pub time: u32,
    /// Its target.
    pub bits: CompactTarget,
}

/// A header with what its descendants are judged by. Where verification starts, all of it is a
/// matter of trust, and the chainwork should be published with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// Height of the header.
    pub height: u64,
    /// The header.
    pub header: Header,
    /// Work of the chain up to and with the header.
    pub chainwork: Work,
    /// The first header of the header's period, perhaps itself.
    pub period_start: PeriodStart,
    /// The last times, the header's own included.
    pub last_times: LastTimes,
    /// The target of the period's newest header that did not use the exception for late headers:
    /// the header's own on networks without that rule.
    pub last_real_bits: CompactTarget,
}

/// Why an anchor contradicts itself or its network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnchorError {
    /// Height 0 belongs to the network's first header.
    #[error("the header at height 0 is {got}, the network starts with {expected}")]
    NotGenesis {
        /// The anchor's header.
        got: BlockHash,
        /// The network's.
        expected: BlockHash,
    },
    /// The target of the header, or of its period's start, is none.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The header has no proof of work.
    #[error("the anchor {got} is above its target {expected}")]
    NoProofOfWork {
        /// The header's hash.
        got: BlockHash,
        /// Its target.
        expected: crate::Target,
    },
    /// A chain has at least the work of its last header, and one unit of work a header.
    #[error("chainwork {got} at the anchor is less than {expected}")]
    TooLittleWork {
        /// The claimed work.
        got: Work,
        /// The least possible.
        expected: Work,
    },
    /// The median needs eleven times, or all where there are fewer.
    #[error("{got} last times at the anchor, expected {expected}")]
    TimesMissing {
        /// How many are given.
        got: usize,
        /// How many are needed.
        expected: usize,
    },
    /// The last of the times is the header's own.
    #[error("the anchor's last time is {got}, its header's {expected}")]
    TimesDiffer {
        /// The newest of the times.
        got: u32,
        /// The header's time.
        expected: u32,
    },
    /// The period's start has the header's own target, unless the header may be a late one.
    #[error("the anchor's period starts with bits {got}, expected {expected}")]
    PeriodStart {
        /// The bits of the period's start.
        got: CompactTarget,
        /// What they must be.
        expected: CompactTarget,
    },
    /// The period's start is the header itself, and their times differ.
    #[error("the anchor's period starts at {got}, expected {expected}")]
    PeriodTime {
        /// The time of the period's start.
        got: u32,
        /// What it must be.
        expected: u32,
    },
    /// All headers of a period have the target of its start, but for late ones.
    #[error("the anchor's last real bits are {got}, expected {expected}")]
    RealBits {
        /// The claimed bits.
        got: CompactTarget,
        /// What they must be.
        expected: CompactTarget,
    },
}

refusals! {
    AnchorError {
        NotGenesis { got, expected } => "genesis_mismatch", Reject;
        NoProofOfWork { got, expected } => "anchor_hash_above_target", Reject;
        TooLittleWork { got, expected } => "anchor_chainwork_too_low", Reject;
        TimesMissing { got, expected } => "anchor_times_missing", Reject;
        TimesDiffer { got, expected } => "anchor_times_differ", Reject;
        PeriodStart { got, expected } => "anchor_period_start_bits", Reject;
        PeriodTime { got, expected } => "anchor_period_start_time", Reject;
        RealBits { got, expected } => "anchor_real_bits", Reject;
        @wraps Target;
    }
}

impl Anchor {
    /// The network's first header.
    pub fn genesis(network: &Network) -> Self {
        let header = network.rules().genesis;
        Self {
            height: 0,
            header,
            chainwork: header.bits.expand().target.work(),
            period_start: PeriodStart { time: header.time, bits: header.bits },
            last_times: LastTimes::first(header.time),
            last_real_bits: header.bits,
        }
    }

    /// Checks everything that can be checked without the headers before it.
    pub fn validate(&self, network: &Network) -> Result<(), AnchorError> {
        let hash = self.header.hash();
        let genesis = network.rules().genesis.hash();
        if self.height == 0 && hash != genesis {
            return Err(AnchorError::NotGenesis { got: hash, expected: genesis });
        }
        let target = self.header.bits.target(network.rules().limit)?;
        if !target.is_met_by(&hash) {
            return Err(AnchorError::NoProofOfWork { got: hash, expected: target });
        }
        let expected = target.work().plus(Work(alloy_primitives::U256::from(self.height)));
        if self.chainwork < expected {
            return Err(AnchorError::TooLittleWork { got: self.chainwork, expected });
        }
        self.validate_times()?;
        self.validate_period(network)
    }

    fn validate_times(&self) -> Result<(), AnchorError> {
        let expected = usize::try_from(self.height)
            .map_or(MEDIAN_SPAN, |height| height.saturating_add(1).min(MEDIAN_SPAN));
        let got = self.last_times.count();
        if got != expected {
            return Err(AnchorError::TimesMissing { got, expected });
        }
        let (got, expected) = (self.last_times.newest(), self.header.time);
        if got != expected {
            return Err(AnchorError::TimesDiffer { got, expected });
        }
        Ok(())
    }

    fn validate_period(&self, network: &Network) -> Result<(), AnchorError> {
        let starts_period = network.position(self.height) == 0;
        let late_headers = network.rules().min_difficulty;
        let PeriodStart { time, bits } = self.period_start;
        let expected = self.header.bits;
        let is_real = starts_period || !late_headers || expected != network.limit_bits();
        if is_real && bits != expected {
            return Err(AnchorError::PeriodStart { got: bits, expected });
        }
        bits.target(network.rules().limit)?;
        if starts_period && time != self.header.time {
            return Err(AnchorError::PeriodTime { got: time, expected: self.header.time });
        }
        if self.last_real_bits != bits {
            return Err(AnchorError::RealBits { got: self.last_real_bits, expected: bits });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::U256;

    use super::*;
    use crate::NetworkRules;

    /// Height 5 of a network with the rule for late headers, in the place of its first header.
    fn within_a_period(network: &Network) -> Anchor {
        let genesis = Anchor::genesis(network);
        let last_times = LastTimes::new(&[genesis.header.time; 6]).unwrap();
        Anchor { height: 5, chainwork: Work(U256::from(1_u64 << 40)), last_times, ..genesis }
    }

    fn with_bits(anchor: Anchor, start: u32, last_real: u32) -> Anchor {
        let period_start = PeriodStart { bits: CompactTarget(start), ..anchor.period_start };
        Anchor { period_start, last_real_bits: CompactTarget(last_real), ..anchor }
    }

    #[test]
    fn after_a_late_header_the_last_real_target_is_that_of_the_periods_start() {
        let network = Network::regtest();
        let anchor = within_a_period(&network);
        let validate = |start, real| with_bits(anchor, start, real).validate(&network);
        assert_eq!(validate(0x207f_ffff, 0x207f_ffff), Ok(()));
        assert_eq!(validate(0x1d00_ffff, 0x1d00_ffff), Ok(()));
        let (got, expected) = (CompactTarget(0x1d00_ffff), CompactTarget(0x207f_ffff));
        assert_eq!(
            validate(0x207f_ffff, 0x1d00_ffff),
            Err(AnchorError::RealBits { got, expected })
        );
        for (bits, error) in [
            (0x1d80_ffff, TargetError::Negative { got: CompactTarget(0x1d80_ffff) }),
            (0xff12_3456, TargetError::Overflow { got: CompactTarget(0xff12_3456) }),
            (0, TargetError::Zero { got: CompactTarget(0) }),
        ] {
            assert_eq!(validate(bits, bits), Err(error.into()), "{bits:08x}");
        }
    }

    #[test]
    fn a_header_that_is_not_late_has_the_target_of_its_periods_start() {
        let mainnet = *Network::mainnet().rules();
        let limit = Network::regtest().rules().limit;
        let rules = NetworkRules { min_difficulty: true, no_retarget: true, limit, ..mainnet };
        let network = Network::new(rules).unwrap();
        let anchor = within_a_period(&network);
        assert_eq!(anchor.validate(&network), Ok(()));
        let (got, expected) = (CompactTarget(0x1c00_ffff), anchor.header.bits);
        let verdict = with_bits(anchor, got.0, got.0).validate(&network);
        assert_eq!(verdict, Err(AnchorError::PeriodStart { got, expected }));
    }
}
