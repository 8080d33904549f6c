//! Mined headers on networks that are cheap to mine on.

use std::collections::BTreeMap;
use std::time::Duration;

use alloy_primitives::U256;
use causeway_client_bitcoin::{
    Anchor, BitcoinClient, BlockHash, Chain, ClientError, ClientMessage, ClientState,
    CoinbaseProof, CommitmentMagic, CompactTarget, ConsensusState, Depths, Header, MerkleNode,
    Network, NetworkRules, RawHeader, StateRoot, Target, Transaction, VersionHeights,
    commitment_script, header_messages, height_push, merkle,
};
use causeway_core::{Height, Timestamp};
use causeway_ics23::CommitmentProof;
use causeway_light_client::{Advance, ClientView, LightClient, Verdict};
use causeway_store::{Tree, Version};

/// Time of the first header that the makers mine.
pub const GENESIS_TIME: u32 = 1_700_000_000;

/// One hash in 512 is a proof of work at this limit: as easy as the periods of [`scaled_rules`]
/// allow.
pub const EASY_LIMIT: Target =
    Target(U256::from_limbs([u64::MAX, u64::MAX, u64::MAX, u64::MAX >> 9]));

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

    /// As [`Self::grow`], at a pace that retargets leave alone: the first and last header of a
    /// period are a whole timespan apart, not one interval less.
    pub fn grow_steadily(&mut self, count: usize) -> &mut Self {
        let rules = *self.network.rules();
        let timespan = self.network.timespan();
        let elapsed = |position: u32| i64::from(position * timespan / (rules.interval - 1));
        for _ in 0..count {
            let pace = match self.network.position(self.tip.height + 1) {
                0 => i64::from(rules.spacing),
                position => elapsed(position) - elapsed(position - 1),
            };
            self.push(pace);
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

/// Marks the state commitments that the makers mine.
pub const MAGIC: CommitmentMagic = CommitmentMagic(*b"CSWY");

/// Outputs of a coinbase, as value and script.
pub type Outputs = Vec<(u64, Vec<u8>)>;

/// A coinbase without witness, with these outputs.
pub fn coinbase(height: u64, outputs: &Outputs) -> Vec<u8> {
    let mut script = height_push(height);
    script.extend([2, 0xca, 0xfe]);
    let mut bytes = 2_i32.to_le_bytes().to_vec();
    bytes.push(1);
    bytes.extend([0; 32]);
    bytes.extend(u32::MAX.to_le_bytes());
    bytes.push(u8::try_from(script.len()).unwrap());
    bytes.extend(&script);
    bytes.extend(0xffff_fffe_u32.to_le_bytes());
    bytes.push(u8::try_from(outputs.len()).unwrap());
    for (value, script) in outputs {
        bytes.extend(value.to_le_bytes());
        bytes.push(u8::try_from(script.len()).unwrap());
        bytes.extend(script);
    }
    bytes.extend(u32::try_from(height.saturating_sub(1)).unwrap().to_le_bytes());
    bytes
}

/// A coinbase's usual outputs: a reward, and the commitment to a state.
pub fn outputs(root: StateRoot) -> Outputs {
    let reward = [vec![0, 20], vec![9; 20]].concat();
    vec![(5_000_000_000, reward), (0, commitment_script(MAGIC, root).to_vec())]
}

/// A transaction that spends some output of `seed`.
pub fn payment(seed: u8) -> Vec<u8> {
    let mut bytes = 2_i32.to_le_bytes().to_vec();
    bytes.push(1);
    bytes.extend([seed; 36]);
    bytes.extend([0, 0xff, 0xff, 0xff, 0xff, 1]);
    bytes.extend(u64::from(seed).to_le_bytes());
    bytes.extend([22, 0, 20]);
    bytes.extend([seed; 20]);
    bytes.extend([0; 4]);
    bytes
}

fn txid(bytes: &[u8]) -> MerkleNode {
    Transaction::from_bytes(bytes).unwrap().txid.into()
}

/// A chain whose coinbases commit to states.
#[derive(Clone)]
pub struct StateChain {
    pub branch: Branch,
    /// The transactions of each block, coinbase first.
    pub blocks: BTreeMap<u64, Vec<Vec<u8>>>,
}

impl StateChain {
    /// A chain of the genesis alone, which commits to nothing.
    pub fn new(network: &Network) -> Self {
        Self { branch: Branch::new(network), blocks: BTreeMap::new() }
    }

    /// Mines a block that commits to `root`, with two payments besides; gives its height.
    pub fn commit(&mut self, root: StateRoot) -> u64 {
        self.mine(&outputs(root))
    }

    /// Mines a block whose coinbase has these outputs.
    pub fn mine(&mut self, outputs: &Outputs) -> u64 {
        let height = self.branch.tip.height + 1;
        let coinbase = coinbase(height, outputs);
        self.mine_transactions(vec![coinbase, payment(1), payment(2)])
    }

    /// As [`Self::mine`], with a time this many seconds after the last.
    pub fn mine_spaced(&mut self, outputs: &Outputs, spacing: i64) -> u64 {
        let coinbase = coinbase(self.branch.tip.height + 1, outputs);
        self.mine_block(vec![coinbase, payment(1), payment(2)], spacing)
    }

    /// Mines a block of these transactions.
    pub fn mine_transactions(&mut self, transactions: Vec<Vec<u8>>) -> u64 {
        self.mine_block(transactions, i64::from(self.branch.network.rules().spacing))
    }

    fn mine_block(&mut self, transactions: Vec<Vec<u8>>, spacing: i64) -> u64 {
        let leaves: Vec<_> = transactions.iter().map(|bytes| txid(bytes)).collect();
        let merkle_root = merkle::root(&leaves).unwrap();
        self.branch.push_with(spacing, |header| header.merkle_root = merkle_root);
        let height = self.branch.tip.height;
        self.blocks.insert(height, transactions);
        height
    }

    /// Proof of the state root at a height.
    pub fn coinbase_proof(&self, height: u64) -> CoinbaseProof {
        let transactions = &self.blocks[&height];
        let leaves: Vec<_> = transactions.iter().map(|bytes| txid(bytes)).collect();
        CoinbaseProof {
            coinbase: transactions[0].clone(),
            branch: merkle::branch(&leaves, 0).unwrap(),
        }
    }

    /// The headers above `height`, as messages for a client.
    pub fn messages_above(&self, height: u64) -> Vec<ClientMessage> {
        let below = self.branch.tip.height - self.branch.headers.len() as u64;
        header_messages(&self.branch.headers[usize::try_from(height - below).unwrap()..])
    }
}

/// The state of a client that starts at `anchor`: 3 confirmations, a window of 20, an hour of
/// drift, no expiry.
pub fn client_state(network: &Network, anchor: Anchor) -> ClientState {
    let depths = Depths { confirmations: 3, fork_window: 20 };
    ClientState::new(*network, depths, Duration::from_hours(1), MAGIC, anchor)
}

/// A host time at which nothing that the makers mine is ahead of the clock.
pub fn late() -> Timestamp {
    Timestamp::from_secs(u64::from(u32::MAX)).unwrap()
}

/// A host's store of one client.
#[derive(Clone)]
pub struct Host {
    pub client_state: ClientState,
    pub consensus_states: BTreeMap<Height, ConsensusState>,
    pub records: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Host {
    /// Creates the client.
    pub fn new(client_state: ClientState) -> Self {
        let mut host =
            Self { client_state, consensus_states: BTreeMap::new(), records: BTreeMap::new() };
        let consensus_state = ConsensusState::from(&client_state.finalized);
        host.apply(BitcoinClient::initialise(client_state, consensus_state, late()).unwrap());
        host
    }

    /// Sends a message to the client, and writes what its verdict says; a verdict of misbehaviour
    /// freezes it.
    pub fn update(
        &mut self,
        message: &ClientMessage,
        now: Timestamp,
    ) -> Result<Verdict<BitcoinClient>, ClientError> {
        let verdict = BitcoinClient::verify_client_message(self, message, now)?;
        match verdict.clone() {
            Verdict::Advance(advance) => self.apply(advance),
            Verdict::AlreadyKnown => (),
            Verdict::Misbehaviour(frozen) => self.client_state = frozen,
        }
        Ok(verdict)
    }

    /// As [`Self::update`], with headers that nothing is wrong with.
    pub fn follow(&mut self, headers: &[RawHeader]) -> &mut Self {
        for message in header_messages(headers) {
            let verdict = self.update(&message, late()).unwrap();
            assert!(matches!(verdict, Verdict::Advance(_)), "{verdict:?}");
        }
        self
    }

    /// Writes what a verdict says.
    pub fn apply(&mut self, advance: Advance<BitcoinClient>) {
        self.client_state = advance.client_state;
        for (height, state) in advance.consensus_states {
            match state {
                Some(state) => self.consensus_states.insert(height, state),
                None => self.consensus_states.remove(&height),
            };
        }
        for write in advance.records {
            match write.value {
                Some(value) => self.records.insert(write.key, value),
                None => self.records.remove(&write.key),
            };
        }
    }
}

impl ClientView<BitcoinClient> for Host {
    fn client_state(&self) -> &ClientState {
        &self.client_state
    }

    fn consensus_state(&self, height: Height) -> Option<ConsensusState> {
        self.consensus_states.get(&height).copied()
    }

    fn previous_consensus_state(&self, height: Height) -> Option<(Height, ConsensusState)> {
        self.consensus_states.range(..height).next_back().map(|(height, state)| (*height, *state))
    }

    fn next_consensus_state(&self, height: Height) -> Option<(Height, ConsensusState)> {
        let mut above = self.consensus_states.range(height..).filter(|(at, _)| **at != height);
        above.next().map(|(height, state)| (*height, *state))
    }

    fn record(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.records.get(key).cloned()
    }
}

/// A state of one entry, with a proof of it.
pub fn one_entry(key: &[u8], value: &[u8]) -> (StateRoot, CommitmentProof) {
    let version = Version::new(1).unwrap();
    let mut tree = Tree::starting_at(version);
    tree.insert(key, value).unwrap();
    let root = tree.commit(version).unwrap();
    (StateRoot(root.0), tree.at(version).unwrap().prove(key).unwrap())
}
