//! Requests over HTTP, and conversations over websockets.

use std::collections::BTreeSet;

use causeway_chain::{Answer, Method, Push, Request, Response, SessionId};
use causeway_core::Timestamp;

use super::calls;
use super::feed::Feed;
use super::methods::{self, Context};
use crate::chain::Beacon;

/// Longest body of a request, and longest message.
const MAX_REQUEST_LEN: usize = 5 << 20;

/// Open websockets at once; more are refused.
const MAX_SESSIONS: usize = 256;

/// Content types that servers take for JSON.
const JSON_TYPES: [&str; 3] =
    ["application/json", "application/json-rpc", "application/jsonrequest"];

/// The open websockets, and what everybody is to hear.
#[derive(Debug)]
pub(crate) struct Sessions {
    open: BTreeSet<SessionId>,
    feed: Feed,
    now: Timestamp,
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
    /// No websockets yet; what happens from now on is news.
    pub(crate) fn new(beacon: &Beacon, now: Timestamp) -> Self {
        let mut sessions = Self { open: BTreeSet::new(), feed: Feed::default(), now };
        sessions.follow(beacon, now);
        sessions
    }

    /// Tells clients what has happened until `now`.
    pub(crate) fn follow(&mut self, beacon: &Beacon, now: Timestamp) {
        self.now = self.now.max(now);
        self.feed.follow(beacon.engine(), self.now);
    }

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
        let body = self.answer(beacon, None, &request.body);
        Answer::Now(Response::json(200, body.unwrap_or_default()))
    }

    /// A message came down a websocket.
    pub(crate) fn receive(&mut self, beacon: &mut Beacon, session: SessionId, message: &[u8]) {
        if !self.open.contains(&session) {
            return;
        }
        if message.len() > MAX_REQUEST_LEN {
            self.close(session);
            self.feed.push(Push::Close(session));
            return;
        }
        if let Some(answer) = self.answer(beacon, Some(session), message) {
            self.feed.push(Push::Message(session, answer.into_bytes()));
        }
    }

    fn answer(
        &mut self,
        beacon: &mut Beacon,
        session: Option<SessionId>,
        text: &[u8],
    ) -> Option<String> {
        let mut context = Context { beacon, feed: &mut self.feed, session, now: self.now };
        calls::answer(text, |method, params| methods::run(&mut context, method, params))
    }

    /// A websocket was closed by the client or lost.
    pub(crate) fn close(&mut self, session: SessionId) {
        self.open.remove(&session);
        self.feed.close(session);
    }

    /// What is to be sent, since the last call.
    pub(crate) fn take_pushes(&mut self) -> Vec<Push> {
        let pushes = self.feed.take_pushes();
        for push in &pushes {
            if let Push::Close(session) = push {
                self.open.remove(session);
            }
        }
        pushes
    }
}
