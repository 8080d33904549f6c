//! What methods answer from.

use std::collections::BTreeMap;

use causeway_client_cometbft::{BlockId, Commit, Hash};
use causeway_core::Timestamp;
use causeway_wire_cometbft::rpc::{RpcError, code};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::identity::Identity;
use super::views::id_hash;
use crate::Block;
use crate::app::App;
use crate::archive::{Archive, Light};
use crate::consensus::Participants;

/// A block that was signed beside the chain's own of its height.
#[derive(Clone, Debug)]
pub(crate) struct Fork {
    pub(crate) block: Block,
    pub(crate) block_id: BlockId,
    pub(crate) commit: Commit,
}

/// The forks, by height.
pub(crate) type Forks = BTreeMap<u64, Fork>;

/// Everything that one request may look at.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    pub(crate) identity: &'a Identity,
    pub(crate) archive: &'a Archive,
    pub(crate) app: &'a App,
    pub(crate) participants: &'a mut Participants<App>,
    pub(crate) forks: &'a Forks,
    /// Transactions that were taken in.
    pub(crate) accepted: &'a mut Vec<Vec<u8>>,
    /// Whether the deceived node is asked, which has the forks for the chain.
    pub(crate) witness: bool,
    pub(crate) now: Timestamp,
}

pub(super) type Reply = Result<Box<RawValue>, RpcError>;

/// The method failed.
pub(super) fn failed(reason: impl Into<String>) -> RpcError {
    RpcError::new(code::INTERNAL, reason)
}

pub(super) fn reply(result: &impl Serialize) -> Reply {
    to_raw_value(result).map_err(|error| failed(error.to_string()))
}

impl Context<'_> {
    fn fork(&self, height: u64) -> Option<&Fork> {
        self.forks.get(&height).filter(|_| self.witness)
    }

    /// Header and commit of a height.
    pub(super) fn light(&self, height: u64) -> Result<Light, RpcError> {
        let light = self.archive.light(height).ok_or_else(|| failed("header not found"))?;
        Ok(match self.fork(height) {
            Some(fork) => Light {
                header: fork.block.header.clone(),
                commit: fork.commit.clone(),
                tx_count: u64::try_from(fork.block.txs.len()).unwrap_or_default(),
                ..light
            },
            None => light,
        })
    }

    /// A block and its id.
    pub(super) fn block(&self, height: u64) -> Result<(Block, BlockId), RpcError> {
        if let Some(fork) = self.fork(height) {
            return Ok((fork.block.clone(), fork.block_id));
        }
        let found = self.archive.block(height).ok_or_else(|| failed("block not found"))?;
        Ok((found.0, found.1))
    }

    /// The height of the block of a hash.
    pub(super) fn find(&self, hash: &[u8]) -> Option<u64> {
        let forked = self.forks.iter().find(|(_, fork)| id_hash(&fork.block_id).0 == hash);
        match forked {
            Some((height, _)) => Some(*height).filter(|_| self.witness),
            None => self.archive.height_of(&Hash::from_slice(hash)?),
        }
    }
}

/// A height among the blocks that are there, the newest when none is given; `base` is the oldest
/// (`rpc/core/env.go` `getHeight`).
pub(super) fn height(asked: Option<i64>, newest: u64, base: u64) -> Result<u64, RpcError> {
    let Some(asked) = asked else { return Ok(newest) };
    let height = u64::try_from(asked).unwrap_or_default();
    if height == 0 {
        return Err(failed(format!("height must be greater than 0, but got {asked}")));
    }
    if height > newest {
        return Err(failed(format!(
            "height {height} must be less than or equal to the current blockchain height {newest}"
        )));
    }
    if height < base {
        return Err(failed(format!("height {height} is not available, lowest height is {base}")));
    }
    Ok(height)
}

/// A page of a list of `total`: which entries it has (`rpc/core/env.go` `validatePage`).
pub(super) fn page(
    page: Option<i64>,
    per_page: Option<i64>,
    total: usize,
) -> Result<core::ops::Range<usize>, RpcError> {
    let per_page = per_page.and_then(|number| usize::try_from(number).ok()).unwrap_or_default();
    let per_page = if per_page == 0 { DEFAULT_PER_PAGE } else { per_page.min(MAX_PER_PAGE) };
    let pages = total.div_ceil(per_page).max(1);
    let number = page.unwrap_or(1);
    let index = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
    let Some(index) = index.filter(|index| *index < pages) else {
        let reason = format!("page should be within [1, {pages}] range, given {number}");
        return Err(failed(reason));
    };
    let start = index.saturating_mul(per_page);
    Ok(start..start.saturating_add(per_page).min(total))
}

/// Entries on a page, when nothing is asked for.
const DEFAULT_PER_PAGE: usize = 30;

/// The most entries on a page (`rpc/core/env.go` `maxPerPage`).
pub(super) const MAX_PER_PAGE: usize = 100;
