//! The one state behind all handles.

use std::collections::BTreeMap;
use std::sync::Arc;

use causeway_chain::{AUTHORITY, DurableView, DurableWrite, developer_key};
use causeway_client_cometbft::PublicKey;
use causeway_contracts::Router;
use causeway_contracts::apps::gmp::{Counter, Gmp};
use causeway_contracts::apps::transfer::Transfer;
use causeway_core::{DecodeError, Height, PortId, Timestamp, gmp, transfer};
use causeway_light_client::ClientRegistry;
use causeway_wire_cometbft::msg::{Decision, Govern, Msg};
use causeway_wire_cometbft::tx::{
    AccountAddress, Body, Coin, Fee, SignMode, Signer, SigningKey, Transaction,
};
use prost::Message;

use super::config::{AUTHORITY_GAS, AppConfig, MIN_FEE_PER_GAS, counter_address};
use super::mempool::Mempool;
use super::state::{Changes, History, HistoryError, Journal, Version, Working};
use super::tx::{self, Block as BlockAt, Chain, Mode, Parsed, Rejection};
use super::{ALIAS, BlockOutcome, MAX_BLOCK_GAS, MempoolError, NATIVE_DENOM, TxOutcome};
use crate::consensus::{Executed, ValidatorUpdate};
use crate::{Block, Hash, tx_hash};

/// Blocks whose outcome is remembered for participants that are behind; who is further behind has
/// to start from a newer state.
const MAX_REMEMBERED: usize = 2_000;

/// Others' transactions that are kept while a height is decided. Each round may bring others.
const MAX_PROPOSED: usize = 20_000;

/// Where it is written down whose state it is.
const META: &[u8] = b"app/meta";

/// The format of what is written down.
const FORMAT: u32 = 1;

#[derive(Clone, PartialEq, Message)]
struct Meta {
    #[prost(uint32, tag = "1")]
    format: u32,
    #[prost(string, tag = "2")]
    chain_id: String,
    #[prost(uint64, tag = "3")]
    seed: u64,
}

/// What was written before is not this application's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// It does not decode, or does not hash to what it did.
    #[error("the stored state is damaged: {reason}")]
    Damaged {
        /// What is wrong.
        reason: String,
    },
    /// It belongs to another chain, or was written in another format.
    #[error("the stored state is of another chain, seed or version")]
    OtherChain,
}

impl From<HistoryError> for OpenError {
    fn from(error: HistoryError) -> Self {
        Self::Damaged { reason: error.to_string() }
    }
}

impl From<DecodeError> for OpenError {
    fn from(error: DecodeError) -> Self {
        Self::Damaged { reason: error.to_string() }
    }
}

/// What never changes.
#[derive(Debug)]
pub(crate) struct Fixed {
    config: AppConfig,
    authority: AccountAddress,
    clients: ClientRegistry,
    router: Router,
}

impl Fixed {
    /// The chain as transactions and questions see it.
    pub(crate) fn chain(&self) -> Chain<'_> {
        Chain {
            id: self.config.chain_id.as_str(),
            authority: &self.authority,
            clients: &self.clients,
            router: &self.router,
        }
    }

    pub(crate) fn block_at(&self, height: u64, time: Timestamp) -> BlockAt {
        BlockAt { height: Height::new(self.config.chain_id.revision(), height), time }
    }

    /// The block after this version, as far as it is known: its time is that of the version.
    fn block_after(&self, version: &Version) -> BlockAt {
        self.block_at(version.height.saturating_add(1), version.time)
    }
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) fixed: Fixed,
    pub(crate) history: History,
    journal: Journal,
    /// What the first block starts from; nothing after it.
    genesis: Changes,
    /// The newest state with the transactions that wait admitted on top.
    pub(crate) pending: Working,
    pub(crate) mempool: Mempool,
    /// Others' transactions that were looked into, until the next block is executed.
    proposed: BTreeMap<Hash, Arc<Parsed>>,
    executed: BTreeMap<u64, (Hash, Arc<Executed>)>,
    outcomes: Vec<BlockOutcome>,
}

