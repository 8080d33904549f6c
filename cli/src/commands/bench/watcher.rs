//! Watching what ends, by the states of both chains.

use core::time::Duration;
use std::collections::BTreeSet;

use causeway_core::{Acknowledgement, ClientId, PacketPath, Sequence};
use causeway_relayer_endpoints::{EndpointError, MAX_LOOKUP};

use super::course::{Course, insist};
use super::tally::Book;

/// How often the source is asked for its head.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Packets end more or less in their order: a page on which none has ended is the last that is
/// looked at, but every so many looks, all are.
const ALL_EVERY: u32 = 8;

/// Notes which packets have ended, until dropped. Chains that do not answer are asked again.
pub(super) async fn watch(course: &Course, book: &Book) {
    let source = &course.way.source;
    let (mut head, mut looks) = (0, 0_u32);
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let seen = insist(course, || source.endpoint.observe()).await.head.height();
        if seen == head {
            continue;
        }
        head = seen;
        looks = looks.wrapping_add(1);
        let is_all = looks.is_multiple_of(ALL_EVERY);
        if let Err(error) = look(course, book, is_all).await {
            tracing::debug!(%error, "the source gives no account");
        }
    }
}

/// Compares what is open with what the source has a commitment of.
async fn look(course: &Course, book: &Book, is_all: bool) -> Result<(), EndpointError> {
    let source = &course.way.source;
    let open: BTreeSet<Sequence> = book.tally().open().collect();
    let (Some(first), Some(last)) = (open.first(), open.last()) else { return Ok(()) };
    let mut from = *first;
    loop {
        let page = source.endpoint.outstanding(&source.client, from).await?;
        let next = page.next.filter(|next| *next > from && *next <= *last);
        let committed: BTreeSet<_> = page.sequences.into_iter().collect();
        let at = course.elapsed();
        let ended = match next {
            Some(next) => book.tally().look(open.range(from..next).copied(), &committed, at),
            None => book.tally().look(open.range(from..).copied(), &committed, at),
        };
        match next {
            Some(next) if is_all || ended > 0 => from = next,
            _ => return Ok(()),
        }
    }
}

/// How packets ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Endings {
    /// Delivered, and their source knows.
    pub(super) acknowledged: usize,
    /// Their destination said no.
    pub(super) refused: usize,
    /// They did not arrive in time.
    pub(super) timed_out: usize,
}

/// Reads of each packet that has ended what both states say; those that the source still has a
/// commitment of are open again.
pub(super) async fn judge(course: &Course, book: &Book) -> Endings {
    let ended: Vec<_> = book.tally().ended().collect();
    let (source, destination) = (&course.way.source, &course.way.destination);
    let refusal = Acknowledgement::error().commitment().0.to_vec();
    let mut endings = Endings::default();
    for part in ended.chunks(MAX_LOOKUP) {
        let commitments = paths(PacketPath::commitment, &source.client, part);
        let committed = insist(course, || source.endpoint.traces(&commitments)).await;
        let answers = paths(PacketPath::acknowledgement, &destination.client, part);
        let answers = insist(course, || destination.endpoint.traces(&answers)).await;
        for ((sequence, committed), answer) in part.iter().zip(committed).zip(answers) {
            if committed.is_some() {
                book.tally().reopen(*sequence);
                continue;
            }
            let place = match answer {
                None => &mut endings.timed_out,
                Some(answer) if answer == refusal => &mut endings.refused,
                Some(_) => &mut endings.acknowledged,
            };
            *place = place.saturating_add(1);
        }
    }
    endings
}

/// The paths of packets through a client.
pub(super) fn paths(
    path: fn(ClientId, Sequence) -> PacketPath,
    client: &ClientId,
    sequences: &[Sequence],
) -> Vec<PacketPath> {
    sequences.iter().map(|sequence| path(client.clone(), *sequence)).collect()
}
