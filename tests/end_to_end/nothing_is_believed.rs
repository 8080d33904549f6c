//! A relayer that is lied to carries no lie: chains take nothing but proofs.

use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::crossing::{
    ask_relayer, end_of, home_denom, keys, packet, route, routes, settled_books, together,
};
use crate::lies::Lie;
use crate::network::{Home, Network};
use crate::process::wait_until;
use crate::proxy::Proxy;

/// What each packet brings; invented ones bring more (see `lies`).
const AMOUNT: u128 = 424_242;

/// How long the relayer has for a lie. What it may do it does within a few blocks.
const TIME_FOR_A_LIE: Duration = Duration::from_secs(12);

/// The chains' APIs, by their offset from the base port.
const APIS: [(&str, u16); 4] = [("pow", 1), ("pos", 2), ("pos", 3), ("pbft", 4)];

/// Servers before all APIs of a network, and a relayer's configuration that knows only them.
struct Proxies {
    all: Vec<(&'static str, Proxy)>,
    config: String,
}

impl Proxies {
    fn before(home: &Home, network: &Network, honest: &str) -> Self {
        let mut text = std::fs::read_to_string(honest).unwrap();
        let proxies = APIS.map(|(chain, offset)| {
            let port = network.base_port + offset;
            let proxy = Proxy::before(port);
            let (real, other) = (format!(":{port}\""), format!(":{}\"", proxy.port));
            assert!(text.contains(&real), "{real}: {text}");
            text = text.replace(&real, &other);
            (chain, proxy)
        });
        let file = home.path().join("lied-to.toml");
        std::fs::write(&file, text).unwrap();
        Self { all: proxies.into(), config: file.to_str().unwrap().to_owned() }
    }

    fn tell(&self, lie: Lie) {
        for (_, proxy) in &self.all {
            proxy.tell(lie);
        }
    }

    fn lies_told(&self) -> usize {
        self.all.iter().map(|(_, proxy)| proxy.lies_told()).sum()
    }

    fn of<'p>(&'p self, chain: &'p str) -> impl Iterator<Item = &'p Proxy> {
        self.all.iter().filter(move |(alias, _)| *alias == chain).map(|(_, proxy)| proxy)
    }
}

/// A packet on its way.
struct Sent {
    id: String,
    ends: (String, String),
    denom: String,
    voucher: String,
    /// What the sender has without it.
    left: u128,
    /// What the receiver had before.
    had: u128,
}

impl Sent {
    fn new(home: &Home, network: &Network, (from, to): (&str, &str)) -> Self {
        let (sender, receiver) = keys((from, to));
        let ends = (format!("{from}:{sender}"), format!("{to}:{receiver}"));
        let denom = home_denom(network, from).to_owned();
        let voucher = route(home, (from, to), &denom.to_lowercase());
        let had = home.balance(&ends.1, &voucher);
        let long = ["--timeout", "1h"];
        let id = home.send((&ends.0, &ends.1), AMOUNT, &denom, &long);
        let left = home.balance(&ends.0, &denom);
        Self { id, ends, denom, voucher, left, had }
    }

    /// It has arrived, or not yet, as those before it on its way, `all` of them with it; nothing
    /// else has come of them.
    fn check(&self, home: &Home, lie: Lie, all: u128) {
        let Self { id, ends, denom, voucher, left, had } = self;
        assert_eq!(home.balance(&ends.0, denom), *left, "{lie:?} {id}: nothing is given back");
        let has = home.balance(&ends.1, voucher);
        let is_whole = has >= *had && (has - had).is_multiple_of(AMOUNT);
        let first = had % AMOUNT;
        assert!(is_whole && has <= first + all * AMOUNT, "{lie:?} {id}: {has}, had {had}");
    }
}

/// A reason for not going on, in the log of a relayer.
fn is_reason(line: &str) -> bool {
    line.contains("code=")
        && [
            "endpoint_nonsense",
            "endpoint_missing",
            "batch",
            "not_read",
            "chain_",
            "engine_warning",
        ]
        .iter()
        .any(|it| line.contains(it))
}

#[test]
fn a_relayer_that_is_lied_to_carries_no_lies() {
    let home = Home::new();
    let network = home.up(&[]);
    let honest = home.relayer_config(&network);
    home.connect_all(&honest);
    let proxies = Proxies::before(&home, &network, &honest);
    let relayer = home.relay(&["--config", &proxies.config]);

    let mut sent = Vec::new();
    let lies = [Lie::InventedEvents, Lie::FlippedBytes, Lie::HiddenEvents, Lie::StaleHeights];
    for (all, lie) in (1..).zip(lies) {
        let (before, told) = (relayer.process.log().len(), proxies.lies_told());
        proxies.tell(lie);
        let more = together(routes(), |ends| Sent::new(&home, &network, ends));
        thread::sleep(TIME_FOR_A_LIE);
        assert!(proxies.lies_told() > told, "{lie:?}");
        together(&more, |it| it.check(&home, lie, all));
        let log = || relayer.process.log().split_off(before);
        let reason = || log().into_iter().find(|line| is_reason(line));
        wait_until(reason, || format!("{lie:?}: {:#?}", log()));
        sent.extend(more);
    }
    assert_eq!(relayer.process.stop("-TERM"), Some(0));

    // The same store, and the truth.
    let relayer = home.relay(&["--config", &honest]);
    together(&sent, |it| assert_eq!(end_of(&network, &it.id), "acknowledged", "{}", it.id));
    for it in &sent {
        let lies = u128::try_from(sent.len() / routes().count()).unwrap();
        let first = sent.iter().find(|other| other.voucher == it.voucher).unwrap();
        assert_eq!(home.balance(&it.ends.1, &it.voucher), first.had + lies * AMOUNT);
    }
    let books = settled_books(&network);
    assert_eq!(books.as_array().unwrap().len(), routes().count(), "{books}");
    assert_eq!(relayer.process.stop("-TERM"), Some(0));
}

#[test]
fn without_a_chains_listener_nothing_is_relayed_to_it() {
    let home = Home::new();
    let network = home.up(&[]);
    let honest = home.relayer_config(&network);
    home.connect_all(&honest);
    let proxies = Proxies::before(&home, &network, &honest);
    let relayer = home.relay(&["--config", &proxies.config]);

    for proxy in proxies.of("pos") {
        proxy.close();
    }
    relayer.process.wait_for_line("trouble", |line| line.contains("the chain does not answer"));
    let cut = Sent::new(&home, &network, ("pbft", "pos"));
    let other = Sent::new(&home, &network, ("pow", "pbft"));
    // The other chains do not wait for that one.
    assert_eq!(end_of(&network, &other.id), "acknowledged");
    assert_eq!(home.balance(&cut.ends.1, &cut.voucher), cut.had);
    let waiting = packet(&network, &cut.id);
    assert!(waiting["outcome"].is_null(), "{waiting}");
    let chains = ask_relayer(&network, "causeway_chains", &json!({}));
    for chain in chains.as_array().unwrap() {
        assert_eq!(chain["trouble"].is_null(), chain["alias"] != "pos", "{chains}");
    }

    for proxy in proxies.of("pos") {
        proxy.open();
    }
    assert_eq!(end_of(&network, &cut.id), "acknowledged");
    assert_eq!(home.balance(&cut.ends.1, &cut.voucher), cut.had + AMOUNT);
    assert_eq!(relayer.process.stop("-TERM"), Some(0));
}
