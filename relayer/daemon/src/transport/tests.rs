//! The transport against servers that say what a test wants.

use core::time::Duration;
use std::sync::{Arc, Mutex};

use causeway_relayer_endpoints::{Api, Call, Subscription, Transport};
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;

use super::{Address, HttpTransport, Login, TransportLimits};

const API: Api = Api(3);

/// Answers each connection's first request with fixed bytes; keeps what was asked.
async fn server(answer: impl Into<Vec<u8>>) -> (Address, Arc<Mutex<Vec<String>>>) {
    let answer = answer.into();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let kept = asked.clone();
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let request = read_request(&mut socket).await;
            kept.lock().unwrap().push(request);
            socket.write_all(&answer).await.unwrap();
            if answer.is_empty() {
                // Never answers: the socket stays open until the client leaves.
                let _ = socket.read(&mut [0]).await;
            }
        }
    });
    (address, asked)
}

async fn read_request(socket: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let mut buffer = [0; 1024];
    while !text.windows(4).any(|window| window == b"\r\n\r\n") {
        let count = socket.read(&mut buffer).await.unwrap();
        if count == 0 {
            break;
        }
        text.extend_from_slice(&buffer[..count]);
    }
    String::from_utf8(text).unwrap().to_lowercase()
}

fn answer(status: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
}

fn limits() -> TransportLimits {
    TransportLimits {
        answer: Duration::from_millis(300),
        body: 1000,
        message: 1000,
        ..TransportLimits::default()
    }
}

fn transport(addresses: Vec<Address>) -> HttpTransport {
    HttpTransport::new([(API, addresses)], limits())
}

#[tokio::test]
async fn another_address_answers_where_one_does_not() {
    let (silent, _) = server("").await;
    let (busy, _) = server(answer("503 Busy", "")).await;
    let (endless, _) = server(answer("200 OK", &"x".repeat(1001))).await;
    let (good, asked) = server(answer("500 Internal Server Error", "a chain's no")).await;
    let nobody: Address = "http://127.0.0.1:1".parse().unwrap();
    let transport = transport(vec![nobody, silent, busy, endless, good]);
    for _ in 0..2 {
        let reply = transport.send(Call::get(API, "/a?b=c")).await.unwrap();
        assert_eq!((reply.status, reply.body.as_slice()), (500, b"a chain's no".as_slice()));
    }
    assert!(asked.lock().unwrap()[0].starts_with("get /a?b=c http/1.1"));
    let health = transport.health();
    let counts: Vec<_> = health.iter().map(|it| (it.requests, it.failures)).collect();
    assert_eq!(counts, [(1, 1), (1, 1), (1, 1), (1, 1), (2, 0)], "{health:#?}");
}

#[tokio::test]
async fn when_nobody_answers_all_are_named() {
    let (busy, _) = server(answer("503 Busy", "")).await;
    let addresses = vec!["http://user:secret@127.0.0.1:1".parse().unwrap(), busy];
    let error = transport(addresses).send(Call::get(API, "/")).await.unwrap_err();
    assert!(error.reason.contains("127.0.0.1:1: ") && error.reason.contains("503"), "{error}");
    assert!(!error.reason.contains("secret"), "{error}");
    let error = transport(Vec::new()).send(Call::get(Api(9), "/")).await.unwrap_err();
    assert!(error.reason.contains("no address"), "{error}");
}

#[tokio::test]
async fn credentials_come_from_the_address_or_from_a_cookie_that_changes() {
    let (address, asked) = server(answer("200 OK", "{}")).await;
    let cookie = std::env::temp_dir().join(format!("causeway-cookie-{}", std::process::id()));
    let with_cookie = address.clone().with_login(Login::CookieFile(cookie.clone()));
    let with_password = address.with_login(Login::basic("user", "password"));
    transport(vec![with_password]).send(Call::post(API, "{}")).await.unwrap();
    let transport = transport(vec![with_cookie]);
    transport.send(Call::post(API, "{}")).await.unwrap_err();
    std::fs::write(&cookie, "__cookie__:1\n").unwrap();
    transport.send(Call::post(API, "{}")).await.unwrap();
    std::fs::write(&cookie, "__cookie__:2\n").unwrap();
    transport.send(Call::post(API, "{}")).await.unwrap();
    std::fs::remove_file(&cookie).unwrap();
    let asked = asked.lock().unwrap().clone();
    let said: Vec<_> = asked
        .iter()
        .map(|request| request.split("authorization: basic ").nth(1).unwrap().lines().next())
        .collect();
    // "user:password", "__cookie__:1" and "__cookie__:2" in base64, lower case as all is here.
    let expected = ["dxnlcjpwyxnzd29yza==", "x19jb29rawvfxzox", "x19jb29rawvfxzoy"];
    assert_eq!(said, expected.map(Some));
}

#[tokio::test]
async fn streams_bring_messages_until_they_end() {
    let events = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n\
                  event: head\ndata: 1\n\n:\n\n";
    let (address, asked) = server(events).await;
    let subscription = Subscription::ServerSent { api: API, path: "/events".into() };
    let mut stream = transport(vec![address]).subscribe(&subscription).await.unwrap();
    assert_eq!(stream.next().await.unwrap(), b"event: head\ndata: 1");
    assert_eq!(stream.next().await.unwrap(), b":");
    stream.next().await.unwrap_err();
    assert!(asked.lock().unwrap()[0].contains("accept: text/event-stream"));
}

#[tokio::test]
async fn websockets_say_their_piece_and_listen() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let server = tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        let mut socket = tokio_tungstenite::accept_async(socket).await.unwrap();
        let asked = socket.next().await.unwrap().unwrap();
        socket.send(Message::Ping(vec![1].into())).await.unwrap();
        socket.send(asked).await.unwrap();
        socket.send(Message::text("x".repeat(1001))).await.unwrap();
    });
    let requests = vec!["subscribe".to_owned()];
    let subscription = Subscription::WebSocket { api: API, path: "/websocket".into(), requests };
    let mut stream = transport(vec![address]).subscribe(&subscription).await.unwrap();
    assert_eq!(stream.next().await.unwrap(), b"subscribe");
    stream.next().await.expect_err("a message of more than a thousand bytes");
    server.await.unwrap();
}
