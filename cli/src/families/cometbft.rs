//! Chains of CometBFT with Cosmos SDK transactions, over CometBFT's RPC.

use std::sync::Arc;

use alloy_primitives::U256;
use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use causeway_client_cometbft::ChainId;
use causeway_core::Amount;
use causeway_relayer_daemon::transport::HttpTransport;
use causeway_relayer_endpoints::{Api, Endpoint, cometbft};
use causeway_wire_cometbft::msg::{Msg, Send};
use causeway_wire_cometbft::query::{
    BASE_ACCOUNT, BaseAccount, PageRequest, QueryAccount, QueryAccountResponse, QueryAllBalances,
    QueryAllBalancesResponse, QueryBalance, QueryBalanceResponse, QueryDenom, QueryDenomResponse,
    QuerySupplyOf, Simulate, SimulateResponse, path,
};
use causeway_wire_cometbft::tx::{
    self, AccountAddress, Body, Coin, Fee, PublicKey, SignMode, Signer, Transaction,
};
use k256::ecdsa::{SigningKey, VerifyingKey};
use prost::Message;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::rpc;
use super::{
    Balance, ChainClient, ClientError, Family, Inclusion, LocalTransfer, Status, Submitted,
    check_fee, check_network,
};
use crate::config::{ChainConfig, GasPrice};

const RPC: Api = Api(0);

/// Behind it, where there are several addresses, each of them alone.
const FIRST_WITNESS: u8 = 1;

/// The most pages of balances that are read.
const MAX_PAGES: usize = 100;

/// The family.
pub(super) struct Cometbft;

impl Family for Cometbft {
    fn name(&self) -> &'static str {
        "cometbft"
    }

    fn namespace(&self) -> &'static str {
        "cosmos"
    }

    fn apis(&self) -> &'static [(&'static str, Api)] {
        &[("rpc", RPC)]
    }

    fn first_witness(&self) -> Option<u8> {
        Some(FIRST_WITNESS)
    }

    fn default_prefix(&self) -> Option<&'static str> {
        Some("cosmos")
    }

    fn check_prefix(&self, prefix: &str) -> Result<(), String> {
        let probe = AccountAddress::new(vec![0; 20]).map_err(|error| error.to_string())?;
        let text = probe.to_bech32(prefix).ok_or_else(|| format!("{prefix:?} is no prefix"))?;
        AccountAddress::from_bech32(prefix, &text).map(|_| ()).map_err(|error| error.to_string())
    }

    fn address(&self, prefix: &str, key: &VerifyingKey) -> Result<String, String> {
        let address = PublicKey::from(*key).address();
        address.to_bech32(prefix).ok_or_else(|| format!("{prefix:?} is no prefix"))
    }

    fn check_address(&self, prefix: &str, text: &str) -> Result<String, String> {
        let address =
            AccountAddress::from_bech32(prefix, text).map_err(|error| error.to_string())?;
        address.to_bech32(prefix).ok_or_else(|| format!("{prefix:?} is no prefix"))
    }

    fn check_parameters(&self, _chain: &ChainConfig) -> Result<(), String> {
        Err("chains of this family need no parameters".to_owned())
    }

    fn client(&self, chain: &ChainConfig, transport: HttpTransport) -> Box<dyn ChainClient> {
        Box::new(Client {
            transport,
            prefix: super::prefix(self, chain).to_owned(),
            network_id: chain.network_id.get_ref().clone(),
            native: chain.native.denom.clone(),
            gas_price: chain.gas_price.as_ref().map(|price| price.get_ref().clone()),
            max_fee: chain.max_fee(),
        })
    }

    fn endpoint(
        &self,
        chain: &ChainConfig,
        transport: HttpTransport,
        key: Option<SigningKey>,
    ) -> Result<Arc<dyn Endpoint>, String> {
        let id = chain.network_id.get_ref();
        let id = id.split_once(':').map_or("", |(_, reference)| reference);
        let price = chain.gas_price.as_ref();
        let price = price.map_or(Amount::ZERO, |it| it.get_ref().of(GAS_UNIT));
        let settings = cometbft::Settings {
            chain_id: ChainId::new(id).map_err(|error| error.to_string())?,
            address_prefix: super::prefix(self, chain).to_owned(),
            fee_denom: chain.native.denom.clone(),
            gas_price: small(price)?,
            max_fee: chain.max_fee().unwrap_or(Amount::MAX),
        };
        let registry = Arc::new(causeway_client_registry::all());
        let key = key.map(tx::SigningKey::from);
        let transport = Arc::new(transport);
        let urls = chain.urls.values().map(Vec::len).sum::<usize>();
        let witnesses = (FIRST_WITNESS..).map(Api).take(if urls > 1 { urls } else { 0 });
        let endpoint = cometbft::CometbftEndpoint::new(transport, registry, settings, key);
        Ok(Arc::new(endpoint.with_witnesses(witnesses)))
    }
}

