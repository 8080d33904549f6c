//! Calls in transactions of one account. A transaction carries one call, so that several messages
//! are several transactions, which spend the change of each other: blocks have them in order.

use std::sync::{MutexGuard, PoisonError};

use alloy_primitives::U256;
use async_trait::async_trait;
use causeway_client_bitcoin::Reader;
use causeway_core::transfer::{FungibleTokenPacketData, PORT};
use causeway_core::{Encoding, Event, Message, Recourse};
use causeway_wire_bitcoin::rpc::CallFailure;
use causeway_wire_bitcoin::state::{CallEvent, CallResult};
use causeway_wire_bitcoin::{
    Action, Address, CALL_GAS, Call, KeyHash, MAX_BLOCK_GAS, MAX_BLOCK_WEIGHT, NATIVE_DENOM,
    OwnedTransaction, Wallet,
};
use k256::ecdsa::SigningKey;
use serde_json::{Value, json};

use super::{BitcoinEndpoint, height, nonsense};
use crate::{
    EndpointError, Executed, Fee, MessageOutcome, Signed, Submitter, Transaction, TransactionState,
    TransportError, outcome,
};

/// What a dry run's gas is multiplied by, in percent: state changes until the block.
const GAS_MARGIN_PERCENT: u64 = 130;

/// The gas of a call that is not tried first: a client update, or some packets.
const UNTRIED_GAS: u64 = 10_000_000;

/// The code of a call that would need more gas than a block has.
const OUT_OF_GAS: &str = "out_of_gas";

/// The most transactions of one batch.
const MAX_TRANSACTIONS: usize = 256;

/// The most weight of one batch: half a block.
const MAX_WEIGHT: usize = MAX_BLOCK_WEIGHT / 2;

/// What stands between the names of several transactions.
const SEPARATOR: char = '+';

/// Bitcoin Core's code for transactions that blocks have already.
const ALREADY_IN_CHAIN: i64 = -27;
/// Its code for transactions that do not decode.
const UNDECODABLE: i64 = -22;

/// The transactions that a name names.
pub(super) fn txids(transaction: &Transaction) -> impl Iterator<Item = &str> {
    transaction.0.split(SEPARATOR)
}

fn split(raw: &[u8]) -> Result<Vec<OwnedTransaction>, EndpointError> {
    let mut reader = Reader::new("transactions", raw);
    let mut transactions = Vec::new();
    while !reader.rest().is_empty() {
        if transactions.len() == MAX_TRANSACTIONS {
            return Err(nonsense("transactions", &"too many"));
        }
        let transaction = OwnedTransaction::read(&mut reader);
        transactions.push(transaction.map_err(|error| nonsense("transactions", &error))?);
    }
    Ok(transactions)
}

fn name(transactions: &[OwnedTransaction]) -> Transaction {
    let names: Vec<_> = transactions.iter().map(|it| it.txid().to_string()).collect();
    Transaction(names.join(&SEPARATOR.to_string()))
}

/// What a call took when it was tried, with a margin.
fn gas_limit(tried: &Value) -> Result<u64, EndpointError> {
    let result = CallResult::from_json(tried).map_err(|error| nonsense("getaccount", &error))?;
    let Some(failure) = result.failure else {
        let gas = result.gas_used.saturating_mul(GAS_MARGIN_PERCENT).div_ceil(100);
        return Ok(gas.max(CALL_GAS));
    };
    let reason = format!("{}: {}", failure.code, failure.reason);
    if failure.code == OUT_OF_GAS {
        return Err(EndpointError::TooLarge { reason });
    }
    Err(EndpointError::Refused { recourse: EndpointError::recourse_of(&reason), reason })
}

/// The coins that a message moves from the caller into the vault: what its transfers send of the
/// chain's own.
fn brought_by(message: &Message) -> u64 {
    let Message::SendPacket(message) = message else { return 0 };
    let transfers = message.payloads.iter().filter(|it| it.source_port.as_str() == PORT);
    let sent = transfers.filter_map(|payload| {
        let encoding = Encoding::of(payload)?;
        let data = FungibleTokenPacketData::decode(&payload.value, encoding).ok()?;
        let is_coin = data.denom().is_native() && data.denom().base() == NATIVE_DENOM;
        let amount: U256 = data.amount().into();
        u64::try_from(amount).ok().filter(|_| is_coin)
    });
    sent.fold(0, u64::saturating_add)
}

impl BitcoinEndpoint {
    fn key(&self) -> Result<&SigningKey, EndpointError> {
        self.key.as_ref().ok_or_else(EndpointError::no_key)
    }

