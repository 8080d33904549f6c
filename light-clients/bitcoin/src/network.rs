//! The rules of a network, as data.

use alloy_primitives::{U256, hex, uint};
use causeway_core::refusals;

use crate::{BlockHash, CompactTarget, Header, MerkleNode, Target};

/// The limit of all networks that copy mainnet's: 2^224 - 1.
const MAINNET_LIMIT: U256 =
    uint!(0x00000000ffffffffffffffffffffffffffffffffffffffffffffffffffffffff_U256);
/// Signet's: `1e0377ae` in compact form, with the lower bytes that its definition gives.
const SIGNET_LIMIT: U256 =
    uint!(0x00000377ae000000000000000000000000000000000000000000000000000000_U256);
/// Regtest's: 2^255 - 1.
const REGTEST_LIMIT: U256 =
    uint!(0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff_U256);

/// The coinbase of 3 January 2009, which four of the networks start from.
const MERKLE_ROOT_2009: MerkleNode =
    MerkleNode(hex!("3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a"));
/// Testnet4's own coinbase.
const MERKLE_ROOT_TESTNET4: MerkleNode =
    MerkleNode(hex!("4e7b2b9128fe0291db0693af2ae418b767e657cd407e80cb1434221eaea7a07a"));

/// The heights from which headers must have at least a certain version (Bitcoin Core
/// `ContextualCheckBlockHeader`). There is no upper bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VersionHeights {
    /// Version 2 or more from here on (BIP34).
    pub v2: u64,
    /// Version 3 or more from here on (BIP66).
    pub v3: u64,
    /// Version 4 or more from here on (BIP65).
    pub v4: u64,
}

/// The parameters of a network, not yet checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four independent switches, as networks have them"
)]
pub struct NetworkRules {
    /// The first header.
    pub genesis: Header,
    /// Headers from one retarget to the next.
    pub interval: u32,
    /// The wanted time between headers, in seconds.
    pub spacing: u32,
    /// The easiest target.
    pub limit: Target,
    /// A header more than twice the spacing after its parent has the easiest target.
    pub min_difficulty: bool,
    /// Targets never change at the end of a period.
    pub no_retarget: bool,
    /// Retargets start from the period's first target, and a period may not begin more than 600 s
    /// before its predecessor's end.
    pub bip94: bool,
    /// A period may not begin more than 7,200 s before its predecessor's end, nor end before its
    /// own beginning. Proposed, in force nowhere yet.
    pub bip54: bool,
    /// The version floors.
    pub version_heights: VersionHeights,
}

/// A network whose parameters keep all arithmetic within bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network {
    rules: NetworkRules,
    timespan: u32,
    limit_bits: CompactTarget,
}

/// Why parameters make no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// The retarget rule measures from a period's first header to its last.
    #[error("a period of {got} headers, at least {expected} are needed")]
    IntervalTooShort {
        /// Headers in a period.
        got: u32,
        /// The least.
        expected: u32,
    },
    /// A quarter of the timespan must be at least a second, and four times must fit 32 bits.
    #[error("a period of {got} s, {expected} are allowed")]
    TimespanOutOfRange {
        /// Interval times spacing, in seconds.
        got: u64,
        /// The range.
        expected: &'static str,
    },
    /// No target at all.
    #[error("the target limit is {got}")]
    LimitIsZero {
        /// The limit.
        got: Target,
    },
    /// A retarget at the limit would not fit 256 bits.
    #[error("the target limit {got} times four timespans does not fit 256 bits")]
    LimitTooEasy {
        /// The limit.
        got: Target,
    },
}

refusals! {
    NetworkError {
        IntervalTooShort { got, expected } => "network_interval_too_short", Reject;
        TimespanOutOfRange { got, expected } => "network_timespan_out_of_range", Reject;
        LimitIsZero { got } => "network_limit_is_zero", Reject;
        LimitTooEasy { got } => "network_limit_too_easy", Reject;
    }
}

/// The fewest headers in a period.
const MIN_INTERVAL: u32 = 2;
/// The longest timespan, in seconds: four of them fit 32 bits.
const MAX_TIMESPAN: u32 = u32::MAX / 4;

impl Network {
    /// Checks that no retarget can leave 256 bits, and that periods make sense.
    pub fn new(rules: NetworkRules) -> Result<Self, NetworkError> {
        if rules.interval < MIN_INTERVAL {
            return Err(NetworkError::IntervalTooShort {
                got: rules.interval,
                expected: MIN_INTERVAL,
            });
        }
        let timespan = u64::from(rules.interval).saturating_mul(u64::from(rules.spacing));
        if !(4..=u64::from(MAX_TIMESPAN)).contains(&timespan) {
            return Err(NetworkError::TimespanOutOfRange {
                got: timespan,
                expected: "4 to 1073741823",
            });
        }
        if rules.limit.0.is_zero() {
            return Err(NetworkError::LimitIsZero { got: rules.limit });
        }
        let longest = U256::from(timespan).saturating_mul(U256::from(4));
        if !rules.no_retarget && rules.limit.0.checked_mul(longest).is_none() {
            return Err(NetworkError::LimitTooEasy { got: rules.limit });
        }
        Ok(Self::derive(rules))
    }

    fn derive(rules: NetworkRules) -> Self {
        Self {
            rules,
            timespan: rules.interval.saturating_mul(rules.spacing),
            limit_bits: rules.limit.to_compact(),
        }
    }

    /// Bitcoin itself.
    pub fn mainnet() -> Self {
        let genesis = genesis(MERKLE_ROOT_2009, 1_231_006_505, 0x1d00_ffff, 2_083_236_893);
        Self::derive(mainnet_like(genesis))
    }