/// The endpoint's unit of gas prices.
const GAS_UNIT: u64 = 1_000_000_000;

fn small(price: Amount) -> Result<u64, String> {
    let price: U256 = price.into();
    u64::try_from(price).map_err(|_| format!("gas_price: {GAS_UNIT} gas would cost {price}"))
}

struct Client {
    transport: HttpTransport,
    prefix: String,
    network_id: String,
    native: String,
    gas_price: Option<GasPrice>,
    max_fee: Option<Amount>,
}

#[derive(Deserialize)]
struct NodeStatus {
    node_info: NodeInfo,
    sync_info: SyncInfo,
}

#[derive(Deserialize)]
struct NodeInfo {
    network: String,
    version: String,
}

#[derive(Deserialize)]
struct SyncInfo {
    latest_block_height: String,
    latest_block_time: String,
}

#[derive(Deserialize)]
struct QueryAnswer {
    response: QueryResponse,
}

#[derive(Deserialize)]
struct QueryResponse {
    #[serde(default)]
    code: u32,
    #[serde(default)]
    codespace: String,
    #[serde(default)]
    log: String,
    value: Option<String>,
}

#[derive(Deserialize)]
struct Broadcast {
    code: u32,
    #[serde(default)]
    codespace: String,
    log: String,
    hash: String,
}

#[derive(Deserialize)]
struct Found {
    height: String,
    tx_result: TxResult,
}

#[derive(Deserialize)]
struct TxResult {
    #[serde(default)]
    code: u32,
    #[serde(default)]
    log: String,
}

impl Client {
    async fn ask<T: DeserializeOwned>(
        &self,
        method: &str,
        params: Value,
    ) -> Result<T, ClientError> {
        rpc::ask(&self.transport, RPC, method, params).await
    }

    /// Asks the application; the inner error is its refusal.
    async fn query<R: Message + Default>(
        &self,
        path: &str,
        question: &impl Message,
    ) -> Result<Result<R, ClientError>, ClientError> {
        let data = hex::encode(question.encode_to_vec());
        let params = json!({ "path": path, "data": data, "height": "0", "prove": false });
        let QueryAnswer { response } = self.ask("abci_query", params).await?;
        if response.code != 0 {
            let code = format!("{} {}", response.codespace, response.code);
            return Ok(Err(ClientError::refused(code, response.log)));
        }
        let nonsense = |reason: String| ClientError::nonsense(path, reason);
        let value = STANDARD.decode(response.value.unwrap_or_default());
        let value = value.map_err(|error| nonsense(error.to_string()))?;
        R::decode(value.as_slice()).map(Ok).map_err(|error| nonsense(error.to_string()))
    }

    async fn account(&self, address: &str) -> Result<BaseAccount, ClientError> {
        let question = QueryAccount { address: address.to_owned() };
        let answer: QueryAccountResponse = self.query(path::ACCOUNT, &question).await??;
        let account = answer.account.unwrap_or_default();
        let account = account.unpack("account", BASE_ACCOUNT);
        account.map_err(|error| ClientError::nonsense(path::ACCOUNT, error))
    }

