//! Requests over HTTP, and conversations over websockets.

use std::collections::BTreeSet;

use causeway_chain::{Answer, Method, Push, Request, Response, SessionId};

use super::{calls, methods};
use crate::chain::Beacon;

/// Longest body of a request, and longest message.
const MAX_REQUEST_LEN: usize = 5 << 20;

/// Open websockets at once; more are refused.
const MAX_SESSIONS: usize = 256;

/// Messages that wait to be sent. A shell that does not take them loses the oldest.
const MAX_PUSHES: usize = 10_000;

/// Content types that servers take for JSON.
const JSON_TYPES: [&str; 3] =
    ["application/json", "application/json-rpc", "application/jsonrequest"];

/// The open websockets.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    open: BTreeSet<SessionId>,
    pushes: Vec<Push>,
}

fn text(status: u16, body: &str) -> Answer {
    Answer::Now(Response::new(status, "text/plain", body))
}

/// Whether the body is said to be JSON; without a word about it, it is taken for it.
fn is_json(request: &Request) -> bool {
    let named = request.header("content-type");
    let media_type = named.map(|value| value.split(';').next().unwrap_or_default().trim());
    media_type.is_none_or(|name| JSON_TYPES.iter().any(|json| json.eq_ignore_ascii_case(name)))
}

impl Sessions {
    /// Answers a request over HTTP, or takes a websocket.
    pub(crate) fn request(&mut self, beacon: &mut Beacon, request: &Request) -> Answer {
        if request.upgrade {
            if self.open.len() >= MAX_SESSIONS {
                return text(503, "too many websockets");
            }
            self.open.insert(request.session);
            return Answer::Websocket;
        }
        match request.method {
            Method::Post => {}
            // How load balancers ask whether anybody is there.
            Method::Get if request.body.is_empty() && request.query.is_empty() => {
                return text(200, "");
            }
            _ => return text(405, "method not allowed"),
        }
        if request.body.len() > MAX_REQUEST_LEN {
            return text(413, "content length too large");
        }
        if !is_json(request) {
            return text(415, "invalid content type, only application/json is supported");
        }
        let body =
            calls::answer(&request.body, |method, params| methods::run(beacon, method, params));
        Answer::Now(Response::json(200, body.unwrap_or_default()))
    }

    /// A message came down a websocket.
    pub(crate) fn receive(&mut self, beacon: &mut Beacon, session: SessionId, message: &[u8]) {
        if !self.open.contains(&session) {
            return;
        }
        if message.len() > MAX_REQUEST_LEN {
            self.close(session);
            self.push(Push::Close(session));
            return;
        }
        let answer = calls::answer(message, |method, params| methods::run(beacon, method, params));
        if let Some(answer) = answer {
            self.push(Push::Message(session, answer.into_bytes()));
        }
    }

    /// A websocket was closed by the client or lost.
    pub(crate) fn close(&mut self, session: SessionId) {
        self.open.remove(&session);
    }

    /// What is to be sent, since the last call.
    pub(crate) fn take_pushes(&mut self) -> Vec<Push> {
        core::mem::take(&mut self.pushes)
    }

    fn push(&mut self, push: Push) {
        self.pushes.push(push);
        let surplus = self.pushes.len().saturating_sub(MAX_PUSHES);
        self.pushes.drain(..surplus);
    }
}
