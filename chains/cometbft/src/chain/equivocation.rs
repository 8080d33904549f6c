//! Validators that sign a second block beside the one they decided: what light clients must be
//! able to prove.

use causeway_client_cometbft::{Commit, CommitSig};

use super::CometbftChain;
use crate::consensus::DecidedBlock;
use crate::rpc::Fork;
use crate::{Block, data_hash};

/// The most forks that are kept: whoever asks for more has seen enough.
const MAX_FORKS: usize = 64;

/// The transaction of a rival to an empty block.
const RIVAL_TX: &[u8] = b"causeway/equivocation";

impl CometbftChain {
    /// All validators of a block sign a rival of it, in the same round. The two differ in their
    /// transactions, so the rival's header differs in `data_hash` alone.
    pub(super) fn fork(&mut self, decided: &DecidedBlock) {
        let height = decided.commit.height;
        if self.forks.len() >= MAX_FORKS {
            self.forks.pop_first();
        }
        let mut block = Block::clone(&decided.block);
        block.txs = if block.txs.is_empty() { vec![RIVAL_TX.to_vec()] } else { Vec::new() };
        block.header.data_hash = Some(data_hash(&block.txs));
        let (Some(block_id), Some(set)) = (block.id(), self.archive.validators(height)) else {
            return;
        };
        let members = self.participants.members();
        let sign = |(index, sig): (usize, &CommitSig)| {
            let vote = sig.for_block()?;
            let validator = set.validators.get(index)?;
            let member = members.iter().find(|m| m.key().address() == validator.address)?;
            Some(member.sign_rival(block_id, &decided.commit, vote))
        };
        let signatures = decided.commit.signatures.iter().enumerate();
        let signatures =
            signatures.map(|entry| sign(entry).map_or(CommitSig::Absent, CommitSig::Commit));
        let commit =
            Commit { block_id, signatures: signatures.collect(), ..decided.commit.clone() };
        let fork = Fork { block, block_id, commit };
        self.kept.note_fork(&fork);
        self.forks.insert(height, fork);
    }
}