    /// The way that a voucher came: the last step first, then the denomination at home.
    async fn route(&self, denom: &str) -> Result<Option<String>, ClientError> {
        let Some(hash) = denom.strip_prefix("ibc/") else { return Ok(None) };
        let question = QueryDenom { hash: hash.to_owned() };
        let answer: QueryDenomResponse = self.query(path::DENOM, &question).await??;
        let Some(denom) = answer.denom else { return Ok(None) };
        let hops = denom.trace.iter().map(|hop| format!("{}/{}/", hop.port_id, hop.channel_id));
        Ok(Some(hops.chain([denom.base.clone()]).collect()))
    }

    async fn amount_of(&self, address: &str, denom: &str) -> Result<Amount, ClientError> {
        let question = QueryBalance { address: address.to_owned(), denom: denom.to_owned() };
        let answer: QueryBalanceResponse = self.query(path::BALANCE, &question).await??;
        let amount = answer.balance.map_or(Ok(Amount::ZERO), |coin| coin.amount.parse());
        amount.map_err(|error| ClientError::nonsense(path::BALANCE, error))
    }

    /// Refuses denominations that there are none of.
    async fn check_denom(&self, denom: &str) -> Result<(), ClientError> {
        let question = QuerySupplyOf { denom: denom.to_owned() };
        let answer: Result<QueryBalanceResponse, _> =
            self.query(path::SUPPLY_OF, &question).await?;
        let supply = answer.ok().and_then(|answer| answer.balance);
        if supply.is_some_and(|coin| !coin.amount.is_empty() && coin.amount != "0") {
            return Ok(());
        }
        Err(ClientError::Usage(format!("there is no denomination {denom:?} here")))
    }

    /// The gas of a transaction, with some to spare.
    async fn gas(&self, transaction: &Transaction) -> Result<u64, ClientError> {
        let question = Simulate { tx_bytes: transaction.encode() };
        let answer: SimulateResponse = self.query(path::SIMULATE, &question).await??;
        let used = answer.gas_info.unwrap_or_default().gas_used;
        Ok(used.saturating_add(used.div_ceil(3)))
    }

    fn build(&self, parts: &Parts<'_>, gas_limit: u64, fee: Amount) -> Transaction {
        let send = Send {
            from: parts.sender.clone(),
            to: parts.transfer.to.clone(),
            amount: vec![Coin {
                denom: parts.transfer.denom.clone(),
                amount: parts.transfer.amount,
            }],
        };
        let body = Body {
            messages: vec![Msg::Send(send).to_any()],
            memo: parts.transfer.memo.clone(),
            timeout_height: 0,
        };
        let signer = Signer {
            public_key: Some(parts.key.public_key()),
            mode: SignMode::Direct,
            sequence: parts.account.sequence,
        };
        let fee = Fee {
            amount: vec![Coin { denom: self.native.clone(), amount: fee }],
            gas_limit,
            payer: String::new(),
            granter: String::new(),
        };
        let chain_id = self.network_id.split_once(':').map_or("", |(_, reference)| reference);
        let mut transaction = Transaction::new(body, vec![signer], fee);
        transaction.sign(&parts.key, chain_id, parts.account.account_number);
        transaction
    }
}

/// What a transaction is built from.
struct Parts<'t> {
    transfer: &'t LocalTransfer,
    sender: String,
    key: tx::SigningKey,
    account: BaseAccount,
}

/// The gas limit of a transaction that is only simulated.
const SIMULATED_GAS: u64 = 1_000_000;

#[async_trait]
impl ChainClient for Client {
    async fn status(&self) -> Result<Status, ClientError> {
        let status: NodeStatus = self.ask("status", json!({})).await?;
        let nonsense = |reason: String| ClientError::nonsense("status", reason);
        let head = status.sync_info.latest_block_height.parse();
        let head = head.map_err(|error| nonsense(format!("height: {error}")))?;
        let time = crate::input::parse_time(&status.sync_info.latest_block_time);
        Ok(Status {
            network_id: format!("cosmos:{}", status.node_info.network),
            head,
            finalized: Some(head),
            time: time.map_err(nonsense)?.secs(),
            software: format!("CometBFT {}", status.node_info.version),
        })
    }

