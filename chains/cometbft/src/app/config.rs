//! What the application starts from, and the parameters of the chain.

use causeway_chain::{AUTHORITY, DEVELOPERS, developer_key};
use causeway_client_cometbft::ChainId;
use causeway_core::Amount;
use causeway_wire_cometbft::tx::{AccountAddress, PublicKey};
use sha2::{Digest, Sha256};

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

/// The gas limit of the transactions that the chain makes for its authority.
pub(crate) const AUTHORITY_GAS: u64 = 10_000_000;

/// The least fee.
pub const MIN_FEE_PER_GAS: GasPrice = GasPrice { numerator: 1, denominator: 1_000 };

/// A price of gas in the native coin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GasPrice {
    numerator: u64,
    denominator: u64,
}

impl GasPrice {
    /// What so much gas costs, rounded up.
    pub fn of(self, gas: u64) -> Amount {
        let (gas, numerator) = (u128::from(gas), u128::from(self.numerator));
        Amount::from(gas.saturating_mul(numerator).div_ceil(u128::from(self.denominator.max(1))))
    }
}

/// The account that fees go to, and stay in (`x/auth`).
pub(crate) fn fee_collector() -> AccountAddress {
    module_account("fee_collector")
}

/// The contract that counts, which other chains can call through `gmpport`.
pub fn counter_address() -> AccountAddress {
    module_account("causeway/counter")
}

/// The account of a part of the chain: the first 20 bytes of its name's SHA-256
/// (`x/auth` `NewModuleAddress`).
fn module_account(name: &str) -> AccountAddress {
    let hash: [u8; 32] = Sha256::digest(name).into();
    let bytes = hash.first_chunk().copied().unwrap_or_default();
    AccountAddress::of_20_bytes(bytes)
}

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
