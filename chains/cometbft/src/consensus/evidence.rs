//! Evidence against validators who voted twice: kept until a block has it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use causeway_client_cometbft::{
    ChainId, DuplicateVoteEvidence, Hash, PreparedValidatorSet, Time, ValidatorSet, Vote,
};

use crate::evidence_hash;

/// Evidence older than so many blocks is void: what a validator set is remembered for.
pub const MAX_EVIDENCE_AGE_BLOCKS: u64 = 10_000;

/// The most pieces of evidence in a block: few, as each costs two signature checks.
pub const MAX_BLOCK_EVIDENCE: usize = 8;

/// The most pieces waiting for a block: a validator can make as many as it likes.
const MAX_PENDING: usize = 64;

/// What evidence of one height is judged by.
#[derive(Clone, Debug)]
struct Past {
    validators: Arc<PreparedValidatorSet>,
    time: Time,
}

/// One participant's evidence, and what it judges evidence by.
#[derive(Clone, Debug)]
pub struct EvidencePool {
    chain_id: ChainId,
    past: BTreeMap<u64, Past>,
    pending: BTreeMap<Hash, DuplicateVoteEvidence>,
    committed: BTreeMap<Hash, u64>,
}

impl EvidencePool {
    /// No evidence, and no past to judge any by.
    pub const fn new(chain_id: ChainId) -> Self {
        Self {
            chain_id,
            past: BTreeMap::new(),
            pending: BTreeMap::new(),
            committed: BTreeMap::new(),
        }
    }

    /// A block was decided: by whom, when, and with which evidence in it.
    pub fn note_block(
        &mut self,
        (height, time): (u64, Time),
        validators: &ValidatorSet,
        evidence: &[DuplicateVoteEvidence],
    ) {
        let same = self.past.last_key_value().map(|(_, past)| past.validators.clone());
        let same = same.filter(|kept| kept.hash() == validators.hash());
        let prepared = same.or_else(|| PreparedValidatorSet::new(validators).ok().map(Arc::new));
        if let Some(validators) = prepared {
            self.past.insert(height, Past { validators, time });
        }
        for item in evidence {
            let hash = id(item);
            self.pending.remove(&hash);
            self.committed.insert(hash, item.vote_a.height);
        }
        let oldest = height.saturating_sub(MAX_EVIDENCE_AGE_BLOCKS);
        self.past = self.past.split_off(&oldest);
        self.pending.retain(|_, item| item.vote_a.height >= oldest);
        self.committed.retain(|_, height| *height >= oldest);
    }

    /// Makes evidence of two votes of a decided height.
    pub(crate) fn accuse(&self, first: Vote, second: Vote) -> Option<DuplicateVoteEvidence> {
        let past = self.past.get(&first.height)?;
        let validator_power = past.validators.power_of(&first.validator_address)?;
        let evidence = |vote_a, vote_b| DuplicateVoteEvidence {
            vote_a,
            vote_b,
            total_power: past.validators.total_power(),
            validator_power,
            timestamp: past.time,
        };
        // One of the two orders is the right one.
        let orders = [evidence(first.clone(), second.clone()), evidence(second, first)];
        orders.into_iter().find(|item| self.is_valid(item))
    }

    /// What waits for a block.
    pub fn pending(&self) -> impl Iterator<Item = (&Hash, &DuplicateVoteEvidence)> {
        self.pending.iter()
    }

    /// Takes evidence in; true when it is valid and new.
    pub fn add(&mut self, item: &DuplicateVoteEvidence) -> bool {
        let hash = id(item);
        let is_new = !self.pending.contains_key(&hash) && self.pending.len() < MAX_PENDING;
        let takes = is_new && !self.committed.contains_key(&hash) && self.is_valid(item);
        if takes {
            self.pending.insert(hash, item.clone());
        }
        takes
    }

    /// What the next block should have.
    pub(crate) fn for_block(&self) -> Vec<DuplicateVoteEvidence> {
        self.pending.values().take(MAX_BLOCK_EVIDENCE).cloned().collect()
    }

    /// True when a block may have this evidence: valid, not too much, none of it twice.
    pub(crate) fn allows(&self, evidence: &[DuplicateVoteEvidence]) -> bool {
        let mut seen = BTreeSet::new();
        evidence.len() <= MAX_BLOCK_EVIDENCE
            && evidence.iter().all(|item| {
                let hash = id(item);
                let known = self.pending.contains_key(&hash);
                seen.insert(hash)
                    && !self.committed.contains_key(&hash)
                    && (known || self.is_valid(item))
            })
    }

    fn is_valid(&self, item: &DuplicateVoteEvidence) -> bool {
        self.past.get(&item.vote_a.height).is_some_and(|past| {
            past.time == item.timestamp && item.verify(&self.chain_id, &past.validators).is_ok()
        })
    }
}

fn id(item: &DuplicateVoteEvidence) -> Hash {
    evidence_hash(core::slice::from_ref(item))
}
