//! What the application starts from, and the parameters of the chain.

use causeway_chain::{AUTHORITY, DEVELOPERS, developer_key};
use causeway_client_cometbft::ChainId;
use causeway_wire_cometbft::tx::{AccountAddress, PublicKey};

/// The name users know the chain by.
pub const ALIAS: &str = "pbft";

/// What every address begins with.
pub const ADDRESS_PREFIX: &str = "causeway";

/// The native coin; a million of it are one `cway`.
pub const NATIVE_DENOM: &str = "ucway";

/// What every developer, and the authority, has at genesis: a million `cway`.
pub const GENESIS_BALANCE: u64 = 1_000_000_000_000;

/// The most gas of a block, over the gas limits of its transactions.
pub const MAX_BLOCK_GAS: u64 = 400_000_000;

/// The versions of the state that can be proven, at least: 10,000 blocks, and no fewer than are
/// made in the trusting period of the network's own clients.
pub const PROOF_WINDOW: u64 = 10_000;

/// What an application is opened with. Genesis follows from it alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppConfig {
    /// The chain.
    pub chain_id: ChainId,
    /// What the developers' keys are derived from.
    pub seed: u64,
    /// The versions of the state that are kept for proofs, beside the newest.
    pub proof_window: u64,
}

impl AppConfig {
    /// The bundled chain of this id and seed.
    pub const fn new(chain_id: ChainId, seed: u64) -> Self {
        Self { chain_id, seed, proof_window: PROOF_WINDOW }
    }

    /// The accounts that exist at genesis, by name, in the order of their account numbers.
    pub fn genesis_accounts(&self) -> Vec<(&'static str, AccountAddress)> {
        let names = DEVELOPERS.into_iter().chain([AUTHORITY]);
        names.map(|name| (name, account(name, self.seed))).collect()
    }

    /// The account that may recover clients, change validators, limit rates and pause.
    pub fn authority(&self) -> AccountAddress {
        account(AUTHORITY, self.seed)
    }
}

fn account(name: &str, seed: u64) -> AccountAddress {
    PublicKey::from(*developer_key(ALIAS, name, seed).verifying_key()).address()
}
