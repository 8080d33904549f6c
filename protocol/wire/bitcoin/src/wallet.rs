//! Making transactions: choosing coins, paying the fee, giving the change back, signing.

use causeway_client_bitcoin::{Outpoint, Txid};
use k256::ecdsa::SigningKey;

use crate::transaction::{OwnedInput, OwnedOutput, OwnedTransaction};
use crate::{Call, GAS_PER_UNIT, KeyHash, MIN_RELAY_FEE_PER_KVB, sign_input, vault_script};

/// Change below this is left to the miner, as nodes would not relay it (Bitcoin Core's dust limit
/// of an output to a key's hash).
pub const MIN_CHANGE: u64 = 294;
/// The most inputs of a transaction: they keep it far below the weight that nodes relay.
pub const MAX_INPUTS: usize = 500;

/// May be replaced by one that pays more (BIP125), and is no relative lock time (BIP68).
const SEQUENCE: u32 = 0xffff_fffd;
/// Weight of an input's witness: two items, of 72 bytes at most and of 33.
const WITNESS_WEIGHT: usize = 108;
/// Weight of the bytes that mark a transaction with witnesses.
const MARKER_WEIGHT: usize = 2;

/// An output that can be spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spendable {
    /// Its name.
    pub outpoint: Outpoint,
    /// Amount in the smallest unit.
    pub value: u64,
}

/// Why a transaction cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WalletError {
    /// The coins do not suffice.
    #[error("the account has {got}, {expected} are needed")]
    NotEnough {
        /// All coins together.
        got: u64,
        /// What is paid, and the fee.
        expected: u64,
    },
    /// The other transaction has left no change, or it is spent.
    #[error("nothing is left of {txid} to go on from")]
    NoChange {
        /// The other transaction.
        txid: Txid,
    },
    /// The coins are too small.
    #[error("more than {expected} coins would have to be spent")]
    TooManyInputs {
        /// The most.
        expected: usize,
    },
}

/// The coins of one key. What it spends it forgets, and the change it knows at once: several
/// transactions can be made before the first is in a block.
#[derive(Clone)]
pub struct Wallet {
    key: SigningKey,
    coins: Vec<Spendable>,
    fee_per_kvb: u64,
}

impl core::fmt::Debug for Wallet {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let account = self.account();
        f.debug_struct("Wallet")
            .field("account", &account)
            .field("coins", &self.coins)
            .finish_non_exhaustive()
    }
}

impl Wallet {
    /// The coins of `key`, at the least fee rate.
    pub fn new(key: SigningKey, coins: impl IntoIterator<Item = Spendable>) -> Self {
        let mut coins: Vec<_> = coins.into_iter().collect();
        // The greatest is taken first, from the end; of equal ones always the same.
        coins.sort_by_key(|coin| (coin.value, coin.outpoint.txid, coin.outpoint.index));
        Self { key, coins, fee_per_kvb: MIN_RELAY_FEE_PER_KVB }
    }

    /// Pays so much for a thousand virtual bytes from now on.
    #[must_use]
    pub fn with_fee(mut self, fee_per_kvb: u64) -> Self {
        self.fee_per_kvb = fee_per_kvb;
        self
    }

    /// The account.
    pub fn account(&self) -> KeyHash {
        KeyHash::of(self.key.verifying_key())
    }

    /// The coins that are left.
    pub fn coins(&self) -> &[Spendable] {
        &self.coins
    }

    /// What is left in all.
    pub fn balance(&self) -> u64 {
        self.coins.iter().map(|coin| coin.value).fold(0, u64::saturating_add)
    }

    /// A transaction with these outputs.
    pub fn pay(&mut self, outputs: Vec<OwnedOutput>) -> Result<OwnedTransaction, WalletError> {
        self.make(outputs, 0)
    }

    /// A transaction with a call, which brings so much to the vault.
    pub fn call(&mut self, call: &Call, brings: u64) -> Result<OwnedTransaction, WalletError> {
        self.call_behind(call, brings, None)
    }

