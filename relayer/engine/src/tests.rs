//! The engine, told step by step what happens.

use std::collections::BTreeMap;

use causeway_core::{
    Acknowledgement, ClientId, Height, Packet, PacketResult, Payload, PortId, Recourse, Sequence,
    Timestamp,
};

use crate::{
    Batch, ClientReport, ClientStatus, Effect, Failure, Input, ItemResult, Limits, Observation,
    PacketEvent, PacketKey, PacketRecord, PathEngine, Record, Resume, Side, Task,
};

fn secs(secs: u64) -> Timestamp {
    Timestamp::from_secs(secs).unwrap()
}

fn packet(sequence: u64) -> Packet {
    Packet {
        sequence: Sequence::new(sequence).unwrap(),
        source_client: ClientId::new("client-0").unwrap(),
        dest_client: ClientId::new("client-1").unwrap(),
        timeout_timestamp: 1000,
        payloads: vec![Payload {
            source_port: PortId::new("transfer").unwrap(),
            dest_port: PortId::new("transfer").unwrap(),
            version: "1".into(),
            encoding: "raw".into(),
            value: vec![1],
        }],
    }
}

fn key(sequence: u64) -> PacketKey {
    PacketKey { source: Side::A, sequence: Sequence::new(sequence).unwrap() }
}

/// Drives an engine and keeps what it asks for.
struct Driver {
    engine: PathEngine,
    now: u64,
}

impl Driver {
    fn new() -> Self {
        let mut driver = Self { engine: PathEngine::new(Limits::default(), [], secs(0)), now: 0 };
        driver.observe(Side::A, 1, 1);
        driver.observe(Side::B, 1, 1);
        driver
    }

    fn handle(&mut self, input: Input) {
        self.now += 1;
        self.engine.handle(input, secs(self.now));
    }

    /// A chain is at `height`, all of it final, at chain time `at` seconds.
    fn observe(&mut self, side: Side, height: u64, at: u64) {
        let (height, time) = (Height::from_block(height), secs(at));
        let observation =
            Observation { head: height, head_time: time, finalized: height, finalized_time: time };
        self.handle(Input::Observed { side, observation });
    }

    fn events(&mut self, side: Side, height: u64, events: Vec<PacketEvent>) {
        let events = events.into_iter().map(|e| (Height::from_block(height), e)).collect();
        self.handle(Input::Scanned { side, from: height, to: height, events });
    }

    fn effects(&mut self) -> Vec<Effect> {
        self.handle(Input::Tick);
        core::iter::from_fn(|| self.engine.poll_effect()).collect()
    }

    fn batches(&mut self) -> Vec<Batch> {
        let prepared = |effect| match effect {
            Effect::Prepare(batch) => Some(batch),
            _ => None,
        };
        self.effects().into_iter().filter_map(prepared).collect()
    }

    /// Sends packets 1 to `count` on A in block 2 and gives the batch that is made of them.
    fn batch_of(&mut self, count: u64) -> Batch {
        self.events(Side::A, 2, (1..=count).map(|n| PacketEvent::Sent(packet(n))).collect());
        self.observe(Side::A, 2, 2);
        let mut batches = self.batches();
        assert_eq!(batches.len(), 1);
        batches.remove(0)
    }
}

fn keys(batch: &Batch) -> Vec<PacketKey> {
    batch.items.iter().map(|item| item.key).collect()
}

#[test]
fn a_packet_goes_there_and_its_answer_comes_back() {
    let mut driver = Driver::new();
    let batch = driver.batch_of(1);
    assert_eq!((batch.on, batch.at_least), (Side::B, Height::from_block(2)));
    driver.handle(Input::Prepared { id: batch.id, items: keys(&batch) });
    let effects = driver.effects();
    let saved = effects.iter().rposition(|e| matches!(e, Effect::Save(_))).unwrap();
    let submitted = effects.iter().position(|e| *e == Effect::Submit(batch.id)).unwrap();
    assert!(saved < submitted, "what is about to happen is on record first");

    let done = ItemResult::Handled(PacketResult::Success);
    let height = Height::from_block(2);
    driver.handle(Input::Confirmed { id: batch.id, height, results: vec![(key(1), done.clone())] });
    let answer = Acknowledgement::new(vec![vec![1]]).unwrap();
    driver.events(Side::B, 2, vec![PacketEvent::Answered(packet(1), answer.clone())]);
    driver.observe(Side::B, 2, 3);
    let home = driver.batches().remove(0);
    assert_eq!((home.on, &home.items[0].task), (Side::A, &Task::Acknowledge(answer)));

    driver.handle(Input::Prepared { id: home.id, items: keys(&home) });
    let height = Height::from_block(3);
    driver.handle(Input::Confirmed { id: home.id, height, results: vec![(key(1), done)] });
    assert_eq!(driver.engine.outstanding(), 1, "not over before it is final");
    driver.observe(Side::A, 3, 4);
    assert_eq!(driver.engine.outstanding(), 0);
}

