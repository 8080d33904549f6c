//! Methods that open and end streams of news.

use causeway_chain::SessionId;
use causeway_wire_ethereum::eth::{Filter, FilterBlocks, RpcError};
use serde_json::{Value, json};

use super::feed::{Full, Topic};
use super::logs;
use super::methods::{Context, Outcome};
use super::params::Params;

fn full(_: Full) -> RpcError {
    RpcError::new(RpcError::LIMIT, "too many subscriptions and filters")
}

fn not_found(what: &str) -> RpcError {
    RpcError::new(RpcError::SERVER, format!("{what} not found"))
}

/// The stream's websocket; over HTTP there is nowhere to send news to.
fn session(context: &Context<'_>) -> Result<SessionId, RpcError> {
    let unsupported = || RpcError::new(RpcError::METHOD_NOT_FOUND, "notifications not supported");
    context.session.ok_or_else(unsupported)
}

/// `eth_subscribe`.
pub(super) fn subscribe(context: &mut Context<'_>, mut params: Params<'_>) -> Outcome {
    let session = session(context)?;
    let kind: String = params.required()?;
    let topic = match kind.as_str() {
        "newHeads" => Topic::Heads,
        "logs" => {
            let filter: Option<Filter> = params.optional()?;
            let all = Filter::new(FilterBlocks::Range { from: None, to: None });
            Topic::Logs(filter.unwrap_or(all))
        }
        "newPendingTransactions" => {
            let is_full: Option<bool> = params.optional()?;
            Topic::Pending { is_full: is_full.unwrap_or_default() }
        }
        _ => {
            let reason = format!("no \"{kind}\" subscription in eth namespace");
            return Err(RpcError::new(RpcError::METHOD_NOT_FOUND, reason));
        }
    };
    params.end()?;
    context.feed.subscribe(session, topic).map(Value::from).map_err(full)
}

/// `eth_unsubscribe`.
pub(super) fn unsubscribe(context: &mut Context<'_>, mut params: Params<'_>) -> Outcome {
    let session = session(context)?;
    let name: String = params.required()?;
    params.end()?;
    if context.feed.unsubscribe(session, &name) {
        return Ok(true.into());
    }
    Err(not_found("subscription"))
}

/// `eth_newFilter`. What was before is read with `eth_getFilterLogs`.
pub(super) fn new_filter(context: &mut Context<'_>, mut params: Params<'_>) -> Outcome {
    let filter: Filter = params.required()?;
    install(context, params, Topic::Logs(filter))
}

/// `eth_newBlockFilter`.
pub(super) fn new_block_filter(context: &mut Context<'_>, params: Params<'_>) -> Outcome {
    install(context, params, Topic::Heads)
}

/// `eth_newPendingTransactionFilter`.
pub(super) fn new_pending_filter(context: &mut Context<'_>, mut params: Params<'_>) -> Outcome {
    let is_full: Option<bool> = params.optional()?;
    install(context, params, Topic::Pending { is_full: is_full.unwrap_or_default() })
}

fn install(context: &mut Context<'_>, params: Params<'_>, topic: Topic) -> Outcome {
    params.end()?;
    context.feed.gather(topic, context.now).map(Value::from).map_err(full)
}

/// `eth_getFilterChanges`.
pub(super) fn changes(context: &mut Context<'_>, mut params: Params<'_>) -> Outcome {
    let name: String = params.required()?;
    params.end()?;
    let items = context.feed.changes(&name, context.now);
    items.map(Value::Array).ok_or_else(|| not_found("filter"))
}

/// `eth_getFilterLogs`: all that the filter asks for, as `eth_getLogs` finds it.
pub(super) fn filter_logs(context: &mut Context<'_>, mut params: Params<'_>) -> Outcome {
    let name: String = params.required()?;
    params.end()?;
    let filter = context.feed.filter(&name).ok_or_else(|| not_found("filter"))?;
    logs::find(context.ledger(), filter).map(|logs| json!(logs))
}

/// `eth_uninstallFilter`.
pub(super) fn uninstall(context: &mut Context<'_>, mut params: Params<'_>) -> Outcome {
    let name: String = params.required()?;
    params.end()?;
    Ok(context.feed.uninstall(&name).into())
}
