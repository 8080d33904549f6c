//! A PBFT chain: headers signed by validators who take turns, and the traces in one store of
//! several under the app hash.

use std::time::Duration;

use causeway_client_cometbft::ics07::{
    ClientMessage, ClientState, ConsensusState, Header, Misbehaviour, StateBatchProof, StateProof,
    UpdateBlock, UpdateRun,
};
use causeway_client_cometbft::{ChainId, SignedHeader, TrustLevel, TrustOptions};
use causeway_core::{Any, CreateClient, Height, MerklePrefix, PacketPath, Timestamp};
use causeway_ics23::{BatchProof, MerkleProof, ibc_specs};
use causeway_light_client::{AnyCodec, Fraction, ProofCodec};
use causeway_store::{AppHash, RootHash, StoreRoots};

use super::tree::TraceTree;
use super::{Family, Traces};
use crate::host::Customs;
use crate::makers::cometbft::{Ballot, Chain, Committee, Made};

/// The store of the traces.
const STORE: &str = "ibc";

const TRUST_LEVEL: Fraction = Fraction::ONE_THIRD;

/// Ahead of hosts whose clocks lag, such as the proof-of-work chains'.
const CLOCK_DRIFT: Duration = Duration::from_hours(1);

pub struct Cometbft {
    chain: Chain,
    tree: TraceTree,
}

/// Four validators; every block the longest-serving one goes.
fn committee(height: u64) -> Committee {
    let first = u32::try_from(height).unwrap();
    Committee::equal(first..first + 4)
}

/// In the revision of the chains' names.
fn height_of(height: u64) -> Height {
    Height::new(7, height)
}

impl Cometbft {
    /// A chain with a revision, like most real ones.
    pub fn new(number: u8) -> Self {
        let chain = Chain::new(&format!("pbft-{}-7", number + 1), &committee(1));
        Self { chain, tree: TraceTree::new() }
    }

    fn head_block(&self) -> &Made {
        self.chain.tip()
    }

    /// The block at height 1 commits to nothing, the next one to the first version.
    fn stores(&self, height: u64) -> StoreRoots {
        let mut roots = StoreRoots::new();
        roots.set("bank", RootHash([2; 32])).unwrap();
        roots.set("transfer", RootHash([3; 32])).unwrap();
        roots.set(STORE, self.tree.root(height - 1)).unwrap();
        roots
    }

    fn proof(&self, height: Height, path: &PacketPath) -> MerkleProof {
        let inner = self.tree.prove(height.height() - 1, path);
        let outer = self.stores(height.height()).prove(STORE).unwrap();
        MerkleProof { proofs: vec![inner, outer] }
    }

    /// A header on its own, to be verified from `trusted`.
    fn header_from(&self, trusted: Height, signed_header: SignedHeader) -> Header {
        let trusted_block = self.chain.at(trusted.height());
        let validators = &self.chain.at(signed_header.header.height).validators;
        Header {
            signed_header,
            validator_set: validators.set().clone(),
            trusted_height: trusted,
            trusted_validators: trusted_block.next_validators.set().clone(),
        }
    }
}

impl Family for Cometbft {
    fn customs(&self) -> Customs {
        Customs { address_prefix: "pbft1", client_prefix: None, receipt: |_| vec![2] }
    }

    fn prefix(&self) -> MerklePrefix {
        MerklePrefix::new(vec![STORE.into(), Vec::new()]).unwrap()
    }

    fn commit(&mut self, traces: &Traces, now: Timestamp) -> Timestamp {
        self.tree.commit(traces);
        let height = self.head().height() + 1;
        let AppHash(app_hash) = self.stores(height).app_hash();
        let secs = now.secs().try_into().unwrap();
        self.chain.push_at(secs, &app_hash, &committee(height));
        now.max(self.chain_time(now))
    }

    fn head(&self) -> Height {
        height_of(self.head_block().signed.header.height)
    }

