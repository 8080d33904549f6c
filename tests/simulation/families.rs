//! The bundled chains, as cheap as each of them can be had, and how to reach them.

use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::Arc;

use causeway_chain::{Chain, developer_key};
use causeway_chain_bitcoin::{BitcoinChain, COMMITMENT_MAGIC};
use causeway_chain_cometbft::{CometbftChain, app};
use causeway_chain_ethereum::EthereumChain;
use causeway_client_bitcoin::{Depths, Network};
use causeway_client_cometbft::ChainId;
use causeway_core::{Amount, Encoding, Timestamp};
use causeway_relayer_endpoints::{Endpoint, Transport, bitcoin, cometbft, ethereum};
use causeway_wire_bitcoin::{Address, AddressNetwork, contract_account};
use causeway_wire_ethereum::contracts;

/// Confirmations after which the proof-of-work chain counts as final.
pub(crate) const CONFIRMATIONS: u32 = 4;

/// Three periods of the sync committee: a client that was cut off by one without an update must
/// have expired before it can be recovered.
const COMMITTEE_PERIODS: Duration = Duration::from_secs(192);

/// What a chain has written down.
pub(crate) type Written = BTreeMap<Vec<u8>, Vec<u8>>;

/// Opens a chain, which goes on where what it wrote ends.
pub(crate) type Open = Box<dyn Fn(&Written, Timestamp) -> Box<dyn Chain> + Send>;

/// How an account reaches a chain.
type Connect = Box<dyn Fn(Arc<dyn Transport>, &str) -> Arc<dyn Endpoint>>;

/// A chain in the simulation, as its users see it.
pub(crate) struct Member {
    pub(crate) connect: Connect,
    /// What alice sends from there.
    pub(crate) denom: String,
    /// In which encoding.
    pub(crate) encoding: Encoding,
    /// The contract that counts, as callers name it.
    pub(crate) counter: String,
    /// How long clients of the chain trust their newest state, where it is not the family's usual.
    pub(crate) trusting_period: Option<Duration>,
}

/// A kind of chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    /// Proof of work that is hashed for, with retargets.
    Pow,
    /// Proof of work by regtest's rules: two hashes a block.
    Regtest,
    Pos,
    Pbft,
}

impl Family {
    /// A new chain, how it is opened again, and what its users know of it.
    pub(crate) fn found(self, seed: u64, now: Timestamp) -> (Box<dyn Chain>, Open, Member) {
        let (open, member) = match self {
            Self::Pow | Self::Regtest => return self.found_pow(seed, now),
            Self::Pos => pos(seed),
            Self::Pbft => pbft(seed),
        };
        (open(&Written::new(), now), open, member)
    }

    fn found_pow(self, seed: u64, now: Timestamp) -> (Box<dyn Chain>, Open, Member) {
        let open = move |written: &Written, now| {
            let config = self.pow_config(seed, now);
            let clients = causeway_client_registry::all();
            BitcoinChain::open(config, clients, Vec::new(), written, now).unwrap()
        };
        let chain = open(&Written::new(), now);
        // The first block's time, and so the network, is the chain's choice.
        let member = pow(*chain.miners().rules().network(), seed);
        (Box::new(chain), Box::new(move |written, now| Box::new(open(written, now))), member)
    }

    fn pow_config(self, seed: u64, now: Timestamp) -> causeway_chain_bitcoin::Config {
        let own = causeway_chain_bitcoin::Config::new(seed, now);
        let regtest = causeway_chain_bitcoin::Config::regtest(seed, now);
        match self {
            Self::Regtest => {
                causeway_chain_bitcoin::Config { miners: 3, spacing_secs: 1, ..regtest }
            }
            _ => own,
        }
    }
}

fn pow(network: Network, seed: u64) -> Member {
    let settings = bitcoin::Settings {
        network,
        commitment_magic: COMMITMENT_MAGIC,
        depths: Depths { confirmations: CONFIRMATIONS, fork_window: 100 },
        trusting_period: None,
        address_network: AddressNetwork::Regtest,
        max_fee: 10_000_000,
    };
    let connect: Connect = Box::new(move |transport, name| {
        let registry = Arc::new(causeway_client_registry::all());
        let key = developer_key("pow", name, seed);
        let settings = settings.clone();
        Arc::new(bitcoin::BitcoinEndpoint::new(transport, registry, settings, Some(key)))
    });
    let script = [&[0, 32][..], &contract_account("counter")].concat();
    let counter = Address::of_script(&script, AddressNetwork::Regtest).unwrap().to_string();
    let denom = causeway_wire_bitcoin::NATIVE_DENOM.into();
    Member { connect, denom, encoding: Encoding::Protobuf, counter, trusting_period: None }
}

fn pos(seed: u64) -> (Open, Member) {
    let config = causeway_chain_ethereum::beacon::chain::Config { seed, ..Default::default() };
    let chain_id = config.chain_id;
    let open: Open = Box::new(move |written, now| {
        let clients = causeway_client_registry::all();
        Box::new(EthereumChain::open(config.clone(), clients, written, now).unwrap())
    });
    let settings = ethereum::Settings {
        chain_id,
        router: contracts::ROUTER,
        commitment_slot: contracts::COMMITMENT_SLOT,
        transfer: contracts::TRANSFER,
        tokens: vec![contracts::TOKEN_A],
        max_fee: Amount::from(1_000_000_000_000_000_000_u64),
    };
    let connect: Connect = Box::new(move |transport, name| {
        let registry = Arc::new(causeway_client_registry::all());
        let key = developer_key("pos", name, seed);
        let settings = settings.clone();
        Arc::new(ethereum::EthereumEndpoint::new(transport, registry, settings, Some(key)))
    });
    let denom = format!("{:#x}", contracts::TOKEN_A);
    let counter = contracts::COUNTER.to_string();
    let (encoding, trusting_period) = (Encoding::Abi, Some(COMMITTEE_PERIODS));
    (open, Member { connect, denom, encoding, counter, trusting_period })
}

fn pbft(seed: u64) -> (Open, Member) {
    let open: Open = Box::new(move |written, now| {
        let config = causeway_chain_cometbft::Config::new(seed).unwrap();
        let clients = causeway_client_registry::all();
        Box::new(CometbftChain::open(config, clients, written, now).unwrap())
    });
    let settings = cometbft::Settings {
        chain_id: ChainId::new(causeway_chain_cometbft::CHAIN_ID).unwrap(),
        address_prefix: app::ADDRESS_PREFIX.into(),
        fee_denom: app::NATIVE_DENOM.into(),
        gas_price: 1_000_000,
        max_fee: Amount::from(1_000_000_000_u64),
    };
    let connect: Connect = Box::new(move |transport, name| {
        let registry = Arc::new(causeway_client_registry::all());
        let key = developer_key("pbft", name, seed);
        let key = causeway_wire_cometbft::tx::SigningKey::from(key);
        let settings = settings.clone();
        Arc::new(cometbft::CometbftEndpoint::new(transport, registry, settings, Some(key)))
    });
    let counter = app::counter_address().to_bech32(app::ADDRESS_PREFIX).unwrap();
    let denom = app::NATIVE_DENOM.into();
    let encoding = Encoding::Protobuf;
    (open, Member { connect, denom, encoding, counter, trusting_period: None })
}
