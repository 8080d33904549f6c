//! The bundled proof-of-stake chain.

use alloy_primitives::Address;
use causeway_chain::Chain;
use causeway_chain_ethereum::beacon::chain::Config;
use causeway_chain_ethereum::{BEACON_LISTENER, EXECUTION_LISTENER, EthereumChain};
use causeway_node::OpenChain;
use causeway_wire_ethereum::contracts;

use super::{BundledApi, BundledChain};
use crate::config::Denomination;

pub(super) struct Pos;

impl BundledChain for Pos {
    fn alias(&self) -> &'static str {
        "pos"
    }

    fn family(&self) -> &'static str {
        "ethereum"
    }

    fn apis(&self) -> &'static [BundledApi] {
        &[
            BundledApi { name: "beacon", listener: BEACON_LISTENER, port_offset: 2 },
            BundledApi { name: "rpc", listener: EXECUTION_LISTENER, port_offset: 3 },
        ]
    }

    fn open(&self, seed: u64, _credentials: Vec<String>) -> OpenChain {
        Box::new(move |view, now| {
            let config = Config { seed, ..Config::default() };
            let clients = causeway_client_registry::all();
            let chain: Box<dyn Chain> = Box::new(EthereumChain::open(config, clients, view, now)?);
            Ok(chain)
        })
    }

    fn native(&self) -> Denomination {
        Denomination { denom: "wei".into(), decimals: 18, symbol: "ETH".into() }
    }

    fn max_fee(&self) -> &'static str {
        "1000000000000000000"
    }

    /// A slot is twelve times shorter than a proposer may be late.
    fn clock_drift(&self) -> &'static str {
        "15s"
    }

    fn tokens(&self) -> Vec<Denomination> {
        let token = |address: Address, decimals, symbol: &str| Denomination {
            denom: address.to_checksum(None),
            decimals,
            symbol: symbol.to_owned(),
        };
        vec![
            token(contracts::WRAPPED_ETHER, 18, "WETH"),
            token(contracts::TOKEN_A, 18, "TKA"),
            token(contracts::TOKEN_B, 6, "TKB"),
        ]
    }

    fn contracts(&self) -> Vec<(&'static str, String)> {
        let all = [
            ("router", contracts::ROUTER),
            ("transfer", contracts::TRANSFER),
            ("gmp", contracts::GMP),
            ("helper", contracts::HELPER),
            ("counter", contracts::COUNTER),
        ];
        all.map(|(name, address)| (name, address.to_checksum(None))).to_vec()
    }
}
