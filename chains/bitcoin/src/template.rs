//! The block that a miner searches a nonce for.

use causeway_client_bitcoin::{Anchor, AnchorError, Chain, Header, MerkleNode, StateRoot};
use causeway_core::Timestamp;
use causeway_wire_bitcoin::{Block, KeyHash, MAX_BLOCK_WEIGHT, OwnedTransaction};

use crate::check::BlockError;
use crate::coinbase::{Parts, coinbase};
use crate::config::{Rules, VERSION};
use crate::ledger::Ledger;
use crate::mempool::{Mempool, Selection};
use crate::spend::SpendContext;

/// Left free for header, count, coinbase, and what every payout has.
pub(crate) const RESERVED_WEIGHT: usize = 4_000;
/// The most that a period may begin before its predecessor's end (BIP94), in seconds.
const PERIOD_GRACE: u32 = 600;

/// Why there is nothing to mine on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// The parent is none of this network.
    #[error(transparent)]
    Parent(#[from] AnchorError),
    /// What waits makes no block.
    #[error(transparent)]
    Block(#[from] BlockError),
}

/// A block on top of `parent`, whose state is `ledger`, with what waits; its header has no work
/// yet. `extra` makes a miner's blocks differ from the others'.
pub fn template(
    rules: &Rules,
    parent: &Anchor,
    ledger: &Ledger,
    mempool: &Mempool,
    payee: KeyHash,
    extra: &[u8],
    now: Timestamp,
) -> Result<Block, TemplateError> {
    let height = parent.height.saturating_add(1);
    let context = SpendContext { height, median_time: parent.last_times.median() };
    let (others, fees, root) = fill(ledger, mempool, context)?;
    let parts = Parts {
        height,
        extra,
        reward: rules.subsidy(height).saturating_add(fees),
        reward_script: payee.script(),
        state_root: root,
    };
    let first = coinbase(&parts, &others);
    let transactions: Vec<_> = core::iter::once(first).chain(others).collect();
    let chain = Chain::new(rules.network(), *parent)?;
    let time = earliest_time(parent).max(u32::try_from(now.secs()).unwrap_or(u32::MAX));
    let mut block = Block {
        header: Header {
            version: VERSION,
            prev: chain.tip_hash(),
            merkle_root: MerkleNode::default(),
            time,
            bits: chain.next_bits(time),
            nonce: 0,
        },
        transactions,
    };
    block.header.merkle_root = block.merkle_root().unwrap_or_default();
    Ok(block)
}

/// What goes into a block behind the coinbase, what it pays the miner, and the state after it. How
/// large the payout becomes shows when the calls are carried out: while it is too large, fewer of
/// those that wait are taken.
fn fill(
    ledger: &Ledger,
    mempool: &Mempool,
    context: SpendContext,
) -> Result<(Vec<OwnedTransaction>, u64, StateRoot), TemplateError> {
    let most = MAX_BLOCK_WEIGHT.saturating_sub(RESERVED_WEIGHT);
    let mut allowed = most;
    loop {
        let Selection { transactions, calls, fees } = mempool.select(allowed);
        let plan = ledger.plan(&calls, context)?;
        let root = plan.state_root();
        let others: Vec<_> = transactions.into_iter().chain(plan.payout).collect();
        let weight = others.iter().map(OwnedTransaction::weight).sum::<usize>();
        match weight.checked_sub(most) {
            // Nothing is left out of less than one.
            Some(excess) if excess > 0 && allowed > 0 => {
                allowed = allowed.saturating_sub(excess);
            }
            _ => return Ok((others, fees, root)),
        }
    }
}

/// The least time that every rule for a child of `parent` allows.
fn earliest_time(parent: &Anchor) -> u32 {
    let after_median = parent.last_times.median().saturating_add(1);
    after_median.max(parent.period_start.time).max(parent.header.time.saturating_sub(PERIOD_GRACE))
}
