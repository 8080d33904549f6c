//! Requests over HTTP/1.1.

use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use async_trait::async_trait;
use causeway_relayer_endpoints::{
    Api, Call, Reply, Stream, Subscription, Transport, TransportError, Verb,
};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::{Method, Request, Response, StatusCode, header};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::timeout;

use super::sse::ServerSent;
use super::websocket::Socket;
use super::{Address, Login};

/// How much, and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransportLimits {
    /// For a connection to be made.
    pub connect: Duration,
    /// For an answer, from the first byte sent to the last one read.
    pub answer: Duration,
    /// The longest answer in bytes: a block of four million weight units in hexadecimal JSON, and
    /// some room.
    pub body: usize,
    /// The longest message of a stream in bytes.
    pub message: usize,
    /// How long an address that failed is left alone while others answer.
    pub penalty: Duration,
}

impl Default for TransportLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            answer: Duration::from_secs(15),
            body: 32 << 20,
            message: 4 << 20,
            penalty: Duration::from_secs(10),
        }
    }
}

/// One address, and how it did.
#[derive(Debug)]
struct Backend {
    address: Address,
    requests: AtomicU64,
    failures: AtomicU64,
    trouble: Mutex<Option<Trouble>>,
}

/// The last failure of an address, until it answers again.
#[derive(Clone, Debug)]
struct Trouble {
    since: Instant,
    reason: String,
}

impl Backend {
    fn new(address: Address) -> Self {
        let (requests, failures) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { address, requests, failures, trouble: Mutex::new(None) }
    }

    fn trouble(&self) -> Option<Trouble> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, result: Result<(), &str>) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let trouble = result.err().map(|reason| {
            self.failures.fetch_add(1, Ordering::Relaxed);
            Trouble { since: Instant::now(), reason: reason.to_owned() }
        });
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }
}

/// The addresses of one API, and the one that answered last.
#[derive(Debug, Default)]
struct Backends {
    all: Vec<Backend>,
    preferred: AtomicUsize,
}

impl Backends {
    /// The one that answered last, then the others in order; those in trouble come last.
    fn in_order(&self, penalty: Duration) -> Vec<(usize, &Backend)> {
        let preferred = self.preferred.load(Ordering::Relaxed);
        let mut order: Vec<_> = self.all.iter().enumerate().collect();
        let rank = |(index, backend): &(usize, &Backend)| {
            let trouble = backend.trouble().is_some_and(|it| it.since.elapsed() < penalty);
            (trouble, *index != preferred)
        };
        order.sort_by_cached_key(rank);
        order
    }
}

/// How an address of an API does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressHealth {
    /// Which API.
    pub api: Api,
    /// Where, without a password.
    pub address: String,
    /// How many requests went there.
    pub requests: u64,
    /// How many of them had no answer.
    pub failures: u64,
    /// Why the last one had none; `None` when it had one.
    pub trouble: Option<String>,
}

/// A transport over plain HTTP/1.1, server-sent events and websockets. Requests go to the address
/// that answered last; when it does not answer, to the next.
#[derive(Clone, Debug)]
pub struct HttpTransport {
    client: Client<HttpConnector, Full<Bytes>>,
    apis: Arc<BTreeMap<Api, Backends>>,
    limits: TransportLimits,
}

