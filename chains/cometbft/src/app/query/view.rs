//! The state at one height, to be asked.

use causeway_client_cometbft::proto;
use causeway_contracts::{Account, Context, Router};
use causeway_core::ClientId;
use causeway_light_client::ClientRegistry;
use causeway_wire_cometbft::tx::{AccountAddress, TxRefusal};

use super::Failure;
use crate::app::ADDRESS_PREFIX;
use crate::app::gas::GasMeter;
use crate::app::shared::Shared;
use crate::app::state::Working;
use crate::app::tx::{Block, Host, Rejection};

/// The state at one height.
pub(crate) struct View<'a> {
    pub(crate) state: Working,
    pub(crate) block: Block,
    pub(crate) clients: &'a ClientRegistry,
    pub(crate) router: &'a Router,
    authority: &'a AccountAddress,
}

impl<'a> View<'a> {
    /// The state after the block of that height.
    pub(crate) fn at(app: &'a mut Shared, height: u64) -> Result<Self, Rejection> {
        let version = app.version(height)?;
        let block = app.block_at(version.height, version.time);
        let state = if height == 0 { app.pending.clone() } else { Working::new(version) };
        let Shared { clients, router, authority, .. } = app;
        Ok(Self { state, block, clients, router, authority })
    }

    /// The height of the answer, as IBC has it.
    pub(crate) const fn proof_height(&self) -> proto::Height {
        proto::Height {
            revision_number: self.block.height.revision(),
            revision_height: self.block.height.height(),
        }
    }

    /// Asks the contracts, on a copy of the state.
    pub(crate) fn ask<T>(&self, call: impl FnOnce(&mut Context<'_>) -> T) -> T {
        let mut state = self.state.clone();
        let mut meter = GasMeter::of_a_block();
        let mut host = Host {
            state: &mut state,
            meter: &mut meter,
            block: self.block,
            authority: self.authority,
            is_timeout: false,
            events: Vec::new(),
        };
        call(&mut Context::new(&mut host))
    }
}

/// Reads an address.
pub(crate) fn address(text: &str) -> Result<AccountAddress, Failure> {
    AccountAddress::from_bech32(ADDRESS_PREFIX, text)
        .map_err(|error| Failure::InvalidArgument(format!("invalid address: {error}")))
}

/// An account's address in text.
pub(crate) fn text(account: &Account) -> String {
    let address = AccountAddress::new(account.0.clone());
    address.ok().and_then(|address| address.to_bech32(ADDRESS_PREFIX)).unwrap_or_default()
}

/// Reads a client id.
pub(crate) fn client_id(text: &str) -> Result<ClientId, Failure> {
    ClientId::new(text).map_err(|error| Failure::InvalidArgument(error.to_string()))
}

impl Shared {
    /// The version of a height, where it is kept.
    pub(crate) fn version(&mut self, height: u64) -> Result<crate::app::state::Version, Rejection> {
        let latest = self.history.latest().height;
        let found = self.history.at(height).ok().flatten();
        found.ok_or_else(|| {
            let oldest = self.history.oldest();
            let detail = format!(
                "failed to load state at height {height}; version does not exist \
                 (oldest height: {oldest}, latest height: {latest})"
            );
            Rejection::sdk(TxRefusal::InvalidRequest, detail)
        })
    }
}
