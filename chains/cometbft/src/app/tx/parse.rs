//! What can be said of a transaction without any state (`ValidateBasic`).

use causeway_core::Amount;
use causeway_wire_cometbft::msg::{Msg, MsgError, Send};
use causeway_wire_cometbft::tx::{AccountAddress, Coin, SignMode, Transaction, TxRefusal};

use super::Rejection;
use crate::app::{ADDRESS_PREFIX, MAX_BLOCK_GAS};
use crate::{Hash, tx_hash};

/// The most signers (`x/auth` `TxSigLimit`).
const MAX_SIGNERS: usize = 7;

/// The most bytes of a memo (`x/auth` `MaxMemoCharacters`).
const MAX_MEMO_LEN: usize = 256;

/// A transaction that is well formed.
#[derive(Clone, Debug)]
pub(crate) struct Parsed {
    pub(crate) hash: Hash,
    pub(crate) len: usize,
    pub(crate) tx: Transaction,
    /// The messages, with their type URLs and signers.
    pub(crate) messages: Vec<ParsedMessage>,
    /// Who must have signed, each once; the first pays unless the fee says otherwise.
    pub(crate) signers: Vec<AccountAddress>,
    pub(crate) payer: AccountAddress,
}

/// A message of a transaction.
#[derive(Clone, Debug)]
pub(crate) struct ParsedMessage {
    pub(crate) type_url: String,
    pub(crate) msg: Msg,
    pub(crate) signer: AccountAddress,
}

/// Reads an address of this chain.
pub(crate) fn address(text: &str) -> Result<AccountAddress, Rejection> {
    AccountAddress::from_bech32(ADDRESS_PREFIX, text)
        .map_err(|error| Rejection::sdk(TxRefusal::InvalidAddress, error))
}

impl Parsed {
    /// Reads a transaction. With `is_signed` false its signatures may be missing.
    pub(crate) fn read(bytes: &[u8], is_signed: bool) -> Result<Self, Rejection> {
        let undecodable = |error: &dyn core::fmt::Display| Rejection::sdk(TxRefusal::Decode, error);
        let tx = Transaction::decode(bytes).map_err(|error| undecodable(&error))?;
        let mut messages = Vec::with_capacity(tx.body.messages.len());
        for any in &tx.body.messages {
            let msg = Msg::from_any(any).map_err(|error| match &error {
                MsgError::UnknownType { got } => {
                    undecodable(&format!("unable to resolve type URL {got}"))
                }
                MsgError::Malformed(error) => undecodable(error),
            })?;
            let signer = address(msg.signer())?;
            messages.push(ParsedMessage { type_url: any.type_url.clone(), msg, signer });
        }
        let (signers, payer) = signers(&tx, &messages)?;
        let parsed = Self { hash: tx_hash(bytes), len: bytes.len(), tx, messages, signers, payer };
        parsed.check(is_signed)?;
        Ok(parsed)
    }

    fn check(&self, is_signed: bool) -> Result<(), Rejection> {
        self.check_fee()?;
        if self.tx.body.memo.len() > MAX_MEMO_LEN {
            let got = self.tx.body.memo.len();
            let detail =
                format!("maximum number of characters is {MAX_MEMO_LEN} but received {got}");
            return Err(Rejection::sdk(TxRefusal::MemoTooLarge, format!("{detail} characters")));
        }
        self.check_signers(is_signed)?;
        self.messages.iter().try_for_each(|message| match &message.msg {
            Msg::Send(send) => check_send(send),
            _ => Ok(()),
        })
    }

    fn check_fee(&self) -> Result<(), Rejection> {
        let fee = &self.tx.fee;
        let gas = fee.gas_limit;
        if gas > MAX_BLOCK_GAS {
            let detail = format!("tx gas limit {gas} exceeds block max gas {MAX_BLOCK_GAS}");
            return Err(Rejection::sdk(TxRefusal::InvalidGasLimit, detail));
        }
        if !fee.granter.is_empty() {
            return Err(Rejection::sdk(TxRefusal::InvalidRequest, "fee grants are not enabled"));
        }
        if !are_valid(&fee.amount) {
            let detail = format!("invalid fee amount: {}", coins(&fee.amount));
            return Err(Rejection::sdk(TxRefusal::InsufficientFee, detail));
        }
        Ok(())
    }

    fn check_signers(&self, is_signed: bool) -> Result<(), Rejection> {
        let expected = self.signers.len();
        if is_signed && self.tx.signatures.is_empty() {
            return Err(Rejection::sdk(TxRefusal::NoSignatures, "nobody signed"));
        }
        if expected > MAX_SIGNERS {
            let detail = format!("signatures: {expected}, limit: {MAX_SIGNERS}");
            return Err(Rejection::sdk(TxRefusal::TooManySignatures, detail));
        }
        let counts = [Some(self.tx.signers.len()), is_signed.then_some(self.tx.signatures.len())];
        if let Some(got) = counts.into_iter().flatten().find(|got| *got != expected) {
            let detail = format!("wrong number of signers; expected {expected}, got {got}");
            return Err(Rejection::sdk(TxRefusal::Unauthorized, detail));
        }
        // Wallets leave the mode open in what they only simulate.
        let is_good = |mode| mode == SignMode::Direct || (!is_signed && mode == SignMode::OPEN);
        if let Some(signer) = self.tx.signers.iter().find(|signer| !is_good(signer.mode)) {
            let detail = format!("sign mode {:?}, only DIRECT is supported", signer.mode);
            return Err(Rejection::sdk(TxRefusal::Unauthorized, detail));
        }
        Ok(())
    }
}

/// Who must have signed, and who pays: the messages' signers, and whom the fee names.
fn signers(
    tx: &Transaction,
    messages: &[ParsedMessage],
) -> Result<(Vec<AccountAddress>, AccountAddress), Rejection> {
    let mut signers: Vec<AccountAddress> = Vec::new();
    for message in messages {
        if !signers.contains(&message.signer) {
            signers.push(message.signer.clone());
        }
    }
    let Some(first) = signers.first().cloned() else {
        let detail = "must contain at least one message";
        return Err(Rejection::sdk(TxRefusal::InvalidRequest, detail));
    };
    if tx.fee.payer.is_empty() {
        return Ok((signers, first));
    }
    let payer = address(&tx.fee.payer)?;
    if !signers.contains(&payer) {
        signers.push(payer.clone());
    }
    Ok((signers, payer))
}

fn check_send(send: &Send) -> Result<(), Rejection> {
    address(&send.to)?;
    if send.amount.is_empty() || !are_valid(&send.amount) {
        return Err(Rejection::sdk(TxRefusal::InvalidCoins, coins(&send.amount)));
    }
    Ok(())
}

/// Coins are in the order of their denominations, each once, none of them nothing.
pub(crate) fn are_valid(coins: &[Coin]) -> bool {
    coins.iter().all(|coin| is_denom(&coin.denom) && !coin.amount.is_zero())
        && coins.windows(2).all(|pair| match pair {
            [first, second] => first.denom < second.denom,
            _ => true,
        })
}

/// 3 to 128 characters, a letter first (`types/coin.go`).
pub(crate) fn is_denom(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"/:._-".contains(&byte);
    (3..=128).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(is_allowed)
}

/// Coins as events and logs have them.
pub(crate) fn coins(coins: &[Coin]) -> String {
    let texts: Vec<_> = coins.iter().map(|it| amount(it.amount, &it.denom)).collect();
    texts.join(",")
}

/// A sum as events and logs have it.
pub(crate) fn amount(amount: Amount, denom: &str) -> String {
    format!("{amount}{denom}")
}