impl Shared {
    pub(crate) fn open(
        config: AppConfig,
        clients: ClientRegistry,
        view: &dyn DurableView,
    ) -> Result<Self, OpenError> {
        let chain_id = config.chain_id.to_string();
        let meta = Meta { format: FORMAT, chain_id, seed: config.seed }.encode_to_vec();
        let written = view.get(META);
        if written.as_ref().is_some_and(|written| *written != meta) {
            return Err(OpenError::OtherChain);
        }
        let (mut journal, history) = Journal::open(view, config.proof_window)?;
        if written.is_none() {
            journal.write(DurableWrite::set(META, meta));
        }
        let is_new = history.latest().height == 0;
        let genesis = is_new.then(|| super::genesis::changes(&config, history.latest()));
        let genesis = genesis.unwrap_or_default();
        let (authority, router) = (config.authority(), router()?);
        Ok(Self {
            fixed: Fixed { config, authority, clients, router },
            pending: Working::with(history.latest().clone(), genesis.clone()),
            history,
            journal,
            genesis,
            mempool: Mempool::default(),
            proposed: BTreeMap::new(),
            executed: BTreeMap::new(),
            outcomes: Vec::new(),
        })
    }

    pub(crate) fn take_writes(&mut self) -> Vec<DurableWrite> {
        self.journal.take()
    }

    pub(crate) fn take_outcomes(&mut self) -> Vec<BlockOutcome> {
        core::mem::take(&mut self.outcomes)
    }

    /// Judges a transaction and, when it is good, lets it wait.
    pub(crate) fn check_tx(&mut self, bytes: &[u8]) -> Result<TxOutcome, MempoolError> {
        self.mempool.check(bytes, &tx_hash(bytes))?;
        let parsed = match Parsed::read(bytes, true) {
            Ok(parsed) => Arc::new(parsed),
            Err(rejection) => return Ok(rejection.into_outcome(0, 0)),
        };
        if tx::is_redundant(&self.pending, &parsed) {
            return Ok(Rejection::redundant().into_outcome(parsed.tx.fee.gas_limit, 0));
        }
        let block = self.fixed.block_after(self.history.latest());
        let chain = self.fixed.chain();
        let outcome = tx::admit(&chain, &mut self.pending, block, &parsed, Mode::Full);
        if outcome.is_ok() {
            self.mempool.add(bytes.to_vec(), parsed);
        }
        Ok(outcome)
    }

    /// Judges a transaction without letting it wait.
    pub(crate) fn judge(&self, bytes: &[u8]) -> TxOutcome {
        let parsed = match Parsed::read(bytes, true) {
            Ok(parsed) => parsed,
            Err(rejection) => return rejection.into_outcome(0, 0),
        };
        if tx::is_redundant(&self.pending, &parsed) {
            return Rejection::redundant().into_outcome(parsed.tx.fee.gas_limit, 0);
        }
        let mut pending = self.pending.clone();
        let block = self.fixed.block_after(self.history.latest());
        tx::admit(&self.fixed.chain(), &mut pending, block, &parsed, Mode::Full)
    }

    /// What a transaction would do now. Its signatures may be missing.
    pub(crate) fn simulate(&self, bytes: &[u8]) -> TxOutcome {
        match Parsed::read(bytes, false) {
            Ok(parsed) => {
                let block = self.fixed.block_after(self.history.latest());
                tx::simulate(&self.fixed.chain(), self.pending.clone(), block, &parsed)
            }
            Err(rejection) => rejection.into_outcome(0, 0),
        }
    }

    /// Lets a transaction of the authority wait that changes validators.
    pub(crate) fn change_validators(
        &mut self,
        updates: &[ValidatorUpdate],
    ) -> Result<TxOutcome, MempoolError> {
        let key = |update: &ValidatorUpdate| match update.public_key {
            PublicKey::Ed25519(key) => Some((key, update.power)),
            _ => None,
        };
        let decision = Decision::UpdateValidators(updates.iter().filter_map(key).collect());
        let Fixed { config, authority, .. } = &self.fixed;
        let account = self.pending.account(authority);
        let authority = tx::text(authority);
        let message = Msg::Govern(Govern { authority, decision }).to_any();
        let (number, sequence) = account.map_or((0, 0), |it| (it.number, it.sequence));
        let signing_key = SigningKey::from(developer_key(ALIAS, AUTHORITY, config.seed));
        let signer =
            Signer { public_key: Some(signing_key.public_key()), mode: SignMode::Direct, sequence };
        let amount = MIN_FEE_PER_GAS.of(AUTHORITY_GAS);
        let fee = Fee {
            amount: vec![Coin { denom: NATIVE_DENOM.into(), amount }],
            gas_limit: AUTHORITY_GAS,
            ..Fee::default()
        };
        let body = Body { messages: vec![message], ..Body::default() };
        let mut tx = Transaction::new(body, vec![signer], fee);
        tx.sign(&signing_key, config.chain_id.as_str(), number);
        self.check_tx(&tx.encode())
    }