#[test]
fn one_bad_packet_does_not_keep_the_others() {
    let mut driver = Driver::new();
    let mut waiting = vec![driver.batch_of(8)];
    let mut delivered = Vec::new();
    while let Some(batch) = waiting.pop() {
        driver.handle(Input::Prepared { id: batch.id, items: keys(&batch) });
        if keys(&batch).contains(&key(5)) {
            let recourse = Recourse::Reject;
            let failure = Failure::Refused { recourse, reason: "poisoned".into() };
            driver.handle(Input::Failed { id: batch.id, failure });
        } else {
            let done = ItemResult::Handled(PacketResult::Success);
            let results = keys(&batch).into_iter().map(|key| (key, done.clone())).collect();
            delivered.extend(keys(&batch));
            let height = Height::from_block(2);
            driver.handle(Input::Confirmed { id: batch.id, height, results });
        }
        let more = driver.batches();
        waiting.extend(more.into_iter().filter(|batch| batch.items.len() < 8));
    }
    delivered.sort();
    assert_eq!(delivered, [1, 2, 3, 4, 6, 7, 8].map(key));
    let status = driver.engine.status(key(5)).unwrap();
    assert_eq!(status.failure.as_deref(), Some("poisoned"));
}

#[test]
fn an_undelivered_packet_times_out_by_the_destinations_final_time() {
    let mut driver = Driver::new();
    driver.events(Side::A, 2, vec![PacketEvent::Sent(packet(1))]);
    driver.observe(Side::B, 2, 999);
    driver.observe(Side::A, 2, 2);
    assert_eq!(driver.batches(), [], "too late to deliver, too early to time out");
    driver.observe(Side::B, 3, 1000);
    let batch = driver.batches().remove(0);
    assert_eq!((batch.on, batch.at_least), (Side::A, Height::from_block(3)));
    assert_eq!(batch.items[0].task, Task::Timeout);
}

#[test]
fn that_a_packet_has_ended_is_looked_up_before_it_is_believed() {
    let mut driver = Driver::new();
    driver.events(Side::A, 2, vec![PacketEvent::Sent(packet(1))]);
    driver.effects();
    driver.events(Side::A, 3, vec![PacketEvent::Settled(key(1))]);
    assert!(driver.effects().contains(&Effect::Inspect(vec![key(1)])));
    driver.observe(Side::A, 9, 9);
    assert_eq!(driver.engine.outstanding(), 1);
}

fn lists(effects: &[Effect]) -> Vec<u64> {
    let list = |effect: &Effect| match effect {
        Effect::List { side: Side::A, from } => Some(from.get()),
        _ => None,
    };
    effects.iter().filter_map(list).collect()
}

#[test]
fn pages_are_bounded_in_a_round_and_the_next_goes_on() {
    let mut driver = Driver::new();
    driver.engine.limits.pages = 3;
    assert_eq!(lists(&driver.effects()), [1]);
    let mut asked = Vec::new();
    let mut answer = |driver: &mut Driver, from: u64, next: Option<u64>| {
        let from = Sequence::new(from).unwrap();
        let next = next.and_then(Sequence::new);
        driver.handle(Input::Listed { side: Side::A, from, outstanding: Vec::new(), next });
        let effects = driver.effects();
        asked.extend(lists(&effects));
    };
    driver.engine.end_mut(Side::A).listing.pages_left = 2;
    for page in 1..=5 {
        answer(&mut driver, page, Some(page + 1));
    }
    driver.now += 60;
    answer(&mut driver, 9, None);
    // Pages that lead nowhere, or back, end the list.
    answer(&mut driver, 6, Some(6));
    driver.now += 60;
    answer(&mut driver, 9, None);
    assert_eq!(asked, [2, 3, 6, 1]);
}

#[test]
fn a_range_that_cannot_be_read_is_asked_for_again_later_each_time() {
    let mut driver = Driver::new();
    driver.observe(Side::A, 5, 5);
    let scan = Effect::Scan { side: Side::A, from: 2, to: 5 };
    let mut waits = Vec::new();
    for _ in 0..4 {
        let started = driver.now;
        while !driver.effects().contains(&scan) {
            assert!(driver.now < started + 100);
        }
        waits.push(driver.now - started);
        driver.handle(Input::ScanFailed { side: Side::A });
    }
    assert!(waits.is_sorted() && waits[3] >= 4, "{waits:?}");
}

