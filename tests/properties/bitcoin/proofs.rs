//! Laws of proofs: of transactions under a header, and of values under a coinbase.

use std::collections::BTreeMap;

use causeway_client_bitcoin::{
    BatchProof, BitcoinClient, ConsensusState, InclusionProof, MerkleNode, StateProof, StateRoot,
    Transaction, merkle,
};
use causeway_core::{Height, MerklePath};
use causeway_ics23::MerkleProof;
use causeway_light_client::{Entry, ProofCodec, ProofContext, ProofVerifier};
use causeway_store::{Tree, Version};
use causeway_tests::makers::bitcoin::{StateChain, client_state, outputs, payment, scaled};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

fn some_bytes() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 1..20)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// A store's proofs of presence and absence verify under a coinbase, alone and in a batch.
    #[test]
    fn what_is_in_the_state_is_proven(
        entries in btree_map(some_bytes(), some_bytes(), 1..20),
        absent in some_bytes(),
    ) {
        prop_assume!(!entries.contains_key(&absent));
        let state = State::of(&entries);
        for (key, value) in &entries {
            let proof = state.prove(key);
            prop_assert!(state.verify_membership(&proof, key, value).is_ok());
            prop_assert!(state.verify_membership(&proof, key, b"another value").is_err());
            prop_assert!(state.verify_non_membership(&proof, key).is_err());
            prop_assert_eq!(StateProof::from_bytes(&proof.to_bytes()), Ok(proof));
        }
        let proof = state.prove(&absent);
        prop_assert!(state.verify_non_membership(&proof, &absent).is_ok());
        prop_assert!(state.verify_membership(&proof, &absent, b"value").is_err());
    }
}

/// A state that block 1 of a chain commits to.
struct State {
    tree: Tree,
    chain: StateChain,
}

impl State {
    fn of(entries: &BTreeMap<Vec<u8>, Vec<u8>>) -> Self {
        let version = Version::new(1).unwrap();
        let mut tree = Tree::starting_at(version);
        for (key, value) in entries {
            tree.insert(key, value).unwrap();
        }
        let root = tree.commit(version).unwrap();
        let mut chain = StateChain::new(&scaled());
        chain.commit(StateRoot(root.0));
        Self { tree, chain }
    }

    fn prove(&self, key: &[u8]) -> StateProof {
        let snapshot = self.tree.at(Version::new(1).unwrap()).unwrap();
        StateProof { root: self.chain.coinbase_proof(1), proof: snapshot.prove(key).unwrap() }
    }

    fn ask<T>(&self, check: impl FnOnce(&ProofContext<'_, BitcoinClient>) -> T) -> T {
        let tip = self.chain.branch.tip;
        check(&ProofContext {
            client_state: &client_state(&self.chain.branch.network, tip),
            height: Height::from_block(1),
            consensus_state: &ConsensusState::from(&tip),
        })
    }

    fn verify_membership(
        &self,
        proof: &StateProof,
        key: &[u8],
        value: &[u8],
    ) -> Result<(), causeway_client_bitcoin::ClientError> {
        let path = MerklePath::new(vec![key.to_vec()]).unwrap();
        let entry = Entry { path, value: value.to_vec() };
        self.ask(|context| BitcoinClient::verify_membership(context, proof, &entry))
    }

    fn verify_non_membership(
        &self,
        proof: &StateProof,
        key: &[u8],
    ) -> Result<(), causeway_client_bitcoin::ClientError> {
        let path = MerklePath::new(vec![key.to_vec()]).unwrap();
        self.ask(|context| BitcoinClient::verify_non_membership(context, proof, &path))
    }
}

fn small_state() -> (BTreeMap<Vec<u8>, Vec<u8>>, State) {
    let entries: BTreeMap<_, _> =
        (0..9_u8).map(|n| (vec![n, n], vec![n + 1; usize::from(n) + 1])).collect();
    let state = State::of(&entries);
    (entries, state)
}

#[test]
fn every_changed_byte_of_a_state_proof_is_refused() {
    let (entries, state) = small_state();
    let key = vec![4, 4];
    let bytes = state.prove(&key).to_bytes();
    for at in 0..bytes.len() {
        for mask in [1, 0x80] {
            let mut changed = bytes.clone();
            changed[at] ^= mask;
            let verdict = StateProof::from_bytes(&changed)
                .is_ok_and(|proof| state.verify_membership(&proof, &key, &entries[&key]).is_ok());
            assert!(!verdict, "byte {at}");
        }
    }
}

#[test]
fn a_batch_shows_all_its_entries_and_no_other() {
    let (entries, state) = small_state();
    let paths: Vec<Entry> = entries
        .iter()
        .map(|(key, value)| Entry {
            path: MerklePath::new(vec![key.clone()]).unwrap(),
            value: value.clone(),
        })
        .collect();
    let single: Vec<_> = entries.keys().map(|key| state.prove(key)).collect();
    let proofs: Vec<_> =
        single.iter().map(|proof| MerkleProof { proofs: vec![proof.proof.clone()] }).collect();
    let merged = causeway_ics23::BatchProof::merge(&proofs).unwrap();
    let batch = BatchProof { root: single[0].root.clone(), proof: merged };
    let judge = |batch: &BatchProof, entries: &[Entry]| {
        state.ask(|context| BitcoinClient::verify_memberships(context, batch, entries).is_ok())
    };
    assert!(judge(&batch, &paths));
    let read_back = BatchProof::from_bytes(&batch.to_bytes()).unwrap();
    assert_eq!(read_back, batch);
    assert!(!judge(&batch, &paths[1..]) && !judge(&batch, &[]));
    let mut other = paths.clone();
    other[3].value[0] ^= 1;
    assert!(!judge(&batch, &other));
    let bytes = batch.to_bytes();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        let verdict = BatchProof::from_bytes(&changed).is_ok_and(|proof| judge(&proof, &paths));
        assert!(!verdict, "byte {at}");
    }
}

#[test]
fn every_changed_byte_of_an_inclusion_proof_is_refused() {
    let mut chain = StateChain::new(&scaled());
    let height = chain.mine(&outputs(StateRoot([1; 32])));
    let transactions = &chain.blocks[&height];
    let leaves: Vec<MerkleNode> = transactions
        .iter()
        .map(|bytes| Transaction::from_bytes(bytes).unwrap().txid.into())
        .collect();
    let root = chain.branch.tip.header.merkle_root;
    let good = InclusionProof {
        transaction: payment(1),
        index: 1,
        branch: merkle::branch(&leaves, 1).unwrap(),
        coinbase: transactions[0].clone(),
        coinbase_branch: merkle::branch(&leaves, 0).unwrap(),
    };
    assert!(good.verify(root, &mut ()).is_ok());
    let parts: [fn(&mut InclusionProof) -> Vec<&mut u8>; 4] = [
        |proof| proof.transaction.iter_mut().collect(),
        |proof| proof.coinbase.iter_mut().collect(),
        |proof| proof.branch.iter_mut().flat_map(|node| &mut node.0).collect(),
        |proof| proof.coinbase_branch.iter_mut().flat_map(|node| &mut node.0).collect(),
    ];
    for part in parts {
        let len = part(&mut good.clone()).len();
        for at in 0..len {
            for bit in 0..8 {
                let mut changed = good.clone();
                *part(&mut changed)[at] ^= 1 << bit;
                assert!(changed.verify(root, &mut ()).is_err(), "byte {at}, bit {bit}");
            }
        }
    }
}
