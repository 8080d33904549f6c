//! From what the daemon knows to what callers are told.

use causeway_core::transfer::{self, FungibleTokenPacketData};
use causeway_core::{ClientId, Encoding, Packet, Payload, Sequence};
use causeway_relayer_engine::{
    Actor, ClientReport, ClientStatus, Outcome, PacketKey, PacketRecord, PacketStatus, Side, Stage,
};

use super::types::{
    ChainJson, ClientJson, EndJson, PacketJson, PayloadJson, RouteJson, StepJson, TransferJson,
    TroubleJson,
};
use crate::chain::{Chain, Trouble};
use crate::config::{Path, PathEnd};
use crate::daemon::Shared;
use crate::path::PathHandle;
use crate::service::PacketInfo;
use crate::store::{PathId, StepKind, TransactionRow};

pub(super) const fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Acknowledged => "acknowledged",
        Outcome::Rejected => "rejected",
        Outcome::Refunded => "refunded",
        Outcome::Settled => "settled",
    }
}

pub(super) fn outcome_named(name: &str) -> Option<Outcome> {
    let all = [Outcome::Acknowledged, Outcome::Rejected, Outcome::Refunded, Outcome::Settled];
    all.into_iter().find(|outcome| outcome_name(*outcome) == name)
}

/// The names of the places in a packet's life.
pub(super) const fn stage_name(stage: Stage) -> &'static str {
    match stage {
        Stage::Seen => "seen",
        Stage::SourceFinal => "source-final",
        Stage::ClientUpdated => "client-updated",
        Stage::Provable => "provable",
        Stage::Submitted => "submitted",
        Stage::Executed => "executed",
        Stage::Acknowledged => "acknowledged",
        Stage::TimedOut => "timed-out",
        Stage::Refunded => "refunded",
        Stage::Rejected => "rejected",
        Stage::Held => "held",
    }
}

/// The place that a name means, with hyphens or without.
pub(super) fn stage_named(name: &str) -> Option<Stage> {
    use Stage::{
        Acknowledged, ClientUpdated, Executed, Held, Provable, Refunded, Rejected, Seen,
        SourceFinal, Submitted, TimedOut,
    };
    let all = [
        Seen,
        SourceFinal,
        ClientUpdated,
        Provable,
        Submitted,
        Executed,
        Acknowledged,
        TimedOut,
        Refunded,
        Rejected,
        Held,
    ];
    let name = name.replace('_', "-");
    all.into_iter().find(|stage| stage_name(*stage) == name)
}

const fn status_name(status: ClientStatus) -> &'static str {
    match status {
        ClientStatus::Active => "active",
        ClientStatus::Expired => "expired",
        ClientStatus::Frozen => "frozen",
        ClientStatus::Stranded => "stranded",
    }
}

const fn kind_name(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Receive => "receive",
        StepKind::Acknowledge => "acknowledge",
        StepKind::Timeout => "timeout",
    }
}

pub(super) fn trouble(trouble: &Trouble) -> TroubleJson {
    TroubleJson { code: trouble.code.to_owned(), reason: trouble.reason.clone() }
}

pub(super) fn end_json(end: &PathEnd) -> EndJson {
    EndJson { chain: end.chain.clone(), client: end.client.to_string() }
}

pub(super) const fn end_of(path: &Path, side: Side) -> &PathEnd {
    match side {
        Side::A => &path.a,
        Side::B => &path.b,
    }
}

pub(super) fn chain(chain: &Chain) -> ChainJson {
    let view = chain.view.borrow().clone();
    let seen = view.observation;
    ChainJson {
        alias: chain.alias.to_string(),
        network: view.identity.as_ref().map(|it| it.network.clone()),
        client_type: view.identity.as_ref().map(|it| it.client_type.clone()),
        account: chain.endpoint.account(),
        head: seen.map(|it| it.head.to_string()),
        head_time: seen.map(|it| it.head_time.secs()),
        finalized: seen.map(|it| it.finalized.to_string()),
        finalized_time: seen.map(|it| it.finalized_time.secs()),
        streaming: view.streaming,
        reorganisations: view.reorg_count,
        answered_at: view.answered_at.map(|it| it.secs()),
        trouble: view.lost.as_ref().map(trouble),
    }
}

