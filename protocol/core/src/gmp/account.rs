//! The account that acts for a sender of another chain.

use sha2::{Digest, Sha256};

use super::{GmpPacketData, MAX_ACCOUNT_LEN, MAX_SALT_LEN};
use crate::{ClientId, DecodeError};

/// Who a derived account belongs to: a sender behind a client of the receiving chain, and a salt
/// with which one sender may have several accounts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountIdentifier {
    client: ClientId,
    sender: String,
    salt: Vec<u8>,
}

impl AccountIdentifier {
    /// An identifier whose sender is 1 to [`MAX_ACCOUNT_LEN`] bytes and not blank, and whose salt
    /// is at most [`MAX_SALT_LEN`] bytes.
    pub fn new(
        client: ClientId,
        sender: impl Into<String>,
        salt: Vec<u8>,
    ) -> Result<Self, DecodeError> {
        let sender = sender.into();
        let is_named = !sender.trim().is_empty() && sender.len() <= MAX_ACCOUNT_LEN;
        if !is_named || salt.len() > MAX_SALT_LEN {
            let reason = "sender is blank, or sender or salt is too long";
            return Err(DecodeError::new("gmp_account", reason));
        }
        Ok(Self { client, sender, salt })
    }

    /// Who a call that arrives over `dest_client` is made for.
    pub fn of_call(dest_client: ClientId, call: &GmpPacketData) -> Self {
        Self { client: dest_client, sender: call.sender().into(), salt: call.salt().to_vec() }
    }

    /// The client of the receiving chain.
    pub fn client(&self) -> &ClientId {
        &self.client
    }

    /// Who owns the account, on the sending chain.
    pub fn sender(&self) -> &str {
        &self.sender
    }

    /// Which of the sender's accounts it is.
    pub fn salt(&self) -> &[u8] {
        &self.salt
    }

    /// The account: SHA-256 over the hash of `module`, the key `gmp-accounts`, a zero byte, and
    /// each part after its length in eight big-endian bytes. Nobody has a key to it, and no two
    /// identifiers share one.
    pub fn address(&self) -> [u8; 32] {
        let mut hasher = Sha256::new()
            .chain_update(Sha256::digest("module"))
            .chain_update("gmp-accounts")
            .chain_update([0]);
        for part in [self.client.as_str().as_bytes(), self.sender.as_bytes(), &self.salt] {
            // Lengths are bounded far below 2^64.
            let len = u64::try_from(part.len()).unwrap_or(u64::MAX);
            hasher.update(len.to_be_bytes());
            hasher.update(part);
        }
        hasher.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(client: &str, sender: &str, salt: &[u8]) -> [u8; 32] {
        let client = ClientId::new(client).unwrap();
        AccountIdentifier::new(client, sender, salt.to_vec()).unwrap().address()
    }

    #[test]
    fn each_part_makes_another_account() {
        let accounts = [
            address("client-0", "alice", b""),
            address("client-1", "alice", b""),
            address("client-0", "alic", b"e"),
            address("client-0", "alice", b"e"),
            address("client-0a", "lice", b""),
        ];
        for (index, account) in accounts.iter().enumerate() {
            assert!(!accounts[index + 1..].contains(account));
        }
    }
}
