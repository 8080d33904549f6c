//! What is written down beside blocks and the application's state: when the chain began, what
//! participants have signed, evidence that waits, and forks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use causeway_chain::{DurableView, DurableWrite, Network, PeerId};
use causeway_client_cometbft::{Commit, DuplicateVoteEvidence, Hash, Time, proto};
use causeway_core::{DecodeError, Timestamp, decode_protobuf};
use prost::Message;

use super::config::Config;
use crate::app::App;
use crate::archive::Archive;
use crate::block::wire::DuplicateVoteEvidence as EvidenceMessage;
use crate::consensus::{
    EvidencePool, MAX_EVIDENCE_AGE_BLOCKS, Memory, Participant, Participants, Resume,
};
use crate::rpc::{Fork, Forks};
use crate::{Block, MAX_BLOCK_LEN, tx_hash};

const GENESIS_KEY: &[u8] = b"chain/genesis";
const MEMORY_PREFIX: &[u8] = b"chain/memory/";
const CANDIDATE_PREFIX: &[u8] = b"chain/candidate/";
const EVIDENCE_PREFIX: &[u8] = b"chain/evidence/";
const WAITING_PREFIX: &[u8] = b"chain/waiting/";
const FORK_PREFIX: &[u8] = b"chain/fork/";

/// A block and a commit, with the fields around them.
const MAX_RECORD_LEN: usize = MAX_BLOCK_LEN.saturating_mul(2);

/// So many kept transactions may be ones that the application gave up, before they are looked for.
const MAX_STALE: usize = 1_000;

/// What has been written down.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// Keys of blocks that were proposed for heights that are not decided.
    candidates: BTreeSet<Vec<u8>>,
    evidence: BTreeSet<Hash>,
    /// Transactions that wait for a block, by the number under which they are kept.
    waiting: BTreeMap<Hash, u64>,
    next_waiting: u64,
    writes: Vec<DurableWrite>,
}

fn candidate_key(height: u64, hash: &Hash) -> Vec<u8> {
    [CANDIDATE_PREFIX, &height.to_be_bytes(), &hash.0].concat()
}

fn waiting_key(number: u64) -> Vec<u8> {
    [WAITING_PREFIX, &number.to_be_bytes()].concat()
}

impl Kept {
    /// When the chain began, or begins now.
    pub(super) fn genesis_time(
        &mut self,
        view: &dyn DurableView,
        now: Timestamp,
    ) -> Result<Time, DecodeError> {
        if let Some(bytes) = view.get(GENESIS_KEY) {
            let time: proto::Timestamp = decode_protobuf("genesis_time", &bytes, MAX_RECORD_LEN)?;
            return time.try_into();
        }
        let time = Time::from(now);
        let bytes = proto::Timestamp::from(time).encode_to_vec();
        self.writes.push(DurableWrite::set(GENESIS_KEY, bytes));
        Ok(time)
    }

    /// The participants, who all go on after the newest block: what one of them had seen, all have
    /// seen afterwards.
    pub(super) fn participants(
        &mut self,
        config: &Config,
        app: &App,
        archive: &Archive,
        view: &dyn DurableView,
        now: Timestamp,
    ) -> Result<Participants<App>, DecodeError> {
        let evidence = self.evidence(archive, view)?;
        let last_commit = archive.light(archive.height()).map(|light| light.commit);
        self.candidates = view.scan(CANDIDATE_PREFIX).into_iter().map(|(key, _)| key).collect();
        self.forget_candidates(archive.height());
        let mut members = Vec::new();
        for index in 0..config.participants() {
            let key = [MEMORY_PREFIX, &index.to_be_bytes()].concat();
            let memory = match view.get(&key) {
                Some(bytes) => read_memory(&bytes, view)?,
                None => Memory::default(),
            };
            let resume = Resume {
                state: archive.state().clone(),
                last_commit: last_commit.clone(),
                evidence: evidence.clone(),
                memory,
            };
            let (key, app) = (config.key(index), app.clone());
            members.push(Participant::resume(key, app, resume, config.timing, now));
        }
        let network = Network::new(config.link, config.seed);
        Ok(Participants::new(members, network, now))
    }

    /// What evidence is judged by, and what waits for a block.
    fn evidence(
        &mut self,
        archive: &Archive,
        view: &dyn DurableView,
    ) -> Result<EvidencePool, DecodeError> {
        let mut pool = EvidencePool::new(archive.state().chain_id().clone());
        let oldest = archive.height().saturating_sub(MAX_EVIDENCE_AGE_BLOCKS);
        for height in oldest.max(archive.light_base())..=archive.height() {
            let (Some(light), Some(set)) = (archive.light(height), archive.members(height)) else {
                continue;
            };
            let evidence = archive.body(height).map(|body| body.evidence).unwrap_or_default();
            pool.note_block((height, light.header.time), set, &evidence);
        }
        for (_, bytes) in view.scan(EVIDENCE_PREFIX) {
            let message: EvidenceMessage = decode_protobuf("evidence", &bytes, MAX_RECORD_LEN)?;
            let item = DuplicateVoteEvidence::try_from(message)?;
            pool.add(&item);
        }
        self.evidence = pool.pending().map(|(hash, _)| *hash).collect();
        Ok(pool)
    }

    /// A height is decided: what else was proposed for it is void.
    pub(super) fn forget_candidates(&mut self, height: u64) {
        let next = candidate_key(height.saturating_add(1), &Hash([0; 32]));
        let left = self.candidates.split_off(&next);
        let void = core::mem::replace(&mut self.candidates, left);
        self.writes.extend(void.into_iter().map(DurableWrite::delete));
    }

