//! Transactions of one account.

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use causeway_core::{Amount, Message, Recourse};
use causeway_wire_cometbft::msg::{Call, Msg, TxMsgData, response_from_any};
use causeway_wire_cometbft::query::{
    BASE_ACCOUNT, BaseAccount, QueryAccount, QueryAccountResponse, Simulate, SimulateResponse, path,
};
use causeway_wire_cometbft::rpc::{Broadcast, TxOutcomeJson, UnconfirmedTxs};
use causeway_wire_cometbft::tx::{
    self, Body, Coin, MAX_TX_ITEMS, MAX_TX_LEN, SignMode, Signer, SigningKey, TxRefusal,
};
use prost::Message as _;
use serde_json::json;

use super::{CometbftEndpoint, header_after, nonsense, unsigned};
use crate::{
    EndpointError, Executed, Fee, MessageOutcome, Signed, Submitter, Transaction, TransactionState,
};

/// What a simulation's gas is multiplied by, in percent: state changes until the block.
const GAS_MARGIN_PERCENT: u64 = 130;

/// The gas of a transaction that is not tried first: one with a client update and some packets.
const UNTRIED_GAS: u64 = 10_000_000;

/// Price is per so much gas.
const GAS_PER_PRICE: u128 = 1_000_000_000;

/// The longest transaction that can be simulated: nodes take requests of 1,000,000 bytes
/// (`max_body_bytes`), in which it is in hexadecimal digits.
const MAX_SIMULATED_LEN: usize = 499_000;

/// Waiting transactions that are looked through (`rpc/core/env.go` allows no more).
const MAX_WAITING: usize = 100;

/// Codes of [`tx::CODESPACE`] that have no [`TxRefusal`]: chains leave them to clients.
const ALREADY_IN_MEMPOOL: u32 = 19;

/// What is known of the account that signs.
#[derive(Debug, Default)]
pub(super) struct Account {
    /// Its number, and the sequence of its next transaction.
    known: Option<(u64, u64)>,
}

/// A transaction's content, before it is known what it may cost.
struct Draft<'a> {
    key: &'a SigningKey,
    body: Body,
    number: u64,
    sequence: u64,
}

impl Draft<'_> {
    fn transaction(&self, fee: tx::Fee) -> tx::Transaction {
        let public_key = Some(self.key.public_key());
        let signer = Signer { public_key, mode: SignMode::Direct, sequence: self.sequence };
        tx::Transaction::new(self.body.clone(), vec![signer], fee)
    }
}

impl CometbftEndpoint {
    fn signer(&self) -> Result<(&SigningKey, String), EndpointError> {
        let key = self.key.as_ref().ok_or_else(EndpointError::no_key)?;
        let address = key.public_key().address().to_bech32(&self.settings.address_prefix);
        let address = address.ok_or_else(|| EndpointError::Unsupported {
            reason: format!("{:?} is no address prefix", self.settings.address_prefix),
        })?;
        Ok((key, address))
    }

    fn known_account(&self) -> Option<(u64, u64)> {
        self.account.lock().unwrap_or_else(std::sync::PoisonError::into_inner).known
    }

    fn remember_account(&self, known: Option<(u64, u64)>) {
        self.account.lock().unwrap_or_else(std::sync::PoisonError::into_inner).known = known;
    }

    /// Number and next sequence, as the newest block has them.
    async fn read_account(&self, address: &str) -> Result<(u64, u64), EndpointError> {
        let question = QueryAccount { address: address.to_owned() };
        let answer: QueryAccountResponse = match self.rpc.ask(path::ACCOUNT, &question).await {
            Ok(answer) => answer,
            Err(EndpointError::Missing { reason, .. }) => {
                return Err(EndpointError::Unfunded { reason: format!("{address}: {reason}") });
            }
            Err(error) => return Err(error),
        };
        let account = answer.account.ok_or_else(|| nonsense("account", &"none"))?;
        let account: BaseAccount =
            account.unpack("account", BASE_ACCOUNT).map_err(|error| nonsense("account", &error))?;
        Ok((account.account_number, account.sequence))
    }

