//! Executing transactions one after another.

use alloy_primitives::{Address, Bytes, U256};
use causeway_client_ethereum::execution::block::{Log, Receipt};
use causeway_wire_ethereum::transaction::SignedTransaction;

use super::block::receipt;
use super::gas::{Gas, Intrinsic};
use super::genesis::Rules;
use super::machine::{Failure, Machine, Scene};
use super::native::{Call, run};
use super::pool::PoolError;
use super::state::{Changes, State};
use super::working::Working;

/// A block under way.
#[derive(Debug)]
pub(super) struct Executor<'a> {
    rules: &'a Rules,
    scene: Scene,
    work: Working<'a>,
    base_fee: u64,
    gas_limit: u64,
    fee_recipient: Address,
    gas_used: u64,
    transactions: Vec<SignedTransaction>,
    receipts: Vec<Receipt>,
}

/// What a block did.
#[derive(Debug)]
pub(super) struct Executed {
    pub(super) transactions: Vec<SignedTransaction>,
    pub(super) receipts: Vec<Receipt>,
    pub(super) changes: Changes,
}

/// What a call did.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) result: Result<Vec<u8>, Failure>,
    pub(super) gas_used: u64,
    pub(super) logs: Vec<Log>,
}

impl<'a> Executor<'a> {
    pub(super) fn new(
        rules: &'a Rules,
        parent: &'a State,
        scene: Scene,
        base_fee: u64,
        gas_limit: u64,
        fee_recipient: Address,
    ) -> Self {
        Self {
            rules,
            scene,
            work: Working::new(parent),
            base_fee,
            gas_limit,
            fee_recipient,
            gas_used: 0,
            transactions: Vec::new(),
            receipts: Vec::new(),
        }
    }

    /// Gas that is left in the block.
    pub(super) fn gas_left(&self) -> u64 {
        self.gas_limit.saturating_sub(self.gas_used)
    }

    /// Executes a transaction, unless it may not be in this block at this place.
    pub(super) fn apply(&mut self, transaction: SignedTransaction) -> Result<(), PoolError> {
        let intrinsic = super::pool::check_form(&transaction, self.rules.config.chain_id)?;
        if transaction.gas_limit > self.gas_left() {
            return Err(PoolError::GasLimitReached);
        }
        let sender = transaction.sender();
        let mut account = self.work.account(&sender);
        super::pool::check_nonce(account.nonce, transaction.nonce)?;
        let price = transaction.effective_gas_price(self.base_fee.into());
        let (price, tip) = price.ok_or_else(|| PoolError::fee_cap(&transaction, self.base_fee))?;
        super::pool::check_funds(account.balance, U256::ZERO, &transaction)?;
        let wei = |gas: u64, price: u128| U256::from(gas).saturating_mul(U256::from(price));
        let paid = wei(transaction.gas_limit, price);
        account.balance = account.balance.saturating_sub(paid);
        account.nonce = account.nonce.saturating_add(1);
        self.work.set_account(sender, account);
        self.work.keep();

        let call = Call {
            caller: sender,
            to: transaction.to.unwrap_or_default(),
            value: transaction.value,
            input: &transaction.input,
        };
        let outcome =
            enter(&mut self.work, self.rules, self.scene, transaction.gas_limit, intrinsic, &call);
        let mut account = self.work.account(&sender);
        let back = paid.saturating_sub(wei(outcome.gas_used, price));
        account.balance = account.balance.saturating_add(back);
        self.work.set_account(sender, account);
        let tip = wei(outcome.gas_used, tip);
        if !tip.is_zero() {
            let mut recipient = self.work.account(&self.fee_recipient);
            recipient.balance = recipient.balance.saturating_add(tip);
            self.work.set_account(self.fee_recipient, recipient);
        }
        self.work.keep();
        self.gas_used = self.gas_used.saturating_add(outcome.gas_used);
        self.receipts.push(receipt(outcome.result.is_ok(), self.gas_used, outcome.logs));
        self.transactions.push(transaction);
        Ok(())
    }

    pub(super) fn finish(self) -> Executed {
        Executed {
            transactions: self.transactions,
            receipts: self.receipts,
            changes: self.work.finish(),
        }
    }
}

/// Runs a call for so much gas; what it changed is kept only when it succeeds.
fn enter(
    work: &mut Working<'_>,
    rules: &Rules,
    scene: Scene,
    gas_limit: u64,
    intrinsic: Intrinsic,
    call: &Call<'_>,
) -> Outcome {
    let left = gas_limit.saturating_sub(intrinsic.gas);
    let mut machine = Machine::new(work, rules, scene, Gas::new(left));
    let result = run(&mut machine, call);
    let (used, logs) = (machine.gas.used(), core::mem::take(&mut machine.logs));
    let (gas_used, logs) = match &result {
        Ok(_) => {
            work.keep();
            (intrinsic.gas.saturating_add(used), logs)
        }
        Err(Failure::Reverted(_)) => {
            work.forget();
            (intrinsic.gas.saturating_add(used), Vec::new())
        }
        Err(Failure::OutOfGas) => {
            work.forget();
            (gas_limit, Vec::new())
        }
    };
    Outcome { result, gas_used: gas_used.max(intrinsic.floor), logs }
}

/// What a call would do on a state, without paying for it.
pub(super) fn simulate(
    rules: &Rules,
    state: &State,
    scene: Scene,
    gas_limit: u64,
    call: &Call<'_>,
) -> Outcome {
    let intrinsic = Intrinsic::of(call.input, 0, 0);
    if gas_limit < intrinsic.needed() {
        let (result, logs) = (Err(Failure::OutOfGas), Vec::new());
        return Outcome { result, gas_used: gas_limit, logs };
    }
    enter(&mut Working::new(state), rules, scene, gas_limit, intrinsic, call)
}

/// The output, as bytes.
impl Outcome {
    pub(super) fn output(self) -> Result<Bytes, Failure> {
        self.result.map(Bytes::from)
    }
}
