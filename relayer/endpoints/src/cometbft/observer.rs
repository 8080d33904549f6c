//! Where the chain is, and its clients.

use async_trait::async_trait;
use causeway_client_cometbft::{Header, proto};
use causeway_core::{Any, ClientId, Counterparty, Height, MerklePrefix, Timestamp, caip};
use causeway_light_client::ClientTypes;
use causeway_relayer_engine::Observation;
use causeway_wire_cometbft::query::{
    PageRequest, QueryClient, QueryClientStateResponse, QueryClientStates,
    QueryClientStatesResponse, QueryConsensusState, QueryConsensusStateHeightsResponse,
    QueryConsensusStateResponse, QueryConsensusStates, QueryCounterpartyResponse, path,
};
use causeway_wire_cometbft::rpc::{Call as RpcCall, CommitAnswer, Status};
use prost::Message;
use serde_json::json;

use super::{CometbftEndpoint, IBC_STORE, RPC, client_id, nonsense};
use crate::{EndpointError, HostedClient, Identity, MAX_CLIENTS, Observer, Stream, Subscription};

/// The family's name in CAIP-2.
const NAMESPACE: &str = "cosmos";

/// The clients of one page.
const CLIENTS_PER_PAGE: u64 = 100;

/// The heights of one page, and the most pages of a client's heights that are looked through.
const HEIGHTS_PER_PAGE: u64 = 1000;
const MAX_HEIGHT_PAGES: usize = 100;

impl CometbftEndpoint {
    /// The newest header, and its time.
    pub(super) async fn head(&self) -> Result<(Header, Timestamp), EndpointError> {
        let answer: CommitAnswer = self.rpc.call("commit", json!({})).await?;
        let header = Header::try_from(proto::Header::from(answer.signed_header.header));
        let header = header.map_err(|error| nonsense("header", &error))?;
        let time = header.timestamp().ok_or_else(|| nonsense("header", &"time out of range"))?;
        Ok((header, time))
    }

    async fn counterparty(&self, id: &ClientId) -> Result<Option<Counterparty>, EndpointError> {
        let question = QueryClient { client_id: id.to_string() };
        let response = self.rpc.try_ask(path::COUNTERPARTY, &question).await?;
        if response.code.0 != 0 {
            return Ok(None);
        }
        let answer = QueryCounterpartyResponse::decode(response.value.0.as_slice())
            .map_err(|error| nonsense("counterparty", &error))?;
        let Some(info) = answer.counterparty_info else { return Ok(None) };
        let prefix = MerklePrefix::new(info.merkle_prefix)
            .map_err(|error| nonsense("counterparty", &error))?;
        Ok(Some(Counterparty { client_id: client_id(info.client_id)?, prefix }))
    }

    async fn client_states(&self, id: &ClientId) -> Result<(Any, Any), EndpointError> {
        let question = QueryClient { client_id: id.to_string() };
        let answer: QueryClientStateResponse = self.rpc.ask(path::CLIENT_STATE, &question).await?;
        let state = answer.client_state.ok_or_else(|| nonsense("client", &"no client state"))?;
        let latest = HostedClient::latest_height(&self.registry, &state)?;
        let consensus = self.consensus_state(id, latest).await?;
        Ok((state, consensus))
    }

    async fn consensus_state(&self, id: &ClientId, at: Height) -> Result<Any, EndpointError> {
        let question = QueryConsensusState {
            client_id: id.to_string(),
            revision_number: at.revision(),
            revision_height: at.height(),
            latest_height: false,
        };
        let answer: QueryConsensusStateResponse =
            self.rpc.ask(path::CONSENSUS_STATE, &question).await?;
        answer.consensus_state.ok_or_else(|| nonsense("client", &"no consensus state"))
    }
}

