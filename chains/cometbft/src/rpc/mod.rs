//! CometBFT's RPC: from a request to an answer, without any I/O.

mod args;
mod blocks;
mod context;
mod events;
mod identity;
mod info;
mod methods;
mod query;
mod subscriptions;
mod txs;
mod views;
mod waiting;

use causeway_chain::{Answer as Response, Method as Verb, Push, Request, SessionId};
use causeway_client_cometbft::BlockId;
use causeway_wire_cometbft::rpc::{Answer, Call, Id, RpcError, code};
use serde_json::Value;

use args::Args;
pub(crate) use context::{Context, Fork, Forks};
use context::{Reply, failed};
pub(crate) use identity::Identity;
pub use identity::NODE_VERSION;
use methods::{METHODS, Method, Run};
pub(crate) use subscriptions::Subscriptions;
pub use subscriptions::{MAX_SESSIONS, MAX_SUBSCRIBERS, MAX_SUBSCRIPTIONS};
pub(crate) use waiting::{Waiter, Waiting};

use crate::Block;
use crate::archive::Body;

/// The most bytes of a body (`config/config.go` `MaxBodyBytes`).
const MAX_BODY_LEN: usize = 1_000_000;

/// The most calls in one batch: each may cost as much as a search.
const MAX_BATCH: usize = 100;

/// Under this path the node is asked that has been shown the forks.
const WITNESS: &str = "/witness";

/// What came of a call.
enum Outcome {
    Done(Reply),
    /// The answer comes with a block.
    Waits(Waiter),
}

fn http(
    status: u16,
    answer: &Answer<Box<serde_json::value::RawValue>>,
) -> causeway_chain::Response {
    causeway_chain::Response::json(status, answer.to_json())
}

fn plain(status: u16, text: &str) -> Response {
    Response::Now(causeway_chain::Response::new(status, "text/plain; charset=utf-8", text))
}

/// Answers a request over HTTP.
pub(crate) fn request(
    context: &mut Context<'_>,
    subscriptions: &mut Subscriptions,
    waiting: &mut Waiting,
    request: &Request,
) -> Response {
    if let Some(answer) = waiting.ask_again(context, request.session) {
        return answer;
    }
    let path = request.path.strip_prefix(WITNESS).filter(|rest| rest.starts_with('/'));
    context.witness = path.is_some() || request.path == WITNESS;
    let path = path.unwrap_or(if context.witness { "/" } else { &request.path });
    match (request.method, path) {
        (Verb::Get, "/websocket") if !request.upgrade => plain(400, "this path is for websockets"),
        (Verb::Get, "/websocket") if !subscriptions.has_room() => plain(503, "too many websockets"),
        (Verb::Get, "/websocket") => {
            subscriptions.open(request.session, context.witness);
            Response::Websocket
        }
        (Verb::Get, "/") => Response::Now(listing()),
        (Verb::Get, path) => by_uri(context, waiting, path.trim_matches('/'), request),
        (Verb::Post, "/") if request.body.is_empty() => Response::Now(listing()),
        (Verb::Post, "/") => posted(context, waiting, request),
        (Verb::Post, _) => plain(404, "404 page not found\n"),
        (Verb::Other, _) => plain(405, "method not allowed"),
    }
}

/// All methods, for people.
fn listing() -> causeway_chain::Response {
    let line = |method: &Method| {
        let params: Vec<_> = method.params.iter().map(|(name, _)| format!("{name}=_")).collect();
        let mark = if params.is_empty() { "" } else { "?" };
        let link = format!("/{}{mark}{}", method.name, params.join("&"));
        format!("<a href=\"{link}\">{link}</a><br>")
    };
    let lines: Vec<_> =
        METHODS.iter().filter(|method| !method.is_for_websockets()).map(line).collect();
    let page = format!("<html><body><br>Available endpoints:<br>{}</body></html>", lines.concat());
    causeway_chain::Response::new(200, "text/html; charset=utf-8", page)
}

/// GET: the method is the path; errors have the status 500.
fn by_uri(
    context: &mut Context<'_>,
    waiting: &mut Waiting,
    name: &str,
    request: &Request,
) -> Response {
    let method = methods::find(name).filter(|method| !method.is_for_websockets());
    let Some(method) = method else { return plain(404, "404 page not found\n") };
    let id = Some(Id::Number(-1));
    let args = Args::from_uri(method.params, &request.query);
    match args.and_then(|args| run(context, method, &args)) {
        Ok(Outcome::Waits(waiter)) => {
            waiting.add(context, request.session, waiter.over_http(id, 500))
        }
        Ok(Outcome::Done(result)) => finish_uri(id, result),
        Err(error) => finish_uri(id, Err(error)),
    }
}

fn finish_uri(id: Option<Id>, result: Reply) -> Response {
    let status = if result.is_ok() { 200 } else { 500 };
    Response::Now(http(status, &Answer::new(id, result)))
}

