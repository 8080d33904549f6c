//! How values are written in rows.

use causeway_core::gmp::{self, GmpPacketData};
use causeway_core::transfer::{self, FungibleTokenPacketData};
use causeway_core::{Encoding, Height, Packet, Sequence};
use causeway_relayer_engine::{Outcome, PacketKey, Resume, Side};

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
