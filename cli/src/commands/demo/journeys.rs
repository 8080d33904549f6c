//! Tokens that go on from where they came to, and back the same way.

use std::sync::Arc;

use causeway_core::Amount;
use causeway_core::transfer::Denom;
use tokio::sync::oneshot;

use super::Line;
use super::crossings::{or_broken, tokens, voucher};
use super::report::Row;
use super::stage::{Expected, Leg, Stage};

/// How much travels.
const AMOUNT: u64 = 424_242;

/// The lines.
pub(super) fn lines(stage: &Arc<Stage>) -> Vec<Line> {
    let stage = stage.clone();
    vec![Box::pin(async move { or_broken("two hops", two_hops(&stage).await) })]
}

/// pow, pos, pbft, and the same way back, always from alice to alice.
async fn two_hops(stage: &Arc<Stage>) -> Result<Vec<Row>, String> {
    let native = stage.token("pow", 0)?;
    let on_pos = voucher(&stage.way("pow", "pos")?, &native)?;
    let on_pbft = voucher(&stage.way("pos", "pbft")?, &on_pos)?;
    let hops = [
        ("pow", "pos", &native, "two hops, 1"),
        ("pos", "pbft", &on_pos, "two hops, 2"),
        ("pbft", "pos", &on_pbft, "two hops, 3 (back)"),
        ("pos", "pow", &on_pos, "two hops, 4 (back)"),
    ];
    let mut rows = Vec::new();
    let mut answers = tokio::task::JoinSet::new();
    for (from, to, denom, what) in hops {
        // Each hop begins when the one before has arrived, whatever its answer still needs.
        let (tell, received) = oneshot::channel();
        let leg = hop(stage, (from, to), denom, what)?;
        let stage = stage.clone();
        answers.spawn(async move { stage.carry(leg, Some(tell)).await });
        if received.await.is_err() {
            break;
        }
    }
    while let Some(row) = answers.join_next().await {
        rows.push(row.map_err(|error| error.to_string())?);
    }
    rows.sort_by(|a, b| a.what.cmp(&b.what));
    let alice = stage.account("pos", "alice")?;
    let left = stage.balance(&alice, &on_pos).await?;
    if !left.is_zero() {
        rows.push(Row::broken("two hops", format!("{left} stayed on the way")));
    }
    Ok(rows)
}

fn hop(
    stage: &Stage,
    (from, to): (&str, &str),
    denom: &Denom,
    what: &'static str,
) -> Result<Leg, String> {
    let way = stage.way(from, to)?;
    let (sender, receiver) = (stage.account(from, "alice")?, stage.account(to, "alice")?);
    Ok(Leg {
        what,
        payloads: vec![tokens(stage, &way, (denom, AMOUNT), (&sender, receiver.address()))?],
        way,
        sender,
        amount: format!("{} {}", Amount::from(AMOUNT), stage.shown(denom)),
        timeout: None,
        expected: Expected::Delivered,
    })
}
