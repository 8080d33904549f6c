//! What a chain is made of, and its first block.

use core::time::Duration;

use causeway_chain::{AUTHORITY, DEVELOPERS, developer_key};
use causeway_client_bitcoin::{
    BlockHash, CompactTarget, Header, Network, NetworkError, NetworkRules, StateRoot, Target,
    VersionHeights,
};
use causeway_core::Timestamp;
use causeway_wire_bitcoin::{Block, KeyHash, OwnedTransaction, data_script};

use crate::coinbase::{Parts, coinbase};
use crate::contracts::{ALIAS, genesis_state};

/// Coins of the first blocks, in the smallest unit.
const FIRST_SUBSIDY: u64 = 5_000_000_000;
/// Blocks from one halving to the next.
const HALVING_INTERVAL: u64 = 210_000;

/// The easiest target: 2^12 hashes a block. Times four timespans it stays far below 2^256.
const LIMIT_BITS: CompactTarget = CompactTarget(0x1f0f_ffff);
/// The first target: 2^14 hashes a block.
const GENESIS_BITS: CompactTarget = CompactTarget(0x1f03_ffff);
/// Expected hashes a block that [`GENESIS_BITS`] stand for.
const GENESIS_HASHES: u64 = 1 << 14;

/// Hashes a block where half of all hashes meet the target, as on regtest.
const REGTEST_HASHES: u64 = 2;
/// Blocks from one halving to the next on regtest.
const REGTEST_HALVING_INTERVAL: u64 = 150;
/// The first coinbase of Bitcoin, which regtest begins with too.
const COINBASE_2009: &str = "01000000010000000000000000000000000000000000000000000000000000000000\
    000000ffffffff4d04ffff001d0104455468652054696d65732030332f4a616e2f32303039204368616e63656c6c6f\
    72206f6e206272696e6b206f66207365636f6e64206261696c6f757420666f722062616e6b73ffffffff0100f2052a\
    01000000434104678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4\
    f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac00000000";

/// Which rules the headers follow, and where the chain begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameters {
    /// The bundled chain's own: a retarget every few blocks, a first block of its own.
    Own,
    /// Bitcoin Core's regtest, first block included: its engine connects all blocks. Any two hashes
    /// make a block, targets stay, rewards halve every 150 blocks, and the first block commits to
    /// no state.
    Regtest,
}

/// How a chain is set up. The same configuration gives the same chain.
#[derive(Clone, Debug)]
pub struct Config {
    /// The chain's name, in its first coinbase.
    pub name: String,
    /// Where all randomness comes from; in the first coinbase too, so that chains differ.
    pub seed: u64,
    /// The rules of headers.
    pub parameters: Parameters,
    /// Time of the first block; on regtest, when mining begins.
    pub genesis_time: Timestamp,
    /// The wanted time between blocks, in seconds.
    pub spacing_secs: u32,
    /// Blocks from one retarget to the next.
    pub retarget_interval: u32,
    /// Hashes that all miners together try in `spacing_secs`.
    pub hashes_per_spacing: u64,
    /// How many participants there are.
    pub miners: u32,
    /// Accounts that the rewards of the blocks up to [`Config::funding_blocks`] go to in turn;
    /// later rewards go to the miners. A choice of the miners, no rule.
    pub funded: Vec<KeyHash>,
    /// Up to which height the rewards go to `funded`.
    pub funding_blocks: u64,
}

impl Config {
    /// Four miners, a block in two seconds, a retarget every 32 blocks; the rewards of the first 16
    /// blocks go in turn to the developers' accounts and the authority's.
    pub fn new(seed: u64, genesis_time: Timestamp) -> Self {
        Self {
            name: "pow".into(),
            seed,
            parameters: Parameters::Own,
            genesis_time,
            spacing_secs: 2,
            retarget_interval: 32,
            hashes_per_spacing: GENESIS_HASHES,
            miners: 4,
            funded: developers(seed),
            funding_blocks: 16,
        }
    }

    /// The same with the parameters of Bitcoin Core's regtest.
    pub fn regtest(seed: u64, genesis_time: Timestamp) -> Self {
        Self {
            parameters: Parameters::Regtest,
            hashes_per_spacing: REGTEST_HASHES,
            ..Self::new(seed, genesis_time)
        }
    }

    /// The wanted time between blocks.
    pub fn spacing(&self) -> Duration {
        Duration::from_secs(self.spacing_secs.into())
    }
}

/// The developers' accounts and the authority's.
fn developers(seed: u64) -> Vec<KeyHash> {
    let account = |name| KeyHash::of(developer_key(ALIAS, name, seed).verifying_key());
    DEVELOPERS.into_iter().chain([AUTHORITY]).map(account).collect()
}

/// Why a configuration gives no chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The retarget rule has no such parameters.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// Headers carry 32 bits of seconds.
    #[error("the first block's time {got} does not fit a header")]
    GenesisTime {
        /// The time.
        got: Timestamp,
    },
    /// Branches compete from two on, and the network is meant for few.
    #[error("{got} miners, {expected} are possible")]
    Miners {
        /// How many were asked for.
        got: u32,
        /// How many may be.
        expected: &'static str,
    },
    /// The first coinbase's input script holds at most 100 bytes.
    #[error("a name of {got} bytes, 1 to {expected} are allowed")]
    Name {
        /// Its length.
        got: usize,
        /// The most.
        expected: usize,
    },
    /// No nonce met the first target.
    #[error("the first block could not be mined")]
    Genesis,
}

