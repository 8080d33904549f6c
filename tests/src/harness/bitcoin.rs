//! A proof-of-work chain: mined headers, and the root of the traces in every coinbase.

use std::collections::BTreeMap;
use std::time::Duration;

use causeway_client_bitcoin::{
    Anchor, BatchProof, ClientMessage, ConsensusState, Header, MerkleNode, Network, NetworkRules,
    StateProof, StateRoot,
};
use causeway_core::{Any, CreateClient, Height, MerklePrefix, PacketPath, Timestamp};
use causeway_ics23::{CommitmentProof, MerkleProof};
use causeway_light_client::{AnyCodec, ProofCodec};

use super::tree::TraceTree;
use super::{Family, Traces};
use crate::host::Customs;
use crate::makers::bitcoin::{
    Branch, StateChain, client_state, fail_to_mine, mine, outputs, scaled_rules,
};

/// Blocks for each commit: enough for the median time of a final block to pass the commit's.
const BLOCKS: u64 = 9;
/// Of [`client_state`].
const CONFIRMATIONS: u64 = 3;

pub struct Bitcoin {
    chain: StateChain,
    tree: TraceTree,
    /// Each height, and the version of the tree that it commits to.
    heights: BTreeMap<u64, (Anchor, u64)>,
}

impl Bitcoin {
    /// A network without retargets, whose genesis is marked by `number`.
    pub fn new(number: u8) -> Self {
        let rules = scaled_rules();
        let merkle_root = MerkleNode([number.saturating_add(1); 32]);
        let genesis = mine(Header { merkle_root, ..rules.genesis });
        let rules = NetworkRules { genesis, no_retarget: true, ..rules };
        let chain = StateChain::new(&Network::new(rules).unwrap());
        Self { chain, tree: TraceTree::new(), heights: BTreeMap::new() }
    }

    fn head_height(&self) -> u64 {
        (self.chain.branch.tip.height + 1).saturating_sub(CONFIRMATIONS)
    }

    fn version(&self, height: Height) -> u64 {
        self.heights[&height.height()].1
    }

    fn mine(&mut self, root: StateRoot, spacing: i64, version: u64) {
        self.chain.mine_spaced(&outputs(root), spacing);
        let tip = self.chain.branch.tip;
        self.heights.insert(tip.height, (tip, version));
    }

    fn state_proof(&self, height: Height, path: &PacketPath) -> StateProof {
        let proof: CommitmentProof = self.tree.prove(self.version(height), path);
        StateProof { root: self.chain.coinbase_proof(height.height()), proof }
    }
}

impl Family for Bitcoin {
    fn customs(&self) -> Customs {
        Customs { address_prefix: "pow1", client_prefix: None, receipt: |_| vec![1] }
    }

    fn prefix(&self) -> MerklePrefix {
        MerklePrefix::new(vec![Vec::new()]).unwrap()
    }

    fn commit(&mut self, traces: &Traces, now: Timestamp) -> Timestamp {
        let (root, version) = self.tree.commit(traces);
        for _ in 0..BLOCKS {
            let last = u64::from(self.chain.branch.tip.header.time);
            let spacing = now.secs().saturating_sub(last).max(10);
            self.mine(StateRoot(root.0), spacing.try_into().unwrap(), version);
        }
        Timestamp::from_secs(self.chain.branch.tip.header.time.into()).unwrap()
    }

    fn head(&self) -> Height {
        Height::from_block(self.head_height())
    }

    fn chain_time(&self, _now: Timestamp) -> Timestamp {
        ConsensusState::from(&self.chain.branch.tip).timestamp()
    }

    fn new_client(&self, trusting_period: Duration) -> CreateClient {
        let anchor = self.heights[&self.head_height()].0;
        let mut state = client_state(&self.chain.branch.network, anchor);
        state.trusting_period = Some(trusting_period);
        CreateClient {
            client_state: state.to_any(),
            consensus_state: ConsensusState::from(&anchor).to_any(),
        }
    }

    fn updates(&self, trusted: Height) -> Vec<Any> {
        let messages = self.chain.messages_above(trusted.height());
        messages.iter().map(AnyCodec::to_any).collect()
    }

    fn membership(&self, height: Height, path: &PacketPath) -> Vec<u8> {
        self.state_proof(height, path).to_bytes()
    }

    fn non_membership(&self, height: Height, path: &PacketPath) -> Vec<u8> {
        self.state_proof(height, path).to_bytes()
    }

    fn memberships(&self, height: Height, paths: &[PacketPath]) -> Vec<u8> {
        let proof =
            |path| MerkleProof { proofs: vec![self.tree.prove(self.version(height), path)] };
        let proofs: Vec<_> = paths.iter().map(proof).collect();
        let root = self.chain.coinbase_proof(height.height());
        BatchProof { root, proof: causeway_ics23::BatchProof::merge(&proofs).unwrap() }.to_bytes()
    }

    /// A header without work.
    fn forged_update(&self, _trusted: Height) -> Any {
        let header = fail_to_mine(self.chain.branch.draft(10));
        ClientMessage::Headers(vec![header.to_bytes()]).to_any()
    }

    /// A branch from below the newest final header that has more work than the chain.
    fn misbehaviour(&self, _trusted: Height) -> Vec<Any> {
        let start = self.heights[&(self.head_height() - 2)].0;
        let mut fork = Branch::from(&self.chain.branch.network, start);
        while fork.tip.chainwork <= self.chain.branch.tip.chainwork {
            fork.grow_apart(1, 0xee);
        }
        vec![ClientMessage::Misbehaviour(fork.headers).to_any()]
    }
}
