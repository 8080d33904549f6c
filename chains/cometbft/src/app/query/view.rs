//! The state at one height, to be asked.

use causeway_client_cometbft::proto;
use causeway_contracts::{Context, Ibc};
use causeway_core::ClientId;
use causeway_light_client::ErasedClient;
use causeway_wire_cometbft::tx::{AccountAddress, TxRefusal};

use super::Failure;
use crate::app::ADDRESS_PREFIX;
use crate::app::gas::GasMeter;
use crate::app::shared::Shared;
use crate::app::state::Working;
use crate::app::tx::{Block, Chain, Host, Rejection};

/// The state at one height.
pub(crate) struct View<'a> {
    pub(crate) state: Working,
    pub(crate) block: Block,
    chain: Chain<'a>,
}

impl<'a> View<'a> {
    /// The state after the block of that height.
    pub(crate) fn at(app: &'a mut Shared, height: u64) -> Result<Self, Rejection> {
        let version = app.version(height)?;
        let block = app.fixed.block_at(version.height, version.time);
        let state = if height == 0 { app.pending.clone() } else { Working::new(version) };
        Ok(Self { state, block, chain: app.fixed.chain() })
    }

    /// The height of the answer, as IBC has it.
    pub(crate) const fn proof_height(&self) -> proto::Height {
        proto::Height {
            revision_number: self.block.height.revision(),
            revision_height: self.block.height.height(),
        }
    }

    /// The message core.
    pub(crate) fn ibc(&self) -> Ibc<'a> {
        Ibc::new(self.chain.clients, self.chain.router)
    }

    /// The light client of that type.
    pub(crate) fn light_client(&self, client_type: &str) -> Option<&'a dyn ErasedClient> {
        self.chain.clients.by_type(client_type)
    }

    /// Asks the contracts, on a copy of the state.
    pub(crate) fn ask<T>(&self, call: impl FnOnce(&mut Context<'_>) -> T) -> T {
        let mut state = self.state.clone();
        let mut meter = GasMeter::of_a_block();
        let mut host = Host {
            state: &mut state,
            meter: &mut meter,
            block: self.block,
            authority: self.chain.authority,
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
