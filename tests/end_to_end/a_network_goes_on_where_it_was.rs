//! Stops of every kind, and what is there afterwards.

use serde_json::{Value, json};

use crate::network::{CHAINS, Home, Network};

/// The names of blocks at a height of each chain, by its own RPC.
fn block_at(network: &Network, chain: &str, height: u64) -> Value {
    match chain {
        "pow" => network.call(1, "getblockhash", &json!([height])),
        "pos" => {
            let (status, body) = network.get(2, &format!("/eth/v1/beacon/headers/{height}"));
            let body: Value = serde_json::from_str(&body).unwrap();
            // A slot may have no block: then it never has one.
            json!([status, body["data"]["root"], body["data"]["header"]["message"]["state_root"]])
        }
        _ => {
            let block = network.call(4, "block", &json!({"height": height.to_string()}));
            json!([block["block_id"]["hash"], block["block"]["header"]["app_hash"]])
        }
    }
}

fn final_height(home: &Home, chain: &str) -> u64 {
    home.status(chain)["finalized"].as_u64().unwrap()
}

/// Keeps the chains busy: payments between developers, not waited for.
fn load(home: &Home, network: &Network, rounds: usize) {
    for round in 0..rounds {
        for chain in CHAINS {
            let denom = network.document["chains"][chain]["native_denom"].as_str().unwrap();
            let (from, to) = (format!("{chain}:alice"), format!("{chain}:bob"));
            let amount = (1000 + round).to_string();
            let args =
                ["transfer", "--from", &from, "--to", &to, "--amount", &amount, "--denom", denom];
            let run = home.run(&args);
            assert!(run.code < 2, "{run:?}");
        }
    }
}

#[test]
fn a_killed_network_loses_no_accepted_block() {
    let home = Home::new();
    let network = home.up(&[]);
    load(&home, &network, 3);
    let ids: Vec<_> = CHAINS
        .iter()
        .map(|chain| network.document["chains"][chain]["network_id"].clone())
        .collect();
    let accepted: Vec<_> = CHAINS
        .iter()
        .map(|chain| {
            let height = final_height(&home, chain);
            (chain, height, block_at(&network, chain, height))
        })
        .collect();
    network.stop("-KILL");

    let network = home.up(&[]);
    for (chain, id) in CHAINS.iter().zip(ids) {
        assert_eq!(network.document["chains"][chain]["network_id"], id);
    }
    for (chain, height, block) in accepted {
        assert_eq!(block_at(&network, chain, height), block, "{chain} at {height}");
        assert!(home.status(chain)["head"].as_u64().unwrap() >= height);
    }
    for chain in CHAINS {
        home.wait_for_blocks(chain, 2);
    }
    assert_eq!(network.stop("-TERM"), Some(0));

    // Two days later on the wall clock, no time has passed on the chains.
    let before: Vec<_> = {
        let network = home.up(&[]);
        let times = CHAINS.map(|chain| home.status(chain)["time"].as_u64().unwrap());
        assert_eq!(network.stop("-INT"), Some(0));
        times.into_iter().collect()
    };
    let _network = home.up(&["--clock-shift", "2days"]);
    for (chain, before) in CHAINS.iter().zip(before) {
        let status =
            home.wait_for(chain, "blocks", |status| status["time"].as_u64().unwrap() > before);
        let passed = status["time"].as_u64().unwrap() - before;
        assert!(passed < 86_400, "{chain}: {passed} s have passed");
        let finalized = status["finalized"].as_u64().unwrap();
        home.wait_for(chain, "finality", |status| {
            status["finalized"].as_u64().unwrap() > finalized
        });
    }
}
