//! The bundled PBFT chain.

use causeway_chain::{Chain, Listener};
use causeway_chain_cometbft::app::{ADDRESS_PREFIX, ALIAS, NATIVE_DENOM, counter_address};
use causeway_chain_cometbft::{CometbftChain, Config};
use causeway_node::OpenChain;

use super::{BundledApi, BundledChain};
use crate::config::Denomination;

pub(super) struct Pbft;

impl BundledChain for Pbft {
    fn alias(&self) -> &'static str {
        ALIAS
    }

    fn family(&self) -> &'static str {
        "cometbft"
    }

    fn apis(&self) -> &'static [BundledApi] {
        &[BundledApi { name: "rpc", listener: Listener(0), port_offset: 4 }]
    }

    fn open(&self, seed: u64, _credentials: Vec<String>) -> OpenChain {
        Box::new(move |view, now| {
            let clients = causeway_client_registry::all();
            let chain: Box<dyn Chain> =
                Box::new(CometbftChain::open(Config::new(seed)?, clients, view, now)?);
            Ok(chain)
        })
    }

    fn address_prefix(&self) -> Option<&'static str> {
        Some(ADDRESS_PREFIX)
    }

    fn native(&self) -> Denomination {
        Denomination { denom: NATIVE_DENOM.into(), decimals: 6, symbol: "CWAY".into() }
    }

    fn max_fee(&self) -> &'static str {
        "1000000"
    }

    fn contracts(&self) -> Vec<(&'static str, String)> {
        let counter = counter_address().to_bech32(ADDRESS_PREFIX);
        counter.map(|address| ("counter", address)).into_iter().collect()
    }

    fn clock_drift(&self) -> &'static str {
        "15s"
    }

    /// The least price that the chain takes.
    fn gas_price(&self) -> Option<&'static str> {
        Some("0.001")
    }
}
