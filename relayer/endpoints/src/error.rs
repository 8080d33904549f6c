//! Why an endpoint could not do what was asked.

use core::fmt;

use causeway_core::Recourse;
use causeway_relayer_engine::Failure;

use crate::TransportError;

/// Why an endpoint could not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// There was no answer. What was asked may have been done all the same.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The answer makes no sense: a lying or broken server.
    #[error("nonsense from the endpoint ({what}): {reason}")]
    Nonsense {
        /// What was asked for.
        what: &'static str,
        /// What is wrong with the answer.
        reason: String,
    },
    /// The endpoint does not have it: not yet, not any more, or never.
    #[error("the endpoint has no {what}: {reason}")]
    Missing {
        /// What was asked for.
        what: &'static str,
        /// Why there is none.
        reason: String,
    },
    /// The chain refuses the messages: nothing of them is in its mempool.
    #[error("the chain refuses: {reason}")]
    Refused {
        /// What may be done next.
        recourse: Recourse,
        /// The chain's words.
        reason: String,
    },
    /// The messages do not fit into a transaction or a block.
    #[error("too large for the chain: {reason}")]
    TooLarge {
        /// The chain's words.
        reason: String,
    },
    /// The account cannot pay.
    #[error("the relayer's account cannot pay: {reason}")]
    Unfunded {
        /// The chain's words, with the account.
        reason: String,
    },
    /// What this family, or this network, has no way to do.
    #[error("not possible on this chain: {reason}")]
    Unsupported {
        /// Why.
        reason: String,
    },
}

/// An answer that makes no sense.
pub(crate) fn nonsense(what: &'static str, reason: &dyn fmt::Display) -> EndpointError {
    EndpointError::Nonsense { what, reason: reason.to_string() }
}

/// Codes of refusals that time heals, or somebody else: those whose recourse is to wait.
const WAITING: [&str; 7] = [
    "header_from_future",
    "consensus_state_missing",
    "proof_height_above_latest",
    "timeout_not_reached",
    "counterparty_not_found",
    "rate_limit_exceeded",
    "transfers_paused",
];

impl EndpointError {
    /// Something is to be signed, and there is no key.
    pub(crate) fn no_key() -> Self {
        Self::Unsupported { reason: "there is no key to sign with".to_owned() }
    }

    /// What a chain's refusal advises, where its words have the code of one that passes by itself.
    pub(crate) fn recourse_of(reason: &str) -> Recourse {
        let passes = WAITING.iter().any(|code| reason.contains(code));
        if passes { Recourse::Wait } else { Recourse::Reject }
    }

    /// A stable name of the kind of error, for logs, metrics and RPC answers.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Transport(_) => "endpoint_no_answer",
            Self::Nonsense { .. } => "endpoint_nonsense",
            Self::Missing { .. } => "endpoint_missing",
            Self::Refused { .. } => "chain_refused",
            Self::TooLarge { .. } => "chain_too_large",
            Self::Unfunded { .. } => "account_unfunded",
            Self::Unsupported { .. } => "chain_unsupported",
        }
    }
}

impl From<EndpointError> for Failure {
    fn from(error: EndpointError) -> Self {
        match error {
            EndpointError::Refused { recourse, reason } => Self::Refused { recourse, reason },
            EndpointError::TooLarge { .. } => Self::TooLarge,
            EndpointError::Unfunded { .. } => Self::Unfunded(error.to_string()),
            _ => Self::Endpoint(error.to_string()),
        }
    }
}
