//! `causeway transfer` and `causeway balance` on each chain, and what they refuse.

use serde_json::Value;

use crate::network::{CHAINS, Home};

fn amount(balance: &Value, denom: &str) -> u128 {
    let balances = balance["balances"].as_array().unwrap();
    let found = balances.iter().find(|balance| balance["denom"] == denom);
    found.map_or(0, |balance| balance["amount"].as_str().unwrap().parse().unwrap())
}

fn flip_last(address: &str) -> String {
    let last = if address.ends_with('q') { 'p' } else { 'q' };
    let digit = if address.ends_with('1') { '2' } else { '1' };
    let end = if address.starts_with("0x") { digit } else { last };
    format!("{}{end}", &address[..address.len() - 1])
}

#[test]
fn coins_move_within_a_chain() {
    let home = Home::new();
    let network = home.up(&[]);
    let chains = &network.document["chains"];
    for chain in CHAINS {
        let denom = chains[chain]["native_denom"].as_str().unwrap();
        let address = |name: &str| chains[chain]["keys"][name]["address"].as_str().unwrap();
        let balance =
            |account: &str| amount(&home.ask(&["balance", &format!("{chain}:{account}")]), denom);
        let from = format!("{chain}:alice");
        let send = |to: &str, count: &str, denom: &str| {
            let to = format!("{chain}:{to}");
            let args =
                ["transfer", "--from", &from, "--to", &to, "--amount", count, "--denom", denom];
            home.run(&[&args[..], &["--wait", "--json"]].concat())
        };
        let before = (balance("alice"), balance("bob"));
        let run = send("bob", "123456", denom);
        assert_eq!(run.code, 0, "{chain}: {run:?}");
        let moved = run.json();
        assert_eq!(moved["status"], "included", "{chain}: {moved}");
        assert!(moved["height"].as_u64().unwrap() > 0);
        assert_eq!(
            (&moved["from"], &moved["to"]),
            (&address("alice").into(), &address("bob").into())
        );
        assert_eq!(balance(address("bob")), before.1 + 123_456, "{chain}");
        assert!(balance("alice") < before.0 - 123_456, "{chain}: a fee was paid");

        // More than there is: the chain's no, and nothing moves.
        let run = send("bob", "999999999999999999999999999999999999", denom);
        assert_eq!((run.code, &run.json()["status"]), (1, &"refused".into()), "{chain}: {run:?}");
        assert_eq!(run.json()["code"], "insufficient_funds");

        // The question itself is wrong.
        let others = CHAINS.iter().filter(|other| **other != chain);
        let others = others.map(|other| chains[other]["keys"]["bob"]["address"].as_str().unwrap());
        let typo = flip_last(address("bob"));
        for to in others.chain([typo.as_str(), "nobody", "0x12", "q"]) {
            let run = send(to, "1", denom);
            assert_eq!(run.code, 2, "{chain} to {to}: {run:?}");
        }
        for (count, denom) in [
            ("0", denom),
            ("-1", denom),
            ("1.5", denom),
            ("x", denom),
            ("", denom),
            ("1", "nonsense"),
            ("1", ""),
        ] {
            let run = send("bob", count, denom);
            assert_eq!(run.code, 2, "{chain} {count} {denom}: {run:?}");
        }
        assert_eq!(balance("bob"), before.1 + 123_456, "{chain}");
    }
}

#[test]
fn wrong_names_are_the_callers_mistakes() {
    let home = Home::new();
    // Without a configuration nothing can be asked.
    assert_eq!(home.run(&["balance", "pow:alice"]).code, 2);
    let network = home.up(&[]);
    for args in [
        &["balance", "nowhere:alice"][..],
        &["balance", "pow"],
        &["balance", "pow:"],
        &["balance", "pow:nobody"],
        &["chain", "status", "nowhere"],
        &["chain", "status", "--config", "/nowhere.toml"],
        &["transfer", "--from", "pow:nobody", "--to", "pow:bob", "--amount", "1", "--denom", "sat"],
        &["transfer", "--from", "x:alice", "--to", "pow:bob", "--amount", "1", "--denom", "sat"],
        &["transfer", "--from", "pow:alice", "--to", "pos:bob", "--amount", "1", "--denom", "sat"],
        &["transfer", "--from", "pow:alice", "--to", "pow:bob", "--denom", "sat"],
        &["nonsense"],
    ] {
        let run = home.run(args);
        assert_eq!(run.code, 2, "{args:?}: {run:?}");
        assert!(run.stdout.is_empty() && !run.stderr.is_empty(), "{args:?}: {run:?}");
    }
    assert_eq!(network.stop("-INT"), Some(0));
    // Nobody answers any more.
    for args in [&["balance", "pow:alice"][..], &["chain", "status"]] {
        let run = home.run(args);
        assert_eq!(run.code, 3, "{args:?}: {run:?}");
    }
}
