//! What a running call works on: the state, its gas, its logs. It is the contracts' host.

use alloy_primitives::{Address, B256, Bytes, LogData, U256};
use causeway_client_ethereum::execution::block::Log;
use causeway_contracts::{OutOfGas, Work};
use causeway_wire_ethereum::abi::Reverted;

use super::gas::{Gas, price};
use super::genesis::Rules;
use super::working::Working;

/// The block that a call runs in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scene {
    /// Its time, in seconds.
    pub(super) timestamp: u64,
}

/// Why a call did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// With this data.
    Reverted(Bytes),
    /// It did not pay for what it does.
    OutOfGas,
}

impl From<OutOfGas> for Failure {
    fn from(_: OutOfGas) -> Self {
        Self::OutOfGas
    }
}

impl From<Reverted> for Failure {
    fn from(reverted: Reverted) -> Self {
        Self::Reverted(reverted.0)
    }
}

/// A running call.
#[derive(Debug)]
pub(super) struct Machine<'a, 's> {
    pub(super) work: &'a mut Working<'s>,
    pub(super) rules: &'a Rules,
    pub(super) scene: Scene,
    pub(super) gas: Gas,
    pub(super) logs: Vec<Log>,
}

impl<'a, 's> Machine<'a, 's> {
    pub(super) fn new(work: &'a mut Working<'s>, rules: &'a Rules, scene: Scene, gas: Gas) -> Self {
        Self { work, rules, scene, gas, logs: Vec::new() }
    }

    /// Takes the price of work.
    pub(super) fn pay(&mut self, work: Work) -> Result<(), OutOfGas> {
        self.gas.take(price(work))
    }

    /// Writes a log.
    pub(super) fn log(&mut self, address: Address, data: LogData) {
        let (topics, data) = data.split();
        self.logs.push(Log { address, topics, data });
    }

    pub(super) fn word(&self, address: &Address, slot: &B256) -> U256 {
        self.work.storage(address, slot)
    }

    pub(super) fn set_word(&mut self, address: Address, slot: B256, word: U256) {
        self.work.set_storage(address, slot, word);
    }

    /// Moves wei; false when there is not enough.
    pub(super) fn move_ether(&mut self, from: &Address, to: &Address, amount: U256) -> bool {
        let mut account = self.work.account(from);
        let Some(left) = account.balance.checked_sub(amount) else { return false };
        account.balance = left;
        self.work.set_account(*from, account);
        let mut account = self.work.account(to);
        // There are fewer than 2^256 wei in all.
        account.balance = account.balance.saturating_add(amount);
        self.work.set_account(*to, account);
        true
    }
}
