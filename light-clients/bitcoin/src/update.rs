//! From headers as a node serves them to messages for the client.

use crate::{ClientMessage, RawHeader};

/// Headers of one message: fewer than a client takes, so that any host can pay for them in one
/// transaction.
const HEADERS_PER_MESSAGE: usize = 128;

/// The messages that bring a run of headers to a client, in the order of sending.
pub fn header_messages(headers: &[RawHeader]) -> Vec<ClientMessage> {
    headers.chunks(HEADERS_PER_MESSAGE).map(|run| ClientMessage::Headers(run.to_vec())).collect()
}
