//! Clients.

use causeway_client_cometbft::proto;
use causeway_contracts::{Account, Order, Scan, Storage, StoredClient};
use causeway_core::{Any, ClientId, Height};
use causeway_light_client::RawView;
use causeway_wire_cometbft::query::{
    ConsensusStateWithHeight, CounterpartyInfo, IdentifiedClientState, PageResponse, QueryClient,
    QueryClientCreatorResponse, QueryClientStateResponse, QueryClientStates,
    QueryClientStatesResponse, QueryClientStatusResponse, QueryConsensusState,
    QueryConsensusStateHeightsResponse, QueryConsensusStateResponse, QueryConsensusStates,
    QueryConsensusStatesResponse, QueryCounterpartyResponse, path,
};

use super::Failure;
use super::failure::respond;
use super::page::Page;
use super::view::{View, client_id};
use crate::app::tx::account_text;

/// Before everything about clients.
const CLIENTS: &str = "clients/";

pub(crate) fn answer(view: &View<'_>, path: &str, data: &[u8]) -> Option<Result<Vec<u8>, Failure>> {
    Some(match format!("/{path}").as_str() {
        path::CLIENT_STATE => respond(data, |query: QueryClient| {
            let client = open(view, &query.client_id)?;
            Ok(QueryClientStateResponse {
                client_state: Some(client.client_state()),
                proof: Vec::new(),
                proof_height: Some(view.proof_height()),
            })
        }),
        path::CLIENT_STATES => respond(data, |query| client_states(view, query)),
        path::CONSENSUS_STATE => respond(data, |query| consensus_state(view, &query)),
        path::CONSENSUS_STATES => respond(data, |query| consensus_states(view, query)),
        path::CONSENSUS_STATE_HEIGHTS => respond(data, |query| heights(view, query)),
        path::CLIENT_STATUS => respond(data, |query: QueryClient| status(view, &query)),
        path::CLIENT_CREATOR => respond(data, |query: QueryClient| creator(view, &query)),
        path::COUNTERPARTY => respond(data, |query: QueryClient| counterparty(view, &query)),
        _ => return None,
    })
}

fn not_found(id: &str) -> Failure {
    Failure::NotFound(format!("{id}: light client not found"))
}

/// A client that is there.
pub(crate) fn open<'a>(view: &'a View<'_>, id: &str) -> Result<StoredClient<'a>, Failure> {
    StoredClient::open(&view.state, &client_id(id)?).ok_or_else(|| not_found(id))
}

/// The ids of clients after one, at most so many.
pub(crate) fn ids(view: &View<'_>, after: Option<&ClientId>, limit: usize) -> Vec<ClientId> {
    let mut ids = Vec::new();
    let mut last = after.cloned();
    while ids.len() < limit {
        // All keys of a client are before this one.
        let after = last.as_ref().map(|id| format!("{CLIENTS}{id}/\u{10ffff}").into_bytes());
        let scan = Scan {
            prefix: CLIENTS.as_bytes(),
            after: after.as_deref(),
            order: Order::Ascending,
            limit: 1,
        };
        let found = view.state.scan(&scan).into_iter().next();
        let id = found.and_then(|(key, _)| {
            let rest = String::from_utf8_lossy(key.get(CLIENTS.len()..)?).into_owned();
            ClientId::new(rest.split('/').next()?).ok()
        });
        let Some(id) = id else { break };
        last = Some(id.clone());
        ids.push(id);
    }
    ids
}

fn client_states(
    view: &View<'_>,
    query: QueryClientStates,
) -> Result<QueryClientStatesResponse, Failure> {
    let page = Page::plain(query.pagination)?;
    let after = String::from_utf8_lossy(&page.key).into_owned();
    let after = if after.is_empty() { None } else { Some(client_id(&after)?) };
    let mut found = ids(view, after.as_ref(), page.limit.saturating_add(1));
    let next_key = next_key(&mut found, page.limit, |id| id.as_str().into());
    let states = found.iter().filter_map(|id| {
        let client = StoredClient::open(&view.state, id)?;
        let client_state = Some(client.client_state());
        Some(IdentifiedClientState { client_id: id.to_string(), client_state })
    });
    let pagination = Some(PageResponse { next_key, total: 0 });
    Ok(QueryClientStatesResponse { client_states: states.collect(), pagination })
}