    fn address(&self, key: &SigningKey) -> String {
        Address::of_key(KeyHash::of(key.verifying_key()), self.settings.address_network).to_string()
    }

    /// The gas limits of messages that are executed one after the other: what each takes when all
    /// are tried on the newest state, with a margin.
    async fn gas_limits(&self, messages: &[Message]) -> Result<Vec<u64>, EndpointError> {
        if messages.len() > MAX_TRANSACTIONS {
            let reason = format!("{} calls, at most {MAX_TRANSACTIONS}", messages.len());
            return Err(EndpointError::TooLarge { reason });
        }
        let address = self.address(self.key()?);
        let call = |message: &Message| {
            let call = Call { gas_limit: MAX_BLOCK_GAS, action: Action::Core(message.clone()) };
            json!([hex::encode(call.to_bytes()), brought_by(message)])
        };
        let calls: Vec<_> = messages.iter().map(call).collect();
        let params = vec![json!(address), json!("calls"), json!(calls)];
        let answer: Vec<Value> = self.rpc.call("getaccount", params).await?;
        let limits: Vec<_> = answer.iter().map(gas_limit).collect::<Result<_, _>>()?;
        let all = limits.iter().fold(0_u64, |sum, limit| sum.saturating_add(*limit));
        if all > MAX_BLOCK_GAS || limits.len() < messages.len() {
            let reason = format!("{} calls take more than {MAX_BLOCK_GAS} gas", messages.len());
            return Err(EndpointError::TooLarge { reason });
        }
        Ok(limits)
    }

    async fn know_coins(&self) -> Result<(), EndpointError> {
        let is_known = self.wallet().is_some();
        if is_known {
            return Ok(());
        }
        let read = self.read_wallet(self.key()?).await?;
        *self.wallet() = Some(read);
        Ok(())
    }

    fn wallet(&self) -> MutexGuard<'_, Option<Wallet>> {
        self.wallet.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn forget_coins(&self) {
        *self.wallet() = None;
    }

    fn check_size(
        &self,
        fees: u64,
        transactions: &[OwnedTransaction],
    ) -> Result<(), EndpointError> {
        let expected = self.settings.max_fee;
        if fees > expected {
            let reason = format!("fees of {fees}, at most {expected} are allowed");
            return Err(EndpointError::Unfunded { reason });
        }
        let weights = transactions.iter().map(OwnedTransaction::weight);
        let weight = weights.fold(0_usize, usize::saturating_add);
        if weight > MAX_WEIGHT {
            let reason = format!("{weight} weight units, at most {MAX_WEIGHT}");
            return Err(EndpointError::TooLarge { reason });
        }
        Ok(())
    }

    fn refusal(&self, failure: &CallFailure) -> EndpointError {
        let reason = failure.to_string();
        let says = |words: &str| failure.message.contains(words);
        if says("missingorspent") || says("conflict") {
            self.forget_coins();
            return EndpointError::Refused { recourse: Recourse::Retry, reason };
        }
        if says("tx-size") || says("too large") {
            return EndpointError::TooLarge { reason };
        }
        let is_passing = says("mempool full") || says("fee not met") || says("non-final");
        let recourse = if is_passing && failure.code != UNDECODABLE {
            Recourse::Wait
        } else {
            EndpointError::recourse_of(&reason)
        };
        EndpointError::Refused { recourse, reason }
    }

    /// One call a message, each behind the one before.
    async fn sign_calls(
        &self,
        messages: &[Message],
        limits: Vec<u64>,
    ) -> Result<Signed, EndpointError> {
        let key = self.key()?;
        self.know_coins().await?;
        // On a failure the coins are read again: some are taken for transactions that never were.
        let mut place = self.wallet();
        let unknown = || nonsense("coins", &"they were forgotten at once");
        let mut wallet = place.take().ok_or_else(unknown)?;
        let before = wallet.balance();
        let mut transactions: Vec<OwnedTransaction> = Vec::with_capacity(messages.len());
        for (message, gas_limit) in messages.iter().zip(limits) {
            let call = Call { gas_limit, action: Action::Core(message.clone()) };
            let before = transactions.last().map(OwnedTransaction::txid);
            let made = wallet.call_behind(&call, brought_by(message), before);
            transactions.push(made.map_err(|error| EndpointError::Unfunded {
                reason: format!("{}: {error}", self.address(key)),
            })?);
        }
        // What goes into the vault is no fee.
        let brought = messages.iter().map(brought_by).fold(0_u64, u64::saturating_add);
        let spent = before.saturating_sub(wallet.balance());
        self.check_size(spent.saturating_sub(brought), &transactions)?;
        *place = Some(wallet);
        drop(place);
        let raw = transactions.iter().flat_map(OwnedTransaction::to_bytes).collect();
        Ok(Signed { transaction: name(&transactions), raw })
    }

