//! Calls that are tried out.

use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::SolError;
use causeway_wire_ethereum::abi::sol::Errors;

use super::execute::{Outcome, simulate};
use super::gas::{Intrinsic, MAX_TRANSACTION_GAS, TRANSACTION_GAS};
use super::machine::{Failure, Scene};
use super::native::Call;
use super::{Execution, StateView};

/// An estimate for a contract is higher than what the call used by one part in so many: state
/// may grow until it is executed.
const ESTIMATE_MARGIN: u64 = 8;

/// What to try out (`eth_call`, `eth_estimateGas`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallRequest {
    /// The caller; by default the zero address.
    pub from: Address,
    /// Whom it calls; `None` would create a contract.
    pub to: Option<Address>,
    /// The most gas; by default as much as a transaction may have.
    pub gas: Option<u64>,
    /// Wei that go along.
    pub value: U256,
    /// The call.
    pub input: Bytes,
}

/// What a call gave back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallOutput {
    /// Return data.
    pub output: Bytes,
    /// Gas that it used, a transaction's own included.
    pub gas_used: u64,
}

/// Why a call did not succeed, in go-ethereum's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The contract refused.
    #[error("execution reverted{}", reason(.0))]
    Reverted(Bytes),
    /// It needs more gas than it may use.
    #[error("gas required exceeds allowance ({0})")]
    OutOfGas(u64),
    /// The caller does not have the value.
    #[error("insufficient funds for transfer")]
    InsufficientFunds,
    /// There is no EVM that contracts could be created for.
    #[error("contract creation is not supported")]
    Creation,
}

/// The text of a text error.
fn reason(data: &Bytes) -> String {
    let text = Errors::Error::abi_decode(data);
    text.map(|error| format!(": {}", error.message)).unwrap_or_default()
}

impl CallError {
    /// The JSON-RPC error code.
    pub const fn code(&self) -> i64 {
        match self {
            Self::Reverted(_) => 3,
            _ => -32_000,
        }
    }
}

impl Execution {
    fn outcome(&self, at: &StateView, request: &CallRequest) -> Result<Outcome, CallError> {
        let to = request.to.ok_or(CallError::Creation)?;
        if at.balance(&request.from) < request.value {
            return Err(CallError::InsufficientFunds);
        }
        let gas = request.gas.unwrap_or(MAX_TRANSACTION_GAS).min(MAX_TRANSACTION_GAS);
        let scene = Scene { timestamp: at.block().header.timestamp };
        let (caller, value, input) = (request.from, request.value, &*request.input);
        let call = Call { caller, to, value, input };
        Ok(simulate(&self.rules, at, scene, gas, &call))
    }

    /// Tries a call on the state after a block, at that block's time.
    pub fn call(&self, at: &StateView, request: &CallRequest) -> Result<CallOutput, CallError> {
        let outcome = self.outcome(at, request)?;
        let gas_used = outcome.gas_used;
        match outcome.output() {
            Ok(output) => Ok(CallOutput { output, gas_used }),
            Err(Failure::Reverted(data)) => Err(CallError::Reverted(data)),
            Err(Failure::OutOfGas) => Err(CallError::OutOfGas(gas_used)),
        }
    }

    /// A gas limit with which a call on the state after a block would succeed.
    pub fn estimate_gas(&self, at: &StateView, request: &CallRequest) -> Result<u64, CallError> {
        let used = self.call(at, request)?.gas_used;
        let needed = Intrinsic::of(&request.input, 0, 0).needed();
        if used == needed && used == TRANSACTION_GAS {
            return Ok(used);
        }
        let margin = used.checked_div(ESTIMATE_MARGIN).unwrap_or_default();
        Ok(used.saturating_add(margin).min(MAX_TRANSACTION_GAS))
    }
}
