//! Trees to prove from: real ones by `causeway-store`, and hand-made ones that no store would make.

use causeway_core::MerklePath;
use causeway_ics23::{
    CommitmentProof, ExistenceProof, HashOp, InnerOp, MerkleProof, ProofSpec, tendermint_spec,
};
use causeway_store::{AppHash, Snapshot, StoreRoots, Tree, Version};

/// A committed chain state: the store `ibc` among others, under an app hash.
pub struct State {
    /// The store `ibc`.
    pub ibc: Snapshot,
    /// All stores.
    pub roots: StoreRoots,
}

impl State {
    /// The trusted root.
    pub fn app_hash(&self) -> AppHash {
        self.roots.app_hash()
    }

    /// The chain of two proofs about `key` in the store `ibc`.
    pub fn prove(&self, key: &[u8]) -> MerkleProof {
        let key_proof = self.ibc.prove(key).expect("not empty");
        MerkleProof { proofs: vec![key_proof, self.roots.prove("ibc").expect("a store")] }
    }
}

/// The path of `key` in the store `ibc`.
pub fn ibc_path(key: &[u8]) -> MerklePath {
    MerklePath::new(vec![b"ibc".to_vec(), key.to_vec()]).expect("not empty")
}

/// The state of a chain with these entries, committed as version 7 among twenty stores.
pub fn state<'a>(entries: impl IntoIterator<Item = (&'a [u8], &'a [u8])>) -> State {
    let version = Version::new(7).expect("low");
    let mut tree = Tree::starting_at(version);
    for (key, value) in entries {
        tree.insert(key, value).expect("within limits");
    }
    let root = tree.commit(version).expect("the next version");
    let mut roots = StoreRoots::new();
    for number in 0..19_u8 {
        roots.set(&format!("store{number}"), causeway_store::RootHash([number; 32])).unwrap();
    }
    roots.set("ibc", root).unwrap();
    State { ibc: tree.at(version).expect("kept"), roots }
}

/// The key and value of a packet commitment, made up of a number.
pub fn packet(sequence: u64) -> (Vec<u8>, Vec<u8>) {
    let key = [b"client-0\x01".as_slice(), &sequence.to_be_bytes()].concat();
    let value = HashOp::Sha256.hash(&[&sequence.to_be_bytes()]).unwrap().as_bytes().to_vec();
    (key, value)
}

/// A state with this many packet commitments.
pub fn state_of_packets(count: u64) -> State {
    let packets: Vec<_> = (1..=count).map(packet).collect();
    state(packets.iter().map(|(key, value)| (key.as_slice(), value.as_slice())))
}

/// A simple Merkle tree over these leaves in the order given, be it right or wrong: its root, and
/// the proof of each leaf. The number of leaves is a power of two.
pub fn simple_tree(leaves: &[(&[u8], &[u8])]) -> (Vec<u8>, Vec<ExistenceProof>) {
    tree_of(tendermint_spec(), &[1], leaves)
}

/// A binary tree under `spec` whose inner nodes all have this prefix.
pub fn tree_of(
    spec: &ProofSpec,
    prefix: &[u8],
    leaves: &[(&[u8], &[u8])],
) -> (Vec<u8>, Vec<ExistenceProof>) {
    let mut proofs: Vec<_> = leaves.iter().map(|(key, value)| leaf_of(spec, key, value)).collect();
    let hash = spec.raw().inner_spec.as_ref().expect("an inner node").hash;
    let mut width = 1;
    while width < proofs.len() {
        for start in (0..proofs.len()).step_by(2 * width) {
            let hash_of = |at: usize| proofs[at].calculate().unwrap().as_bytes().to_vec();
            let (left, right) = (hash_of(start), hash_of(start + width));
            for (at, proof) in proofs.iter_mut().enumerate().skip(start).take(2 * width) {
                let before = if at < start + width { vec![] } else { left.clone() };
                let suffix = if at < start + width { right.clone() } else { vec![] };
                let prefix = [prefix, &before].concat();
                proof.path.push(InnerOp { hash, prefix, suffix });
            }
        }
        width *= 2;
    }
    (proofs[0].calculate().unwrap().as_bytes().to_vec(), proofs)
}

/// The proof of a tree that is nothing but this leaf.
pub fn leaf_of(spec: &ProofSpec, key: &[u8], value: &[u8]) -> ExistenceProof {
    let leaf = spec.raw().leaf_spec.clone();
    ExistenceProof { key: key.to_vec(), value: value.to_vec(), leaf, path: Vec::new() }
}

/// The root to which a proof of presence leads, whatever it is worth.
pub fn root_of(proof: &CommitmentProof) -> Vec<u8> {
    match &proof.proof {
        Some(causeway_ics23::Proof::Exist(proof)) => {
            proof.calculate().expect("a root").as_bytes().to_vec()
        }
        _ => panic!("not a proof of presence"),
    }
}
