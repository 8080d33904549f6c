//! Chains, the time, and what travels between them and whoever asks.

use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use causeway_chain::{Answer, Chain, Listener, Method, Random, Request, SessionId};
use causeway_core::Timestamp;
use causeway_relayer_endpoints::{
    Call, Reply, Stream, Subscription, Transport, TransportError, Verb,
};

/// How long a request that got lost is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// How bad the way to the chains is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Weather {
    /// One in so many requests, or their answers, is lost; 0: none.
    pub(crate) lost: u64,
    /// One in so many requests arrives twice.
    pub(crate) doubled: u64,
    /// The longest way of a request or an answer, in milliseconds.
    pub(crate) slowest: u64,
}

/// What a request waits for.
type Slot = Arc<Mutex<Option<Result<Reply, TransportError>>>>;

enum Event {
    /// A request reaches a chain. Without a slot nobody waits for its answer.
    Arrival { chain: usize, listener: Listener, request: Request, slot: Option<Slot> },
    /// An answer reaches who asked.
    Answer { slot: Slot, reply: Result<Reply, TransportError> },
    /// Somebody wants to be woken.
    Wake,
}

pub(crate) struct Net {
    pub(crate) now: Timestamp,
    pub(crate) chains: Vec<Box<dyn Chain>>,
    pub(crate) random: Random,
    pub(crate) weather: Weather,
    pub(crate) requests: u64,
    /// By time, and by number among those of one time.
    events: BTreeMap<(Timestamp, u64), Event>,
    next: u64,
}

pub(crate) type Shared = Arc<Mutex<Net>>;

impl Net {
    pub(crate) fn new(seed: u64, now: Timestamp) -> Shared {
        let random = Random::new(seed);
        Arc::new(Mutex::new(Self {
            now,
            chains: Vec::new(),
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

    fn way(&mut self) -> Duration {
        Duration::from_millis(1 + self.random.below(self.weather.slowest.max(1)))
    }

    fn one_in(&mut self, count: u64) -> bool {
        count > 0 && self.random.below(count) == 0
    }

    fn send(&mut self, chain: usize, call: &Call, slot: Slot) {
        self.requests += 1;
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
            session: SessionId(self.requests),
        };
        let listener = Listener(call.api.0);
        let lost = TransportError { reason: "lost on the way".into() };
        let late = Event::Answer { slot: slot.clone(), reply: Err(lost) };
        self.put(PATIENCE, late);
        if self.one_in(self.weather.lost) {
            return;
        }
        if self.one_in(self.weather.doubled) {
            let way = self.way();
            let request = request.clone();
            self.put(way, Event::Arrival { chain, listener, request, slot: None });
        }
        let way = self.way();
        self.put(way, Event::Arrival { chain, listener, request, slot: Some(slot) });
    }

    /// Goes on to whatever is next: a chain's deadline, an arrival, somebody's time to wake.
    pub(crate) fn step(&mut self) {
        let deadlines = self.chains.iter().filter_map(|chain| chain.next_deadline());
        let event = self.events.first_key_value().map(|((at, _), _)| *at);
        let next = deadlines.chain(event).min().expect("something is always due");
        self.now = self.now.max(next);
        for chain in &mut self.chains {
            chain.advance(self.now);
            chain.take_writes();
            chain.take_pushes();
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
            Event::Arrival { chain, listener, request, slot } => {
                let answer = self.chains[chain].request(listener, &request, self.now);
                let reply = match answer {
                    Answer::Now(response) => {
                        Ok(Reply { status: response.status, body: response.body })
                    }
                    Answer::Later { .. } => {
                        let again = Event::Arrival { chain, listener, request, slot };
                        return self.put(Duration::from_millis(100), again);
                    }
                    Answer::Stream(_) | Answer::Websocket => {
                        Err(TransportError { reason: "no streams here".into() })
                    }
                };
                if let Some(slot) = slot
                    && !self.one_in(self.weather.lost)
                {
                    let way = self.way();
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
}

#[async_trait]
impl Transport for Way {
    async fn send(&self, call: Call) -> Result<Reply, TransportError> {
        let slot = Slot::default();
        self.net.lock().unwrap().send(self.chain, &call, slot.clone());
        core::future::poll_fn(|_| match slot.lock().unwrap().take() {
            Some(reply) => Poll::Ready(reply),
            None => Poll::Pending,
        })
        .await
    }

    async fn subscribe(&self, _: &Subscription) -> Result<Box<dyn Stream>, TransportError> {
        Err(TransportError { reason: "no streams here".into() })
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
        if net.lock().unwrap().now >= until { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// Lets time pass until something is done.
pub(crate) fn finish<T>(net: &Shared, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    loop {
        // Nothing wakes anybody: after each step everybody looks.
        if let Poll::Ready(done) = work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return done;
        }
        net.lock().unwrap().step();
    }
}
