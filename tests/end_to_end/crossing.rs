//! Sending tokens and messages from chain to chain as a user does, and looking what came of it.

use std::thread;

use serde_json::{Value, json};

use crate::binary::Run;
use crate::network::{CHAINS, Home, Network};
use crate::process::wait_until;

/// Both directions between each two chains, as `(from, to)`.
pub(crate) fn routes() -> impl Iterator<Item = (&'static str, &'static str)> {
    CHAINS
        .into_iter()
        .flat_map(|from| CHAINS.into_iter().filter(move |to| *to != from).map(move |to| (from, to)))
}

/// What crosses from a chain in these tests: its own coin, and from `pos` a token, since its coin
/// crosses only wrapped.
pub(crate) fn home_denom<'n>(network: &'n Network, chain: &str) -> &'n str {
    let all = &network.document["chains"][chain]["denominations"];
    let token = all.as_array().unwrap().iter().find(|it| it["symbol"] == "TKA");
    token.unwrap_or(&all[0])["denom"].as_str().unwrap()
}

/// The client that `chain` has of `other`, as the chains' states tell.
pub(crate) fn client(home: &Home, chain: &str, other: &str) -> String {
    let paths = home.ask(&["path", "list"]);
    let ends = |path: &Value| [path["a"].clone(), path["b"].clone()];
    let is_it = |[a, b]: &[Value; 2]| {
        (a["chain"] == chain && b["chain"] == other) || (b["chain"] == chain && a["chain"] == other)
    };
    let path = paths["paths"].as_array().unwrap().iter().map(ends).find(is_it).unwrap();
    let end = path.into_iter().find(|end| end["chain"] == chain).unwrap();
    end["client"].as_str().unwrap().to_owned()
}

/// The way by which a denomination of `from` comes to `to`.
pub(crate) fn route(home: &Home, (from, to): (&str, &str), denom: &str) -> String {
    format!("transfer/{}/{denom}", client(home, to, from))
}

/// Runs each on a thread of its own, and gives what they gave in order.
pub(crate) fn together<I: Send, T: Send>(
    inputs: impl IntoIterator<Item = I>,
    run: impl Fn(I) -> T + Sync,
) -> Vec<T> {
    let run = &run;
    thread::scope(|scope| {
        let threads: Vec<_> =
            inputs.into_iter().map(|input| scope.spawn(move || run(input))).collect();
        threads.into_iter().map(|it| it.join().unwrap()).collect()
    })
}

/// The key that sends on a route and the one that receives, such that no key does either twice at
/// the same time.
pub(crate) fn keys((from, to): (&str, &str)) -> (&'static str, &'static str) {
    let at = |chain: &str| CHAINS.iter().position(|it| *it == chain).unwrap();
    // The next chain, or the one after it.
    if (at(from) + 1) % CHAINS.len() == at(to) { ("alice", "alice") } else { ("bob", "bob") }
}

/// A number as the counter takes it.
pub(crate) fn number(value: u64) -> String {
    format!("{value:016x}")
}

impl Home {
    /// What an account has of a denomination, which may be named by the way it came.
    pub(crate) fn balance(&self, account: &str, denom: &str) -> u128 {
        let document = self.ask(&["balance", account]);
        let is_it = |it: &&Value| it["denom"] == denom || it["path"] == denom;
        let found = document["balances"].as_array().unwrap().iter().find(is_it);
        found.map_or(0, |it| it["amount"].as_str().unwrap().parse().unwrap())
    }

    /// Sends tokens, and gives what the command came to.
    pub(crate) fn transfer(
        &self,
        (from, to): (&str, &str),
        amount: u128,
        denom: &str,
        more: &[&str],
    ) -> Run {
        let amount = amount.to_string();
        let order = ["transfer", "--from", from, "--to", to, "--amount", &amount, "--denom", denom];
        self.run(&[&order, more, &["--json"]].concat())
    }

    /// Sends tokens and waits until the packet is acknowledged.
    pub(crate) fn deliver(&self, ends: (&str, &str), amount: u128, denom: &str) -> Value {
        let run = self.transfer(ends, amount, denom, &["--wait"]);
        let document = run.json();
        let came_to = (run.code, document["status"].as_str());
        assert_eq!(came_to, (0, Some("acknowledged")), "{ends:?} {denom}: {run:?}");
        document
    }

    /// Sends tokens and does not wait; gives the packet's id.
    pub(crate) fn send(
        &self,
        ends: (&str, &str),
        amount: u128,
        denom: &str,
        more: &[&str],
    ) -> String {
        let run = self.transfer(ends, amount, denom, more);
        assert_eq!(run.code, 0, "{ends:?} {denom}: {run:?}");
        let document = run.json();
        assert_eq!(document["status"], "sent", "{ends:?}: {document}");
        document["packet"].as_str().unwrap().to_owned()
    }

    /// Calls the counter of another chain with a payload, and waits for the result.
    pub(crate) fn count(&self, from: &str, to: &str, payload: &str) -> Run {
        let to = format!("{to}:counter");
        self.run(&[
            "message",
            "--from",
            from,
            "--to",
            &to,
            "--payload",
            payload,
            "--wait",
            "--json",
        ])
    }
}

/// Asks the relayer of a network, which must answer.
pub(crate) fn ask_relayer(network: &Network, method: &str, params: &Value) -> Value {
    network.call(0, method, params)
}

/// The relayer's view of a packet.
pub(crate) fn packet(network: &Network, id: &str) -> Value {
    ask_relayer(network, "causeway_packet", &json!({ "id": id }))
}

/// How a packet has ended, once it has.
pub(crate) fn end_of(network: &Network, id: &str) -> Value {
    let look = || Some(packet(network, id)["outcome"].clone()).filter(|it| !it.is_null());
    wait_until(look, || packet(network, id).to_string())
}

/// Waits until no packet is on its way.
pub(crate) fn wait_for_rest(network: &Network) {
    let open = || ask_relayer(network, "causeway_packets", &json!({ "state": "open" }));
    let look = || (open()["packets"] == json!([])).then_some(());
    wait_until(look, || format!("packets that have not ended: {}", open()));
}

/// Waits until all books balance with nothing on its way, and gives them.
pub(crate) fn settled_books(network: &Network) -> Value {
    let books = || ask_relayer(network, "causeway_solvency", &json!({}));
    let is_settled = |row: &Value| {
        row["holds"] == true && row["in_flight_out"] == "0" && row["in_flight_home"] == "0"
    };
    let look = || {
        let books = books();
        books.as_array().unwrap().iter().all(is_settled).then_some(books)
    };
    wait_until(look, || format!("books that balance: {}", books()))
}
