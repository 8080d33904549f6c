//! ERC-20 contracts. Storage is laid out as in the usual library: balances, allowances, supply.

use alloy_primitives::{Address, B256, U256, b256};
use alloy_sol_types::{SolCall, SolEvent};
use causeway_contracts::Work;
use causeway_wire_ethereum::abi::Reverted;
use causeway_wire_ethereum::abi::sol::{Erc20, Errors};
use causeway_wire_ethereum::contracts::address_slot;

use super::{Answer, Call, answer, decode, no_such_method};
use crate::execution::code::Contract;
use crate::execution::genesis::TOKENS;
use crate::execution::host::voucher_denom;
use crate::execution::machine::{Failure, Machine};

/// Base slot of the mapping of balances.
pub(in crate::execution) const BALANCES: B256 = B256::ZERO;
/// Base slot of the mapping of allowances.
const ALLOWANCES: B256 = b256!("0000000000000000000000000000000000000000000000000000000000000001");
/// Slot of the supply.
pub(in crate::execution) const SUPPLY: B256 =
    b256!("0000000000000000000000000000000000000000000000000000000000000002");

/// Decimals of vouchers and of the wrapped coin, as published contracts have it.
const DECIMALS: u8 = 18;

/// Executes a call of an ERC-20 contract.
pub(super) fn call(machine: &mut Machine<'_, '_>, contract: Contract, call: &Call<'_>) -> Answer {
    let is_wrapper = contract == Contract::WrappedEther;
    let selector = call.selector();
    if is_wrapper && (selector == Some(Erc20::depositCall::SELECTOR) || call.input.is_empty()) {
        deposit(machine, call)?;
        return Ok(Vec::new());
    }
    if !call.value.is_zero() {
        return Err(Failure::Reverted(Vec::new().into()));
    }
    let (token, caller) = (call.to, call.caller);
    match selector.unwrap_or_default() {
        Erc20::transferCall::SELECTOR => {
            let args: Erc20::transferCall = decode(call.input)?;
            machine.pay(Work::MoveTokens)?;
            machine.transfer(token, caller, args.to, args.amount)?;
            answer::<Erc20::transferCall>(&true)
        }
        Erc20::transferFromCall::SELECTOR => {
            let args: Erc20::transferFromCall = decode(call.input)?;
            machine.pay(Work::MoveTokens)?;
            machine.spend_allowance(token, args.from, caller, args.amount)?;
            machine.transfer(token, args.from, args.to, args.amount)?;
            answer::<Erc20::transferFromCall>(&true)
        }
        Erc20::approveCall::SELECTOR => {
            let args: Erc20::approveCall = decode(call.input)?;
            approve(machine, token, caller, &args)?;
            answer::<Erc20::approveCall>(&true)
        }
        Erc20::withdrawCall::SELECTOR if is_wrapper => {
            let args: Erc20::withdrawCall = decode(call.input)?;
            withdraw(machine, call, args.amount)?;
            Ok(Vec::new())
        }
        _ => view(machine, contract, call),
    }
}

fn view(machine: &mut Machine<'_, '_>, contract: Contract, call: &Call<'_>) -> Answer {
    machine.pay(Work::Read)?;
    let token = call.to;
    match call.selector().unwrap_or_default() {
        Erc20::balanceOfCall::SELECTOR => {
            let args: Erc20::balanceOfCall = decode(call.input)?;
            answer::<Erc20::balanceOfCall>(&machine.tokens_of(&token, &args.account))
        }
        Erc20::allowanceCall::SELECTOR => {
            let args: Erc20::allowanceCall = decode(call.input)?;
            let slot = allowance_slot(&args.owner, &args.spender);
            answer::<Erc20::allowanceCall>(&machine.word(&token, &slot))
        }
        Erc20::totalSupplyCall::SELECTOR => {
            answer::<Erc20::totalSupplyCall>(&machine.supply_of(&token))
        }
        Erc20::nameCall::SELECTOR => answer::<Erc20::nameCall>(&names(machine, contract, &token).0),
        Erc20::symbolCall::SELECTOR => {
            answer::<Erc20::symbolCall>(&names(machine, contract, &token).1)
        }
        Erc20::decimalsCall::SELECTOR => {
            let listed = TOKENS.iter().find(|(address, ..)| *address == token);
            answer::<Erc20::decimalsCall>(&listed.map_or(DECIMALS, |(.., decimals)| *decimals))
        }
        _ => no_such_method(),
    }
}

/// Name and symbol. Those of a voucher are the path of its denomination.
fn names(machine: &Machine<'_, '_>, contract: Contract, token: &Address) -> (String, String) {
    if contract == Contract::WrappedEther {
        return ("Wrapped Ether".into(), "WETH".into());
    }
    let listed = TOKENS.iter().find(|(address, ..)| address == token);
    if let Some((_, name, symbol, _)) = listed {
        return ((*name).into(), (*symbol).into());
    }
    let path = machine.work.record(&voucher_denom(token)).unwrap_or_default();
    let path = String::from_utf8_lossy(&path).into_owned();
    (path.clone(), path)
}

