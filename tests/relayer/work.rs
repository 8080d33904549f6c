//! What is done without a daemon.

use core::time::Duration;
use std::collections::BTreeSet;

use causeway_core::Amount;

use causeway_relayer_daemon::work::{
    self, Balance, Named, PathParameters, create_client, create_path, find_path, list_clients,
    solvency,
};
use causeway_relayer_endpoints::ClientParameters;

use super::net::{counterparty, id};
use super::world::World;

fn parameters() -> PathParameters {
    let client =
        ClientParameters { trusting_period: None, max_clock_drift: Duration::from_secs(10) };
    PathParameters {
        client_on_a: client.clone(),
        client_on_b: client,
        patience: Duration::from_secs(20),
    }
}

/// Does work while the chains make blocks.
async fn meanwhile<T>(world: &mut World, work: impl Future<Output = T>) -> T {
    let mut work = core::pin::pin!(work);
    loop {
        tokio::select! {
            biased;
            done = &mut work => return done,
            () = world.second() => {}
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_path_is_made_once() {
    let mut world = World::new(1, [0, 2]);
    let endpoints = world.endpoints("relayer");
    let a = Named { alias: "left", endpoint: &*endpoints["left"] };
    let b = Named { alias: "right", endpoint: &*endpoints["right"] };
    assert_eq!(find_path(a, b).await.unwrap(), Some(World::path()));
    let same = meanwhile(&mut world, create_path(a, b, &parameters())).await.unwrap();
    assert_eq!(same, World::path());
    let clients = list_clients(a, &[a, b]).await.unwrap();
    assert_eq!(clients.len(), 1);
    assert_eq!(clients[0].follows.as_deref(), Some("right"));
}

/// A maker of paths was interrupted at each place in turn.
#[tokio::test(start_paused = true)]
async fn half_a_path_is_completed() {
    for done in 0..=4 {
        let mut world = World::new(done, [0, 2]);
        for chain in &mut world.net.lock().unwrap().chains {
            chain.blocks[0].state.clients.clear();
        }
        let endpoints = world.endpoints("relayer");
        let a = Named { alias: "left", endpoint: &*endpoints["left"] };
        let b = Named { alias: "right", endpoint: &*endpoints["right"] };
        let patience = parameters().patience;
        let client = parameters().client_on_a;
        if done >= 1 {
            let create = create_client(a, b, &client, patience);
            meanwhile(&mut world, create).await.unwrap();
        }
        if done >= 2 {
            let create = create_client(b, a, &client, patience);
            meanwhile(&mut world, create).await.unwrap();
        }
        for me in [1, 0].into_iter().take(usize::try_from(done).unwrap().saturating_sub(2)) {
            let mut net = world.net.lock().unwrap();
            let head = net.chains[me].head();
            let clients = &mut net.chains[me].blocks[head].state.clients;
            let bound = clients.get_mut(&id("client-0")).unwrap();
            bound.counterparty = Some(counterparty("client-0"));
        }
        for _ in 0..2 {
            let path = meanwhile(&mut world, create_path(a, b, &parameters())).await.unwrap();
            assert_eq!(path, World::path(), "{done}");
        }
        let net = world.net.lock().unwrap();
        assert!(net.chains.iter().all(|chain| chain.newest().clients.len() == 1), "{done}");
    }
}

#[tokio::test(start_paused = true)]
async fn clients_are_brought_forward_and_caught_out() {
    let mut world = World::new(2, [0, 2]);
    for _ in 0..5 {
        world.second().await;
    }
    let endpoints = world.endpoints("relayer");
    let a = Named { alias: "left", endpoint: &*endpoints["left"] };
    let b = Named { alias: "right", endpoint: &*endpoints["right"] };
    let (client, patience) = (id("client-0"), Duration::from_secs(20));
    let update = work::update_client(a, &client, b, patience);
    let (height, transaction) = meanwhile(&mut world, update).await.unwrap();
    assert!(transaction.is_some() && height.height() >= 3, "{height}");
    let evidence = work::submit_misbehaviour(a, &client, b, None, patience);
    assert_eq!(meanwhile(&mut world, evidence).await.unwrap(), None);
    world.net.lock().unwrap().chains[0]
        .blocks
        .last_mut()
        .unwrap()
        .state
        .clients
        .values_mut()
        .for_each(|client| {
            client.heights.insert(9);
        });
    let evidence = work::submit_misbehaviour(a, &client, b, None, patience);
    assert!(meanwhile(&mut world, evidence).await.unwrap().is_some());
}

/// Blocks come faster than books can be read, or not; packets are everywhere on their way.
#[tokio::test(start_paused = true)]
async fn books_are_called_broken_only_when_something_is_missing() {
    let mut world = World::new(3, [0, 2]);
    let daemon = world.daemon().await;
    let endpoints = world.endpoints("auditor");
    let client = id("client-0");
    let named = |alias| (Named { alias, endpoint: &*endpoints[alias] }, &client);
    let mut seen = BTreeSet::new();
    for pause in [1000, 1000, 1000, 60, 60, 60] {
        let mut books = core::pin::pin!(solvency(named("left"), named("right")));
        let rows = loop {
            world.send_many(0, 2, 600, 3);
            world.send_many(1, 1, 600, 2);
            {
                world.now += 1;
                let mut net = world.net.lock().unwrap();
                (0..2).for_each(|me| net.mine(me, world.now));
            }
            tokio::select! {
                biased;
                rows = &mut books => break rows.unwrap(),
                () = tokio::time::sleep(Duration::from_millis(pause)) => {}
            }
        };
        assert!(rows.iter().all(|row| row.balance != Balance::Broken), "{rows:#?}");
        seen.extend(rows.iter().map(|row| (pause, row.balance.name())));
        assert!(rows.iter().any(|row| row.in_flight_out != Amount::ZERO), "{rows:#?}");
    }
    assert!(seen.contains(&(1000, "holds")) && seen.contains(&(60, "moving")), "{seen:?}");
    world.until_over(&daemon, 60).await;
    let rows = solvency(named("left"), named("right")).await.unwrap();
    assert!(rows.iter().all(|row| row.balance == Balance::Holds), "{rows:#?}");
    {
        let mut net = world.net.lock().unwrap();
        let head = net.chains[1].head();
        let balances = &mut net.chains[1].blocks[head].state.balances;
        let vouchers = ("transfer/client-0/coin".to_owned(), "bob".to_owned());
        *balances.get_mut(&vouchers).unwrap() += 1;
    }
    let rows = solvency(named("left"), named("right")).await.unwrap();
    let broken: Vec<_> = rows.iter().filter(|row| row.balance == Balance::Broken).collect();
    assert!(matches!(broken.as_slice(), [row] if row.home.chain == "left"), "{rows:#?}");
    daemon.stop().await;
}
