//! Chains of Bitcoin's format with contracts as a soft fork, over Bitcoin Core's JSON-RPC and the
//! three methods beside it.
//!
//! Heights are those of blocks; a block's coinbase commits to the state after its own calls, so
//! that what happened in it is proven at its height. Final is what has enough confirmations.

mod coins;
mod ledger;
mod observer;
mod prover;
mod reader;
mod rpc;
mod submitter;

use core::fmt;
use core::time::Duration;
use std::sync::{Arc, Mutex};

use causeway_client_bitcoin::{CommitmentMagic, Depths, Network};
use causeway_core::Height;
use causeway_light_client::ClientRegistry;
use causeway_wire_bitcoin::{AddressNetwork, Wallet};
use k256::ecdsa::SigningKey;

use crate::error::nonsense;
use crate::{Api, Transport};
use rpc::Rpc;

/// The one API of the family.
pub const RPC: Api = Api(0);

/// What the operator decides of a chain of this family.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The chain's rules, which new clients are given.
    pub network: Network,
    /// What marks the chain's state commitments.
    pub commitment_magic: CommitmentMagic,
    /// When a block counts as final, and how far below the tip clients take branches.
    pub depths: Depths,
    /// How long new clients trust their newest state; `None`: for good.
    pub trusting_period: Option<Duration>,
    /// Whose addresses.
    pub address_network: AddressNetwork,
    /// The most that one transaction may cost, in the smallest unit.
    pub max_fee: u64,
}

/// A chain of this family.
pub struct BitcoinEndpoint {
    rpc: Rpc,
    registry: Arc<ClientRegistry>,
    settings: Settings,
    key: Option<SigningKey>,
    /// The coins that are free, once they are known.
    wallet: Mutex<Option<Wallet>>,
}

impl BitcoinEndpoint {
    /// The chain that `transport` leads to. `registry` tells what the clients on it are; `key`
    /// signs and pays, and without one nothing can be submitted.
    pub fn new(
        transport: Arc<dyn Transport>,
        registry: Arc<ClientRegistry>,
        settings: Settings,
        key: Option<SigningKey>,
    ) -> Self {
        let (rpc, wallet) = (Rpc::new(transport), Mutex::new(None));
        Self { rpc, registry, settings, key, wallet }
    }

    /// The newest block that is final while `tip` is the tip.
    fn final_at(&self, tip: u64) -> u64 {
        let above = u64::from(self.settings.depths.confirmations).saturating_sub(1);
        tip.saturating_sub(above)
    }
}

/// Without the key.
impl fmt::Debug for BitcoinEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BitcoinEndpoint").field("settings", &self.settings).finish_non_exhaustive()
    }
}

const fn height(block: u64) -> Height {
    Height::new(0, block)
}