fn allowance_slot(owner: &Address, spender: &Address) -> B256 {
    address_slot(address_slot(ALLOWANCES, owner), spender)
}

fn approve(
    machine: &mut Machine<'_, '_>,
    token: Address,
    owner: Address,
    args: &Erc20::approveCall,
) -> Result<(), Failure> {
    if args.spender.is_zero() {
        return Err(Reverted::with(&Errors::ERC20InvalidSpender { spender: args.spender }).into());
    }
    machine.pay(Work::Write(32))?;
    machine.pay(Work::Emit)?;
    machine.set_word(token, allowance_slot(&owner, &args.spender), args.amount);
    let approval = Erc20::Approval { owner, spender: args.spender, value: args.amount };
    machine.log(token, approval.encode_log_data());
    Ok(())
}

/// The wei have come with the call.
fn deposit(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<(), Failure> {
    machine.pay(Work::MoveTokens)?;
    machine.pay(Work::Emit)?;
    let deposit = Erc20::Deposit { to: call.caller, value: call.value };
    machine.log(call.to, deposit.encode_log_data());
    machine.move_tokens(call.to, None, Some(call.caller), call.value)
}

fn withdraw(machine: &mut Machine<'_, '_>, call: &Call<'_>, amount: U256) -> Result<(), Failure> {
    machine.pay(Work::MoveTokens)?;
    machine.pay(Work::Emit)?;
    machine.move_tokens(call.to, Some(call.caller), None, amount)?;
    machine.move_ether(&call.to, &call.caller, amount);
    let withdrawal = Erc20::Withdrawal { from: call.caller, value: amount };
    machine.log(call.to, withdrawal.encode_log_data());
    Ok(())
}

/// Balances.
impl Machine<'_, '_> {
    pub(in crate::execution) fn tokens_of(&self, token: &Address, account: &Address) -> U256 {
        self.word(token, &address_slot(BALANCES, account))
    }

    pub(in crate::execution) fn supply_of(&self, token: &Address) -> U256 {
        self.word(token, &SUPPLY)
    }

    fn transfer(
        &mut self,
        token: Address,
        from: Address,
        to: Address,
        amount: U256,
    ) -> Result<(), Failure> {
        if to.is_zero() {
            return Err(Reverted::with(&Errors::ERC20InvalidReceiver { receiver: to }).into());
        }
        self.move_tokens(token, Some(from), Some(to), amount)
    }

    /// Moves, mints or burns, and reports it.
    pub(in crate::execution) fn move_tokens(
        &mut self,
        token: Address,
        from: Option<Address>,
        to: Option<Address>,
        value: U256,
    ) -> Result<(), Failure> {
        if let Some(from) = from {
            let balance = self.tokens_of(&token, &from);
            let left = balance.checked_sub(value).ok_or_else(|| {
                let needed = value;
                Reverted::with(&Errors::ERC20InsufficientBalance { sender: from, balance, needed })
            })?;
            self.set_word(token, address_slot(BALANCES, &from), left);
        }
        let supply = self.supply_of(&token);
        let supply = match (from, to) {
            (None, Some(_)) => supply.checked_add(value),
            (Some(_), None) => supply.checked_sub(value),
            _ => Some(supply),
        };
        let Some(supply) = supply else {
            return Err(Failure::Reverted(Vec::new().into()));
        };
        if from.is_none() || to.is_none() {
            self.set_word(token, SUPPLY, supply);
        }
        if let Some(to) = to {
            // No balance exceeds the supply.
            let sum = self.tokens_of(&token, &to).saturating_add(value);
            self.set_word(token, address_slot(BALANCES, &to), sum);
        }
        let (from, to) = (from.unwrap_or_default(), to.unwrap_or_default());
        self.log(token, Erc20::Transfer { from, to, value }.encode_log_data());
        Ok(())
    }

    /// Takes from what `owner` lets `spender` move. The greatest allowance stays as it is.
    pub(in crate::execution) fn spend_allowance(
        &mut self,
        token: Address,
        owner: Address,
        spender: Address,
        needed: U256,
    ) -> Result<(), Failure> {
        self.pay(Work::Read)?;
        let slot = allowance_slot(&owner, &spender);
        let allowance = self.word(&token, &slot);
        if allowance == U256::MAX {
            return Ok(());
        }
        let left = allowance.checked_sub(needed).ok_or_else(|| {
            Reverted::with(&Errors::ERC20InsufficientAllowance { spender, allowance, needed })
        })?;
        self.pay(Work::Write(32))?;
        self.set_word(token, slot, left);
        Ok(())
    }
}
