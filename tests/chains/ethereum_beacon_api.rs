//! The Beacon API, as clients see it.

use alloy_primitives::B256;
use causeway_chain::{Answer, Fault, Method, Push, Request, Response, SessionId};
use causeway_chain_ethereum::beacon::types::{BeaconState, SignedBeaconBlock};
use causeway_chain_ethereum::ssz::{Decode, Ssz};
use serde_json::{Value, json};

use crate::ethereum_beacon::{Chain, after, new_chain};

/// A GET request, `path?query`.
fn get(target: &str, accept: Option<&str>) -> Request {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Request {
        method: Method::Get,
        path: path.into(),
        query: query.into(),
        headers: accept.iter().map(|accept| ("accept".into(), (*accept).into())).collect(),
        body: Vec::new(),
        upgrade: false,
        session: SessionId(7),
    }
}

fn answer(chain: &mut Chain, request: &Request) -> Response {
    match chain.request(request) {
        Answer::Now(response) => response,
        other => panic!("{other:?}"),
    }
}

/// The body of a good answer, as JSON.
pub(crate) fn json_of(chain: &mut Chain, target: &str) -> Value {
    let response = answer(chain, &get(target, None));
    let body = String::from_utf8(response.body).unwrap();
    assert_eq!(response.status, 200, "{target}: {body}");
    assert_eq!(response.headers[0].1, "application/json");
    serde_json::from_str(&body).unwrap()
}

/// The body of a good answer, as SSZ.
pub(crate) fn ssz_of(chain: &mut Chain, target: &str) -> Vec<u8> {
    let response = answer(chain, &get(target, Some("application/octet-stream")));
    assert_eq!(response.status, 200, "{target}");
    assert_eq!(response.headers[0].1, "application/octet-stream");
    response.body
}

/// Status and message of a refusal.
fn error_of(chain: &mut Chain, target: &str) -> (u16, String) {
    let response = answer(chain, &get(target, None));
    let body: Value = serde_json::from_slice(&response.body).unwrap();
    assert_eq!(body["code"], response.status);
    (response.status, body["message"].as_str().unwrap().into())
}

fn running(seed: u64) -> Chain {
    let mut chain = new_chain(seed);
    chain.advance(after(40));
    chain
}

#[test]
fn blocks_have_one_root_in_every_answer() {
    let chain = &mut running(30);
    for id in ["head", "finalized", "justified", "70", "12"] {
        let header = json_of(chain, &format!("/eth/v1/beacon/headers/{id}"));
        let root: B256 = header["data"]["root"].as_str().unwrap().parse().unwrap();
        let by_root = json_of(chain, &format!("/eth/v1/beacon/headers/{root}"));
        assert_eq!(by_root, header);
        let root_only = json_of(chain, &format!("/eth/v1/beacon/blocks/{id}/root"));
        assert_eq!(root_only["data"]["root"], header["data"]["root"]);
        let ssz = ssz_of(chain, &format!("/eth/v2/beacon/blocks/{id}"));
        let block = SignedBeaconBlock::from_ssz_bytes(&ssz).unwrap();
        assert_eq!(block.message.tree_root(), root);
        let block_json = json_of(chain, &format!("/eth/v2/beacon/blocks/{id}"));
        assert_eq!(block_json["data"], block.to_json());
        assert_eq!(block_json["version"], "fulu");
        assert_eq!(block_json["finalized"], id != "head" && id != "justified" && id != "70");
    }
}

#[test]
fn lists_of_headers_are_filtered() {
    let chain = &mut running(31);
    let head = json_of(chain, "/eth/v1/beacon/headers");
    let message = &head["data"][0]["header"]["message"];
    let slot = message["slot"].as_str().unwrap().to_owned();
    let parent = message["parent_root"].as_str().unwrap().to_owned();
    assert_eq!(json_of(chain, &format!("/eth/v1/beacon/headers?slot={slot}")), head);
    assert_eq!(json_of(chain, &format!("/eth/v1/beacon/headers?parent_root={parent}")), head);
    assert_eq!(json_of(chain, "/eth/v1/beacon/headers?slot=9999")["data"], json!([]));
    let archived = json_of(chain, "/eth/v1/beacon/headers?slot=9");
    assert_eq!(archived["data"][0]["header"]["message"]["slot"], "9");
    assert_eq!(archived["finalized"], true);
}

