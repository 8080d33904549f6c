//! Following packets, transactions and accounts from outside.

use causeway_relayer_daemon::rpc::client::RpcClient;
use causeway_relayer_daemon::rpc::types::{ClientJson, PacketsJson, TraceJson};
use serde_json::{Value, json};

use super::net::{Client, id, refuses_seven};
use super::rpc::{asked, code, listening};
use super::world::World;

async fn trace(rpc: &RpcClient, what: &str) -> TraceJson {
    asked(rpc.call("causeway_trace", json!({ "what": what }))).await.unwrap()
}

async fn ids(rpc: &RpcClient, params: Value) -> Vec<String> {
    let mut ids = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let mut params = params.clone();
        params["after"] = json!(after);
        let page: PacketsJson = asked(rpc.call("causeway_packets", params)).await.unwrap();
        ids.extend(page.packets.into_iter().map(|it| it.id));
        after = page.next;
        if after.is_none() {
            return ids;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_way_leads_from_the_sender_to_the_answer_that_came_home() {
    let mut world = World::new(1, [0, 3]);
    let (daemon, address) = listening(&mut world).await;
    let rpc = RpcClient::new(address, None);
    world.second().await;
    world.send(0, 3, 600);
    world.until_over(&daemon, 60).await;
    let traced = trace(&rpc, "left/client-0/1").await;
    assert_eq!((&*traced.kind, traced.packets.len()), ("packet", 1));
    let packet = &traced.packets[0];
    let way: Vec<_> = packet.way.iter().map(|it| (&*it.stage, &*it.chain)).collect();
    for place in
        [("seen", "left"), ("submitted", "right"), ("executed", "right"), ("acknowledged", "left")]
    {
        assert!(way.contains(&place), "{place:?} {way:?}");
    }
    let since: Vec<_> = packet.way.iter().map(|it| it.since.unwrap()).collect();
    assert!(since.is_sorted(), "{since:?}");
    let of = |stage: &str| packet.way.iter().find(|it| it.stage == stage).unwrap();
    let height = |stage| of(stage).height.unwrap();
    assert!(height("seen") < height("acknowledged"));
    assert_eq!(of("seen").transaction.as_deref(), Some("alice-0"));
    for stage in ["executed", "acknowledged"] {
        let name = of(stage).transaction.clone().unwrap();
        assert!(name.starts_with("relayer-"), "{name}");
        let traced = trace(&rpc, &name).await;
        assert_eq!((&*traced.kind, &*traced.packets[0].id), ("transaction", &*packet.id));
    }
    assert_eq!(packet.stage.as_deref(), Some("acknowledged"));
    asked(daemon.stop()).await;
}

#[tokio::test(start_paused = true)]
async fn a_sending_transaction_is_found_before_the_relayer_has_seen_it() {
    let mut world = World::new(2, [0, 3]);
    let (daemon, address) = listening(&mut world).await;
    let rpc = RpcClient::new(address, None);
    world.second().await;
    world.send(1, 3, 600);
    let waits = trace(&rpc, "alice-0").await;
    assert_eq!(waits.packets, []);
    assert!(waits.note.as_ref().is_some_and(|it| it.contains("right")), "{waits:?}");
    {
        let mut net = world.net.lock().unwrap();
        net.mine(1, world.now + 1);
    }
    let traced = trace(&rpc, "alice-0").await;
    let packet = &traced.packets[0];
    assert_eq!((&*packet.id, packet.stage.as_deref()), ("right/client-0/1", Some("seen")));
    assert!(packet.who.is_some() && packet.waits_for.is_some(), "{packet:#?}");
    assert_eq!(packet.steps[0].transaction, "alice-0");
    for nothing in ["alice-7", "0xabc", "9"] {
        let what = json!({ "what": nothing });
        let error = asked(rpc.call::<TraceJson>("causeway_trace", what)).await.unwrap_err();
        assert_eq!(code(&error), Some("not_found"), "{nothing}");
    }
    asked(daemon.stop()).await;
}

#[tokio::test(start_paused = true)]
async fn packets_are_listed_by_their_place() {
    let mut world = World::new(3, [0, 0]);
    let (daemon, address) = listening(&mut world).await;
    let rpc = RpcClient::new(address, None);
    world.net.lock().unwrap().chains[1].refuses = refuses_seven;
    for amount in [1, 7, 1, 7, 1] {
        world.send(0, amount, 600);
    }
    world.until_over(&daemon, 60).await;
    {
        let mut net = world.net.lock().unwrap();
        let head = net.chains[1].head();
        let clients = &mut net.chains[1].blocks[head].state.clients;
        clients.get_mut(&id("client-0")).unwrap().frozen = true;
    }
    for _ in 0..4 {
        world.send(0, 2, 600);
    }
    world.send(1, 2, 600);
    for _ in 0..20 {
        world.second().await;
    }
    let all = ids(&rpc, json!({ "limit": 2 })).await;
    assert_eq!(all.len(), 10);
    for (params, count) in [
        (json!({ "stage": "acknowledged" }), 3),
        (json!({ "stage": "rejected" }), 2),
        (json!({ "outcome": "rejected" }), 2),
        (json!({ "stage": "refunded" }), 0),
        (json!({ "from": "left" }), 9),
        (json!({ "from": "right", "path": 1 }), 1),
        (json!({ "state": "open", "from": "left" }), 4),
        (json!({ "state": "ended" }), 5),
    ] {
        let whole = ids(&rpc, params.clone()).await;
        assert_eq!(whole.len(), count, "{params} {whole:?}");
        let mut paged = params.clone();
        paged["limit"] = json!(1);
        assert_eq!(ids(&rpc, paged).await, whole, "{params}");
    }
    let places = ["seen", "source-final", "client-updated", "provable", "submitted", "executed"];
    let mut open = Vec::new();
    for stage in places.into_iter().chain(["held", "timed_out"]) {
        open.extend(ids(&rpc, json!({ "stage": stage, "state": "open" })).await);
    }
    open.sort();
    let mut expected = ids(&rpc, json!({ "state": "open" })).await;
    expected.sort();
    assert_eq!(open, expected);

    // An account is found in whatever letters: what has not ended comes first.
    let traced = trace(&rpc, "ALICE").await;
    assert_eq!((&*traced.kind, traced.packets.len()), ("account", 10));
    let ended: Vec<_> = traced.packets.iter().map(|it| it.outcome.is_some()).collect();
    assert!(ended.is_sorted() && ended[4] != ended[5], "{ended:?}");
    assert_eq!(ids(&rpc, json!({ "account": "Bob", "limit": 3 })).await.len(), 10);

    // Why they wait, and what to do.
    let waits = &trace(&rpc, "left/client-0/6").await.packets[0];
    let client = waits.client.as_ref().expect("a client keeps it waiting");
    assert_eq!((&*client.chain, client.status.as_deref()), ("right", Some("frozen")));
    assert!(client.next.as_ref().unwrap().contains("causeway client recover"), "{client:?}");
    assert!(waits.who.as_ref().unwrap().contains("authority of right"), "{waits:?}");
    asked(daemon.stop()).await;
}

#[tokio::test(start_paused = true)]
async fn clients_tell_what_is_wrong_with_them() {
    let mut world = World::new(4, [0, 0]);
    let (daemon, address) = listening(&mut world).await;
    let rpc = RpcClient::new(address, None);
    world.second().await;
    world.second().await;
    let clients: Vec<ClientJson> = asked(rpc.call("causeway_clients", json!({}))).await.unwrap();
    let [left, _] = clients.as_slice() else { panic!("{clients:?}") };
    let expires = left.expires_at.unwrap();
    assert_eq!(expires, left.latest_time.unwrap() + 600);
    assert_eq!(left.refresh_at, Some(left.latest_time.unwrap() + 300));
    assert!(left.host_time.unwrap() < expires && left.next.is_none() && left.reason.is_none());
    type Break = fn(&mut Client);
    let breaks: [(&str, Break); 3] = [
        ("stranded", |client| client.stranded = true),
        ("frozen", |client| client.frozen = true),
        ("expired", |client| *client = Client { heights: [0].into(), ..client.clone() }),
    ];
    for (status, broken) in breaks {
        {
            let mut net = world.net.lock().unwrap();
            let head = net.chains[0].head();
            let client = net.chains[0].blocks[head].state.clients.get_mut(&id("client-0"));
            let client = client.unwrap();
            (client.frozen, client.stranded) = (false, false);
            broken(client);
        }
        if status == "expired" {
            world.now += 700;
        }
        for _ in 0..40 {
            world.second().await;
        }
        let clients: Vec<ClientJson> =
            asked(rpc.call("causeway_clients", json!({}))).await.unwrap();
        assert_eq!(clients[0].status.as_deref(), Some(status), "{clients:#?}");
        assert!(clients[0].reason.is_some() && clients[0].next.is_some(), "{clients:#?}");
    }
    asked(daemon.stop()).await;
}
