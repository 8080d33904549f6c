//! Keys that follow from the seed, so that whoever knows it can derive them too.

use k256::ecdsa::SigningKey;
use sha2::{Digest, Sha256};

/// The key of a developer's account, such as `alice`.
pub fn developer_key(name: &str, seed: u64) -> SigningKey {
    derive(&[b"causeway/dev/pow/", name.as_bytes(), b"/"].concat(), seed)
}

/// The key that a miner's rewards go to.
pub fn miner_key(index: u32, seed: u64) -> SigningKey {
    derive(&[&b"causeway/miner/pow/"[..], &index.to_le_bytes(), b"/"].concat(), seed)
}

/// SHA-256 of label and seed; hashed again in the case, which nobody will see, that it is no
/// scalar of the curve.
fn derive(label: &[u8], seed: u64) -> SigningKey {
    let mut secret: [u8; 32] =
        Sha256::new_with_prefix(label).chain_update(seed.to_le_bytes()).finalize().into();
    loop {
        if let Ok(key) = SigningKey::from_slice(&secret) {
            return key;
        }
        secret = Sha256::digest(secret).into();
    }
}
