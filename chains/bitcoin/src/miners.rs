//! Several miners, and the network among them.

use core::time::Duration;
use std::sync::Arc;

use causeway_chain::{Link, Network, PeerId};
use causeway_client_bitcoin::{BlockHash, RawHeader, Txid};
use causeway_core::{DecodeError, Timestamp};
use causeway_light_client::ClientRegistry;
use causeway_store::StoreError;
use causeway_wire_bitcoin::{Block, KeyHash};

use crate::config::{Config, ConfigError, Rules};
use crate::contracts::Contracts;
use crate::keys::miner_key;
use crate::miner::{
    BranchError, MAX_FUTURE_SECS, Message, Miner, Payees, Rival, SubmitError, SubmitHeaderError,
};
use crate::transaction_index::TransactionIndex;

/// Miners search in steps of this much chain time.
const SLICE: Duration = Duration::from_millis(50);
/// Slices from one announcement of the tip to the next: a second.
const ANNOUNCE_SLICES: u64 = 20;
/// A longer gap between two calls counts as time in which nobody mined.
const MAX_GAP: Duration = Duration::from_hours(1);
/// What a message takes among miners unless a test wants otherwise.
const LINK: Link = Link {
    delay: Duration::from_millis(20),
    jitter: Duration::from_millis(60),
    lost_per_mille: 0,
    doubled_per_mille: 0,
};

/// Why there are no miners.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// The configuration gives no chain.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The provable store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An application's port is none.
    #[error(transparent)]
    Port(#[from] DecodeError),
}

/// All participants of one chain. Time moves by [`Miners::advance`] alone.
#[derive(Debug)]
pub struct Miners {
    rules: Arc<Rules>,
    contracts: Arc<Contracts>,
    participants: Vec<Miner>,
    network: Network<Message>,
    next_slice: Timestamp,
    slices: u64,
    hashes_per_spacing: u64,
    spacing: Duration,
    is_halted: bool,
    /// Blocks that a participant came to know, and that were not taken yet.
    fresh: Vec<Arc<Block>>,
    index: TransactionIndex,
}

impl Miners {
    /// Miners that know the first block, at its time. To have a chain at once, date that back, and
    /// advance.
    pub fn new(config: &Config, clients: ClientRegistry) -> Result<Self, StartError> {
        let rules = Arc::new(Rules::new(config)?);
        let contracts = Arc::new(Contracts::new(clients, config.seed)?);
        let participants = (0..config.miners)
            .map(|index| {
                let payees = Payees {
                    own: KeyHash::of(miner_key(index, config.seed).verifying_key()),
                    funded: config.funded.clone(),
                    funding_blocks: config.funding_blocks,
                };
                Miner::new(Arc::clone(&rules), Arc::clone(&contracts), PeerId(index), payees)
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            rules,
            contracts,
            participants,
            network: Network::new(LINK, config.seed),
            next_slice: config.genesis_time.saturating_add(SLICE),
            slices: 0,
            hashes_per_spacing: config.hashes_per_spacing,
            spacing: config.spacing(),
            is_halted: false,
            fresh: Vec::new(),
            index: TransactionIndex::default(),
        })
    }

    /// The rules of this chain.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The contracts, which all participants share.
    pub fn contracts(&self) -> &Contracts {
        &self.contracts
    }

    /// The participants, in order.
    pub fn miners(&self) -> impl Iterator<Item = &Miner> {
        self.participants.iter()
    }

    /// One participant.
    pub fn miner(&self, id: PeerId) -> Option<&Miner> {
        self.participants.get(usize::try_from(id.0).ok()?)
    }

    /// The network among them, to delay, cut and forge.
    pub fn network_mut(&mut self) -> &mut Network<Message> {
        &mut self.network
    }

    /// Hands a transaction to one participant; `None` when there is no such one.
    pub fn submit(
        &mut self,
        to: PeerId,
        transaction: &[u8],
        now: Timestamp,
    ) -> Option<Result<Txid, SubmitError>> {
        let at = usize::try_from(to.0).ok()?;
        let outcome = self.participants.get_mut(at)?.submit(transaction);
        self.send_all(at, now);
        Some(outcome)
    }

