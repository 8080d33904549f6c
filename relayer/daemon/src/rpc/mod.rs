//! JSON-RPC over HTTP and websocket on one port, beside it `/metrics`, `/livez` and `/readyz`.

pub mod client;
mod error;
mod front;
mod methods;
mod metrics;
mod read;
mod registry;
mod subscriptions;
mod trace;
pub mod types;
mod way;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use jsonrpsee::server::{BatchRequestConfig, PingConfig, Server, ServerConfig, ServerHandle};

use crate::config::RpcSettings;
use crate::daemon::Shared;

pub(crate) use metrics::Metrics;

/// The longest request in bytes: a signed transaction of a full block in hexadecimal.
const MAX_REQUEST: u32 = 10 << 20;

/// The longest answer in bytes: a page of packets with large payloads.
const MAX_RESPONSE: u32 = 32 << 20;

/// The most calls of one batch.
const MAX_BATCH: u32 = 50;

/// The most connections at once.
const MAX_CONNECTIONS: u32 = 256;

/// The most subscriptions of one connection.
const MAX_SUBSCRIPTIONS: u32 = 16;

/// The most messages that wait for a subscriber that is slow.
const MAX_BUFFERED: u32 = 1024;

/// The most packets of one page.
pub const MAX_PAGE: usize = 500;

/// Why the RPC does not listen.
#[derive(Debug, thiserror::Error)]
pub enum RpcError {
    /// Whoever reaches it could change something.
    #[error(
        "{0} is beyond this machine: the relayer listens there only with a token that callers \
         must bring; set one, or listen on 127.0.0.1"
    )]
    NoToken(SocketAddr),
    /// The token could not be in a header.
    #[error("the token must have 16 to 256 printable ASCII characters and no spaces")]
    BadToken,
    /// The address is taken, or not ours.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        error: std::io::Error,
    },
}

/// Checks what an operator wants, and takes the address.
pub(crate) fn bind(settings: &RpcSettings) -> Result<TcpListener, RpcError> {
    if settings.token.is_none() && !settings.listen.ip().is_loopback() {
        return Err(RpcError::NoToken(settings.listen));
    }
    if let Some(token) = &settings.token {
        let fits = (16..=256).contains(&token.len());
        if !fits || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(RpcError::BadToken);
        }
    }
    let listen = || {
        let listener = TcpListener::bind(settings.listen)?;
        listener.set_nonblocking(true)?;
        Ok(listener)
    };
    listen().map_err(|error| RpcError::Listen { address: settings.listen, error })
}

/// The names of all methods, those that end subscriptions included.
pub(crate) fn method_names(shared: Arc<Shared>) -> Vec<&'static str> {
    methods::all(shared).method_names().collect()
}

/// Serves until the handle says stop.
pub(crate) fn serve(
    listener: TcpListener,
    shared: Arc<Shared>,
    settings: &RpcSettings,
) -> std::io::Result<ServerHandle> {
    let config = ServerConfig::builder()
        .max_request_body_size(MAX_REQUEST)
        .max_response_body_size(MAX_RESPONSE)
        .max_connections(MAX_CONNECTIONS)
        .max_subscriptions_per_connection(MAX_SUBSCRIPTIONS)
        .set_batch_request_config(BatchRequestConfig::Limit(MAX_BATCH))
        .set_message_buffer_capacity(MAX_BUFFERED)
        .enable_ws_ping(PingConfig::new())
        .build();
    let gate = front::Gate::new(shared.clone(), settings);
    let layers = tower::ServiceBuilder::new()
        .layer(tower::layer::layer_fn(move |inner| front::Front::new(inner, gate.clone())));
    let server = Server::builder()
        .set_config(config)
        .set_http_middleware(layers)
        .build_from_tcp(listener)?;
    Ok(server.start(methods::all(shared)))
}
