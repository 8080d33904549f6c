//! Packets between two chains, in bad weather and with kills.

use causeway_core::transfer::{Denom, FungibleTokenPacketData};
use causeway_core::{Amount, Message, Response, SendPacket, Sequence, Timestamp};
use causeway_relayer_endpoints::Endpoint;
use causeway_relayer_engine::{Outcome, Side};

use super::families::{Family, Member, join};
use super::net::{Net, Shared, Weather, finish};
use super::path;
use super::relayer::{Disk, End, Relayer};

/// 2026-11-24.
const START_SECS: u64 = 1_795_500_000;

struct World {
    net: Shared,
    members: [Member; 2],
    ends: [End; 2],
}

fn world(families: [Family; 2], seed: u64) -> World {
    let net = Net::new(seed, Timestamp::from_secs(START_SECS).unwrap());
    let members = families.map(|family| join(&net, family, seed));
    let endpoint = |me: usize| (members[me].connect)(&net, me, "relayer");
    let (a, b) = (endpoint(0), endpoint(1));
    let [on_a, on_b] = finish(&net, path::connect(&net, [&*a, &*b]));
    let ends = [End { endpoint: a, client: on_a }, End { endpoint: b, client: on_b }];
    World { net, members, ends }
}

impl World {
    /// Alice sends bob something.
    fn send(&self, me: usize, amount: u64, secs: u64) -> Sequence {
        let member = &self.members[me];
        let alice = (member.connect)(&self.net, me, "alice");
        let bob = (self.members[1 - me].connect)(&self.net, 1 - me, "bob");
        let denom: Denom = member.denom.parse().unwrap();
        let amount = Amount::from(amount);
        let data = FungibleTokenPacketData::new(denom, amount, alice.account(), bob.account(), "")
            .unwrap();
        let now = self.net.lock().unwrap().now.secs();
        let message = Message::SendPacket(SendPacket {
            source_client: self.ends[me].client.clone(),
            timeout_timestamp: now + secs,
            payloads: vec![data.to_payload(member.encoding).unwrap()],
        });
        match finish(&self.net, path::execute(&self.net, &*alice, message)).unwrap() {
            Response::PacketSent(sequence) => sequence,
            other => panic!("{other:?}"),
        }
    }

    /// What bob has of the vouchers of the other chain's coin.
    fn arrived(&self, me: usize) -> Amount {
        let bob: std::sync::Arc<dyn Endpoint> = (self.members[me].connect)(&self.net, me, "bob");
        let voucher = format!("transfer/{}/{}", self.ends[me].client, self.members[1 - me].denom);
        let balances = finish(&self.net, bob.balances(&bob.account())).unwrap();
        let found = balances.iter().find(|it| it.denom.to_string() == voucher);
        found.map_or(Amount::ZERO, |it| it.amount)
    }

    fn relayer(&self, disk: Disk) -> Relayer {
        // Each life has its own idea of nonces and coins.
        let mut ends = self.ends.clone();
        for (me, end) in ends.iter_mut().enumerate() {
            end.endpoint = (self.members[me].connect)(&self.net, me, "relayer");
        }
        Relayer::new(&self.net, ends, disk)
    }

    /// Time passes until so many packets have ended.
    fn relay(&self, relayer: &mut Relayer, count: usize, most_secs: u64) -> Result<(), String> {
        let end = self.net.lock().unwrap().now.secs() + most_secs;
        let mut tended = 0;
        loop {
            relayer.run();
            let now = self.net.lock().unwrap().now.secs();
            let ended = relayer.disk.packets.values().filter(|it| it.outcome.is_some()).count();
            if relayer.engine.outstanding() == 0 && ended == count {
                return Ok(());
            }
            if now >= end {
                let left: Vec<_> = relayer.engine.statuses().collect();
                let known = relayer.disk.packets.values();
                let known: Vec<_> = known.map(|it| (it.key, it.outcome, &it.failure)).collect();
                return Err(format!("{left:#?}\n{known:#?}"));
            }
            if now > tended {
                tended = now;
                relayer.tend();
            }
            self.net.lock().unwrap().step();
        }
    }
}

/// A transfer each way, to the end.
fn there_and_back(families: [Family; 2], seed: u64, weather: Weather) {
    let world = world(families, seed);
    let mut relayer = world.relayer(Disk::default());
    world.send(0, 1000, 600);
    world.send(1, 2000, 600);
    world.net.lock().unwrap().weather = weather;
    let result = world.relay(&mut relayer, 2, 600);
    assert_eq!(result, Ok(()), "{families:?} seed {seed}");
    world.net.lock().unwrap().weather = Weather::default();
    let outcomes: Vec<_> =
        relayer.disk.packets.values().map(|it| (it.key.source, it.outcome)).collect();
    let acknowledged = Some(Outcome::Acknowledged);
    assert_eq!(outcomes, [(Side::A, acknowledged), (Side::B, acknowledged)], "seed {seed}");
    assert_eq!(world.arrived(1), Amount::from(1000_u64), "seed {seed}");
    assert_eq!(world.arrived(0), Amount::from(2000_u64), "seed {seed}");
}

/// Requests are lost, doubled and slow, and the relayer is killed at any effect; then all is well.
fn survives(families: [Family; 2], seed: u64) {
    let world = world(families, seed);
    let mut relayer = world.relayer(Disk::default());
    let bad = Weather { lost: 25, doubled: 15, slowest: 700 };
    let (mut sent, mut kills) = ([0, 0], 0);
    for round in 1..=5 {
        let chance = |bound| world.net.lock().unwrap().random.below(bound);
        let (me, amount) = (usize::try_from(chance(2)).unwrap(), 1 + chance(1000));
        world.net.lock().unwrap().weather = Weather::default();
        world.send(me, amount, 900);
        sent[me] += amount;
        world.net.lock().unwrap().weather = bad;
        let fatal_effect = relayer.effects + chance(60);
        let _ = world.relay(&mut relayer, round + 1, 4 + chance(10));
        if relayer.effects >= fatal_effect {
            kills += 1;
            relayer = world.relayer(relayer.disk.clone());
        }
    }
    world.net.lock().unwrap().weather = Weather { slowest: 50, ..Weather::default() };
    let result = world.relay(&mut relayer, 5, 900);
    eprintln!("{families:?} seed {seed}: {kills} kills, {} effects", relayer.effects);
    assert_eq!(result, Ok(()), "{families:?} seed {seed}");
    let arrived = [world.arrived(1), world.arrived(0)];
    assert_eq!(arrived, sent.map(Amount::from), "{families:?} seed {seed}");
}

#[test]
fn every_packet_ends_after_losses_and_kills() {
    for seed in 0..2 {
        survives([Family::Pow, Family::Pbft], seed);
        survives([Family::Pos, Family::Pbft], seed);
    }
}

#[test]
fn pow_and_pbft_exchange_transfers() {
    there_and_back([Family::Pow, Family::Pbft], 1, Weather { slowest: 50, ..Weather::default() });
}

#[test]
fn pow_and_pos_exchange_transfers() {
    there_and_back([Family::Pow, Family::Pos], 2, Weather { slowest: 50, ..Weather::default() });
}

#[test]
fn pos_and_pbft_exchange_transfers() {
    there_and_back([Family::Pos, Family::Pbft], 3, Weather { slowest: 50, ..Weather::default() });
}
