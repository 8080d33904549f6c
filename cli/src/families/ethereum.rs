//! Chains of Ethereum's format, over the Beacon API and `eth_*` JSON-RPC.

use std::sync::Arc;

use alloy_primitives::{Address, B256, Bytes, U64, U128, U256, hex};
use alloy_sol_types::SolCall;
use async_trait::async_trait;
use causeway_core::{Amount, Encoding};
use causeway_relayer_daemon::transport::HttpTransport;
use causeway_relayer_endpoints::{Api, Call, Endpoint, Transport, ethereum};
use causeway_wire_ethereum::abi::sol::{Erc20, Transfer};
use causeway_wire_ethereum::contracts;
use causeway_wire_ethereum::transaction::{Transaction, account_of, address_of};
use k256::ecdsa::{SigningKey, VerifyingKey};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::rpc;
use super::{
    Balance, ChainClient, ClientError, Family, Inclusion, LocalTransfer, Status, Submitted,
    check_fee, check_network,
};
use crate::config::ChainConfig;

const BEACON: Api = Api(0);
const EXECUTION: Api = Api(1);

/// The vouchers of one page (the contract lists no more), and of all that are looked at.
const PAGE: u64 = 256;
const MAX_VOUCHERS: usize = 10_000;

/// The family.
pub(super) struct Ethereum;

impl Family for Ethereum {
    fn name(&self) -> &'static str {
        "ethereum"
    }

    fn namespace(&self) -> &'static str {
        "eip155"
    }

    fn apis(&self) -> &'static [(&'static str, Api)] {
        &[("beacon", BEACON), ("rpc", EXECUTION)]
    }

    fn default_prefix(&self) -> Option<&'static str> {
        None
    }

    fn check_prefix(&self, _prefix: &str) -> Result<(), String> {
        Err("addresses of this family have no prefix".to_owned())
    }

    fn address(&self, _prefix: &str, key: &VerifyingKey) -> Result<String, String> {
        Ok(address_of(key).to_checksum(None))
    }

    /// Capitals are a checksum (EIP-55); text without any has none.
    fn check_address(&self, _prefix: &str, text: &str) -> Result<String, String> {
        let Some(digits) = text.strip_prefix("0x") else {
            return Err(format!("{text:?} is no address: it does not begin with 0x"));
        };
        let address: Address = text.parse().map_err(|_| {
            format!(
                "{text:?} is no address: it has {} characters behind 0x, not 40 hexadecimal digits",
                digits.chars().count()
            )
        })?;
        let is_mixed = digits.contains(|c: char| c.is_ascii_uppercase())
            && digits.contains(|c: char| c.is_ascii_lowercase());
        if is_mixed && address.to_checksum(None) != text {
            return Err(format!("{text:?} is no address: its checksum (EIP-55) is wrong"));
        }
        Ok(address.to_checksum(None))
    }

    fn only_encoding(&self) -> Option<Encoding> {
        Some(Encoding::Abi)
    }

    fn denom_in_packets(&self, denom: &str) -> Result<String, String> {
        let address: Result<Address, _> = denom.parse();
        address.map(|address| format!("{address:#x}")).map_err(|_| {
            format!(
                "{denom:?} itself does not cross, tokens do: pay it to the wrapping token, by its \
                 address, and send that"
            )
        })
    }

    fn check_parameters(&self, _chain: &ChainConfig) -> Result<(), String> {
        Err("chains of this family need no parameters".to_owned())
    }

    fn client(&self, chain: &ChainConfig, transport: HttpTransport) -> Box<dyn ChainClient> {
        let network_id = chain.network_id.get_ref().clone();
        let reference = network_id.split_once(':').map(|(_, reference)| reference);
        Box::new(Client {
            transport,
            chain_id: reference.and_then(|reference| reference.parse().ok()),
            network_id,
            native: chain.native.denom.clone(),
            max_fee: chain.max_fee(),
            tokens: chain.tokens.iter().filter_map(|token| token.denom.parse().ok()).collect(),
            transfer: chain.contracts.get("transfer").and_then(|text| text.parse().ok()),
        })
    }

    fn endpoint(
        &self,
        chain: &ChainConfig,
        transport: HttpTransport,
        key: Option<SigningKey>,
    ) -> Result<Arc<dyn Endpoint>, String> {
        let id = chain.network_id.get_ref();
        let chain_id = id.split_once(':').and_then(|(_, reference)| reference.parse().ok());
        let contract = |name: &str| {
            let text = chain.contracts.get(name);
            let text = text.ok_or_else(|| {
                format!("packets need the address of contract {name:?} in the configuration")
            })?;
            text.parse::<Address>().map_err(|error| format!("contract {name:?}: {error}"))
        };
        let settings = ethereum::Settings {
            chain_id: chain_id.ok_or_else(|| format!("{id}: no number of a chain"))?,
            router: contract("router")?,
            commitment_slot: contracts::COMMITMENT_SLOT,
            transfer: contract("transfer")?,
            tokens: chain.tokens.iter().filter_map(|token| token.denom.parse().ok()).collect(),
            max_fee: chain.max_fee().unwrap_or(Amount::MAX),
        };
        let registry = Arc::new(causeway_client_registry::all());
        let transport = Arc::new(transport);
        Ok(Arc::new(ethereum::EthereumEndpoint::new(transport, registry, settings, key)))
    }
}

