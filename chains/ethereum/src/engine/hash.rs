//! The hash of an execution block: Keccak of the RLP of its header, as of the Prague fork.

use alloy_primitives::{B64, B256, U256, b256, keccak256};
use alloy_rlp::{Encodable, Header};

use super::ExecutionPayload;

/// Keccak of the RLP of an empty list: there are no uncles.
pub const EMPTY_OMMERS_HASH: B256 =
    b256!("1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347");

/// Root of an empty trie: of no transactions, no receipts, no withdrawals.
pub const EMPTY_TRIE_ROOT: B256 =
    b256!("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421");

/// SHA-256 of nothing: there are no requests (EIP-7685).
pub const EMPTY_REQUESTS_HASH: B256 =
    b256!("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");

/// The RLP header of a payload without withdrawals and requests; `transactions_root` is that of
/// the transactions' trie, not of their SSZ list.
pub fn header_rlp(
    payload: &ExecutionPayload,
    transactions_root: B256,
    parent_beacon_block_root: B256,
) -> Vec<u8> {
    let fields: [&dyn Encodable; 21] = [
        &payload.parent_hash,
        &EMPTY_OMMERS_HASH,
        &payload.fee_recipient,
        &payload.state_root,
        &transactions_root,
        &payload.receipts_root,
        &payload.logs_bloom,
        &U256::ZERO,
        &payload.block_number,
        &payload.gas_limit,
        &payload.gas_used,
        &payload.timestamp,
        payload.extra_data.bytes(),
        &payload.prev_randao,
        &B64::ZERO,
        &payload.base_fee_per_gas,
        &EMPTY_TRIE_ROOT,
        &payload.blob_gas_used,
        &payload.excess_blob_gas,
        &parent_beacon_block_root,
        &EMPTY_REQUESTS_HASH,
    ];
    let mut body = Vec::new();
    for field in fields {
        field.encode(&mut body);
    }
    let mut rlp = Vec::new();
    Header { list: true, payload_length: body.len() }.encode(&mut rlp);
    rlp.extend(body);
    rlp
}

/// The block hash that a payload must carry.
pub fn block_hash(
    payload: &ExecutionPayload,
    transactions_root: B256,
    parent_beacon_block_root: B256,
) -> B256 {
    keccak256(header_rlp(payload, transactions_root, parent_beacon_block_root))
}