#[test]
fn states_hash_to_what_their_blocks_say() {
    let chain = &mut running(32);
    for id in ["head", "finalized", "justified", "75"] {
        let ssz = ssz_of(chain, &format!("/eth/v2/debug/beacon/states/{id}"));
        let state = BeaconState::from_ssz_bytes(&ssz).unwrap();
        let root = json_of(chain, &format!("/eth/v1/beacon/states/{id}/root"));
        assert_eq!(root["data"]["root"], state.tree_root().to_json());
        let header = json_of(chain, &format!("/eth/v1/beacon/headers/{id}"));
        assert_eq!(header["data"]["header"]["message"]["state_root"], root["data"]["root"]);
        let by_root = root["data"]["root"].as_str().unwrap();
        let by_root = json_of(chain, &format!("/eth/v1/beacon/states/{by_root}/fork"));
        assert_eq!(by_root["data"]["current_version"], "0x06000001");
        let checkpoints =
            json_of(chain, &format!("/eth/v1/beacon/states/{id}/finality_checkpoints"));
        assert_eq!(checkpoints["data"]["finalized"], state.finalized_checkpoint.to_json());
    }
    let genesis = ssz_of(chain, "/eth/v2/debug/beacon/states/genesis");
    assert_eq!(BeaconState::from_ssz_bytes(&genesis).unwrap(), **chain.genesis());
    let json = json_of(chain, "/eth/v2/debug/beacon/states/genesis");
    assert_eq!(json["data"]["validators"].as_array().unwrap().len(), 64);
    let committees = json_of(chain, "/eth/v1/beacon/states/head/sync_committees");
    assert_eq!(committees["data"]["validators"].as_array().unwrap().len(), 32);
    assert_eq!(committees["data"]["validator_aggregates"].as_array().unwrap().len(), 4);
}

#[test]
fn the_network_describes_itself() {
    let chain = &mut running(33);
    let genesis = json_of(chain, "/eth/v1/beacon/genesis");
    assert_eq!(genesis["data"]["genesis_fork_version"], "0x00000001");
    let time = genesis["data"]["genesis_time"].clone();
    let spec = json_of(chain, "/eth/v1/config/spec");
    assert_eq!(spec["data"]["MIN_GENESIS_TIME"], time);
    assert_eq!(spec["data"]["SECONDS_PER_SLOT"], "1");
    assert_eq!(spec["data"]["FULU_FORK_EPOCH"], "0");
    assert_eq!(spec["data"]["BLOB_SCHEDULE"], json!([]));
    let schedule = json_of(chain, "/eth/v1/config/fork_schedule");
    let newest = &schedule["data"][6];
    assert_eq!(newest["previous_version"], "0x05000001");
    assert_eq!(newest["current_version"], "0x06000001");
    let syncing = json_of(chain, "/eth/v1/node/syncing");
    assert_eq!(syncing["data"]["is_syncing"], false);
    assert!(
        json_of(chain, "/eth/v1/node/version")["data"]["version"]
            .as_str()
            .unwrap()
            .starts_with("Causeway/v")
    );
    assert_eq!(json_of(chain, "/eth/v1/node/peer_count")["data"]["connected"], "3");
    assert_eq!(answer(chain, &get("/eth/v1/node/health", None)).body, b"");
    assert_eq!(json_of(chain, "/eth/v2/debug/beacon/heads")["data"].as_array().unwrap().len(), 1);
}

#[test]
fn refusals_have_the_words_that_clients_know() {
    let chain = &mut running(34);
    let zero = B256::ZERO;
    for (target, status, message) in [
        ("/eth/v1/beacon/headers/x", 400, "Invalid block ID: x"),
        ("/eth/v1/beacon/headers/0x12", 400, "Invalid block ID: 0x12"),
        ("/eth/v1/beacon/headers/99999", 404, "Block not found"),
        ("/eth/v1/beacon/states/99999/root", 404, "State not found"),
        ("/eth/v1/beacon/states/y/root", 400, "Invalid state ID: y"),
        ("/eth/v1/beacon/states/3/root", 404, "State not found"),
        ("/eth/v1/beacon/light_client/bootstrap/7", 400, "Invalid block root value"),
        (&format!("/eth/v1/beacon/light_client/bootstrap/{zero}"), 404, "LC bootstrap unavailable"),
        ("/eth/v1/beacon/light_client/updates?count=1", 400, "Missing `start_period` value"),
        ("/eth/v1/beacon/light_client/updates?start_period=0", 400, "Missing `count` value"),
        (
            "/eth/v1/beacon/light_client/updates?start_period=a&count=1",
            400,
            "Invalid sync committee period requested",
        ),
        ("/eth/v1/events?topics=head,weather", 400, "Invalid topic: weather"),
        ("/eth/v1/events", 400, "Missing `topics` value"),
        ("/eth/v1/nothing", 404, "Not found"),
        ("/causeway/v1/beacon/evidence", 404, "No committee has contradicted itself"),
    ] {
        assert_eq!(error_of(chain, target), (status, message.to_owned()), "{target}");
    }
    let post = Request { method: Method::Post, ..get("/eth/v1/beacon/genesis", None) };
    assert_eq!(answer(chain, &post).status, 405);
    let html = get("/eth/v1/beacon/genesis", Some("text/html"));
    assert_eq!(answer(chain, &html).status, 406);
    let ssz = get("/eth/v1/beacon/genesis", Some("application/octet-stream"));
    assert_eq!(answer(chain, &ssz).status, 406);
    let newborn = &mut new_chain(34);
    assert_eq!(
        json_of(newborn, "/eth/v1/beacon/light_client/updates?start_period=9&count=3"),
        json!([])
    );
}

