//! Batches that are larger than what a chain takes at once.

use causeway_core::{Height, Message, Packet, PacketPath};
use causeway_relayer_endpoints::{EndpointError, MAX_LOOKUP};
use causeway_relayer_engine::Task;

use super::chains::Family;
use super::relay::Path;
use super::world::finish;

/// How many messages of a user go into one transaction.
const PER_TRANSACTION: usize = 16;

/// Enough packets, with memos so long, that no chain takes all of them in one transaction.
const PACKETS: usize = 200;
const MEMO_LEN: usize = 3000;

fn send(path: &Path, from: usize, count: usize, memo: usize) -> (Vec<Packet>, Height) {
    let (denom, memo) = (path.families[from].denom(), "m".repeat(memo));
    let one = path.transfer(from, &denom, 1, &memo);
    let (mut packets, mut highest) = (Vec::new(), Height::new(0, 0));
    while packets.len() < count {
        let messages: Vec<Message> = vec![one.clone(); PER_TRANSACTION.min(count - packets.len())];
        let (sent, height) = path.send(from, &messages);
        packets.extend(sent);
        highest = highest.max(height);
    }
    (packets, highest)
}

/// Whatever is too large is split, until every packet has arrived and its answer is home.
#[test]
fn batches_that_are_too_large_arrive_in_parts() {
    for families in
        [[Family::Pow, Family::Pos], [Family::Pos, Family::Pbft], [Family::Pbft, Family::Pow]]
    {
        let path = Path::new(families);
        let (packets, sent) = send(&path, 0, PACKETS, MEMO_LEN);
        let delivered = path.deliver(0, &packets, sent);
        assert!(delivered.transactions > 1, "{families:?}: {delivered:?}");
        let ended = path.acknowledge(0, &packets, delivered.height);
        assert!(ended.transactions > 1, "{families:?}: {ended:?}");
        let commitment =
            |it: &Packet| PacketPath::commitment(it.source_client.clone(), it.sequence);
        let left: Vec<_> = packets.iter().map(commitment).collect();
        let left = finish(path.relayers[0].traces(&left)).unwrap();
        assert!(left.iter().all(Option::is_none), "{families:?}");
    }
}

/// What a block can never take is said to be too large, whatever the reason, so that it is halved.
#[test]
fn more_messages_than_a_transaction_has_are_too_large() {
    for (me, families) in [
        (0, [Family::Pow, Family::Pbft]),
        (1, [Family::Pow, Family::Pbft]),
        (0, [Family::Pos, Family::Pbft]),
    ] {
        let path = Path::new(families);
        let one = path.transfer(me, &families[me].denom(), 1, "");
        let user = &path.users[me];
        let refused = finish(user.sign(&vec![one.clone(); 257]));
        assert!(
            matches!(refused, Err(EndpointError::TooLarge { .. })),
            "{families:?}: {refused:?}"
        );
        // Nothing is spent on it: the next one goes through.
        path.world.execute(&**user, &[one]).unwrap();
    }
}

/// A whole page of small packets goes into one transaction where the chain has room for it.
#[test]
fn many_small_packets_travel_together() {
    let path = Path::new([Family::Pow, Family::Pbft]);
    for (from, most) in [(0, 1), (1, 1)] {
        let (packets, sent) = send(&path, from, MAX_LOOKUP, 0);
        let items: Vec<_> = packets.iter().map(|it| (it.clone(), Task::Receive)).collect();
        path.finalized(from, sent);
        let prepared = path.prepare(from, &items, sent).unwrap();
        assert_eq!(prepared.messages.len(), 1);
        assert!(path.deliver(from, &packets, sent).transactions <= most);
    }
}
