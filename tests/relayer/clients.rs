//! Clients that need care: refreshed, accused, recovered.

use causeway_core::{Message, RecoverClient};
use causeway_relayer_daemon::{Daemon, PathView};

use super::net::{Client, RELAYER, header, id};
use super::world::World;

fn view(daemon: &Daemon) -> PathView {
    daemon.paths().remove(0).2
}

fn trouble(daemon: &Daemon) -> Option<&'static str> {
    view(daemon).trouble.map(|it| it.code)
}

/// What a packet from the left waits for, and who can act.
async fn waits_for(daemon: &Daemon) -> (String, causeway_relayer_engine::Actor) {
    let packets = daemon.packets(Default::default(), 1).await.unwrap();
    let status = packets[0].status.clone().expect("it has not ended");
    (status.waits_for, status.actor)
}

/// A client that can be used, for which the one on the right is given up.
fn recover(world: &World) {
    let mut net = world.net.lock().unwrap();
    let heights = [net.chains[0].finalized() as u64].into();
    let head = net.chains[1].head();
    let clients = &mut net.chains[1].blocks[head].state.clients;
    clients.insert(id("client-9"), Client { heights, ..Client::default() });
    let (subject, substitute) = (id("client-0"), id("client-9"));
    net.user(1, "authority", Message::RecoverClient(RecoverClient { subject, substitute }));
}

#[tokio::test(start_paused = true)]
async fn clients_of_a_quiet_path_do_not_expire() {
    let mut world = World::new(1, [0, 3]);
    let daemon = world.daemon().await;
    for _ in 0..1500 {
        world.second().await;
    }
    let view = view(&daemon);
    assert_eq!(view.trouble, None);
    for (report, me) in [(view.clients.a, 1), (view.clients.b, 0)] {
        let age = world.now - report.unwrap().latest_time.secs();
        assert!(age < 330, "{me}: {age} s of 600");
    }
    daemon.stop().await;
    let net = world.net.lock().unwrap();
    let transactions: Vec<_> = net.chains.iter().map(|it| it.transactions).collect();
    assert!(transactions.iter().all(|it| (4..=6).contains(it)), "{transactions:?}");
}

#[tokio::test(start_paused = true)]
async fn a_chain_that_contradicts_itself_is_accused_once_at_every_client() {
    let mut world = World::new(2, [10, 2]);
    for _ in 0..5 {
        world.second().await;
    }
    {
        // Two clients on the right follow the left.
        let mut net = world.net.lock().unwrap();
        let head = net.chains[1].head();
        let clients = &mut net.chains[1].blocks[head].state.clients;
        let other = clients[&id("client-0")].clone();
        clients.insert(id("client-1"), other);
    }
    let daemon = world.daemon().await;
    world.send(0, 5, 600);
    for _ in 0..3 {
        world.second().await;
    }
    {
        let mut net = world.net.lock().unwrap();
        let never_final = net.chains[0].head() as u64;
        let head = net.chains[1].head();
        let clients = &mut net.chains[1].blocks[head].state.clients;
        clients.get_mut(&id("client-0")).unwrap().heights.insert(never_final);
    }
    world.send(0, 7, 600);
    for _ in 0..20 {
        world.second().await;
    }
    {
        let net = world.net.lock().unwrap();
        let clients = &net.chains[1].newest().clients;
        assert!(clients.values().all(|client| client.frozen));
        assert_eq!((net.chains[1].accusations, net.chains[0].accusations), (2, 0));
    }
    assert_eq!(trouble(&daemon), Some("client_frozen"));
    daemon.stop().await;

    // It is on record, and another daemon does not say it again.
    let daemon = world.daemon().await;
    for _ in 0..5 {
        world.second().await;
    }
    assert_eq!(world.net.lock().unwrap().chains[1].accusations, 2);
    let evidence = daemon.evidence().await.unwrap();
    let told: Vec<_> = evidence.iter().map(|it| (&*it.chain, &*it.client)).collect();
    assert_eq!(told, [("right", "client-0"), ("right", "client-1")]);
    assert!(evidence.iter().all(|it| it.evidence.1 == header(0).value));
    assert!(evidence.iter().all(|it| it.result.as_ref().is_some_and(|it| it.contains(RELAYER))));
    assert!(world.arrived(1) < 12, "what was sent later can't arrive");
    recover(&world);
    world.until_over(&daemon, 60).await;
    assert_eq!((world.arrived(1), trouble(&daemon)), (12, None));
    daemon.stop().await;
}

#[tokio::test(start_paused = true)]
async fn packets_wait_for_a_client_that_can_go_no_further() {
    type Break = fn(&mut Client);
    let breaks: [(&str, Break); 2] = [
        ("client_frozen", |client| client.frozen = true),
        ("client_stranded", |client| client.stranded = true),
    ];
    for (code, broken) in breaks {
        let mut world = World::new(3, [0, 0]);
        let daemon = world.daemon().await;
        world.second().await;
        {
            let mut net = world.net.lock().unwrap();
            let head = net.chains[1].head();
            let clients = &mut net.chains[1].blocks[head].state.clients;
            broken(clients.get_mut(&id("client-0")).unwrap());
        }
        for _ in 0..3 {
            world.send(0, 1, 600);
        }
        for _ in 0..40 {
            world.second().await;
        }
        assert_eq!(trouble(&daemon), Some(code));
        let (why, who) = waits_for(&daemon).await;
        assert!(why.contains("recovery of the client"), "{why}");
        let authority = causeway_relayer_engine::Actor::Authority(causeway_relayer_engine::Side::B);
        assert_eq!(who, authority);
        let before = world.net.lock().unwrap().chains[1].transactions;
        for _ in 0..40 {
            world.second().await;
        }
        assert_eq!(world.net.lock().unwrap().chains[1].transactions, before, "{code}");
        recover(&world);
        world.until_over(&daemon, 20).await;
        assert_eq!((world.arrived(1), trouble(&daemon)), (3, None), "{code}");
        daemon.stop().await;
    }
}
