//! What a contract is, and what it can reach.

use causeway_core::{Amount, AppEvent, Timestamp};

use crate::app::AppError;
use crate::apps::payload::emit;
use crate::context::Context;
use crate::host::{Account, OutOfGas, Token, Work};

/// Code at an address that other chains can call. It is all or nothing: when it refuses, nothing
/// of its call remains, nor of the packet that brought it.
pub trait Contract: Send + Sync {
    /// Executes a call and gives its result. An empty one cannot be written in every encoding, and
    /// undoes the call where it cannot.
    fn call(&self, call: &mut Call<'_, '_>) -> Result<Vec<u8>, AppError>;
}

/// One call: who makes it, what for, and what may be done on the way.
#[derive(Debug)]
pub struct Call<'a, 'c> {
    ctx: &'a mut Context<'c>,
    name_space: String,
    address: &'a Account,
    caller: &'a Account,
    payload: &'a [u8],
}

impl<'a, 'c> Call<'a, 'c> {
    pub(super) fn new(
        ctx: &'a mut Context<'c>,
        address: &'a Account,
        caller: &'a Account,
        payload: &'a [u8],
    ) -> Self {
        Self { name_space: super::hex(&address.0), ctx, address, caller, payload }
    }

    /// The derived account that makes the call.
    pub fn caller(&self) -> &Account {
        self.caller
    }

    /// What the caller wants done.
    pub fn payload(&self) -> &[u8] {
        self.payload
    }

    /// The time of this block.
    pub fn now(&self) -> Timestamp {
        self.ctx.now()
    }

    /// Takes the price of work that only the contract knows, in units of one read.
    pub fn charge(&mut self, units: u64) -> Result<(), OutOfGas> {
        self.ctx.charge(Work::Application(units))
    }

    /// The value at `key`, among the contract's own.
    pub fn get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, OutOfGas> {
        self.ctx.within(&self.name_space, |ctx| ctx.get(key))
    }

    /// Writes a value among the contract's own.
    pub fn set(&mut self, key: &[u8], value: Vec<u8>) -> Result<(), OutOfGas> {
        self.ctx.within(&self.name_space, |ctx| ctx.set(key, value))
    }

    /// Removes a value from the contract's own.
    pub fn delete(&mut self, key: &[u8]) -> Result<(), OutOfGas> {
        self.ctx.within(&self.name_space, |ctx| ctx.delete(key))
    }

    /// Pays from the caller's account, which only its owner can bring a contract to do.
    pub fn pay_from_caller(
        &mut self,
        to: &Account,
        token: &Token,
        amount: Amount,
    ) -> Result<(), AppError> {
        self.ctx.transfer(self.caller, to, token, amount)
    }

    /// Pays from the contract's own account.
    pub fn pay_from_contract(
        &mut self,
        to: &Account,
        token: &Token,
        amount: Amount,
    ) -> Result<(), AppError> {
        self.ctx.transfer(self.address, to, token, amount)
    }

    /// The account that a text names.
    pub fn parse_account(&self, text: &str) -> Option<Account> {
        self.ctx.parse_account(text)
    }

    /// The text that names an account.
    pub fn format_account(&self, account: &Account) -> String {
        self.ctx.format_account(account)
    }

    /// Reports an event.
    pub fn emit(&mut self, event: AppEvent) -> Result<(), OutOfGas> {
        emit(self.ctx, event)
    }
}
