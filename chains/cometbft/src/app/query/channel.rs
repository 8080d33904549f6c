//! Packets.

use causeway_core::{ClientId, PacketPath, Sequence};
use causeway_wire_cometbft::query::{
    PacketState, QueryNextSequenceSend, QueryNextSequenceSendResponse, QueryPacket,
    QueryPacketAcknowledgements, QueryPacketReceiptResponse, QueryPacketStates,
    QueryPacketStatesResponse, QueryPacketTraceResponse, QueryUnreceived, QueryUnreceivedResponse,
    path,
};

use super::Failure;
use super::client::open;
use super::failure::respond;
use super::page::Page;
use super::view::{View, client_id};
use crate::app::state::Store;

/// The most packets that one question can be about.
const MAX_SEQUENCES: usize = 10_000;

/// Makes the path of one kind of trace.
type PathOf = fn(ClientId, Sequence) -> PacketPath;

pub(crate) fn answer(view: &View<'_>, path: &str, data: &[u8]) -> Option<Result<Vec<u8>, Failure>> {
    Some(match format!("/{path}").as_str() {
        path::NEXT_SEQUENCE_SEND => respond(data, |query| next_sequence(view, &query)),
        path::PACKET_COMMITMENT => {
            respond(data, |query| trace(view, &query, PacketPath::commitment, "packet commitment"))
        }
        path::PACKET_ACKNOWLEDGEMENT => respond(data, |query| {
            trace(view, &query, PacketPath::acknowledgement, "packet acknowledgement")
        }),
        path::PACKET_RECEIPT => respond(data, |query| receipt(view, &query)),
        path::PACKET_COMMITMENTS => respond(data, |query: QueryPacketStates| {
            let page = Page::new(query.pagination)?;
            traces(view, &query.client_id, &page, PacketPath::commitment)
        }),
        path::PACKET_ACKNOWLEDGEMENTS => respond(data, |query| acknowledgements(view, query)),
        path::UNRECEIVED_PACKETS => {
            respond(data, |query| unreceived(view, &query, PacketPath::receipt, false))
        }
        path::UNRECEIVED_ACKS => {
            respond(data, |query| unreceived(view, &query, PacketPath::commitment, true))
        }
        _ => return None,
    })
}

fn sequence(number: u64) -> Result<Sequence, Failure> {
    let text = "packet sequence cannot be 0";
    Sequence::new(number).ok_or_else(|| Failure::InvalidArgument(text.into()))
}

fn next_sequence(
    view: &View<'_>,
    query: &QueryNextSequenceSend,
) -> Result<QueryNextSequenceSendResponse, Failure> {
    let next = open(view, &query.client_id)?.next_sequence_send();
    let next = next.ok_or_else(|| {
        Failure::NotFound(format!("sequence not found for client {}", query.client_id))
    })?;
    Ok(QueryNextSequenceSendResponse {
        next_sequence_send: next.get(),
        proof: Vec::new(),
        proof_height: Some(view.proof_height()),
    })
}

fn trace(
    view: &View<'_>,
    query: &QueryPacket,
    path: PathOf,
    name: &str,
) -> Result<QueryPacketTraceResponse, Failure> {
    let path = path(client_id(&query.client_id)?, sequence(query.sequence)?);
    let found = view.state.value(Store::Ibc, &path.to_bytes());
    let commitment = found.ok_or_else(|| Failure::NotFound(format!("{name} hash not found")))?;
    Ok(QueryPacketTraceResponse {
        commitment: commitment.into_owned(),
        proof: Vec::new(),
        proof_height: Some(view.proof_height()),
    })
}

fn receipt(view: &View<'_>, query: &QueryPacket) -> Result<QueryPacketReceiptResponse, Failure> {
    let path = PacketPath::receipt(client_id(&query.client_id)?, sequence(query.sequence)?);
    Ok(QueryPacketReceiptResponse {
        received: view.state.value(Store::Ibc, &path.to_bytes()).is_some(),
        proof: Vec::new(),
        proof_height: Some(view.proof_height()),
    })
}

fn traces(
    view: &View<'_>,
    id: &str,
    page: &Page,
    path: PathOf,
) -> Result<QueryPacketStatesResponse, Failure> {
    let client = client_id(id)?;
    let mut prefix = path(client, Sequence::FIRST).to_bytes();
    // All but the sequence, which is at the end.
    prefix.truncate(prefix.len().saturating_sub(8));
    let (found, pagination) = page.of(&view.state, Store::Ibc, &prefix);
    let state = |(key, data): (Vec<u8>, Vec<u8>)| {
        let sequence = u64::from_be_bytes(key.try_into().ok()?);
        Some(PacketState { client_id: id.to_owned(), sequence, data })
    };
    Ok(QueryPacketStatesResponse {
        states: found.into_iter().filter_map(state).collect(),
        pagination: Some(pagination),
        height: Some(view.proof_height()),
    })
}

fn acknowledgements(
    view: &View<'_>,
    query: QueryPacketAcknowledgements,
) -> Result<QueryPacketStatesResponse, Failure> {
    let wanted = bounded(&query.packet_commitment_sequences)?;
    if wanted.is_empty() {
        let page = Page::new(query.pagination)?;
        return traces(view, &query.client_id, &page, PacketPath::acknowledgement);
    }
    let client = client_id(&query.client_id)?;
    let mut states = Vec::new();
    for number in wanted {
        let path = PacketPath::acknowledgement(client.clone(), sequence(*number)?);
        if let Some(data) = view.state.value(Store::Ibc, &path.to_bytes()) {
            let (client_id, data) = (query.client_id.clone(), data.into_owned());
            states.push(PacketState { client_id, sequence: *number, data });
        }
    }
    let height = Some(view.proof_height());
    Ok(QueryPacketStatesResponse { states, pagination: None, height })
}

fn bounded(sequences: &[u64]) -> Result<&[u64], Failure> {
    if sequences.len() > MAX_SEQUENCES {
        let got = sequences.len();
        let text = format!("{got} sequences, at most {MAX_SEQUENCES} are allowed");
        return Err(Failure::InvalidArgument(text));
    }
    Ok(sequences)
}

/// Those of the packets that have a trace, or those that have none.
fn unreceived(
    view: &View<'_>,
    query: &QueryUnreceived,
    path: PathOf,
    wants_present: bool,
) -> Result<QueryUnreceivedResponse, Failure> {
    let client = client_id(&query.client_id)?;
    let mut sequences = Vec::new();
    for number in bounded(&query.sequences)? {
        let path = path(client.clone(), sequence(*number)?);
        let is_present = view.state.value(Store::Ibc, &path.to_bytes()).is_some();
        if is_present == wants_present {
            sequences.push(*number);
        }
    }
    Ok(QueryUnreceivedResponse { sequences, height: Some(view.proof_height()) })
}
