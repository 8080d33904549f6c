//! Signatures and the accounts behind them.

use alloy_primitives::{Address, B256, U256, keccak256};
use k256::ecdsa::signature::hazmat::PrehashSigner;
use k256::ecdsa::{RecoveryId, SigningKey, VerifyingKey};

use super::codec::word;
use super::{Signature, SignedTransaction, Transaction, TransactionError};

/// The account of a public key: the last 20 bytes of the hash of its coordinates.
pub fn address_of(key: &VerifyingKey) -> Address {
    let point = key.to_sec1_point(false);
    // The first byte says that both coordinates follow.
    let coordinates = point.as_bytes().get(1..).unwrap_or_default();
    Address::from_word(keccak256(coordinates))
}

/// The account of a key.
pub fn account_of(key: &SigningKey) -> Address {
    address_of(key.verifying_key())
}

impl Transaction {
    /// Signs for the holder of `key`.
    pub fn sign(self, key: &SigningKey) -> Result<SignedTransaction, TransactionError> {
        let hash = self.signing_hash();
        let signed: Result<(k256::ecdsa::Signature, RecoveryId), _> =
            key.sign_prehash(hash.as_slice());
        let (signature, recovery) = signed.map_err(|_| TransactionError::InvalidSender {})?;
        let (r, s) = signature.split_bytes();
        let signature = Signature {
            r: U256::from_be_slice(&r),
            s: U256::from_be_slice(&s),
            y_parity: recovery.is_y_odd(),
        };
        Ok(SignedTransaction::assemble(self, signature, account_of(key)))
    }
}

impl Signature {
    /// Who made this signature of `hash`. High values of `s` are refused: the same signature would
    /// have two forms, and the transaction two hashes (EIP-2).
    pub(super) fn recover(&self, hash: &B256) -> Result<Address, TransactionError> {
        let invalid = |_| TransactionError::InvalidSender {};
        let signature =
            k256::ecdsa::Signature::from_scalars(word(&self.r), word(&self.s)).map_err(invalid)?;
        if signature.normalize_s() != signature {
            return Err(TransactionError::InvalidSender {});
        }
        let recovery = RecoveryId::new(self.y_parity, false);
        let key = VerifyingKey::recover_from_prehash(hash.as_slice(), &signature, recovery)
            .map_err(invalid)?;
        Ok(address_of(&key))
    }
}
