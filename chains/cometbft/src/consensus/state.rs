//! What a participant knows after a decided block, and which blocks may follow
//! (`state/validation.go`, `state/execution.go`).

mod record;

use causeway_client_cometbft::{
    Address, BLOCK_PROTOCOL, BlockId, ChainId, Commit, DuplicateVoteEvidence, Hash, Header, Time,
    ValidatorSet, Version,
};
use prost::Message;
use sha2::{Digest, Sha256};

use super::updates::{first_set, with_updates};
use super::{Executed, ValidatorUpdate, commits, rotate};
use crate::{Block, MAX_BLOCK_LEN, data_hash, evidence_hash, last_commit_hash, results_hash};

/// What a chain starts from.
#[derive(Clone, Debug)]
pub struct Genesis {
    /// The chain.
    pub chain_id: ChainId,
    /// The time of the first block.
    pub time: Time,
    /// The validators of the first block.
    pub validators: Vec<ValidatorUpdate>,
    /// The application's state before the first block.
    pub app_hash: Vec<u8>,
    /// The most gas of a block; -1 for no limit.
    pub max_gas: i64,
}

/// Why a block may not follow, named by the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlockError {
    /// A field of the header is not what the blocks before it make of it.
    #[error("the header's {field} is not what must follow")]
    Header {
        /// The field.
        field: &'static str,
    },
    /// The proposer is no validator of the height.
    #[error("proposed by {got}, who is no validator")]
    UnknownProposer {
        /// The proposer.
        got: Address,
    },
    /// The header's roots are not those of the contents.
    #[error("the roots in the header are not those of the contents")]
    RootMismatch {},
    /// The commit of the block before does not hold.
    #[error("the last commit does not hold")]
    BadLastCommit {},
    /// The block is too long.
    #[error("{got} bytes, at most {expected} are allowed")]
    TooLong {
        /// Its length.
        got: usize,
        /// The limit.
        expected: usize,
    },
}

/// The outcome of all blocks so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    chain_id: ChainId,
    /// The height of the last block; zero before the first.
    height: u64,
    last_block_id: BlockId,
    /// The time of the last block, or of the genesis.
    time: Time,
    last_validators: ValidatorSet,
    validators: ValidatorSet,
    next_validators: ValidatorSet,
    consensus_hash: Hash,
    app_hash: Vec<u8>,
    last_results_hash: Hash,
}

impl State {
    /// Before the first block; `None` for validators that are no set.
    pub fn genesis(genesis: &Genesis) -> Option<Self> {
        let validators = first_set(&genesis.validators)?;
        let mut next_validators = validators.clone();
        rotate(&mut next_validators, 1);
        Some(Self {
            chain_id: genesis.chain_id.clone(),
            height: 0,
            last_block_id: BlockId::default(),
            time: genesis.time,
            last_validators: ValidatorSet::default(),
            validators,
            next_validators,
            consensus_hash: params_hash(genesis.max_gas),
            app_hash: genesis.app_hash.clone(),
            last_results_hash: results_hash(&[]),
        })
    }

    /// The chain.
    pub const fn chain_id(&self) -> &ChainId {
        &self.chain_id
    }

    /// The height of the last block; zero before the first.
    pub const fn height(&self) -> u64 {
        self.height
    }

    /// The height that is decided next.
    pub const fn next_height(&self) -> u64 {
        self.height.saturating_add(1)
    }

    /// The time of the last block, or of the genesis.
    pub const fn time(&self) -> Time {
        self.time
    }

    /// The application's state after the last block.
    pub fn app_hash(&self) -> &[u8] {
        &self.app_hash
    }

    /// Who decides the next block.
    pub const fn validators(&self) -> &ValidatorSet {
        &self.validators
    }

    /// Who decides the block after the next.
    pub const fn next_validators(&self) -> &ValidatorSet {
        &self.next_validators
    }

    /// Who decided the last block; empty before the first.
    pub const fn last_validators(&self) -> &ValidatorSet {
        &self.last_validators
    }

    /// The time of the block that follows `last_commit` (BFT time).
    pub fn next_time(&self, last_commit: Option<&Commit>) -> Option<Time> {
        match last_commit {
            None => Some(self.time),
            Some(commit) => commits::median_time(commit, &self.last_validators),
        }
    }

