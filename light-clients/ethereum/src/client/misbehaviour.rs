//! Judging evidence that the other chain's consensus contradicts itself.

use alloy_primitives::B256;
use causeway_core::Timestamp;
use causeway_light_client::{ClientView, Verdict};

use super::header::{judge, misbehaviour};
use super::{ClientError, EthereumClient, Header, Misbehaviour};
use crate::chain::{ChainConfig, Fork};
use crate::containers::LightClientUpdate;

/// Freezes when both headers are fully valid from their trusted states and not older, each signed
/// by two thirds, and they contradict each other. Attested headers alone prove nothing: one
/// proposer who signs two blocks can split an honest committee.
pub(super) fn verify(
    view: &impl ClientView<EthereumClient>,
    evidence: &Misbehaviour,
    now: Timestamp,
) -> Result<Verdict<EthereumClient>, ClientError> {
    let client = view.client_state();
    let first = evidence.header_1.decode_update(&client.chain)?;
    let second = evidence.header_2.decode_update(&client.chain)?;
    let contradicts = finalized_blocks_differ(&first, &second)
        || next_committees_differ(&client.chain, &first, &second);
    if !contradicts {
        return Err(ClientError::NoMisbehaviour {});
    }
    check_not_before_trusted(&evidence.header_1, &first)?;
    check_not_before_trusted(&evidence.header_2, &second)?;
    judge(view, &evidence.header_1, first, now, &mut ())?;
    judge(view, &evidence.header_2, second, now, &mut ())?;
    Ok(misbehaviour(client))
}

/// Evidence is about the trusted block or what came after it, much as in ICS-07, where a header is
/// above its trusted height. What the committee signed before was for those to judge who chose to
/// trust that block; a client that was recovered would otherwise freeze again at once.
fn check_not_before_trusted(
    header: &Header,
    update: &LightClientUpdate,
) -> Result<(), ClientError> {
    let (got, expected) = (update.finalized_header.beacon.slot, header.trusted_slot);
    if got >= expected { Ok(()) } else { Err(ClientError::FinalizedNotNewer { got, expected }) }
}

/// Two finalized blocks of one slot.
fn finalized_blocks_differ(first: &LightClientUpdate, second: &LightClientUpdate) -> bool {
    let (first, second) = (&first.finalized_header.beacon, &second.finalized_header.beacon);
    first.slot == second.slot && first.block_root() != second.block_root()
}

/// Two next committees of one period, each attested in the period of its finalized block.
fn next_committees_differ(
    chain: &ChainConfig,
    first: &LightClientUpdate,
    second: &LightClientUpdate,
) -> bool {
    let period = |slot| chain.preset.period(slot);
    let is_final = |update: &LightClientUpdate| {
        update.has_next_committee()
            && update.has_finality()
            && period(update.finalized_header.beacon.slot)
                == period(update.attested_header.beacon.slot)
    };
    let root = |update: &LightClientUpdate| -> B256 {
        update.next_sync_committee.hash_tree_root(Fork::Altair, chain.preset)
    };
    is_final(first)
        && is_final(second)
        && period(first.attested_header.beacon.slot) == period(second.attested_header.beacon.slot)
        && root(first) != root(second)
}
