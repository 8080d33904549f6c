//! What stands before the methods: who asks, and the pages that are no JSON-RPC.

use core::pin::Pin;
use core::task::{Context, Poll};
use std::sync::Arc;

use hyper::{Method, StatusCode, header};
use jsonrpsee::server::{HttpBody, HttpRequest, HttpResponse};
use tower::Service;

use crate::config::RpcSettings;
use crate::daemon::Shared;

/// What the caller may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Everything: the token was right.
    Full,
    /// Look.
    Read,
    /// Look; the token was wrong.
    WrongToken,
}

/// What is needed to let callers in.
#[derive(Clone)]
pub(super) struct Gate {
    shared: Arc<Shared>,
    token: Option<Arc<str>>,
    loopback: bool,
}

impl Gate {
    pub(super) fn new(shared: Arc<Shared>, settings: &RpcSettings) -> Self {
        let token = settings.token.as_deref().map(Arc::from);
        Self { shared, token, loopback: settings.listen.ip().is_loopback() }
    }

    /// A page of a browser may not speak for its user, token or not: who has one is no page.
    fn access<B>(&self, request: &hyper::Request<B>) -> Access {
        let given = request.headers().get(header::AUTHORIZATION);
        let given = given.and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
        match (given, &self.token) {
            (Some(given), Some(token)) if same(given, token.as_bytes()) => Access::Full,
            (Some(_), _) => Access::WrongToken,
            (None, _) => Access::Read,
        }
    }

    /// Listening beyond this machine, even looking needs the token.
    fn refuses<B>(&self, request: &hyper::Request<B>) -> bool {
        (!self.loopback && self.access(request) != Access::Full)
            || (self.loopback && !is_local(request))
    }

    async fn page(self, path: String) -> HttpResponse {
        match path.as_str() {
            "/metrics" => {
                let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
                text(StatusCode::OK, kind, self.shared.metrics_text())
            }
            "/readyz" => {
                let missing = self.shared.unready();
                if missing.is_empty() {
                    return plain(StatusCode::OK, "ready\n".into());
                }
                let reason = format!("{}\n", missing.join("\n"));
                plain(StatusCode::SERVICE_UNAVAILABLE, reason)
            }
            _ => plain(StatusCode::OK, "alive\n".into()),
        }
    }
}

/// Compares in the same time whatever differs.
fn same(one: &[u8], other: &[u8]) -> bool {
    let differs = one.iter().zip(other).fold(0, |sum, (a, b)| sum | (a ^ b));
    one.len() == other.len() && differs == 0
}

/// True when the request names this machine, and does not come from a web page: another site's name
/// can be made to lead to 127.0.0.1, and its page then asks in its visitor's name.
fn is_local<B>(request: &hyper::Request<B>) -> bool {
    let named = |value: &header::HeaderValue| {
        let Ok(text) = value.to_str() else { return false };
        let text = text.strip_prefix("http://").unwrap_or(text);
        let host = match text.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => text,
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost"
            || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    };
    let headers = request.headers();
    headers.get(header::HOST).is_none_or(named) && headers.get(header::ORIGIN).is_none_or(named)
}

fn text(status: StatusCode, kind: &'static str, body: String) -> HttpResponse {
    let mut response = HttpResponse::new(HttpBody::from(body));
    *response.status_mut() = status;
    let kind = header::HeaderValue::from_static(kind);
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

fn plain(status: StatusCode, body: String) -> HttpResponse {
    text(status, "text/plain; charset=utf-8", body)
}

/// The service that stands before the methods.
#[derive(Clone)]
pub(super) struct Front<S> {
    inner: S,
    gate: Gate,
}

impl<S> Front<S> {
    pub(super) const fn new(inner: S, gate: Gate) -> Self {
        Self { inner, gate }
    }
}

impl<S, B> Service<HttpRequest<B>> for Front<S>
where
    S: Service<HttpRequest<B>, Response = HttpResponse>,
    S::Future: Send + 'static,
{
    type Response = HttpResponse;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: HttpRequest<B>) -> Self::Future {
        let path = request.uri().path();
        let is_probe = matches!(path, "/livez" | "/readyz");
        let is_page = is_probe || path == "/metrics";
        if !is_probe && self.gate.refuses(&request) {
            let reason = "this needs the relayer's token, and this machine's name\n";
            return Box::pin(async move { Ok(plain(StatusCode::UNAUTHORIZED, reason.into())) });
        }
        if is_page && request.method() == Method::GET {
            let page = self.gate.clone().page(path.to_owned());
            return Box::pin(async move { Ok(page.await) });
        }
        let access = self.gate.access(&request);
        request.extensions_mut().insert(access);
        Box::pin(self.inner.call(request))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_local() {
        for (host, origin, local) in [
            ("127.0.0.1:26600", None, true),
            ("localhost", None, true),
            ("[::1]:26600", None, true),
            ("localhost:1", Some("http://localhost:3000"), true),
            ("evil.example:26600", None, false),
            ("127.0.0.1:26600", Some("https://evil.example"), false),
            ("127.0.0.1:26600", Some("null"), false),
            ("10.0.0.1", None, false),
        ] {
            let mut request = hyper::Request::new(());
            request.headers_mut().insert(header::HOST, host.parse().unwrap());
            if let Some(origin) = origin {
                request.headers_mut().insert(header::ORIGIN, origin.parse().unwrap());
            }
            assert_eq!(is_local(&request), local, "{host} {origin:?}");
        }
    }

    #[test]
    fn tokens_are_equal_or_not() {
        assert!(same(b"abc", b"abc"));
        for other in [b"abd".as_slice(), b"ab", b"abcd", b""] {
            assert!(!same(b"abc", other));
        }
    }
}
