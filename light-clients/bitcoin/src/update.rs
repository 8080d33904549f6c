//! From headers as a node serves them to messages for the client.

use crate::{ClientMessage, MAX_HEADERS, RawHeader};

/// The messages that bring a run of headers to a client, in the order of sending.
pub fn header_messages(headers: &[RawHeader]) -> Vec<ClientMessage> {
    headers.chunks(MAX_HEADERS).map(|run| ClientMessage::Headers(run.to_vec())).collect()
}
