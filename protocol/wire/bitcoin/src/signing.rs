//! Signatures of witness programs of version 0: what is signed (BIP143), and how it is checked.

use causeway_client_bitcoin::sha256d;
use k256::ecdsa::signature::hazmat::{PrehashSigner, PrehashVerifier};
use k256::ecdsa::{Signature, SigningKey, VerifyingKey};
use ripemd::Ripemd160;
use sha2::{Digest, Sha256};

use crate::transaction::{OwnedTransaction, outpoint_bytes};

/// Signs all inputs and all outputs.
const SIGHASH_ALL: u8 = 1;
/// Bytes of a compressed key: witness programs take no other (BIP143).
const COMPRESSED_KEY_LEN: usize = 33;

/// RIPEMD-160 of SHA-256 of a compressed public key: an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyHash(pub [u8; 20]);

impl KeyHash {
    /// The account of a key.
    pub fn of(key: &VerifyingKey) -> Self {
        Self::of_bytes(key.to_sec1_point(true).as_bytes())
    }

    pub(crate) fn of_bytes(key: &[u8]) -> Self {
        Self(Ripemd160::digest(Sha256::digest(key)).into())
    }
}

/// Why a witness does not spend an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpendError {
    /// Witness programs have an empty input script (BIP141).
    #[error("Witness requires empty scriptSig")]
    InputScript,
    /// Exactly a signature and a key are wanted.
    #[error("Witness program hash mismatch")]
    ProgramMismatch,
    /// Keys are compressed.
    #[error("Using non-compressed keys in segwit")]
    KeyForm,
    /// Only `SIGHASH_ALL` is used on this chain.
    #[error("Signature hash type missing or not understood")]
    HashType,
    /// Strict DER, with the lower of both values of S.
    #[error("Non-canonical DER signature")]
    SignatureForm,
    /// The signature is over something else, or by another key.
    #[error("Script evaluated without error but finished with a false/empty top stack element")]
    WrongSignature,
}

/// What is hashed once for all inputs of a transaction.
fn digest_of_parts(parts: impl Iterator<Item = Vec<u8>>) -> [u8; 32] {
    sha256d(&parts.collect::<Vec<_>>().concat())
}

/// The message that an input's signature is over; `None` when there is no such input.
fn signature_hash(
    transaction: &OwnedTransaction,
    index: usize,
    spent_value: u64,
    account: KeyHash,
) -> Option<[u8; 32]> {
    let input = transaction.inputs.get(index)?;
    let outpoints = transaction.inputs.iter().map(|input| outpoint_bytes(&input.outpoint));
    let sequences = transaction.inputs.iter().map(|input| input.sequence.to_le_bytes().to_vec());
    let outputs = transaction.outputs.iter().map(crate::OwnedOutput::to_bytes);
    let mut message = transaction.version.to_le_bytes().to_vec();
    message.extend(digest_of_parts(outpoints));
    message.extend(digest_of_parts(sequences));
    message.extend(outpoint_bytes(&input.outpoint));
    // The script of the same key's older form of output, with its length.
    message.extend([0x19, 0x76, 0xa9, 0x14]);
    message.extend(account.0);
    message.extend([0x88, 0xac]);
    message.extend(spent_value.to_le_bytes());
    message.extend(input.sequence.to_le_bytes());
    message.extend(digest_of_parts(outputs));
    message.extend(transaction.lock_time.to_le_bytes());
    message.extend(u32::from(SIGHASH_ALL).to_le_bytes());
    Some(sha256d(&message))
}

/// Signs an input that spends `spent_value` of the key's own account; does nothing when there is no
/// such input, or the key cannot sign.
pub fn sign_input(
    transaction: &mut OwnedTransaction,
    index: usize,
    spent_value: u64,
    key: &SigningKey,
) {
    let public = key.verifying_key();
    let Some(hash) = signature_hash(transaction, index, spent_value, KeyHash::of(public)) else {
        return;
    };
    let signed: Result<Signature, _> = key.sign_prehash(&hash);
    if let (Ok(signature), Some(input)) = (signed, transaction.inputs.get_mut(index)) {
        let mut item = signature.normalize_s().to_der().as_bytes().to_vec();
        item.push(SIGHASH_ALL);
        input.witness = vec![item, public.to_sec1_point(true).as_bytes().to_vec()];
    }
}