#[async_trait]
impl Observer for CometbftEndpoint {
    async fn identity(&self) -> Result<Identity, EndpointError> {
        let status: Status = self.rpc.call("status", json!({})).await?;
        let prefix = vec![IBC_STORE.as_bytes().to_vec(), Vec::new()];
        Ok(Identity {
            network: caip::ChainId::new(NAMESPACE, &status.node_info.network)
                .map_err(|error| nonsense("chain id", &error))?
                .to_string(),
            client_type: causeway_client_cometbft::CometbftClient::CLIENT_TYPE.to_owned(),
            prefix: MerklePrefix::new(prefix).map_err(|error| nonsense("prefix", &error))?,
        })
    }

    async fn observe(&self) -> Result<Observation, EndpointError> {
        let (header, time) = self.head().await?;
        let head = self.height(header.height);
        Ok(Observation { head, head_time: time, finalized: head, finalized_time: time })
    }

    async fn block_id(&self, height: u64) -> Result<Option<String>, EndpointError> {
        let params = json!({ "height": height.to_string() });
        match self.rpc.try_call::<CommitAnswer>("commit", params).await? {
            Ok(answer) => Ok(Some(hex::encode_upper(answer.signed_header.commit.block_id.hash.0))),
            Err(_) => Ok(None),
        }
    }

    async fn watch(&self) -> Result<Option<Box<dyn Stream>>, EndpointError> {
        let params = json!({ "query": "tm.event = 'NewBlockHeader'" });
        let call = RpcCall::new(0, "subscribe", params);
        let request = serde_json::to_string(&call).map_err(|error| nonsense("request", &error))?;
        let subscription = Subscription::WebSocket {
            api: RPC,
            path: "/websocket".to_owned(),
            requests: vec![request],
        };
        Ok(Some(self.rpc.transport().subscribe(&subscription).await?))
    }

    async fn client(&self, client: &ClientId) -> Result<HostedClient, EndpointError> {
        let (client_state, consensus_state) = self.client_states(client).await?;
        let counterparty = self.counterparty(client).await?;
        let (_, now) = self.head().await?;
        HostedClient::read(
            &self.registry,
            client.clone(),
            client_state,
            consensus_state,
            counterparty,
            now,
        )
    }

    async fn trusted_below(
        &self,
        client: &ClientId,
        height: Height,
    ) -> Result<Option<(Height, Any)>, EndpointError> {
        let (mut below, mut key) = (None, Vec::new());
        for _ in 0..MAX_HEIGHT_PAGES {
            let page = PageRequest { key, limit: HEIGHTS_PER_PAGE, ..PageRequest::default() };
            let (client_id, pagination) = (client.to_string(), Some(page));
            let question = QueryConsensusStates { client_id, pagination };
            let answer: QueryConsensusStateHeightsResponse =
                self.rpc.ask(path::CONSENSUS_STATE_HEIGHTS, &question).await?;
            let heights = answer.consensus_state_heights.into_iter().map(Height::from);
            let mut is_over = false;
            for found in heights {
                is_over |= found >= height;
                below = below.max(Some(found).filter(|found| *found < height));
            }
            key = answer.pagination.map(|page| page.next_key).unwrap_or_default();
            if is_over || key.is_empty() {
                break;
            }
        }
        let Some(below) = below else { return Ok(None) };
        Ok(Some((below, self.consensus_state(client, below).await?)))
    }

    async fn clients(&self) -> Result<Vec<ClientId>, EndpointError> {
        let (mut ids, mut key) = (Vec::new(), Vec::new());
        while ids.len() < MAX_CLIENTS {
            let page = PageRequest { key, limit: CLIENTS_PER_PAGE, ..PageRequest::default() };
            let question = QueryClientStates { pagination: Some(page) };
            let answer: QueryClientStatesResponse =
                self.rpc.ask(path::CLIENT_STATES, &question).await?;
            let found = answer.client_states.into_iter().map(|client| client_id(client.client_id));
            ids.extend(found.collect::<Result<Vec<_>, _>>()?);
            key = answer.pagination.map(|page| page.next_key).unwrap_or_default();
            if key.is_empty() {
                break;
            }
        }
        ids.truncate(MAX_CLIENTS);
        ids.sort_by_key(|id: &ClientId| (id.as_str().len(), id.clone()));
        Ok(ids)
    }
}
