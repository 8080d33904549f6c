//! Chains, the time, and what travels between them and whoever asks.

use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use causeway_chain::{Answer, Chain, DurableWrite, Listener, Method, Random, Request, SessionId};
use causeway_core::Timestamp;
use causeway_relayer_endpoints::{
    Call, Reply, Stream, Subscription, Transport, TransportError, Verb,
};

use super::families::{Open, Written};
use super::lies::Liar;

/// How long a request that got lost is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// How bad the way from relayers to the chains is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Weather {
    /// One in so many requests, or their answers, is lost; 0: none.
    pub(crate) lost: u64,
    /// One in so many requests arrives twice.
    pub(crate) doubled: u64,
    /// The longest way of a request or an answer, in milliseconds: requests overtake each other.
    pub(crate) slowest: u64,
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// A relayer, through the weather and whatever stands between.
    Relayer,
    /// A user, whose requests always arrive.
    User,
    /// Whoever looks from outside: no time passes.
    Auditor,
}

/// What a request waits for.
type Slot = Arc<Mutex<Option<Result<Reply, TransportError>>>>;

enum Event {
    /// A request reaches a chain. Without a slot nobody waits for its answer.
    Arrival { chain: usize, line: Line, call: Call, slot: Option<Slot> },
    /// An answer reaches who asked.
    Answer { slot: Slot, reply: Result<Reply, TransportError> },
    /// Somebody wants to be woken.
    Wake,
}

/// A chain, and the server through which relayers see it.
pub(crate) struct Host {
    pub(crate) chain: Box<dyn Chain>,
    open: Open,
    written: Written,
    /// Relayers do not reach it.
    pub(crate) is_cut: bool,
    /// What answers relayers in its place.
    pub(crate) liar: Option<Liar>,
}

pub(crate) struct Net {
    pub(crate) now: Timestamp,
    pub(crate) hosts: Vec<Host>,
    pub(crate) random: Random,
    pub(crate) weather: Weather,
    requests: u64,
    /// By time, and by number among those of one time.
    events: BTreeMap<(Timestamp, u64), Event>,
    next: u64,
}

pub(crate) type Shared = Arc<Mutex<Net>>;

impl Host {
    pub(crate) fn new(chain: Box<dyn Chain>, open: Open) -> Self {
        Self { chain, open, written: Written::new(), is_cut: false, liar: None }
    }

    /// What was written is durable before anything that rests on it is told.
    fn keep(&mut self) {
        for DurableWrite { key, value } in self.chain.take_writes() {
            match value {
                Some(value) => self.written.insert(key, value),
                None => self.written.remove(&key),
            };
        }
        self.chain.take_pushes();
    }

    /// The process ends, and another one goes on with what it wrote.
    pub(crate) fn restart(&mut self, now: Timestamp) {
        self.chain = (self.open)(&self.written, now);
        self.keep();
    }

    fn answer(
        &mut self,
        call: &Call,
        session: u64,
        now: Timestamp,
    ) -> Option<Result<Reply, TransportError>> {
        let answer = self.chain.request(Listener(call.api.0), &request(call, session), now);
        self.keep();
        match answer {
            Answer::Now(response) => {
                Some(Ok(Reply { status: response.status, body: response.body }))
            }
            Answer::Later { .. } => None,
            Answer::Stream(_) | Answer::Websocket => Some(Err(lost("no streams here"))),
        }
    }
}

fn lost(reason: &str) -> TransportError {
    TransportError { reason: reason.into() }
}

fn request(call: &Call, session: u64) -> Request {
    let (path, query) = call.path.split_once('?').unwrap_or((&call.path, ""));
    Request {
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
        session: SessionId(session),
    }
}

impl Net {
    pub(crate) fn new(seed: u64, now: Timestamp) -> Shared {
        let random = Random::new(seed);
        Arc::new(Mutex::new(Self {
            now,
            hosts: Vec::new(),
            random,
            weather: Weather::default(),
            requests: 0,
            events: BTreeMap::new(),
            next: 0,
        }))
    }

    fn put(&mut self, after: Duration, event: Event) {
        self.next += 1;
        self.events.insert((self.now.saturating_add(after), self.next), event);
    }

