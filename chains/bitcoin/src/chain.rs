//! The chain as the shell runs it.

use std::collections::BTreeSet;

use causeway_chain::{
    Answer, Chain, DurableView, DurableWrite, Fault, FaultError, Listener, Push, Request,
    SessionId, Summary,
};
use causeway_client_bitcoin::BlockHash;
use causeway_core::{DecodeError, Timestamp};
use causeway_light_client::ClientRegistry;
use causeway_wire_bitcoin::Block;
use causeway_wire_bitcoin::network_json;

use crate::ledger::KEPT_STATES;
use crate::miners::StartError;
use crate::{Config, Miner, Miners, faults, rpc};

/// The name that users know this chain by.
pub(crate) const ALIAS: &str = "pow";
/// Where the time of the first block is written down.
const GENESIS_KEY: &[u8] = b"genesis";
/// Blocks are written down in the order in which they became known.
const BLOCK_PREFIX: &[u8] = b"block/";
/// What the calls of a block did, by its hash.
const CALLS_PREFIX: &[u8] = b"calls/";
/// A new chain begins so many block times ago: the developers' coins can be spent at once, mined by
/// the ordinary code. They need 116 blocks, and so many come in that time but for one chain in
/// thousands.
const BACKDATED_BLOCKS: u32 = 160;

