//! `causeway keys`, `causeway config` and completions, which need no network.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::network::Home;

/// An example of the definition of Web3 Secret Storage.
const KEYSTORE: &str = r#"{"crypto":{"cipher":"aes-128-ctr",
    "cipherparams":{"iv":"6087dab2f9fdbbfaddc31a909735c1e6"},
    "ciphertext":"5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
    "kdf":"pbkdf2","kdfparams":{"c":262144,"dklen":32,"prf":"hmac-sha256",
    "salt":"ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"},
    "mac":"517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2"},
    "id":"3198bc9c-6672-5ab3-d995-4942343ae5b6","version":3}"#;

/// The least private key.
const SECRET: &str = "0000000000000000000000000000000000000000000000000000000000000001";

#[test]
fn a_key_goes_round() {
    let home = Home::new();
    let made = home.ask(&["keys", "new", "carol"]);
    let file = home.path().join("keys/carol.json");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let secret = home.ask(&["keys", "export", "carol", "--reveal"])["private_key"].clone();
    let secret = secret.as_str().unwrap();
    assert_eq!(secret.len(), 64);
    assert!(!fs::read_to_string(&file).unwrap().contains(secret));

    let plain = home.path().join("plain.txt");
    fs::write(&plain, format!("{secret}\n")).unwrap();
    let copy = home.ask(&["keys", "import", "carol-2", plain.to_str().unwrap()]);
    assert_eq!(copy["addresses"], made["addresses"]);
    let listed = home.ask(&["keys", "list"]);
    let names = |listed: &Value| -> Vec<String> {
        let keys = listed["keys"].as_array().unwrap().iter();
        keys.map(|key| key["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&listed), ["carol", "carol-2"]);
    for (family, start) in [("bitcoin", "bc1q"), ("ethereum", "0x"), ("cometbft", "cosmos1")] {
        let address = made["addresses"][family].as_str().unwrap();
        assert!(address.starts_with(start), "{address}");
    }

    // The key one has addresses that everybody knows.
    fs::write(&plain, SECRET).unwrap();
    let one = home.ask(&["keys", "import", "one", plain.to_str().unwrap()]);
    assert_eq!(one["addresses"]["bitcoin"], "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4");
    assert_eq!(one["addresses"]["ethereum"], "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf");

    // A keystore of an Ethereum wallet has a passphrase of its own.
    let keystore = home.path().join("keystore.json");
    fs::write(&keystore, KEYSTORE).unwrap();
    let keystore = keystore.to_str().unwrap();
    let own = home.path().join("keystore-passphrase");
    fs::write(&own, "testpassword\n").unwrap();
    let args = ["keys", "import", "wallet", keystore, "--keystore-passphrase-file"];
    let wallet = home.ask(&[&args[..], &[own.to_str().unwrap()]].concat());
    assert_eq!((&wallet["form"], &wallet["name"]), (&"keystore".into(), &"wallet".into()));
    assert_eq!(wallet["addresses"]["ethereum"], "0x008AeEda4D805471dF9b2A5B0f38A0C3bCBA786b");
    assert_eq!(home.run(&["keys", "import", "wallet-2", keystore]).code, 2);

    let other = |args: &[&str]| {
        home.run_with(args, |command| {
            command.env("CAUSEWAY_PASSPHRASE", "wrong");
        })
    };
    let run = other(&["keys", "export", "carol", "--reveal"]);
    assert!(run.code == 2 && run.stdout.is_empty(), "{run:?}");
    let none = |args: &[&str]| {
        home.run_with(args, |command| {
            command.env_remove("CAUSEWAY_PASSPHRASE");
        })
    };
    assert_eq!(none(&["keys", "new", "dave"]).code, 2);
    let file = home.path().join("passphrase");
    fs::write(&file, "correct horse\nsecond line").unwrap();
    let file = ["--passphrase-file", file.to_str().unwrap()];
    let run = none(&[&["keys", "export", "carol", "--reveal"], &file[..]].concat());
    assert_eq!(run.stdout.trim(), secret, "{run:?}");

    for args in [
        &["keys", "new", "carol"][..],
        &["keys", "new", "alice"],
        &["keys", "new", "Carol"],
        &["keys", "new", "../carol"],
        &["keys", "export", "carol"],
        &["keys", "export", "nobody", "--reveal"],
        &["keys", "import", "new", "/nowhere"],
        &["keys", "import", "new", "Cargo.toml"],
    ] {
        let run = home.run(args);
        assert!(run.code == 2 && run.stdout.is_empty(), "{args:?}: {run:?}");
    }
}

#[test]
fn a_configuration_is_made_checked_and_shown() {
    let home = Home::new();
    assert_eq!(home.run(&["config", "check"]).code, 2);
    home.ask(&["config", "new"]);
    assert_eq!(home.run(&["config", "new"]).code, 2);
    home.ask(&["config", "new", "--force"]);
    assert_eq!(home.ask(&["config", "check"])["valid"], true);
    let shown = home.run(&["config", "show"]);
    assert!(shown.code == 0 && shown.stdout.contains("[chains.bitcoin]"), "{shown:?}");
    assert_eq!(home.ask(&["config", "show"])["chains"]["ethereum"]["family"], "ethereum");

    let path = home.path().join("config.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("\"bitcoin\"", "\"gold\"")).unwrap();
    let run = home.run(&["config", "check", "--json"]);
    assert_eq!((run.code, &run.json()["valid"]), (1, &false.into()), "{run:?}");
    assert!(run.json()["reason"].as_str().unwrap().starts_with("line "), "{run:?}");
    assert_eq!(home.run(&["chain", "list"]).code, 2);
}

#[test]
fn shells_can_complete_commands() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish"] {
        let run = home.run(&["completions", shell]);
        assert!(run.code == 0 && run.stdout.contains("transfer"), "{shell}");
    }
}
