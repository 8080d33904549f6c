//! Chains and the time. Nothing waits: each request is answered at once.

use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::pin::pin;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use causeway_chain::{Answer, Chain, Fault, Listener, Method, Request, SessionId};
use causeway_core::{
    ClientId, Counterparty, CreateClient, Height, Message, RegisterCounterparty, Response,
    Timestamp, UpdateClient,
};
use causeway_relayer_endpoints::{
    Call, ClientParameters, Endpoint, EndpointError, Executed, HostedClient, MessageOutcome, Reply,
    Signed, Stream, Subscription, TransactionState, Transport, TransportError, Verb,
};

use super::chains::{Family, start};

/// What passes between two looks.
const MOMENT: Duration = Duration::from_millis(500);

/// How many moments something may take.
const PATIENCE: usize = 240;

struct Running {
    now: Timestamp,
    chains: Vec<Box<dyn Chain>>,
}

impl Running {
    /// Goes on to the next thing that a chain does, or to the end.
    fn step(&mut self, end: Timestamp) {
        let next = self.chains.iter().filter_map(|chain| chain.next_deadline()).min();
        self.now = next.unwrap_or(end).min(end).max(self.now);
        for chain in &mut self.chains {
            chain.advance(self.now);
            chain.take_writes();
            chain.take_pushes();
        }
    }
}

/// Chains that run side by side.
pub(crate) struct World {
    running: Arc<Mutex<Running>>,
    families: Vec<Family>,
}

impl World {
    pub(crate) fn new(families: impl IntoIterator<Item = Family>) -> Self {
        let now = start();
        let families: Vec<_> = families.into_iter().collect();
        let chains = families.iter().map(|family| family.open(now)).collect();
        let world = Self { running: Arc::new(Mutex::new(Running { now, chains })), families };
        for me in 0..world.families.len() {
            let endpoint = world.endpoint(me, "relayer");
            world.until(|| finish(endpoint.observe()).is_ok_and(|it| it.finalized.height() > 2));
        }
        world
    }

    pub(crate) fn endpoint(&self, chain: usize, account: &str) -> Arc<dyn Endpoint> {
        let way = Arc::new(Way { running: self.running.clone(), chain });
        self.families[chain].endpoint(way, account)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.running.lock().unwrap().now
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, time: Duration) {
        let mut running = self.running.lock().unwrap();
        let end = running.now.saturating_add(time);
        while running.now < end {
            running.step(end);
        }
    }

    /// Lets time pass until something holds.
    pub(crate) fn until(&self, mut holds: impl FnMut() -> bool) {
        for _ in 0..PATIENCE {
            if holds() {
                return;
            }
            self.pass(MOMENT);
        }
        panic!("it does not come about");
    }

    pub(crate) fn break_it(&self, chain: usize, fault: &Fault) {
        let mut running = self.running.lock().unwrap();
        let now = running.now;
        running.chains[chain].inject(fault, now).unwrap();
    }

    /// Waits for a transaction that is out.
    pub(crate) fn settle(&self, endpoint: &dyn Endpoint, signed: &Signed) -> Executed {
        let mut found = None;
        self.until(|| {
            if let TransactionState::Executed(executed) =
                finish(endpoint.state(&signed.transaction)).unwrap()
            {
                found = Some(executed);
            }
            found.is_some()
        });
        found.unwrap()
    }

    /// Signs, broadcasts and waits.
    pub(crate) fn execute(
        &self,
        endpoint: &dyn Endpoint,
        messages: &[Message],
    ) -> Result<Vec<Response>, EndpointError> {
        let signed = finish(endpoint.sign(messages))?;
        finish(endpoint.broadcast(&signed.raw))?;
        let outcomes = self.settle(endpoint, &signed).outcomes.into_iter();
        let handled = outcomes.map(|outcome| match outcome {
            MessageOutcome::Handled(response) => response,
            MessageOutcome::Failed(reason) => panic!("{reason}"),
        });
        Ok(handled.collect())
    }

