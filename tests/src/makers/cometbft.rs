//! Light blocks of made-up chains, really signed.

use std::sync::Arc;

use alloy_primitives::keccak256;
use causeway_client_cometbft::{
    BlockId, ChainId, Commit, CommitSig, CommitVote, Hash, Header, LightBlock, PartSetHeader,
    PreparedValidatorSet, PublicKey, SignedHeader, Time, TrustedBlock, Validator, ValidatorSet,
    Version, commit_sign_bytes,
};
use ed25519_dalek::Signer as _;
use k256::ecdsa::signature::hazmat::PrehashSigner;
use sha2::{Digest, Sha256};

/// Seconds between two blocks of a [`Chain`].
pub const BLOCK_SECS: i64 = 5;
/// The time of the first block of a [`Chain`], in seconds.
pub const START_SECS: i64 = 1_700_000_000;

/// A private key of any supported kind.
#[derive(Clone)]
pub enum SecretKey {
    Ed25519(ed25519_dalek::SigningKey),
    Secp256k1(k256::ecdsa::SigningKey),
    Secp256k1Eth(k256::ecdsa::SigningKey),
}

fn seed(number: u32) -> [u8; 32] {
    Sha256::digest(number.to_be_bytes()).into()
}

impl SecretKey {
    /// The Ed25519 key with a number.
    pub fn ed25519(number: u32) -> Self {
        Self::Ed25519(ed25519_dalek::SigningKey::from_bytes(&seed(number)))
    }

    /// The secp256k1 key with a number.
    pub fn secp256k1(number: u32) -> Self {
        Self::Secp256k1(k256::ecdsa::SigningKey::from_slice(&seed(number)).unwrap())
    }

    /// The secp256k1eth key with a number.
    pub fn secp256k1eth(number: u32) -> Self {
        Self::Secp256k1Eth(k256::ecdsa::SigningKey::from_slice(&seed(number)).unwrap())
    }

    pub fn public_key(&self) -> PublicKey {
        let compressed = |key: &k256::ecdsa::SigningKey| {
            key.verifying_key().to_sec1_point(true).as_bytes().try_into().unwrap()
        };
        match self {
            Self::Ed25519(key) => PublicKey::Ed25519(key.verifying_key().to_bytes()),
            Self::Secp256k1(key) => PublicKey::Secp256k1(compressed(key)),
            Self::Secp256k1Eth(key) => PublicKey::Secp256k1Eth(compressed(key)),
        }
    }

    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Ed25519(key) => key.sign(message).to_bytes().to_vec(),
            Self::Secp256k1(key) => {
                let signature: k256::ecdsa::Signature =
                    key.sign_prehash(&Sha256::digest(message)).unwrap();
                signature.to_vec()
            }
            Self::Secp256k1Eth(key) => {
                let (signature, recovery) =
                    key.sign_prehash_recoverable(keccak256(message).as_slice());
                [signature.to_vec(), vec![recovery.to_byte()]].concat()
            }
        }
    }
}

/// What a member of a committee does at a height.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ballot {
    Block,
    Nil,
    Absent,
}

/// Validators with their private keys, in the order of their set.
#[derive(Clone)]
pub struct Committee {
    keys: Vec<SecretKey>,
    set: ValidatorSet,
}

impl Committee {
    /// Of these keys and powers, brought into order.
    pub fn new(members: impl IntoIterator<Item = (SecretKey, u64)>) -> Self {
        let mut members: Vec<_> = members
            .into_iter()
            .map(|(key, power)| (Validator::new(key.public_key(), power).unwrap(), key))
            .collect();
        members.sort_by(|(a, _), (b, _)| b.power.cmp(&a.power).then(a.address.cmp(&b.address)));
        let (validators, keys): (Vec<_>, Vec<_>) = members.into_iter().unzip();
        let mut set = ValidatorSet::new(validators);
        set.proposer = set.validators.first().cloned();
        Self { keys, set }
    }

