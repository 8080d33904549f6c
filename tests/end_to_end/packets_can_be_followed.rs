//! `causeway trace`, `causeway packet` and `--wait`: where a packet is, why, and who is next.

use serde_json::Value;

use crate::crossing::{end_of, home_denom, wait_for_rest};
use crate::network::Home;
use crate::process::wait_until;

fn ids(document: &Value) -> Vec<String> {
    let packets = document["packets"].as_array().unwrap();
    packets.iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn packets_can_be_followed_across_both_chains() {
    let home = Home::new();
    let network = home.up_with_relayer(&[]);
    let token = home_denom(&network, "pos");
    let address = |chain: &str, key: &str| {
        network.document["chains"][chain]["keys"][key]["address"].as_str().unwrap().to_owned()
    };

    // On its way: what it waits for, and who can bring that about.
    let slow = home.send(("pos:alice", "pbft:alice"), 1, token, &[]);
    let look = || {
        let run = home.run(&["trace", &slow, "--json"]);
        let known = (run.code == 0).then(|| run.json()["packets"][0].clone());
        known.filter(|it| it["stage"] == "seen")
    };
    let waiting = wait_until(look, || format!("{:?}", home.run(&["trace", &slow])));
    assert!(waiting["waits_for"].as_str().unwrap().contains("finality"), "{waiting}");
    assert!(waiting["who"].as_str().unwrap().starts_with("pos"), "{waiting}");
    let open = home.ask(&["packet", "list", "--state", "open"]);
    assert!(ids(&open).contains(&slow), "{open}");

    // `--wait` shows each step once, and ends with the outcome.
    let run = home.transfer(("pbft:alice", "pow:bob"), 5, "ucway", &["--wait"]);
    assert_eq!((run.code, &run.json()["status"]), (0, &"acknowledged".into()), "{run:?}");
    let at = |step: &str| run.stderr.find(step).unwrap_or_else(|| panic!("{step}: {run:?}"));
    assert!(at("transaction ") < at("sent at height"), "{run:?}");
    assert!(at("sent at height") < at("received at height"), "{run:?}");
    let document = run.json();
    let quick = document["packet"].as_str().unwrap();
    let second = home.send(("pbft:alice", "pow:bob"), 6, "ucway", &[]);
    for id in [slow.as_str(), quick, &second] {
        assert_eq!(end_of(&network, id), "acknowledged", "{id}");
    }
    wait_for_rest(&network);

    // All that leads to it: its own id, each transaction on either chain, both accounts, a number.
    let shown = home.ask(&["packet", "show", quick]);
    let steps = shown["steps"].as_array().unwrap();
    let chains: Vec<_> = steps.iter().map(|step| step["chain"].as_str().unwrap()).collect();
    assert!(chains.contains(&"pbft") && chains.contains(&"pow"), "{shown}");
    let (sender, receiver) = (address("pbft", "alice"), address("pow", "bob"));
    let transactions = steps.iter().map(|step| step["transaction"].as_str().unwrap());
    for what in [quick, &sender, &receiver, "pbft:alice", "1"].into_iter().chain(transactions) {
        let traced = home.ask(&["trace", what]);
        assert!(ids(&traced).iter().any(|id| id == quick), "{what}: {traced}");
    }
    let text = home.run(&["trace", quick]);
    assert!(text.code == 0 && text.stdout.contains("pbft") && text.stdout.contains("pow"));

    // Pages and filters.
    let list = |args: &[&str]| home.ask(&[&["packet", "list"], args].concat());
    let all = ids(&list(&[]));
    assert_eq!(all.len(), 3);
    let first = list(&["--limit", "2"]);
    let rest = list(&["--limit", "2", "--after", first["next"].as_str().unwrap()]);
    assert_eq!([ids(&first), ids(&rest)].concat(), all);
    assert!(rest["next"].is_null(), "{rest}");
    assert_eq!(ids(&list(&["--state", "open"])), [""; 0]);
    assert_eq!(ids(&list(&["--outcome", "acknowledged"])), all);
    assert_eq!(ids(&list(&["--outcome", "refunded"])), [""; 0]);
    assert_eq!(ids(&list(&["--from", "pos"])), [slow.as_str()]);
    assert_eq!(ids(&list(&["--account", &receiver])), [quick, &second]);

    for args in [
        &["packet", "show", "pbft/nobody-0/1"][..],
        &["packet", "show", "pbft"],
        &["packet", "list", "--limit", "0"],
        &["packet", "list", "--after", "nonsense"],
        &["trace", ""],
    ] {
        let run = home.run(args);
        assert!([1, 2].contains(&run.code), "{args:?}: {run:?}");
        assert!(!run.stderr.is_empty() && !run.stderr.contains("panicked"), "{args:?}: {run:?}");
    }
}
