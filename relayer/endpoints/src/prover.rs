//! What clients of a chain need: headers and proofs.

use core::time::Duration;

use async_trait::async_trait;
use causeway_core::{Any, Height, PacketPath, Timestamp};

use crate::{EndpointError, HostedClient, Observer};

/// What brings a client of this chain to a height.
#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    /// The messages, in order; none when the client is there already. Each stands alone: whoever
    /// submits them may spread them over several transactions.
    pub messages: Vec<Any>,
    /// A height that the client will have a consensus state of: what to prove at.
    pub height: Height,
}

/// What the creator of a client chooses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientParameters {
    /// How long a consensus state may be trusted; the family's usual share of its own bounds when
    /// `None`.
    pub trusting_period: Option<Duration>,
    /// How far ahead of the host's time a header may be.
    pub max_clock_drift: Duration,
}

/// Makes what clients of this chain need.
#[async_trait]
pub trait Prover: Send + Sync {
    /// The state from which a new client of this chain starts: client state, consensus state.
    async fn new_client(&self, parameters: &ClientParameters) -> Result<(Any, Any), EndpointError>;

    /// True when `client`, on whatever chain, follows this chain.
    async fn is_followed_by(&self, client: &HostedClient) -> Result<bool, EndpointError>;

    /// What brings `client` to `at_least` and to a consensus time of `not_before` or later. With
    /// `refresh`, to the newest final height even so.
    async fn update(
        &self,
        client: &HostedClient,
        at_least: Height,
        not_before: Timestamp,
        refresh: bool,
    ) -> Result<Update, EndpointError>;

    /// One proof for each of `paths` that it holds something, or nothing, in the state of `height`.
    async fn prove(
        &self,
        client: &HostedClient,
        height: Height,
        paths: &[PacketPath],
    ) -> Result<Vec<Vec<u8>>, EndpointError>;

    /// One proof that all `paths` hold something in the state of `height`.
    async fn prove_batch(
        &self,
        client: &HostedClient,
        height: Height,
        paths: &[PacketPath],
    ) -> Result<Vec<u8>, EndpointError>;

    /// Why nothing can lead `client` from what it trusts to where this chain is, now or later;
    /// `None` while something can. Only some families have such gaps.
    async fn stranded(&self, client: &HostedClient) -> Result<Option<String>, EndpointError> {
        let _ = client;
        Ok(None)
    }

    /// Compares what `client` on `host` has accepted of this chain with the chain itself, and the
    /// chain with what else is known of it. Where they contradict each other: evidence that, by
    /// what the client trusts, freezes it.
    async fn cross_check(
        &self,
        client: &HostedClient,
        host: &dyn Observer,
    ) -> Result<Option<Any>, EndpointError>;
}
