//! Server-sent events.

use async_trait::async_trait;
use causeway_relayer_endpoints::{Stream, TransportError};
use http_body_util::BodyExt;
use hyper::body::Incoming;

/// The events of one response.
pub(crate) struct ServerSent {
    body: Incoming,
    events: Events,
}

impl ServerSent {
    pub(crate) fn new(body: Incoming, limit: usize) -> Self {
        Self { body, events: Events { buffer: Vec::new(), limit } }
    }
}

#[async_trait]
impl Stream for ServerSent {
    async fn next(&mut self) -> Result<Vec<u8>, TransportError> {
        loop {
            if let Some(event) = self.events.next()? {
                return Ok(event);
            }
            match self.body.frame().await {
                None => return Err(TransportError { reason: "the stream has ended".into() }),
                Some(Err(error)) => return Err(TransportError { reason: error.to_string() }),
                Some(Ok(frame)) => {
                    if let Some(data) = frame.data_ref() {
                        self.events.buffer.extend_from_slice(data);
                    }
                }
            }
        }
    }
}

/// Cuts a stream into events at empty lines. An event that is only a comment, a heartbeat, is one
/// too: who listens wants to know that the other end is alive.
struct Events {
    buffer: Vec<u8>,
    limit: usize,
}

impl Events {
    fn next(&mut self) -> Result<Option<Vec<u8>>, TransportError> {
        let end = |length: usize, text: &[u8]| {
            self.buffer.windows(length).position(|window| window == text).map(|at| (at, length))
        };
        let ends = [end(2, b"\n\n"), end(4, b"\r\n\r\n")];
        let Some((at, length)) = ends.into_iter().flatten().min() else {
            if self.buffer.len() > self.limit {
                let reason = format!("an event of more than {} bytes", self.limit);
                return Err(TransportError { reason });
            }
            return Ok(None);
        };
        let rest = self.buffer.split_off(at + length);
        let mut event = core::mem::replace(&mut self.buffer, rest);
        event.truncate(at);
        Ok(Some(event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_end_at_empty_lines_wherever_the_stream_is_cut() {
        let text = b"event: head\ndata: 1\n\n:\n\ndata: 2\r\n\r\ndata";
        for cut in 0..text.len() {
            let mut events = Events { buffer: Vec::new(), limit: 64 };
            let mut seen = Vec::new();
            for part in [&text[..cut], &text[cut..]] {
                events.buffer.extend_from_slice(part);
                while let Some(event) = events.next().unwrap() {
                    seen.push(event);
                }
            }
            let expected: [&[u8]; 3] = [b"event: head\ndata: 1", b":", b"data: 2"];
            assert_eq!(seen, expected, "{cut}");
        }
    }

    #[test]
    fn endless_events_are_refused() {
        let mut events = Events { buffer: vec![b'x'; 65], limit: 64 };
        events.next().unwrap_err();
    }
}
