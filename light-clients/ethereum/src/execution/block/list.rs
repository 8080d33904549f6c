//! The tries of a block's lists: receipts, transactions, withdrawals. Keys are the RLP of the
//! index, not hashed; values are the items as EIP-2718 encodes them.

use std::collections::BTreeMap;

use alloy_primitives::B256;

use crate::execution::trie::{self, MAX_LIST_NODE_LEN, Nibbles, TrieError};

/// The item at `index` of the list with this root, or `None` when the nodes show that the list has
/// no such item.
pub fn verify_list_item<'a, N: AsRef<[u8]>>(
    root: &B256,
    index: u64,
    nodes: &'a [N],
) -> Result<Option<&'a [u8]>, TrieError> {
    trie::find(root, Nibbles::of(&alloy_rlp::encode(index)), nodes, MAX_LIST_NODE_LEN)
}

/// The root of the list of `items`, none of which is empty.
pub fn list_root<T: AsRef<[u8]>>(items: &[T]) -> B256 {
    let entries: BTreeMap<Vec<u8>, &[u8]> = (0_u64..)
        .zip(items)
        .map(|(index, item)| (alloy_rlp::encode(index), item.as_ref()))
        .collect();
    trie::root(&entries)
}
