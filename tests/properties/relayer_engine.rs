//! The engine between two small chains: whatever endpoints, drivers and chains do for a while, all
//! packets end once they behave.

mod chain;
mod random;
mod world;

use causeway_core::{Height, Timestamp};
use causeway_relayer_engine::{
    ClientReport, ClientStatus, Input, Limits, Outcome, PacketEvent, PathEngine, Side,
};
use proptest::prelude::*;

use chain::packet;
use world::{Mood, World};

/// Bad times, then honest ones: gives the seconds that it took to end everything.
fn survive(seed: u64, mood: Mood) -> World {
    let mut world = World::new(seed);
    for _ in 0..5 {
        world.step();
    }
    world.mood = mood;
    for _ in 0..150 {
        for side in Side::BOTH {
            if world.random.one_in(6) {
                world.send(side);
            }
        }
        world.step();
    }
    world.mood = Mood::Honest;
    for _ in 0..1500 {
        if world.is_over() {
            break;
        }
        world.step();
    }
    let left: Vec<_> = world.engine.statuses().collect();
    assert!(world.is_over(), "seed {seed}: {left:#?}");
    world
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_shrink_iters: 0, ..Default::default() })]

    #[test]
    fn every_packet_ends_after_failures_and_reorganisations(seed: u64) {
        let world = survive(seed, Mood::Failing);
        for (said, truth) in world.outcomes() {
            let said = said.expect("the record says that it is over");
            // A packet of an undone block is over without having been.
            prop_assert!(said == Outcome::Settled || Some(said) == truth, "{said:?} {truth:?}");
        }
    }

    #[test]
    fn every_packet_ends_after_lies(seed: u64) {
        survive(seed, Mood::Lying);
    }
}

fn secs(secs: u64) -> Timestamp {
    Timestamp::from_secs(secs).unwrap()
}

fn observed(side: Side, height: u64, time: u64) -> Input {
    let (height, time) = (Height::from_block(height), secs(time));
    let observation = causeway_relayer_engine::Observation {
        head: height,
        head_time: time,
        finalized: height,
        finalized_time: time,
    };
    Input::Observed { side, observation }
}

/// How often an engine wants to be woken in ten minutes in which nothing happens.
fn wake_ups(engine: &mut PathEngine, from: Timestamp) -> usize {
    let end = from.nanos() + 600 * 1_000_000_000;
    let mut now = from;
    for count in 0.. {
        match engine.next_deadline() {
            Some(at) if at.nanos() <= end => {
                assert!(at > now, "a deadline is ahead");
                now = at;
                engine.handle(Input::Tick, now);
                while engine.poll_effect().is_some() {}
            }
            _ => return count,
        }
    }
    unreachable!()
}

#[test]
fn an_engine_that_can_do_nothing_sleeps() {
    let sent = |timeout| Input::Scanned {
        side: Side::A,
        from: 2,
        to: 2,
        events: vec![(Height::from_block(2), PacketEvent::Sent(packet(Side::A, 1, 1, timeout)))],
    };
    let frozen = ClientReport {
        status: ClientStatus::Frozen,
        latest: Height::from_block(1),
        latest_time: secs(1),
        trusting_period: None,
    };
    let frozen = Input::Client { side: Side::B, report: frozen };
    let both = || vec![observed(Side::A, 1, 1), observed(Side::B, 1, 1)];
    let final_at = |at| [observed(Side::A, 2, at), observed(Side::B, 1, at)];
    let cases = [
        ("nothing is known", vec![]),
        ("one chain is down", vec![observed(Side::A, 1, 1)]),
        ("the client is frozen", [both(), vec![frozen, sent(5000)], final_at(2).into()].concat()),
        ("too late to deliver", [both(), vec![sent(100)], final_at(99).into()].concat()),
        ("no answers come", [both(), vec![sent(5000)], final_at(2).into()].concat()),
    ];
    for (name, inputs) in cases {
        let mut engine = PathEngine::new(Limits::default(), [], secs(1));
        for input in inputs {
            engine.handle(input, secs(2));
        }
        let count = wake_ups(&mut engine, secs(2));
        assert!(count < 150, "{name}: woken {count} times");
    }
}