struct Client {
    transport: HttpTransport,
    network_id: String,
    chain_id: Option<u64>,
    native: String,
    max_fee: Option<Amount>,
    tokens: Vec<Address>,
    /// The token transfer contract, which knows the vouchers.
    transfer: Option<Address>,
}

#[derive(Deserialize)]
struct Envelope<T> {
    data: T,
}

#[derive(Deserialize)]
struct BeaconHeader {
    header: SignedHeader,
}

#[derive(Deserialize)]
struct SignedHeader {
    message: HeaderMessage,
}

#[derive(Deserialize)]
struct HeaderMessage {
    slot: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LatestBlock {
    timestamp: U64,
    base_fee_per_gas: U256,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Receipt {
    status: U64,
    block_number: U64,
}

impl Client {
    async fn ask<T: DeserializeOwned>(
        &self,
        method: &str,
        params: Value,
    ) -> Result<T, ClientError> {
        rpc::ask(&self.transport, EXECUTION, method, params).await
    }

    /// The slot of a block; `None` when there is no such block.
    async fn slot(&self, block: &str) -> Result<Option<u64>, ClientError> {
        let path = format!("/eth/v1/beacon/headers/{block}");
        let reply = self.transport.send(Call::get(BEACON, &path)).await?;
        if reply.status == 404 {
            return Ok(None);
        }
        let header: Envelope<BeaconHeader> = serde_json::from_slice(&reply.body)
            .map_err(|error| ClientError::nonsense(&path, format!("{}: {error}", reply.status)))?;
        let slot = header.data.header.message.slot.parse();
        slot.map(Some).map_err(|error| ClientError::nonsense(&path, error))
    }

    fn address(text: &str) -> Result<Address, ClientError> {
        text.parse().map_err(|error| ClientError::Usage(format!("{text:?}: {error}")))
    }

    /// What an account has of a token.
    async fn token_balance(&self, token: Address, account: Address) -> Result<Amount, ClientError> {
        let input = hex::encode_prefixed(Erc20::balanceOfCall { account }.abi_encode());
        let call = json!({ "to": token, "input": input });
        let answer: Bytes = self.ask("eth_call", json!([call, "latest"])).await?;
        let amount = Erc20::balanceOfCall::abi_decode_returns(&answer);
        amount.map(Amount::from).map_err(|error| ClientError::nonsense("eth_call", error))
    }

    /// The tokens of vouchers, with the paths that they came by, as the contract lists them.
    async fn vouchers(&self) -> Result<Vec<(Address, String)>, ClientError> {
        let Some(transfer) = self.transfer else { return Ok(Vec::new()) };
        let method = "eth_call";
        let (mut vouchers, mut after) = (Vec::new(), Address::ZERO);
        while vouchers.len() < MAX_VOUCHERS {
            let page = Transfer::getVouchersCall { after_: after, limit: PAGE };
            let call = json!({ "to": transfer, "input": hex::encode_prefixed(page.abi_encode()) });
            let params = json!([call, "latest"]);
            let answer = rpc::call(&self.transport, EXECUTION, method, params).await?;
            // Contracts of others keep no such list, and undo the call.
            let Ok(answer) = answer else { break };
            let answer: Bytes = answer;
            let page = Transfer::getVouchersCall::abi_decode_returns(&answer)
                .map_err(|error| ClientError::nonsense(method, error))?;
            let is_last = u64::try_from(page.len()).is_ok_and(|len| len < PAGE);
            for voucher in page {
                if voucher.token <= after {
                    return Err(ClientError::nonsense(method, "its vouchers do not rise"));
                }
                after = voucher.token;
                vouchers.push((voucher.token, voucher.denom));
            }
            if is_last {
                break;
            }
        }
        Ok(vouchers)
    }

    /// Whom a transfer calls, with how much of the native coin, and how.
    async fn payment(&self, transfer: &LocalTransfer) -> Result<Payment, ClientError> {
        let to = Self::address(&transfer.to)?;
        if transfer.denom == self.native {
            return Ok(Payment { to, value: transfer.amount.into(), input: Bytes::new() });
        }
        let unknown = || {
            let reason = "the native coin, or the address of a token";
            let (denom, native) = (&transfer.denom, &self.native);
            ClientError::Usage(format!("{denom:?} is no denomination here: {native:?}, {reason}"))
        };
        let token: Address = transfer.denom.parse().map_err(|_| unknown())?;
        let code: Bytes = self.ask("eth_getCode", json!([token, "latest"])).await?;
        if code.is_empty() {
            return Err(unknown());
        }
        let call = Erc20::transferCall { to, amount: transfer.amount.into() };
        Ok(Payment { to: token, value: U256::ZERO, input: call.abi_encode().into() })
    }

    /// Whether the account has what it is to give; the node's own words are less plain.
    async fn check_funds(
        &self,
        sender: Address,
        transfer: &LocalTransfer,
        fee: Amount,
    ) -> Result<(), ClientError> {
        let native: U256 = self.ask("eth_getBalance", json!([sender, "latest"])).await?;
        let native = Amount::from(native);
        let short = |has: Amount, needs: String| {
            let reason = format!("{sender} has {has}, not {needs}");
            Err(ClientError::refused("insufficient_funds", reason))
        };
        if transfer.denom == self.native {
            let needed = transfer.amount.checked_add(fee);
            return match needed {
                Some(needed) if needed <= native => Ok(()),
                _ => short(native, format!("{} and a fee of {fee}", transfer.amount)),
            };
        }
        let token = Self::address(&transfer.denom)?;
        let has = self.token_balance(token, sender).await?;
        if has < transfer.amount {
            return short(has, transfer.amount.to_string());
        }
        if native < fee { short(native, format!("a fee of {fee}")) } else { Ok(()) }
    }
}

/// A call that pays.
struct Payment {
    to: Address,
    value: U256,
    input: Bytes,
}

/// The gas of a payment in the native coin, which runs no code.
const PLAIN_GAS: u64 = 21_000;

#[async_trait]
impl ChainClient for Client {
    async fn status(&self) -> Result<Status, ClientError> {
        let chain_id: U64 = self.ask("eth_chainId", json!([])).await?;
        let latest: LatestBlock =
            self.ask("eth_getBlockByNumber", json!(["latest", false])).await?;
        let head = self.slot("head").await?;
        let head = head.ok_or_else(|| ClientError::nonsense("headers/head", "there is no head"))?;
        Ok(Status {
            network_id: format!("eip155:{chain_id}"),
            head,
            finalized: self.slot("finalized").await?,
            time: latest.timestamp.to(),
            software: self.ask("web3_clientVersion", json!([])).await?,
        })
    }

    async fn balances(&self, address: &str) -> Result<Vec<Balance>, ClientError> {
        let account = Self::address(address)?;
        let native: U256 = self.ask("eth_getBalance", json!([account, "latest"])).await?;
        let amount = Amount::from(native);
        let mut balances = vec![Balance { denom: self.native.clone(), amount, route: None }];
        let vouchers = self.vouchers().await?;
        let tokens = self.tokens.iter().map(|token| (*token, None));
        let all = tokens.chain(vouchers.into_iter().map(|(token, path)| (token, Some(path))));
        for (token, route) in all {
            let amount = self.token_balance(token, account).await?;
            if !amount.is_zero() {
                balances.push(Balance { denom: token.to_checksum(None), amount, route });
            }
        }
        Ok(balances)
    }

    async fn send(
        &self,
        transfer: &LocalTransfer,
        key: &SigningKey,
    ) -> Result<Submitted, ClientError> {
        let payment = self.payment(transfer).await?;
        check_network(self, &self.network_id).await?;
        let sender = account_of(key);
        let latest: LatestBlock =
            self.ask("eth_getBlockByNumber", json!(["latest", false])).await?;
        let tip: U128 = self.ask("eth_maxPriorityFeePerGas", json!([])).await?;
        let nonce: U64 = self.ask("eth_getTransactionCount", json!([sender, "pending"])).await?;
        let base_fee = u128::try_from(latest.base_fee_per_gas).unwrap_or(u128::MAX);
        let tip: u128 = tip.to();
        let max_fee_per_gas = base_fee.saturating_mul(2).saturating_add(tip);
        let fee_of = |gas: u64| Amount::from(max_fee_per_gas.saturating_mul(gas.into()));
        self.check_funds(sender, transfer, fee_of(PLAIN_GAS)).await?;
        let call = json!({
            "from": sender,
            "to": payment.to,
            "value": payment.value,
            "input": payment.input,
        });
        let gas: Result<U64, _> =
            rpc::call(&self.transport, EXECUTION, "eth_estimateGas", json!([call])).await?;
        let gas = gas.map_err(|error| ClientError::refused(error.code, error.reason()))?;
        let gas_limit = gas.to();
        let fee = fee_of(gas_limit);
        check_fee(fee, self.max_fee)?;
        let transaction = Transaction {
            chain_id: self.chain_id.unwrap_or_default(),
            nonce: nonce.to(),
            max_priority_fee_per_gas: tip,
            max_fee_per_gas,
            gas_limit,
            to: Some(payment.to),
            value: payment.value,
            input: payment.input,
            access_list: Vec::new(),
        };
        let signed = transaction.sign(key);
        let signed = signed.map_err(|error| ClientError::Usage(error.to_string()))?;
        let raw = hex::encode_prefixed(signed.encode());
        let sent: Result<B256, _> =
            rpc::call(&self.transport, EXECUTION, "eth_sendRawTransaction", json!([raw])).await?;
        match sent {
            Ok(hash) => Ok(Submitted { transaction: hash.to_string(), fee }),
            Err(error) => Err(ClientError::refused(error.code, error.reason())),
        }
    }

    async fn inclusion(&self, transaction: &str) -> Result<Inclusion, ClientError> {
        let receipt: Option<Receipt> =
            self.ask("eth_getTransactionReceipt", json!([transaction])).await?;
        Ok(match receipt {
            None => Inclusion::Pending,
            Some(Receipt { status, block_number }) if status == U64::ONE => {
                Inclusion::Done { height: block_number.to() }
            }
            Some(Receipt { block_number, .. }) => Inclusion::Failed {
                height: block_number.to(),
                reason: "the call was undone".to_owned(),
            },
        })
    }
}