    /// Ed25519 keys by number, all of power 10.
    pub fn equal(numbers: impl IntoIterator<Item = u32>) -> Self {
        Self::new(numbers.into_iter().map(|number| (SecretKey::ed25519(number), 10)))
    }

    /// Ed25519 keys numbered from 0, of these powers.
    pub fn of_powers(powers: &[u64]) -> Self {
        Self::new((0..).map(SecretKey::ed25519).zip(powers.iter().copied()))
    }

    pub fn set(&self) -> &ValidatorSet {
        &self.set
    }

    /// The private key of the validator at a place of the set.
    pub fn key(&self, index: usize) -> &SecretKey {
        &self.keys[index]
    }

    pub fn prepared(&self) -> Arc<PreparedValidatorSet> {
        Arc::new(PreparedValidatorSet::new(&self.set).unwrap())
    }

    /// A commit of this header, each member voting as `ballot` says of its place.
    pub fn commit(&self, header: &Header, ballot: impl Fn(usize) -> Ballot) -> Commit {
        let block_id = block_id(header);
        let (height, round) = (header.height, 0);
        let mut commit = Commit { height, round, block_id, signatures: Vec::new() };
        commit.signatures =
            (0..self.keys.len()).map(|i| self.vote(header, &commit, i, ballot(i))).collect();
        commit
    }

    fn vote(&self, header: &Header, commit: &Commit, index: usize, ballot: Ballot) -> CommitSig {
        let mut vote = CommitVote {
            validator_address: self.set.validators[index].address,
            timestamp: Time::new(header.time.secs() + 1, index.try_into().unwrap()).unwrap(),
            signature: Vec::new(),
        };
        let block_id = if ballot == Ballot::Nil { BlockId::default() } else { commit.block_id };
        let voted = Commit { block_id, ..commit.clone() };
        let message = commit_sign_bytes(&header.chain_id, &voted, &vote);
        vote.signature = self.keys[index].sign(&message);
        match ballot {
            Ballot::Block => CommitSig::Commit(vote),
            Ballot::Nil => CommitSig::Nil(vote),
            Ballot::Absent => CommitSig::Absent,
        }
    }

    /// The header with a commit of all.
    pub fn sign(&self, header: Header) -> SignedHeader {
        self.sign_as(header, |_| Ballot::Block)
    }

    /// The header with a commit in which each member votes as `ballot` says.
    pub fn sign_as(&self, header: Header, ballot: impl Fn(usize) -> Ballot) -> SignedHeader {
        SignedHeader { commit: self.commit(&header, ballot), header }
    }

    /// Signs all votes of a commit anew, as they now stand.
    pub fn resign(&self, signed: &mut SignedHeader) {
        let commit = signed.commit.clone();
        for (sig, key) in signed.commit.signatures.iter_mut().zip(&self.keys) {
            if let CommitSig::Commit(vote) = sig {
                let message = commit_sign_bytes(&signed.header.chain_id, &commit, vote);
                vote.signature = key.sign(&message);
            }
        }
    }
}

fn hash_of(text: &str) -> Hash {
    Hash(Sha256::digest(text).into())
}

/// The block id that a commit of this header has.
pub fn block_id(header: &Header) -> BlockId {
    let parts = PartSetHeader { total: 1, hash: Some(hash_of("parts")) };
    BlockId { hash: header.hash(), parts }
}

/// A header in which everything but height, time, validators and application hash is made up.
pub fn header(
    chain_id: &str,
    (height, secs): (u64, i64),
    validators: &Committee,
    next_validators: &Committee,
) -> Header {
    Header {
        version: Version { block: 11, app: 1 },
        chain_id: ChainId::new(chain_id).unwrap(),
        height,
        time: Time::new(secs, 123_456_789).unwrap(),
        last_block_id: BlockId::default(),
        last_commit_hash: Some(hash_of("last commit")),
        data_hash: Some(hash_of("data")),
        validators_hash: Some(validators.set.hash()),
        next_validators_hash: Some(next_validators.set.hash()),
        consensus_hash: Some(hash_of("consensus")),
        app_hash: hash_of("app").0.to_vec(),
        last_results_hash: Some(hash_of("results")),
        evidence_hash: Some(hash_of("evidence")),
        proposer_address: validators.set.validators[0].address,
    }
}

