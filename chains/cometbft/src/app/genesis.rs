//! The state that the first block starts from.

use causeway_core::Amount;
use prost::Message;

use super::config::AppConfig;
use super::state::{Changes, Store, Version, Working};
use super::{GENESIS_BALANCE, NATIVE_DENOM};

/// `ibc.core.client.v1.Params`: which clients may be created.
#[derive(Clone, PartialEq, Message)]
struct ClientParams {
    #[prost(string, repeated, tag = "1")]
    allowed_clients: Vec<String>,
}

/// Where they are. They are never removed, so that absence can always be proven in this store.
const CLIENT_PARAMS: &[u8] = b"clientParams";

/// Stands in the applications' store, so that it is not empty either.
const CONTRACTS: &[u8] = b"genesis";

/// What the first block finds: the accounts, in the order of their numbers, their coins, and what
/// keeps the other stores from being empty.
pub(crate) fn changes(config: &AppConfig, nothing: &Version) -> Changes {
    let mut state = Working::new(nothing.clone());
    let amount = Amount::from(GENESIS_BALANCE);
    for (_, address) in config.genesis_accounts() {
        state.ensure_account(&address);
        state.add(address.as_bytes(), NATIVE_DENOM, amount);
        state.change_supply(NATIVE_DENOM, amount, true);
    }
    let params = ClientParams { allowed_clients: vec!["*".into()] };
    state.put(Store::Ibc, CLIENT_PARAMS.to_vec(), params.encode_to_vec());
    state.put(Store::Contracts, CONTRACTS.to_vec(), config.chain_id.as_str().into());
    state.into_changes()
}
