//! What a transaction must show before its messages are executed (`x/auth/ante`), and what it pays.

use causeway_core::Amount;
use causeway_wire_cometbft::TxEvent;
use causeway_wire_cometbft::tx::{AccountAddress, PublicKey, Signer, TxRefusal};

use super::parse::coins;
use super::{Parsed, Rejection, payments};
use crate::app::config::{MIN_FEE_PER_GAS, fee_collector};
use crate::app::gas::{GasMeter, MOVE_TOKENS, READ, SIGNATURE, TX_BYTE, WRITE};
use crate::app::state::{StoredAccount, Working};
use crate::app::{ADDRESS_PREFIX, NATIVE_DENOM};

/// How much of a transaction is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// All of it.
    Full,
    /// What may have changed since it was judged before: not the signatures.
    Again,
    /// For its gas alone: neither signatures nor the fee's amount.
    Simulated,
}

/// One admission.
pub(crate) struct Admission<'a> {
    pub(crate) state: &'a mut Working,
    pub(crate) meter: &'a mut GasMeter,
    pub(crate) chain_id: &'a str,
    /// The block that the transaction is, or could be, in.
    pub(crate) height: u64,
    pub(crate) mode: Mode,
}

impl Admission<'_> {
    /// Judges, takes the fee and counts the sequences up; gives the events. What it changed is to
    /// be undone where it refuses.
    pub(crate) fn admit(&mut self, parsed: &Parsed) -> Result<Vec<TxEvent>, Rejection> {
        self.check_height(parsed)?;
        let len = u64::try_from(parsed.len).unwrap_or(u64::MAX);
        self.meter.take(TX_BYTE.saturating_mul(len))?;
        self.meter.take(MOVE_TOKENS)?;
        let mut events = self.pay(parsed)?;
        let mut accounts = Vec::with_capacity(parsed.signers.len());
        for (address, signer) in parsed.signers.iter().zip(&parsed.tx.signers) {
            accounts.push(self.account(address, signer)?);
            self.meter.take(READ.saturating_add(WRITE).saturating_add(SIGNATURE))?;
        }
        for (index, (account, signer)) in accounts.iter().zip(&parsed.tx.signers).enumerate() {
            self.check_signature(parsed, index, account, signer)?;
        }
        for (address, mut account) in parsed.signers.iter().zip(accounts) {
            let sequence = format!("{}/{}", text(address), account.sequence);
            events.push(TxEvent::new("tx").with("acc_seq", sequence));
            account.sequence = account.sequence.saturating_add(1);
            self.state.set_account(address, &account);
        }
        for signature in &parsed.tx.signatures {
            use base64::Engine;
            let signature = base64::engine::general_purpose::STANDARD.encode(signature);
            events.push(TxEvent::new("tx").with("signature", signature));
        }
        Ok(events)
    }

    fn check_height(&self, parsed: &Parsed) -> Result<(), Rejection> {
        let (timeout, height) = (parsed.tx.body.timeout_height, self.height);
        if timeout != 0 && height > timeout {
            let detail = format!("block height: {height}, timeout height: {timeout}");
            return Err(Rejection::sdk(TxRefusal::TimeoutHeight, detail));
        }
        if parsed.tx.fee.gas_limit == 0 && self.mode != Mode::Simulated {
            return Err(Rejection::sdk(TxRefusal::InvalidGasLimit, "must provide positive gas"));
        }
        Ok(())
    }

    /// Takes the fee, which goes to the collector of fees.
    fn pay(&mut self, parsed: &Parsed) -> Result<Vec<TxEvent>, Rejection> {
        let fee = &parsed.tx.fee;
        let required = MIN_FEE_PER_GAS.of(fee.gas_limit);
        let native = fee.amount.iter().find(|coin| coin.denom == NATIVE_DENOM);
        let got = native.map_or(Amount::ZERO, |coin| coin.amount);
        if got < required && self.mode != Mode::Simulated {
            let got = coins(&fee.amount);
            let detail =
                format!("insufficient fees; got: {got} required: {required}{NATIVE_DENOM}");
            return Err(Rejection::sdk(TxRefusal::InsufficientFee, detail));
        }
        let payer = &parsed.payer;
        if self.state.account(payer).is_none() {
            let detail = format!("fee payer address: {} does not exist", text(payer));
            return Err(Rejection::sdk(TxRefusal::UnknownAddress, detail));
        }
        let mut events = Vec::new();
        let collector = fee_collector();
        if !fee.amount.is_empty() {
            events = payments::pay(self.state, payer, &collector, &fee.amount)?;
        }
        let paid = TxEvent::new("tx").with("fee", coins(&fee.amount));
        events.push(paid.with("fee_payer", text(payer)));
        Ok(events)
    }

    /// The signer's account, with its key.
    fn account(
        &self,
        address: &AccountAddress,
        signer: &Signer,
    ) -> Result<StoredAccount, Rejection> {
        let unknown = || {
            let detail = format!("account {} does not exist", text(address));
            Rejection::sdk(TxRefusal::UnknownAddress, detail)
        };
        let mut account = self.state.account(address).ok_or_else(unknown)?;
        let key = account.public_key.or(signer.public_key);
        let is_other = |key: &PublicKey| key.address() != *address;
        match signer.public_key.as_ref().or(key.as_ref()) {
            Some(key) if is_other(key) => {
                let detail = format!("pubKey does not match signer address {}", text(address));
                Err(Rejection::sdk(TxRefusal::InvalidPubKey, detail))
            }
            None if self.mode != Mode::Simulated => {
                Err(Rejection::sdk(TxRefusal::InvalidPubKey, "pubkey on account is not set"))
            }
            _ => {
                account.public_key = key;
                Ok(account)
            }
        }
    }

    fn check_signature(
        &self,
        parsed: &Parsed,
        index: usize,
        account: &StoredAccount,
        signer: &Signer,
    ) -> Result<(), Rejection> {
        let (expected, got) = (account.sequence, signer.sequence);
        if expected != got {
            let detail = format!("account sequence mismatch, expected {expected}, got {got}");
            return Err(Rejection::sdk(TxRefusal::WrongSequence, detail));
        }
        if self.mode != Mode::Full {
            return Ok(());
        }
        let message = parsed.tx.sign_doc(self.chain_id, account.number);
        let signature = parsed.tx.signatures.get(index);
        let holds = account.public_key.zip(signature);
        if holds.is_some_and(|(key, signature)| key.verifies(&message, signature)) {
            return Ok(());
        }
        let detail = format!(
            "signature verification failed; please verify account number ({}) and chain-id ({}): \
             (unable to verify single signer signature)",
            account.number, self.chain_id
        );
        Err(Rejection::sdk(TxRefusal::Unauthorized, detail))
    }
}

/// An address as everybody writes it.
pub(crate) fn text(address: &AccountAddress) -> String {
    address.to_bech32(ADDRESS_PREFIX).unwrap_or_default()
}
