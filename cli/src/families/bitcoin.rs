//! Chains of Bitcoin's format, over Bitcoin Core's JSON-RPC.

use std::sync::Arc;

use alloy_primitives::U256;
use async_trait::async_trait;
use causeway_client_bitcoin::{CommitmentMagic, Depths, Network, Outpoint};
use causeway_core::Amount;
use causeway_relayer_daemon::transport::HttpTransport;
use causeway_relayer_endpoints::{Api, Call, Endpoint, Transport, bitcoin};
use causeway_wire_bitcoin::rpc::{
    CallFailure, FeeEstimate, MethodCall, ReplyError, ScanResult, ScannedCoin, read_reply,
};
use causeway_wire_bitcoin::state::AccountState;
use causeway_wire_bitcoin::{
    Address, AddressNetwork, KeyHash, OwnedOutput, Spendable, Wallet, read_network,
};
use k256::ecdsa::{SigningKey, VerifyingKey};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{
    Balance, ChainClient, ClientError, Family, Inclusion, LocalTransfer, Status, Submitted,
    check_fee, check_network,
};
use crate::config::ChainConfig;

const RPC: Api = Api(0);

/// Blocks after which a coinbase can be spent; spending is possible in the next block.
const COINBASE_MATURITY: u64 = 100;

/// The fee of a thousand virtual bytes where the node has no estimate: ten times what nodes relay
/// at least.
const FALLBACK_FEE_PER_KVB: u64 = 10_000;

/// Blocks from the tip behind which a block counts as final.
const FINAL_DEPTH: u64 = 6;

/// The family.
pub(super) struct Bitcoin;

fn network(prefix: &str) -> Result<AddressNetwork, String> {
    let all = [AddressNetwork::Mainnet, AddressNetwork::Testnet, AddressNetwork::Regtest];
    let found = all.into_iter().find(|network| network.prefix() == prefix);
    found.ok_or_else(|| {
        let known = all.map(AddressNetwork::prefix).join(", ");
        format!("address prefix {prefix:?}; there are {known}")
    })
}

impl Family for Bitcoin {
    fn name(&self) -> &'static str {
        "bitcoin"
    }

    fn namespace(&self) -> &'static str {
        "bip122"
    }

    fn apis(&self) -> &'static [(&'static str, Api)] {
        &[("rpc", RPC)]
    }

    fn default_prefix(&self) -> Option<&'static str> {
        Some(AddressNetwork::Mainnet.prefix())
    }

    fn check_prefix(&self, prefix: &str) -> Result<(), String> {
        network(prefix).map(|_| ())
    }

    fn address(&self, prefix: &str, key: &VerifyingKey) -> Result<String, String> {
        Ok(Address::of_key(KeyHash::of(key), network(prefix)?).to_string())
    }

    fn check_address(&self, prefix: &str, text: &str) -> Result<String, String> {
        let address = Address::parse(text, network(prefix)?).map_err(|error| error.to_string())?;
        Ok(address.to_string())
    }

    fn check_parameters(&self, chain: &ChainConfig) -> Result<(), String> {
        let parameters = Parameters::of(chain)?;
        parameters.network(chain)?;
        parameters.magic().map(|_| ())
    }

    fn client(&self, chain: &ChainConfig, transport: HttpTransport) -> Box<dyn ChainClient> {
        Box::new(Client {
            transport,
            prefix: super::prefix(self, chain).to_owned(),
            network_id: chain.network_id.get_ref().clone(),
            denom: chain.native.denom.clone(),
            max_fee: chain.max_fee(),
        })
    }

    fn endpoint(
        &self,
        chain: &ChainConfig,
        transport: HttpTransport,
        key: Option<SigningKey>,
    ) -> Result<Arc<dyn Endpoint>, String> {
        let parameters = Parameters::of(chain)?;
        let max_fee: U256 = chain.max_fee().unwrap_or(Amount::MAX).into();
        let settings = bitcoin::Settings {
            network: parameters.network(chain)?,
            commitment_magic: parameters.magic()?,
            depths: Depths {
                confirmations: parameters.confirmations,
                fork_window: parameters.fork_window,
            },
            trusting_period: None,
            address_network: network(super::prefix(self, chain))?,
            max_fee: u64::try_from(max_fee).unwrap_or(u64::MAX),
        };
        let registry = Arc::new(causeway_client_registry::all());
        let transport = Arc::new(transport);
        Ok(Arc::new(bitcoin::BitcoinEndpoint::new(transport, registry, settings, key)))
    }
}

