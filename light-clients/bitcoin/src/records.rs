//! The client's private records in the host's store: each header of the tree by its hash, and the
//! hashes of each height, by which headers below the window are found and deleted.

use causeway_light_client::{ClientTypes, ClientView, RecordWrite};
use prost::Message;

use crate::message::AnchorMessage;
use crate::tree::HeaderStore;
use crate::{Anchor, BlockHash};

const HEADER_TAG: u8 = b'h';
const HEIGHT_TAG: u8 = b'n';

/// The header records of a client, read through its view.
pub(crate) struct Records<'a, V, C> {
    view: &'a V,
    client: core::marker::PhantomData<C>,
}

fn header_key(hash: &BlockHash) -> Vec<u8> {
    let mut key = vec![HEADER_TAG];
    key.extend(hash.0);
    key
}

fn height_key(height: u64) -> Vec<u8> {
    let mut key = vec![HEIGHT_TAG];
    key.extend(height.to_be_bytes());
    key
}

fn header_record(anchor: &Anchor) -> RecordWrite {
    let key = header_key(&anchor.header.hash());
    RecordWrite { key, value: Some(AnchorMessage::from(anchor).encode_to_vec()) }
}

/// The records of a client that knows one header.
pub(crate) fn first_records(anchor: &Anchor) -> Vec<RecordWrite> {
    let hashes = anchor.header.hash().0.to_vec();
    let key = height_key(anchor.height);
    vec![header_record(anchor), RecordWrite { key, value: Some(hashes) }]
}

impl<'a, C: ClientTypes, V: ClientView<C>> Records<'a, V, C> {
    pub(crate) fn new(view: &'a V) -> Self {
        Self { view, client: core::marker::PhantomData }
    }

    /// The hashes on record at a height, each 32 bytes.
    fn hashes_at(&self, height: u64) -> Vec<u8> {
        self.view.record(&height_key(height)).unwrap_or_default()
    }

    /// Writes new headers, each at a height of its own.
    pub(crate) fn add(&self, added: &[Anchor]) -> Vec<RecordWrite> {
        let mut writes = Vec::with_capacity(added.len().saturating_mul(2));
        for anchor in added {
            let mut hashes = self.hashes_at(anchor.height);
            hashes.extend(anchor.header.hash().0);
            writes.push(header_record(anchor));
            writes.push(RecordWrite { key: height_key(anchor.height), value: Some(hashes) });
        }
        writes
    }

    /// Deletes records from height `lowest` up to below `end`, with at most `budget` deletions and
    /// look-ups of empty heights; gives the lowest height that is left.
    pub(crate) fn prune(
        &self,
        lowest: u64,
        end: u64,
        mut budget: usize,
        writes: &mut Vec<RecordWrite>,
    ) -> u64 {
        let mut height = lowest;
        while height < end {
            let mut hashes = self.hashes_at(height);
            let deletions = hashes.len().div_ceil(32).max(1);
            if deletions > budget {
                let kept = hashes.len().saturating_sub(budget.saturating_mul(32));
                let doomed = hashes.split_off(kept);
                writes.extend(deleted_headers(&doomed));
                if !doomed.is_empty() {
                    writes.push(RecordWrite { key: height_key(height), value: Some(hashes) });
                }
                break;
            }
            budget = budget.saturating_sub(deletions);
            writes.extend(deleted_headers(&hashes));
            if !hashes.is_empty() {
                writes.push(RecordWrite { key: height_key(height), value: None });
            }
            height = height.saturating_add(1);
        }
        height
    }
}

fn deleted_headers(hashes: &[u8]) -> impl Iterator<Item = RecordWrite> + '_ {
    let (hashes, _) = hashes.as_chunks::<32>();
    hashes.iter().map(|hash| RecordWrite { key: header_key(&BlockHash(*hash)), value: None })
}

impl<C: ClientTypes, V: ClientView<C>> HeaderStore for Records<'_, V, C> {
    /// A record that does not decode counts as absent, so that a corrupted host can only make the
    /// client refuse.
    fn header(&self, hash: &BlockHash) -> Option<Anchor> {
        let bytes = self.view.record(&header_key(hash))?;
        AnchorMessage::decode(bytes.as_slice()).ok()?.try_into().ok()
    }
}
