//! The relayer's RPC over a real socket.

use causeway_relayer_daemon::rpc::client::{CallError, RpcClient};
use causeway_relayer_daemon::rpc::types::{
    ChainJson, ClearParams, ClearedJson, ClientJson, EstimateJson, HealthJson, PacketJson,
    PacketsJson, RouteJson, SolvencyJson, SubmittedJson, TraceJson,
};
use causeway_relayer_daemon::transport::{Address, HttpTransport, TransportLimits};
use causeway_relayer_daemon::{Daemon, RpcSettings, StartError};
use causeway_relayer_endpoints::{Api, Call, Submitter, Subscription, Transport};
use serde_json::{Value, json};

use super::faults::Faults;
use super::world::World;

pub(crate) const TOKEN: &str = "0123456789abcdef";

pub(crate) async fn listening(world: &mut World) -> (Daemon, Address) {
    let listen = "127.0.0.1:0".parse().unwrap();
    world.config.rpc = Some(RpcSettings { listen, token: Some(TOKEN.into()) });
    let daemon = world.daemon().await;
    let address = format!("http://{}", daemon.rpc_address().unwrap()).parse().unwrap();
    (daemon, address)
}

pub(crate) fn code(error: &CallError) -> Option<&str> {
    match error {
        CallError::Refused { code, .. } => code.as_deref(),
        _ => None,
    }
}

/// Time passes only where a test says so: what waits for a socket must not make it pass.
pub(crate) async fn asked<T>(ask: impl Future<Output = T>) -> T {
    tokio::time::resume();
    let answer = ask.await;
    tokio::time::pause();
    answer
}

