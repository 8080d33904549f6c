//! Mined headers on networks that are cheap to mine on.

use alloy_primitives::U256;
use causeway_client_bitcoin::{
    Anchor, BlockHash, Chain, CompactTarget, Header, MerkleNode, Network, NetworkRules, RawHeader,
    Target, VersionHeights,
};

/// Time of the first header that the makers mine.
pub const GENESIS_TIME: u32 = 1_700_000_000;

/// One hash in sixteen is a proof of work at this limit.
pub const EASY_LIMIT: Target =
    Target(U256::from_limbs([u64::MAX, u64::MAX, u64::MAX, u64::MAX >> 4]));

/// Rules with periods of eight headers, ten seconds apart, and an easy limit.
pub fn scaled_rules() -> NetworkRules {
    let genesis = mine(Header {
        version: 4,
        prev: BlockHash::default(),
        merkle_root: MerkleNode([7; 32]),
        time: GENESIS_TIME,
        bits: EASY_LIMIT.to_compact(),
        nonce: 0,
    });
    NetworkRules {
        genesis,
        interval: 8,
        spacing: 10,
        limit: EASY_LIMIT,
        min_difficulty: false,
        no_retarget: false,
        bip94: false,
        bip54: false,
        version_heights: VersionHeights { v2: 1, v3: 1, v4: 1 },
    }
}

/// The network of [`scaled_rules`].
pub fn scaled() -> Network {
    Network::new(scaled_rules()).unwrap()
}

/// The header with the first nonce, from its own on, that meets its bits.
pub fn mine(mut header: Header) -> Header {
    let target = header.bits.expand().target;
    while !target.is_met_by(&header.hash()) {
        header.nonce = header.nonce.checked_add(1).expect("no nonce meets the target");
    }
    header
}

/// The header with the first nonce that does *not* meet its bits.
pub fn fail_to_mine(mut header: Header) -> Header {
    let target = header.bits.expand().target;
    while target.is_met_by(&header.hash()) {
        header.nonce += 1;
    }
    header
}

/// A branch under construction.
#[derive(Clone)]
pub struct Branch {
    pub network: Network,
    pub tip: Anchor,
    /// All headers after the start.
    pub headers: Vec<RawHeader>,
}

impl Branch {
    /// From the network's genesis on.
    pub fn new(network: &Network) -> Self {
        Self::from(network, Anchor::genesis(network))
    }

    /// From some place on.
    pub fn from(network: &Network, tip: Anchor) -> Self {
        Self { network: *network, tip, headers: Vec::new() }
    }

    /// The next header, not mined: `spacing` seconds after the tip, with the prescribed bits.
    pub fn draft(&self, spacing: i64) -> Header {
        let time = u32::try_from(i64::from(self.tip.header.time) + spacing).unwrap();
        let chain = Chain::new(&self.network, self.tip).unwrap();
        Header {
            version: 4,
            prev: self.tip.header.hash(),
            merkle_root: MerkleNode([1; 32]),
            time,
            bits: chain.next_bits(time),
            nonce: 0,
        }
    }

    /// Mines the draft as `change` leaves it, and appends it.
    pub fn push_with(&mut self, spacing: i64, change: impl FnOnce(&mut Header)) -> Header {
        let mut header = self.draft(spacing);
        change(&mut header);
        let header = mine(header);
        let mut chain = Chain::new(&self.network, self.tip).unwrap();
        chain.extend(&[header.to_bytes()], u64::MAX).unwrap();
        self.tip = *chain.tip();
        self.headers.push(header.to_bytes());
        header
    }

    /// Mines and appends a header.
    pub fn push(&mut self, spacing: i64) -> Header {
        self.push_with(spacing, |_| ())
    }

    /// Mines and appends headers, as far apart as the network wants them.
    pub fn grow(&mut self, count: usize) -> &mut Self {
        for _ in 0..count {
            self.push(i64::from(self.network.rules().spacing));
        }
        self
    }

    /// As [`Self::grow`], with a merkle root that sets this branch apart from others.
    pub fn grow_apart(&mut self, count: usize, mark: u8) -> &mut Self {
        for _ in 0..count {
            let spacing = i64::from(self.network.rules().spacing);
            self.push_with(spacing, |header| header.merkle_root = MerkleNode([mark; 32]));
        }
        self
    }
}

/// Genesis and `count` headers of a network without retargets, as bytes on end.
pub fn long_run(count: usize) -> (Network, Vec<u8>) {
    let rules = NetworkRules { no_retarget: true, ..scaled_rules() };
    let network = Network::new(rules).unwrap();
    let mut branch = Branch::new(&network);
    branch.grow(count);
    let mut bytes = rules.genesis.to_bytes().to_vec();
    bytes.extend(branch.headers.as_flattened());
    (network, bytes)
}

/// Compact bits off by one unit.
pub fn one_off(bits: CompactTarget) -> CompactTarget {
    CompactTarget(bits.0 ^ 1)
}
