//! Requests and responses, freed of sockets.

use causeway_core::Timestamp;

use crate::SessionId;

/// The methods that chains answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// GET, the upgrade to a websocket included.
    Get,
    /// POST.
    Post,
    /// Anything else.
    Other,
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path as it came, without the query.
    pub path: String,
    /// The raw query, without `?`; empty when there is none.
    pub query: String,
    /// Header fields in order; names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body; the shell bounds its length.
    pub body: Vec<u8>,
    /// True when the client asks to upgrade to a websocket.
    pub upgrade: bool,
    /// The stream that the shell would open for this request, should the answer be one.
    pub session: SessionId,
}

impl Request {
    /// The value of the first header field of that name (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(field, _)| field == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// One response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Header fields, `content-type` included.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// A response with one content type.
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type", content_type.to_owned())];
        Self { status, headers, body: body.into() }
    }

    /// A JSON document.
    pub fn json(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::new(status, "application/json", body)
    }

    /// Adds a header field.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// What a chain answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The whole response.
    Now(Response),
    /// Not yet: the shell asks again with the same request after each advance, and at `deadline`
    /// at the latest, when the chain gives its answer in any case. `None`: no limit.
    Later {
        /// The chain's time limit for this request.
        deadline: Option<Timestamp>,
    },
    /// This head, then what is pushed to the request's session until it closes.
    Stream(Response),
    /// The upgrade to a websocket is accepted under the request's session.
    Websocket,
}
