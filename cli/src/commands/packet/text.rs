//! Packets for people.

use causeway_core::Timestamp;
use causeway_relayer_daemon::rpc::types::{PacketJson, PayloadJson, StageJson, StepJson};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// One line of a packet.
pub(super) fn line(packet: &PacketJson) -> String {
    let place = packet.outcome.as_ref().or(packet.stage.as_ref());
    let place = place.map_or("unknown", String::as_str);
    let carries: Vec<_> = packet.payloads.iter().map(carried).collect();
    let (id, from, to) = (&packet.id, &packet.from.chain, &packet.to.chain);
    format!("{id:<28} {from:>5} -> {to:<5} {place:<14} {}", carries.join(", "))
}

/// All of a packet.
pub(in crate::commands) fn text(packet: &PacketJson) -> String {
    let place = packet.outcome.as_ref().or(packet.stage.as_ref());
    let place = place.map_or("unknown", String::as_str);
    let (from, to) = (&packet.from, &packet.to);
    let mut lines = vec![format!("{}: {place}", packet.id)];
    let mut add = |name: &str, value: String| lines.push(format!("  {name:<12} {value}"));
    add("route", format!("{} {} -> {} {}", from.chain, from.client, to.chain, to.client));
    for payload in &packet.payloads {
        add("carries", carried(payload));
        let memo = payload.transfer.as_ref().map(|it| &it.memo);
        if let Some(memo) = memo.filter(|memo| !memo.is_empty()) {
            add("memo", memo.clone());
        }
    }
    if let Some(timeout) = packet.timeout {
        add("timeout", time(timeout));
    }
    for stage in &packet.way {
        add(&stage.stage, self::stage(stage));
    }
    for step in &packet.steps {
        let is_told = |stage: &StageJson| stage.transaction.as_ref() == Some(&step.transaction);
        if !packet.way.iter().any(is_told) {
            add(&step.kind, self::step(step));
        }
    }
    if packet.way.is_empty() && packet.since > 0 {
        add("since", time(packet.since));
    }
    for (name, value) in [
        ("waits for", &packet.waits_for),
        ("who can act", &packet.who),
        ("failure", &packet.failure),
    ] {
        if let Some(value) = value {
            add(name, value.clone());
        }
    }
    if let Some(client) = &packet.client {
        let status = client.status.as_deref().unwrap_or("unknown");
        let reason = client.reason.as_ref().map(|it| format!(": {it}")).unwrap_or_default();
        add("client", format!("{} on {} is {status}{reason}", client.client, client.chain));
        if let Some(next) = &client.next {
            add("next", next.clone());
        }
    }
    lines.join("\n")
}

fn carried(payload: &PayloadJson) -> String {
    let PayloadJson { dest_port, value_hex, .. } = payload;
    match &payload.transfer {
        Some(it) => format!("{} {} from {} to {}", it.amount, it.denom, it.sender, it.receiver),
        None => format!("{} bytes for {dest_port}", value_hex.len().div_euclid(2)),
    }
}

fn stage(stage: &StageJson) -> String {
    let mut parts = vec![stage.why.clone()];
    parts.extend(stage.height.map(|height| format!("height {height}")));
    parts.extend(stage.since.map(time));
    parts.extend(stage.transaction.as_ref().map(|it| format!("transaction {it}")));
    parts.join(", ")
}

fn step(step: &StepJson) -> String {
    let mut parts = vec![format!("on {}", step.chain)];
    parts.extend(step.height.map(|height| format!("height {height}")));
    parts.extend(step.at.map(time));
    parts.push(format!("transaction {}", step.transaction));
    parts.join(", ")
}

/// Seconds since 1970 in words.
fn time(secs: u64) -> String {
    let time = Timestamp::from_secs(secs).and_then(|_| {
        let time = OffsetDateTime::from_unix_timestamp(i64::try_from(secs).ok()?).ok()?;
        time.format(&Rfc3339).ok()
    });
    time.unwrap_or_else(|| secs.to_string())
}