    pub(crate) fn propose(&self, height: u64, max_len: usize) -> Vec<Vec<u8>> {
        let is_next = height == self.history.latest().height.saturating_add(1);
        if is_next { self.mempool.for_block(max_len) } else { Vec::new() }
    }

    /// Transactions may be in a block when each is well formed, and all together stay within the
    /// gas of a block. The state is not asked: participants need not be at the same height.
    pub(crate) fn accepts(&mut self, txs: &[Vec<u8>]) -> bool {
        let mut gas = 0_u64;
        txs.iter().all(|tx| {
            let Some(parsed) = self.parsed(tx) else { return false };
            gas = gas.saturating_add(parsed.tx.fee.gas_limit);
            gas <= MAX_BLOCK_GAS
        })
    }

    fn parsed(&mut self, tx: &[u8]) -> Option<Arc<Parsed>> {
        let hash = tx_hash(tx);
        let known = self.mempool.get(&hash).or_else(|| self.proposed.get(&hash).cloned());
        if known.is_some() {
            return known;
        }
        let parsed = Arc::new(Parsed::read(tx, true).ok()?);
        if self.proposed.len() >= MAX_PROPOSED {
            self.proposed.clear();
        }
        self.proposed.insert(hash, parsed.clone());
        Some(parsed)
    }

    /// Executes a block, or says what it gave before; `None` for another than that.
    pub(crate) fn execute(&mut self, block: &Block) -> Option<Executed> {
        let (height, hash) = (block.header.height, block.header.hash()?);
        if height <= self.history.latest().height {
            let (known, executed) = self.executed.get(&height)?;
            return (*known == hash).then(|| (**executed).clone());
        }
        let is_next = height == self.history.latest().height.saturating_add(1);
        let outcome = is_next.then(|| self.execute_next(block)).flatten()?;
        let executed = Arc::new(outcome.executed());
        self.executed.insert(height, (hash, executed.clone()));
        while self.executed.len() > MAX_REMEMBERED {
            self.executed.pop_first();
        }
        self.outcomes.push(outcome);
        Some((*executed).clone())
    }

    fn execute_next(&mut self, block: &Block) -> Option<BlockOutcome> {
        let (height, time) = (block.header.height, block.header.time.to_timestamp()?);
        let at = self.fixed.block_at(height, time);
        let genesis = core::mem::take(&mut self.genesis);
        let mut state = Working::with(self.history.latest().clone(), genesis);
        let mut txs = Vec::with_capacity(block.txs.len());
        let mut updates: Vec<ValidatorUpdate> = Vec::new();
        for bytes in &block.txs {
            let hash = tx_hash(bytes);
            let outcome = match self.mempool.get(&hash) {
                // Its signatures were verified when it came.
                Some(parsed) => {
                    tx::execute(&self.fixed.chain(), &mut state, at, &parsed, Mode::Again)
                }
                None => match Parsed::read(bytes, true) {
                    Ok(parsed) => {
                        tx::execute(&self.fixed.chain(), &mut state, at, &parsed, Mode::Full)
                    }
                    Err(rejection) => rejection.into(),
                },
            };
            for update in outcome.updates {
                updates.retain(|it| it.public_key != update.public_key);
                updates.push(update);
            }
            txs.push(outcome.tx);
        }
        let (app_hash, record) = self.history.commit(time, state.into_changes()).ok()?;
        self.journal.note(&self.history, record);
        self.renew_pending(block);
        let app_hash = app_hash.0.to_vec();
        Some(BlockOutcome { height, txs, events: Vec::new(), updates, app_hash })
    }

    /// Judges again what waits, on the newest state.
    fn renew_pending(&mut self, block: &Block) {
        self.proposed.clear();
        self.mempool.remove(block.txs.iter().map(|tx| tx_hash(tx)));
        let at = self.fixed.block_after(self.history.latest());
        let mut pending = Working::new(self.history.latest().clone());
        let chain = self.fixed.chain();
        self.mempool.retain(|parsed| {
            !tx::is_redundant(&pending, parsed)
                && tx::admit(&chain, &mut pending, at, parsed, Mode::Again).is_ok()
        });
        self.pending = pending;
    }
}

/// The applications of the chain, by port.
fn router() -> Result<Router, DecodeError> {
    let counter = causeway_contracts::Account(counter_address().as_bytes().to_vec());
    let gmp_app = Gmp::new().with(counter, Counter);
    Ok(Router::new()
        .with(PortId::new(transfer::PORT)?, Transfer)
        .with(PortId::new(gmp::PORT)?, gmp_app))
}
