//! Transactions of one account.

use alloy_primitives::{Address, Bytes, U256};
use async_trait::async_trait;
use causeway_core::{Message, Recourse};
use causeway_wire_ethereum::eth::{CallRequest, Receipt, RpcError};
use causeway_wire_ethereum::transaction::{
    MAX_TRANSACTION_LEN, SignedTransaction, Transaction as Eip1559, account_of,
};
use k256::ecdsa::SigningKey;
use serde_json::json;

use super::outcome::{input_of, outcomes};
use super::{EthereumEndpoint, amount, height, nonsense};
use crate::{
    EndpointError, Executed, Fee, MessageOutcome, Signed, Submitter, Transaction, TransactionState,
};

/// What an estimate of gas is multiplied by, in percent: state changes until the block.
const GAS_MARGIN_PERCENT: u64 = 125;

/// The gas of a call that is not tried first: a client update and some packets.
const UNTRIED_GAS: u64 = 8_000_000;

/// The most gas of one transaction (EIP-7825).
const MAX_GAS: u64 = 1 << 24;

/// The most calls of one `multicall`.
const MAX_CALLS: usize = 256;

/// What the fees of a replacement are multiplied by, in percent: nodes demand ten more.
const BUMP_PERCENT: u128 = 115;

/// Base fees that a transaction outlasts: it may double six times in as many full blocks.
const BASE_FEES: u128 = 2;

fn percent(number: u128, of: u128) -> u128 {
    number.saturating_mul(of).div_ceil(100)
}

impl EthereumEndpoint {
    fn signer(&self) -> Result<(&SigningKey, Address), EndpointError> {
        let key = self.key.as_ref().ok_or_else(EndpointError::no_key)?;
        Ok((key, account_of(key)))
    }

    fn known_nonce(&self) -> Option<u64> {
        *self.nonce.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn remember_nonce(&self, nonce: Option<u64>) {
        *self.nonce.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = nonce;
    }

    async fn next_nonce(&self, account: Address) -> Result<u64, EndpointError> {
        if let Some(known) = self.known_nonce() {
            return Ok(known);
        }
        let params = json!([account, "pending"]);
        let count = self.execution.number("eth_getTransactionCount", params).await?;
        u64::try_from(count).map_err(|_| nonsense("nonce", &count))
    }

    async fn gas(&self, messages: &[Message], input: Vec<u8>) -> Result<u64, EndpointError> {
        let (_, account) = self.signer()?;
        if messages.len() > MAX_CALLS {
            let reason = format!("{} calls, at most {MAX_CALLS}", messages.len());
            return Err(EndpointError::TooLarge { reason });
        }
        let request = CallRequest {
            from: Some(account),
            to: Some(self.settings.router),
            input: Some(input.into()),
            ..CallRequest::default()
        };
        let method = "eth_estimateGas";
        let answer = self.execution.try_call(method, json!([request])).await?;
        let causeway_wire_ethereum::eth::Hex(gas) = answer.map_err(|error| self.refusal(&error))?;
        let gas: u64 = gas;
        gas.checked_mul(GAS_MARGIN_PERCENT)
            .and_then(|gas| gas.checked_div(100))
            .map(|more| more.min(MAX_GAS).max(gas))
            .ok_or_else(|| nonsense(method, &gas))
    }

    /// The tip and the fee cap that get into the next blocks.
    async fn fees(&self) -> Result<(u128, u128), EndpointError> {
        let small =
            |what, number: U256| u128::try_from(number).map_err(|_| nonsense(what, &number));
        let tip = self.execution.number("eth_maxPriorityFeePerGas", json!([])).await?;
        let price = self.execution.number("eth_gasPrice", json!([])).await?;
        let (tip, price) = (small("tip", tip)?, small("gas price", price)?);
        Ok((tip, price.saturating_mul(BASE_FEES).max(tip)))
    }

    fn check_cost(&self, transaction: &Eip1559) -> Result<(), EndpointError> {
        let cost = amount(transaction.max_cost());
        if cost <= self.settings.max_fee {
            return Ok(());
        }
        let reason = format!("it may cost {cost}, at most {} is allowed", self.settings.max_fee);
        Err(EndpointError::Unfunded { reason })
    }

    fn signed(&self, transaction: Eip1559) -> Result<Signed, EndpointError> {
        let (key, _) = self.signer()?;
        let signed = transaction.sign(key).map_err(|error| nonsense("transaction", &error))?;
        let raw = signed.encode();
        if raw.len() > MAX_TRANSACTION_LEN {
            let reason = format!("{} bytes, at most {MAX_TRANSACTION_LEN}", raw.len());
            return Err(EndpointError::TooLarge { reason });
        }
        Ok(Signed { transaction: Transaction(signed.hash().to_string()), raw })
    }

    /// A call of the router, behind those that are pending.
    async fn sign_call(&self, input: Vec<u8>, gas_limit: u64) -> Result<Signed, EndpointError> {
        let (_, account) = self.signer()?;
        let (tip, cap) = self.fees().await?;
        let nonce = self.next_nonce(account).await?;
        let transaction = Eip1559 {
            chain_id: self.settings.chain_id,
            nonce,
            max_priority_fee_per_gas: tip,
            max_fee_per_gas: cap,
            gas_limit,
            to: Some(self.settings.router),
            value: U256::ZERO,
            input: input.into(),
            access_list: Vec::new(),
        };
        self.check_cost(&transaction)?;
        let signed = self.signed(transaction)?;
        self.remember_nonce(Some(nonce.saturating_add(1)));
        Ok(signed)
    }

    /// What a refusal means, by its words: servers disagree on codes.
    fn refusal(&self, error: &RpcError) -> EndpointError {
        let reason = error.message.clone();
        let says = |words: &str| reason.contains(words);
        if says("insufficient funds") {
            return EndpointError::Unfunded { reason };
        }
        if says("exceeds block gas limit")
            || says("gas limit too high")
            || says("oversized")
            || says("gas required exceeds")
        {
            return EndpointError::TooLarge { reason };
        }
        if says("nonce too low") || says("nonce too high") {
            self.remember_nonce(None);
            return EndpointError::Refused { recourse: Recourse::Retry, reason };
        }
        let is_passing = says("underpriced") || says("txpool is full") || says("less than block");
        let recourse =
            if is_passing { Recourse::Wait } else { EndpointError::recourse_of(&reason) };
        EndpointError::Refused { recourse, reason }
    }

    /// Why an included transaction failed, found by doing the same again before its block.
    async fn reason_of_failure(&self, receipt: &Receipt, input: &Bytes) -> String {
        let request = CallRequest {
            from: Some(receipt.from),
            to: receipt.to,
            input: Some(input.clone()),
            ..CallRequest::default()
        };
        let before = receipt.block_number.saturating_sub(1);
        let block = causeway_wire_ethereum::eth::BlockNumber::Number(before);
        match self.execution.try_call::<Bytes>("eth_call", json!([request, block])).await {
            Ok(Err(error)) => error.message,
            _ => "execution reverted".to_owned(),
        }
    }

    async fn executed(&self, receipt: Receipt) -> Result<Executed, EndpointError> {
        let network = self.beacon.network().await?;
        let block = causeway_wire_ethereum::eth::BlockNumber::Number(receipt.block_number);
        let block = self.execution.block(block).await?;
        let block = block.ok_or_else(|| nonsense("receipt", &"its block is not there"))?;
        let at = height(network.chain.slot_at(block.timestamp));
        let hash = receipt.transaction_hash.to_string();
        let transaction = self.execution.transaction(&hash).await?;
        let input = transaction.map(|transaction| transaction.input).unwrap_or_default();
        let outcomes = if receipt.status == 0 {
            vec![MessageOutcome::Failed(self.reason_of_failure(&receipt, &input).await)]
        } else if receipt.to == Some(self.settings.router) {
            outcomes(self.settings.router, &input, &receipt.logs)?
        } else {
            Vec::new()
        };
        Ok(Executed { height: at, outcomes })
    }
}

#[async_trait]
impl Submitter for EthereumEndpoint {
    fn account(&self) -> String {
        self.signer().map(|(_, account)| account.to_checksum(None)).unwrap_or_default()
    }