    /// The participant that serves requests: the first that runs.
    pub fn serving(&self) -> Option<&Miner> {
        self.miner(self.serving_id())
    }

    pub(crate) fn serving_id(&self) -> PeerId {
        let mut ids = (0..).map(PeerId).take(self.participants.len());
        ids.find(|id| !self.network.is_stopped(*id)).unwrap_or(PeerId(0))
    }

    /// How many participants run, and how many there are.
    pub fn running(&self) -> (u32, u32) {
        let ids = (0..).map(PeerId).take(self.participants.len());
        let running = ids.filter(|id| !self.network.is_stopped(*id)).count();
        let count = |number| u32::try_from(number).unwrap_or(u32::MAX);
        (count(running), count(self.participants.len()))
    }

    /// True while nobody mines.
    pub fn is_halted(&self) -> bool {
        self.is_halted
    }

    /// Keeps all participants from mining, or lets them.
    pub fn set_halted(&mut self, is_halted: bool) {
        self.is_halted = is_halted;
    }

    /// True while some participants do not hear some others.
    pub fn is_partitioned(&self) -> bool {
        self.network.is_partitioned()
    }

    /// Mends everything; the time until `now` counts as time in which nobody mined, if nobody did.
    pub fn resume(&mut self, now: Timestamp) {
        self.network.heal();
        for id in (0..).map(PeerId).take(self.participants.len()) {
            self.network.set_stopped(id, false);
        }
        if self.is_halted {
            self.is_halted = false;
            self.wake(now);
        }
    }

    /// Lets time begin at `now`.
    pub(crate) fn wake(&mut self, now: Timestamp) {
        self.next_slice = now.saturating_add(SLICE);
    }

    /// Gives every participant a block that an earlier run wrote.
    pub(crate) fn restore(&mut self, block: &Block, now: Timestamp) {
        self.index.add(block);
        // Whoever wrote it down had verified it.
        for transaction in block.transactions.iter().skip(1) {
            self.contracts.signatures().remember(transaction.wtxid());
        }
        for miner in &mut self.participants {
            miner.restore(block, now);
            miner.take_fresh();
            miner.take_outgoing();
        }
    }

    /// Blocks that a participant came to know since the last call, with all before them.
    pub(crate) fn take_fresh(&mut self) -> Vec<Arc<Block>> {
        core::mem::take(&mut self.fresh)
    }

    /// Where transactions are, on any branch.
    pub(crate) fn transaction_index(&self) -> &TransactionIndex {
        &self.index
    }

    /// Takes a header that somebody made, on behalf of the serving participant.
    pub(crate) fn submit_header(
        &mut self,
        raw: &RawHeader,
        now: Timestamp,
    ) -> Option<Result<(), SubmitHeaderError>> {
        let latest_time = now.secs().saturating_add(MAX_FUTURE_SECS);
        self.act(now, |miner| miner.submit_header(raw, latest_time))
    }

    /// Has the serving participant rule a block out.
    pub(crate) fn invalidate(
        &mut self,
        hash: BlockHash,
        now: Timestamp,
    ) -> Option<Result<(), BranchError>> {
        self.act(now, |miner| miner.invalidate(hash))
    }

    /// Has the serving participant let a block in again.
    pub(crate) fn reconsider(
        &mut self,
        hash: BlockHash,
        now: Timestamp,
    ) -> Option<Result<(), BranchError>> {
        self.act(now, |miner| miner.reconsider(hash))
    }

    /// Has the serving participant mine blocks at once, with at most so many attempts.
    pub(crate) fn generate(
        &mut self,
        count: u64,
        payee: KeyHash,
        attempts: u64,
        now: Timestamp,
    ) -> Vec<BlockHash> {
        self.act(now, |miner| miner.generate(count, payee, attempts, now)).unwrap_or_default()
    }

    /// Has the last participant that the serving one hears mine a rival of the newest `depth`
    /// blocks; gives how many blocks it got.
    pub(crate) fn grow_rival(&mut self, depth: u64, rival: Rival, now: Timestamp) -> usize {
        let serving = self.serving_id();
        let ids = (0..).map(PeerId).take(self.participants.len());
        let heard = ids.filter(|id| self.network.connects(*id, serving)).last();
        let at = heard.and_then(|id| usize::try_from(id.0).ok()).unwrap_or_default();
        let grown = self.participants.get_mut(at).map(|miner| miner.grow_rival(depth, rival, now));
        self.send_all(at, now);
        grown.unwrap_or_default()
    }