    /// What became of one transaction's call.
    async fn outcome(
        &self,
        txid: &str,
        block: u64,
        transaction: &OwnedTransaction,
    ) -> Result<Vec<MessageOutcome>, EndpointError> {
        let carried = Call::of(transaction).map_err(|error| nonsense("call", &error))?;
        let Some(carried) = carried else { return Ok(Vec::new()) };
        let Action::Core(message) = carried.call.action else { return Ok(Vec::new()) };
        let call = self.call_of(txid, block).await?;
        let call = call.ok_or_else(|| nonsense("getpacketevents", &"a call is left out"))?;
        if let Some(failure) = call.failure {
            let reason = format!("{}: {}", failure.code, failure.reason);
            return Ok(vec![MessageOutcome::Failed(reason)]);
        }
        let core = |event| match event {
            CallEvent::Core(event) => Some(event),
            CallEvent::App { .. } => None,
        };
        let events: Vec<Event> = call.events.into_iter().filter_map(core).collect();
        outcome::outcomes(&[message], events)
    }
}

#[async_trait]
impl Submitter for BitcoinEndpoint {
    fn account(&self) -> String {
        self.key.as_ref().map(|key| self.address(key)).unwrap_or_default()
    }

    async fn estimate(&self, messages: &[Message]) -> Result<Fee, EndpointError> {
        self.know_coins().await?;
        let limits = self.gas_limits(messages).await?;
        let gas = limits.iter().fold(0_u64, |sum, limit| sum.saturating_add(*limit));
        let bytes = messages.iter().map(|message| {
            let call = Call { gas_limit: 0, action: Action::Core(message.clone()) };
            call.to_bytes().len().saturating_mul(4)
        });
        let weight = bytes.fold(0_usize, usize::saturating_add);
        let amount = causeway_wire_bitcoin::call_fee(weight, gas).into();
        Ok(Fee { amount, denom: NATIVE_DENOM.to_owned(), gas })
    }

    async fn sign(&self, messages: &[Message]) -> Result<Signed, EndpointError> {
        let limits = self.gas_limits(messages).await?;
        self.sign_calls(messages, limits).await
    }

    async fn sign_untried(&self, messages: &[Message]) -> Result<Signed, EndpointError> {
        self.sign_calls(messages, vec![UNTRIED_GAS; messages.len()]).await
    }

    async fn replace(&self, _signed: &Signed) -> Result<Signed, EndpointError> {
        Err(EndpointError::Unsupported {
            reason: "transactions of this chain keep their place and their fee".to_owned(),
        })
    }

    async fn broadcast(&self, raw: &[u8]) -> Result<Transaction, EndpointError> {
        let transactions = split(raw)?;
        let mut is_first = true;
        for transaction in &transactions {
            let params = vec![json!(hex::encode(transaction.to_bytes())), json!(0)];
            match self.rpc.try_call::<String>("sendrawtransaction", params).await? {
                Ok(_) => {}
                Err(failure) if failure.code == ALREADY_IN_CHAIN => {}
                Err(failure) if failure.message.contains("already") => {}
                Err(failure) if is_first => return Err(self.refusal(&failure)),
                // The first are out.
                Err(failure) => {
                    self.forget_coins();
                    let reason = format!("only the first are taken: {failure}");
                    return Err(TransportError { reason }.into());
                }
            }
            is_first = false;
        }
        Ok(name(&transactions))
    }

    async fn state(&self, transaction: &Transaction) -> Result<TransactionState, EndpointError> {
        let (mut highest, mut outcomes) = (0, Vec::new());
        for txid in txids(transaction) {
            let Some((info, block)) = self.find(txid).await? else {
                return Ok(TransactionState::Unknown);
            };
            let Some(block) = block else { return Ok(TransactionState::Pending) };
            let bytes = info.hex.unwrap_or_default();
            let bytes = hex::decode(bytes).map_err(|error| nonsense("transaction", &error))?;
            let decoded = OwnedTransaction::from_bytes(&bytes);
            let decoded = decoded.map_err(|error| nonsense("transaction", &error))?;
            outcomes.extend(self.outcome(txid, block, &decoded).await?);
            highest = block.max(highest);
        }
        Ok(TransactionState::Executed(Executed { height: height(highest), outcomes }))
    }

    async fn reconcile(&self) -> Result<(), EndpointError> {
        self.forget_coins();
        self.know_coins().await
    }
}
