//! Bitcoin Core's JSON-RPC, as a function from a request to an answer.

mod blocks;
mod chain;
mod coins;
mod dialect;
mod error;
mod mempool;
mod methods;
mod mining;
mod node;
mod params;
mod proofs;
mod state;
#[cfg(test)]
mod tests;
mod transactions;
mod values;
mod wait;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use causeway_chain::{Answer, Method, Request, Response, SessionId};
use causeway_core::Timestamp;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

use crate::Miners;
use dialect::{Dialect, read_call};
use methods::{Outcome, View};
use wait::{Pending, WaitingRoom};

pub(crate) use error::RpcError;

/// Calls in one batch.
const MAX_BATCH: usize = 1000;
/// Bytes of a request's body (Bitcoin Core `MAX_SIZE`).
const MAX_BODY_LEN: usize = 0x0200_0000;

/// A result as it is written into the answer: amounts keep all their decimals.
pub(crate) type Reply = Box<RawValue>;

/// A result of a shape of its own.
pub(crate) fn reply(result: &impl Serialize) -> Result<Reply, RpcError> {
    to_raw_value(result).map_err(|error| RpcError::new(RpcError::INTERNAL, error.to_string()))
}

/// Answers requests on behalf of the participant that serves.
#[derive(Debug)]
pub(crate) struct Server {
    /// The accepted `user:password` pairs; with none, everybody may ask.
    credentials: Vec<String>,
    started: Timestamp,
    waiting: WaitingRoom,
}

impl Server {
    pub(crate) fn new(credentials: Vec<String>, started: Timestamp) -> Self {
        Self { credentials, started, waiting: WaitingRoom::default() }
    }

    /// Answers a request, or says until when to ask again.
    pub(crate) fn answer(
        &mut self,
        miners: &mut Miners,
        request: &Request,
        now: Timestamp,
    ) -> Answer {
        let refused = self.refuse(request);
        if let Some(response) = refused {
            return Answer::Now(response);
        }
        match serde_json::from_slice(&request.body) {
            Ok(Value::Array(calls)) if calls.len() > MAX_BATCH => {
                let reason = format!("{} calls, at most {MAX_BATCH} are answered", calls.len());
                failure(&RpcError::new(RpcError::INVALID_REQUEST, reason))
            }
            Ok(Value::Array(calls)) => self.batch(miners, &calls, request.session, now),
            Ok(call) => self.single(miners, &call, request.session, now),
            Err(_) => failure(&RpcError::new(RpcError::PARSE, "Parse error")),
        }
    }

    /// Whoever asked has gone.
    pub(crate) fn close(&mut self, session: SessionId) {
        self.waiting.take(session);
    }

    fn refuse(&self, request: &Request) -> Option<Response> {
        if request.method != Method::Post {
            return Some(text(405, "JSONRPC server handles only POST requests"));
        }
        if !is_authorized(&self.credentials, request) {
            let response = text(401, "");
            return Some(response.with_header("www-authenticate", "Basic realm=\"jsonrpc\""));
        }
        if request.path != "/" {
            return Some(text(404, ""));
        }
        (request.body.len() > MAX_BODY_LEN).then(|| text(413, ""))
    }

    fn single(
        &mut self,
        miners: &mut Miners,
        call: &Value,
        session: SessionId,
        now: Timestamp,
    ) -> Answer {
        let waited = self.waiting.take(session).map(|pending| pending.wait);
        let outcome = match self.execute(miners, call, waited, now) {
            Outcome::Done(outcome) => outcome,
            Outcome::Wait(wait) => {
                let pending = Pending { answers: Vec::new(), done: 0, wait, asked: now };
                self.waiting.put(session, pending);
                return Answer::Later { deadline: wait.deadline };
            }
        };
        let dialect = Dialect::of(call);
        let status = match (&outcome, dialect) {
            (Err(error), Dialect::Legacy) => error.status(),
            _ => 200,
        };
        Answer::Now(match dialect.answer(call.get("id"), &outcome) {
            Some(body) => Response::json(status, body.get()),
            None => nothing(),
        })
    }

    /// Errors are inside; a batch of notifications alone has no answer. A call that waits makes all
    /// behind it wait, and nothing before it is done again.
    fn batch(
        &mut self,
        miners: &mut Miners,
        calls: &[Value],
        session: SessionId,
        now: Timestamp,
    ) -> Answer {
        let (mut answers, mut waited, first) = match self.waiting.take(session) {
            Some(pending) => (pending.answers, Some(pending.wait), pending.done),
            None => (Vec::new(), None, 0),
        };
        for (done, call) in calls.iter().enumerate().skip(first) {
            match self.execute(miners, call, waited.take(), now) {
                Outcome::Done(outcome) => {
                    answers.extend(Dialect::of(call).answer(call.get("id"), &outcome));
                }
                Outcome::Wait(wait) => {
                    self.waiting.put(session, Pending { answers, done, wait, asked: now });
                    return Answer::Later { deadline: wait.deadline };
                }
            }
        }
        if answers.is_empty() && !calls.is_empty() {
            return Answer::Now(nothing());
        }
        let texts: Vec<_> = answers.iter().map(|answer| answer.get()).collect();
        Answer::Now(Response::json(200, format!("[{}]", texts.join(","))))
    }

    fn execute(
        &self,
        miners: &mut Miners,
        call: &Value,
        waited: Option<wait::Wait>,
        now: Timestamp,
    ) -> Outcome {
        if let Some(wait) = waited {
            let view = View::new(miners, self.started, now);
            let outcome = view.and_then(|view| wait.poll(&view, now));
            return outcome.map_or(Outcome::Wait(wait), Outcome::Done);
        }
        match read_call(call) {
            Ok(call) => methods::run(miners, &call, self.started, now),
            Err(error) => Outcome::Done(Err(error)),
        }
    }
}

fn text(status: u16, body: &str) -> Response {
    Response::new(status, "text/plain", body)
}

fn nothing() -> Response {
    Response::new(204, "application/json", "")
}

fn failure(error: &RpcError) -> Answer {
    let body = json!({ "result": null, "error": error.to_value(), "id": null });
    Answer::Now(Response::json(error.status(), body.to_string()))
}

fn is_authorized(credentials: &[String], request: &Request) -> bool {
    let given = request
        .header("authorization")
        .and_then(|field| field.strip_prefix("Basic "))
        .and_then(|encoded| STANDARD.decode(encoded.trim()).ok());
    credentials.is_empty()
        || credentials.iter().any(|pair| given.as_deref() == Some(pair.as_bytes()))
}