    /// The same, spending the change of another transaction: no block has it before that one.
    pub fn call_behind(
        &mut self,
        call: &Call,
        brings: u64,
        other: Option<Txid>,
    ) -> Result<OwnedTransaction, WalletError> {
        if let Some(txid) = other {
            // What is last is taken first.
            let at = self.coins.iter().rposition(|coin| coin.outpoint.txid == txid);
            let change =
                at.map(|at| self.coins.remove(at)).ok_or(WalletError::NoChange { txid })?;
            self.coins.push(change);
        }
        let mut outputs = vec![call.to_output()];
        if brings != 0 {
            outputs.push(OwnedOutput { value: brings, script: vault_script() });
        }
        self.make(outputs, call.gas_limit.div_ceil(GAS_PER_UNIT))
    }

    /// Takes coins, the greatest first, until they pay for outputs and fee.
    fn make(
        &mut self,
        outputs: Vec<OwnedOutput>,
        gas_fee: u64,
    ) -> Result<OwnedTransaction, WalletError> {
        let paid = outputs.iter().map(|output| output.value).fold(0, u64::saturating_add);
        let mut draft = OwnedTransaction { version: 2, inputs: Vec::new(), outputs, lock_time: 0 };
        let mut taken: Vec<Spendable> = Vec::new();
        let mut sum = 0_u64;
        let left = loop {
            let needed = paid.saturating_add(self.fee(&draft)).saturating_add(gas_fee);
            if let Some(left) = sum.checked_sub(needed)
                && !taken.is_empty()
            {
                break left;
            }
            let at = self.coins.len().checked_sub(taken.len().saturating_add(1));
            let Some(coin) = at.and_then(|at| self.coins.get(at)) else {
                return Err(WalletError::NotEnough { got: sum, expected: needed });
            };
            if taken.len() >= MAX_INPUTS {
                return Err(WalletError::TooManyInputs { expected: MAX_INPUTS });
            }
            sum = sum.saturating_add(coin.value);
            taken.push(*coin);
            draft.inputs.push(input(coin));
        };
        self.coins.truncate(self.coins.len().saturating_sub(taken.len()));
        let change = self.add_change(&mut draft, left);
        for (index, coin) in taken.iter().enumerate() {
            sign_input(&mut draft, index, coin.value, &self.key);
        }
        if let Some((index, value)) = change {
            let coin = Spendable { outpoint: Outpoint { txid: draft.txid(), index }, value };
            let at = self.coins.partition_point(|other| other.value < value);
            self.coins.insert(at, coin);
        }
        Ok(draft)
    }

    /// Gives back what is left, if that is worth its own fee; the output's index and value.
    fn add_change(&self, draft: &mut OwnedTransaction, left: u64) -> Option<(u32, u64)> {
        let without = self.fee(draft);
        draft.outputs.push(OwnedOutput { value: left, script: self.account().script() });
        let value = left.saturating_sub(self.fee(draft).saturating_sub(without));
        if value < MIN_CHANGE {
            draft.outputs.pop();
            return None;
        }
        let index = u32::try_from(draft.outputs.len().saturating_sub(1)).ok()?;
        draft.outputs.last_mut()?.value = value;
        Some((index, value))
    }

    /// The fee for the weight that a transaction will have when it is signed.
    fn fee(&self, draft: &OwnedTransaction) -> u64 {
        let witnesses = draft.inputs.len().saturating_mul(WITNESS_WEIGHT);
        let weight = draft.weight().saturating_add(witnesses).saturating_add(MARKER_WEIGHT);
        let vbytes = u64::try_from(weight.div_ceil(4)).unwrap_or(u64::MAX);
        vbytes.saturating_mul(self.fee_per_kvb).div_ceil(1000)
    }
}

fn input(coin: &Spendable) -> OwnedInput {
    let outpoint = coin.outpoint;
    OwnedInput { outpoint, script: Vec::new(), sequence: SEQUENCE, witness: Vec::new() }
}

#[cfg(test)]
mod tests {
    use causeway_core::{ClientId, Message, RecoverClient};

    use super::*;
    use crate::{CallParts, call_fee, relay_fee, verify_input};

    fn coin(byte: u8, value: u64) -> Spendable {
        Spendable { outpoint: Outpoint { txid: Txid([byte; 32]), index: 0 }, value }
    }

    fn wallet(values: &[u64]) -> Wallet {
        let key = SigningKey::from_slice(&[7; 32]).unwrap();
        Wallet::new(key, (1..).zip(values).map(|(byte, value)| coin(byte, *value)))
    }