    /// The time of the next block, which is not before the last.
    fn chain_time(&self, now: Timestamp) -> Timestamp {
        let last = self.head_block().signed.header.time.to_timestamp().unwrap();
        now.max(last)
    }

    fn new_client(&self, trusting_period: Duration) -> CreateClient {
        let header = &self.head_block().signed.header;
        let client_state = ClientState {
            chain_id: ChainId::new(self.chain.chain_id.clone()).unwrap(),
            trust_level: TrustLevel::new(TRUST_LEVEL).unwrap(),
            trusting_period,
            unbonding_period: trusting_period * 3 / 2,
            max_clock_drift: CLOCK_DRIFT,
            frozen_height: Height::default(),
            latest_height: self.head(),
            proof_specs: ibc_specs().to_vec(),
            upgrade_path: vec!["upgrade".into(), "upgradedIBCState".into()],
            allow_update_after_expiry: false,
            allow_update_after_misbehaviour: false,
        };
        let consensus_state = ConsensusState {
            timestamp: header.time.to_timestamp().unwrap(),
            root: header.app_hash.clone(),
            next_validators_hash: header.next_validators_hash,
        };
        CreateClient {
            client_state: client_state.to_any(),
            consensus_state: consensus_state.to_any(),
        }
    }

    /// By bisection: the validators change with every block.
    fn updates(&self, trusted: Height) -> Vec<Any> {
        let trusted_block = self.chain.at(trusted.height());
        let options = TrustOptions {
            trust_level: TrustLevel::new(TRUST_LEVEL).unwrap(),
            trusting_period: Duration::from_hours(1_000_000),
            max_clock_drift: CLOCK_DRIFT,
        };
        let next = trusted_block.next_validators.set().clone();
        let target = self.head().height();
        if target == trusted.height() {
            return Vec::new();
        }
        let now = self.chain_time(Timestamp::default());
        let mut run = UpdateRun::new(trusted_block.trusted(), next, target, options).unwrap();
        while let Some(height) = run.wanted() {
            let made = self.chain.at(height);
            let block = UpdateBlock {
                signed_header: made.signed.clone(),
                validators: made.validators.set().clone(),
                next_validators: made.next_validators.set().clone(),
            };
            run.give(block, now).unwrap();
        }
        run.messages().iter().map(AnyCodec::to_any).collect()
    }

    fn membership(&self, height: Height, path: &PacketPath) -> Vec<u8> {
        StateProof(self.proof(height, path)).to_bytes()
    }

    fn non_membership(&self, height: Height, path: &PacketPath) -> Vec<u8> {
        StateProof(self.proof(height, path)).to_bytes()
    }

    fn memberships(&self, height: Height, paths: &[PacketPath]) -> Vec<u8> {
        let proofs: Vec<_> = paths.iter().map(|path| self.proof(height, path)).collect();
        StateBatchProof(BatchProof::merge(&proofs).unwrap()).to_bytes()
    }

    /// A header that two of four signed.
    fn forged_update(&self, _trusted: Height) -> Any {
        let made = self.head_block();
        let two = |index| if index < 2 { Ballot::Block } else { Ballot::Absent };
        let signed = made.validators.sign_as(made.signed.header.clone(), two);
        let below = height_of(self.head().height() - 1);
        ClientMessage::Header(self.header_from(below, signed)).to_any()
    }

    /// The validators of the newest block signed another one of the same height.
    fn misbehaviour(&self, _trusted: Height) -> Vec<Any> {
        let made = self.head_block();
        let mut other = made.signed.header.clone();
        other.app_hash = vec![0xee; 32];
        let below = height_of(self.head().height() - 1);
        let misbehaviour = Misbehaviour {
            client_id: String::new(),
            header_1: self.header_from(below, made.validators.sign(other)),
            header_2: self.header_from(below, made.signed.clone()),
        };
        vec![ClientMessage::Misbehaviour(misbehaviour).to_any()]
    }
}