#[tokio::test(start_paused = true)]
async fn packets_are_followed_from_outside() {
    let mut world = World::new(1, [0, 3]);
    let (daemon, address) = listening(&mut world).await;
    let rpc = RpcClient::new(address, None);
    for _ in 0..5 {
        world.send(0, 3, 600);
        world.send(1, 1, 600);
    }
    world.second().await;
    world.second().await;

    let open: PacketsJson =
        asked(rpc.call("causeway_packets", json!({ "state": "open" }))).await.unwrap();
    assert_eq!((open.packets.len(), &open.next), (10, &None));
    assert!(open.packets.iter().all(|it| it.stage.is_some() && it.who.is_some()), "{open:#?}");
    world.until_over(&daemon, 60).await;

    let chains: Vec<ChainJson> = asked(rpc.call("causeway_chains", json!({}))).await.unwrap();
    let networks: Vec<_> = chains.iter().map(|it| it.network.as_deref()).collect();
    assert_eq!(networks, [Some("model:0"), Some("model:1")]);
    let routes: Vec<RouteJson> = asked(rpc.call("causeway_routes", Value::Null)).await.unwrap();
    assert_eq!((routes.len(), routes[0].path, routes[0].outstanding), (2, 1, 0));
    let clients: Vec<ClientJson> = asked(rpc.call("causeway_clients", json!([]))).await.unwrap();
    assert!(clients.iter().all(|it| it.status.as_deref() == Some("active")), "{clients:#?}");

    let mut pages = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let params = json!({ "limit": 3, "after": after, "path": 1, "state": "ended" });
        let page: PacketsJson = asked(rpc.call("causeway_packets", params)).await.unwrap();
        pages.push(page.packets.len());
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(pages, [3, 3, 3, 1]);
    let params = json!({ "path": 1, "from": "right", "outcome": "acknowledged" });
    let right: PacketsJson = asked(rpc.call("causeway_packets", params)).await.unwrap();
    assert_eq!(right.packets.len(), 5);

    let id = json!({ "id": "left/client-0/2" });
    let packet: PacketJson = asked(rpc.call("causeway_packet", id)).await.unwrap();
    assert_eq!(packet.outcome.as_deref(), Some("acknowledged"));
    let kinds: Vec<_> = packet.steps.iter().map(|it| (&*it.kind, &*it.chain)).collect();
    assert_eq!(kinds, [("send", "left"), ("receive", "right"), ("acknowledge", "left")]);
    for what in [&packet.id, &packet.steps[1].transaction, "alice-0"] {
        let what = json!({ "what": what });
        let trace: TraceJson = asked(rpc.call("causeway_trace", what)).await.unwrap();
        assert!(!trace.packets.is_empty(), "{trace:#?}");
    }
    let params = json!({ "what": "nobody" });
    let error = asked(rpc.call::<TraceJson>("causeway_trace", params)).await.unwrap_err();
    assert_eq!(code(&error), Some("not_found"));

    let rows: Vec<SolvencyJson> = asked(rpc.call("causeway_solvency", json!({}))).await.unwrap();
    let sums: Vec<_> = rows.iter().map(|it| (&*it.escrowed, &*it.issued, it.holds)).collect();
    assert_eq!(sums, [("15", "15", true), ("5", "5", true)]);
    let health: HealthJson = asked(rpc.call("causeway_health", json!({}))).await.unwrap();
    assert_eq!((&*health.status, health.outstanding), ("ok", 0));
    asked(daemon.stop()).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_in_the_way_is_said() {
    let mut world = World::new(2, [0, 0]);
    let (daemon, address) = listening(&mut world).await;
    let pages = HttpTransport::new([(Api(0), vec![address.clone()])], TransportLimits::default());
    let page = async |path: &str| {
        let reply = asked(pages.send(Call::get(Api(0), path))).await;
        // The transport takes 503 for no answer.
        reply.map(|it| (it.status, String::from_utf8(it.body).unwrap()))
    };
    world.second().await;
    assert_eq!(page("/livez").await.unwrap().0, 200);
    assert_eq!(page("/readyz").await.unwrap().0, 200);
    let metrics = page("/metrics").await.unwrap().1;
    assert!(metrics.contains("causeway_relayer_chain_up{chain=\"left\"} 1"), "{metrics}");

    world.set(Faults { down: true, ..Faults::default() });
    for _ in 0..10 {
        world.second().await;
    }
    let rpc = RpcClient::new(address, None);
    let health: HealthJson = asked(rpc.call("causeway_health", json!({}))).await.unwrap();
    assert_eq!(health.status, "degraded");
    assert!(health.troubles.iter().all(|it| it.code == "endpoint_no_answer"), "{health:#?}");
    assert_eq!(page("/livez").await.unwrap().0, 200);
    page("/readyz").await.expect_err("not ready");
    let metrics = page("/metrics").await.unwrap().1;
    assert!(metrics.contains("causeway_relayer_chain_up{chain=\"left\"} 0"), "{metrics}");
    asked(daemon.stop()).await;
}

#[tokio::test(start_paused = true)]
async fn who_changes_something_brings_the_token() {
    let mut world = World::new(3, [0, 0]);
    let (daemon, address) = listening(&mut world).await;
    world.second().await;
    let signed = {
        let model = super::endpoint::Model::new(&world.net, 0, "bob", &world.faults);
        model.sign(&[]).await.unwrap()
    };
    let hex = hex::encode(&signed.raw);
    let submit = json!({ "chain": "left", "transaction_hex": hex });
    let wrong = RpcClient::new(address.clone(), Some("fedcba9876543210".into()));
    let right = RpcClient::new(address.clone(), Some(TOKEN.into()));
    for rpc in [&RpcClient::new(address.clone(), None), &wrong] {
        let error = asked(rpc.call::<SubmittedJson>("causeway_submit", &submit)).await.unwrap_err();
        assert_eq!(code(&error), Some("unauthorized"));
        let clear = ClearParams { path: 1 };
        let error = asked(rpc.call::<ClearedJson>("causeway_clear", clear)).await.unwrap_err();
        assert_eq!(code(&error), Some("unauthorized"));
    }
    for _ in 0..2 {
        let done: SubmittedJson = asked(right.call("causeway_submit", &submit)).await.unwrap();
        assert_eq!((done.transaction, &*done.state), (signed.transaction.0.clone(), "pending"));
    }
    world.second().await;
    let done: SubmittedJson = asked(right.call("causeway_submit", &submit)).await.unwrap();
    assert_eq!(done.state, "executed");
    let clear = ClearParams { path: 1 };
    let cleared: ClearedJson = asked(right.call("causeway_clear", clear)).await.unwrap();
    assert_eq!(cleared.outstanding, 0);
    asked(daemon.stop()).await;
}

#[tokio::test(start_paused = true)]
async fn bad_calls_are_refused_with_their_reason() {
    let mut world = World::new(4, [0, 0]);
    let (daemon, address) = listening(&mut world).await;
    let rpc = RpcClient::new(address.clone(), Some(TOKEN.into()));
    let payload = json!({ "source_port": "transfer", "dest_port": "transfer", "version": "v",
        "encoding": "e", "value_hex": "00" });
    let estimate = |client: &str, payloads: Value| {
        json!({ "chain": "left", "client": client,
        "timeout": 9, "payloads": payloads })
    };
    for (method, params, expected) in [
        ("causeway_packets", json!({ "limit": 501 }), "invalid_params"),
        ("causeway_packets", json!({ "limit": 0 }), "invalid_params"),
        ("causeway_packets", json!({ "after": "1" }), "invalid_params"),
        ("causeway_packets", json!({ "state": "odd" }), "invalid_params"),
        ("causeway_packets", json!({ "from": "up" }), "not_found"),
        ("causeway_packets", json!({ "stage": "odd" }), "invalid_params"),
        ("causeway_packets", json!({ "path": 9 }), "not_found"),
        ("causeway_packets", json!({ "unknown": 1 }), "invalid_params"),
        ("causeway_packet", json!({ "id": "left/client-0/0" }), "not_found"),
        ("causeway_packet", json!({ "id": "left/client-0/77" }), "not_found"),
        ("causeway_packet", json!({}), "invalid_params"),
        ("causeway_chains", json!({ "chain": "left" }), "invalid_params"),
        ("causeway_submit", json!({ "chain": "up", "transaction_hex": "00" }), "not_found"),
        ("causeway_submit", json!({ "chain": "left", "transaction_hex": "0" }), "invalid_params"),
        ("causeway_clear", json!({ "path": 9 }), "not_found"),
        ("causeway_solvency", json!({ "path": 9 }), "not_found"),
        ("causeway_estimate", estimate("x", json!([payload])), "invalid_params"),
        ("causeway_estimate", estimate("client-0", json!([])), "invalid_params"),
    ] {
        let error = asked(rpc.call::<Value>(method, &params)).await.unwrap_err();
        assert_eq!(code(&error), Some(expected), "{method} {params}: {error}");
    }
    let params = estimate("client-0", json!([payload]));
    let fee: EstimateJson = asked(rpc.call("causeway_estimate", params)).await.unwrap();
    assert_eq!((&*fee.amount, &*fee.denom, fee.gas), ("1", "coin", 1));

    // Limits of the server itself.
    let wire = HttpTransport::new([(Api(0), vec![address])], TransportLimits::default());
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "causeway_health" });
    let batch = |count| Value::Array(vec![call.clone(); count]).to_string();
    let send = async |body: String| asked(wire.send(Call::post(Api(0), body))).await.unwrap();
    let reply: Value = serde_json::from_slice(&send(batch(50)).await.body).unwrap();
    assert_eq!(reply.as_array().unwrap().len(), 50);
    let reply: Value = serde_json::from_slice(&send(batch(51)).await.body).unwrap();
    assert!(reply["error"].is_object(), "{reply}");
    let reply = send(format!("\"{}\"", "x".repeat(11 << 20))).await;
    assert_eq!(reply.status, 413);
    asked(daemon.stop()).await;
}

