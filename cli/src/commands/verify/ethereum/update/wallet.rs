//! The sync protocol with a wallet's store.

use causeway_client_ethereum::client::ClientError;
use causeway_client_ethereum::containers::LightClientUpdate;
use causeway_client_ethereum::sync::LightClientStore;
use causeway_core::{Audit, BoxedRefusal, Timestamp};

use super::{Start, committee, report};
use crate::output::Report;

pub(super) fn follow(
    start: Start,
    updates: &[LightClientUpdate],
    audit: &mut impl Audit,
) -> Result<Report, BoxedRefusal> {
    let Start { chain, trusted_root, bootstrap, now, trusting_period } = start;
    let current_slot = chain.slot_at(now.secs());
    let begins = chain.start_of(bootstrap.header.beacon.slot);
    let mut store = LightClientStore::from_bootstrap(chain, trusted_root, bootstrap, audit)?;
    if let Some(period) = trusting_period {
        let begins = Timestamp::from_secs(begins).unwrap_or_default();
        let expected = begins.saturating_add(period);
        if now >= expected {
            return Err(ClientError::Expired { got: now, expected }.into());
        }
    }
    for update in updates {
        store.process_update(update, current_slot, audit)?;
    }
    let optimistic = &store.optimistic_header().beacon;
    Ok(report(store.finalized_header(), updates.len())
        .with("optimistic_slot", optimistic.slot.get())
        .with("optimistic_root", optimistic.block_root().to_string())
        .with("current_sync_committee", store.current_committee().to_string())
        .with("next_sync_committee", committee(store.next_committee())))
}
