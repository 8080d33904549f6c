//! Keys of the bundled network's own participants.

use causeway_chain::derived_key;
use k256::ecdsa::SigningKey;

/// The key that a miner's rewards go to.
pub fn miner_key(index: u32, seed: u64) -> SigningKey {
    derived_key(&format!("causeway/miner/pow/{index}"), seed)
}
