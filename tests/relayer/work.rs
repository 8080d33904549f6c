//! What is done without a daemon.

use core::time::Duration;

use causeway_relayer_daemon::work::{
    self, Named, PathParameters, create_client, create_path, find_path, list_clients,
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
