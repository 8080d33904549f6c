//! Everything that is hashed or signed, computed again by the `tendermint` crate from its own
//! decoded types.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use causeway_chain::Fault;
use causeway_chain_cometbft::consensus::Proposal;
use causeway_client_cometbft::{
    BlockId as OurBlockId, ChainId, Hash as OurHash, PartSetHeader as OurPartSetHeader, Time,
};
use prost::Message;
use sha2::{Digest, Sha256 as OurSha256};
use tendermint::block::Height;
use tendermint::crypto::default::Sha256;
use tendermint::merkle::simple_hash_from_byte_vectors;
use tendermint::{Block, Hash};
use tendermint_proto::v0_38::abci::ExecTxResult;
use tendermint_proto::v0_38::types::{
    Block as RawBlock, BlockId, Commit, HashedParams, PartSetHeader, Proposal as RawProposal,
    evidence,
};

use tendermint_rpc::endpoint::{
    block as block_endpoint, block_results, broadcast, consensus_params, validators,
};

use super::driver::Driver;
use super::transfers::transfer;

fn root(leaves: &[Vec<u8>]) -> Hash {
    Hash::Sha256(simple_hash_from_byte_vectors::<Sha256>(leaves))
}

fn height(number: u64) -> Height {
    Height::try_from(number).unwrap()
}

/// What a header says of the contents of its block, and the id of the parts.
fn assert_contents(block: &Block, parts: tendermint::block::parts::Header) {
    let raw = written_by_go(RawBlock::from(block.clone()));
    let header = &block.header;
    let txs: Vec<_> = block.data.iter().map(|tx| OurSha256::digest(tx).to_vec()).collect();
    assert_eq!(header.data_hash, Some(root(&txs)));
    let signatures = raw.last_commit.clone().unwrap_or_default().signatures;
    let signatures: Vec<_> = signatures.iter().map(Message::encode_to_vec).collect();
    assert_eq!(header.last_commit_hash, Some(root(&signatures)));
    let evidence = raw.evidence.clone().unwrap_or_default().evidence;
    let evidence: Vec<_> = evidence
        .into_iter()
        .map(|item| match item.sum.unwrap() {
            evidence::Sum::DuplicateVoteEvidence(item) => item.encode_to_vec(),
            evidence::Sum::LightClientAttackEvidence(item) => item.encode_to_vec(),
        })
        .collect();
    assert_eq!(header.evidence_hash, Some(root(&evidence)));
    let bytes = raw.encode_to_vec();
    let chunks: Vec<_> = bytes.chunks(65_536).map(<[u8]>::to_vec).collect();
    assert_eq!(parts.hash, root(&chunks));
    assert_eq!(parts.total as usize, chunks.len());
}

/// What a first block has in place of its predecessor's id and commit is empty, but written by Go,
/// and so is the block of a vote for none: the `tendermint` crate leaves them out. In evidence it
/// writes the power of all for that of the culprit.
fn written_by_go(mut raw: RawBlock) -> RawBlock {
    let none = || BlockId { hash: vec![], part_set_header: Some(PartSetHeader::default()) };
    for item in raw.evidence.iter_mut().flat_map(|list| &mut list.evidence) {
        if let Some(evidence::Sum::DuplicateVoteEvidence(item)) = &mut item.sum {
            item.validator_power = 10;
            for vote in [&mut item.vote_a, &mut item.vote_b].into_iter().flatten() {
                vote.block_id.get_or_insert_with(none);
            }
        }
    }
    if let Some(header) = &mut raw.header {
        header.last_block_id.get_or_insert_with(none);
    }
    raw.last_commit.get_or_insert_with(|| Commit { block_id: Some(none()), ..Commit::default() });
    raw
}

