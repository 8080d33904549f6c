//! The process is killed at any point: what was written down is enough to go on.

use std::collections::BTreeMap;

use causeway_chain::{Chain, Fault, Random};
use causeway_chain_cometbft::{Config, OpenError};
use serde_json::{Value, json};

use super::driver::{Disk, Driver, START};
use super::transfers::transfer;

fn hash_of(driver: &mut Driver, height: u64) -> Value {
    let block = driver.call("block", json!({ "height": height.to_string() }));
    json!([block["block_id"], block["block"]["header"]["app_hash"]])
}

#[test]
fn nothing_that_was_accepted_is_lost_wherever_the_process_dies() {
    const SEED: u64 = 61;
    let mut random = Random::new(7);
    let mut driver = Driver::new(SEED);
    let mut known = BTreeMap::new();
    let mut sent = Vec::new();
    for round in 0..40 {
        driver.run(random.below(1_200));
        if round % 3 == 0 {
            let tx = transfer(SEED, sent.len() as u64);
            let bytes = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &tx);
            let answer = driver.call("broadcast_tx_sync", json!({ "tx": bytes }));
            assert_eq!(answer["code"], 0, "{answer}");
            sent.push(answer["hash"].as_str().unwrap().to_owned());
        }
        for height in 1..=driver.head() {
            let hash = hash_of(&mut driver, height);
            assert_eq!(known.entry(height).or_insert(hash.clone()), &hash);
        }
        driver = driver.restart(Config::new(SEED).unwrap());
        for (height, hash) in &known {
            assert_eq!(&hash_of(&mut driver, *height), hash);
        }
    }
    driver.run(5_000);
    assert!(driver.head() > 15, "{}", driver.head());
    for hash in sent {
        let (_, answer) = driver.get("/tx", &format!("hash=0x{hash}"));
        assert_eq!(answer["result"]["tx_result"]["code"], 0, "{hash} {answer}");
    }
    // Nobody signed anything twice.
    for height in 1..=driver.head() {
        let block = driver.call("block", json!({ "height": height.to_string() }));
        assert_eq!(block["block"]["evidence"]["evidence"], json!([]), "{height}");
    }
}

#[test]
fn the_same_writes_give_the_same_answers() {
    const SEED: u64 = 62;
    let mut driver = Driver::new(SEED);
    driver.run(2_000);
    driver.inject(&Fault::ChangeSet { count: 1 });
    driver.inject(&Fault::Equivocate);
    driver.run(6_000);
    let answers = |driver: &mut Driver| {
        let mut all = Vec::new();
        for height in 1..=driver.head() {
            let params = json!({ "height": height.to_string() });
            for method in ["block", "commit", "validators", "block_results", "header"] {
                all.push(driver.call(method, params.clone()));
                all.push(driver.answer("/witness", method, params.clone()));
            }
        }
        all.push(driver.call("genesis", json!({})));
        all
    };
    let before = answers(&mut driver);
    let now = driver.now;
    let disk = driver.disk.clone();
    let mut again = Driver::with(Config::new(SEED).unwrap(), disk, now);
    assert_eq!(answers(&mut again), before);
    again.run(3_000);
    assert!(again.head() > driver.head());
}

#[test]
fn evidence_that_waits_survives() {
    const SEED: u64 = 63;
    let mut driver = Driver::new(SEED);
    driver.run(2_000);
    driver.inject(&Fault::Equivocate);
    let waits = |driver: &Driver| {
        let members = driver.chain.participants().members().iter();
        members.map(|member| member.evidence().pending().count()).max().unwrap()
    };
    while waits(&driver) == 0 {
        driver.run(5);
    }
    let mut driver = driver.restart(Config::new(SEED).unwrap());
    assert_eq!(waits(&driver), 1);
    let head = driver.head();
    driver.run(4_000);
    let mut found = 0;
    for height in head..=driver.head() {
        let block = driver.call("block", json!({ "height": height.to_string() }));
        found += block["block"]["evidence"]["evidence"].as_array().unwrap().len();
    }
    assert_eq!((found, waits(&driver)), (1, 0));
}

#[test]
fn another_chains_disk_is_refused() {
    let mut driver = Driver::new(64);
    driver.run(2_000);
    let open = |config: Config, disk: &Disk| {
        let clients = causeway_client_registry::all();
        causeway_chain_cometbft::CometbftChain::open(config, clients, disk, START)
    };
    let mut other = Config::new(64).unwrap();
    other.chain_id = causeway_client_cometbft::ChainId::new("other-1").unwrap();
    open(other, &driver.disk).unwrap_err();
    let mut damaged = driver.disk.clone();
    let (key, _) = damaged.range(b"block/light/".to_vec()..).next().unwrap();
    let key = key.clone();
    damaged.insert(key, vec![0xff]);
    let error = open(Config::new(64).unwrap(), &damaged).unwrap_err();
    assert!(matches!(error, OpenError::Stored(_)), "{error:?}");
    let mut few = Config::new(64).unwrap();
    few.validators = 3;
    let error = open(few, &Disk::new()).unwrap_err();
    assert!(matches!(error, OpenError::Participants { validators: 3, spares: 2 }));
}

#[test]
fn days_in_between_change_nothing_but_the_time() {
    let mut driver = Driver::new(65);
    driver.run(3_000);
    let head = driver.head();
    let later = driver.now.saturating_add(std::time::Duration::from_hours(48));
    let mut driver = Driver::with(Config::new(65).unwrap(), driver.disk, later);
    driver.run(3_000);
    assert!((head + 1..head + 6).contains(&driver.head()), "{head} {}", driver.head());
    let _ = driver.chain.summary();
}
