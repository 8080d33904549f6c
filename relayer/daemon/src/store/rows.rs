//! How values are written in rows.

use causeway_core::gmp::{self, GmpPacketData};
use causeway_core::transfer::{self, FungibleTokenPacketData};
use causeway_core::{Encoding, Height, Packet, Sequence, Timestamp};
use causeway_relayer_engine::{Outcome, PacketKey, Resume, Side, Stage};

use super::StepKind;

/// SQLite's integers are signed; all 64 bits are kept.
pub(super) const fn int(value: u64) -> i64 {
    value.cast_signed()
}

pub(super) const fn uint(value: i64) -> u64 {
    value.cast_unsigned()
}

pub(super) const fn side(side: Side) -> i64 {
    match side {
        Side::A => 0,
        Side::B => 1,
    }
}

pub(super) const fn read_side(value: i64) -> Side {
    if value == 0 { Side::A } else { Side::B }
}

pub(super) const fn outcome(outcome: Outcome) -> i64 {
    match outcome {
        Outcome::Acknowledged => 0,
        Outcome::Rejected => 1,
        Outcome::Refunded => 2,
        Outcome::Settled => 3,
    }
}

pub(super) const fn read_outcome(value: i64) -> Outcome {
    match value {
        0 => Outcome::Acknowledged,
        1 => Outcome::Rejected,
        2 => Outcome::Refunded,
        _ => Outcome::Settled,
    }
}

pub(super) const fn resume(resume: Resume) -> (i64, Height) {
    match resume {
        Resume::Look => (0, Height::new(0, 0)),
        Resume::Prove(height) => (1, height),
        Resume::AwaitAnswer => (2, Height::new(0, 0)),
    }
}

pub(super) const fn read_resume(kind: i64, height: Height) -> Resume {
    match kind {
        1 => Resume::Prove(height),
        2 => Resume::AwaitAnswer,
        _ => Resume::Look,
    }
}

pub(super) const fn step(kind: StepKind) -> i64 {
    match kind {
        StepKind::Receive => 0,
        StepKind::Acknowledge => 1,
        StepKind::Timeout => 2,
    }
}

pub(super) const fn read_step(value: i64) -> StepKind {
    match value {
        0 => StepKind::Receive,
        1 => StepKind::Acknowledge,
        _ => StepKind::Timeout,
    }
}

/// The length of an entry of a packet's way.
pub(super) const STAGE_LEN: usize = 14;

/// An entry of a packet's way: a letter, and milliseconds since 1970 with thirteen digits.
pub(super) fn stage(stage: Stage, at: Timestamp) -> String {
    let letter = match stage {
        Stage::Seen => 'a',
        Stage::SourceFinal => 'b',
        Stage::ClientUpdated => 'c',
        Stage::Provable => 'd',
        Stage::Submitted => 'e',
        Stage::Executed => 'f',
        Stage::Acknowledged => 'g',
        Stage::TimedOut => 'h',
        Stage::Refunded => 'i',
        Stage::Rejected => 'j',
        Stage::Held => 'k',
    };
    format!("{letter}{:013}", at.nanos() / 1_000_000)
}

pub(super) fn read_stages(way: &str) -> Vec<(Stage, Timestamp)> {
    let entry = |entry: &[u8]| {
        let (letter, millis) = entry.split_first()?;
        let stage = match letter {
            b'a' => Stage::Seen,
            b'b' => Stage::SourceFinal,
            b'c' => Stage::ClientUpdated,
            b'd' => Stage::Provable,
            b'e' => Stage::Submitted,
            b'f' => Stage::Executed,
            b'g' => Stage::Acknowledged,
            b'h' => Stage::TimedOut,
            b'i' => Stage::Refunded,
            b'j' => Stage::Rejected,
            b'k' => Stage::Held,
            _ => return None,
        };
        let millis: u64 = core::str::from_utf8(millis).ok()?.parse().ok()?;
        Some((stage, Timestamp::from_nanos(millis.checked_mul(1_000_000)?)))
    };
    way.as_bytes().chunks(STAGE_LEN).filter_map(entry).collect()
}

/// For each message a count, then side and sequence of each packet.
pub(super) fn items(items: &[Vec<PacketKey>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for keys in items {
        bytes.extend((keys.len() as u64).to_le_bytes());
        for key in keys {
            bytes.push(u8::from(key.source == Side::B));
            bytes.extend(key.sequence.get().to_le_bytes());
        }
    }
    bytes
}

pub(super) fn read_items(mut bytes: &[u8]) -> Option<Vec<Vec<PacketKey>>> {
    let mut items = Vec::new();
    while !bytes.is_empty() {
        let count = read_number(&mut bytes)?;
        let mut keys = Vec::new();
        for _ in 0..count {
            let (source, rest) = bytes.split_first()?;
            bytes = rest;
            let source = if *source == 0 { Side::A } else { Side::B };
            let sequence = Sequence::new(read_number(&mut bytes)?)?;
            keys.push(PacketKey { source, sequence });
        }
        items.push(keys);
    }
    Some(items)
}

fn read_number(bytes: &mut &[u8]) -> Option<u64> {
    let (number, rest) = bytes.split_first_chunk::<8>()?;
    *bytes = rest;
    Some(u64::from_le_bytes(*number))
}

/// Who sends and who receives, by the first payload of an application that is known.
pub(super) fn accounts(packet: &Packet) -> Option<(String, String)> {
    packet.payloads.iter().find_map(|payload| {
        let encoding = Encoding::of(payload)?;
        match payload.source_port.as_str() {
            transfer::PORT => {
                let data = FungibleTokenPacketData::decode(&payload.value, encoding).ok()?;
                Some((data.sender().to_owned(), data.receiver().to_owned()))
            }
            gmp::PORT => {
                let data = GmpPacketData::decode(&payload.value, encoding).ok()?;
                Some((data.sender().to_owned(), data.receiver().to_owned()))
            }
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_are_read_as_they_were_written() {
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
        let way: Vec<_> = all
            .into_iter()
            .zip(1_790_000_000_123_u64..)
            .map(|(stage, millis)| (stage, Timestamp::from_nanos(millis * 1_000_000)))
            .collect();
        let text: String = way.iter().map(|(name, at)| stage(*name, *at)).collect();
        assert_eq!(text.len(), way.len() * STAGE_LEN);
        assert_eq!(read_stages(&text), way);
        assert_eq!(read_stages("z0000000000000"), []);
    }

    #[test]
    fn items_are_read_as_they_were_written() {
        let key =
            |source, sequence| PacketKey { source, sequence: Sequence::new(sequence).unwrap() };
        for list in [
            vec![],
            vec![vec![]],
            vec![vec![key(Side::A, 1), key(Side::B, u64::MAX)], vec![key(Side::B, 7)]],
        ] {
            let bytes = items(&list);
            assert_eq!(read_items(&bytes), Some(list));
            if let Some((_, cut)) = bytes.split_last() {
                assert_eq!(read_items(cut), None);
            }
        }
    }
}