/// One height of a [`Chain`].
#[derive(Clone)]
pub struct Made {
    pub signed: SignedHeader,
    pub validators: Committee,
    pub next_validators: Committee,
}

impl Made {
    pub fn light_block(&self) -> LightBlock {
        LightBlock {
            signed_header: self.signed.clone(),
            validators: self.validators.prepared(),
            next_validators: self.next_validators.prepared(),
        }
    }

    pub fn trusted(&self) -> TrustedBlock {
        let next = self.next_validators.prepared();
        TrustedBlock::from_header(&self.signed.header, next).unwrap()
    }
}

/// A chain from height 1, a block every [`BLOCK_SECS`] seconds.
#[derive(Clone)]
pub struct Chain {
    pub chain_id: String,
    blocks: Vec<Made>,
}

impl Chain {
    /// Of one block, by validators who also make the next.
    pub fn new(chain_id: &str, validators: &Committee) -> Self {
        let mut chain = Self { chain_id: chain_id.into(), blocks: Vec::new() };
        let header = header(chain_id, (1, START_SECS), validators, validators);
        chain.append(header, validators.clone(), validators.clone());
        chain
    }

    /// A block whose header commits to `app_hash`, the state after the block before.
    pub fn push(&mut self, app_hash: &[u8]) -> &Made {
        let validators = self.tip().next_validators.clone();
        self.push_handing_over(app_hash, &validators)
    }

    /// A block after which others are the validators.
    pub fn push_handing_over(&mut self, app_hash: &[u8], next: &Committee) -> &Made {
        self.push_at(self.tip().signed.header.time.secs() + BLOCK_SECS, app_hash, next)
    }

    /// As [`Self::push_handing_over`], with a time in seconds.
    pub fn push_at(&mut self, secs: i64, app_hash: &[u8], next: &Committee) -> &Made {
        let header = self.draft_at(secs, app_hash, next);
        let validators = self.tip().next_validators.clone();
        self.append(header, validators, next.clone());
        self.tip()
    }

    /// The next header, not signed.
    pub fn draft_at(&self, secs: i64, app_hash: &[u8], next: &Committee) -> Header {
        let (last, validators) = (&self.tip().signed, &self.tip().next_validators);
        let height = last.header.height + 1;
        let mut header = header(&self.chain_id, (height, secs), validators, next);
        header.app_hash = app_hash.to_vec();
        header.last_block_id = last.commit.block_id;
        header.last_commit_hash = Some(last.commit.hash());
        header
    }

    /// Blocks up to `height`, of no particular state.
    pub fn extend_to(&mut self, height: u64) -> &mut Self {
        while self.tip().signed.header.height < height {
            self.push(&[7; 32]);
        }
        self
    }

    fn append(&mut self, header: Header, validators: Committee, next_validators: Committee) {
        let signed = validators.sign(header);
        self.blocks.push(Made { signed, validators, next_validators });
    }

    pub fn tip(&self) -> &Made {
        self.blocks.last().unwrap()
    }

    /// The block at a height, from 1.
    pub fn at(&self, height: u64) -> &Made {
        &self.blocks[usize::try_from(height).unwrap() - 1]
    }
}

/// Light blocks as the RPC writes them.
pub mod json {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use causeway_client_cometbft::{
        BlockId, CommitSig, Hash, Header, PublicKey, SignedHeader, Time, ValidatorSet,
    };
    use serde_json::{Value, json};

    fn hash(hash: Option<Hash>) -> String {
        hash.map(|hash| hash.to_string()).unwrap_or_default()
    }

