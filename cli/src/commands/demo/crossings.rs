//! One line a route: tokens there and their vouchers home, and calls with their results.

use core::time::Duration;
use std::sync::Arc;

use causeway_core::transfer::Denom;
use causeway_core::{Amount, Payload};
use tokio::sync::oneshot;

use super::Line;
use super::cast::Account;
use super::report::Row;
use super::stage::{Expected, Leg, Stage};
use crate::crossing::{Call, Tokens, Way};

/// What a counter is called with.
const COUNT: u64 = 7;

/// All lines that concern one route.
pub(super) fn lines(stage: &Arc<Stage>) -> Vec<Line> {
    let chains = stage.chains();
    let mut lines: Vec<Line> = Vec::new();
    for (number, from) in chains.iter().enumerate() {
        for to in chains.iter().filter(|to| *to != from) {
            let (from, to) = (from.clone(), to.clone());
            let (a, b) = (stage.clone(), stage.clone());
            let (from_b, to_b) = (from.clone(), to.clone());
            lines.push(Box::pin(async move { there_and_home(&a, &from, &to, number).await }));
            lines.push(Box::pin(async move { message(&b, &from_b, &to_b).await }));
        }
    }
    let single: [fn(Arc<Stage>) -> Line; 3] = [
        |stage| Box::pin(async move { together(&stage).await }),
        |stage| Box::pin(async move { late(&stage).await }),
        |stage| Box::pin(async move { unwanted(&stage).await }),
    ];
    lines.extend(single.into_iter().map(|line| line(stage.clone())));
    lines
}

/// A row for each `Err`, so that a line that cannot be played is seen.
pub(super) fn or_broken(what: &str, rows: Result<Vec<Row>, String>) -> Vec<Row> {
    rows.unwrap_or_else(|reason| vec![Row::broken(what, reason)])
}

/// The voucher that a denomination becomes at the end of a way.
pub(super) fn voucher(way: &Way, denom: &Denom) -> Result<Denom, String> {
    let name = format!("transfer/{}/{denom}", way.destination.client);
    name.parse().map_err(|error: causeway_core::DecodeError| error.to_string())
}

/// The payload of a transfer.
pub(super) fn tokens(
    stage: &Stage,
    way: &Way,
    (denom, amount): (&Denom, u64),
    (sender, receiver): (&Account, String),
) -> Result<Payload, String> {
    let tokens = Tokens {
        denom: denom.clone(),
        amount: Amount::from(amount),
        sender: sender.address(),
        receiver,
        memo: String::new(),
    };
    tokens.payload(stage.encoding(way)?).map_err(|error| error.to_string())
}

/// Tokens to bob over there, and from him back to alice.
async fn there_and_home(stage: &Stage, from: &str, to: &str, number: usize) -> Vec<Row> {
    let rows = async {
        let (way, back) = (stage.way(from, to)?, stage.way(to, from)?);
        let (alice, bob) = (stage.account(from, "alice")?, stage.account(to, "bob")?);
        // Each route has a token of its own where the chain has several.
        let token =
            if stage.chains().iter().position(|it| it == to) > Some(number) { 1 } else { 2 };
        let denom = stage.token(from, token)?;
        let amount: u64 = 1_000_000;
        let there = Leg {
            what: "transfer",
            payloads: vec![tokens(stage, &way, (&denom, amount), (&alice, bob.address()))?],
            way: way.clone(),
            sender: alice.clone(),
            amount: format!("{amount} {}", stage.shown(&denom)),
            timeout: None,
            expected: Expected::Delivered,
        };
        let (tell, received) = oneshot::channel();
        let voucher = voucher(&way, &denom)?;
        let home = async {
            received.await.map_err(|_| "nothing arrived to send home".to_owned())?;
            let got = stage.balance(&bob, &voucher).await?;
            if got != Amount::from(amount) {
                return Err(format!("{got} arrived instead of {amount}"));
            }
            let leg = Leg {
                what: "voucher home",
                payloads: vec![tokens(stage, &back, (&voucher, amount), (&bob, alice.address()))?],
                way: back,
                sender: bob.clone(),
                amount: format!("{amount} {}", stage.shown(&denom)),
                timeout: None,
                expected: Expected::Delivered,
            };
            let row = stage.carry(leg, None).await;
            let left = stage.balance(&bob, &voucher).await?;
            Ok(if left.is_zero() { row } else { row.judged(Err(format!("{left} stayed there"))) })
        };
        let (there, home) = tokio::join!(stage.carry(there, Some(tell)), home);
        let home = home.unwrap_or_else(|reason| Row::broken("voucher home", reason));
        Ok(vec![there, home])
    };
    or_broken("transfer", rows.await)
}

