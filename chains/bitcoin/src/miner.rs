//! One participant: its own blocks, state and mempool, and a search for the next block.

use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::Arc;

use causeway_chain::PeerId;
use causeway_client_bitcoin::{Anchor, BlockHash, Header, RawHeader, Txid, hash_headers};
use causeway_core::{DecodeError, Timestamp};
use causeway_store::StoreError;
use causeway_wire_bitcoin::{Block, KeyHash, OwnedTransaction};

use crate::blocks::BlockIndex;
use crate::check::check_block;
use crate::config::Rules;
use crate::contracts::Contracts;
use crate::ledger::{KEPT_STATES, Ledger, Undo};
use crate::mempool::{Mempool, MempoolError};
use crate::spend::SpendContext;
use crate::template::template;

mod branches;

pub(crate) use branches::{BranchError, Rival, SubmitHeaderError};

/// How far a header may be ahead of the clock, in seconds (Bitcoin Core `MAX_FUTURE_BLOCK_TIME`).
pub(crate) const MAX_FUTURE_SECS: u64 = 7200;
/// Headers in one message (Bitcoin Core `MAX_HEADERS_RESULTS`).
const MAX_HEADERS: usize = 2000;
/// Blocks asked for at once; more are asked for when the sender announces itself again.
const MAX_BLOCKS_ASKED: usize = 128;
/// Hashes in a locator: it covers a chain of 2^32 blocks, since its steps double.
const MAX_LOCATOR: usize = 42;
/// Locators step by one for so many blocks, then double their step.
const DENSE_LOCATOR: usize = 10;
/// Headers that fork off deeper than this below the tip are not kept: they cost too little work.
const MAX_FORK_DEPTH: u64 = 1000;
/// A block is searched for so long before it is made anew with more transactions: making it costs
/// as much as all that is in it.
const MIN_SEARCH: Duration = Duration::from_millis(500);
/// Headers hashed at once.
const LANES: usize = 64;

/// What participants tell each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Headers in a row, of the sender's chain.
    Headers(Vec<RawHeader>),
    /// Asks for the headers behind the first of these hashes that is on the receiver's chain.
    GetHeaders(Vec<BlockHash>),
    /// Asks for blocks.
    GetBlocks(Vec<BlockHash>),
    /// A block.
    Block(Arc<[u8]>),
    /// A transaction.
    Transaction(Arc<[u8]>),
}

/// A message to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// To one participant, or to all others.
    pub to: Option<PeerId>,
    /// The message.
    pub message: Message,
}

