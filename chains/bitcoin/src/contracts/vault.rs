//! The vault: one output with all coins that the contracts hold, and the transaction that changes
//! it.

use causeway_client_bitcoin::Outpoint;
use causeway_wire_bitcoin::{
    OwnedInput, OwnedOutput, OwnedTransaction, PAYMENT_GAS, VAULT_WITNESS_SCRIPT, vault_script,
};

use super::execution::{Payment, PreparedCall};

/// The final sequence number: the payout waits for nothing.
const FINAL_SEQUENCE: u32 = u32::MAX;
/// Weight of a spend of the vault: outpoint, empty script and sequence, and a witness of one byte.
const INPUT_WEIGHT: usize = 41 * 4 + 3;
/// Weight of an output to a key's hash.
const OUTPUT_WEIGHT: usize = 31 * 4;

/// An output that the vault can spend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VaultCoin {
    /// Its name.
    pub outpoint: Outpoint,
    /// Amount in the smallest unit.
    pub value: u64,
}

impl VaultCoin {
    /// The output that a call makes.
    pub(crate) fn of_call(call: &PreparedCall) -> Option<Self> {
        let (index, value) = call.parts.vault?;
        Some(Self { outpoint: Outpoint { txid: call.txid, index }, value })
    }

    /// The output that a payout leaves.
    pub(crate) fn of_payout(payout: &OwnedTransaction) -> Option<Self> {
        let last =
            payout.outputs.last().filter(|output| causeway_wire_bitcoin::is_vault(output))?;
        let index = u32::try_from(payout.outputs.len().saturating_sub(1)).ok()?;
        Some(Self { outpoint: Outpoint { txid: payout.txid(), index }, value: last.value })
    }
}

/// The contracts owe more than they hold, which the ledger of transfers rules out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the vault holds {got}, {expected} are due")]
pub struct VaultError {
    /// What there is.
    pub got: u64,
    /// What is to be paid.
    pub expected: u64,
}

/// The last transaction of a block: it spends the vault's `previous` output and those that the
/// block's calls `locked`, makes the `payments`, and leaves the rest as the vault's one output.
/// `None` when neither anything was locked nor a payment is due.
pub(crate) fn payout(
    previous: Option<VaultCoin>,
    locked: &[VaultCoin],
    payments: &[Payment],
) -> Result<Option<OwnedTransaction>, VaultError> {
    if locked.is_empty() && payments.is_empty() {
        return Ok(None);
    }
    let coins = || previous.iter().chain(locked);
    let got = coins().fold(0_u64, |sum, coin| sum.saturating_add(coin.value));
    let expected = payments.iter().fold(0_u64, |sum, payment| sum.saturating_add(payment.value));
    let rest = got.checked_sub(expected).ok_or(VaultError { got, expected })?;
    let spend = |coin: &VaultCoin| OwnedInput {
        outpoint: coin.outpoint,
        script: Vec::new(),
        sequence: FINAL_SEQUENCE,
        witness: vec![VAULT_WITNESS_SCRIPT.to_vec()],
    };
    let pay = |payment: &Payment| OwnedOutput { value: payment.value, script: payment.to.script() };
    let mut outputs: Vec<_> = payments.iter().map(pay).collect();
    if rest != 0 {
        outputs.push(OwnedOutput { value: rest, script: vault_script() });
    }
    let inputs = coins().map(spend).collect();
    Ok(Some(OwnedTransaction { version: 2, inputs, outputs, lock_time: 0 }))
}

/// The most weight that a call can add to the payout: its output is spent or paid back, and its gas
/// bounds how many payments it causes.
pub(crate) fn payout_weight(call: &PreparedCall) -> usize {
    let payments = call.parts.call.gas_limit.checked_div(PAYMENT_GAS).unwrap_or_default();
    let payments = usize::try_from(payments).unwrap_or(usize::MAX).saturating_add(1);
    payments.saturating_mul(OUTPUT_WEIGHT).saturating_add(INPUT_WEIGHT)
}

/// True for a transaction that means to spend the vault.
pub(crate) fn spends_vault(transaction: &OwnedTransaction) -> bool {
    transaction.inputs.iter().any(|input| {
        let witness = input.witness.as_slice();
        matches!(witness, [script] if *script == VAULT_WITNESS_SCRIPT)
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use causeway_client_bitcoin::Txid;
    use causeway_core::{ClientId, Message, RecoverClient};
    use causeway_wire_bitcoin::{Call, CallParts, KeyHash};

    use super::*;

    fn coin(byte: u8, value: u64) -> VaultCoin {
        VaultCoin { outpoint: Outpoint { txid: Txid([byte; 32]), index: 0 }, value }
    }

    fn payment(byte: u8, value: u64) -> Payment {
        Payment { to: KeyHash([byte; 20]), value }
    }

    #[test]
    fn all_coins_go_in_and_what_is_not_paid_stays() {
        let (old, new) = (coin(1, 50), [coin(2, 7), coin(3, 3)]);
        let payments = [payment(4, 10), payment(5, 20)];
        let payout = payout(Some(old), &new, &payments).unwrap().unwrap();
        let spent: Vec<_> = payout.inputs.iter().map(|input| input.outpoint.txid.0[0]).collect();
        assert_eq!(spent, [1, 2, 3]);
        let paid: Vec<_> = payout.outputs.iter().map(|output| output.value).collect();
        assert_eq!(paid, [10, 20, 30]);
        assert!(spends_vault(&payout));
        let left = VaultCoin::of_payout(&payout).unwrap();
        assert_eq!((left.outpoint.txid, left.outpoint.index, left.value), (payout.txid(), 2, 30));
    }

    #[test]
    fn an_empty_vault_has_no_output_and_nothing_due_no_payout() {
        assert_eq!(payout(Some(coin(1, 50)), &[], &[]), Ok(None));
        let all = payout(Some(coin(1, 50)), &[], &[payment(2, 50)]).unwrap().unwrap();
        assert_eq!(all.outputs.len(), 1);
        assert_eq!(VaultCoin::of_payout(&all), None);
        let refused = payout(Some(coin(1, 50)), &[], &[payment(2, 51)]);
        assert_eq!(refused, Err(VaultError { got: 50, expected: 51 }));
    }

    #[test]
    fn the_weight_of_a_payout_stays_within_what_its_calls_reserve() {
        let client = || ClientId::new("client-10").unwrap();
        let message =
            Message::RecoverClient(RecoverClient { subject: client(), substitute: client() });
        let call = Call { gas_limit: 3 * PAYMENT_GAS, action: message.into() };
        let parts = Arc::new(CallParts { call, vault: Some((0, 9)) });
        let call = PreparedCall { txid: Txid([2; 32]), caller: KeyHash([1; 20]), parts };
        let locked = [VaultCoin::of_call(&call).unwrap()];
        let payments = [payment(1, 1), payment(2, 2), payment(3, 3)];
        let with = payout(Some(coin(1, 50)), &locked, &payments).unwrap().unwrap();
        let without = payout(Some(coin(1, 50)), &[], &[payment(9, 1)]).unwrap().unwrap();
        let grown = with.weight() - without.weight();
        assert!(grown <= payout_weight(&call), "{grown}");
        assert!(payout_weight(&call) < grown + 3 * OUTPUT_WEIGHT);
    }
}
