//! The bundled chains, and how to reach them.

use std::collections::BTreeMap;
use std::sync::Arc;

use causeway_chain::{Chain, developer_key};
use causeway_chain_bitcoin::{BitcoinChain, COMMITMENT_MAGIC};
use causeway_chain_cometbft::CometbftChain;
use causeway_chain_ethereum::EthereumChain;
use causeway_client_bitcoin::Depths;
use causeway_client_cometbft::ChainId;
use causeway_core::{Amount, Encoding};
use causeway_relayer_endpoints::{Endpoint, bitcoin, cometbft, ethereum};
use causeway_wire_bitcoin::AddressNetwork;
use causeway_wire_ethereum::contracts;

use super::net::{Shared, Way};

/// How the relayer reaches a chain with some account's key.
type Connect = Box<dyn Fn(&Shared, usize, &str) -> Arc<dyn Endpoint>>;

/// A chain in the simulation.
pub(crate) struct Member {
    pub(crate) connect: Connect,
    /// What alice sends from there.
    pub(crate) denom: String,
    /// In which encoding.
    pub(crate) encoding: Encoding,
}

/// A family, by the alias of its bundled chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Pow,
    Pos,
    Pbft,
}

/// Opens a chain in the net.
pub(crate) fn join(net: &Shared, family: Family, seed: u64) -> Member {
    let now = net.lock().unwrap().now;
    let (chain, member) = match family {
        Family::Pow => pow(seed, now),
        Family::Pos => pos(seed, now),
        Family::Pbft => pbft(seed, now),
    };
    net.lock().unwrap().chains.push(chain);
    member
}

type View = BTreeMap<Vec<u8>, Vec<u8>>;

fn pow(seed: u64, now: causeway_core::Timestamp) -> (Box<dyn Chain>, Member) {
    let config = causeway_chain_bitcoin::Config::new(seed, now);
    let clients = causeway_client_registry::all();
    let chain = BitcoinChain::open(config, clients, Vec::new(), &View::new(), now).unwrap();
    let settings = bitcoin::Settings {
        network: *chain.miners().rules().network(),
        commitment_magic: COMMITMENT_MAGIC,
        depths: Depths { confirmations: 4, fork_window: 100 },
        trusting_period: None,
        address_network: AddressNetwork::Regtest,
        max_fee: 10_000_000,
    };
    let connect: Connect = Box::new(move |net, chain, name| {
        let way = Arc::new(Way { net: net.clone(), chain });
        let registry = Arc::new(causeway_client_registry::all());
        let key = developer_key("pow", name, seed);
        Arc::new(bitcoin::BitcoinEndpoint::new(way, registry, settings.clone(), Some(key)))
    });
    let denom = causeway_wire_bitcoin::NATIVE_DENOM.into();
    (Box::new(chain), Member { connect, denom, encoding: Encoding::Protobuf })
}

fn pos(seed: u64, now: causeway_core::Timestamp) -> (Box<dyn Chain>, Member) {
    let config = causeway_chain_ethereum::beacon::chain::Config { seed, ..Default::default() };
    let chain_id = config.chain_id;
    let clients = causeway_client_registry::all();
    let chain = EthereumChain::open(config, clients, &View::new(), now).unwrap();
    let settings = ethereum::Settings {
        chain_id,
        router: contracts::ROUTER,
        commitment_slot: contracts::COMMITMENT_SLOT,
        transfer: contracts::TRANSFER,
        tokens: vec![contracts::TOKEN_A],
        max_fee: Amount::from(1_000_000_000_000_000_000_u64),
    };
    let connect: Connect = Box::new(move |net, chain, name| {
        let way = Arc::new(Way { net: net.clone(), chain });
        let registry = Arc::new(causeway_client_registry::all());
        let key = developer_key("pos", name, seed);
        Arc::new(ethereum::EthereumEndpoint::new(way, registry, settings.clone(), Some(key)))
    });
    let denom = format!("{:#x}", contracts::TOKEN_A);
    (Box::new(chain), Member { connect, denom, encoding: Encoding::Abi })
}

fn pbft(seed: u64, now: causeway_core::Timestamp) -> (Box<dyn Chain>, Member) {
    let config = causeway_chain_cometbft::Config::new(seed).unwrap();
    let clients = causeway_client_registry::all();
    let chain = CometbftChain::open(config, clients, &View::new(), now).unwrap();
    let settings = cometbft::Settings {
        chain_id: ChainId::new(causeway_chain_cometbft::CHAIN_ID).unwrap(),
        address_prefix: causeway_chain_cometbft::app::ADDRESS_PREFIX.into(),
        fee_denom: causeway_chain_cometbft::app::NATIVE_DENOM.into(),
        gas_price: 1_000_000,
        max_fee: Amount::from(1_000_000_000_u64),
    };
    let connect: Connect = Box::new(move |net, chain, name| {
        let way = Arc::new(Way { net: net.clone(), chain });
        let registry = Arc::new(causeway_client_registry::all());
        let key = developer_key("pbft", name, seed);
        let key = causeway_wire_cometbft::tx::SigningKey::from(key);
        Arc::new(cometbft::CometbftEndpoint::new(way, registry, settings.clone(), Some(key)))
    });
    let denom = causeway_chain_cometbft::app::NATIVE_DENOM.into();
    (Box::new(chain), Member { connect, denom, encoding: Encoding::Protobuf })
}
