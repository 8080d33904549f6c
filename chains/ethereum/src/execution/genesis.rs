//! What the chain begins with.

use alloy_primitives::{Address, U256};
use causeway_chain::{AUTHORITY, DEVELOPERS, developer_key};
use causeway_contracts::apps::gmp::{Counter, Gmp};
use causeway_contracts::apps::transfer::Transfer;
use causeway_contracts::{Account as Name, Router};
use causeway_core::{DecodeError, PortId, gmp, transfer};
use causeway_light_client::ClientRegistry;
use causeway_wire_ethereum::contracts::{
    COUNTER, GMP, HELPER, ROUTER, STORE, TOKEN_A, TOKEN_B, TRANSFER, WRAPPED_ETHER, address_slot,
};
use causeway_wire_ethereum::transaction::account_of;

use super::code::Contract;
use super::native::token::{BALANCES, SUPPLY};
use super::state::{Account, Changes};

/// The name that keys are derived for.
const ALIAS: &str = "pos";

/// Wei of each developer and of the authority: a million coins.
const WEI: u128 = 1_000_000_000_000_000_000_000_000;

/// Whole tokens of each kind that each of [`HOLDERS`] has.
const TOKENS_EACH: u64 = 1_000_000;

/// Who has developers' tokens.
const HOLDERS: [&str; 2] = ["alice", "bob"];

/// The developers' tokens: address, name, symbol, decimals.
pub(super) const TOKENS: [(Address, &str, &str, u8); 2] =
    [(TOKEN_A, "Developer Token A", "DEVA", 18), (TOKEN_B, "Developer Token B", "DEVB", 6)];

/// The contracts that are there from the start, beside the tokens.
const CONTRACTS: [(Address, Contract); 7] = [
    (ROUTER, Contract::Router),
    (TRANSFER, Contract::Transfer),
    (GMP, Contract::Gmp),
    (HELPER, Contract::Helper),
    (STORE, Contract::Store),
    (COUNTER, Contract::Counter),
    (WRAPPED_ETHER, Contract::WrappedEther),
];

/// Parameters of the execution half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// EIP-155.
    pub chain_id: u64,
    /// Developers' keys come from it.
    pub seed: u64,
    /// Length of a slot: contracts count heights in slots.
    pub seconds_per_slot: u64,
}

/// The account of a developer, or of the authority.
pub fn developer(name: &str, seed: u64) -> Address {
    account_of(&developer_key(ALIAS, name, seed))
}

/// The applications of the chain.
pub(super) fn applications() -> Result<Router, DecodeError> {
    let contracts = Gmp::new().with(Name(COUNTER.to_vec()), Counter);
    let router = Router::new().with(PortId::new(transfer::PORT)?, Transfer);
    Ok(router.with(PortId::new(gmp::PORT)?, contracts))
}

/// What all blocks are executed with.
#[derive(Debug)]
pub(super) struct Rules {
    pub(super) config: Config,
    pub(super) clients: ClientRegistry,
    pub(super) router: Router,
    /// Who recovers clients, limits rates and pauses.
    pub(super) authority: Address,
    /// When the first slot began.
    pub(super) genesis_time: u64,
}

impl Rules {
    pub(super) fn new(config: Config, clients: ClientRegistry) -> Result<Self, DecodeError> {
        let authority = developer(AUTHORITY, config.seed);
        Ok(Self { config, clients, router: applications()?, authority, genesis_time: 0 })
    }

    /// Slots from genesis to this time.
    pub(super) fn slot_at(&self, timestamp: u64) -> u64 {
        let since = timestamp.saturating_sub(self.genesis_time);
        since.checked_div(self.config.seconds_per_slot).unwrap_or_default()
    }
}

/// A contract that was just created.
pub(super) fn contract_account(contract: Contract) -> Account {
    Account { nonce: 1, balance: U256::ZERO, code_hash: contract.code_hash() }
}

/// The first accounts and contracts.
pub(super) fn allocation(seed: u64) -> Changes {
    let mut changes = Changes::default();
    for name in DEVELOPERS.iter().chain([&AUTHORITY]) {
        let account = Account { balance: U256::from(WEI), ..Account::default() };
        changes.accounts.insert(developer(name, seed), account);
    }
    for (address, contract) in CONTRACTS {
        changes.accounts.insert(address, contract_account(contract));
    }
    for (address, _, _, decimals) in TOKENS {
        changes.accounts.insert(address, contract_account(Contract::Token));
        let unit = U256::from(10).pow(U256::from(decimals));
        let each = unit.saturating_mul(U256::from(TOKENS_EACH));
        let mut supply = U256::ZERO;
        for name in HOLDERS {
            let slot = address_slot(BALANCES, &developer(name, seed));
            changes.slots.insert((address, slot), each);
            supply = supply.saturating_add(each);
        }
        changes.slots.insert((address, SUPPLY), supply);
    }
    changes
}