/// Why a chain does not start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The configuration gives no chain.
    #[error(transparent)]
    Start(#[from] StartError),
    /// What an earlier run wrote cannot be read.
    #[error("what was stored cannot be read: {0}")]
    Stored(#[from] DecodeError),
}

/// The chain: its miners, its RPC, and what it writes down.
#[derive(Debug)]
pub struct BitcoinChain {
    miners: Miners,
    rpc: rpc::Server,
    written: BTreeSet<BlockHash>,
    writes: Vec<DurableWrite>,
}

impl BitcoinChain {
    /// A chain that goes on where the writes in `view` end, or a new one when there are none: its
    /// first block is dated back, and `config.genesis_time` is not looked at. `clients` are the
    /// light clients that its contracts can follow other chains with. `credentials` are the
    /// `user:password` pairs that the RPC accepts; with none, everybody may ask.
    pub fn open(
        config: Config,
        clients: ClientRegistry,
        credentials: Vec<String>,
        view: &dyn DurableView,
        now: Timestamp,
    ) -> Result<Self, OpenError> {
        let stored = view.get(GENESIS_KEY);
        let genesis_time = match &stored {
            Some(bytes) => read_time(bytes)?,
            None => backdated(&config, now),
        };
        let mut chain = Self {
            miners: Miners::new(&Config { genesis_time, ..config }, clients)?,
            rpc: rpc::Server::new(credentials, now),
            written: BTreeSet::new(),
            writes: Vec::new(),
        };
        if stored.is_some() {
            for (_, bytes) in view.scan(BLOCK_PREFIX) {
                let block = Block::from_bytes(&bytes)?;
                let hash = block.header.hash();
                chain.written.insert(hash);
                if let Some(record) = view.get(&calls_key(hash)) {
                    chain.miners.contracts().recall(&record)?;
                }
                chain.miners.restore(&block, now);
            }
            chain.miners.contracts().forget_records();
            chain.miners.wake(now);
        } else {
            let time = genesis_time.nanos().to_be_bytes();
            chain.writes.push(DurableWrite::set(GENESIS_KEY, time));
            chain.advance(now);
        }
        Ok(chain)
    }

    /// The participants.
    pub fn miners(&self) -> &Miners {
        &self.miners
    }

    fn write_new_blocks(&mut self) {
        for block in self.miners.take_fresh() {
            if self.written.insert(block.header.hash()) {
                let number = u64::try_from(self.written.len()).unwrap_or(u64::MAX);
                let key = [BLOCK_PREFIX, &number.to_be_bytes()].concat();
                self.writes.push(DurableWrite::set(key, block.to_bytes()));
            }
        }
        for (hash, record) in self.miners.contracts().take_records() {
            self.writes.push(DurableWrite::set(calls_key(hash), record.as_ref()));
        }
    }
}

fn calls_key(block: BlockHash) -> Vec<u8> {
    [CALLS_PREFIX, &block.0].concat()
}

fn backdated(config: &Config, now: Timestamp) -> Timestamp {
    let age = config.spacing().saturating_mul(BACKDATED_BLOCKS);
    let nanos = u64::try_from(age.as_nanos()).unwrap_or(u64::MAX);
    Timestamp::from_nanos(now.nanos().saturating_sub(nanos))
}

fn read_time(bytes: &[u8]) -> Result<Timestamp, DecodeError> {
    let malformed = |_| DecodeError::new("genesis_time", format!("{} bytes", bytes.len()));
    bytes.try_into().map(u64::from_be_bytes).map(Timestamp::from_nanos).map_err(malformed)
}

impl Chain for BitcoinChain {
    fn alias(&self) -> &'static str {
        ALIAS
    }

    fn advance(&mut self, now: Timestamp) {
        self.miners.advance(now);
        self.write_new_blocks();
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        self.miners.next_deadline()
    }

    fn request(&mut self, _listener: Listener, request: &Request, now: Timestamp) -> Answer {
        let answer = self.rpc.answer(&mut self.miners, request, now);
        self.write_new_blocks();
        answer
    }

    fn receive(&mut self, _session: SessionId, _message: &[u8]) {}

    fn close(&mut self, session: SessionId) {
        self.rpc.close(session);
    }

    /// This family's RPC opens no streams.
    fn take_pushes(&mut self) -> Vec<Push> {
        Vec::new()
    }

    fn take_writes(&mut self) -> Vec<DurableWrite> {
        core::mem::take(&mut self.writes)
    }

    /// Work makes nothing final; what is deeper than blocks can be taken back is.
    fn summary(&self) -> Summary {
        let tip = self.miners.serving().map(Miner::tip);
        let height = tip.map_or(0, |tip| tip.height);
        let secs = tip.map_or(0, |tip| tip.last_times.median());
        let (running, all) = self.miners.running();
        let mut conditions = Vec::new();
        if self.miners.is_halted() {
            conditions.push("halted".to_owned());
        }
        if self.miners.is_partitioned() {
            conditions.push("partitioned".to_owned());
        }
        Summary {
            network_id: self.miners.rules().network_id(),
            parameters: Some(network_json(self.miners.rules().network())),
            head: height,
            finalized: height.saturating_sub(KEPT_STATES),
            time: Timestamp::from_nanos(u64::from(secs).saturating_mul(1_000_000_000)),
            participants: (running, all),
            conditions,
        }
    }

    fn inject(&mut self, fault: &Fault, now: Timestamp) -> Result<String, FaultError> {
        let outcome = faults::inject(&mut self.miners, fault, now);
        self.write_new_blocks();
        outcome
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    type Disk = BTreeMap<Vec<u8>, Vec<u8>>;

    fn time(secs: u64) -> Timestamp {
        Timestamp::from_secs(1_800_000_000 + secs).unwrap()
    }

    fn open(disk: &Disk, secs: u64) -> BitcoinChain {
        let config = Config::new(3, Timestamp::from_nanos(0));
        BitcoinChain::open(config, ClientRegistry::default(), Vec::new(), disk, time(secs)).unwrap()
    }

    fn save(chain: &mut BitcoinChain, disk: &mut Disk) {
        for write in chain.take_writes() {
            disk.insert(write.key, write.value.unwrap());
        }
    }

    fn state(chain: &BitcoinChain) -> Vec<(BlockHash, Vec<crate::Coin>)> {
        let miners = chain.miners.miners();
        let of = |m: &Miner| (m.tip_hash(), m.ledger().coins().values().copied().collect());
        miners.map(of).collect()
    }

    #[test]
    fn a_new_chain_has_mature_coins_at_once() {
        let chain = open(&Disk::new(), 0);
        let summary = chain.summary();
        assert!(summary.head > 101, "{}", summary.head);
        assert!(summary.network_id.starts_with("bip122:") && summary.network_id.len() == 39);
        assert_eq!(summary.participants, (4, 4));
        assert_eq!(chain.alias(), "pow");
    }

    #[test]
    fn a_chain_dropped_at_any_point_goes_on_with_all_its_blocks() {
        let mut disk = Disk::new();
        let mut now = 0;
        for run in 0..4 {
            let mut chain = open(&disk, now);
            now += 7 + run;
            chain.advance(time(now));
            save(&mut chain, &mut disk);
            // Give the miners time to agree, so that no tie is left to the order of arrival.
            chain.inject(&Fault::Halt, time(now)).unwrap();
            now += 5;
            chain.advance(time(now));
            save(&mut chain, &mut disk);
            let restored = open(&disk, now + 100);
            let work = |chain: &BitcoinChain| {
                chain.miners.miners().map(|m| m.tip().chainwork).max().unwrap()
            };
            assert_eq!(work(&restored), work(&chain));
            for (hash, coins) in state(&chain) {
                assert!(restored.miners.miners().all(|m| m.block(&hash).is_some()));
                let same = state(&restored).into_iter().find(|(tip, _)| *tip == hash);
                assert!(same.is_none_or(|(_, restored)| restored == coins));
            }
        }
    }

    #[test]
    fn what_was_stored_badly_is_refused() {
        let disk = Disk::from([(GENESIS_KEY.to_vec(), vec![1])]);
        let config = || Config::new(3, Timestamp::from_nanos(0));
        let refused =
            BitcoinChain::open(config(), ClientRegistry::default(), Vec::new(), &disk, time(0));
        assert!(matches!(refused, Err(OpenError::Stored(_))));
    }
}