/// A call of a counter, whose result comes back.
async fn message(stage: &Stage, from: &str, to: &str) -> Vec<Row> {
    let rows = async {
        let way = stage.way(from, to)?;
        let sender = stage.account(from, "alice")?;
        let leg = Leg {
            what: "message",
            payloads: vec![call(stage, &way, &sender, COUNT)?],
            way,
            sender,
            amount: "count 7".to_owned(),
            timeout: None,
            expected: Expected::Result(COUNT.to_be_bytes().to_vec()),
        };
        Ok(vec![stage.carry(leg, None).await])
    };
    or_broken("message", rows.await)
}

/// The payload of a call of a counter.
pub(super) fn call(
    stage: &Stage,
    way: &Way,
    sender: &Account,
    count: u64,
) -> Result<Payload, String> {
    let contract = stage.contract(&way.destination.alias, "counter")?;
    let call = Call { sender: sender.address(), contract, payload: count.to_be_bytes().to_vec() };
    call.payload(stage.encoding(way)?).map_err(|error| error.to_string())
}

/// A transfer and a call in one packet: both happen.
async fn together(stage: &Stage) -> Vec<Row> {
    or_broken("transfer and call", both(stage, "transfer and call", (5, 5)).await)
}

/// The same once more, through clients that were frozen; the counter goes on from where it was.
pub(super) async fn afterwards(stage: &Stage) -> Vec<Row> {
    or_broken("after recovery", both(stage, "after recovery", (1, 6)).await)
}

async fn both(
    stage: &Stage,
    what: &'static str,
    (number, result): (u64, u64),
) -> Result<Vec<Row>, String> {
    let way = stage.way("pbft", "pow")?;
    let (bob, alice) = (stage.account("pbft", "bob")?, stage.account("pow", "alice")?);
    let denom = stage.token("pbft", 0)?;
    let voucher = voucher(&way, &denom)?;
    let before = stage.balance(&alice, &voucher).await?;
    let leg = Leg {
        what,
        payloads: vec![
            tokens(stage, &way, (&denom, number), (&bob, alice.address()))?,
            call(stage, &way, &bob, number)?,
        ],
        way,
        sender: bob,
        amount: format!("{number} {denom}, count {number}"),
        timeout: None,
        expected: Expected::Result(result.to_be_bytes().to_vec()),
    };
    let row = stage.carry(leg, None).await;
    let after = stage.balance(&alice, &voucher).await?;
    let arrived = before.checked_add(Amount::from(number)) == Some(after);
    Ok(vec![if arrived { row } else { row.judged(Err(format!("{before}, then {after}"))) }])
}

/// A packet whose time is up before its source is final.
async fn late(stage: &Stage) -> Vec<Row> {
    let way = stage.way("pos", "pbft");
    let receiver = stage.account("pbft", "bob").map(|bob| bob.address());
    let timeout = Some(Duration::from_secs(6));
    or_broken(
        "timeout",
        refunded(stage, "timeout", way, receiver, timeout, Expected::TimedOut).await,
    )
}

/// A transfer to nobody, which its destination refuses.
async fn unwanted(stage: &Stage) -> Vec<Row> {
    let (way, receiver) = (stage.way("pos", "pow"), Ok("nobody".to_owned()));
    let refused = refunded(stage, "error answer", way, receiver, None, Expected::Refused);
    or_broken("error answer", refused.await)
}

/// A transfer that comes to nothing: what was taken is given back, to the last unit.
async fn refunded(
    stage: &Stage,
    what: &'static str,
    way: Result<Way, String>,
    receiver: Result<String, String>,
    timeout: Option<Duration>,
    expected: Expected,
) -> Result<Vec<Row>, String> {
    let way = way?;
    let bob = stage.account(&way.source.alias, "bob")?;
    // Nobody else moves bob's share of this token.
    let denom = stage.token(&way.source.alias, if timeout.is_some() { 1 } else { 2 })?;
    let before = stage.balance(&bob, &denom).await?;
    let leg = Leg {
        what,
        payloads: vec![tokens(stage, &way, (&denom, 77), (&bob, receiver?))?],
        way,
        sender: bob.clone(),
        amount: format!("77 {}", stage.shown(&denom)),
        timeout,
        expected,
    };
    let row = stage.carry(leg, None).await;
    let after = stage.balance(&bob, &denom).await?;
    let is_back = before == after;
    Ok(vec![if is_back { row } else { row.judged(Err(format!("{before}, then {after}"))) }])
}
