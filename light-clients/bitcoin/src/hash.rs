//! Double SHA-256 and the identifiers made with it.

use core::fmt;
use core::str::FromStr;

use alloy_primitives::hex;
use causeway_core::DecodeError;
use sha2::{Digest, Sha256};

/// SHA-256 of SHA-256.
pub fn sha256d(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(Sha256::digest(bytes)).into()
}

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        ///
        /// Kept in wire order; text shows the bytes reversed, as the ecosystem's tools do.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 32]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut reversed = self.0;
                reversed.reverse();
                f.write_str(&hex::encode(reversed))
            }
        }

        impl FromStr for $name {
            type Err = DecodeError;

            fn from_str(text: &str) -> Result<Self, DecodeError> {
                let mut bytes = hex::decode_to_array::<_, 32>(text)
                    .map_err(|error| DecodeError::new($what, error.to_string()))?;
                bytes.reverse();
                Ok(Self(bytes))
            }
        }
    };
}

identifier! {
    /// The double SHA-256 of a header.
    BlockHash, "block_hash"
}

identifier! {
    /// The double SHA-256 of a transaction without its witness.
    Txid, "txid"
}

identifier! {
    /// The double SHA-256 of a whole transaction (BIP141).
    Wtxid, "wtxid"
}

identifier! {
    /// A node of a tree of transactions: a root, an inner node or a leaf.
    MerkleNode, "merkle_node"
}

/// The root of the state that a block commits to; text shows it as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StateRoot(pub [u8; 32]);

impl fmt::Display for StateRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl From<Txid> for MerkleNode {
    fn from(txid: Txid) -> Self {
        Self(txid.0)
    }
}

impl From<Wtxid> for MerkleNode {
    fn from(wtxid: Wtxid) -> Self {
        Self(wtxid.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_the_bytes_reversed() {
        let text = "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f";
        let hash: BlockHash = text.parse().unwrap();
        assert_eq!(hash.0[0], 0x6f);
        assert_eq!(hash.to_string(), text);
        for malformed in ["", "00", &text[1..], &format!("{text}00")] {
            assert!(malformed.parse::<BlockHash>().is_err(), "{malformed}");
        }
    }
}
