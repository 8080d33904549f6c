//! A hundred thousand packets.

use causeway_core::{Height, Sequence, Timestamp};
use causeway_relayer_daemon::store::{PacketFilter, PathRow, Store, Write};
use causeway_relayer_engine::{Outcome, PacketKey, PacketRecord, Resume, Side, Stage};

use super::net::{id, payload};
use super::world::World;

const MANY: u64 = 100_000;

fn record(sequence: u64, outcome: Option<Outcome>) -> PacketRecord {
    let sequence = Sequence::new(sequence).unwrap();
    PacketRecord {
        key: PacketKey { source: Side::A, sequence },
        packet: Some(causeway_core::Packet {
            sequence,
            source_client: id("client-0"),
            dest_client: id("client-0"),
            timeout_timestamp: 1_000_000,
            payloads: vec![payload(1)],
        }),
        acknowledgement: None,
        resume: Resume::Prove(Height::from_block(1)),
        outcome,
        transaction: None,
        since: Timestamp::from_nanos(sequence.get()),
        failure: None,
    }
}

async fn fill(world: &World, outcome: Option<Outcome>, keep: usize) -> Store {
    let store = Store::open(&world.file("relayer.sqlite"), keep).unwrap();
    let path = World::path();
    let row = PathRow { a: (path.a.chain, path.a.client), b: (path.b.chain, path.b.client) };
    let path = store.path(&row).unwrap();
    let packet = |sequence| {
        let record = Box::new(record(sequence, outcome));
        let stage = record.outcome.is_none().then_some((Stage::Seen, record.since));
        Write::Packet { path, record, stage }
    };
    let sequences: Vec<_> = (1..=MANY).collect();
    for part in sequences.chunks(5000) {
        store.commit(part.iter().copied().map(packet).collect::<Vec<_>>()).await.unwrap();
    }
    store
}

#[tokio::test(start_paused = true)]
async fn a_long_history_is_neither_read_at_the_start_nor_kept_for_ever() {
    let mut world = World::new(1, [0, 0]);
    let keep = 60_000;
    let store = fill(&world, Some(Outcome::Acknowledged), keep).await;
    let path = causeway_relayer_daemon::store::PathId(1);
    let counts = store.counts(path).await.unwrap();
    assert!((keep as u64..keep as u64 + 6000).contains(&counts.ended), "{counts:?}");
    let newest = PacketFilter { open: Some(false), ..PacketFilter::default() };
    let oldest_kept = store.packets(newest, 1).await.unwrap().remove(0).record.key.sequence.get();
    assert!(oldest_kept > MANY - keep as u64 - 6000, "{oldest_kept}");
    assert!(store.resume(path).unwrap().records.is_empty());
    store.close();
    let daemon = world.daemon().await;
    assert_eq!(daemon.outstanding(), 0);
    world.send(0, 1, 600);
    world.until_over(&daemon, 60).await;
    daemon.stop().await;
}

#[tokio::test(start_paused = true)]
async fn many_packets_in_flight_are_taken_up_again() {
    let mut world = World::new(2, [0, 0]);
    fill(&world, None, 1000).await.close();
    world.faults.lock().unwrap().down = true;
    let daemon = world.daemon().await;
    assert_eq!(daemon.outstanding() as u64, MANY);
    world.second().await;
    daemon.stop().await;
}

/// Batches are full, and several are on their way at once: by the chains' time, not the machine's.
#[tokio::test(start_paused = true)]
async fn a_burst_is_not_relayed_one_by_one() {
    let mut world = World::new(3, [0, 0]);
    let daemon = world.daemon().await;
    world.second().await;
    world.send_many(0, 1, 6000, 3000);
    let began = world.now;
    world.until_over(&daemon, 600).await;
    daemon.stop().await;
    assert!(world.now - began <= 20, "{} blocks", world.now - began);
    let net = world.net.lock().unwrap();
    let [left, right] = &net.chains;
    // A hundred messages fit into a transaction, but all deliveries of a batch are one.
    let transactions = (left.transactions, right.transactions);
    assert!(transactions.0 <= 100 && transactions.1 <= 25, "{transactions:?}");
}
