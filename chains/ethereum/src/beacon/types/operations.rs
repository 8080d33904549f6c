//! Operations that blocks carry. The bundled chain makes none of them; they are here because a
//! block's root depends on them.

use alloy_primitives::{Address, B256};

use super::{BlsPubkey, BlsSignature, SignedBeaconBlockHeader};
use crate::beacon::preset::{
    DEPOSIT_PROOF_LEN, MAX_CONSOLIDATION_REQUESTS, MAX_DEPOSIT_REQUESTS, MAX_WITHDRAWAL_REQUESTS,
};
use crate::ssz::{List, Vector, container};

container! {
    /// Two blocks of one proposer and slot.
    pub struct ProposerSlashing {
        signed_header_1: SignedBeaconBlockHeader,
        signed_header_2: SignedBeaconBlockHeader,
    }

    /// A deposit as the contract logs it.
    pub struct DepositData {
        pubkey: BlsPubkey,
        withdrawal_credentials: B256,
        amount: u64,
        signature: BlsSignature,
    }

    /// A deposit with its proof.
    pub struct Deposit { proof: Vector<B256, DEPOSIT_PROOF_LEN>, data: DepositData, }

    /// A validator's wish to leave.
    pub struct VoluntaryExit { epoch: u64, validator_index: u64, }

    /// A signed wish to leave.
    pub struct SignedVoluntaryExit { message: VoluntaryExit, signature: BlsSignature, }

    /// New withdrawal credentials.
    pub struct BlsToExecutionChange {
        validator_index: u64,
        from_bls_pubkey: BlsPubkey,
        to_execution_address: Address,
    }

    /// Signed new withdrawal credentials.
    pub struct SignedBlsToExecutionChange {
        message: BlsToExecutionChange,
        signature: BlsSignature,
    }

    /// A deposit that the execution layer reports (EIP-6110).
    pub struct DepositRequest {
        pubkey: BlsPubkey,
        withdrawal_credentials: B256,
        amount: u64,
        signature: BlsSignature,
        index: u64,
    }

    /// A withdrawal that the execution layer asks for (EIP-7002).
    pub struct WithdrawalRequest {
        source_address: Address,
        validator_pubkey: BlsPubkey,
        amount: u64,
    }

    /// A consolidation that the execution layer asks for (EIP-7251).
    pub struct ConsolidationRequest {
        source_address: Address,
        source_pubkey: BlsPubkey,
        target_pubkey: BlsPubkey,
    }

    /// What the execution layer asks of the consensus layer.
    pub struct ExecutionRequests {
        deposits: List<DepositRequest, MAX_DEPOSIT_REQUESTS>,
        withdrawals: List<WithdrawalRequest, MAX_WITHDRAWAL_REQUESTS>,
        consolidations: List<ConsolidationRequest, MAX_CONSOLIDATION_REQUESTS>,
    }
}
