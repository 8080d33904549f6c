//! The bundled proof-of-work chain.

use causeway_chain::{Chain, Listener};
use causeway_chain_bitcoin::{BitcoinChain, Config};
use causeway_core::Timestamp;
use causeway_node::OpenChain;
use causeway_wire_bitcoin::{Address, AddressNetwork, contract_account};

use super::{BundledApi, BundledChain};
use crate::config::Denomination;

pub(super) struct Pow;

const ALIAS: &str = "pow";

/// With so many blocks, its own included, a block of this chain counts as final.
const CONFIRMATIONS: i64 = 4;

impl BundledChain for Pow {
    fn alias(&self) -> &'static str {
        ALIAS
    }

    fn family(&self) -> &'static str {
        "bitcoin"
    }

    fn apis(&self) -> &'static [BundledApi] {
        &[BundledApi { name: "rpc", listener: Listener(0), port_offset: 1 }]
    }

    fn wants_login(&self) -> bool {
        true
    }

    fn open(&self, seed: u64, credentials: Vec<String>) -> OpenChain {
        Box::new(move |view, now| {
            let config = Config::new(seed, Timestamp::default());
            let chain: Box<dyn Chain> = Box::new(BitcoinChain::open(
                config,
                causeway_client_registry::all(),
                credentials,
                view,
                now,
            )?);
            Ok(chain)
        })
    }

    fn address_prefix(&self) -> Option<&'static str> {
        Some("bcrt")
    }

    fn native(&self) -> Denomination {
        Denomination { denom: "sat".into(), decimals: 8, symbol: "BTC".into() }
    }

    fn max_fee(&self) -> &'static str {
        "1000000"
    }

    /// The median of eleven blocks is five blocks behind, and blocks come by chance.
    fn clock_drift(&self) -> &'static str {
        "60s"
    }

    fn contracts(&self) -> Vec<(&'static str, String)> {
        // Accounts of contracts are shown as the witness programs that nothing may pay.
        let script = [&[0, 0x20], contract_account("counter").as_slice()].concat();
        let address = Address::of_script(&script, AddressNetwork::Regtest);
        address.map(|address| ("counter", address.to_string())).into_iter().collect()
    }

    /// A branch from below what clients take as final.
    fn misbehaviour(&self) -> (&'static str, Option<u32>) {
        ("reorg", Some(12))
    }

    fn parameters(&self, network: Option<&str>) -> Option<toml::Table> {
        let rules: toml::Table = serde_json::from_str(network?).ok()?;
        let mut table = toml::Table::new();
        table.insert("network".to_owned(), rules.into());
        table.insert("confirmations".to_owned(), CONFIRMATIONS.into());
        Some(table)
    }
}
