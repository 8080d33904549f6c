//! Chains of the CometBFT family with ibc-go's message core, over the RPC of one of their nodes.
//!
//! Heights are those of headers. The header of height `h` has the root of the state after block
//! `h - 1`, so that what happened in that block is reported at `h`, where it can be proven; and the
//! newest header proves all that happened before its own block.

mod blocks;
mod ledger;
mod observer;
mod prover;
mod reader;
mod rpc;
mod submitter;
mod witness;

use core::fmt;
use std::sync::{Arc, Mutex};

use causeway_client_cometbft::ChainId;
use causeway_core::{Amount, ClientId, Height};
use causeway_light_client::ClientRegistry;
use causeway_wire_cometbft::tx::SigningKey;

use crate::error::nonsense;
use crate::{Api, EndpointError, Transport};
use rpc::Rpc;
use submitter::Account;
use witness::Witness;

/// The one API of the family.
pub const RPC: Api = Api(0);

/// Where the bundled chain shows what a node saw that was led astray. Nodes elsewhere have nothing
/// there, and are asked in vain.
const WITNESS_PATH: &str = "/witness";

/// The store of the message core, which packet paths are keys of.
const IBC_STORE: &str = "ibc";

/// What the operator decides of a chain of this family.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The chain.
    pub chain_id: ChainId,
    /// What its addresses begin with.
    pub address_prefix: String,
    /// The denomination that fees are paid in.
    pub fee_denom: String,
    /// The price of 10^9 gas, in the smallest unit of that denomination.
    pub gas_price: u64,
    /// The most that one transaction may cost.
    pub max_fee: Amount,
}

/// A chain of this family.
pub struct CometbftEndpoint {
    rpc: Rpc,
    registry: Arc<ClientRegistry>,
    settings: Settings,
    key: Option<SigningKey>,
    account: Mutex<Account>,
    witnesses: Vec<Witness>,
}

impl CometbftEndpoint {
    /// The chain that `transport` leads to. `registry` tells what the clients on it are; `key`
    /// signs and pays, and without one nothing can be submitted.
    pub fn new(
        transport: Arc<dyn Transport>,
        registry: Arc<ClientRegistry>,
        settings: Settings,
        key: Option<SigningKey>,
    ) -> Self {
        let rpc = Rpc::new(transport, RPC, "/".to_owned());
        let witness = Witness::new(rpc.beside(RPC, WITNESS_PATH.to_owned()));
        let (account, witnesses) = (Mutex::default(), vec![witness]);
        Self { rpc, registry, settings, key, account, witnesses }
    }

    /// Compares the chain's headers with those of other nodes too, each the only address of an API
    /// of its own: a node that follows a fork gives evidence of it.
    #[must_use]
    pub fn with_witnesses(mut self, witnesses: impl IntoIterator<Item = Api>) -> Self {
        let node = |api| Witness::new(self.rpc.beside(api, "/".to_owned()));
        let nodes: Vec<_> = witnesses.into_iter().map(node).collect();
        self.witnesses.extend(nodes);
        self
    }

    fn height(&self, height: u64) -> Height {
        Height::new(self.settings.chain_id.revision(), height)
    }
}

/// Without the key.
impl fmt::Debug for CometbftEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CometbftEndpoint").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// The block whose effects the header of `height` proves.
const fn block_before(height: u64) -> u64 {
    height.saturating_sub(1)
}

/// The header that proves the effects of block `height`.
const fn header_after(height: u64) -> u64 {
    height.saturating_add(1)
}

fn unsigned(what: &'static str, number: i64) -> Result<u64, EndpointError> {
    u64::try_from(number).map_err(|_| nonsense(what, &format!("{number} is negative")))
}

fn client_id(text: String) -> Result<ClientId, EndpointError> {
    ClientId::new(text).map_err(|error| nonsense("client id", &error))
}
