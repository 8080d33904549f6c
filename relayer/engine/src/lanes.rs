//! Fair shares: a backlog must not keep live packets waiting, nor they the backlog.

use crate::PacketKey;

/// Where a packet queues.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Lane {
    /// Seen as it happened.
    Live,
    /// Found in the state, or failed before.
    Backlog,
}

/// Picks at most `limit` keys, half from each lane as long as both have some, oldest first.
pub(crate) fn fair_share(
    live: impl Iterator<Item = PacketKey>,
    backlog: impl Iterator<Item = PacketKey>,
    limit: usize,
) -> Vec<PacketKey> {
    let live: Vec<_> = live.take(limit).collect();
    let backlog: Vec<_> = backlog.take(limit).collect();
    let half = limit.div_ceil(2);
    let for_live = live.len().min(half.max(limit.saturating_sub(backlog.len())));
    let for_backlog = limit.saturating_sub(for_live);
    live.into_iter().take(for_live).chain(backlog.into_iter().take(for_backlog)).collect()
}

#[cfg(test)]
mod tests {
    use causeway_core::Sequence;

    use super::*;
    use crate::Side;

    fn keys(numbers: core::ops::Range<u64>) -> impl Iterator<Item = PacketKey> {
        numbers.filter_map(Sequence::new).map(|sequence| PacketKey { source: Side::A, sequence })
    }

    #[test]
    fn lanes_share_evenly_and_lend_what_they_do_not_use() {
        for (live, backlog, limit, of_live, of_backlog) in [
            (10, 10, 4, 2, 2),
            (10, 0, 4, 4, 0),
            (0, 10, 4, 0, 4),
            (1, 10, 4, 1, 3),
            (10, 1, 4, 3, 1),
            (10, 10, 5, 3, 2),
            (1, 1, 8, 1, 1),
            (5, 5, 0, 0, 0),
        ] {
            let picked = fair_share(keys(1..1 + live), keys(101..101 + backlog), limit);
            let live_picked = picked.iter().filter(|key| key.sequence.get() < 100).count();
            assert_eq!(live_picked, of_live, "{live} {backlog} {limit}");
            assert_eq!(picked.len() - live_picked, of_backlog, "{live} {backlog} {limit}");
        }
    }
}
