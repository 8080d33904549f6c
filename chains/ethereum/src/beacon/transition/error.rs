//! Why a block is not valid.

use alloy_primitives::B256;

/// A rule of the state transition that a block breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransitionError {
    /// The slot is not ahead of the state's, or too far ahead.
    #[error("slot {got} does not follow on a state at slot {state}")]
    Slot {
        /// The slot asked for.
        got: u64,
        /// The state's slot.
        state: u64,
    },
    /// The block is not newer than its parent.
    #[error("block of slot {got} on a block of slot {parent}")]
    NotNewer {
        /// The block's slot.
        got: u64,
        /// Its parent's.
        parent: u64,
    },
    /// Another validator is to propose in this slot.
    #[error("proposer {got}, expected {expected}")]
    Proposer {
        /// The block's proposer.
        got: u64,
        /// The slot's proposer.
        expected: u64,
    },
    /// The block does not build on the state's latest block.
    #[error("parent {got}, expected {expected}")]
    Parent {
        /// The block's parent.
        got: B256,
        /// The latest block.
        expected: B256,
    },
    /// The proposer has been slashed.
    #[error("proposer {proposer} is slashed")]
    SlashedProposer {
        /// The proposer.
        proposer: u64,
    },
    /// The payload does not fit the state.
    #[error("execution payload: {field} is {got}, expected {expected}")]
    Payload {
        /// Which field.
        field: &'static str,
        /// What the payload has.
        got: String,
        /// What the state demands.
        expected: String,
    },
    /// An operation that this chain does not process.
    #[error("operation not supported: {kind}")]
    Unsupported {
        /// Which list of the body.
        kind: &'static str,
    },
    /// An attestation breaks a rule of `process_attestation`.
    #[error("attestation of slot {slot}: {rule}")]
    Attestation {
        /// The attestation's slot.
        slot: u64,
        /// The rule.
        rule: &'static str,
    },
    /// The signature of an empty sync aggregate must be the point at infinity.
    #[error("sync aggregate without participants has a signature")]
    EmptySyncAggregate,
    /// A validator is not in the registry.
    #[error("unknown validator {index}")]
    UnknownValidator {
        /// Its index.
        index: u64,
    },
    /// A root of a slot that is not among the recent ones.
    #[error("no block root of slot {slot} in a state at slot {state}")]
    NoBlockRoot {
        /// The slot asked for.
        slot: u64,
        /// The state's slot.
        state: u64,
    },
    /// Nobody is eligible.
    #[error("no validator was sampled in epoch {epoch}")]
    NobodySampled {
        /// The epoch.
        epoch: u64,
    },
    /// The block's state root is another than the transition's.
    #[error("state root {got}, expected {expected}")]
    StateRoot {
        /// The block's claim.
        got: B256,
        /// What came out.
        expected: B256,
    },
}
