//! Why a call was reverted, as contracts say it.

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolError;
use causeway_core::Refusal;

use super::sol::Errors;

/// The longest time that a packet may be under way (ICS-04 v2).
const MAX_TIMEOUT_SECS: u64 = 86_400;

/// The text error of contracts.
pub fn error_text(message: &str) -> Vec<u8> {
    Errors::Error { message: message.into() }.abi_encode()
}

/// Revert data: the published error of a rule where there is one, else the text `code: reason`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reverted(pub Bytes);

impl Reverted {
    /// A published error.
    pub fn with(error: &impl SolError) -> Self {
        Self(error.abi_encode().into())
    }

    /// What a rule's refusal is to callers.
    pub fn from_refusal(error: &dyn Refusal) -> Self {
        let data = published(error);
        Self(data.unwrap_or_else(|| error_text(&format!("{}: {error}", error.code()))).into())
    }
}

/// The published error of a rule, with the values of its refusal.
fn published(error: &dyn Refusal) -> Option<Vec<u8>> {
    let detail = error.detail();
    let text = |name: &str| {
        let found = detail.iter().find(|(other, _)| *other == name);
        found.map(|(_, value)| value.clone())
    };
    // Times have a fraction of a second, which published errors leave out.
    let number = |name: &str| text(name)?.split('.').next()?.parse::<U256>().ok();
    let word = |name: &str| text(name)?.parse::<B256>().ok();
    let address = |name: &str| text(name)?.parse::<Address>().ok();
    Some(match error.code().as_ref() {
        "client_not_found" => {
            Errors::IBCClientNotFound { clientId: text("client_id")? }.abi_encode()
        }
        "counterparty_not_found" => {
            Errors::IBCCounterpartyClientNotFound { counterpartyClientId: text("client_id")? }
                .abi_encode()
        }
        "counterparty_mismatch" => {
            let (expected, actual) = (text("expected")?, text("got")?);
            Errors::IBCInvalidCounterparty { expected, actual }.abi_encode()
        }
        "packet_commitment_mismatch" => {
            let (expected, actual) = (word("expected")?, word("got")?);
            Errors::IBCPacketCommitmentMismatch { expected, actual }.abi_encode()
        }
        "port_not_bound" => Errors::IBCAppNotFound { portId: text("port")? }.abi_encode(),
        "timeout_elapsed" => Errors::IBCInvalidTimeoutTimestamp {
            timeoutTimestamp: number("timeout")?,
            comparedTimestamp: number("now")?,
        }
        .abi_encode(),
        "signer_not_authority" => {
            Errors::AccessManagedUnauthorized { caller: address("signer")? }.abi_encode()
        }
        "not_the_authority" => {
            Errors::AccessManagedUnauthorized { caller: address("got")? }.abi_encode()
        }
        "timeout_too_far" => {
            // The limit is the longest duration from now.
            let max = U256::from(MAX_TIMEOUT_SECS);
            let beyond = number("timeout")?.saturating_sub(number("limit")?);
            Errors::IBCInvalidTimeoutDuration {
                maxTimeoutDuration: max,
                actualTimeoutDuration: max.saturating_add(beyond),
            }
            .abi_encode()
        }
        "rate_limit_exceeded" => {
            Errors::RateLimitExceeded { rateLimit: number("limit")?, usage: number("got")? }
                .abi_encode()
        }
        "transfers_paused" => Errors::EnforcedPause {}.abi_encode(),
        _ => return None,
    })
}