    async fn draft(&self, messages: &[Message]) -> Result<Draft<'_>, EndpointError> {
        if messages.len() > MAX_TX_ITEMS {
            let reason = format!("{} messages, at most {MAX_TX_ITEMS}", messages.len());
            return Err(EndpointError::TooLarge { reason });
        }
        let (key, address) = self.signer()?;
        let call = |message: &Message| {
            let (signer, message) = (address.clone(), message.clone());
            Msg::Call(Call { signer, message }).to_any()
        };
        let messages = messages.iter().map(call).collect();
        let (number, sequence) = if let Some(known) = self.known_account() {
            known
        } else {
            let read = self.read_account(&address).await?;
            self.remember_account(Some(read));
            read
        };
        let body = Body { messages, ..Body::default() };
        Ok(Draft { key, body, number, sequence })
    }

    /// The gas that a transaction would take, with a margin.
    async fn gas(&self, draft: &Draft<'_>) -> Result<u64, EndpointError> {
        let mut transaction = draft.transaction(tx::Fee::default());
        transaction.signatures.push(Vec::new());
        let tx_bytes = transaction.encode();
        if tx_bytes.len() > MAX_SIMULATED_LEN {
            let reason = format!("{} bytes, at most {MAX_SIMULATED_LEN}", tx_bytes.len());
            return Err(EndpointError::TooLarge { reason });
        }
        let question = Simulate { tx_bytes };
        let response = self.rpc.try_ask(path::SIMULATE, &question).await?;
        if response.code.0 != 0 {
            return Err(self.refusal(0, "", response.log));
        }
        let answer = SimulateResponse::decode(response.value.0.as_slice())
            .map_err(|error| nonsense("simulation", &error))?;
        let used = answer.gas_info.ok_or_else(|| nonsense("simulation", &"no gas"))?.gas_used;
        used.checked_mul(GAS_MARGIN_PERCENT)
            .and_then(|gas| gas.checked_div(100))
            .ok_or_else(|| nonsense("simulation", &format!("{used} gas")))
    }

    fn fee(&self, gas: u64) -> Result<tx::Fee, EndpointError> {
        let price = u128::from(gas).saturating_mul(u128::from(self.settings.gas_price));
        let amount = Amount::from(price.div_ceil(GAS_PER_PRICE));
        if amount > self.settings.max_fee {
            let reason = format!("a fee of {amount}, at most {} is allowed", self.settings.max_fee);
            return Err(EndpointError::Unfunded { reason });
        }
        let coin = Coin { denom: self.settings.fee_denom.clone(), amount };
        Ok(tx::Fee { amount: vec![coin], gas_limit: gas, ..tx::Fee::default() })
    }

    fn signed(&self, draft: &Draft<'_>, gas: u64) -> Result<Signed, EndpointError> {
        let mut transaction = draft.transaction(self.fee(gas)?);
        transaction.sign(draft.key, self.settings.chain_id.as_str(), draft.number);
        let raw = transaction.encode();
        if raw.len() > MAX_TX_LEN {
            let reason = format!("{} bytes, a transaction has at most {MAX_TX_LEN}", raw.len());
            return Err(EndpointError::TooLarge { reason });
        }
        self.remember_account(Some((draft.number, draft.sequence.saturating_add(1))));
        Ok(Signed { transaction: Transaction(tx::hash(&raw)), raw })
    }

    /// What a refusal means. Simulations hide codes behind words, which all chains share.
    fn refusal(&self, code: u32, codespace: &str, log: String) -> EndpointError {
        let is = |refusal: TxRefusal| {
            (codespace == tx::CODESPACE && code == refusal.code())
                || log.contains(&refusal.to_string())
        };
        if is(TxRefusal::WrongSequence) {
            // What waits for a block counts, too: only the refusal tells of it.
            let number = self.known_account().map(|(number, _)| number);
            self.remember_account(number.zip(expected_sequence(&log)));
            return EndpointError::Refused { recourse: Recourse::Retry, reason: log };
        }
        if is(TxRefusal::InsufficientFunds) || is(TxRefusal::UnknownAddress) {
            return EndpointError::Unfunded { reason: log };
        }
        if is(TxRefusal::InvalidGasLimit) || is(TxRefusal::OutOfGas) {
            return EndpointError::TooLarge { reason: log };
        }
        if is(TxRefusal::InsufficientFee) {
            return EndpointError::Refused { recourse: Recourse::Wait, reason: log };
        }
        EndpointError::Refused { recourse: EndpointError::recourse_of(&log), reason: log }
    }

    /// True when a transaction is among those that wait for a block, or may be among them.
    async fn may_wait(&self, transaction: &Transaction) -> Result<bool, EndpointError> {
        let params = json!({ "limit": MAX_WAITING.to_string() });
        let waiting: UnconfirmedTxs = self.rpc.call("unconfirmed_txs", params).await?;
        let listed = waiting.txs.unwrap_or_default();
        let is_it = |bytes: &[u8]| tx::hash(bytes) == *transaction.0;
        let all = unsigned("unconfirmed_txs", waiting.total.0)?;
        let unseen = usize::try_from(all).is_ok_and(|all| all > listed.len());
        Ok(unseen || listed.iter().any(|bytes| is_it(&bytes.0)))
    }
}

