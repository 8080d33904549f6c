//! State proofs under the client's consensus states: storage of the router contract.

use causeway_core::MerklePath;
use causeway_light_client::{Entry, ProofContext, ProofVerifier};

use super::{ClientError, EthereumClient};
use crate::execution::proof::{BatchProof, StateProof};
use crate::execution::router;

impl ProofVerifier for EthereumClient {
    fn verify_membership(
        context: &ProofContext<'_, Self>,
        proof: &StateProof,
        entry: &Entry,
    ) -> Result<(), ClientError> {
        let client = context.client_state;
        router::verify_slot(
            &context.consensus_state.state_root,
            &client.router_address,
            &client.commitment_slot,
            single_key(&entry.path)?,
            proof,
            &entry.value,
        )?;
        Ok(())
    }

    fn verify_non_membership(
        context: &ProofContext<'_, Self>,
        proof: &StateProof,
        path: &MerklePath,
    ) -> Result<(), ClientError> {
        let client = context.client_state;
        router::verify_slot_absent(
            &context.consensus_state.state_root,
            &client.router_address,
            &client.commitment_slot,
            single_key(path)?,
            proof,
        )?;
        Ok(())
    }

    fn verify_memberships(
        context: &ProofContext<'_, Self>,
        proof: &BatchProof,
        entries: &[Entry],
    ) -> Result<(), ClientError> {
        let client = context.client_state;
        let pairs = entries
            .iter()
            .map(|entry| Ok((single_key(&entry.path)?, entry.value.as_slice())))
            .collect::<Result<Vec<_>, ClientError>>()?;
        router::verify_slots(
            &context.consensus_state.state_root,
            &client.router_address,
            &client.commitment_slot,
            &pairs,
            proof,
        )?;
        Ok(())
    }
}

/// The router has one flat mapping: a path is one element (solidity-ibc-eureka's merkle prefix is
/// `[""]`).
fn single_key(path: &MerklePath) -> Result<&[u8], ClientError> {
    match path.elements() {
        [key] => Ok(key),
        elements => Err(ClientError::PathLength { got: elements.len(), expected: 1 }),
    }
}
