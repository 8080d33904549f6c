//! The bundled proof-of-work chain.

use causeway_chain::{Chain, DEVELOPERS, Listener, developer_key};
use causeway_chain_bitcoin::{BitcoinChain, Config};
use causeway_core::Timestamp;
use causeway_node::OpenChain;
use causeway_wire_bitcoin::KeyHash;

use super::{BundledApi, BundledChain};
use crate::config::Denomination;

pub(super) struct Pow;

const ALIAS: &str = "pow";

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
            let mut config = Config::new(seed, Timestamp::default());
            let account = |name| KeyHash::of(developer_key(ALIAS, name, seed).verifying_key());
            config.funded = DEVELOPERS.map(account).to_vec();
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
}