    async fn balances(&self, address: &str) -> Result<Vec<Balance>, ClientError> {
        let denom = self.native.clone();
        let amount = self.amount_of(address, &denom).await?;
        let mut balances = vec![Balance { denom, amount, route: None }];
        let mut key = Vec::new();
        for _ in 0..MAX_PAGES {
            let pagination = Some(PageRequest { key, ..PageRequest::default() });
            let question = QueryAllBalances { address: address.to_owned(), pagination };
            let page: QueryAllBalancesResponse =
                self.query(path::ALL_BALANCES, &question).await??;
            for coin in page.balances.into_iter().filter(|coin| coin.denom != self.native) {
                let amount = coin.amount.parse();
                let amount =
                    amount.map_err(|error| ClientError::nonsense(path::ALL_BALANCES, error))?;
                let route = self.route(&coin.denom).await?;
                balances.push(Balance { denom: coin.denom, amount, route });
            }
            key = page.pagination.map(|page| page.next_key).unwrap_or_default();
            if key.is_empty() {
                break;
            }
        }
        Ok(balances)
    }

    async fn send(
        &self,
        transfer: &LocalTransfer,
        key: &SigningKey,
    ) -> Result<Submitted, ClientError> {
        check_network(self, &self.network_id).await?;
        self.check_denom(&transfer.denom).await?;
        let missing = || ClientError::Usage("set gas_price of the chain first".to_owned());
        let gas_price = self.gas_price.as_ref().ok_or_else(missing)?;
        let key = tx::SigningKey::from_bytes(&key.to_bytes().into())
            .map_err(|error| ClientError::Usage(error.to_string()))?;
        let sender = key.public_key().address().to_bech32(&self.prefix).unwrap_or_default();
        let account = self.account(&sender).await?;
        let has = self.amount_of(&sender, &transfer.denom).await?;
        if has < transfer.amount {
            let reason = format!("{sender} has {has}, not {}", transfer.amount);
            return Err(ClientError::refused("insufficient_funds", reason));
        }
        let parts = Parts { transfer, sender, key, account };
        let trial = self.build(&parts, SIMULATED_GAS, gas_price.of(SIMULATED_GAS));
        let gas = self.gas(&trial).await?;
        let fee = gas_price.of(gas);
        check_fee(fee, self.max_fee)?;
        let raw = STANDARD.encode(self.build(&parts, gas, fee).encode());
        let sent: Result<Broadcast, _> =
            rpc::call(&self.transport, RPC, "broadcast_tx_sync", json!({ "tx": raw })).await?;
        match sent {
            Ok(Broadcast { code: 0, hash, .. }) => Ok(Submitted { transaction: hash, fee }),
            Ok(Broadcast { code, codespace, log, .. }) => {
                Err(ClientError::refused(format!("{codespace} {code}"), log))
            }
            Err(error) => Err(ClientError::refused(error.code, error.reason())),
        }
    }

    async fn inclusion(&self, transaction: &str) -> Result<Inclusion, ClientError> {
        let hash = hex::decode(transaction);
        let hash = hash.map_err(|error| ClientError::Usage(error.to_string()))?;
        let params = json!({ "hash": STANDARD.encode(hash), "prove": false });
        let found: Result<Found, _> = rpc::call(&self.transport, RPC, "tx", params).await?;
        let Ok(Found { height, tx_result: TxResult { code, log } }) = found else {
            return Ok(Inclusion::Pending);
        };
        let height = height.parse().map_err(|error| ClientError::nonsense("tx", error))?;
        Ok(match code {
            0 => Inclusion::Done { height },
            code => Inclusion::Failed { height, reason: format!("code {code}: {log}") },
        })
    }
}
