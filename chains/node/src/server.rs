//! HTTP and websockets, turned into requests to a chain.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{FromRequestParts, Request as HttpRequest, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response as HttpResponse};
use axum::{Router, body};
use causeway_chain::{Answer, Listener, Method, Request, Response, SessionId};
use futures_util::stream;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::handle::{Answered, ChainHandle, Stream};

/// The largest body of a request, and the largest message of a websocket.
const MAX_BODY_LEN: usize = 8 << 20;

/// Clients drop a websocket that is silent for half a minute, and a lost one is noticed.
const PING_INTERVAL: Duration = Duration::from_secs(20);

/// Opens a socket on the loopback interface.
pub(crate) async fn bind(port: u16) -> std::io::Result<TcpListener> {
    TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port))).await
}

/// Answers on a socket until `stop` says true or its sender is gone.
pub(crate) async fn serve(
    socket: TcpListener,
    chain: ChainHandle,
    listener: Listener,
    mut stop: watch::Receiver<bool>,
) -> std::io::Result<()> {
    let app = Router::new().fallback(handle).with_state((chain, listener));
    axum::serve(socket, app)
        .with_graceful_shutdown(async move {
            let _ = stop.wait_for(|stopped| *stopped).await;
        })
        .await
}

async fn handle(
    State((chain, listener)): State<(ChainHandle, Listener)>,
    http: HttpRequest,
) -> HttpResponse {
    if http.method() == axum::http::Method::OPTIONS {
        // A browser asks whether it may: it may.
        return to_http(Response::new(204, "text/plain", ""), Body::from);
    }
    let (mut parts, body) = http.into_parts();
    let Ok(body) = body::to_bytes(body, MAX_BODY_LEN).await else {
        return (StatusCode::PAYLOAD_TOO_LARGE, "the body is too long").into_response();
    };
    let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &()).await.ok();
    let request = to_request(&parts, &body, upgrade.is_some(), chain.new_session());
    let session = request.session;
    let Ok(Answered { answer, stream, delay }) = chain.request(listener, request).await else {
        return (StatusCode::SERVICE_UNAVAILABLE, "the chain has stopped").into_response();
    };
    tokio::time::sleep(delay).await;
    match (answer, stream, upgrade) {
        (Answer::Now(response), ..) => to_http(response, Body::from),
        (Answer::Stream(head), Some(stream), _) => {
            to_http(head, |_| streamed(stream, Closing { chain, session }))
        }
        (Answer::Websocket, Some(stream), Some(upgrade)) => upgrade
            .max_message_size(MAX_BODY_LEN)
            .on_upgrade(move |socket| converse(socket, stream, chain, session)),
        _ => (StatusCode::UPGRADE_REQUIRED, "this path is for websockets").into_response(),
    }
}

fn to_request(
    parts: &axum::http::request::Parts,
    body: &Bytes,
    upgrade: bool,
    session: SessionId,
) -> Request {
    let field = |(name, value): (&HeaderName, &HeaderValue)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    };
    Request {
        method: match parts.method {
            axum::http::Method::GET => Method::Get,
            axum::http::Method::POST => Method::Post,
            _ => Method::Other,
        },
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers.iter().filter_map(field).collect(),
        body: body.to_vec(),
        upgrade,
        session,
    }
}

/// Browsers may read from any page: the chains are for development and hold no secrets.
fn to_http(response: Response, body: impl FnOnce(Vec<u8>) -> Body) -> HttpResponse {
    let mut http = HttpResponse::new(body(response.body));
    *http.status_mut() =
        StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in response.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            http.headers_mut().append(name, value);
        }
    }
    let anywhere = HeaderValue::from_static("*");
    http.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, anywhere.clone());
    http.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_HEADERS, anywhere);
    http
}

/// Tells the chain that a streamed body is no longer read.
struct Closing {
    chain: ChainHandle,
    session: SessionId,
}

impl Drop for Closing {
    fn drop(&mut self) {
        let (chain, session) = (self.chain.clone(), self.session);
        tokio::spawn(async move { chain.close(session).await });
    }
}

fn streamed(stream: Stream, closing: Closing) -> Body {
    let pieces = stream::unfold((stream, closing), |(mut stream, closing)| async move {
        let piece = stream.recv().await?;
        Some((Ok::<_, std::convert::Infallible>(piece), (stream, closing)))
    });
    Body::from_stream(pieces)
}

async fn converse(
    mut socket: WebSocket,
    mut stream: Stream,
    chain: ChainHandle,
    session: SessionId,
) {
    let mut pings = tokio::time::interval(PING_INTERVAL);
    loop {
        tokio::select! {
            _ = pings.tick() => {
                if socket.send(Message::Ping(Bytes::new())).await.is_err() {
                    break;
                }
            }
            outgoing = stream.recv() => {
                let Some(text) = outgoing.and_then(|bytes| String::from_utf8(bytes).ok()) else {
                    break;
                };
                if socket.send(Message::Text(text.into())).await.is_err() {
                    break;
                }
            }
            incoming = socket.recv() => {
                let received = match incoming {
                    Some(Ok(Message::Text(text))) => {
                        chain.receive(session, text.as_bytes().to_vec()).await
                    }
                    Some(Ok(Message::Binary(bytes))) => {
                        chain.receive(session, bytes.to_vec()).await
                    }
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(()),
                    Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                };
                if received.is_err() {
                    break;
                }
            }
        }
    }
    chain.close(session).await;
}