    /// The third test network.
    pub fn testnet3() -> Self {
        Self::derive(NetworkRules {
            min_difficulty: true,
            version_heights: VersionHeights { v2: 21_111, v3: 330_776, v4: 581_885 },
            ..mainnet_like(genesis(MERKLE_ROOT_2009, 1_296_688_602, 0x1d00_ffff, 414_098_458))
        })
    }

    /// The fourth test network (BIP94).
    pub fn testnet4() -> Self {
        Self::derive(NetworkRules {
            min_difficulty: true,
            bip94: true,
            version_heights: FROM_THE_START,
            ..mainnet_like(genesis(MERKLE_ROOT_TESTNET4, 1_714_777_860, 0x1d00_ffff, 393_743_547))
        })
    }

    /// The default signet (BIP325). Its headers are authentic only with the signatures in the
    /// coinbases, which a header chain does not show: for tests alone.
    pub fn signet() -> Self {
        Self::derive(NetworkRules {
            limit: Target(SIGNET_LIMIT),
            version_heights: FROM_THE_START,
            ..mainnet_like(genesis(MERKLE_ROOT_2009, 1_598_918_400, 0x1e03_77ae, 52_613_770))
        })
    }

    /// The local test network of Bitcoin Core.
    pub fn regtest() -> Self {
        Self::derive(NetworkRules {
            interval: 144,
            limit: Target(REGTEST_LIMIT),
            min_difficulty: true,
            no_retarget: true,
            version_heights: FROM_THE_START,
            ..mainnet_like(genesis(MERKLE_ROOT_2009, 1_296_688_602, 0x207f_ffff, 2))
        })
    }

    /// The names that [`Self::by_name`] knows.
    pub const NAMES: [&'static str; 5] = ["mainnet", "testnet3", "testnet4", "signet", "regtest"];

    /// A public network by its name.
    pub fn by_name(name: &str) -> Option<Self> {
        match name {
            "mainnet" => Some(Self::mainnet()),
            "testnet3" => Some(Self::testnet3()),
            "testnet4" => Some(Self::testnet4()),
            "signet" => Some(Self::signet()),
            "regtest" => Some(Self::regtest()),
            _ => None,
        }
    }

    /// The parameters.
    pub fn rules(&self) -> &NetworkRules {
        &self.rules
    }

    /// The wanted duration of a period, in seconds.
    pub fn timespan(&self) -> u32 {
        self.timespan
    }

    /// The easiest target in compact form.
    pub fn limit_bits(&self) -> CompactTarget {
        self.limit_bits
    }

    /// A height's place in its period; 0 is a period's first header.
    pub fn position(&self, height: u64) -> u32 {
        let position = height.checked_rem(u64::from(self.rules.interval));
        position.and_then(|position| u32::try_from(position).ok()).unwrap_or_default()
    }

    /// The least version of a header at `height`.
    pub fn least_version(&self, height: u64) -> i32 {
        let VersionHeights { v2, v3, v4 } = self.rules.version_heights;
        match height {
            _ if height >= v4 => 4,
            _ if height >= v3 => 3,
            _ if height >= v2 => 2,
            _ => i32::MIN,
        }
    }
}

const FROM_THE_START: VersionHeights = VersionHeights { v2: 1, v3: 1, v4: 1 };

fn genesis(merkle_root: MerkleNode, time: u32, bits: u32, nonce: u32) -> Header {
    let bits = CompactTarget(bits);
    Header { version: 1, prev: BlockHash::default(), merkle_root, time, bits, nonce }
}

fn mainnet_like(genesis: Header) -> NetworkRules {
    NetworkRules {
        genesis,
        interval: 2016,
        spacing: 600,
        limit: Target(MAINNET_LIMIT),
        min_difficulty: false,
        no_retarget: false,
        bip94: false,
        bip54: false,
        version_heights: VersionHeights { v2: 227_931, v3: 363_725, v4: 388_381 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_networks_have_their_genesis_and_sound_parameters() {
        for (name, start) in [
            ("mainnet", "000000000019d668"),
            ("testnet3", "000000000933ea01"),
            ("testnet4", "00000000da84f2ba"),
            ("signet", "00000008819873e9"),
            ("regtest", "0f9188f13cb7b2c7"),
        ] {
            let network = Network::by_name(name).unwrap();
            assert_eq!(Network::new(*network.rules()), Ok(network), "{name}");
            let genesis = network.rules().genesis;
            assert!(genesis.hash().to_string().starts_with(start), "{name}");
            assert_eq!(network.limit_bits(), genesis.bits, "{name}");
        }
        assert_eq!(Network::by_name("main"), None);
    }

    #[test]
    fn parameters_at_the_edge() {
        let rules = *Network::mainnet().rules();
        let new = |rules| Network::new(rules).map(|_| ());
        let most = U256::MAX / U256::from(4 * 1_209_600);
        assert_eq!(new(NetworkRules { limit: Target(most), ..rules }), Ok(()));
        let limit = Target(most + U256::ONE);
        let too_easy = NetworkRules { limit, ..rules };
        assert_eq!(new(too_easy), Err(NetworkError::LimitTooEasy { got: limit }));
        assert_eq!(new(NetworkRules { no_retarget: true, ..too_easy }), Ok(()));
        assert_eq!(new(NetworkRules { interval: 2, spacing: 2, ..rules }), Ok(()));
        assert!(new(NetworkRules { interval: 1, ..rules }).is_err());
        assert!(new(NetworkRules { interval: 3, spacing: 1, ..rules }).is_err());
        assert!(new(NetworkRules { spacing: u32::MAX, ..rules }).is_err());
        assert!(new(NetworkRules { limit: Target(U256::ZERO), ..rules }).is_err());
    }
}
