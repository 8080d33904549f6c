//! `validate_light_client_update` and bootstraps, as a wallet meets them.

use causeway_client_ethereum::chain::Slot;
use causeway_client_ethereum::containers::{
    Branch, LightClientHeader, LightClientUpdate, PublicKeyBytes,
};
use causeway_client_ethereum::sync::LightClientStore;
use causeway_tests::makers::ethereum::{Beacon, Draft};

use super::{START, STATE, beacon, code};
use crate::Case;

pub(crate) const CASES: &[Case] = &[
    Case { code: "no_participants", provoke: || drafted(|draft| draft.participants = 0) },
    Case { code: "fork_not_supported", provoke: under_an_unknown_fork },
    Case { code: "fork_not_supported", provoke: before_light_clients },
    Case { code: "unexpected_execution_header", provoke: execution_before_capella },
    Case { code: "unexpected_blob_gas", provoke: blob_gas_before_deneb },
    Case { code: "invalid_execution_branch", provoke: other_attested_execution },
    Case { code: "invalid_execution_branch", provoke: other_finalized_execution },
    Case { code: "header_from_future", provoke: signed_a_slot_ahead },
    Case { code: "signature_not_after_attested", provoke: signed_in_its_own_slot },
    Case { code: "finalized_after_attested", provoke: finalized_ahead },
    Case { code: "unknown_signing_period", provoke: signed_by_an_unknown_committee },
    Case { code: "update_not_relevant", provoke: older_than_what_is_trusted },
    Case { code: "unexpected_finalized_header", provoke: finalized_without_branch },
    Case { code: "unexpected_genesis_header", provoke: genesis_with_a_header },
    Case { code: "invalid_finality_branch", provoke: other_finalized_block },
    Case { code: "unexpected_next_committee", provoke: committee_without_branch },
    Case { code: "next_committee_mismatch", provoke: other_next_committee },
    Case { code: "invalid_next_committee_branch", provoke: swapped_keys },
    Case { code: "invalid_committee_key", provoke: committee_with_a_bad_key },
    Case { code: "invalid_signature", provoke: signed_by_strangers },
    Case { code: "invalid_signature", provoke: point_outside_the_group },
    Case { code: "trusted_root_mismatch", provoke: bootstrap_of_another_block },
    Case { code: "invalid_current_committee_branch", provoke: bootstrap_with_swapped_keys },
];

fn wallet(beacon: &Beacon) -> LightClientStore {
    let (root, bootstrap) = beacon.bootstrap(START, STATE);
    LightClientStore::from_bootstrap(beacon.config.clone(), root, bootstrap, &mut ()).unwrap()
}

/// What a fresh wallet says of an update, in its signature's slot.
fn judge(beacon: &Beacon, update: &LightClientUpdate) -> String {
    code(wallet(beacon).process_update(update, update.signature_slot, &mut ()))
}

fn usual(beacon: &Beacon) -> Draft {
    beacon.draft(Slot::new(80), STATE)
}

/// Judges the usual update, drafted otherwise.
fn drafted(change: fn(&mut Draft)) -> String {
    let beacon = beacon();
    let mut draft = usual(&beacon);
    change(&mut draft);
    judge(&beacon, &beacon.make(&draft))
}

/// Judges the usual update, changed after it was made, and signed once more.
fn changed(change: fn(&mut LightClientUpdate)) -> String {
    let beacon = beacon();
    let mut update = beacon.make(&usual(&beacon));
    change(&mut update);
    let participants = update.participants();
    beacon.sign(&mut update, participants);
    judge(&beacon, &update)
}

