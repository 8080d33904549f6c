//! A chain that is run as the shell runs it, and a disk.

use std::collections::BTreeMap;
use std::time::Duration;

use causeway_chain::{
    Answer, Chain, DurableWrite, Fault, Listener, Method, Push, Request, Response, SessionId,
};
use causeway_chain_cometbft::{CometbftChain, Config};
use causeway_core::Timestamp;
use serde_json::{Value, json};
use tendermint_rpc::SimpleRequest;
use tendermint_rpc::dialect::v0_38::Dialect;
use tendermint_rpc::response::Response as _;

pub(super) type Disk = BTreeMap<Vec<u8>, Vec<u8>>;

pub(super) const START: Timestamp = Timestamp::from_nanos(1_795_000_000_123_456_789);

pub(super) fn write(disk: &mut Disk, writes: Vec<DurableWrite>) {
    for write in writes {
        match write.value {
            Some(value) => drop(disk.insert(write.key, value)),
            None => drop(disk.remove(&write.key)),
        }
    }
}

pub(super) struct Driver {
    pub(super) chain: CometbftChain,
    pub(super) disk: Disk,
    pub(super) now: Timestamp,
    sessions: u64,
}

impl Driver {
    pub(super) fn new(seed: u64) -> Self {
        Self::with(Config::new(seed).unwrap(), Disk::new(), START)
    }

    pub(super) fn with(config: Config, disk: Disk, now: Timestamp) -> Self {
        let clients = causeway_client_registry::all();
        let mut chain = CometbftChain::open(config, clients, &disk, now).unwrap();
        let mut disk = disk;
        write(&mut disk, chain.take_writes());
        Self { chain, disk, now, sessions: 0 }
    }

    /// Kills the process and starts it again.
    pub(super) fn restart(self, config: Config) -> Self {
        Self::with(config, self.disk, self.now)
    }

    /// Runs from deadline to deadline.
    pub(super) fn run(&mut self, millis: u64) {
        let end = self.now.saturating_add(Duration::from_millis(millis));
        while let Some(due) = self.chain.next_deadline().filter(|due| *due < end) {
            self.step(due.max(self.now));
        }
        self.step(end);
    }

    pub(super) fn step(&mut self, now: Timestamp) {
        self.now = now;
        self.chain.advance(now);
        write(&mut self.disk, self.chain.take_writes());
    }

    pub(super) fn head(&self) -> u64 {
        self.chain.summary().head
    }

    pub(super) fn inject(&mut self, fault: &Fault) -> String {
        self.chain.inject(fault, self.now).unwrap()
    }

    pub(super) fn request(&mut self, request: &Request) -> Answer {
        let answer = self.chain.request(Listener(0), request, self.now);
        write(&mut self.disk, self.chain.take_writes());
        answer
    }

    pub(super) fn new_request(
        &mut self,
        method: Method,
        path: &str,
        query: &str,
        body: &str,
    ) -> Request {
        self.sessions += 1;
        Request {
            method,
            path: path.into(),
            query: query.into(),
            headers: vec![],
            body: body.as_bytes().to_vec(),
            upgrade: path.ends_with("/websocket"),
            session: SessionId(self.sessions),
        }
    }

    pub(super) fn http(&mut self, method: Method, path: &str, query: &str, body: &str) -> Response {
        let request = self.new_request(method, path, query, body);
        match self.request(&request) {
            Answer::Now(response) => response,
            other => panic!("{path}: {other:?}"),
        }
    }

    pub(super) fn get(&mut self, path: &str, query: &str) -> (u16, Value) {
        let response = self.http(Method::Get, path, query, "");
        let body = serde_json::from_slice(&response.body).unwrap_or(Value::Null);
        (response.status, body)
    }

    /// A call of JSON-RPC, on the node at that path.
    pub(super) fn answer(&mut self, path: &str, method: &str, params: Value) -> Value {
        let mut call = json!({ "jsonrpc": "2.0", "id": "x", "method": method });
        call["params"] = params;
        let response = self.http(Method::Post, path, "", &call.to_string());
        assert_eq!(response.status, 200);
        serde_json::from_slice(&response.body).unwrap()
    }

    pub(super) fn call(&mut self, method: &str, params: Value) -> Value {
        let mut answer = self.answer("/", method, params);
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].take()
    }

    pub(super) fn error(&mut self, method: &str, params: Value) -> (i64, String) {
        let answer = self.answer("/", method, params);
        let error = &answer["error"];
        (error["code"].as_i64().unwrap(), error["data"].as_str().unwrap_or_default().to_owned())
    }

    /// A request of `tendermint-rpc`, answered by the node at that path.
    pub(super) fn ask_at<R: SimpleRequest<Dialect>>(
        &mut self,
        path: &str,
        request: R,
    ) -> Result<R::Output, tendermint_rpc::Error> {
        let response = self.http(Method::Post, path, "", &request.into_json());
        assert_eq!(response.status, 200, "{:?}", String::from_utf8_lossy(&response.body));
        R::Response::from_string(response.body).map(Into::into)
    }

    pub(super) fn ask<R: SimpleRequest<Dialect>>(&mut self, request: R) -> R::Output {
        self.ask_at("/", request).unwrap()
    }

    pub(super) fn open_websocket(&mut self, path: &str) -> SessionId {
        let request = self.new_request(Method::Get, path, "", "");
        assert_eq!(self.request(&request), Answer::Websocket);
        request.session
    }

    /// Sends a call on a websocket and gives the answer to it.
    pub(super) fn send(
        &mut self,
        session: SessionId,
        id: i64,
        method: &str,
        params: Value,
    ) -> Value {
        let mut call = json!({ "jsonrpc": "2.0", "id": id, "method": method });
        call["params"] = params;
        self.chain.receive(session, call.to_string().as_bytes());
        let mut messages = self.messages(session);
        assert_eq!(messages.len(), 1, "{messages:?}");
        messages.remove(0)
    }

    pub(super) fn messages(&mut self, session: SessionId) -> Vec<Value> {
        let pushes = self.chain.take_pushes().into_iter();
        pushes
            .filter_map(|push| match push {
                Push::Message(to, bytes) if to == session => {
                    Some(serde_json::from_slice(&bytes).unwrap())
                }
                _ => None,
            })
            .collect()
    }
}