/// Why a transaction from outside is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// It is none.
    #[error("TX decode failed. {0}")]
    Decode(#[from] DecodeError),
    /// It may not wait for a block.
    #[error(transparent)]
    Mempool(#[from] MempoolError),
}

/// Who mines, and where the rewards of the first blocks go.
#[derive(Clone, Debug)]
pub(crate) struct Payees {
    pub(crate) own: KeyHash,
    pub(crate) funded: Vec<KeyHash>,
    pub(crate) funding_blocks: u64,
}

impl Payees {
    fn at(&self, height: u64) -> KeyHash {
        let count = u64::try_from(self.funded.len()).unwrap_or(u64::MAX);
        let turn = height.checked_rem(count).and_then(|turn| usize::try_from(turn).ok());
        let funded = turn.and_then(|turn| self.funded.get(turn));
        funded.copied().filter(|_| height <= self.funding_blocks).unwrap_or(self.own)
    }
}

/// What became of a header.
enum Added {
    /// It is valid, and known from now on if it was not before.
    Known(BlockHash),
    /// It is not valid, or forks off too deep.
    Refused,
    /// Its parent is not known.
    Orphan,
}

/// A participant.
#[derive(Clone, Debug)]
pub struct Miner {
    rules: Arc<Rules>,
    id: PeerId,
    payees: Payees,
    index: BlockIndex,
    /// The chain that is followed, by height.
    active: Vec<BlockHash>,
    undos: BTreeMap<u64, Undo>,
    ledger: Ledger,
    mempool: Mempool,
    search: Option<Block>,
    /// When the searched block was made, and whether there is more to put into it.
    searched_since: Timestamp,
    is_search_stale: bool,
    reorganisations: u64,
    outgoing: Vec<Outgoing>,
}

impl Miner {
    pub(crate) fn new(
        rules: Arc<Rules>,
        contracts: Arc<Contracts>,
        id: PeerId,
        payees: Payees,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            index: BlockIndex::new(&rules),
            active: vec![rules.genesis().header.hash()],
            undos: BTreeMap::new(),
            ledger: Ledger::genesis(contracts, &rules)?,
            mempool: Mempool::default(),
            search: None,
            searched_since: Timestamp::from_nanos(0),
            is_search_stale: false,
            reorganisations: 0,
            outgoing: Vec::new(),
            rules,
            id,
            payees,
        })
    }

    /// Height of the tip.
    pub fn height(&self) -> u64 {
        self.ledger.height()
    }

    /// The tip, with what the next header is judged by.
    pub fn tip(&self) -> Anchor {
        let tip = self.active.last().and_then(|hash| self.index.get(hash));
        tip.map_or_else(|| Anchor::genesis(self.rules.network()), |entry| entry.anchor)
    }

    /// The tip's hash.
    pub fn tip_hash(&self) -> BlockHash {
        self.active.last().copied().unwrap_or_default()
    }

    /// The state after the tip.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// What waits for a block.
    pub fn mempool(&self) -> &Mempool {
        &self.mempool
    }

    /// How many times a block of the followed chain was taken back for a branch with more work.
    pub fn reorganisations(&self) -> u64 {
        self.reorganisations
    }

    /// The blocks of the followed chain, from the first on.
    pub fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.active.iter().filter_map(|hash| self.index.get(hash)?.block.as_deref())
    }

    /// A block on any branch, with what its children are judged by.
    pub fn block(&self, hash: &BlockHash) -> Option<(&Anchor, &Block)> {
        let entry = self.index.get(hash)?;
        Some((&entry.anchor, entry.block.as_deref()?))
    }

    /// The followed chain's block at a height.
    pub fn hash_at(&self, height: u64) -> Option<BlockHash> {
        self.active.get(usize::try_from(height).ok()?).copied()
    }

    /// What a block on the tip is judged by.
    pub fn next_context(&self) -> SpendContext {
        let tip = self.tip();
        let height = tip.height.saturating_add(1);
        SpendContext { height, median_time: tip.last_times.median() }
    }

    /// Hands in a transaction, as it came.
    pub fn submit(&mut self, bytes: &[u8]) -> Result<Txid, SubmitError> {
        let transaction = Arc::new(OwnedTransaction::from_bytes(bytes)?);
        let txid = self.mempool.accept(transaction, &self.ledger, self.next_context())?;
        self.is_search_stale = true;
        self.tell_all(Message::Transaction(bytes.into()));
        Ok(txid)
    }

    pub(crate) fn take_outgoing(&mut self) -> Vec<Outgoing> {
        core::mem::take(&mut self.outgoing)
    }

    /// The blocks that became known with all before them since the last call, parents first.
    pub(crate) fn take_fresh(&mut self) -> Vec<Arc<Block>> {
        self.index.take_fresh()
    }

    /// Takes a block that an earlier run wrote.
    pub(crate) fn restore(&mut self, block: &Block, now: Timestamp) {
        self.add_block(block.clone(), now);
    }

    /// Tells all others of the tip, so that whoever missed something asks for it.
    pub(crate) fn announce(&mut self) {
        self.tell_all(Message::Headers(vec![self.tip().header.to_bytes()]));
    }

    /// Takes a message; nothing in it is trusted.
    pub(crate) fn handle(&mut self, from: PeerId, message: &Message, now: Timestamp) {
        match message {
            Message::Headers(headers) => self.take_headers(from, headers, now),
            Message::GetHeaders(locator) => self.give_headers(from, locator),
            Message::GetBlocks(hashes) => self.give_blocks(from, hashes),
            Message::Block(bytes) => self.take_block(from, bytes, now),
            // A transaction that is refused here is no concern of its sender.
            Message::Transaction(bytes) => drop(self.submit(bytes)),
        }
    }

    /// Tries so many nonces.
    pub(crate) fn mine(&mut self, mut attempts: u64, now: Timestamp) {
        while attempts > 0 {
            let Some(mut block) = self.searched(now) else { return };
            let lanes = u64::try_from(LANES).unwrap_or(u64::MAX).min(attempts);
            attempts = attempts.saturating_sub(lanes);
            if search(&mut block.header, lanes) {
                let bytes = block.to_bytes();
                self.add_block(block, now);
                self.tell_all(Message::Block(bytes.into()));
            } else {
                self.search = Some(block);
            }
        }
    }

    /// The block whose nonce is searched: a new one when a second has passed, the tip has changed,
    /// more waits since a while, or the nonces are used up.
    fn searched(&mut self, now: Timestamp) -> Option<Block> {
        let is_young = now < self.searched_since.saturating_add(MIN_SEARCH);
        let is_good = is_young || !self.is_search_stale;
        let current = self.search.take().filter(|block| {
            u64::from(block.header.time) >= now.secs() && block.header.nonce < u32::MAX && is_good
        });
        current.or_else(|| {
            (self.searched_since, self.is_search_stale) = (now, false);
            let parent = self.tip();
            let payee = self.payees.at(parent.height.saturating_add(1));
            let extra = [&self.id.0.to_le_bytes()[..], &now.nanos().to_le_bytes()].concat();
            let (ledger, mempool) = (&self.ledger, &self.mempool);
            template(&self.rules, &parent, ledger, mempool, payee, &extra, now).ok()
        })
    }

    fn tell(&mut self, to: PeerId, message: Message) {
        self.outgoing.push(Outgoing { to: Some(to), message });
    }

    fn tell_all(&mut self, message: Message) {
        self.outgoing.push(Outgoing { to: None, message });
    }

    fn take_headers(&mut self, from: PeerId, headers: &[RawHeader], now: Timestamp) {
        let mut last = None;
        for raw in headers.iter().take(MAX_HEADERS) {
            match self.add_header(raw, now) {
                Added::Known(hash) => last = Some(hash),
                Added::Refused => break,
                Added::Orphan => {
                    let locator = self.locator();
                    return self.tell(from, Message::GetHeaders(locator));
                }
            }
        }
        let Some(last) = last else { return };
        if headers.len() >= MAX_HEADERS {
            self.tell(from, Message::GetHeaders(vec![last]));
        }
        // Of a rival with as much work as the tip the blocks are wanted too, as nodes do it.
        let has_enough_work = self
            .index
            .get(&last)
            .is_some_and(|entry| entry.anchor.chainwork >= self.tip().chainwork);
        let missing = self.index.missing(last, MAX_BLOCKS_ASKED);
        if has_enough_work && !missing.is_empty() {
            self.tell(from, Message::GetBlocks(missing));
        }
    }

    fn add_header(&mut self, raw: &RawHeader, now: Timestamp) -> Added {
        let parent = self.index.get(&Header::from_bytes(raw).prev);
        let Some(parent_height) = parent.map(|parent| parent.anchor.height) else {
            return if self.index.is_genesis(raw) {
                Added::Known(Header::from_bytes(raw).hash())
            } else {
                Added::Orphan
            };
        };
        if parent_height.saturating_add(MAX_FORK_DEPTH) < self.height() {
            return Added::Refused;
        }
        let latest_time = now.secs().saturating_add(MAX_FUTURE_SECS);
        match self.index.add_header(&self.rules, raw, latest_time) {
            Some(Ok(hash)) => Added::Known(hash),
            _ => Added::Refused,
        }
    }

    /// Hashes of the followed chain, from the tip back in ever longer steps.
    fn locator(&self) -> Vec<BlockHash> {
        let mut locator = Vec::new();
        let mut back = 0_usize;
        let mut step = 1_usize;
        while let Some(hash) = self.active.iter().rev().nth(back) {
            locator.push(*hash);
            if locator.len() >= DENSE_LOCATOR {
                step = step.saturating_mul(2);
            }
            back = back.saturating_add(step);
        }
        locator
    }

    /// True, and its height, when a hash is on the followed chain.
    fn active_height(&self, hash: &BlockHash) -> Option<usize> {
        let height = usize::try_from(self.index.get(hash)?.anchor.height).ok()?;
        (self.active.get(height) == Some(hash)).then_some(height)
    }

    fn give_headers(&mut self, to: PeerId, locator: &[BlockHash]) {
        let known = locator.iter().take(MAX_LOCATOR).find_map(|hash| self.active_height(hash));
        let after = known.unwrap_or_default().saturating_add(1);
        let headers: Vec<_> = self
            .active
            .iter()
            .skip(after)
            .take(MAX_HEADERS)
            .filter_map(|hash| Some(self.index.get(hash)?.anchor.header.to_bytes()))
            .collect();
        if !headers.is_empty() {
            self.tell(to, Message::Headers(headers));
        }
    }

    fn give_blocks(&mut self, to: PeerId, hashes: &[BlockHash]) {
        for hash in hashes.iter().take(MAX_BLOCKS_ASKED) {
            let block = self.index.get(hash).and_then(|entry| entry.block.clone());
            if let Some(block) = block {
                self.tell(to, Message::Block(block.to_bytes().into()));
            }
        }
    }

    fn take_block(&mut self, from: PeerId, bytes: &[u8], now: Timestamp) {
        let Ok(block) = Block::from_bytes(bytes) else { return };
        if self.index.get(&block.header.prev).is_none() {
            let locator = self.locator();
            return self.tell(from, Message::GetHeaders(locator));
        }
        if self.add_block(block, now) {
            self.announce();
        }
    }

    /// Keeps a block whose body is its header's, and follows it if it has more work than the
    /// followed chain; true when the tip has changed.
    fn add_block(&mut self, block: Block, now: Timestamp) -> bool {
        let Added::Known(hash) = self.add_header(&block.header.to_bytes(), now) else {
            return false;
        };
        let height = self.index.get(&hash).map(|entry| entry.anchor.height);
        if height.is_none_or(|height| check_block(&block, height).is_err()) {
            return false;
        }
        self.index.add_block(hash, Arc::new(block));
        self.follow_most_work()
    }

    /// Goes over to the complete branch with the most work. A branch with a block that breaks a
    /// rule is left for the best of the others, which may be the one that was followed before.
    fn follow_most_work(&mut self) -> bool {
        self.follow_from(self.tip_hash(), Vec::new())
    }

    /// The same when blocks of the chain up to `before` were taken back already.
    fn follow_from(&mut self, before: BlockHash, mut returned: Vec<Arc<Block>>) -> bool {
        while let Some(best) = self.index.best().filter(|best| *best != self.tip_hash()) {
            match self.branch_to(best) {
                Some((fork, branch)) => self.switch(fork, &branch, &mut returned),
                None => self.index.fail(best),
            }
        }
        if self.tip_hash() == before {
            return false;
        }
        self.search = None;
        if !returned.is_empty() {
            self.reorganisations = self.reorganisations.saturating_add(1);
        }
        let waiting = returned.into_iter().flat_map(|block: Arc<Block>| {
            block.transactions.iter().skip(1).cloned().map(Arc::new).collect::<Vec<_>>()
        });
        let context = self.next_context();
        self.mempool.rebuild(waiting.collect(), &self.ledger, context);
        true
    }

    /// Where a branch leaves the followed chain, and its blocks from there on; `None` when that is
    /// deeper than blocks can be taken back.
    fn branch_to(&self, tip: BlockHash) -> Option<(u64, Vec<BlockHash>)> {
        let mut branch = Vec::new();
        let mut hash = tip;
        while self.active_height(&hash).is_none() {
            branch.push(hash);
            hash = self.index.get(&hash)?.anchor.header.prev;
        }
        branch.reverse();
        let fork = self.index.get(&hash)?.anchor.height;
        (fork >= self.ledger.oldest_state()).then_some((fork, branch))
    }

    fn switch(&mut self, fork: u64, branch: &[BlockHash], returned: &mut Vec<Arc<Block>>) {
        while self.height() > fork {
            let Some(block) = self.disconnect() else { break };
            // Blocks are taken back last first, and their transactions wait in their own order.
            returned.insert(0, block);
        }
        for hash in branch {
            if !self.connect(*hash) {
                self.index.fail(*hash);
                break;
            }
        }
    }

    fn disconnect(&mut self) -> Option<Arc<Block>> {
        let undo = self.undos.remove(&self.height())?;
        if !self.ledger.disconnect(undo) {
            return None;
        }
        let hash = self.active.pop()?;
        self.index.get(&hash)?.block.clone()
    }

    fn connect(&mut self, hash: BlockHash) -> bool {
        let median_time = self.tip().last_times.median();
        let block = self.index.get(&hash).and_then(|entry| entry.block.clone());
        let Some(Ok(undo)) = block.map(|block| self.ledger.connect(&block, median_time)) else {
            return false;
        };
        self.undos.insert(self.height(), undo);
        self.undos = self.undos.split_off(&self.height().saturating_sub(KEPT_STATES));
        self.active.push(hash);
        self.index.note_connected(hash);
        true
    }
}

/// Tries the next nonces of a header; true when one has enough work, and the header has it then.
fn search(header: &mut Header, attempts: u64) -> bool {
    let mut group = Vec::with_capacity(LANES);
    for _ in 0..attempts {
        group.push(header.to_bytes());
        header.nonce = header.nonce.saturating_add(1);
    }
    let mut hashes = vec![BlockHash::default(); group.len()];
    hash_headers(&group, &mut hashes);
    let target = header.bits.expand().target;
    let found = hashes.iter().position(|hash| target.is_met_by(hash));
    match found.and_then(|at| group.get(at)) {
        Some(raw) => {
            *header = Header::from_bytes(raw);
            true
        }
        None => false,
    }
}