/// The rules of one chain, with its first block.
#[derive(Clone, Debug)]
pub struct Rules {
    pub(crate) network: Network,
    pub(crate) genesis: Block,
    /// What the state begins with.
    pub(crate) identity: Vec<u8>,
    pub(crate) halving_interval: u64,
}

impl Rules {
    /// Makes the first block of a configuration, and the rules that follow from it.
    pub fn new(config: &Config) -> Result<Self, ConfigError> {
        /// The height's push, the seed and the pushes of both leave so much.
        const MAX_NAME_LEN: usize = 64;
        let got = config.name.len();
        if got == 0 || got > MAX_NAME_LEN {
            return Err(ConfigError::Name { got, expected: MAX_NAME_LEN });
        }
        if !(1..=16).contains(&config.miners) {
            return Err(ConfigError::Miners { got: config.miners, expected: "1 to 16" });
        }
        let identity = [config.name.as_bytes(), b"/", &config.seed.to_le_bytes()].concat();
        match config.parameters {
            Parameters::Own => Self::own(config, identity),
            Parameters::Regtest => Self::regtest(identity),
        }
    }

    fn own(config: &Config, identity: Vec<u8>) -> Result<Self, ConfigError> {
        let genesis = genesis_block(config, &identity)?;
        let network = Network::new(NetworkRules {
            genesis: genesis.header,
            interval: config.retarget_interval,
            spacing: config.spacing_secs,
            limit: limit(),
            min_difficulty: false,
            no_retarget: false,
            bip94: true,
            bip54: true,
            version_heights: VersionHeights { v2: 1, v3: 1, v4: 1 },
        })?;
        Ok(Self { network, genesis, identity, halving_interval: HALVING_INTERVAL })
    }

    fn regtest(identity: Vec<u8>) -> Result<Self, ConfigError> {
        let network = Network::regtest();
        let bytes = hex::decode(COINBASE_2009).map_err(|_| ConfigError::Genesis)?;
        let coinbase = OwnedTransaction::from_bytes(&bytes).map_err(|_| ConfigError::Genesis)?;
        let genesis = Block { header: network.rules().genesis, transactions: vec![coinbase] };
        Ok(Self { network, genesis, identity, halving_interval: REGTEST_HALVING_INTERVAL })
    }

    /// New coins of the block at `height`.
    pub fn subsidy(&self, height: u64) -> u64 {
        subsidy(height, self.halving_interval)
    }

    /// The rules of the headers, for any light client.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The network id (CAIP-2): the first half of the first block's hash.
    pub fn network_id(&self) -> String {
        let hash = self.genesis.header.hash().to_string();
        format!("bip122:{}", hash.get(..32).unwrap_or(&hash))
    }

    /// The first block.
    pub fn genesis(&self) -> &Block {
        &self.genesis
    }
}

fn limit() -> Target {
    LIMIT_BITS.expand().target
}

/// New coins of the block at `height`, halved every `interval` blocks.
pub(crate) fn subsidy(height: u64, interval: u64) -> u64 {
    let halvings = height.checked_div(interval).unwrap_or_default();
    FIRST_SUBSIDY.unbounded_shr(u32::try_from(halvings).unwrap_or(u32::MAX))
}

/// The first block pays nobody: as in every chain of this format, its outputs cannot be spent.
fn genesis_block(config: &Config, identity: &[u8]) -> Result<Block, ConfigError> {
    let time = u32::try_from(config.genesis_time.secs())
        .map_err(|_| ConfigError::GenesisTime { got: config.genesis_time })?;
    let state = genesis_state(identity).map_err(|_| ConfigError::Genesis)?;
    let root = StateRoot(state.root_hash().0);
    let parts = Parts {
        height: 0,
        extra: identity,
        reward: 0,
        reward_script: data_script(identity),
        state_root: root,
    };
    let transaction = coinbase(&parts, &[]);
    let merkle_root = transaction.txid().into();
    let bits = GENESIS_BITS;
    let mut header =
        Header { version: VERSION, prev: BlockHash::default(), merkle_root, time, bits, nonce: 0 };
    let target = bits.expand().target;
    while !target.is_met_by(&header.hash()) {
        header.nonce = header.nonce.checked_add(1).ok_or(ConfigError::Genesis)?;
    }
    Ok(Block { header, transactions: vec![transaction] })
}

/// No deployment is signalled (BIP9).
pub(crate) const VERSION: i32 = 0x2000_0000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_of_other_seeds_begin_with_other_blocks() {
        let genesis = |seed| {
            let start = Timestamp::from_secs(1_800_000_000).unwrap();
            Rules::new(&Config::new(seed, start)).unwrap().genesis.header.hash()
        };
        assert_eq!(genesis(1), genesis(1));
        assert_ne!(genesis(1), genesis(2));
    }

    #[test]
    fn rewards_halve() {
        let subsidy = |height| subsidy(height, HALVING_INTERVAL);
        assert_eq!(subsidy(1), 5_000_000_000);
        assert_eq!(subsidy(209_999), 5_000_000_000);
        assert_eq!(subsidy(210_000), 2_500_000_000);
        assert_eq!(subsidy(u64::MAX), 0);
    }

    #[test]
    fn regtest_begins_with_its_own_block() {
        let start = Timestamp::from_secs(1_800_000_000).unwrap();
        let rules = Rules::new(&Config::regtest(1, start)).unwrap();
        assert_eq!(rules.genesis.merkle_root(), Some(rules.genesis.header.merkle_root));
        assert_eq!(rules.network_id(), "bip122:0f9188f13cb7b2c71f2a335e3a4fc328");
        assert_eq!((rules.subsidy(149), rules.subsidy(150)), (5_000_000_000, 2_500_000_000));
    }
}
