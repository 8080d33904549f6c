//! Packets that are too late or not wanted: everything that was taken is given back.

use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::crossing::{
    end_of, home_denom, keys, number, route, routes, settled_books, together, wait_for_rest,
};
use crate::network::{CHAINS, Home, Network};
use crate::process::wait_until;

#[test]
fn what_does_not_arrive_comes_back_to_the_last_unit() {
    let home = Home::new();
    let network = home.up(&[]);
    let config = home.relayer_config(&network);
    home.connect_all(&config);
    let relayer = home.relay(&["--config", &config]);
    assert_eq!(relayer.document["paths"].as_array().unwrap().len(), CHAINS.len());

    together(routes(), |ends| both_or_neither(&home, &network, ends));
    too_late_beside_a_relayer(&home, &network);
    let books = settled_books(&network);

    // Nobody relays while these packets could arrive.
    assert_eq!(relayer.process.stop("-TERM"), Some(0));
    let sent = together(routes(), |ends| Late::send(&home, &network, ends));
    for late in &sent {
        late.wait_for_its_time(&network);
    }
    let relayer = home.relay(&["--config", &config]);
    together(&sent, |late| late.must_be_back(&home, &network));
    assert_eq!(settled_books(&network), books, "escrows are as they were");
    wait_for_rest(&network);
    assert_eq!(relayer.process.stop("-TERM"), Some(0));
}

/// A transfer and a call in one packet: both happen, or the tokens come back.
fn both_or_neither(home: &Home, network: &Network, (from, to): (&str, &str)) {
    let (sender, receiver) = keys((from, to));
    let (sender, receiver) = (format!("{from}:{sender}"), format!("{to}:{receiver}"));
    let ends = (sender.as_str(), receiver.as_str());
    let denom = home_denom(network, from);
    let amount = 5_000;
    let calling = |payload: &str, wait: &[&str]| {
        let call = ["--call", "counter", "--payload", payload];
        home.transfer(ends, amount, denom, &[&call, wait].concat())
    };
    let run = calling(&number(7), &["--wait"]);
    assert_eq!((run.code, &run.json()["status"]), (0, &"acknowledged".into()), "{run:?}");
    assert_eq!(run.json()["result"], number(7), "{run:?}");
    let voucher = route(home, (from, to), run.json()["denom"].as_str().unwrap());
    assert_eq!(home.balance(&receiver, &voucher), amount, "{run:?}");

    let run = calling("0102", &[]);
    assert_eq!(run.code, 0, "{run:?}");
    let locked = home.balance(&sender, denom);
    let outcome = end_of(network, run.json()["packet"].as_str().unwrap());
    assert_eq!(outcome, "rejected");
    assert_eq!(home.balance(&sender, denom), locked + amount, "{from} to {to}");
    assert_eq!(home.balance(&receiver, &voucher), amount, "{from} to {to}");
}

/// `pos` needs longer for a final block than this packet has.
fn too_late_beside_a_relayer(home: &Home, network: &Network) {
    let token = home_denom(network, "pos");
    let before = home.balance("pos:alice", token);
    let late = ["--timeout", "4s", "--wait"];
    let run = home.transfer(("pos:alice", "pbft:alice"), 1_234, token, &late);
    assert_eq!((run.code, &run.json()["status"]), (1, &"timed_out".into()), "{run:?}");
    assert!(run.stderr.contains("sent at height"), "progress is shown: {run:?}");
    assert_eq!(home.balance("pos:alice", token), before);
}

/// A packet that nobody relays in time.
struct Late {
    id: String,
    sender: String,
    denom: String,
    amount: u128,
    /// What the sender has without it.
    left: u128,
    to: &'static str,
    timeout: u64,
}

impl Late {
    fn send(home: &Home, network: &Network, (from, to): (&'static str, &'static str)) -> Self {
        let (sender, receiver) = keys((from, to));
        let (sender, receiver) = (format!("{from}:{sender}"), format!("{to}:{receiver}"));
        let (denom, amount) = (home_denom(network, from).to_owned(), 31_337);
        let run = home.transfer((&sender, &receiver), amount, &denom, &["--timeout", "20s"]);
        assert_eq!(run.code, 0, "{run:?}");
        let document = run.json();
        let left = home.balance(&sender, &denom);
        let id = document["packet"].as_str().unwrap().to_owned();
        Self { id, sender, denom, amount, left, to, timeout: document["timeout"].as_u64().unwrap() }
    }

    /// Waits until its destination takes it no more.
    fn wait_for_its_time(&self, network: &Network) {
        let now = || match self.to {
            "pow" => network.call(1, "getblockchaininfo", &json!([]))["mediantime"].as_u64(),
            "pos" => {
                let block = network.call(3, "eth_getBlockByNumber", &json!(["latest", false]));
                let time = block["timestamp"].as_str()?.strip_prefix("0x")?;
                u64::from_str_radix(time, 16).ok()
            }
            _ => {
                let status = network.call(4, "status", &json!({}));
                let time = status["sync_info"]["latest_block_time"].as_str()?;
                let time: tendermint::Time = time.parse().ok()?;
                time.unix_timestamp().try_into().ok()
            }
        };
        wait_until(
            || now().filter(|now| *now > self.timeout),
            || format!("{}: {:?}", self.to, now()),
        );
    }

    fn must_be_back(&self, home: &Home, network: &Network) {
        // Refunded to the unit: what it had after sending, and the amount.
        assert_eq!(end_of(network, &self.id), "refunded", "{}", self.id);
        let Self { id, sender, denom, amount, left, .. } = self;
        assert_eq!(home.balance(sender, denom), left + amount, "{id}");
        thread::sleep(Duration::from_millis(500));
        assert_eq!(home.balance(sender, denom), left + amount, "once, and not twice: {id}");
    }
}
