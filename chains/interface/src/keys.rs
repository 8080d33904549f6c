//! Keys that follow from the seed, so that whoever knows it can derive them too.

use k256::ecdsa::SigningKey;
use sha2::{Digest, Sha256};

/// The names of the accounts that every bundled chain funds at genesis: two users, and one that
/// pays for relaying.
pub const DEVELOPERS: [&str; 3] = ["alice", "bob", "relayer"];

/// The name of the account that may recover clients, limit rates and pause, on every bundled
/// chain.
pub const AUTHORITY: &str = "authority";

/// The key of a developer's account, such as `alice`, on the chain of that alias. Everybody can
/// derive it: it is for the bundled network alone.
pub fn developer_key(alias: &str, name: &str, seed: u64) -> SigningKey {
    derived_key(&["causeway/dev", alias, name].join("/"), seed)
}

/// The key of a label: SHA-256 of the label, `/`, and the seed in 8 bytes, least significant
/// first; hashed again in the case, which nobody will see, that it is no scalar of the curve.
pub fn derived_key(label: &str, seed: u64) -> SigningKey {
    let digest = Sha256::new_with_prefix(label).chain_update(b"/");
    let mut secret: [u8; 32] = digest.chain_update(seed.to_le_bytes()).finalize().into();
    loop {
        if let Ok(key) = SigningKey::from_slice(&secret) {
            return key;
        }
        secret = Sha256::digest(secret).into();
    }
}