/// Every fork from genesis on, but number 7, unknown, from epoch 10 (slot 80) on.
fn under_an_unknown_fork() -> String {
    let forks = [(1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (6, 0), (7, 10)];
    let beacon = beacon().with_forks(&forks);
    judge(&beacon, &beacon.make(&usual(&beacon)))
}

fn before_light_clients() -> String {
    let (root, bootstrap) = beacon().bootstrap(START, STATE);
    let beacon = beacon().with_forks(&[(1, 1_000)]);
    code(LightClientStore::from_bootstrap(beacon.config, root, bootstrap, &mut ()))
}

/// Capella begins after the attested slot.
fn execution_before_capella() -> String {
    let beacon = beacon().with_forks(&[(1, 0), (3, 100)]);
    let mut update = beacon.make(&usual(&beacon));
    update.attested_header.execution.gas_used = 1;
    judge(&beacon, &update)
}

fn blob_gas_before_deneb() -> String {
    let beacon = beacon().with_forks(&[(1, 0), (3, 0), (4, 100)]);
    let mut update = beacon.make(&usual(&beacon));
    update.attested_header.execution.blob_gas_used = 1;
    judge(&beacon, &update)
}

fn other_attested_execution() -> String {
    changed(|update| update.attested_header.execution.state_root.0[0] ^= 1)
}

fn other_finalized_execution() -> String {
    changed(|update| update.finalized_header.execution.state_root.0[0] ^= 1)
}

fn signed_a_slot_ahead() -> String {
    let beacon = beacon();
    let update = beacon.make(&usual(&beacon));
    let now = update.signature_slot.previous();
    code(wallet(&beacon).process_update(&update, now, &mut ()))
}

fn signed_in_its_own_slot() -> String {
    drafted(|draft| draft.signature = draft.attested)
}

fn finalized_ahead() -> String {
    drafted(|draft| draft.finalized = draft.attested.next())
}

fn signed_by_an_unknown_committee() -> String {
    drafted(|draft| draft.signature = Slot::new(128))
}

fn older_than_what_is_trusted() -> String {
    let beacon = beacon();
    let mut wallet = wallet(&beacon);
    let update = beacon.make(&usual(&beacon));
    wallet.process_update(&update, update.signature_slot, &mut ()).unwrap();
    let older = beacon.make(&beacon.draft(Slot::new(72), STATE));
    code(wallet.process_update(&older, update.signature_slot, &mut ()))
}

fn finalized_without_branch() -> String {
    changed(|update| update.finality_branch = Branch::default())
}

fn genesis_with_a_header() -> String {
    changed(|update| update.finalized_header.beacon.slot = Slot::new(0))
}

fn other_finalized_block() -> String {
    changed(|update| update.finalized_header.beacon.proposer_index += 1)
}

fn committee_without_branch() -> String {
    changed(|update| update.next_sync_committee_branch = Branch::default())
}

/// Proven and signed, but the next committee is known already.
fn other_next_committee() -> String {
    let beacon = beacon();
    let mut wallet = wallet(&beacon);
    let first = beacon.make(&usual(&beacon));
    wallet.process_update(&first, first.signature_slot, &mut ()).unwrap();
    let mut draft = beacon.draft(Slot::new(90), STATE);
    draft.next_period = Some(3);
    let second = beacon.make(&draft);
    code(wallet.process_update(&second, second.signature_slot, &mut ()))
}

fn swapped_keys() -> String {
    changed(|update| update.next_sync_committee.pubkeys.0.swap(0, 1))
}

/// A wallet that trusts a committee with a member at infinity.
fn committee_with_a_bad_key() -> String {
    let beacon = beacon();
    let mut committee = beacon.current_keys(START);
    committee.pubkeys.0[31] = PublicKeyBytes::ZERO;
    committee.pubkeys.0[31].0[0] = 0xc0;
    let mut header = LightClientHeader::default();
    header.beacon.slot = START;
    let mut wallet = LightClientStore::resume(beacon.config.clone(), header, committee, None);
    let update = beacon.make(&usual(&beacon));
    code(wallet.process_update(&update, update.signature_slot, &mut ()))
}

fn signed_by_strangers() -> String {
    let beacon = beacon();
    judge(&beacon, &beacon.forged_update(Slot::new(80), STATE))
}

fn point_outside_the_group() -> String {
    let beacon = beacon();
    let mut update = beacon.make(&usual(&beacon));
    let signature = &mut update.sync_aggregate.sync_committee_signature.0;
    *signature = [0; 96];
    (signature[0], signature[95]) = (0x80, 2);
    judge(&beacon, &update)
}

fn bootstrap_of_another_block() -> String {
    let beacon = beacon();
    let (root, _) = beacon.bootstrap(START, STATE);
    let (_, other) = beacon.bootstrap(START.next(), STATE);
    code(LightClientStore::from_bootstrap(beacon.config, root, other, &mut ()))
}

fn bootstrap_with_swapped_keys() -> String {
    let beacon = beacon();
    let (root, mut bootstrap) = beacon.bootstrap(START, STATE);
    bootstrap.current_sync_committee.pubkeys.0.swap(0, 1);
    code(LightClientStore::from_bootstrap(beacon.config, root, bootstrap, &mut ()))
}
