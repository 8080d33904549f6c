//! The bundled chains, and how to reach them.

use std::collections::BTreeMap;
use std::sync::Arc;

use causeway_chain::{Chain, developer_key};
use causeway_chain_bitcoin::{BitcoinChain, COMMITMENT_MAGIC, Rules};
use causeway_chain_cometbft::CometbftChain;
use causeway_chain_ethereum::EthereumChain;
use causeway_client_bitcoin::Depths;
use causeway_client_cometbft::ChainId;
use causeway_core::{Amount, Encoding, Timestamp};
use causeway_relayer_endpoints::{Endpoint, Transport, bitcoin, cometbft, ethereum};
use causeway_wire_bitcoin::AddressNetwork;
use causeway_wire_ethereum::contracts;

/// When blocks of the proof-of-work chain are final.
pub(crate) const CONFIRMATIONS: u32 = 4;

/// From which all keys follow.
const SEED: u64 = 7;

/// 2026-11-24.
const START_SECS: u64 = 1_795_500_000;

/// When all chains start.
pub(crate) fn start() -> Timestamp {
    Timestamp::from_secs(START_SECS).unwrap()
}

/// A family, by the alias of its bundled chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Pow,
    Pos,
    Pbft,
}

type View = BTreeMap<Vec<u8>, Vec<u8>>;

impl Family {
    pub(crate) fn open(self, now: Timestamp) -> Box<dyn Chain> {
        let clients = causeway_client_registry::all();
        match self {
            Self::Pow => {
                let config = causeway_chain_bitcoin::Config::new(SEED, now);
                let view = View::new();
                Box::new(BitcoinChain::open(config, clients, Vec::new(), &view, now).unwrap())
            }
            Self::Pos => {
                let config = causeway_chain_ethereum::beacon::chain::Config {
                    seed: SEED,
                    ..Default::default()
                };
                Box::new(EthereumChain::open(config, clients, &View::new(), now).unwrap())
            }
            Self::Pbft => {
                let config = causeway_chain_cometbft::Config::new(SEED).unwrap();
                Box::new(CometbftChain::open(config, clients, &View::new(), now).unwrap())
            }
        }
    }

    /// What its users transfer.
    pub(crate) fn denom(self) -> String {
        match self {
            Self::Pow => causeway_wire_bitcoin::NATIVE_DENOM.into(),
            Self::Pos => format!("{:#x}", contracts::TOKEN_A),
            Self::Pbft => causeway_chain_cometbft::app::NATIVE_DENOM.into(),
        }
    }

    /// In which encoding.
    pub(crate) fn encoding(self) -> Encoding {
        if self == Self::Pos { Encoding::Abi } else { Encoding::Protobuf }
    }

    /// An endpoint with some account's key.
    pub(crate) fn endpoint(self, way: Arc<dyn Transport>, account: &str) -> Arc<dyn Endpoint> {
        let registry = Arc::new(causeway_client_registry::all());
        match self {
            Self::Pow => {
                let key = Some(developer_key("pow", account, SEED));
                let settings = pow_settings();
                Arc::new(bitcoin::BitcoinEndpoint::new(way, registry, settings, key))
            }
            Self::Pos => {
                let key = Some(developer_key("pos", account, SEED));
                let settings = ethereum::Settings {
                    chain_id: causeway_chain_ethereum::beacon::chain::Config::default().chain_id,
                    router: contracts::ROUTER,
                    commitment_slot: contracts::COMMITMENT_SLOT,
                    transfer: contracts::TRANSFER,
                    tokens: vec![contracts::TOKEN_A],
                    max_fee: Amount::from(1_000_000_000_000_000_000_u64),
                };
                Arc::new(ethereum::EthereumEndpoint::new(way, registry, settings, key))
            }
            Self::Pbft => {
                let key = Some(developer_key("pbft", account, SEED).into());
                let settings = cometbft::Settings {
                    chain_id: ChainId::new(causeway_chain_cometbft::CHAIN_ID).unwrap(),
                    address_prefix: causeway_chain_cometbft::app::ADDRESS_PREFIX.into(),
                    fee_denom: causeway_chain_cometbft::app::NATIVE_DENOM.into(),
                    gas_price: 1_000_000,
                    max_fee: Amount::from(1_000_000_000_u64),
                };
                Arc::new(cometbft::CometbftEndpoint::new(way, registry, settings, key))
            }
        }
    }
}

fn pow_settings() -> bitcoin::Settings {
    let config = causeway_chain_bitcoin::Config::new(SEED, start());
    bitcoin::Settings {
        network: *Rules::new(&config).unwrap().network(),
        commitment_magic: COMMITMENT_MAGIC,
        depths: Depths { confirmations: CONFIRMATIONS, fork_window: 100 },
        trusting_period: None,
        address_network: AddressNetwork::Regtest,
        max_fee: 10_000_000,
    }
}