    async fn estimate(&self, messages: &[Message]) -> Result<Fee, EndpointError> {
        let gas = self.gas(messages, input_of(messages)).await?;
        let price = self.execution.number("eth_gasPrice", json!([])).await?;
        let wei = price.saturating_mul(U256::from(gas));
        Ok(Fee { amount: amount(wei), denom: "wei".to_owned(), gas })
    }

    async fn sign(&self, messages: &[Message]) -> Result<Signed, EndpointError> {
        let input = input_of(messages);
        let gas = self.gas(messages, input.clone()).await?;
        self.sign_call(input, gas).await
    }

    async fn sign_untried(&self, messages: &[Message]) -> Result<Signed, EndpointError> {
        self.sign_call(input_of(messages), UNTRIED_GAS).await
    }

    async fn replace(&self, signed: &Signed) -> Result<Signed, EndpointError> {
        let old = SignedTransaction::decode(&signed.raw)
            .map_err(|error| nonsense("transaction", &error))?;
        let (tip, cap) = self.fees().await?;
        let old = old.transaction();
        let transaction = Eip1559 {
            max_priority_fee_per_gas: tip.max(percent(old.max_priority_fee_per_gas, BUMP_PERCENT)),
            max_fee_per_gas: cap.max(percent(old.max_fee_per_gas, BUMP_PERCENT)),
            ..old.clone()
        };
        if let Err(EndpointError::Unfunded { reason }) = self.check_cost(&transaction) {
            return Err(EndpointError::Refused { recourse: Recourse::Wait, reason });
        }
        self.signed(transaction)
    }

    async fn broadcast(&self, raw: &[u8]) -> Result<Transaction, EndpointError> {
        let signed =
            SignedTransaction::decode(raw).map_err(|error| nonsense("transaction", &error))?;
        let transaction = Transaction(signed.hash().to_string());
        let params = json!([Bytes::copy_from_slice(raw)]);
        let method = "eth_sendRawTransaction";
        match self.execution.try_call::<serde_json::Value>(method, params).await? {
            Ok(_) => Ok(transaction),
            Err(error) if error.message.contains("already known") => Ok(transaction),
            // It may be the transaction itself that used the nonce.
            Err(error) if error.message.contains("nonce too low") => {
                match self.execution.receipt(&transaction.0).await? {
                    Some(_) => Ok(transaction),
                    None => Err(self.refusal(&error)),
                }
            }
            Err(error) => Err(self.refusal(&error)),
        }
    }

    async fn state(&self, transaction: &Transaction) -> Result<TransactionState, EndpointError> {
        if let Some(receipt) = self.execution.receipt(&transaction.0).await? {
            return self.executed(receipt).await.map(TransactionState::Executed);
        }
        match self.execution.transaction(&transaction.0).await? {
            Some(_) => Ok(TransactionState::Pending),
            None => Ok(TransactionState::Unknown),
        }
    }

    async fn reconcile(&self) -> Result<(), EndpointError> {
        self.remember_nonce(None);
        let (_, account) = self.signer()?;
        let nonce = self.next_nonce(account).await?;
        self.remember_nonce(Some(nonce));
        Ok(())
    }
}
