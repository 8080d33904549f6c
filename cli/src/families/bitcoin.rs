//! Chains of Bitcoin's format, over Bitcoin Core's JSON-RPC.

use alloy_primitives::U256;
use async_trait::async_trait;
use causeway_client_bitcoin::Outpoint;
use causeway_core::Amount;
use causeway_relayer_daemon::transport::HttpTransport;
use causeway_relayer_endpoints::{Api, Call, Transport};
use causeway_wire_bitcoin::rpc::{
    CallFailure, FeeEstimate, MethodCall, ReplyError, ScanResult, ScannedCoin, read_reply,
};
use causeway_wire_bitcoin::{
    Address, AddressNetwork, KeyHash, OwnedInput, OwnedOutput, OwnedTransaction, sign_input,
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

/// Outputs below this cost more to spend than they are worth, and are not relayed (Bitcoin Core's
/// dust limit of P2WPKH).
const DUST: u64 = 294;

/// Weight units of a transaction without inputs and outputs, with their counts and the marker.
const BASE_WEIGHT: u64 = 42;
/// Weight units of a signed P2WPKH input.
const INPUT_WEIGHT: u64 = 272;
/// Weight units of an output, of the longest witness program.
const OUTPUT_WEIGHT: u64 = 172;

/// The most inputs of one transfer: their weight is a tenth of a block's.
const MAX_INPUTS: usize = 1000;

/// An input that may be replaced by nothing: final, and no lock time.
const FINAL_SEQUENCE: u32 = 0xffff_fffe;

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

    fn client(&self, chain: &ChainConfig, transport: HttpTransport) -> Box<dyn ChainClient> {
        Box::new(Client {
            transport,
            prefix: super::prefix(self, chain).to_owned(),
            network_id: chain.network_id.get_ref().clone(),
            denom: chain.native.denom.clone(),
            max_fee: chain.max_fee(),
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

/// Coins that can be spent in the next block.
fn is_spendable(coin: &ScannedCoin, tip: u64) -> bool {
    let depth = tip.saturating_sub(coin.height).saturating_add(1);
    !coin.coinbase || depth >= COINBASE_MATURITY
}

fn fee(inputs: usize, outputs: u64, per_kvb: u64) -> u64 {
    let inputs = u64::try_from(inputs).unwrap_or(u64::MAX).saturating_mul(INPUT_WEIGHT);
    let weight =
        BASE_WEIGHT.saturating_add(inputs).saturating_add(outputs.saturating_mul(OUTPUT_WEIGHT));
    weight.div_ceil(4).saturating_mul(per_kvb).div_ceil(1000)
}

/// What a transfer spends, what it costs, and what comes back.
#[derive(Debug, PartialEq, Eq)]
struct Selection {
    coins: Vec<(Outpoint, u64)>,
    fee: u64,
    change: u64,
}

/// Takes the largest coins first until amount and fee are covered; `None` when they never are.
fn select(mut coins: Vec<(Outpoint, u64)>, amount: u64, per_kvb: u64) -> Option<Selection> {
    coins.sort_by_key(|(outpoint, value)| {
        (core::cmp::Reverse(*value), outpoint.txid, outpoint.index)
    });
    let mut taken = Vec::new();
    let mut sum = 0_u64;
    for coin in coins.into_iter().take(MAX_INPUTS) {
        sum = sum.saturating_add(coin.1);
        taken.push(coin);
        let with_change = fee(taken.len(), 2, per_kvb);
        let left = sum.checked_sub(amount).and_then(|left| left.checked_sub(with_change));
        if let Some(change) = left.filter(|change| *change >= DUST) {
            return Some(Selection { coins: taken, fee: with_change, change });
        }
        // Too little to give back goes to the miner.
        let without = fee(taken.len(), 1, per_kvb);
        if let Some(fee) = sum.checked_sub(amount).filter(|left| *left >= without) {
            return Some(Selection { coins: taken, fee, change: 0 });
        }
    }
    None
}

fn build(selection: &Selection, to: Vec<u8>, amount: u64, key: &SigningKey) -> OwnedTransaction {
    let own = KeyHash::of(key.verifying_key());
    let mut outputs = vec![OwnedOutput { value: amount, script: to }];
    if selection.change > 0 {
        outputs.push(OwnedOutput { value: selection.change, script: own.script() });
    }
    let inputs = selection.coins.iter().map(|(outpoint, _)| OwnedInput {
        outpoint: *outpoint,
        script: Vec::new(),
        sequence: FINAL_SEQUENCE,
        witness: Vec::new(),
    });
    let mut transaction =
        OwnedTransaction { version: 2, inputs: inputs.collect(), outputs, lock_time: 0 };
    for (index, (_, value)) in selection.coins.iter().enumerate() {
        sign_input(&mut transaction, index, *value, key);
    }
    transaction
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
        Ok(vec![Balance { denom: self.denom.clone(), amount, route: None }])
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
        let coins: Vec<_> = spendable
            .map(|coin| (Outpoint { txid: coin.txid, index: coin.vout }, coin.amount.0))
            .collect();
        let available: u64 = coins.iter().map(|(_, value)| *value).fold(0, u64::saturating_add);
        let short = || {
            let reason = format!("{own} can spend {available}, not {} and a fee", transfer.amount);
            ClientError::refused("insufficient_funds", reason)
        };
        let amount: U256 = transfer.amount.into();
        let amount = u64::try_from(amount).map_err(|_| short())?;
        let per_kvb = self.fee_per_kvb().await?;
        let selection = select(coins, amount, per_kvb).ok_or_else(short)?;
        let fee = Amount::from(selection.fee);
        check_fee(fee, self.max_fee)?;
        let transaction = build(&selection, self.script(&transfer.to)?, amount, key);
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

#[cfg(test)]
mod tests {
    use causeway_client_bitcoin::Txid;

    use super::*;

    fn coin(number: u8, value: u64) -> (Outpoint, u64) {
        (Outpoint { txid: Txid([number; 32]), index: 0 }, value)
    }

    #[test]
    fn what_goes_in_comes_out() {
        let coins = vec![coin(1, 1_000), coin(2, 50_000), coin(3, 20_000)];
        for amount in [1, 294, 40_000, 49_800, 60_000, 70_000] {
            let Selection { coins, fee, change } = select(coins.clone(), amount, 1000).unwrap();
            let spent: u64 = coins.iter().map(|(_, value)| value).sum();
            assert_eq!(spent, amount + fee + change);
            assert!(change == 0 || change >= DUST);
            assert!((100..1000).contains(&fee), "{amount}: {fee}");
        }
        assert_eq!(select(coins.clone(), 71_000, 1000), None);
        assert_eq!(select(coins, u64::MAX, 1000), None);
        assert_eq!(select(Vec::new(), 0, 1000), None);
    }

    #[test]
    fn the_fee_is_for_the_weight_it_has() {
        let key = causeway_chain::developer_key("pow", "alice", 1);
        for count in [1, 2, 7] {
            let coins = (0..count).map(|number| coin(number, 10_000)).collect();
            let amount = u64::from(count) * 10_000 - 3_000;
            let selection = select(coins, amount, 1000).unwrap();
            let to = KeyHash([1; 20]).script();
            let transaction = build(&selection, to, amount, &key);
            let [whole, stripped] = [transaction.to_bytes(), transaction.to_stripped_bytes()]
                .map(|bytes| u64::try_from(bytes.len()).unwrap());
            let vsize = (stripped * 3 + whole).div_ceil(4);
            assert!(selection.fee >= vsize && selection.fee < vsize + 60, "{selection:?} {vsize}");
        }
    }
}
