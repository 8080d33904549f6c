//! Clients (`ibc.core.client.v1` and `v2`).

use causeway_client_cometbft::proto::Height;
use causeway_core::Any;
use prost::Message;

use super::{PageRequest, PageResponse};

/// Asks about one client: its state, status, creator or counterparty, by the path.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryClient {
    /// The client.
    #[prost(string, tag = "1")]
    pub client_id: String,
}

/// A client's state. Proofs are asked of the store, not here.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryClientStateResponse {
    /// The state.
    #[prost(message, optional, tag = "1")]
    pub client_state: Option<Any>,
    /// Empty.
    #[prost(bytes = "vec", tag = "2")]
    pub proof: Vec<u8>,
    /// The height of the answer.
    #[prost(message, optional, tag = "3")]
    pub proof_height: Option<Height>,
}

/// Asks for all clients.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryClientStates {
    /// Which page.
    #[prost(message, optional, tag = "1")]
    pub pagination: Option<PageRequest>,
}

/// All clients.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryClientStatesResponse {
    /// In the order of their ids.
    #[prost(message, repeated, tag = "1")]
    pub client_states: Vec<IdentifiedClientState>,
    /// Which page it is.
    #[prost(message, optional, tag = "2")]
    pub pagination: Option<PageResponse>,
}

/// A client.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct IdentifiedClientState {
    /// Its id.
    #[prost(string, tag = "1")]
    pub client_id: String,
    /// Its state.
    #[prost(message, optional, tag = "2")]
    pub client_state: Option<Any>,
}

/// Asks what a client trusts of one height.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryConsensusState {
    /// The client.
    #[prost(string, tag = "1")]
    pub client_id: String,
    /// The height's revision.
    #[prost(uint64, tag = "2")]
    pub revision_number: u64,
    /// The height.
    #[prost(uint64, tag = "3")]
    pub revision_height: u64,
    /// The client's latest height instead.
    #[prost(bool, tag = "4")]
    pub latest_height: bool,
}

/// What a client trusts of one height.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryConsensusStateResponse {
    /// The state.
    #[prost(message, optional, tag = "1")]
    pub consensus_state: Option<Any>,
    /// Empty.
    #[prost(bytes = "vec", tag = "2")]
    pub proof: Vec<u8>,
    /// The height of the answer.
    #[prost(message, optional, tag = "3")]
    pub proof_height: Option<Height>,
}

/// Asks for what a client trusts, or for the heights alone, by the path.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryConsensusStates {
    /// The client.
    #[prost(string, tag = "1")]
    pub client_id: String,
    /// Which page.
    #[prost(message, optional, tag = "2")]
    pub pagination: Option<PageRequest>,
}

/// What a client trusts.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryConsensusStatesResponse {
    /// By height.
    #[prost(message, repeated, tag = "1")]
    pub consensus_states: Vec<ConsensusStateWithHeight>,
    /// Which page it is.
    #[prost(message, optional, tag = "2")]
    pub pagination: Option<PageResponse>,
}

/// What a client trusts of one height.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct ConsensusStateWithHeight {
    /// The height.
    #[prost(message, optional, tag = "1")]
    pub height: Option<Height>,
    /// The state.
    #[prost(message, optional, tag = "2")]
    pub consensus_state: Option<Any>,
}

/// The heights that a client knows.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryConsensusStateHeightsResponse {
    /// Lowest first.
    #[prost(message, repeated, tag = "1")]
    pub consensus_state_heights: Vec<Height>,
    /// Which page it is.
    #[prost(message, optional, tag = "2")]
    pub pagination: Option<PageResponse>,
}

/// Whether a client can be used.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryClientStatusResponse {
    /// `Active`, `Expired` or `Frozen`.
    #[prost(string, tag = "1")]
    pub status: String,
}

/// Who created a client.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryClientCreatorResponse {
    /// The account.
    #[prost(string, tag = "1")]
    pub creator: String,
}

/// A client's other end.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryCounterpartyResponse {
    /// The other end.
    #[prost(message, optional, tag = "1")]
    pub counterparty_info: Option<CounterpartyInfo>,
}

/// A client's other end.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct CounterpartyInfo {
    /// What stands before every key there.
    #[prost(bytes = "vec", repeated, tag = "1")]
    pub merkle_prefix: Vec<Vec<u8>>,
    /// The client there.
    #[prost(string, tag = "2")]
    pub client_id: String,
}
