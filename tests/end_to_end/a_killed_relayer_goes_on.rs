//! Twenty kills in a row, of the relayer or of all chains at once, while tokens cross: nothing is
//! lost, nothing is doubled, and everything that was begun ends.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::crossing::{
    ask_relayer, home_denom, keys, route, routes, settled_books, together, wait_for_rest,
};
use crate::network::{CHAINS, Home, Network, Relayer};

/// What the moments follow from, and which of the two is killed.
const SEED: u64 = 20_261_124;

const KILLS: usize = 20;

/// What each packet brings.
const AMOUNT: u128 = 1_000;

/// xorshift64.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) % bound
    }
}

/// Sends again and again, whatever comes of it: chains that are down say so.
fn keep_sending(home: &Home, (from, to): (&str, &str), denom: &str, is_over: &AtomicBool) -> usize {
    let (sender, receiver) = keys((from, to));
    let (sender, receiver) = (format!("{from}:{sender}"), format!("{to}:{receiver}"));
    let mut sent = 0;
    while !is_over.load(Ordering::SeqCst) {
        let run = home.transfer((&sender, &receiver), AMOUNT, denom, &["--timeout", "6h"]);
        assert!([0, 1, 3].contains(&run.code), "{run:?}");
        assert!(!run.stderr.contains("panicked"), "{run:?}");
        sent += usize::from(run.code == 0);
        // Whoever fails at once need not try at once.
        thread::sleep(Duration::from_millis(300));
    }
    sent
}

/// All packets that a relayer knows.
fn all_packets(network: &Network) -> Vec<Value> {
    let mut packets = Vec::new();
    let mut after = Value::Null;
    loop {
        let page = ask_relayer(network, "causeway_packets", &json!({ "after": after }));
        packets.extend(page["packets"].as_array().unwrap().clone());
        after = page["next"].clone();
        if after.is_null() {
            return packets;
        }
    }
}

/// What is killed, and started again.
struct Victims<'h> {
    home: &'h Home,
    config: String,
    network: Network,
    relayer: Relayer,
}

impl Victims<'_> {
    /// Kills one of the two.
    fn survive(self, what: u64) -> Self {
        let Self { home, config, network, relayer } = self;
        if what == 0 {
            relayer.process.stop("-KILL");
            let relayer = home.relay(&["--config", &config]);
            return Self { home, config, network, relayer };
        }
        let base_port = network.base_port;
        network.stop("-KILL");
        let network = home.up_at(base_port, &["--no-relayer"]);
        Self { home, config, network, relayer }
    }
}

#[test]
fn twenty_kills_lose_nothing_and_double_nothing() {
    let home = Home::new();
    let network = home.up(&[]);
    let config = home.relayer_config(&network);
    home.connect_all(&config);
    let relayer = home.relay(&["--config", &config]);
    let denoms = CHAINS.map(|chain| home_denom(&network, chain).to_owned());
    let denom_of = |chain: &str| &denoms[CHAINS.iter().position(|it| *it == chain).unwrap()];

    let is_over = AtomicBool::new(false);
    let mut victims = Victims { home: &home, config, network, relayer };
    let (victims, sent) = thread::scope(|scope| {
        let (home, is_over) = (&home, &is_over);
        let senders: Vec<_> = routes()
            .map(|ends| {
                let denom = denom_of(ends.0);
                scope.spawn(move || keep_sending(home, ends, denom, is_over))
            })
            .collect();
        let mut random = Random(SEED);
        for _ in 0..KILLS {
            thread::sleep(Duration::from_millis(200 + random.below(2_500)));
            victims = victims.survive(random.below(2));
        }
        is_over.store(true, Ordering::SeqCst);
        let sent: usize = senders.into_iter().map(|it| it.join().unwrap()).sum();
        (victims, sent)
    });
    let Victims { network, relayer, .. } = victims;
    assert!(sent > KILLS, "{sent} packets were sent");

    wait_for_rest(&network);
    let packets = all_packets(&network);
    assert!(packets.len() >= sent, "{} of {sent} packets are known", packets.len());
    for packet in &packets {
        assert_eq!(packet["outcome"], "acknowledged", "{packet}");
    }
    together(routes(), |(from, to)| {
        let count = packets
            .iter()
            .filter(|it| it["from"]["chain"] == from && it["to"]["chain"] == to)
            .count();
        let (_, receiver) = keys((from, to));
        let voucher = route(&home, (from, to), &denom_of(from).to_lowercase());
        let has = home.balance(&format!("{to}:{receiver}"), &voucher);
        assert_eq!(has, AMOUNT * u128::try_from(count).unwrap(), "{from} to {to}: {count}");
    });
    let books = settled_books(&network);
    assert_eq!(books.as_array().unwrap().len(), routes().count(), "{books}");
    assert_eq!(relayer.process.stop("-TERM"), Some(0));
}
