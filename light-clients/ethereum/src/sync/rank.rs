//! Which of two updates of one period a full node keeps.

use core::cmp::Reverse;

use super::has_two_thirds;
use crate::chain::ChainConfig;
use crate::containers::LightClientUpdate;

/// `is_better_update`: a total order; both updates must be valid.
pub fn is_better_update(
    config: &ChainConfig,
    new: &LightClientUpdate,
    old: &LightClientUpdate,
) -> bool {
    merits(config, new) > merits(config, old)
}

/// What counts, most important first. Numbers of participants matter early only below two
/// thirds; the older of two equally good updates is the better one.
fn merits(config: &ChainConfig, update: &LightClientUpdate) -> impl Ord + use<> {
    let period = |slot| config.preset.period(slot);
    let two_thirds = has_two_thirds(config, update);
    let participants = update.participants();
    let attested = update.attested_header.beacon.slot;
    let has_relevant_committee =
        update.has_next_committee() && period(attested) == period(update.signature_slot);
    let finalized = update.finalized_header.beacon.slot;
    let finality_is_of_period = update.has_finality() && period(finalized) == period(attested);
    (
        two_thirds,
        if two_thirds { 0 } else { participants },
        has_relevant_committee,
        update.has_finality(),
        finality_is_of_period,
        participants,
        Reverse(attested),
        Reverse(update.signature_slot),
    )
}