    /// A block of these contents; `None` where no time follows from the commit.
    pub fn make_block(
        &self,
        proposer_address: Address,
        last_commit: Option<Commit>,
        evidence: Vec<DuplicateVoteEvidence>,
        txs: Vec<Vec<u8>>,
    ) -> Option<Block> {
        let header = Header {
            version: Version { block: BLOCK_PROTOCOL, app: 0 },
            chain_id: self.chain_id.clone(),
            height: self.next_height(),
            time: self.next_time(last_commit.as_ref())?,
            last_block_id: self.last_block_id,
            last_commit_hash: Some(last_commit_hash(last_commit.as_ref())),
            data_hash: Some(data_hash(&txs)),
            validators_hash: Some(self.validators.hash()),
            next_validators_hash: Some(self.next_validators.hash()),
            consensus_hash: Some(self.consensus_hash),
            app_hash: self.app_hash.clone(),
            last_results_hash: Some(self.last_results_hash),
            evidence_hash: Some(evidence_hash(&evidence)),
            proposer_address,
        };
        Some(Block { header, txs, evidence, last_commit })
    }

    /// Checks all that the blocks before determine. Transactions and evidence are for others to
    /// judge. `known` is a commit whose signatures were checked before.
    pub fn check_block(&self, block: &Block, known: Option<&Commit>) -> Result<(), BlockError> {
        self.check_header(&block.header)?;
        if !block.is_coherent() {
            return Err(BlockError::RootMismatch {});
        }
        let got = block.encode().len();
        if got > MAX_BLOCK_LEN {
            return Err(BlockError::TooLong { got, expected: MAX_BLOCK_LEN });
        }
        if !self.is_last_commit(block.last_commit.as_ref(), known) {
            return Err(BlockError::BadLastCommit {});
        }
        let time = self.next_time(block.last_commit.as_ref());
        let grows = self.height == 0 || block.header.time > self.time;
        if time != Some(block.header.time) || !grows {
            return Err(BlockError::Header { field: "time" });
        }
        Ok(())
    }

    fn check_header(&self, header: &Header) -> Result<(), BlockError> {
        let version = Version { block: BLOCK_PROTOCOL, app: 0 };
        let last_results_hash = Some(self.last_results_hash);
        let next_validators_hash = Some(self.next_validators.hash());
        let rules = [
            ("version", header.version == version),
            ("chain_id", header.chain_id == self.chain_id),
            ("height", header.height == self.next_height()),
            ("last_block_id", header.last_block_id == self.last_block_id),
            ("validators_hash", header.validators_hash == Some(self.validators.hash())),
            ("next_validators_hash", header.next_validators_hash == next_validators_hash),
            ("consensus_hash", header.consensus_hash == Some(self.consensus_hash)),
            ("app_hash", header.app_hash == self.app_hash),
            ("last_results_hash", header.last_results_hash == last_results_hash),
        ];
        if let Some((field, _)) = rules.into_iter().find(|(_, holds)| !holds) {
            return Err(BlockError::Header { field });
        }
        let got = header.proposer_address;
        if !self.validators.validators.iter().any(|validator| validator.address == got) {
            return Err(BlockError::UnknownProposer { got });
        }
        Ok(())
    }

    fn is_last_commit(&self, commit: Option<&Commit>, known: Option<&Commit>) -> bool {
        match commit {
            None => self.height == 0,
            Some(commit) => {
                (commit.height, commit.block_id) == (self.height, self.last_block_id)
                    && commits::holds(commit, &self.last_validators, &self.chain_id, known)
            }
        }
    }

    /// The state after a decided block that gave `executed`.
    #[must_use]
    pub fn after(&self, block: &Block, block_id: BlockId, executed: &Executed) -> Self {
        let updated = with_updates(&self.next_validators, &executed.updates);
        let mut next_validators = updated.unwrap_or_else(|| self.next_validators.clone());
        rotate(&mut next_validators, 1);
        Self {
            chain_id: self.chain_id.clone(),
            height: block.header.height,
            last_block_id: block_id,
            time: block.header.time,
            last_validators: self.validators.clone(),
            validators: self.next_validators.clone(),
            next_validators,
            consensus_hash: self.consensus_hash,
            app_hash: executed.app_hash.clone(),
            last_results_hash: results_hash(&executed.results),
        }
    }
}

/// The hash of the parameters that headers commit to (`types/params.go` `HashConsensusParams`).
fn params_hash(max_gas: i64) -> Hash {
    /// `tendermint.types.HashedParams`.
    #[derive(Clone, Copy, PartialEq, Eq, Message)]
    struct HashedParams {
        #[prost(int64, tag = "1")]
        block_max_bytes: i64,
        #[prost(int64, tag = "2")]
        block_max_gas: i64,
    }
    let block_max_bytes = i64::try_from(MAX_BLOCK_LEN).unwrap_or(i64::MAX);
    let params = HashedParams { block_max_bytes, block_max_gas: max_gas };
    Hash(Sha256::digest(params.encode_to_vec()).into())
}