    /// Gives the application what waited for a block, in the same order; what it no longer takes is
    /// forgotten.
    pub(super) fn take_in_again(&mut self, app: &App, view: &dyn DurableView) {
        let stored = view.scan(WAITING_PREFIX);
        // New numbers come after the old ones, whose keys are deleted.
        let last =
            stored.last().and_then(|(key, _)| key.strip_prefix(WAITING_PREFIX)?.try_into().ok());
        self.next_waiting = last.map_or(0, |last| u64::from_be_bytes(last).saturating_add(1));
        for (key, tx) in stored {
            if app.check_tx(&tx).is_ok_and(|outcome| outcome.is_ok()) {
                self.note_waiting(&tx);
            }
            self.writes.push(DurableWrite::delete(key));
        }
    }

    /// A transaction waits for a block.
    pub(super) fn note_waiting(&mut self, tx: &[u8]) {
        let key = waiting_key(self.next_waiting);
        self.waiting.insert(tx_hash(tx), self.next_waiting);
        self.next_waiting = self.next_waiting.saturating_add(1);
        self.writes.push(DurableWrite::set(key, tx));
    }

    /// Transactions of a block do not wait any more, nor do those that the application gave up.
    pub(super) fn forget_waiting(&mut self, txs: &[Vec<u8>], app: &App) {
        for tx in txs {
            self.forget_waiting_one(&tx_hash(tx));
        }
        let (count, _) = app.pending_size();
        if self.waiting.len() > count.saturating_add(MAX_STALE) {
            let pending: BTreeSet<_> = app.pending(count).iter().map(|tx| tx_hash(tx)).collect();
            let stale: Vec<_> =
                self.waiting.keys().filter(|hash| !pending.contains(*hash)).copied().collect();
            for hash in stale {
                self.forget_waiting_one(&hash);
            }
        }
    }

    fn forget_waiting_one(&mut self, hash: &Hash) {
        if let Some(number) = self.waiting.remove(hash) {
            self.writes.push(DurableWrite::delete(waiting_key(number)));
        }
    }

    /// A block was signed beside the chain's own.
    pub(super) fn note_fork(&mut self, fork: &Fork) {
        let key = [FORK_PREFIX, &fork.block.header.height.to_be_bytes()].concat();
        let commit = Some((&fork.commit).into());
        let record = ForkRecord { block: fork.block.encode(), commit };
        self.writes.push(DurableWrite::set(key, record.encode_to_vec()));
    }

    /// What is new since the last call.
    pub(super) fn take_writes(
        &mut self,
        participants: &mut Participants<App>,
    ) -> Vec<DurableWrite> {
        let count = u32::try_from(participants.members().len()).unwrap_or_default();
        for index in 0..count {
            let member = participants.member_mut(PeerId(index));
            if let Some(memory) = member.and_then(Participant::take_memory) {
                self.write_memory(index, &memory);
            }
        }
        self.write_evidence(participants);
        core::mem::take(&mut self.writes)
    }

    fn write_memory(&mut self, index: u32, memory: &Memory) {
        for (proposal, block) in &memory.proposals {
            let Some(hash) = &proposal.block_id.hash else { continue };
            let key = candidate_key(memory.height, hash);
            if self.candidates.insert(key.clone()) {
                self.writes.push(DurableWrite::set(key, block.encode()));
            }
        }
        let key = [MEMORY_PREFIX, &index.to_be_bytes()].concat();
        self.writes.push(DurableWrite::set(key, memory.encode()));
    }

    fn write_evidence(&mut self, participants: &Participants<App>) {
        let mut pending = BTreeSet::new();
        for (hash, item) in participants.members().iter().flat_map(|m| m.evidence().pending()) {
            pending.insert(*hash);
            if self.evidence.insert(*hash) {
                let key = [EVIDENCE_PREFIX, &hash.0].concat();
                let bytes = EvidenceMessage::from(item).encode_to_vec();
                self.writes.push(DurableWrite::set(key, bytes));
            }
        }
        let done: Vec<_> = self.evidence.difference(&pending).copied().collect();
        for hash in done {
            self.evidence.remove(&hash);
            self.writes.push(DurableWrite::delete([EVIDENCE_PREFIX, &hash.0].concat()));
        }
    }
}

fn read_memory(bytes: &[u8], view: &dyn DurableView) -> Result<Memory, DecodeError> {
    // The height is in the memory itself, so the key of a block is known only while reading.
    let height = Memory::decode(bytes, |_| None)?.height;
    Memory::decode(bytes, |id| {
        let block = view.get(&candidate_key(height, id.hash.as_ref()?))?;
        Block::decode(&block).ok().map(Arc::new)
    })
}

#[derive(Clone, PartialEq, Message)]
struct ForkRecord {
    #[prost(bytes = "vec", tag = "1")]
    block: Vec<u8>,
    #[prost(message, optional, tag = "2")]
    commit: Option<proto::Commit>,
}

/// The forks that were written down.
pub(super) fn forks(view: &dyn DurableView) -> Result<Forks, DecodeError> {
    let mut forks = Forks::new();
    for (_, bytes) in view.scan(FORK_PREFIX) {
        let record: ForkRecord = decode_protobuf("fork", &bytes, MAX_RECORD_LEN)?;
        let block = Block::decode(&record.block)?;
        let commit = record.commit.ok_or_else(|| DecodeError::new("fork", "no commit"))?;
        let commit = Commit::try_from(commit)?;
        let fork = Fork { block_id: commit.block_id, block, commit };
        forks.insert(fork.commit.height, fork);
    }
    Ok(forks)
}