/// Both directions of a path.
pub(super) fn routes(handle: &PathHandle) -> [RouteJson; 2] {
    let view = handle.view.borrow().clone();
    Side::BOTH.map(|side| RouteJson {
        path: handle.id.0,
        from: end_json(end_of(&handle.path, side)),
        to: end_json(end_of(&handle.path, side.other())),
        outstanding: view.outstanding,
        trouble: view.trouble.as_ref().map(trouble),
    })
}

/// Both clients of a path.
pub(super) fn clients(shared: &Shared, handle: &PathHandle) -> [ClientJson; 2] {
    Side::BOTH.map(|side| client(shared, handle, side))
}

/// The client of a path on one side.
pub(super) fn client(shared: &Shared, handle: &PathHandle, side: Side) -> ClientJson {
    let view = handle.view.borrow().clone();
    let (end, other) = (end_of(&handle.path, side), end_of(&handle.path, side.other()));
    let report = *view.clients.get(side);
    let seen =
        |alias: &String| shared.chains.get(alias).and_then(|it| it.view.borrow().observation);
    let unusable = report.filter(|it| it.status != ClientStatus::Active);
    let why = |report: ClientReport| match (report.status, view.stranded.get(side)) {
        (ClientStatus::Stranded, Some(why)) => why.clone(),
        (ClientStatus::Frozen, _) => format!("{} was caught contradicting itself", other.chain),
        _ => format!("it was not updated within its trusting period, by the time of {}", end.chain),
    };
    let next = |_| {
        let (chain, client) = (&end.chain, &end.client);
        format!("`causeway client recover {chain} {client}`, as the authority of {chain}")
    };
    ClientJson {
        chain: end.chain.clone(),
        client: end.client.to_string(),
        follows: other.chain.clone(),
        status: report.map(|it| status_name(it.status).to_owned()),
        reason: unusable.map(why),
        next: unusable.map(next),
        followed_height: seen(&other.chain).map(|it| it.finalized.to_string()),
        host_time: seen(&end.chain).map(|it| it.head_time.secs()),
        latest: report.map(|it| it.latest.to_string()),
        latest_time: report.map(|it| it.latest_time.secs()),
        trusting_period: report.and_then(|it| it.trusting_period).map(|it| it.as_secs()),
        expires_at: report.and_then(|it| it.expires_at()).map(|it| it.secs()),
        refresh_at: report.and_then(|it| it.refresh_at(&shared.limits)).map(|it| it.secs()),
    }
}

fn payload(payload: &Payload) -> PayloadJson {
    let is_transfer = payload.source_port.as_str() == transfer::PORT;
    let data = Encoding::of(payload)
        .filter(|_| is_transfer)
        .and_then(|it| FungibleTokenPacketData::decode(&payload.value, it).ok());
    PayloadJson {
        source_port: payload.source_port.to_string(),
        dest_port: payload.dest_port.to_string(),
        version: payload.version.clone(),
        encoding: payload.encoding.clone(),
        value_hex: hex(&payload.value),
        transfer: data.map(|data| TransferJson {
            denom: data.denom().to_string(),
            amount: data.amount().to_string(),
            sender: data.sender().to_owned(),
            receiver: data.receiver().to_owned(),
            memo: data.memo().to_owned(),
        }),
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
        text
    })
}

pub(super) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("0x").unwrap_or(text).as_bytes();
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|it| u8::try_from(it).ok());
    let (pairs, rest) = digits.as_chunks::<2>();
    let byte = |[high, low]: &[u8; 2]| Some(digit(*high)? << 4 | digit(*low)?);
    pairs.iter().map(byte).collect::<Option<_>>().filter(|_| rest.is_empty())
}