/// Accepts when the witness of an input spends `spent_value` of `account`.
pub fn verify_input(
    transaction: &OwnedTransaction,
    index: usize,
    spent_value: u64,
    account: KeyHash,
) -> Result<(), SpendError> {
    let input = transaction.inputs.get(index).ok_or(SpendError::ProgramMismatch)?;
    if !input.script.is_empty() {
        return Err(SpendError::InputScript);
    }
    let [signature, key] = input.witness.as_slice() else {
        return Err(SpendError::ProgramMismatch);
    };
    if KeyHash::of_bytes(key) != account {
        return Err(SpendError::ProgramMismatch);
    }
    // The curve library reads tag 5 too, another form of that length.
    if key.len() != COMPRESSED_KEY_LEN || !matches!(key.first(), Some(2 | 3)) {
        return Err(SpendError::KeyForm);
    }
    let key = VerifyingKey::from_sec1_bytes(key).map_err(|_| SpendError::KeyForm)?;
    let Some((&SIGHASH_ALL, der)) = signature.split_last() else {
        return Err(SpendError::HashType);
    };
    let signature = Signature::from_der(der).map_err(|_| SpendError::SignatureForm)?;
    if signature.normalize_s() != signature || signature.to_der().as_bytes() != der {
        return Err(SpendError::SignatureForm);
    }
    let hash = signature_hash(transaction, index, spent_value, account);
    let hash = hash.ok_or(SpendError::ProgramMismatch)?;
    key.verify_prehash(&hash, &signature).map_err(|_| SpendError::WrongSignature)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The unsigned transaction of BIP143's example of a native P2WPKH spend.
    const BIP143_UNSIGNED: &str = "0100000002fff7f7881a8099afa6940d42d1e7f6362bec38171ea3edf433541\
        db4e4ad969f0000000000eeffffffef51e1b804cc89d182d279655c3aa89e815b1b309fe287d9b2b55d57b90ec6\
        8a0100000000ffffffff02202cb206000000001976a9148280b37df378db99f66f85c95a783a76ac7a6d5988ac9\
        093510d000000001976a9143bde42dbee7e4dbe6a21b2d50ce2f0167faa815988ac11000000";
    const BIP143_KEY: &str = "619c335025c7f4012e556c2a58b2506e30b8511b53ade95ea316fd8c3286feb9";
    const BIP143_VALUE: u64 = 600_000_000;

    fn example() -> (OwnedTransaction, SigningKey) {
        let bytes = hex::decode(BIP143_UNSIGNED).unwrap();
        let key = SigningKey::from_slice(&hex::decode(BIP143_KEY).unwrap()).unwrap();
        (OwnedTransaction::from_bytes(&bytes).unwrap(), key)
    }

    #[test]
    fn the_message_is_that_of_the_published_example() {
        let (transaction, key) = example();
        let account = KeyHash::of(key.verifying_key());
        assert_eq!(hex::encode(account.0), "1d0f172a0ecb48aee1be1f2687d2963ae33f71a1");
        let hash = signature_hash(&transaction, 1, BIP143_VALUE, account).unwrap();
        let published = "c37af31116d1b27caf68aae9e3ac82f1477929014d5b917657d0eb49478cb670";
        assert_eq!(hex::encode(hash), published);
    }

    #[test]
    fn each_rule_of_a_spend_is_checked() {
        let (mut signed, key) = example();
        let account = KeyHash::of(key.verifying_key());
        sign_input(&mut signed, 1, BIP143_VALUE, &key);
        let verdict = |change: fn(&mut OwnedTransaction)| {
            let mut transaction = signed.clone();
            change(&mut transaction);
            verify_input(&transaction, 1, BIP143_VALUE, account)
        };
        assert_eq!(verdict(|_| ()), Ok(()));
        assert_eq!(verdict(|t| t.inputs[1].script.push(0)), Err(SpendError::InputScript));
        assert_eq!(verdict(|t| t.inputs[1].witness.clear()), Err(SpendError::ProgramMismatch));
        assert_eq!(verdict(|t| t.inputs[1].witness[1][0] ^= 1), Err(SpendError::ProgramMismatch));
        assert_eq!(
            verdict(|t| *t.inputs[1].witness[0].last_mut().unwrap() = 3),
            Err(SpendError::HashType)
        );
        assert_eq!(
            verdict(|t| t.inputs[1].witness[0].insert(0, 0)),
            Err(SpendError::SignatureForm)
        );
        assert_eq!(verdict(|t| t.outputs[0].value += 1), Err(SpendError::WrongSignature));
        assert_eq!(verify_input(&signed, 1, 1, account), Err(SpendError::WrongSignature));
        assert_eq!(verify_input(&signed, 2, 1, account), Err(SpendError::ProgramMismatch));
        let mut compact = signed.clone();
        compact.inputs[1].witness[1][0] = 5;
        let account = KeyHash::of_bytes(&compact.inputs[1].witness[1]);
        assert_eq!(verify_input(&compact, 1, BIP143_VALUE, account), Err(SpendError::KeyForm));
    }
}