    /// A new client of `followed` on `host`.
    pub(crate) fn create(&self, host: &dyn Endpoint, followed: &dyn Endpoint) -> ClientId {
        let parameters = ClientParameters {
            trusting_period: None,
            // Half of eleven blocks, and more: what the slowest chain's time lags by.
            max_clock_drift: Duration::from_mins(1),
        };
        let (client_state, consensus_state) = finish(followed.new_client(&parameters)).unwrap();
        let message = Message::CreateClient(CreateClient { client_state, consensus_state });
        match self.execute(host, &[message]).unwrap().as_slice() {
            [Response::ClientCreated(id)] => id.clone(),
            other => panic!("{other:?}"),
        }
    }

    /// A client on each side, bound to the other.
    pub(crate) fn connect(&self, ends: [&dyn Endpoint; 2]) -> [ClientId; 2] {
        let [a, b] = ends;
        let clients = [self.create(a, b), self.create(b, a)];
        for (me, other) in [(0, 1), (1, 0)] {
            let prefix = finish(ends[other].identity()).unwrap().prefix;
            let counterparty = Counterparty { client_id: clients[other].clone(), prefix };
            let message = RegisterCounterparty { client_id: clients[me].clone(), counterparty };
            self.execute(ends[me], &[Message::RegisterCounterparty(message)]).unwrap();
        }
        clients
    }

    /// Brings a client to the newest final height, which is a new one.
    pub(crate) fn update(&self, host: &dyn Endpoint, client: &ClientId, followed: &dyn Endpoint) {
        let before = read(host, client).report.latest;
        let update = |hosted: &HostedClient| {
            finish(followed.update(hosted, Height::new(0, 0), Timestamp::default(), true)).unwrap()
        };
        let mut hosted = read(host, client);
        self.until(|| update(&hosted).height > before);
        for client_message in update(&hosted).messages {
            let message = UpdateClient { client_id: client.clone(), client_message };
            self.execute(host, &[Message::UpdateClient(message)]).unwrap();
        }
        hosted = read(host, client);
        assert!(hosted.report.latest > before);
    }
}

/// A client as its host has it.
pub(crate) fn read(host: &dyn Endpoint, client: &ClientId) -> HostedClient {
    finish(host.client(client)).unwrap()
}

/// The way to one chain.
struct Way {
    running: Arc<Mutex<Running>>,
    chain: usize,
}

#[async_trait]
impl Transport for Way {
    async fn send(&self, call: Call) -> Result<Reply, TransportError> {
        let (path, query) = call.path.split_once('?').unwrap_or((&call.path, ""));
        let request = Request {
            method: match call.verb {
                Verb::Get => Method::Get,
                Verb::Post => Method::Post,
            },
            path: path.to_owned(),
            query: query.to_owned(),
            headers: vec![
                ("accept".into(), call.accept.into()),
                ("content-type".into(), "application/json".into()),
            ],
            body: call.body.clone(),
            upgrade: false,
            session: SessionId(0),
        };
        let mut running = self.running.lock().unwrap();
        loop {
            let now = running.now;
            match running.chains[self.chain].request(Listener(call.api.0), &request, now) {
                Answer::Now(response) => {
                    return Ok(Reply { status: response.status, body: response.body });
                }
                Answer::Later { .. } => {
                    let end = now.saturating_add(MOMENT);
                    running.step(end);
                }
                Answer::Stream(_) | Answer::Websocket => {
                    return Err(TransportError { reason: "no streams here".into() });
                }
            }
        }
    }

    async fn subscribe(&self, _: &Subscription) -> Result<Box<dyn Stream>, TransportError> {
        Err(TransportError { reason: "no streams here".into() })
    }
}

/// What comes of work that never waits.
pub(crate) fn finish<T>(work: impl Future<Output = T>) -> T {
    match pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => panic!("nothing here waits"),
    }
}
