//! What a run answers.

use core::time::Duration;

use serde_json::{Value, json};

use super::backlog::Cleared;
use super::run::Outcome;
use crate::output::Answer;

fn rounded(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}

fn secs(length: Duration) -> f64 {
    rounded(length.as_secs_f64())
}

fn per_second(count: usize, length: Duration) -> f64 {
    let count = u32::try_from(count).map_or(f64::INFINITY, f64::from);
    if length.is_zero() { 0.0 } else { rounded(count / length.as_secs_f64()) }
}

fn document(outcome: &Outcome) -> Value {
    let Outcome { endings, latencies, window, .. } = outcome;
    json!({
        "route": outcome.route,
        "sent": outcome.sent,
        "acknowledged": endings.acknowledged,
        "refused": endings.refused,
        "timed_out": endings.timed_out,
        "outstanding": outcome.outstanding,
        "offered": outcome.offered,
        "received": outcome.received.map(|amount| amount.to_string()),
        "seconds": secs(outcome.total),
        "sent_per_second": per_second(outcome.sent, outcome.sending),
        "acknowledged_per_second": per_second(window.1, window.0),
        "window": { "seconds": secs(window.0), "acknowledged": window.1 },
        "latency_seconds": {
            "p50": secs(latencies.median),
            "p90": secs(latencies.p90),
            "p99": secs(latencies.p99),
            "max": secs(latencies.longest),
        },
        "conserved": outcome.received.is_some().then(|| outcome.is_conserved()),
        "holds": outcome.holds(),
    })
}

fn text(outcome: &Outcome) -> String {
    let Outcome { endings, latencies, window, .. } = outcome;
    let verdict = if outcome.holds() { "holds" } else { "FAILED" };
    let received = outcome.received.map_or_else(|| "?".to_owned(), |it| it.to_string());
    format!(
        "{verdict:<6} {:<10} {:.1} acknowledged/s over {:.1} s, {:.1} sent/s\n       sent {}, \
         acknowledged {}, received {received}, refused {}, timed out {}, outstanding {}\n       \
         seconds from offer to end: half within {:.1}, 90 % {:.1}, 99 % {:.1}, all {:.1}",
        outcome.route,
        per_second(window.1, window.0),
        window.0.as_secs_f64(),
        per_second(outcome.sent, outcome.sending),
        outcome.sent,
        endings.acknowledged,
        endings.refused,
        endings.timed_out,
        outcome.outstanding.saturating_add(outcome.offered),
        latencies.median.as_secs_f64(),
        latencies.p90.as_secs_f64(),
        latencies.p99.as_secs_f64(),
        latencies.longest.as_secs_f64(),
    )
}

/// What a run over routes answers; `stopped` when it was told to stop before its end.
pub(super) fn answer(outcomes: &[Outcome], stopped: bool) -> Answer {
    let is_yes = !stopped && outcomes.iter().all(Outcome::holds);
    let routes: Vec<_> = outcomes.iter().map(document).collect();
    let document = json!({ "routes": routes, "stopped": stopped, "holds": is_yes });
    let mut lines: Vec<_> = outcomes.iter().map(text).collect();
    if stopped {
        lines.push("stopped: what is outstanding goes on without".to_owned());
    }
    Answer { document, text: lines.join("\n"), is_yes }
}

/// What a backlog answers.
pub(super) fn backlog_answer(cleared: &Cleared) -> Answer {
    let Cleared { outcome, received_after, acknowledged_after } = cleared;
    let mut document = document(outcome);
    if let Some(map) = document.as_object_mut() {
        let after = json!({
            "received": secs(*received_after),
            "acknowledged": secs(*acknowledged_after),
        });
        map.insert("seconds_after_start".to_owned(), after);
        for timed in ["window", "acknowledged_per_second", "latency_seconds", "seconds"] {
            map.remove(timed);
        }
    }
    let verdict = if outcome.holds() { "holds" } else { "FAILED" };
    let text = format!(
        "{verdict:<6} {}: {} packets, from the relayer's start to the last receive {:.1} s, to the \
         last acknowledgement {:.1} s",
        outcome.route,
        outcome.sent,
        received_after.as_secs_f64(),
        acknowledged_after.as_secs_f64(),
    );
    Answer { document, text, is_yes: outcome.holds() }
}
