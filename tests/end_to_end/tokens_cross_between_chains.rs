//! `causeway transfer` and `causeway message` from chain to chain, beside the relayer of `up`.

use std::thread;

use serde_json::Value;

use crate::crossing::{
    end_of, home_denom, keys, number, packet, route, routes, settled_books, together, wait_for_rest,
};
use crate::network::{CHAINS, Home, Network};

/// Who goes two hops and back, who calls, and who has nothing yet.
const HOPPER: &str = "carol";
const CALLER: &str = "dave";
const NOBODY_YET: &str = "erin";

#[test]
fn tokens_and_calls_cross_on_all_six_routes() {
    let home = Home::new();
    let network = home.up_with_relayer(&[]);
    assert_eq!(network.document["paths"].as_array().unwrap().len(), CHAINS.len());
    for key in [HOPPER, CALLER, NOBODY_YET] {
        home.ask(&["keys", "new", key]);
    }
    together(CHAINS, |chain| fund(&home, &network, chain));

    thread::scope(|scope| {
        scope.spawn(|| two_hops_and_back(&home));
        for chain in CHAINS {
            let (home, network) = (&home, &network);
            scope.spawn(move || calls_count(home, network, chain));
        }
        together(routes().enumerate(), |(number, ends)| {
            out(&home, &network, ends, 10_000 + number as u128).bring_home(&home, &network);
        });
    });
    // Everything is home again: nothing is locked, and nothing is issued.
    let books = settled_books(&network);
    let is_empty = |row: &Value| row["escrowed"] == "0" && row["issued"] == "0";
    assert!(books.as_array().unwrap().iter().all(is_empty), "{books}");
    wait_for_rest(&network);
    assert_eq!(network.stop("-TERM"), Some(0));
}

/// Gives those who pay fees something to pay with.
fn fund(home: &Home, network: &Network, chain: &str) {
    let native = network.document["chains"][chain]["native_denom"].as_str().unwrap();
    let amount = if chain == "pos" { 10_u128.pow(18) } else { 1_000_000 };
    for key in [HOPPER, CALLER] {
        let ends = (format!("{chain}:alice"), format!("{chain}:{key}"));
        let run = home.transfer((&ends.0, &ends.1), amount, native, &["--wait"]);
        assert_eq!(run.json()["status"], "included", "{run:?}");
    }
}

/// What came of a transfer.
struct Voucher {
    from: &'static str,
    to: &'static str,
    holder: &'static str,
    denom: String,
    amount: u128,
}

/// A transfer of a chain's own coin, to an account on another.
fn out(
    home: &Home,
    network: &Network,
    (from, to): (&'static str, &'static str),
    amount: u128,
) -> Voucher {
    let (sender, receiver) = keys((from, to));
    let (sender, holder) = (format!("{from}:{sender}"), format!("{to}:{receiver}"));
    let denom = home_denom(network, from);
    let before = home.balance(&sender, denom);
    let sent = home.deliver((&sender, &holder), amount, denom);
    // Where fees are paid in the same coin, the sender loses the amount and something more.
    let (left, expected) = (home.balance(&sender, denom), before - amount);
    assert!(left < expected || left == expected && from == "pos", "{left} of {before}: {sent}");
    let voucher = route(home, (from, to), sent["denom"].as_str().unwrap());
    assert_eq!(home.balance(&holder, &voucher), amount, "{sent} {voucher}");

    let id = sent["packet"].as_str().unwrap();
    assert_eq!(end_of(network, id), "acknowledged", "{id}");
    let known = packet(network, id);
    assert_eq!(known["payloads"][0]["transfer"]["amount"], amount.to_string(), "{known}");
    // A step whose transaction fails, since the chain has moved on, is taken again.
    let steps = known["steps"].as_array().unwrap();
    let mut kinds: Vec<_> = steps.iter().map(|step| step["kind"].as_str().unwrap()).collect();
    kinds.dedup();
    assert_eq!(kinds, ["send", "receive", "acknowledge"], "{known}");
    Voucher { from, to, holder: receiver, denom: voucher, amount }
}

impl Voucher {
    /// It goes home, to somebody who has nothing there, and is no more.
    fn bring_home(&self, home: &Home, network: &Network) {
        let Self { from, to, holder, denom, amount } = self;
        let holder = format!("{to}:{holder}");
        let receiver = format!("{from}:{NOBODY_YET}");
        let own = home_denom(network, from);
        let before = home.balance(&receiver, own);
        let run = home.transfer((&holder, &receiver), amount + 1, denom, &[]);
        assert_eq!(run.code, 1, "more than there is: {run:?}");
        home.deliver((&holder, &receiver), *amount, denom);
        assert_eq!(home.balance(&holder, denom), 0);
        // Two vouchers of a chain come home at the same time.
        assert!(home.balance(&receiver, own) >= before + amount);
        let run = home.transfer((&holder, &receiver), 1, denom, &[]);
        assert_ne!(run.code, 0, "a voucher that is gone: {run:?}");
    }
}

/// pow -> pos -> pbft, and back the same way.
fn two_hops_and_back(home: &Home) {
    let amount = 777;
    let at = |chain: &str| format!("{chain}:{HOPPER}");
    let hop = |from: &str, to: &str, denom: &str| {
        home.deliver((&at(from), &at(to)), amount, denom);
    };
    let has = |chain: &str, denom: &str| home.balance(&at(chain), denom);
    hop("pow", "pos", "sat");
    let once = route(home, ("pow", "pos"), "sat");
    assert_eq!(has("pos", &once), amount);
    hop("pos", "pbft", &once);
    let twice = route(home, ("pos", "pbft"), &once);
    assert_eq!((has("pos", &once), has("pbft", &twice)), (0, amount));
    hop("pbft", "pos", &twice);
    assert_eq!((has("pos", &once), has("pbft", &twice)), (amount, 0));
    let before = has("pow", "sat");
    hop("pos", "pow", &once);
    assert_eq!((has("pos", &once), has("pow", "sat")), (0, before + amount));
}

/// Each caller of another chain has a number of its own, and what the counter cannot read has the
/// answer "no".
fn calls_count(home: &Home, network: &Network, from: &str) {
    let caller = format!("{from}:{CALLER}");
    let others: Vec<_> = CHAINS.into_iter().filter(|to| *to != from).collect();
    let refused = others.iter().map(|to| {
        let to = format!("{to}:counter");
        let run =
            home.run(&["message", "--from", &caller, "--to", &to, "--payload", "00", "--json"]);
        assert_eq!((run.code, &run.json()["status"]), (0, &"sent".into()), "{run:?}");
        run.json()["packet"].as_str().unwrap().to_owned()
    });
    let refused: Vec<_> = refused.collect();
    for to in others {
        let run = home.count(&caller, to, &number(41));
        assert_eq!((run.code, &run.json()["result"]), (0, &number(41).into()), "{to}: {run:?}");
    }
    for id in refused {
        assert_eq!(end_of(network, &id), "rejected", "{id}");
    }
    // The same caller goes on where it was.
    let to = if from == "pow" { "pbft" } else { "pow" };
    let run = home.count(&caller, to, &format!("0x{}", number(1)));
    assert_eq!((run.code, &run.json()["result"]), (0, &number(42).into()), "{to}: {run:?}");
}