    fn pays(value: u64) -> Vec<OwnedOutput> {
        vec![OwnedOutput { value, script: KeyHash([9; 20]).script() }]
    }

    fn fee(transaction: &OwnedTransaction, values: &[u64]) -> u64 {
        let spent =
            transaction.inputs.iter().map(|i| values[usize::from(i.outpoint.txid.0[0]) - 1]);
        spent.sum::<u64>() - transaction.outputs.iter().map(|output| output.value).sum::<u64>()
    }

    #[test]
    fn what_is_made_is_signed_and_pays_no_more_than_it_must() {
        let values = [1_000, 100_000, 30_000];
        let mut wallet = wallet(&values);
        let made = wallet.pay(pays(110_000)).unwrap();
        assert_eq!(made.inputs.len(), 2);
        for (index, input) in made.inputs.iter().enumerate() {
            let value = values[usize::from(input.outpoint.txid.0[0]) - 1];
            verify_input(&made, index, value, wallet.account()).unwrap();
        }
        let (got, least) = (fee(&made, &values), relay_fee(made.weight()));
        assert!((least..=least + 1).contains(&got), "{got} for {least}");
        let change = made.outputs.last().unwrap().value;
        assert_eq!(wallet.balance(), 1_000 + change);
        // The change is spent by the next, before anything is in a block.
        let next = wallet.pay(pays(2_000)).unwrap();
        assert_eq!(next.inputs[0].outpoint, Outpoint { txid: made.txid(), index: 1 });
    }

    #[test]
    fn a_call_pays_for_its_gas_and_brings_coins() {
        let values = [5_000_000];
        let mut wallet = wallet(&values).with_fee(2_000);
        let client = || ClientId::new("client-10").unwrap();
        let message =
            Message::RecoverClient(RecoverClient { subject: client(), substitute: client() });
        let call = Call { gas_limit: 1_234_567, action: message.into() };
        let made = wallet.call(&call, 777).unwrap();
        let read = Call::of(&made).unwrap().unwrap();
        assert_eq!(read, CallParts { call: call.clone(), vault: Some((1, 777)) });
        let least = call_fee(made.weight(), call.gas_limit);
        assert!(fee(&made, &values) >= least + 19 * (relay_fee(made.weight()) - 1));
    }

    #[test]
    fn calls_one_behind_the_other_spend_each_others_change() {
        let mut wallet = wallet(&[5_000_000, 5_000_000, 5_000_000]);
        let client = || ClientId::new("client-10").unwrap();
        let message =
            Message::RecoverClient(RecoverClient { subject: client(), substitute: client() });
        let call = Call { gas_limit: 10_000, action: message.into() };
        let first = wallet.call(&call, 0).unwrap();
        let second = wallet.call_behind(&call, 0, Some(first.txid())).unwrap();
        assert_eq!(second.inputs[0].outpoint, Outpoint { txid: first.txid(), index: 1 });
        // More than the change has is taken from the rest.
        let third = wallet.call_behind(&call, 6_000_000, Some(second.txid())).unwrap();
        assert_eq!(third.inputs.len(), 2);
        assert_eq!(third.inputs[0].outpoint, Outpoint { txid: second.txid(), index: 1 });
        let refused = wallet.call_behind(&call, 0, Some(first.txid()));
        assert_eq!(refused, Err(WalletError::NoChange { txid: first.txid() }));
    }

    #[test]
    fn dust_goes_to_the_miner_and_what_is_missing_is_said() {
        let made = wallet(&[10_000]).pay(pays(9_900)).unwrap();
        assert_eq!(made.outputs.len(), 1);
        let refused = wallet(&[10_000]).pay(pays(10_000));
        assert!(matches!(refused, Err(WalletError::NotEnough { got: 10_000, .. })));
        let key = SigningKey::from_slice(&[7; 32]).unwrap();
        let many = (0..=u32::try_from(MAX_INPUTS).unwrap()).map(|index| Spendable {
            outpoint: Outpoint { txid: Txid([1; 32]), index },
            value: 1_000,
        });
        let refused = Wallet::new(key, many).pay(pays(1_000 * (MAX_INPUTS as u64)));
        assert_eq!(refused, Err(WalletError::TooManyInputs { expected: MAX_INPUTS }));
    }
}