    fn time(time: Time) -> String {
        let secs = u64::try_from(time.secs()).unwrap();
        let (days, rest) = (secs / 86_400, secs % 86_400);
        let date = date(days.cast_signed());
        format!(
            "{date}T{:02}:{:02}:{:02}.{:09}Z",
            rest / 3600,
            rest / 60 % 60,
            rest % 60,
            time.nanos()
        )
    }

    /// The civil date of a day since 1970.
    fn date(days: i64) -> String {
        let mut year = 1970;
        let mut left = days;
        let length = |year: i64| {
            let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            if is_leap {
                [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            } else {
                [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            }
        };
        while left >= length(year).iter().sum() {
            left -= length(year).iter().sum::<i64>();
            year += 1;
        }
        let mut month = 0;
        while left >= length(year)[month] {
            left -= length(year)[month];
            month += 1;
        }
        format!("{year:04}-{:02}-{:02}", month + 1, left + 1)
    }

    fn block_id(id: &BlockId) -> Value {
        json!({
            "hash": hash(id.hash),
            "parts": {"total": id.parts.total, "hash": hash(id.parts.hash)},
        })
    }

    pub fn header(header: &Header) -> Value {
        json!({
            "version": {
                "block": header.version.block.to_string(),
                "app": header.version.app.to_string(),
            },
            "chain_id": header.chain_id.as_str(),
            "height": header.height.to_string(),
            "time": time(header.time),
            "last_block_id": block_id(&header.last_block_id),
            "last_commit_hash": hash(header.last_commit_hash),
            "data_hash": hash(header.data_hash),
            "validators_hash": hash(header.validators_hash),
            "next_validators_hash": hash(header.next_validators_hash),
            "consensus_hash": hash(header.consensus_hash),
            "app_hash": hex::encode_upper(&header.app_hash),
            "last_results_hash": hash(header.last_results_hash),
            "evidence_hash": hash(header.evidence_hash),
            "proposer_address": header.proposer_address.to_string(),
        })
    }

    fn commit_sig(sig: &CommitSig) -> Value {
        let (flag, vote) = match sig {
            CommitSig::Absent => {
                return json!({
                    "block_id_flag": 1,
                    "validator_address": "",
                    "timestamp": "0001-01-01T00:00:00Z",
                    "signature": null,
                });
            }
            CommitSig::Commit(vote) => (2, vote),
            CommitSig::Nil(vote) => (3, vote),
        };
        json!({
            "block_id_flag": flag,
            "validator_address": vote.validator_address.to_string(),
            "timestamp": time(vote.timestamp),
            "signature": STANDARD.encode(&vote.signature),
        })
    }

    pub fn signed_header(signed: &SignedHeader) -> Value {
        let commit = &signed.commit;
        json!({
            "header": header(&signed.header),
            "commit": {
                "height": commit.height.to_string(),
                "round": commit.round,
                "block_id": block_id(&commit.block_id),
                "signatures": commit.signatures.iter().map(commit_sig).collect::<Vec<_>>(),
            },
        })
    }

    pub fn validators(set: &ValidatorSet) -> Value {
        let validators = set.validators.iter().map(|validator| {
            let (name, key) = match &validator.public_key {
                PublicKey::Ed25519(key) => ("tendermint/PubKeyEd25519", key.as_slice()),
                PublicKey::Secp256k1(key) => ("tendermint/PubKeySecp256k1", key.as_slice()),
                PublicKey::Secp256k1Eth(key) => ("cometbft/PubKeySecp256k1eth", key.as_slice()),
            };
            json!({
                "address": validator.address.to_string(),
                "pub_key": {"type": name, "value": STANDARD.encode(key)},
                "voting_power": validator.power.to_string(),
                "proposer_priority": validator.proposer_priority.to_string(),
            })
        });
        validators.collect()
    }

    /// A light block with both sets.
    pub fn light_block(made: &super::Made) -> Value {
        json!({
            "signed_header": signed_header(&made.signed),
            "validator_set": {"validators": validators(made.validators.set())},
            "next_validator_set": {"validators": validators(made.next_validators.set())},
        })
    }
}