impl HttpTransport {
    /// A transport to the given addresses, for each API in order of preference.
    pub fn new(
        apis: impl IntoIterator<Item = (Api, Vec<Address>)>,
        limits: TransportLimits,
    ) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(limits.connect));
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(30))
            .build(connector);
        let backends = |addresses: Vec<Address>| Backends {
            all: addresses.into_iter().map(Backend::new).collect(),
            preferred: AtomicUsize::new(0),
        };
        let apis = apis.into_iter().map(|(api, addresses)| (api, backends(addresses))).collect();
        Self { client, apis: Arc::new(apis), limits }
    }

    /// How all addresses do.
    pub fn health(&self) -> Vec<AddressHealth> {
        let of = |api: Api, backend: &Backend| AddressHealth {
            api,
            address: backend.address.to_string(),
            requests: backend.requests.load(Ordering::Relaxed),
            failures: backend.failures.load(Ordering::Relaxed),
            trouble: backend.trouble().map(|trouble| trouble.reason),
        };
        let apis = self.apis.iter();
        apis.flat_map(|(api, them)| them.all.iter().map(|it| of(*api, it))).collect()
    }

    /// Tries the addresses of an API one after the other until `attempt` succeeds on one.
    async fn failover<'a, T>(
        &'a self,
        api: Api,
        attempt: impl Fn(&'a Address) -> BoxFuture<'a, Result<T, String>> + Send + Sync,
    ) -> Result<T, TransportError> {
        let unknown = || TransportError { reason: format!("no address for API {}", api.0) };
        let backends = self.apis.get(&api).ok_or_else(unknown)?;
        let mut reasons = Vec::new();
        for (index, backend) in backends.in_order(self.limits.penalty) {
            let result = attempt(&backend.address).await;
            backend.note(result.as_ref().map(|_| ()).map_err(String::as_str));
            match result {
                Ok(value) => {
                    backends.preferred.store(index, Ordering::Relaxed);
                    return Ok(value);
                }
                Err(reason) => {
                    tracing::debug!(code = "address_failed", address = %backend.address, reason);
                    reasons.push(format!("{}: {reason}", backend.address));
                }
            }
        }
        if reasons.is_empty() {
            return Err(unknown());
        }
        Err(TransportError { reason: reasons.join("; ") })
    }

    async fn request(&self, address: &Address, call: &Call) -> Result<Response<Incoming>, String> {
        let url = address.url("http", &call.path);
        let method = match call.verb {
            Verb::Get => Method::GET,
            Verb::Post => Method::POST,
        };
        let mut request =
            Request::builder().method(method).uri(url).header(header::ACCEPT, call.accept);
        if call.verb == Verb::Post {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        if let Some(value) = address.login().header().await? {
            request = request.header(header::AUTHORIZATION, value);
        }
        let request = request
            .body(Full::new(Bytes::copy_from_slice(&call.body)))
            .map_err(|error| error.to_string())?;
        let response = self.client.request(request).await.map_err(|error| chain_of(&error))?;
        match (response.status(), address.login()) {
            (StatusCode::UNAUTHORIZED, Login::CookieFile(path)) => {
                Err(format!("it does not take the cookie in {}", path.display()))
            }
            (status @ StatusCode::UNAUTHORIZED, _) => Err(format!("status {status}")),
            _ => Ok(response),
        }
    }

    async fn exchange(&self, address: &Address, call: &Call) -> Result<Reply, String> {
        let exchange = async {
            let response = self.request(address, call).await?;
            let status = response.status();
            if is_absent(status) {
                return Err(format!("status {status}"));
            }
            let body = Limited::new(response.into_body(), self.limits.body);
            let body = body.collect().await.map_err(|error| format!("its answer: {error}"))?;
            Ok(Reply { status: status.as_u16(), body: body.to_bytes().to_vec() })
        };
        self.in_time(exchange).await
    }

    async fn open_server_sent(
        &self,
        address: &Address,
        call: &Call,
    ) -> Result<Box<dyn Stream>, String> {
        let response = self.in_time(self.request(address, call)).await?;
        if response.status() != StatusCode::OK {
            return Err(format!("status {}", response.status()));
        }
        Ok(Box::new(ServerSent::new(response.into_body(), self.limits.message)))
    }

    async fn open_socket(
        &self,
        address: &Address,
        path: &str,
        requests: &[String],
    ) -> Result<Box<dyn Stream>, String> {
        let open = Socket::open(address, path, requests, self.limits.message);
        Ok(Box::new(self.in_time(open).await?))
    }

    async fn in_time<T>(
        &self,
        answer: impl Future<Output = Result<T, String>>,
    ) -> Result<T, String> {
        let late = |_| format!("no answer in {:?}", self.limits.answer);
        timeout(self.limits.answer, answer).await.map_err(late)?
    }
}

/// True for what a gateway says when there is nobody behind it, or too much to do.
fn is_absent(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
            | StatusCode::TOO_MANY_REQUESTS
    )
}

/// An error with what caused it.
fn chain_of(error: &dyn core::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

#[async_trait]
impl Transport for HttpTransport {
    async fn send(&self, call: Call) -> Result<Reply, TransportError> {
        self.failover(call.api, |address| self.exchange(address, &call).boxed()).await
    }

    async fn subscribe(
        &self,
        subscription: &Subscription,
    ) -> Result<Box<dyn Stream>, TransportError> {
        match subscription {
            Subscription::ServerSent { api, path } => {
                let call = Call { accept: "text/event-stream", ..Call::get(*api, path.clone()) };
                self.failover(*api, |address| self.open_server_sent(address, &call).boxed()).await
            }
            Subscription::WebSocket { api, path, requests } => {
                self.failover(*api, |address| self.open_socket(address, path, requests).boxed())
                    .await
            }
        }
    }
}