/// The sequence that a refusal of another one names.
fn expected_sequence(log: &str) -> Option<u64> {
    let (_, rest) = log.split_once("account sequence mismatch, expected ")?;
    rest.split(|it: char| !it.is_ascii_digit()).next()?.parse().ok()
}

fn outcomes(outcome: &TxOutcomeJson) -> Result<Vec<MessageOutcome>, EndpointError> {
    if outcome.code.0 != 0 {
        return Ok(vec![MessageOutcome::Failed(outcome.log.clone())]);
    }
    let data = TxMsgData::decode(outcome.data.0.as_slice())
        .map_err(|error| nonsense("transaction result", &error))?;
    let handled = data.msg_responses.iter().map(|any| match response_from_any(any) {
        Ok(response) => Ok(MessageOutcome::Handled(response)),
        Err(error) => Err(nonsense("transaction result", &error)),
    });
    handled.collect()
}

#[async_trait]
impl Submitter for CometbftEndpoint {
    fn account(&self) -> String {
        self.signer().map(|(_, address)| address).unwrap_or_default()
    }

    async fn estimate(&self, messages: &[Message]) -> Result<Fee, EndpointError> {
        let gas = self.gas(&self.draft(messages).await?).await?;
        let fee = self.fee(gas)?;
        let coin = fee.amount.into_iter().next().ok_or_else(|| nonsense("fee", &"no coin"))?;
        Ok(Fee { amount: coin.amount, denom: coin.denom, gas })
    }

    async fn sign(&self, messages: &[Message]) -> Result<Signed, EndpointError> {
        let draft = self.draft(messages).await?;
        let gas = self.gas(&draft).await?;
        self.signed(&draft, gas)
    }

    async fn sign_untried(&self, messages: &[Message]) -> Result<Signed, EndpointError> {
        self.signed(&self.draft(messages).await?, UNTRIED_GAS)
    }

    async fn replace(&self, _signed: &Signed) -> Result<Signed, EndpointError> {
        Err(EndpointError::Unsupported {
            reason: "transactions of this family keep their place and their fee".to_owned(),
        })
    }

    async fn broadcast(&self, raw: &[u8]) -> Result<Transaction, EndpointError> {
        let transaction = Transaction(tx::hash(raw));
        let params = json!({ "tx": STANDARD.encode(raw) });
        let answer: Broadcast = match self.rpc.try_call("broadcast_tx_sync", params).await? {
            Ok(answer) => answer,
            Err(error) if error.data.contains("tx already exists in cache") => {
                return Ok(transaction);
            }
            Err(error) if error.data.contains("mempool is full") => {
                let (recourse, reason) = (Recourse::Wait, error.to_string());
                return Err(EndpointError::Refused { recourse, reason });
            }
            Err(error) if error.data.contains("Tx too large") => {
                return Err(EndpointError::TooLarge { reason: error.to_string() });
            }
            Err(error) => {
                let (recourse, reason) = (Recourse::Reject, error.to_string());
                return Err(EndpointError::Refused { recourse, reason });
            }
        };
        match answer.code.0 {
            0 => Ok(transaction),
            ALREADY_IN_MEMPOOL if answer.codespace == tx::CODESPACE => Ok(transaction),
            code => Err(self.refusal(code, &answer.codespace, answer.log)),
        }
    }

    async fn state(&self, transaction: &Transaction) -> Result<TransactionState, EndpointError> {
        let executed = |found: causeway_wire_cometbft::rpc::TxAnswer| {
            let height = self.height(header_after(unsigned("height", found.height.0)?));
            let outcomes = outcomes(&found.tx_result)?;
            Ok(TransactionState::Executed(Executed { height, outcomes }))
        };
        if let Some(found) = self.find(transaction).await? {
            return executed(found);
        }
        if self.may_wait(transaction).await? {
            return Ok(TransactionState::Pending);
        }
        // It may have moved from the one to the other between the two questions.
        match self.find(transaction).await? {
            Some(found) => executed(found),
            None => Ok(TransactionState::Unknown),
        }
    }

    async fn reconcile(&self) -> Result<(), EndpointError> {
        self.remember_account(None);
        let (_, address) = self.signer()?;
        let known = self.read_account(&address).await?;
        self.remember_account(Some(known));
        Ok(())
    }
}