/// Cuts a list that was read one too far; gives the key of the last that stays, if there are more.
fn next_key<T>(found: &mut Vec<T>, limit: usize, key: impl FnOnce(&T) -> Vec<u8>) -> Vec<u8> {
    let has_more = found.len() > limit;
    found.truncate(limit);
    found.last().filter(|_| has_more).map(key).unwrap_or_default()
}

fn wire(height: Height) -> proto::Height {
    proto::Height { revision_number: height.revision(), revision_height: height.height() }
}

fn consensus_state(
    view: &View<'_>,
    query: &QueryConsensusState,
) -> Result<QueryConsensusStateResponse, Failure> {
    let client = open(view, &query.client_id)?;
    let height = if query.latest_height {
        let light = view.light_client(client.client_type());
        let latest = light.and_then(|light| light.latest_height(&client.client_state()).ok());
        latest.ok_or_else(|| not_found(&query.client_id))?
    } else {
        Height::new(query.revision_number, query.revision_height)
    };
    let state = client.consensus_state(height).ok_or_else(|| {
        let text = format!("client-id: {}, height: {height}", query.client_id);
        Failure::NotFound(format!("{text}: consensus state not found"))
    })?;
    Ok(QueryConsensusStateResponse {
        consensus_state: Some(state),
        proof: Vec::new(),
        proof_height: Some(view.proof_height()),
    })
}

/// A page of a client's heights.
fn page_of_heights(
    client: &StoredClient<'_>,
    query: QueryConsensusStates,
) -> Result<(Vec<Height>, Option<PageResponse>), Failure> {
    let page = Page::plain(query.pagination)?;
    let after = String::from_utf8_lossy(&page.key).into_owned();
    let after = if after.is_empty() { None } else { Some(after.parse()) };
    let after = after.transpose();
    let after = after.map_err(|_| Failure::InvalidArgument("a key of another list".into()))?;
    let mut found = client.heights(after, page.limit.saturating_add(1));
    let next_key = next_key(&mut found, page.limit, |height| height.to_string().into());
    Ok((found, Some(PageResponse { next_key, total: 0 })))
}

fn consensus_states(
    view: &View<'_>,
    query: QueryConsensusStates,
) -> Result<QueryConsensusStatesResponse, Failure> {
    let client = open(view, &query.client_id)?;
    let (heights, pagination) = page_of_heights(&client, query)?;
    let state = |height: Height| {
        let consensus_state: Option<Any> = client.consensus_state(height);
        ConsensusStateWithHeight { height: Some(wire(height)), consensus_state }
    };
    let consensus_states = heights.into_iter().map(state).collect();
    Ok(QueryConsensusStatesResponse { consensus_states, pagination })
}

fn heights(
    view: &View<'_>,
    query: QueryConsensusStates,
) -> Result<QueryConsensusStateHeightsResponse, Failure> {
    let client = open(view, &query.client_id)?;
    let (heights, pagination) = page_of_heights(&client, query)?;
    let consensus_state_heights = heights.into_iter().map(wire).collect();
    Ok(QueryConsensusStateHeightsResponse { consensus_state_heights, pagination })
}

fn status(view: &View<'_>, query: &QueryClient) -> Result<QueryClientStatusResponse, Failure> {
    let id = client_id(&query.client_id)?;
    open(view, &query.client_id)?;
    let ibc = view.ibc();
    let status = view
        .ask(|context| ibc.client_status(context, &id))
        .map_err(|error| Failure::Unknown(error.to_string()))?;
    Ok(QueryClientStatusResponse { status: format!("{status:?}") })
}

fn creator(view: &View<'_>, query: &QueryClient) -> Result<QueryClientCreatorResponse, Failure> {
    let id = client_id(&query.client_id)?;
    let stored = view.state.get(format!("{CLIENTS}{id}/creator").as_bytes());
    let creator = stored.ok_or_else(|| not_found(&query.client_id))?;
    Ok(QueryClientCreatorResponse { creator: account_text(&Account(creator)) })
}

fn counterparty(
    view: &View<'_>,
    query: &QueryClient,
) -> Result<QueryCounterpartyResponse, Failure> {
    let counterparty = open(view, &query.client_id)?.counterparty().ok_or_else(|| {
        Failure::NotFound(format!("client {} counterparty not found", query.client_id))
    })?;
    Ok(QueryCounterpartyResponse {
        counterparty_info: Some(CounterpartyInfo {
            merkle_prefix: counterparty.prefix.elements().to_vec(),
            client_id: counterparty.client_id.to_string(),
        }),
    })
}
