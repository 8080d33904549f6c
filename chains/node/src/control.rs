//! The control API: where chains are, and how they are broken on purpose. JSON-RPC 2.0 by POST, on
//! the loopback interface, with basic authentication by a cookie file that the owner of the data
//! directory can read.

use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::faults::{FaultOrder, FaultRequest};
use crate::handle::{ChainHandle, Report};

/// Calls are short.
const MAX_BODY_LEN: usize = 64 << 10;

const PARSE: i64 = -32700;
const INVALID_REQUEST: i64 = -32600;
const METHOD_NOT_FOUND: i64 = -32601;
const INVALID_PARAMS: i64 = -32602;
/// A chain has stopped.
const GONE: i64 = -32000;
/// A chain does not do what was asked.
const REFUSED: i64 = -32001;

struct CallError {
    code: i64,
    message: String,
}

impl CallError {
    fn new(code: i64, message: impl ToString) -> Self {
        Self { code, message: message.to_string() }
    }
}

#[derive(Clone)]
struct Control {
    chains: Vec<ChainHandle>,
    /// What the header field with the credentials must say.
    authorization: String,
}

/// Answers those who know the `user:password` of `cookie`, until `stop` says true.
pub(crate) async fn serve(
    socket: TcpListener,
    chains: Vec<ChainHandle>,
    cookie: String,
    mut stop: watch::Receiver<bool>,
) -> std::io::Result<()> {
    let authorization = format!("Basic {}", STANDARD.encode(cookie));
    let app = Router::new()
        .route("/", post(handle))
        .layer(DefaultBodyLimit::max(MAX_BODY_LEN))
        .with_state(Control { chains, authorization });
    axum::serve(socket, app)
        .with_graceful_shutdown(async move {
            let _ = stop.wait_for(|stopped| *stopped).await;
        })
        .await
}

async fn handle(State(control): State<Control>, headers: HeaderMap, body: Bytes) -> Response {
    let given = headers.get(header::AUTHORIZATION).map(|value| value.as_bytes());
    if given != Some(control.authorization.as_bytes()) {
        let challenge = [(header::WWW_AUTHENTICATE, "Basic realm=\"control\"")];
        return (StatusCode::UNAUTHORIZED, challenge, "").into_response();
    }
    let call: Result<Value, _> = serde_json::from_slice(&body);
    let (id, outcome) = match &call {
        Ok(call) => (call["id"].clone(), control.execute(call).await),
        Err(error) => (Value::Null, Err(CallError::new(PARSE, error))),
    };
    let answer = match outcome {
        Ok(result) => json!({"jsonrpc": "2.0", "id": id, "result": result}),
        Err(CallError { code, message }) => {
            json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}})
        }
    };
    ([(header::CONTENT_TYPE, "application/json")], answer.to_string()).into_response()
}

/// What to break, and how.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InjectParams {
    chain: String,
    kind: String,
    depth: Option<u32>,
    count: Option<u32>,
    delay_ms: Option<u64>,
    for_ms: Option<u64>,
}

impl Control {
    async fn execute(&self, call: &Value) -> Result<Value, CallError> {
        let method = call["method"].as_str();
        match method {
            Some("causeway_status") => self.status().await,
            Some("causeway_inject") => {
                let params = serde_json::from_value(call["params"].clone())
                    .map_err(|error| CallError::new(INVALID_PARAMS, error))?;
                self.inject(params).await
            }
            Some(other) => Err(CallError::new(METHOD_NOT_FOUND, format!("no method {other}"))),
            None => Err(CallError::new(INVALID_REQUEST, "no method is named")),
        }
    }

    async fn status(&self) -> Result<Value, CallError> {
        let mut chains = Vec::new();
        for chain in &self.chains {
            let report = chain.report().await;
            chains.push(describe(&report.map_err(|error| CallError::new(GONE, error))?));
        }
        Ok(json!({ "chains": chains }))
    }

    async fn inject(&self, params: InjectParams) -> Result<Value, CallError> {
        let chain = self.chains.iter().find(|chain| chain.alias() == params.chain);
        let unknown = || CallError::new(INVALID_PARAMS, format!("no chain {:?}", params.chain));
        let chain = chain.ok_or_else(unknown)?;
        let request = FaultRequest {
            depth: params.depth,
            count: params.count,
            delay: params.delay_ms.map(Duration::from_millis),
            lasting: params.for_ms.map(Duration::from_millis),
        };
        let order = FaultOrder::new(&params.kind, request)
            .map_err(|error| CallError::new(INVALID_PARAMS, error))?;
        let outcome = chain.inject(order).await.map_err(|error| CallError::new(GONE, error))?;
        let said = outcome.map_err(|error| CallError::new(REFUSED, error))?;
        Ok(json!({ "message": said }))
    }
}

fn describe(report: &Report) -> Value {
    let Report { alias, summary, faults } = report;
    let (running, all) = summary.participants;
    json!({
        "chain": alias,
        "network_id": summary.network_id,
        "head": summary.head,
        "finalized": summary.finalized,
        "time_ns": summary.time.nanos(),
        "participants": { "running": running, "all": all },
        "conditions": summary.conditions,
        "faults": faults,
    })
}
