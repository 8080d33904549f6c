//! One request out, one response in.

use async_trait::async_trait;

/// Which of a chain's APIs a request is for: chains with one API have only 0, and what the others
/// mean is the family's business. A transport knows the address of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Api(pub u8);

/// The methods that endpoints use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// GET.
    Get,
    /// POST.
    Post,
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Which API.
    pub api: Api,
    /// The method.
    pub verb: Verb,
    /// Path and query, as they go on the wire.
    pub path: String,
    /// What the response should be, as a media type.
    pub accept: &'static str,
    /// The body, of media type `application/json`; empty for GET.
    pub body: Vec<u8>,
}

impl Call {
    /// A GET that expects JSON.
    pub fn get(api: Api, path: impl Into<String>) -> Self {
        let accept = "application/json";
        Self { api, verb: Verb::Get, path: path.into(), accept, body: Vec::new() }
    }

    /// A POST of a JSON document to the root.
    pub fn post(api: Api, body: impl Into<Vec<u8>>) -> Self {
        let accept = "application/json";
        Self { api, verb: Verb::Post, path: "/".into(), accept, body: body.into() }
    }
}

/// One response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// The body; the transport bounds its length.
    pub body: Vec<u8>,
}

/// There was no response.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no answer: {reason}")]
pub struct TransportError {
    /// Why.
    pub reason: String,
}

/// What to subscribe to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subscription {
    /// Server-sent events at a path.
    ServerSent {
        /// Which API.
        api: Api,
        /// Path and query.
        path: String,
    },
    /// A websocket at a path, and what to say first.
    WebSocket {
        /// Which API.
        api: Api,
        /// Path and query.
        path: String,
        /// The text messages that ask for events.
        requests: Vec<String>,
    },
}

/// Messages that a server sends of its own accord.
#[async_trait]
pub trait Stream: Send {
    /// The next message; an error when there will be none any more.
    async fn next(&mut self) -> Result<Vec<u8>, TransportError>;
}

/// Carries requests to a chain's APIs. Failover among several addresses, time limits and the bounds
/// of answers are the transport's business.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends one request.
    async fn send(&self, call: Call) -> Result<Reply, TransportError>;

    /// Opens a stream.
    async fn subscribe(
        &self,
        subscription: &Subscription,
    ) -> Result<Box<dyn Stream>, TransportError>;
}