/// What a configuration says of the family alone.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    /// The rules of headers, where the network has no name.
    network: Option<toml::Table>,
    /// With so many blocks, its own included, a block counts as final.
    #[serde(default = "default_confirmations")]
    confirmations: u32,
    /// How far below the tip clients take branches.
    #[serde(default = "default_fork_window")]
    fork_window: u32,
    /// What marks the chain's state commitments: four characters.
    #[serde(default = "default_magic")]
    commitment_magic: String,
}

fn default_magic() -> String {
    "cwst".to_owned()
}

const fn default_confirmations() -> u32 {
    6
}

const fn default_fork_window() -> u32 {
    100
}

impl Parameters {
    fn of(chain: &ChainConfig) -> Result<Self, String> {
        let table = chain.parameters.as_ref().map(|table| table.get_ref().clone());
        table.unwrap_or_default().try_into().map_err(|error: toml::de::Error| error.to_string())
    }

    fn magic(&self) -> Result<CommitmentMagic, String> {
        let bytes = self.commitment_magic.as_bytes().try_into();
        let magic = bytes.map_err(|_| "commitment_magic: four characters are wanted".to_owned());
        magic.map(CommitmentMagic)
    }

    /// The network: what the parameters say, or the named one that the chain's id is of.
    fn network(&self, chain: &ChainConfig) -> Result<Network, String> {
        let id = chain.network_id.get_ref();
        let is_it = |network: &Network| {
            let genesis = network.rules().genesis.hash().to_string();
            id.strip_prefix("bip122:").is_some_and(|id| genesis.starts_with(id))
        };
        let found = match &self.network {
            Some(table) => {
                let json = serde_json::to_vec(table).map_err(|error| error.to_string())?;
                Some(read_network(&json).map_err(|error| error.to_string())?)
            }
            None => Network::NAMES.into_iter().filter_map(Network::by_name).find(is_it),
        };
        found.filter(is_it).ok_or_else(|| {
            format!("network: {id} is none of the known networks, and not the one given here")
        })
    }
}

struct Client {
    transport: HttpTransport,
    prefix: String,
    network_id: String,
    denom: String,
    max_fee: Option<Amount>,
}

#[derive(Deserialize)]
struct ChainInfo {
    blocks: u64,
    mediantime: u64,
}

#[derive(Deserialize)]
struct NetworkInfo {
    subversion: String,
}

/// How many blocks a transaction is in, one for the tip.
#[derive(Default, Deserialize)]
struct Confirmations {
    #[serde(default)]
    confirmations: u64,
}

impl Client {
    /// Calls a method; the inner error is the node's refusal.
    async fn call<T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: Vec<Value>,
    ) -> Result<Result<T, CallFailure>, ClientError> {
        let body = MethodCall::new(method, params).to_bytes();
        let reply = self.transport.send(Call::post(RPC, body)).await?;
        if reply.status == 401 {
            let reason = "it wants other credentials (cookie_file of the configuration)".into();
            return Err(ClientError::Node { method: method.into(), reason });
        }
        match read_reply(&reply.body) {
            Ok(result) => Ok(Ok(result)),
            Err(ReplyError::Refused(failure)) => Ok(Err(failure)),
            Err(error) => {
                Err(ClientError::nonsense(method, format!("status {}: {error}", reply.status)))
            }
        }
    }

    /// Calls a method that a healthy node does not refuse.
    async fn ask<T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: Vec<Value>,
    ) -> Result<T, ClientError> {
        let answer = self.call(method, params).await?;
        let node = |reason: String| ClientError::Node { method: method.into(), reason };
        answer.map_err(|failure| node(failure.to_string()))
    }

    async fn coins(&self, address: &str) -> Result<ScanResult, ClientError> {
        let descriptor = format!("addr({address})");
        self.ask("scantxoutset", vec![json!("start"), json!([descriptor])]).await
    }

    async fn fee_per_kvb(&self) -> Result<u64, ClientError> {
        let estimate: FeeEstimate = self.ask("estimatesmartfee", vec![json!(1)]).await?;
        Ok(estimate.fee_rate.map_or(FALLBACK_FEE_PER_KVB, |rate| rate.0))
    }

    fn script(&self, address: &str) -> Result<Vec<u8>, ClientError> {
        let network = network(&self.prefix).map_err(ClientError::Usage)?;
        let address = Address::parse(address, network);
        Ok(address.map_err(|error| ClientError::Usage(error.to_string()))?.script())
    }
}

fn value_of(scan: &ScanResult, outpoint: &Outpoint) -> Option<u64> {
    let is_it = |coin: &&ScannedCoin| coin.txid == outpoint.txid && coin.vout == outpoint.index;
    scan.unspents.iter().find(is_it).map(|coin| coin.amount.0)
}

/// Coins that can be spent in the next block.
fn is_spendable(coin: &ScannedCoin, tip: u64) -> bool {
    let depth = tip.saturating_sub(coin.height).saturating_add(1);
    !coin.coinbase || depth >= COINBASE_MATURITY
}

