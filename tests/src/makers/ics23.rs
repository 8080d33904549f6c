//! Trees to prove from: real ones by `causeway-store`, and hand-made ones that no store would make.

use causeway_core::MerklePath;
use causeway_ics23::{ExistenceProof, HashOp, InnerOp, MerkleProof, ProofSpec, tendermint_spec};
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
        for subtree in proofs.chunks_mut(2 * width) {
            let (left, right) = subtree.split_at_mut(width);
            let hash_of =
                |side: &[ExistenceProof]| side[0].calculate().unwrap().as_bytes().to_vec();
            let (left_hash, right_hash) = (hash_of(left), hash_of(right));
            for proof in left {
                let (prefix, suffix) = (prefix.to_vec(), right_hash.clone());
                proof.path.push(InnerOp { hash, prefix, suffix });
            }
            for proof in right {
                let (prefix, suffix) = ([prefix, &left_hash].concat(), vec![]);
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
