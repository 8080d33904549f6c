//! The contracts' methods.

mod list;
mod router;
pub(super) mod token;
mod transfer;
mod views;

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolCall;
use causeway_contracts::{Account, AppError, Context, HandleError, Ibc};
use causeway_core::{DecodeError, Message, Response};
use causeway_wire_ethereum::abi::{Reverted, decode_call};

use super::code::Contract;
use super::machine::{Failure, Machine};

/// What a call gives back.
pub(super) type Answer = Result<Vec<u8>, Failure>;

/// One call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call<'a> {
    pub(super) caller: Address,
    pub(super) to: Address,
    pub(super) value: U256,
    pub(super) input: &'a [u8],
}

impl Call<'_> {
    fn selector(&self) -> Option<[u8; 4]> {
        self.input.first_chunk().copied()
    }
}

/// Runs a call: its value moves, then the contract that is there does its work.
pub(super) fn run(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Answer {
    if !call.value.is_zero() && !machine.move_ether(&call.caller, &call.to, call.value) {
        return Err(reverted());
    }
    let Some(contract) = machine.work.account(&call.to).contract() else {
        return Ok(Vec::new());
    };
    if contract.is_token() {
        return token::call(machine, contract, call);
    }
    if !call.value.is_zero() {
        return Err(reverted());
    }
    match contract {
        Contract::Router => router::call(machine, call),
        Contract::Transfer => transfer::call(machine, call),
        Contract::Gmp => transfer::call_gmp(machine, call),
        Contract::Helper => views::call_helper(machine, call),
        Contract::Counter => views::call_counter(machine, call),
        Contract::Client => views::call_client(machine, call),
        _ => no_such_method(),
    }
}

/// Without data, as contracts answer what they do not know.
fn reverted() -> Failure {
    Failure::Reverted(Vec::new().into())
}

fn no_such_method() -> Answer {
    Err(reverted())
}

fn decode<C: SolCall>(input: &[u8]) -> Result<C, Failure> {
    decode_call(input).map_err(Failure::from)
}

#[expect(clippy::unnecessary_wraps, reason = "it ends every method")]
fn answer<C: SolCall>(value: &C::Return) -> Answer {
    Ok(C::abi_encode_returns(value))
}

impl From<DecodeError> for Failure {
    fn from(error: DecodeError) -> Self {
        Reverted::from_refusal(&error).into()
    }
}

impl From<HandleError> for Failure {
    fn from(error: HandleError) -> Self {
        if error.is_out_of_gas() {
            return Self::OutOfGas;
        }
        Reverted::from_refusal(&error).into()
    }
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        match error {
            AppError::OutOfGas => Self::OutOfGas,
            AppError::Refused(refusal) => Reverted::from_refusal(&*refusal).into(),
        }
    }
}

/// Hands a message to the contracts.
fn handle(
    machine: &mut Machine<'_, '_>,
    message: &Message,
    signer: &Address,
) -> Result<Response, Failure> {
    let rules = machine.rules;
    let ibc = Ibc::new(&rules.clients, &rules.router);
    Ok(ibc.handle(&mut Context::new(machine), message, &Account(signer.to_vec()))?)
}
