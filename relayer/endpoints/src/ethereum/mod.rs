//! Chains of the Ethereum family with the router of solidity-ibc-eureka, over the Beacon API of one
//! node and the `eth_*` methods of another.
//!
//! Heights are slots. What an execution block did is reported at the slot of the beacon block that
//! carries it, whose state root proves it. Final is what the newest finality update says: nothing
//! newer can be brought to a client.

mod beacon;
mod execution;
mod ledger;
mod observer;
mod outcome;
mod prover;
mod reader;
mod submitter;

use core::fmt;
use std::sync::{Arc, Mutex};

use alloy_primitives::{Address, B256, U256};
use causeway_client_ethereum::chain::Slot;
use causeway_core::{Amount, Height};
use causeway_light_client::ClientRegistry;
use k256::ecdsa::SigningKey;

use crate::error::nonsense;
use crate::{Api, Transport};
use beacon::Beacon;
use execution::Execution;

/// The Beacon API.
pub const BEACON: Api = Api(0);
/// The `eth_*` methods.
pub const EXECUTION: Api = Api(1);

/// What the operator decides of a chain of this family.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The execution chain, as its transactions name it (EIP-155).
    pub chain_id: u64,
    /// The router's contract.
    pub router: Address,
    /// The base slot of its mapping of commitments.
    pub commitment_slot: B256,
    /// The contract of transfers.
    pub transfer: Address,
    /// The tokens that are looked at beside vouchers.
    pub tokens: Vec<Address>,
    /// The most that one transaction may cost, in wei.
    pub max_fee: Amount,
}

/// A chain of this family.
pub struct EthereumEndpoint {
    beacon: Beacon,
    execution: Execution,
    registry: Arc<ClientRegistry>,
    settings: Settings,
    key: Option<SigningKey>,
    /// The next transaction's nonce, once it is known.
    nonce: Mutex<Option<u64>>,
}

impl EthereumEndpoint {
    /// The chain that `transport` leads to. `registry` tells what the clients on it are; `key`
    /// signs and pays, and without one nothing can be submitted.
    pub fn new(
        transport: Arc<dyn Transport>,
        registry: Arc<ClientRegistry>,
        settings: Settings,
        key: Option<SigningKey>,
    ) -> Self {
        let beacon = Beacon::new(Arc::clone(&transport));
        let execution = Execution::new(transport);
        Self { beacon, execution, registry, settings, key, nonce: Mutex::new(None) }
    }
}

/// Without the key.
impl fmt::Debug for EthereumEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EthereumEndpoint").field("settings", &self.settings).finish_non_exhaustive()
    }
}

fn height(slot: Slot) -> Height {
    Height::new(0, slot.get())
}

fn amount(number: U256) -> Amount {
    Amount::from_be_bytes(number.to_be_bytes())
}
