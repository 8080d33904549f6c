//! The decoded keys of the two committees that may sign next, in the client's own records.
//!
//! Under `committees`: the roots of the committees on record. Under `committee/` and the root: the
//! keys, decoded and validated, as `PreparedCommittee` writes them.

use alloy_primitives::B256;
use causeway_light_client::{ClientView, RecordWrite};

use super::{ConsensusState, EthereumClient};
use crate::bls::PreparedCommittee;

const INDEX: &[u8] = b"committees";

/// A committee whose keys a message brought.
#[derive(Debug)]
pub(super) struct FreshCommittee {
    pub(super) root: B256,
    pub(super) prepared: PreparedCommittee,
}

fn key(root: &B256) -> Vec<u8> {
    [b"committee/", root.as_slice()].concat()
}

/// The committee of this root, if it is on record.
pub(super) fn committee(
    view: &impl ClientView<EthereumClient>,
    root: &B256,
) -> Option<PreparedCommittee> {
    view.record(&key(root)).and_then(|record| PreparedCommittee::from_record(&record))
}

/// What to write so that of `latest`'s two committees those are on record that were, or came with
/// the message, and no others.
pub(super) fn writes(
    view: &impl ClientView<EthereumClient>,
    latest: &ConsensusState,
    fresh: Option<FreshCommittee>,
) -> Vec<RecordWrite> {
    let index = view.record(INDEX).unwrap_or_default();
    let recorded: Vec<B256> = index.as_chunks().0.iter().map(|root| B256::new(*root)).collect();
    let is_wanted =
        |root: &B256| *root == latest.current_committee || Some(*root) == latest.next_committee;
    let (mut kept, dropped): (Vec<_>, Vec<_>) = recorded.into_iter().partition(is_wanted);
    let mut writes: Vec<_> =
        dropped.iter().map(|root| RecordWrite { key: key(root), value: None }).collect();
    if let Some(fresh) = fresh.filter(|fresh| is_wanted(&fresh.root)) {
        let value = Some(fresh.prepared.to_record());
        writes.push(RecordWrite { key: key(&fresh.root), value });
        if !kept.contains(&fresh.root) {
            kept.push(fresh.root);
        }
    }
    let value = kept.iter().flat_map(|root| root.0).collect::<Vec<_>>();
    if value != index {
        writes.push(RecordWrite { key: INDEX.to_vec(), value: Some(value) });
    }
    writes
}