    fn weather(&self, line: Line) -> Weather {
        if line == Line::Relayer { self.weather } else { Weather::default() }
    }

    fn way(&mut self, line: Line) -> Duration {
        let slowest = self.weather(line).slowest.max(1);
        Duration::from_millis(1 + self.random.below(slowest))
    }

    fn one_in(&mut self, count: u64) -> bool {
        count > 0 && self.random.below(count) == 0
    }

    fn is_lost(&mut self, chain: usize, line: Line) -> bool {
        let lost = self.weather(line).lost;
        (line == Line::Relayer && self.hosts[chain].is_cut) || self.one_in(lost)
    }

    fn send(&mut self, chain: usize, line: Line, call: Call, slot: Slot) {
        self.requests += 1;
        if line == Line::Auditor {
            let answer = self.hosts[chain].answer(&call, self.requests, self.now);
            *slot.lock().unwrap() = answer;
            return;
        }
        let late = Event::Answer { slot: slot.clone(), reply: Err(lost("lost on the way")) };
        self.put(PATIENCE, late);
        if self.is_lost(chain, line) {
            return;
        }
        let doubled = self.weather(line).doubled;
        if self.one_in(doubled) {
            let (way, call) = (self.way(line), call.clone());
            self.put(way, Event::Arrival { chain, line, call, slot: None });
        }
        let way = self.way(line);
        self.put(way, Event::Arrival { chain, line, call, slot: Some(slot) });
    }

    /// Goes on to whatever is next: a chain's deadline, an arrival, somebody's time to wake.
    pub(crate) fn step(&mut self) {
        let deadlines = self.hosts.iter().filter_map(|host| host.chain.next_deadline());
        let event = self.events.first_key_value().map(|((at, _), _)| *at);
        let next = deadlines.chain(event).min().expect("something is always due");
        self.now = self.now.max(next);
        for host in &mut self.hosts {
            host.chain.advance(self.now);
            host.keep();
        }
        while let Some(entry) = self.events.first_entry()
            && entry.key().0 <= self.now
        {
            let event = entry.remove();
            self.happen(event);
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Wake => {}
            Event::Answer { slot, reply } => {
                slot.lock().unwrap().get_or_insert(reply);
            }
            Event::Arrival { chain, line, call, slot } => {
                self.requests += 1;
                let answer = self.hosts[chain].answer(&call, self.requests, self.now);
                let Some(mut reply) = answer else {
                    let again = Event::Arrival { chain, line, call, slot };
                    return self.put(Duration::from_millis(100), again);
                };
                if let (Line::Relayer, Ok(reply), Some(liar)) =
                    (line, &mut reply, &mut self.hosts[chain].liar)
                {
                    liar.spoil(&mut self.random, &call, reply);
                }
                if let Some(slot) = slot
                    && !self.is_lost(chain, line)
                {
                    let way = self.way(line);
                    self.put(way, Event::Answer { slot, reply });
                }
            }
        }
    }
}

/// The way to one chain.
pub(crate) struct Way {
    pub(crate) net: Shared,
    pub(crate) chain: usize,
    pub(crate) line: Line,
}

#[async_trait]
impl Transport for Way {
    async fn send(&self, call: Call) -> Result<Reply, TransportError> {
        let slot = Slot::default();
        self.net.lock().unwrap().send(self.chain, self.line, call, slot.clone());
        core::future::poll_fn(|_| match slot.lock().unwrap().take() {
            Some(reply) => core::task::Poll::Ready(reply),
            None => core::task::Poll::Pending,
        })
        .await
    }

    async fn subscribe(&self, _: &Subscription) -> Result<Box<dyn Stream>, TransportError> {
        Err(lost("no streams here"))
    }
}

/// Waits for so long.
pub(crate) async fn sleep(net: &Shared, time: Duration) {
    let until = {
        let mut net = net.lock().unwrap();
        net.put(time, Event::Wake);
        net.now.saturating_add(time)
    };
    core::future::poll_fn(|_| {
        if net.lock().unwrap().now >= until {
            core::task::Poll::Ready(())
        } else {
            core::task::Poll::Pending
        }
    })
    .await;
}
