//! `causeway up`: the first document, the first blocks, and the configuration it leaves.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::network::{CHAINS, Home};

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[test]
fn one_command_starts_three_chains_and_says_where_they_are() {
    let home = Home::new();
    let network = home.up(&["--seed", "7"]);
    let document = &network.document;
    assert_eq!(
        keys(document),
        BTreeSet::from([
            "version", "data_dir", "config", "seed", "relayer", "control", "chains", "paths"
        ])
    );
    assert_eq!((&document["version"], &document["seed"]), (&1.into(), &7.into()));
    assert!(document["control"].is_null());
    assert_eq!(keys(&document["chains"]), BTreeSet::from(CHAINS));
    for (alias, chain) in document["chains"].as_object().unwrap() {
        for field in [
            "family",
            "chain_id",
            "network_id",
            "urls",
            "cookie_file",
            "native_denom",
            "denominations",
            "keys",
            "contracts",
            "clients",
        ] {
            assert!(chain.get(field).is_some(), "{alias}: {field}");
        }
        let native = &chain["denominations"][0];
        assert_eq!((&native["denom"], &native["native"]), (&chain["native_denom"], &true.into()));
        for name in ["alice", "bob", "relayer"] {
            let account = &chain["keys"][name];
            assert_eq!(account["private_key"].as_str().unwrap().len(), 64, "{alias} {name}");
            assert_eq!(account["public_key"].as_str().unwrap().len(), 66, "{alias} {name}");
            let address = account["address"].as_str().unwrap();
            let listed = home.ask(&["balance", &format!("{alias}:{name}")]);
            assert_eq!(listed["address"], address, "{alias} {name}");
            let balance = &listed["balances"][0];
            assert_eq!(balance["denom"], chain["native_denom"]);
            assert!(balance["amount"].as_str().unwrap().len() > 6, "{alias} {name}: {listed}");
        }
    }
    for chain in CHAINS {
        home.wait_for_blocks(chain, 2);
    }
    let cookie = network.file("/chains/pow/cookie_file");
    assert_eq!(fs::metadata(cookie).unwrap().permissions().mode() & 0o077, 0);

    // The configuration is in the data directory and, as there was none, in the home directory.
    let text = fs::read_to_string(network.file("/config")).unwrap();
    assert_eq!(fs::read_to_string(home.path().join("config.toml")).unwrap(), text);
    for chain in CHAINS {
        let key = document["chains"][chain]["keys"]["alice"]["private_key"].as_str().unwrap();
        assert!(!text.contains(key));
    }
    let listed = home.ask(&["chain", "list"]);
    assert_eq!(listed["chains"].as_array().unwrap().len(), CHAINS.len());
    assert_eq!(home.ask(&["config", "check"])["valid"], true);
    let progress = network.progress();
    for chain in CHAINS {
        let open = format!("{chain}: ");
        assert!(progress.iter().any(|line| line.starts_with(&open)), "{progress:?}");
    }
    assert_eq!(network.stop("-INT"), Some(0));
}

#[test]
fn the_bitcoin_api_wants_its_cookie() {
    let home = Home::new();
    let network = home.up(&[]);
    let call = r#"{"id":1,"method":"getblockcount","params":[]}"#;
    for login in [None, Some("user:password"), Some("__cookie__:")] {
        assert_eq!(network.post(1, call, login).0, 401, "{login:?}");
    }
    let cookie = fs::read_to_string(network.file("/chains/pow/cookie_file")).unwrap();
    assert_eq!(network.post(1, call, Some(&cookie)).0, 200);
}