/// POST: one call, or a list of them.
fn posted(context: &mut Context<'_>, waiting: &mut Waiting, request: &Request) -> Response {
    let unreadable = |reason: String| {
        let error = RpcError::new(code::PARSE, format!("error unmarshaling request: {reason}"));
        Response::Now(http(500, &Answer::new(None, Err(error))))
    };
    if request.body.len() > MAX_BODY_LEN {
        return plain(413, "http: request body too large");
    }
    let calls: Vec<Value> = match serde_json::from_slice(&request.body) {
        Ok(Value::Array(calls)) => calls,
        Ok(call @ Value::Object(_)) => {
            return match serde_json::from_value(call) {
                Ok(call) => single(context, waiting, &call, request.session),
                Err(error) => unreadable(error.to_string()),
            };
        }
        Ok(_) => return unreadable("neither a call nor a list of calls".to_owned()),
        Err(error) => return unreadable(error.to_string()),
    };
    if calls.len() > MAX_BATCH {
        return unreadable(format!("{} calls, at most {MAX_BATCH} are allowed", calls.len()));
    }
    let answers: Vec<_> = calls.into_iter().filter_map(|call| of_batch(context, call)).collect();
    let body = match answers.as_slice() {
        [] => Vec::new(),
        // One answer that is left is no list.
        [one] => one.to_json(),
        more => serde_json::to_vec(more).unwrap_or_default(),
    };
    Response::Now(causeway_chain::Response::json(200, body))
}

fn single(
    context: &mut Context<'_>,
    waiting: &mut Waiting,
    call: &Call,
    session: SessionId,
) -> Response {
    if call.id.is_none() {
        return Response::Now(causeway_chain::Response::json(200, Vec::new()));
    }
    match dispatch(context, call) {
        Outcome::Done(result) => Response::Now(http(200, &Answer::new(call.id.clone(), result))),
        Outcome::Waits(waiter) => {
            waiting.add(context, session, waiter.over_http(call.id.clone(), 200))
        }
    }
}

fn of_batch(
    context: &mut Context<'_>,
    call: Value,
) -> Option<Answer<Box<serde_json::value::RawValue>>> {
    let call: Call = match serde_json::from_value(call) {
        Ok(call) => call,
        Err(error) => {
            let error = RpcError::new(code::INVALID_REQUEST, error.to_string());
            return Some(Answer::new(None, Err(error)));
        }
    };
    call.id.as_ref()?;
    let result = match dispatch(context, &call) {
        Outcome::Done(result) => result,
        Outcome::Waits(_) => {
            Err(failed("an answer that waits for a block has no place in a batch"))
        }
    };
    Some(Answer::new(call.id, result))
}

/// Any call but those that are for websockets.
fn dispatch(context: &mut Context<'_>, call: &Call) -> Outcome {
    let method = methods::find(&call.method).filter(|method| !method.is_for_websockets());
    let Some(method) = method else {
        return Outcome::Done(Err(RpcError::new(code::METHOD_NOT_FOUND, "")));
    };
    let args = Args::from_json(method.params, &call.params);
    let outcome = args.and_then(|args| run(context, method, &args));
    outcome.unwrap_or_else(|error| Outcome::Done(Err(error)))
}

fn run(context: &mut Context<'_>, method: &Method, args: &Args) -> Result<Outcome, RpcError> {
    match method.run {
        Run::Now(run) => Ok(Outcome::Done(run(context, args))),
        Run::Committed => Ok(match txs::begin_commit(context, args)? {
            Ok((hash, check_tx)) => Outcome::Waits(Waiter::new(hash, check_tx)),
            Err(reply) => Outcome::Done(reply),
        }),
        Run::Subscribe | Run::Unsubscribe | Run::UnsubscribeAll => {
            Err(RpcError::new(code::METHOD_NOT_FOUND, ""))
        }
    }
}

/// Answers a message on a websocket.
pub(crate) fn receive(
    context: &mut Context<'_>,
    subscriptions: &mut Subscriptions,
    waiting: &mut Waiting,
    (session, message): (SessionId, &[u8]),
    pushes: &mut Vec<Push>,
) {
    let Some(witness) = subscriptions.is_witness(session) else { return };
    context.witness = witness;
    let mut answer = |id: Option<Id>, result: Reply| {
        pushes.push(Push::Message(session, Answer::new(id, result).to_json()));
    };
    let call: Call = match serde_json::from_slice(message) {
        Ok(call) => call,
        Err(error) => {
            let reason = format!("error unmarshaling request: {error}");
            return answer(None, Err(RpcError::new(code::PARSE, reason)));
        }
    };
    let Some(id) = call.id.clone() else { return };
    let method = methods::find(&call.method).filter(|method| method.is_for_websockets());
    if let Some(method) = method {
        let result = subscription(subscriptions, session, method, &call);
        return answer(Some(id), result.map_err(failed).and_then(|()| info::nothing()));
    }
    match dispatch(context, &call) {
        Outcome::Done(result) => answer(Some(id), result),
        Outcome::Waits(waiter) => {
            if !waiting.add_pushed(context, session, waiter.over_http(Some(id.clone()), 200)) {
                answer(Some(id), Err(failed("too many requests wait for a block")));
            }
        }
    }
}

fn subscription(
    subscriptions: &mut Subscriptions,
    session: SessionId,
    method: &Method,
    call: &Call,
) -> Result<(), String> {
    let args = Args::from_json(method.params, &call.params).map_err(|error| error.data)?;
    match method.run {
        Run::Subscribe => subscriptions.subscribe(session, call.id.clone(), args.text(0)),
        Run::Unsubscribe => subscriptions.unsubscribe(session, args.text(0)),
        _ => subscriptions.unsubscribe_all(session),
    }
}

/// Tells subscribers of a new block.
pub(crate) fn announce(
    subscriptions: &Subscriptions,
    (block, block_id): (&Block, BlockId),
    body: &Body,
    pushes: &mut Vec<Push>,
) {
    if subscriptions.is_idle() {
        return;
    }
    for happening in events::of_block(block, block_id, body) {
        subscriptions.tell(&happening, pushes);
    }
}