#[async_trait]
impl ChainClient for Client {
    async fn status(&self) -> Result<Status, ClientError> {
        let genesis: String = self.ask("getblockhash", vec![json!(0)]).await?;
        let info: ChainInfo = self.ask("getblockchaininfo", Vec::new()).await?;
        let network: NetworkInfo = self.ask("getnetworkinfo", Vec::new()).await?;
        let id =
            genesis.get(..32).ok_or_else(|| ClientError::nonsense("getblockhash", &genesis))?;
        Ok(Status {
            network_id: format!("bip122:{id}"),
            head: info.blocks,
            finalized: info.blocks.checked_sub(FINAL_DEPTH),
            time: info.mediantime,
            software: network.subversion.trim_matches('/').replace(':', " "),
        })
    }

    async fn balances(&self, address: &str) -> Result<Vec<Balance>, ClientError> {
        let coins = self.coins(address).await?;
        let amount = Amount::from(coins.total_amount.0);
        let mut balances = vec![Balance { denom: self.denom.clone(), amount, route: None }];
        // Nodes without contracts know neither the method nor vouchers.
        let state: Result<Value, _> = self.call("getaccount", vec![json!(address)]).await?;
        let Ok(state) = state else { return Ok(balances) };
        let state = AccountState::from_json(&state);
        let state = state.map_err(|error| ClientError::nonsense("getaccount", error))?;
        balances.extend(state.balances.into_iter().map(|balance| Balance {
            denom: balance.token,
            amount: balance.amount,
            route: balance.denom,
        }));
        Ok(balances)
    }

    async fn send(
        &self,
        transfer: &LocalTransfer,
        key: &SigningKey,
    ) -> Result<Submitted, ClientError> {
        let denom = &transfer.denom;
        if *denom != self.denom {
            let reason = format!("{denom:?} is no denomination here; there is {:?}", self.denom);
            return Err(ClientError::Usage(reason));
        }
        check_network(self, &self.network_id).await?;
        let network = network(&self.prefix).map_err(ClientError::Usage)?;
        let own = Address::of_key(KeyHash::of(key.verifying_key()), network).to_string();
        let scan = self.coins(&own).await?;
        let tip = scan.height;
        let spendable = scan.unspents.iter().filter(|coin| is_spendable(coin, tip));
        let coins = spendable.map(|coin| Spendable {
            outpoint: Outpoint { txid: coin.txid, index: coin.vout },
            value: coin.amount.0,
        });
        let mut wallet = Wallet::new(key.clone(), coins).with_fee(self.fee_per_kvb().await?);
        let before = wallet.balance();
        let short = |reason: String| ClientError::refused("insufficient_funds", reason);
        let amount: U256 = transfer.amount.into();
        let value = u64::try_from(amount)
            .map_err(|_| short(format!("{own} has {before}, not {}", transfer.amount)))?;
        let output = OwnedOutput { value, script: self.script(&transfer.to)? };
        let transaction = wallet
            .pay(vec![output])
            .map_err(|error| short(format!("{own} can spend {before}: {error}")))?;
        let paid = transaction.outputs.iter().map(|output| output.value);
        let taken = transaction.inputs.iter().filter_map(|input| value_of(&scan, &input.outpoint));
        let fee =
            taken.fold(0, u64::saturating_add).saturating_sub(paid.fold(0, u64::saturating_add));
        let fee = Amount::from(fee);
        check_fee(fee, self.max_fee)?;
        let hex = hex::encode(transaction.to_bytes());
        let sent: Result<String, _> = self.call("sendrawtransaction", vec![json!(hex)]).await?;
        match sent {
            Ok(transaction) => Ok(Submitted { transaction, fee }),
            Err(failure) => Err(ClientError::refused(failure.code, failure.message)),
        }
    }

    /// Looks for the first output, then, as it may be spent already, for the transaction; nodes
    /// without an index find that only while it waits.
    async fn inclusion(&self, transaction: &str) -> Result<Inclusion, ClientError> {
        let output = vec![json!(transaction), json!(0), json!(true)];
        let coin: Option<Confirmations> = self.ask("gettxout", output).await?;
        let found = if let Some(coin) = coin {
            coin
        } else {
            let params = vec![json!(transaction), json!(1)];
            let found: Result<Confirmations, _> = self.call("getrawtransaction", params).await?;
            found.unwrap_or_default()
        };
        let Some(above) = found.confirmations.checked_sub(1) else {
            return Ok(Inclusion::Pending);
        };
        let tip: u64 = self.ask("getblockcount", Vec::new()).await?;
        Ok(Inclusion::Done { height: tip.saturating_sub(above) })
    }
}
