//! Where a chain is, and its clients.

use async_trait::async_trait;
use causeway_core::{Any, ClientId, Height, MerklePrefix};
use causeway_relayer_engine::Observation;

use crate::{EndpointError, HostedClient, Stream};

/// What a chain is, by its own account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its CAIP-2 name.
    pub network: String,
    /// The type of clients that follow it.
    pub client_type: String,
    /// What its store puts before every packet path: what a counterparty registers.
    pub prefix: MerklePrefix,
}

/// Where a chain is, and the clients that it hosts.
#[async_trait]
pub trait Observer: Send + Sync {
    /// What the chain is. Asked once at the start, and again when the endpoint was lost: an address
    /// may come to lead to another chain.
    async fn identity(&self) -> Result<Identity, EndpointError>;

    /// Where the chain is.
    async fn observe(&self) -> Result<Observation, EndpointError>;

    /// The name of the block that the newest chain has at a height; `None` above its head. Asked
    /// where heads can be undone, to see whether they were.
    async fn block_id(&self, height: u64) -> Result<Option<String>, EndpointError>;

    /// A stream with a message at least at each new block; `None` where the chain has none. What
    /// the messages say is not looked at: each is a reason to observe.
    async fn watch(&self) -> Result<Option<Box<dyn Stream>>, EndpointError>;

    /// A client on this chain, by the newest state.
    async fn client(&self, client: &ClientId) -> Result<HostedClient, EndpointError>;

    /// What a client on this chain trusts of its newest height below `height`, by the newest
    /// state; `None` where it trusts nothing so old.
    async fn trusted_below(
        &self,
        client: &ClientId,
        height: Height,
    ) -> Result<Option<(Height, Any)>, EndpointError>;

    /// The ids of the clients on this chain, oldest first, at most [`crate::MAX_CLIENTS`].
    async fn clients(&self) -> Result<Vec<ClientId>, EndpointError>;
}