#[tokio::test(start_paused = true)]
async fn every_method_is_described() {
    let mut world = World::new(5, [0, 0]);
    let (daemon, address) = listening(&mut world).await;
    let rpc = RpcClient::new(address, None);
    let document: Value = asked(rpc.call("rpc.discover", json!([]))).await.unwrap();
    let methods = document["methods"].as_array().unwrap();
    let names: Vec<_> = methods.iter().map(|it| it["name"].as_str().unwrap()).collect();
    for name in daemon.rpc_methods() {
        assert!(names.contains(&name), "{name} is not described");
    }
    assert_eq!(names.len(), daemon.rpc_methods().len());
    // References lead somewhere.
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
    asked(daemon.stop()).await;
}

#[tokio::test(start_paused = true)]
async fn subscribers_are_told_of_blocks_and_packets() {
    let mut world = World::new(6, [0, 0]);
    let (daemon, address) = listening(&mut world).await;
    let wire = HttpTransport::new([(Api(0), vec![address])], TransportLimits::default());
    let request = |method: &str| json!({ "jsonrpc": "2.0", "id": 1, "method": method }).to_string();
    let subscription = |method: &str| Subscription::WebSocket {
        api: Api(0),
        path: "/".into(),
        requests: vec![request(method)],
    };
    let blocks = subscription("causeway_subscribeBlocks");
    let mut blocks = asked(wire.subscribe(&blocks)).await.unwrap();
    let packets = subscription("causeway_subscribePackets");
    let mut packets = asked(wire.subscribe(&packets)).await.unwrap();
    let id: Value = serde_json::from_slice(&asked(packets.next()).await.unwrap()).unwrap();
    assert!(!id["result"].is_null(), "{id}");
    world.send(0, 1, 600);
    world.until_over(&daemon, 60).await;
    let mut heads = 0;
    while heads < 4 {
        let message: Value = serde_json::from_slice(&asked(blocks.next()).await.unwrap()).unwrap();
        heads += usize::from(message["method"] == "causeway_block");
    }
    loop {
        let message = asked(packets.next()).await.unwrap();
        let message: Value = serde_json::from_slice(&message).unwrap();
        assert_eq!(message["params"]["result"]["id"], "left/client-0/1", "{message}");
        if message["params"]["result"]["outcome"] == "acknowledged" {
            break;
        }
    }
    asked(daemon.stop()).await;
}

#[tokio::test(start_paused = true)]
async fn it_does_not_listen_where_everybody_could_change_something() {
    let mut world = World::new(7, [0, 0]);
    for (listen, token) in [
        ("0.0.0.0:0", None),
        ("[::]:0", None),
        ("127.0.0.1:0", Some("short")),
        ("127.0.0.1:0", Some("with a space inside")),
        ("192.0.2.1:1", Some(TOKEN)),
    ] {
        let listen = listen.parse().unwrap();
        world.config.rpc = Some(RpcSettings { listen, token: token.map(Into::into) });
        let (endpoints, paths) = (world.endpoints("relayer"), [World::path()]);
        let file = world.file("relayer.sqlite");
        let error = Daemon::start(world.config.clone(), endpoints, &paths, &file).await;
        assert!(matches!(error, Err(StartError::Rpc(_))), "{listen} {token:?}");
    }
}