/// A packet as the relayer has it.
pub(super) fn packet(shared: &Shared, handle: &PathHandle, info: PacketInfo) -> PacketJson {
    let PacketInfo { path: id, record, status } = info;
    let path = &*handle.path;
    let mut json = record_json(id, path, &record);
    if let Some(status) = status {
        if let Actor::Authority(side) = status.actor {
            json.client = Some(client(shared, handle, side));
        }
        json.stage = Some(stage_name(status.stage).to_owned());
        json.who = Some(who(path, &status));
        json.since = status.since.secs();
        json.failure = status.failure;
        json.waits_for = Some(status.waits_for);
        json.transaction = status.transaction.or(json.transaction);
    }
    json
}

fn who(path: &Path, status: &PacketStatus) -> String {
    match status.actor {
        Actor::Chain(side) => format!("{}, by making blocks", end_of(path, side).chain),
        Actor::Relayer => "this relayer, or any other".to_owned(),
        Actor::Application => {
            let there = end_of(path, status.key.source.other());
            format!("the receiving application on {}", there.chain)
        }
        Actor::Authority(side) => {
            let end = end_of(path, side);
            let (chain, client) = (&end.chain, &end.client);
            format!("the authority of {chain}: `causeway client recover {chain} {client}`")
        }
    }
}

/// What is kept of a packet.
pub(super) fn record_json(id: PathId, path: &Path, record: &PacketRecord) -> PacketJson {
    let key = record.key;
    let (from, to) = (end_of(path, key.source), end_of(path, key.source.other()));
    let payloads = |packet: &Packet| packet.payloads.iter().map(payload).collect();
    PacketJson {
        id: packet_id(from, key.sequence),
        path: id.0,
        from: end_json(from),
        to: end_json(to),
        sequence: key.sequence.get(),
        timeout: record.packet.as_ref().map(|it| it.timeout_timestamp),
        payloads: record.packet.as_ref().map(payloads).unwrap_or_default(),
        acknowledgement: record
            .acknowledgement
            .as_ref()
            .map(|it| it.app_acknowledgements().iter().map(|answer| hex(answer)).collect()),
        outcome: record.outcome.map(|it| outcome_name(it).to_owned()),
        stage: record.outcome.map(|it| outcome_name(it).to_owned()),
        since: record.since.secs(),
        waits_for: None,
        who: None,
        failure: record.failure.clone(),
        transaction: record.transaction.clone(),
        client: None,
        way: Vec::new(),
        steps: Vec::new(),
    }
}

pub(super) fn step(path: &Path, key: PacketKey, row: TransactionRow) -> StepJson {
    let side = match row.kind {
        StepKind::Receive => key.source.other(),
        StepKind::Acknowledge | StepKind::Timeout => key.source,
    };
    StepJson {
        kind: kind_name(row.kind).to_owned(),
        chain: end_of(path, side).chain.clone(),
        transaction: row.transaction.0,
        height: row.height,
        at: Some(row.at / 1_000_000_000),
    }
}

fn packet_id(from: &PathEnd, sequence: Sequence) -> String {
    format!("{}/{}/{sequence}", from.chain, from.client)
}

/// The path and the key that an id names.
pub(super) fn find_packet(shared: &Shared, id: &str) -> Option<(PathId, PacketKey)> {
    let (rest, sequence) = id.rsplit_once('/')?;
    let (chain, client) = rest.split_once('/')?;
    let sequence = Sequence::new(sequence.parse().ok()?)?;
    let client = ClientId::new(client).ok()?;
    let end = PathEnd { chain: chain.to_owned(), client };
    let at = |handle: &PathHandle| {
        let side = Side::BOTH.into_iter().find(|side| *end_of(&handle.path, *side) == end)?;
        Some((handle.id, PacketKey { source: side, sequence }))
    };
    shared.paths.iter().find_map(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_is_read_as_it_is_written() {
        for bytes in [&[][..], &[0], &[0xab, 0x01, 0xff]] {
            assert_eq!(from_hex(&hex(bytes)).as_deref(), Some(bytes));
            assert_eq!(from_hex(&format!("0x{}", hex(bytes))).as_deref(), Some(bytes));
        }
        for bad in ["0", "zz", "0x1", "+1", " 1"] {
            assert_eq!(from_hex(bad), None, "{bad}");
        }
    }
}