/// Frames by topic.
fn frames(pushes: Vec<Push>) -> Vec<(String, Value)> {
    let frame = |push| {
        let Push::Message(SessionId(7), bytes) = push else { panic!("{push:?}") };
        let text = String::from_utf8(bytes).unwrap();
        let text = text.strip_prefix("event: ").unwrap().strip_suffix("\n\n").unwrap();
        let (topic, data) = text.split_once("\ndata: ").unwrap();
        (topic.to_owned(), serde_json::from_str(data).unwrap())
    };
    pushes.into_iter().map(frame).collect()
}

#[test]
fn events_are_pushed_as_they_happen() {
    let chain = &mut running(35);
    let topics =
        "topics=head,block,finalized_checkpoint,light_client_finality_update%2Cchain_reorg";
    let request =
        get(&format!("/eth/v1/events?{topics}&topics=light_client_optimistic_update"), None);
    let Answer::Stream(response) = chain.request(&request) else { panic!("no stream") };
    assert_eq!((response.status, response.headers[0].1.as_str()), (200, "text/event-stream"));
    assert_eq!(chain.take_pushes(), []);
    chain.advance(after(56));
    let frames = frames(chain.take_pushes());
    let of = |topic: &str| -> Vec<&Value> {
        frames.iter().filter(|(name, _)| name == topic).map(|(_, data)| data).collect()
    };
    for topic in ["head", "block", "light_client_finality_update", "light_client_optimistic_update"]
    {
        assert_eq!(of(topic).len(), 16, "{topic}");
    }
    assert_eq!(of("chain_reorg").len(), 0);
    assert_eq!(of("finalized_checkpoint").len(), 2);
    let newest = json_of(chain, "/eth/v1/beacon/light_client/finality_update");
    assert_eq!(**of("light_client_finality_update").last().unwrap(), newest);
    let finalized = json_of(chain, "/eth/v1/beacon/blocks/finalized/root");
    assert_eq!(of("finalized_checkpoint").last().unwrap()["block"], finalized["data"]["root"]);
    let head = of("head").last().copied().unwrap().clone();
    let header = json_of(chain, "/eth/v1/beacon/headers/head");
    assert_eq!(head["block"], header["data"]["root"]);
    assert_eq!(head["state"], header["data"]["header"]["message"]["state_root"]);
    assert!(of("head").iter().any(|head| head["epoch_transition"] == true));
    chain.close(SessionId(7));
    chain.advance(after(58));
    assert_eq!(chain.take_pushes(), []);
}

#[test]
fn a_mended_partition_is_a_reorganisation_for_one_side() {
    let mut depths = Vec::new();
    for seed in 36..40 {
        let chain = &mut running(seed);
        let request = get("/eth/v1/events?topics=chain_reorg", None);
        assert!(matches!(chain.request(&request), Answer::Stream(_)));
        chain.inject(&Fault::Partition, after(41)).unwrap();
        chain.advance(after(60));
        chain.inject(&Fault::Resume, after(60)).unwrap();
        chain.advance(after(70));
        for (_, data) in frames(chain.take_pushes()) {
            let old = data["old_head_block"].as_str().unwrap();
            let old = json_of(chain, &format!("/eth/v1/beacon/headers/{old}"));
            assert_eq!(old["data"]["canonical"], false);
            depths.push(data["depth"].as_str().unwrap().parse::<u64>().unwrap());
        }
    }
    // The answering node's side loses some of the time.
    assert!(depths.iter().any(|depth| *depth >= 15), "{depths:?}");
}
