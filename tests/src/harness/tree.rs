//! Packet traces in a provable store: the state of two of the families.

use causeway_core::{MerklePath, PacketPath};
use causeway_ics23::CommitmentProof;
use causeway_store::{RootHash, Tree, Version};

use super::Traces;

/// A version for each commit, counted from 1.
pub struct TraceTree {
    tree: Tree,
    committed: Traces,
    latest: u64,
}

impl TraceTree {
    /// Of no traces; something is at a key that no packet uses, so that absence is provable.
    pub fn new() -> Self {
        let mut tree = Tree::starting_at(Version::new(1).unwrap());
        tree.insert(b"genesis", b"written").unwrap();
        Self { tree, committed: Traces::new(), latest: 0 }
    }

    /// Makes the tree hold exactly these traces; gives the root and the version.
    pub fn commit(&mut self, traces: &Traces) -> (RootHash, u64) {
        for path in self.committed.keys().filter(|path| !traces.contains_key(path)) {
            self.tree.remove(&path.to_bytes());
        }
        for (path, value) in traces {
            if self.committed.get(path) != Some(value) {
                self.tree.insert(&path.to_bytes(), value).unwrap();
            }
        }
        self.committed.clone_from(traces);
        self.latest += 1;
        let root = self.tree.commit(Version::new(self.latest).unwrap()).unwrap();
        (root, self.latest)
    }

    pub fn root(&self, version: u64) -> RootHash {
        self.tree.at(Version::new(version).unwrap()).unwrap().root_hash()
    }

    pub fn prove(&self, version: u64, path: &PacketPath) -> CommitmentProof {
        let snapshot = self.tree.at(Version::new(version).unwrap()).unwrap();
        snapshot.prove(&path.to_bytes()).unwrap()
    }
}

impl Default for TraceTree {
    fn default() -> Self {
        Self::new()
    }
}

/// Path elements of trees that lead to a key.
pub fn merkle_path(stores: &[&str], path: &PacketPath) -> MerklePath {
    let stores = stores.iter().map(|name| name.as_bytes().to_vec());
    MerklePath::new(stores.chain([path.to_bytes()]).collect()).unwrap()
}
