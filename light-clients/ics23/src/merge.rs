//! Making a batch of single proofs.

use std::collections::HashMap;

use crate::batch::{BatchError, BatchLeaf, BatchNode, BatchProof};
use crate::{CommitmentProof, ExistenceProof, InnerOp, LeafOp, MerkleProof, ProofError};

impl BatchProof {
    /// Merges proofs of presence under one root into one that has each shared node once. Nothing
    /// is verified: what does not belong together makes a batch that is refused.
    pub fn merge(proofs: &[MerkleProof]) -> Result<Self, BatchError> {
        let mut batch = Merge::default();
        let mut stores: Option<Vec<&ExistenceProof>> = None;
        for (proof, entry) in proofs.iter().zip(0..) {
            let mut chain = proof.proofs.iter().map(CommitmentProof::existence);
            let leaf = chain.next().ok_or(ProofError::LeafMissing { missing: "proof" })??;
            let above = chain.collect::<Result<Vec<_>, _>>()?;
            if *stores.get_or_insert_with(|| above.clone()) != above {
                return Err(BatchError::StoreMismatch { entry });
            }
            batch.add(leaf)?;
        }
        let stores = stores.into_iter().flatten().cloned().collect();
        let batch = batch.finish(stores);
        batch.is_bounded()?;
        Ok(batch)
    }
}

/// The paths so far, as a tree from the root down.
#[derive(Default)]
struct Merge<'a> {
    /// Each step by the number of its parent, which is 0 for the root; numbers start at 1.
    numbers: HashMap<(u32, &'a InnerOp), u32>,
    /// The steps in the order of their numbers, each with its parent's.
    steps: Vec<(u32, &'a InnerOp)>,
    /// The number of the last step.
    last: u32,
    /// The leaves, each with its parent's number.
    leaves: Vec<(u32, &'a LeafOp)>,
}

impl<'a> Merge<'a> {
    fn add(&mut self, proof: &'a ExistenceProof) -> Result<(), ProofError> {
        let mut parent = 0;
        for op in proof.path.iter().rev() {
            let next = self.last.saturating_add(1);
            let number = *self.numbers.entry((parent, op)).or_insert(next);
            if number == next {
                self.steps.push((parent, op));
                self.last = next;
            }
            parent = number;
        }
        let leaf = proof.leaf.as_ref().ok_or(ProofError::LeafMissing { missing: "leaf" })?;
        self.leaves.push((parent, leaf));
        Ok(())
    }

    /// Turns the order round, so that children come before parents.
    fn finish(self, stores: Vec<ExistenceProof>) -> BatchProof {
        let turned = |number: u32| match number {
            0 => 0,
            _ => self.last.saturating_add(1).saturating_sub(number),
        };
        let leaf =
            |&(parent, op): &(u32, &LeafOp)| BatchLeaf { op: op.clone(), parent: turned(parent) };
        let node =
            |&(parent, op): &(u32, &InnerOp)| BatchNode { op: op.clone(), parent: turned(parent) };
        BatchProof {
            leaves: self.leaves.iter().map(leaf).collect(),
            nodes: self.steps.iter().rev().map(node).collect(),
            stores,
        }
    }
}
