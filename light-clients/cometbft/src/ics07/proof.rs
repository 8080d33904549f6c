//! State proofs: chains of ICS-23 proofs under the application hash.

use causeway_core::{DecodeError, MerklePath};
use causeway_ics23::{BatchProof, MerkleProof};
use causeway_light_client::{Entry, ProofCodec, ProofContext, ProofVerifier};

use super::{ClientError, CometbftClient};

/// A proof of presence or absence: `ibc.core.commitment.v1.MerkleProof`.
#[derive(Clone, Debug, PartialEq)]
pub struct StateProof(pub MerkleProof);

/// A proof of several values under one root, with shared nodes.
#[derive(Clone, Debug, PartialEq)]
pub struct StateBatchProof(pub BatchProof);

impl ProofCodec for StateProof {
    fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        MerkleProof::from_bytes(bytes).map(Self)
    }

    fn to_bytes(&self) -> Vec<u8> {
        self.0.to_bytes()
    }
}

impl ProofCodec for StateBatchProof {
    fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        BatchProof::from_bytes(bytes).map(Self)
    }

    fn to_bytes(&self) -> Vec<u8> {
        self.0.to_bytes()
    }
}

type Context<'a> = ProofContext<'a, CometbftClient>;

/// A frozen client proves nothing, nor does any about heights it has not reached (ibc-go
/// `verifyMembership`).
fn check_usable(context: &Context<'_>) -> Result<(), ClientError> {
    let state = context.client_state;
    if state.is_frozen() {
        return Err(ClientError::Frozen { got: state.frozen_height });
    }
    let (got, expected) = (context.height, state.latest_height);
    if got > expected {
        return Err(ClientError::ProofHeightTooHigh { got, expected });
    }
    Ok(())
}

impl ProofVerifier for CometbftClient {
    fn verify_membership(
        context: &Context<'_>,
        proof: &StateProof,
        entry: &Entry,
    ) -> Result<(), ClientError> {
        check_usable(context)?;
        let (specs, root) = (&context.client_state.proof_specs, &context.consensus_state.root);
        Ok(proof.0.verify_membership(specs, root, &entry.path, &entry.value, &mut ())?)
    }

    fn verify_non_membership(
        context: &Context<'_>,
        proof: &StateProof,
        path: &MerklePath,
    ) -> Result<(), ClientError> {
        check_usable(context)?;
        let (specs, root) = (&context.client_state.proof_specs, &context.consensus_state.root);
        Ok(proof.0.verify_non_membership(specs, root, path, &mut ())?)
    }

    fn verify_memberships(
        context: &Context<'_>,
        proof: &StateBatchProof,
        entries: &[Entry],
    ) -> Result<(), ClientError> {
        check_usable(context)?;
        let (specs, root) = (&context.client_state.proof_specs, &context.consensus_state.root);
        let entries: Vec<_> =
            entries.iter().map(|entry| (&entry.path, entry.value.as_slice())).collect();
        Ok(proof.0.verify_memberships(specs, root, &entries, &mut ())?)
    }
}