#[test]
fn headers_commit_to_contents_results_validators_and_parameters() {
    const SEED: u64 = 31;
    let mut driver = Driver::new(SEED);
    driver.run(1_500);
    driver.ask(broadcast::tx_sync::Request::new(transfer(SEED, 0)));
    driver.ask(broadcast::tx_sync::Request::new(transfer(SEED, 1)));
    driver.inject(&Fault::Equivocate);
    driver.run(3_000);
    driver.inject(&Fault::ChangeSet { count: 2 });
    driver.run(6_000);
    let params = driver.ask(consensus_params::Request::new(None)).consensus_params.block;
    let hashed = HashedParams {
        block_max_bytes: i64::try_from(params.max_bytes).unwrap(),
        block_max_gas: params.max_gas,
    };
    let params: [u8; 32] = OurSha256::digest(hashed.encode_to_vec()).into();
    let (mut txs, mut evidence, mut sets) = (0, 0, Vec::new());
    let mut before = None;
    for number in 1..=driver.head() {
        let answer = driver.ask(block_endpoint::Request::new(height(number)));
        let (block, id) = (answer.block, answer.block_id);
        assert_eq!(block.header.hash(), id.hash);
        assert_contents(&block, id.part_set_header);
        assert_eq!(block.header.consensus_hash, Hash::Sha256(params));
        let mut set_of = |number| {
            let request = validators::Request::new(Some(height(number)), None, None);
            let list = driver.ask(request).validators;
            tendermint::validator::Set::without_proposer(list).hash()
        };
        assert_eq!(block.header.validators_hash, set_of(number));
        assert_eq!(block.header.next_validators_hash, set_of(number + 1));
        if let Some((results, app_hash)) = before {
            assert_eq!(block.header.last_results_hash, Some(results));
            assert_eq!(block.header.app_hash, app_hash);
        }
        txs += block.data.len();
        evidence += block.evidence.iter().count();
        sets.push(block.header.validators_hash);
        before = Some(results(&mut driver, number));
    }
    sets.dedup();
    assert!(txs >= 3, "{txs}");
    assert_eq!((evidence, sets.len()), (1, 2));
}

/// The root over the results of a block, and the state after it.
fn results(driver: &mut Driver, number: u64) -> (Hash, tendermint::AppHash) {
    let results = driver.ask(block_results::Request::new(height(number)));
    let leaves: Vec<_> = results
        .txs_results
        .unwrap_or_default()
        .into_iter()
        .map(|result| {
            let kept = ExecTxResult {
                code: result.code.value(),
                // That crate keeps the text in base64 as it is.
                data: STANDARD.decode(result.data).unwrap().into(),
                gas_wanted: result.gas_wanted,
                gas_used: result.gas_used,
                ..ExecTxResult::default()
            };
            kept.encode_to_vec()
        })
        .collect();
    (root(&leaves), results.app_hash)
}

#[test]
fn proposals_are_signed_over_the_same_bytes() {
    let hash = |byte| Some(OurHash([byte; 32]));
    for (round, valid_round) in [(0, None), (3, Some(1)), (70_000, Some(0))] {
        let ours = Proposal {
            height: 1 << 40,
            round,
            valid_round,
            block_id: OurBlockId {
                hash: hash(1),
                parts: OurPartSetHeader { total: 9, hash: hash(2) },
            },
            timestamp: Time::new(1_795_000_000, 5).unwrap(),
            signature: vec![7; 64],
        };
        let raw = RawProposal {
            r#type: 32,
            height: 1 << 40,
            round: i32::try_from(round).unwrap(),
            pol_round: valid_round.map_or(-1, |round| i32::try_from(round).unwrap()),
            block_id: Some(BlockId {
                hash: vec![1; 32],
                part_set_header: Some(PartSetHeader { total: 9, hash: vec![2; 32] }),
            }),
            timestamp: Some(tendermint_proto::google::protobuf::Timestamp {
                seconds: 1_795_000_000,
                nanos: 5,
            }),
            signature: vec![7; 64],
        };
        let theirs = tendermint::Proposal::try_from(raw).unwrap();
        let chain_id = tendermint::chain::Id::try_from("causeway-pbft-1").unwrap();
        let bytes = ours.sign_bytes(&ChainId::new("causeway-pbft-1").unwrap());
        assert_eq!(bytes, theirs.into_signable_vec(chain_id));
    }
}