    /// Lets the serving participant do something, and carries what it says to the others.
    fn act<T>(&mut self, now: Timestamp, work: impl FnOnce(&mut Miner) -> T) -> Option<T> {
        let at = usize::try_from(self.serving_id().0).ok()?;
        let outcome = self.participants.get_mut(at).map(work);
        self.send_all(at, now);
        outcome
    }

    /// Hands a block to the serving participant; gives the reason when it is not the new tip then.
    pub(crate) fn submit_block(&mut self, block: Block, now: Timestamp) -> Option<String> {
        self.act(now, |miner| miner.submit_block(block, now)).flatten()
    }

    /// When there will next be something to do: while nobody mines, when a message arrives.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let arrival = self.network.next_arrival();
        if self.is_halted {
            return arrival;
        }
        Some(arrival.map_or(self.next_slice, |at| at.min(self.next_slice)))
    }

    /// Does all that is due until `now`.
    pub fn advance(&mut self, now: Timestamp) {
        if self.is_halted || now.saturating_since(self.next_slice) > MAX_GAP {
            self.next_slice = now.saturating_add(SLICE);
        }
        while self.next_slice <= now {
            let at = self.next_slice;
            self.deliver(at);
            self.mine(at);
            self.next_slice = at.saturating_add(SLICE);
            if self.next_slice == at {
                return;
            }
        }
        self.deliver(now);
    }

    fn deliver(&mut self, until: Timestamp) {
        while let Some(delivery) = self.network.receive(until) {
            let Ok(at) = usize::try_from(delivery.to.0) else { continue };
            if let Some(miner) = self.participants.get_mut(at) {
                miner.handle(delivery.from, &delivery.message, delivery.at);
            }
            self.send_all(at, delivery.at);
        }
    }

    fn mine(&mut self, now: Timestamp) {
        let before = self.attempts(self.slices);
        self.slices = self.slices.saturating_add(1);
        let after = self.attempts(self.slices);
        let announces = self.slices.is_multiple_of(ANNOUNCE_SLICES);
        for (id, at) in (0..).map(PeerId).zip(0..self.participants.len()) {
            if self.network.is_stopped(id) {
                continue;
            }
            let attempts = self.share(after, id).saturating_sub(self.share(before, id));
            if let Some(miner) = self.participants.get_mut(at) {
                miner.mine(attempts, now);
                if announces {
                    miner.announce();
                }
            }
            self.send_all(at, now);
        }
    }

    /// Nonces that all miners together have tried after so many slices.
    fn attempts(&self, slices: u64) -> u64 {
        let all = u128::from(slices)
            .saturating_mul(SLICE.as_nanos())
            .saturating_mul(self.hashes_per_spacing.into())
            .checked_div(self.spacing.as_nanos());
        all.and_then(|all| u64::try_from(all).ok()).unwrap_or_default()
    }

    /// How many of the first `attempts` are a miner's: they go round.
    fn share(&self, attempts: u64, id: PeerId) -> u64 {
        let miners = u64::try_from(self.participants.len()).unwrap_or(u64::MAX);
        let behind = miners.saturating_sub(1).saturating_sub(id.0.into());
        attempts.saturating_add(behind).checked_div(miners).unwrap_or_default()
    }

    fn send_all(&mut self, at: usize, now: Timestamp) {
        let Ok(from) = u32::try_from(at).map(PeerId) else { return };
        let peers = (0..).map(PeerId).take(self.participants.len());
        let Some(miner) = self.participants.get_mut(at) else { return };
        for block in miner.take_fresh() {
            self.index.add(&block);
            self.fresh.push(block);
        }
        for outgoing in miner.take_outgoing() {
            match outgoing.to {
                Some(to) => self.network.send(from, to, outgoing.message, now),
                None => self.network.broadcast(from, peers.clone(), &outgoing.message, now),
            }
        }
    }
}
