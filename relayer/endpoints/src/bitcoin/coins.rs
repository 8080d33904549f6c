//! The coins of the account that pays.

use causeway_client_bitcoin::Outpoint;
use causeway_wire_bitcoin::rpc::{CoinInfo, FeeEstimate, ScanResult, ScannedCoin};
use causeway_wire_bitcoin::{Address, KeyHash, MIN_RELAY_FEE_PER_KVB, Spendable, Wallet};
use k256::ecdsa::SigningKey;
use serde_json::json;

use super::{BitcoinEndpoint, nonsense};
use crate::EndpointError;

/// Blocks until a coinbase can be spent (`COINBASE_MATURITY`); the next block counts.
const COINBASE_MATURITY: u64 = 100;

/// The most coins that are looked at.
const MAX_COINS: usize = 1000;

/// Coins that may be spent in the block after the tip.
fn is_mature(coin: &ScannedCoin, tip: u64) -> bool {
    let depth = tip.saturating_sub(coin.height).saturating_add(1);
    !coin.coinbase || depth >= COINBASE_MATURITY
}

impl BitcoinEndpoint {
    /// The account with the coins that no transaction spends, waiting ones included.
    pub(super) async fn read_wallet(&self, key: &SigningKey) -> Result<Wallet, EndpointError> {
        let own = Address::of_key(KeyHash::of(key.verifying_key()), self.settings.address_network);
        let scan = self.scan(&own.to_string()).await?;
        let tip = scan.height;
        let coins = scan.unspents.into_iter().filter(|coin| is_mature(coin, tip));
        let coins: Vec<_> = coins.take(MAX_COINS).collect();
        let params = coins
            .iter()
            .map(|coin| vec![json!(coin.txid.to_string()), json!(coin.vout), json!(true)]);
        let unspent: Vec<Option<CoinInfo>> = self.rpc.calls("gettxout", params.collect()).await?;
        let free = coins.into_iter().zip(unspent).filter(|(_, unspent)| unspent.is_some());
        let free = free.map(|(coin, _)| Spendable {
            outpoint: Outpoint { txid: coin.txid, index: coin.vout },
            value: coin.amount.0,
        });
        Ok(Wallet::new(key.clone(), free).with_fee(self.fee_rate().await?))
    }

    /// The unspent outputs of an address, by the newest block.
    pub(super) async fn scan(&self, address: &str) -> Result<ScanResult, EndpointError> {
        let descriptor = format!("addr({address})");
        let scan: ScanResult =
            self.rpc.call("scantxoutset", vec![json!("start"), json!([descriptor])]).await?;
        if scan.success {
            return Ok(scan);
        }
        Err(nonsense("scantxoutset", &"the scan did not come to its end"))
    }

    /// What a thousand virtual bytes cost, to be in one of the next blocks.
    async fn fee_rate(&self) -> Result<u64, EndpointError> {
        let estimate: FeeEstimate = self.rpc.call("estimatesmartfee", vec![json!(1)]).await?;
        let rate = estimate.fee_rate.map_or(MIN_RELAY_FEE_PER_KVB, |rate| rate.0);
        Ok(rate.max(MIN_RELAY_FEE_PER_KVB))
    }
}