#[test]
fn what_fails_while_a_chain_does_not_answer_is_no_packets_fault() {
    let mut driver = Driver::new();
    let batch = driver.batch_of(3);
    driver.handle(Input::Lost { side: Side::A });
    let failure = Failure::Endpoint("no answer".into());
    driver.handle(Input::Failed { id: batch.id, failure });
    assert_eq!(driver.batches(), [], "nothing is asked meanwhile");
    driver.observe(Side::A, 2, 2);
    let again = driver.batches().remove(0);
    assert_eq!(again.items, batch.items);
    assert_eq!(driver.engine.status(key(1)).unwrap().failure, None);
}

/// What a driver keeps: the newest record of each packet.
fn saved(effects: Vec<Effect>) -> BTreeMap<PacketKey, Record> {
    let records = effects.into_iter().flat_map(|effect| match effect {
        Effect::Save(records) => records,
        _ => Vec::new(),
    });
    let keyed = records.filter_map(|record| match &record {
        Record::Packet(packet) => Some((packet.key, record)),
        Record::Cursor { .. } => None,
    });
    keyed.collect()
}

#[test]
fn after_a_stop_packets_go_on_where_they_were() {
    let mut driver = Driver::new();
    driver.events(Side::A, 2, (1..=2).map(|n| PacketEvent::Sent(packet(n))).collect());
    let mut records = saved(driver.effects());
    driver.observe(Side::A, 2, 2);
    let batch = driver.batches().remove(0);
    driver.handle(Input::Prepared { id: batch.id, items: vec![key(1)] });
    records.extend(saved(driver.effects()));

    // The first was on its way to the chain, and the driver knows of its transaction.
    let mut engine = PathEngine::new(Limits::default(), records.into_values(), secs(100));
    engine.resume_batch(batch.id, Side::B, vec![key(1)]);
    let mut again = Driver { engine, now: 100 };
    again.observe(Side::A, 2, 2);
    again.observe(Side::B, 2, 2);
    let effects = again.effects();
    assert!(effects.contains(&Effect::Inspect(vec![key(2)])), "{effects:?}");
    let results = vec![(key(1), ItemResult::Handled(PacketResult::Success))];
    let height = Height::from_block(3);
    again.handle(Input::Confirmed { id: batch.id, height, results });
    assert_eq!(again.engine.status(key(1)).unwrap().stage, crate::Stage::Executed);

    // One that only waited for finality needs no look.
    let record = Record::Packet(Box::new(PacketRecord {
        key: key(3),
        packet: Some(packet(3)),
        acknowledgement: None,
        resume: Resume::Prove(Height::from_block(2)),
        outcome: None,
        transaction: None,
        since: secs(1),
        failure: None,
    }));
    let engine = PathEngine::new(Limits::default(), [record], secs(0));
    let mut third = Driver { engine, now: 100 };
    third.observe(Side::A, 2, 2);
    third.observe(Side::B, 2, 2);
    assert_eq!(keys(&third.batches()[0]), [key(3)]);
}

#[test]
fn a_gap_in_the_stream_is_asked_for() {
    let mut driver = Driver::new();
    driver.effects();
    driver.events(Side::A, 5, vec![PacketEvent::Sent(packet(1))]);
    assert_eq!(driver.engine.outstanding(), 0, "what came after a gap waits");
    driver.observe(Side::A, 5, 5);
    let scan = Effect::Scan { side: Side::A, from: 2, to: 5 };
    assert!(driver.effects().contains(&scan));
}

#[test]
fn a_client_that_does_not_expire_is_kept_near() {
    let mut driver = Driver::new();
    let report = |latest| ClientReport {
        status: ClientStatus::Active,
        latest: Height::from_block(latest),
        latest_time: secs(1),
        trusting_period: None,
    };
    driver.handle(Input::Client { side: Side::B, report: report(1) });
    let lag = Limits::default().refresh_lag;
    driver.observe(Side::A, 1 + lag, 5);
    assert_eq!(driver.batches(), [], "near enough");
    driver.observe(Side::A, 2 + lag, 6);
    let batches = driver.batches();
    assert_eq!(batches.len(), 1);
    assert!(batches[0].refresh && batches[0].items.is_empty() && batches[0].on == Side::B);
    // Another one follows when that has shown, not before.
    assert_eq!(driver.batches(), []);
}
