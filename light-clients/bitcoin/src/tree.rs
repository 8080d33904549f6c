//! Headers as a tree: branches are verified against their own ancestors, the one with the most
//! work is followed, and what is deep enough in it is final.

use causeway_core::refusals;

use crate::{Anchor, BlockHash, Chain, Header, HeaderError, Network, RawHeader, Work};

/// Headers that were verified before, by hash.
pub trait HeaderStore {
    /// A stored header with what its descendants are judged by.
    fn header(&self, hash: &BlockHash) -> Option<Anchor>;
}

/// The end of the chain with the most work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tip {
    /// The last header.
    pub hash: BlockHash,
    /// Its height.
    pub height: u64,
    /// The chain's work.
    pub chainwork: Work,
}

impl Tip {
    /// The tip that ends with this header.
    pub fn of(anchor: &Anchor) -> Self {
        Self { hash: anchor.header.hash(), height: anchor.height, chainwork: anchor.chainwork }
    }
}

/// The depths that a follower works with, in headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Depths {
    /// A header is final when it and its descendants on the chain of most work are this many.
    pub confirmations: u32,
    /// Branches may start this far below the tip, and headers further below are forgotten. Not
    /// less than the confirmations.
    pub fork_window: u32,
}

/// A tree, of which all but the edge is in a store.
#[derive(Clone, Copy, Debug)]
pub struct HeaderTree<'a, S> {
    /// The rules.
    pub network: &'a Network,
    /// The depths.
    pub depths: Depths,
    /// The newest final header.
    pub finalized: &'a Anchor,
    /// The end of the chain with the most work.
    pub tip: Tip,
    /// All the others.
    pub store: &'a S,
}

/// What a run of headers does to a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Growth {
    /// Nothing: all were known.
    AlreadyKnown,
    /// New headers.
    Grown {
        /// All of them, lowest first.
        added: Vec<Anchor>,
        /// The tip, perhaps the old one: with equal work the one seen first stays.
        tip: Tip,
        /// The headers that became final, lowest first.
        finalized: Vec<Anchor>,
    },
    /// The branch has the most work, and leaves out the newest final header.
    ConflictsWithFinalized,
}

/// Why a run of headers does not fit in a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// It starts from a header that is not there: not sent yet, or forgotten.
    #[error("the parent {got} is not known")]
    UnknownParent {
        /// The parent.
        got: BlockHash,
    },
    /// It starts too far below the tip.
    #[error("a fork from height {got}, the lowest that may still fork is {expected}")]
    ForkTooDeep {
        /// Height of the parent.
        got: u64,
        /// The lowest height of a parent.
        expected: u64,
    },
    /// Its parent has less work than the window allows: cheap headers on an old branch.
    #[error("a fork from chainwork {got}, the least that may still fork is {expected}")]
    ForkTooWeak {
        /// Work up to the parent.
        got: Work,
        /// The least.
        expected: Work,
    },
    /// A header breaks a rule.
    #[error(transparent)]
    Header(#[from] HeaderError),
}

refusals! {
    TreeError {
        UnknownParent { got } => "unknown_parent", Retry;
        ForkTooDeep { got, expected } => "fork_too_deep", Reject;
        ForkTooWeak { got, expected } => "fork_too_weak", Reject;
        @wraps Header;
    }
}

impl<S: HeaderStore> HeaderTree<'_, S> {
    /// A stored header, or the newest final one.
    fn header(&self, hash: &BlockHash) -> Option<Anchor> {
        self.store
            .header(hash)
            .or_else(|| (self.finalized.header.hash() == *hash).then_some(*self.finalized))
    }

    /// Verifies a run of headers on the branch that it extends or starts, all or nothing. Known
    /// headers at its beginning are passed over. `latest_time` is as in [`Chain::extend`].
    pub fn grow(&self, headers: &[RawHeader], latest_time: u64) -> Result<Growth, TreeError> {
        let is_new = |raw: &RawHeader| self.header(&Header::from_bytes(raw).hash()).is_none();
        let Some(known) = headers.iter().position(is_new) else {
            return Ok(Growth::AlreadyKnown);
        };
        let (_, headers) = headers.split_at(known);
        let Some(first) = headers.first() else { return Ok(Growth::AlreadyKnown) };
        let parent_hash = Header::from_bytes(first).prev;
        let parent =
            self.header(&parent_hash).ok_or(TreeError::UnknownParent { got: parent_hash })?;
        self.check_fork_point(&parent)?;
        let mut added = Vec::with_capacity(headers.len());
        let mut chain = Chain::resume(self.network, parent, parent_hash);
        chain.extend_with(headers, latest_time, |chain| added.push(*chain.tip()))?;
        let end = chain.tip();
        if end.chainwork <= self.tip.chainwork {
            return Ok(Growth::Grown { added, tip: self.tip, finalized: Vec::new() });
        }
        let tip = Tip { hash: chain.tip_hash(), height: end.height, chainwork: end.chainwork };
        Ok(match self.finalized_by(&added, parent)? {
            Some(finalized) => Growth::Grown { added, tip, finalized },
            None => Growth::ConflictsWithFinalized,
        })
    }

    /// The parent must be within the window: in height, and in work at the difficulty of tip or
    /// newest final header, whichever is greater.
    fn check_fork_point(&self, parent: &Anchor) -> Result<(), TreeError> {
        let window = u64::from(self.depths.fork_window);
        let (got, expected) = (parent.height, self.tip.height.saturating_sub(window));
        if got < expected {
            return Err(TreeError::ForkTooDeep { got, expected });
        }
        let work_of = |anchor: &Anchor| anchor.last_real_bits.expand().target.work().0;
        let tip_work = self.header(&self.tip.hash).as_ref().map_or_else(Default::default, work_of);
        let unit = work_of(self.finalized).max(tip_work);
        let slack = unit.saturating_mul(alloy_primitives::U256::from(window));
        let expected = Work(self.tip.chainwork.0.saturating_sub(slack));
        if parent.chainwork < expected {
            return Err(TreeError::ForkTooWeak { got: parent.chainwork, expected });
        }
        Ok(())
    }

    /// The headers that become final when the branch of `added` upon `parent` is best; `None` when
    /// the branch leaves out the newest final header.
    fn finalized_by(
        &self,
        added: &[Anchor],
        parent: Anchor,
    ) -> Result<Option<Vec<Anchor>>, TreeError> {
        let floor = self.finalized.height;
        let end = added.last().map_or(parent.height, |last| last.height);
        let depth = u64::from(self.depths.confirmations).saturating_sub(1);
        let newest_final = end.saturating_sub(depth);
        let becomes_final =
            |anchor: &Anchor| (floor < anchor.height) && anchor.height <= newest_final;
        let mut below = Vec::new();
        let mut ancestor = parent;
        while ancestor.height > floor {
            if becomes_final(&ancestor) {
                below.push(ancestor);
            }
            let prev = ancestor.header.prev;
            ancestor = self.header(&prev).ok_or(TreeError::UnknownParent { got: prev })?;
        }
        if ancestor.header != self.finalized.header {
            return Ok(None);
        }
        below.reverse();
        below.extend(added.iter().copied().filter(becomes_final));
        Ok(Some(below))
    }
}
