//! The chain as the shell runs it: the consensus half and the execution half, and the sockets of
//! both.

use causeway_chain::{
    Answer, Chain, DurableView, DurableWrite, Fault, FaultError, Listener, Push, Request,
    SessionId, Summary,
};
use causeway_core::Timestamp;
use causeway_light_client::ClientRegistry;

use crate::beacon::chain::{BeaconChain, Config, StartError};
use crate::execution::{self, Execution, RestoreError};
use crate::rpc::Sessions;

/// The name that users know this chain by.
const ALIAS: &str = "pos";

/// The socket of the Beacon API.
pub const BEACON_LISTENER: Listener = Listener(0);
/// The socket of the execution half's JSON-RPC, over HTTP and websockets.
pub const EXECUTION_LISTENER: Listener = Listener(1);

/// The consensus half over the execution half.
pub(crate) type Beacon = BeaconChain<Execution>;

/// Why a chain does not start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The consensus half does not.
    #[error(transparent)]
    Consensus(#[from] StartError),
    /// The execution half does not.
    #[error(transparent)]
    Execution(#[from] RestoreError),
}

/// The bundled proof-of-stake chain.
#[derive(Debug)]
pub struct EthereumChain {
    beacon: Beacon,
    sessions: Sessions,
}

impl EthereumChain {
    /// A chain that goes on where the writes in `view` end, or a new one, dated back, when there
    /// are none. The contracts on it keep clients of the families in `clients`.
    pub fn open(
        config: Config,
        clients: ClientRegistry,
        view: &dyn DurableView,
        now: Timestamp,
    ) -> Result<Self, OpenError> {
        let parameters = execution::Config {
            chain_id: config.chain_id,
            seed: config.seed,
            seconds_per_slot: config.seconds_per_slot,
        };
        let execution = Execution::open(parameters, clients, view)?;
        let beacon = BeaconChain::new(config, execution, view, now)?;
        let sessions = Sessions::new(&beacon, now);
        Ok(Self { beacon, sessions })
    }

    /// The consensus half, and through it the execution half.
    pub const fn beacon(&self) -> &BeaconChain<Execution> {
        &self.beacon
    }
}

impl Chain for EthereumChain {
    fn alias(&self) -> &'static str {
        ALIAS
    }

    fn advance(&mut self, now: Timestamp) {
        self.beacon.advance(now);
        self.sessions.follow(&self.beacon, now);
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        self.beacon.next_deadline()
    }

    fn request(&mut self, listener: Listener, request: &Request, _now: Timestamp) -> Answer {
        if listener == EXECUTION_LISTENER {
            self.sessions.request(&mut self.beacon, request)
        } else {
            self.beacon.request(request)
        }
    }

    fn receive(&mut self, session: SessionId, message: &[u8]) {
        self.sessions.receive(&mut self.beacon, session, message);
    }

    fn close(&mut self, session: SessionId) {
        self.beacon.close(session);
        self.sessions.close(session);
    }

    fn take_pushes(&mut self) -> Vec<Push> {
        let mut pushes = self.beacon.take_pushes();
        pushes.extend(self.sessions.take_pushes());
        pushes
    }

    /// The writes of both halves, as one batch.
    fn take_writes(&mut self) -> Vec<DurableWrite> {
        let mut writes = self.beacon.take_writes();
        writes.extend(self.beacon.engine_mut().take_writes());
        writes
    }

    fn summary(&self) -> Summary {
        self.beacon.summary()
    }

    fn inject(&mut self, fault: &Fault, now: Timestamp) -> Result<String, FaultError> {
        let outcome = self.beacon.inject(fault, now);
        self.sessions.follow(&self.beacon, now);
        outcome
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use causeway_chain::{Method, Response};
    use serde_json::{Value, json};

    use super::*;

    type Disk = BTreeMap<Vec<u8>, Vec<u8>>;

    fn time(millis: u64) -> Timestamp {
        Timestamp::from_nanos((1_800_000_000_000 + millis) * 1_000_000)
    }

    fn open(disk: &Disk, millis: u64) -> EthereumChain {
        let config = Config::default();
        EthereumChain::open(config, ClientRegistry::default(), disk, time(millis)).unwrap()
    }

    fn save(chain: &mut EthereumChain, disk: &mut Disk) {
        for DurableWrite { key, value } in chain.take_writes() {
            match value {
                Some(value) => disk.insert(key, value),
                None => disk.remove(&key),
            };
        }
    }

    fn request(method: Method, path: &str, body: &str) -> Request {
        Request {
            method,
            path: path.into(),
            query: String::new(),
            headers: vec![("content-type".into(), "application/json".into())],
            body: body.into(),
            upgrade: false,
            session: SessionId(1),
        }
    }

    fn answer(chain: &mut EthereumChain, listener: Listener, request: &Request) -> Response {
        match chain.request(listener, request, time(0)) {
            Answer::Now(response) => response,
            other => panic!("{other:?}"),
        }
    }

    fn call(chain: &mut EthereumChain, method: &str) -> Value {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method }).to_string();
        let request = request(Method::Post, "/", &body);
        let response = answer(chain, EXECUTION_LISTENER, &request);
        serde_json::from_slice(&response.body).unwrap()
    }

    #[test]
    fn both_halves_answer_on_their_own_sockets() {
        let chain = &mut open(&Disk::new(), 500);
        assert_eq!(chain.alias(), "pos");
        assert_eq!(call(chain, "eth_chainId")["result"], "0x7a69");
        assert_eq!(call(chain, "eth_blockNumber")["result"], "0x29");
        assert_eq!(call(chain, "eth_nothing")["error"]["code"], -32601);
        let version = request(Method::Get, "/eth/v1/node/version", "");
        assert_eq!(answer(chain, BEACON_LISTENER, &version).status, 200);
        for (method, body, status) in
            [(Method::Get, "", 200), (Method::Other, "", 405), (Method::Post, "{", 200)]
        {
            let response = answer(chain, EXECUTION_LISTENER, &request(method, "/", body));
            assert_eq!(response.status, status);
        }
        let mut plain = request(Method::Post, "/", "{}");
        plain.headers = vec![("content-type".into(), "text/plain".into())];
        assert_eq!(answer(chain, EXECUTION_LISTENER, &plain).status, 415);
    }

    #[test]
    fn streams_of_both_kinds_are_open_side_by_side() {
        let chain = &mut open(&Disk::new(), 500);
        let mut events = request(Method::Get, "/eth/v1/events", "");
        events.query = "topics=head".into();
        let opened = chain.request(BEACON_LISTENER, &events, time(500));
        assert!(matches!(opened, Answer::Stream(_)));
        let mut socket = request(Method::Get, "/", "");
        (socket.upgrade, socket.session) = (true, SessionId(2));
        assert_eq!(chain.request(EXECUTION_LISTENER, &socket, time(500)), Answer::Websocket);
        chain.receive(SessionId(2), br#"{"jsonrpc":"2.0","id":5,"method":"net_version"}"#);
        chain.advance(time(1500));
        let pushes = chain.take_pushes();
        let answered = br#"{"jsonrpc":"2.0","id":5,"result":"31337"}"#.to_vec();
        assert!(pushes.contains(&Push::Message(SessionId(2), answered)));
        let is_event = |push: &Push| matches!(push, Push::Message(SessionId(1), _));
        assert!(pushes.iter().any(is_event));
        chain.close(SessionId(1));
        chain.close(SessionId(2));
        chain.receive(SessionId(2), br#"{"jsonrpc":"2.0","id":5,"method":"net_version"}"#);
        chain.advance(time(2500));
        assert_eq!(chain.take_pushes(), []);
    }

    #[test]
    fn a_chain_dropped_at_any_point_goes_on_with_all_its_blocks() {
        let mut disk = Disk::new();
        let mut now = 500;
        for run in 0..4 {
            let mut chain = open(&disk, now);
            now += 3000 + 1700 * run;
            chain.advance(time(now));
            save(&mut chain, &mut disk);
            let (head, root) = (chain.summary().head, chain.beacon().serving().unwrap().head());
            let restored = open(&disk, now);
            assert_eq!(restored.summary().head, head);
            assert_eq!(restored.beacon().serving().unwrap().head(), root);
            now += 250;
        }
    }
}
