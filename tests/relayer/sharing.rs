//! Several who do the same at the same time.

use core::time::Duration;

use causeway_core::{ClientId, Message, SendPacket};
use causeway_relayer_daemon::work::{Named, execute};

use super::net::{RELAYER, id, payload};
use super::world::World;

fn packet(world: &World) -> Message {
    let source_client: ClientId = id("client-0");
    let timeout_timestamp = world.now + 600;
    Message::SendPacket(SendPacket { source_client, timeout_timestamp, payloads: vec![payload(1)] })
}

/// Commands use the relayer's own key while it works.
#[tokio::test(start_paused = true)]
async fn a_key_may_be_used_by_others_at_the_same_time() {
    let mut world = World::new(1, [0, 2]);
    {
        let mut net = world.net.lock().unwrap();
        for chain in &mut net.chains {
            let state = &mut chain.blocks[0].state;
            state.balances.insert(("coin".into(), RELAYER.into()), 1000);
        }
        net.coins = 2_001_000;
    }
    let daemon = world.daemon().await;
    world.second().await;
    let endpoints = world.endpoints(RELAYER);
    for round in 0..15 {
        for me in 0..2 {
            world.send_many(me, 1, 600, 5);
        }
        let alias = if round % 2 == 0 { "left" } else { "right" };
        let command = Named { alias, endpoint: &*endpoints[alias] };
        let messages = [packet(&world)];
        let mut work = core::pin::pin!(execute(command, &messages, Duration::from_secs(30)));
        loop {
            tokio::select! {
                biased;
                done = &mut work => break drop(done.unwrap()),
                () = world.second() => {}
            }
        }
    }
    world.until_over(&daemon, 60).await;
    assert_eq!((world.arrived(1), world.arrived(0)), (83, 82));
    daemon.stop().await;
}

/// Two relayers that know nothing of each other, with the same settings.
#[tokio::test(start_paused = true)]
async fn two_relayers_do_not_do_everything_twice() {
    let count = async |relayers: usize| {
        let mut world = World::new(2, [0, 2]);
        let mut daemons = Vec::new();
        for number in 0..relayers {
            let account = format!("relayer-{number}");
            daemons.push(world.daemon_of(&account, &account).await);
        }
        world.second().await;
        let began = world.now;
        for _ in 0..30 {
            world.send_many(0, 1, 600, 40);
            world.second().await;
        }
        for daemon in &daemons {
            world.until_over(daemon, 60).await;
        }
        for daemon in daemons {
            daemon.stop().await;
        }
        assert_eq!(world.arrived(1), 1200);
        let net = world.net.lock().unwrap();
        (net.chains.iter().map(|chain| chain.transactions).sum::<usize>(), world.now - began)
    };
    let (alone, time_alone) = count(1).await;
    let (together, time_together) = count(2).await;
    assert!(together * 10 < alone * 14, "{alone} transactions of one, {together} of two");
    assert!(time_together <= time_alone + 5, "{time_alone} s, {time_together} s");
}
