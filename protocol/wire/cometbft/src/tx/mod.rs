//! Transactions of Cosmos SDK chains (`cosmos.tx.v1beta1`): reading, signing, addresses.
//!
//! Fields must be known and in order, varints as short as can be; defaults may be written out. That
//! is narrower than what SDK nodes read, and what wallets write. What is signed are the bytes as
//! they came. Signatures are of mode DIRECT; others are read, and for the chain to refuse.
//! Unordered transactions and extension options do not decode.

mod address;
pub(crate) mod proto;
mod refusal;
mod sign;
pub(crate) mod strict;

pub use address::{AccountAddress, PublicKey};
pub use refusal::{CODESPACE, TxRefusal};
pub use sign::{SigningKey, sign_doc};

use causeway_core::{Amount, Any, DecodeError};
use prost::Message as _;
use sha2::{Digest, Sha256};

/// The most bytes of a transaction: what a node takes over RPC.
pub const MAX_TX_LEN: usize = 1_000_000;

/// The most messages, and the most signers, of one transaction.
pub const MAX_TX_ITEMS: usize = 256;

/// A sum of one denomination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coin {
    /// The denomination.
    pub denom: String,
    /// How much.
    pub amount: Amount,
}

/// What a transaction does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body {
    /// The messages, executed in order, all or none.
    pub messages: Vec<Any>,
    /// A text for whoever reads it.
    pub memo: String,
    /// The last height at which it may be executed; zero for any.
    pub timeout_height: u64,
}

/// What a transaction may cost, and who pays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fee {
    /// The fee.
    pub amount: Vec<Coin>,
    /// The most gas that it may take.
    pub gas_limit: u64,
    /// Who pays; empty for the first signer.
    pub payer: String,
    /// Whose allowance pays; empty for none.
    pub granter: String,
}

/// How a signer signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignMode {
    /// Over the sign document ([`sign_doc`]).
    Direct,
    /// In a mode that is not understood here, by its number; zero for several signatures at once.
    Other(i32),
}

impl SignMode {
    /// None is said (`SIGN_MODE_UNSPECIFIED`).
    pub const OPEN: Self = Self::Other(0);
}

/// One signer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// The key; it may be left out once the account has one.
    pub public_key: Option<PublicKey>,
    /// How it signed.
    pub mode: SignMode,
    /// The number of the account's transactions before this one.
    pub sequence: u64,
}

/// A decoded transaction. Nothing is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// What it does.
    pub body: Body,
    /// Who signed.
    pub signers: Vec<Signer>,
    /// What it may cost.
    pub fee: Fee,
    /// One signature a signer.
    pub signatures: Vec<Vec<u8>>,
    body_bytes: Vec<u8>,
    auth_info_bytes: Vec<u8>,
}

impl Transaction {
    /// Reads a `TxRaw`.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let raw: proto::TxRaw = causeway_core::decode_protobuf("tx", bytes, MAX_TX_LEN)?;
        let body: proto::TxBody = strict::decode("tx_body", &proto::TX_BODY, &raw.body_bytes)?;
        let auth: proto::AuthInfo =
            strict::decode("auth_info", &proto::AUTH_INFO, &raw.auth_info_bytes)?;
        let counts = [body.messages.len(), auth.signer_infos.len(), raw.signatures.len()];
        if let Some(count) = counts.into_iter().find(|count| *count > MAX_TX_ITEMS) {
            let reason = format!("{count} messages or signers, at most {MAX_TX_ITEMS} are allowed");
            return Err(DecodeError::new("tx", reason));
        }
        let signers = auth.signer_infos.into_iter().map(Signer::try_from);
        Ok(Self {
            body: body.into(),
            signers: signers.collect::<Result<_, _>>()?,
            fee: auth.fee.ok_or_else(|| DecodeError::new("auth_info", "no fee"))?.try_into()?,
            signatures: raw.signatures,
            body_bytes: raw.body_bytes,
            auth_info_bytes: raw.auth_info_bytes,
        })
    }

    /// An unsigned transaction, to be signed by each signer in turn.
    pub fn new(body: Body, signers: Vec<Signer>, fee: Fee) -> Self {
        let body_bytes = proto::TxBody::from(&body).encode_to_vec();
        let auth = proto::AuthInfo {
            signer_infos: signers.iter().map(Into::into).collect(),
            fee: Some((&fee).into()),
        };
        let auth_info_bytes = auth.encode_to_vec();
        Self { body, signers, fee, signatures: Vec::new(), body_bytes, auth_info_bytes }
    }

    /// The `TxRaw`.
    pub fn encode(&self) -> Vec<u8> {
        proto::TxRaw {
            body_bytes: self.body_bytes.clone(),
            auth_info_bytes: self.auth_info_bytes.clone(),
            signatures: self.signatures.clone(),
        }
        .encode_to_vec()
    }

    /// The hash by which the network knows it.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.encode()).into()
    }

    /// The bytes that the owner of an account signs.
    pub fn sign_doc(&self, chain_id: &str, account_number: u64) -> Vec<u8> {
        sign_doc(&self.body_bytes, &self.auth_info_bytes, chain_id, account_number)
    }

    /// Adds the next signer's signature.
    pub fn sign(&mut self, key: &SigningKey, chain_id: &str, account_number: u64) {
        self.signatures.push(key.sign(&self.sign_doc(chain_id, account_number)));
    }
}

/// The name of a transaction, as the network's RPC has it: the SHA-256 of its bytes in capital hex.
pub fn hash(bytes: &[u8]) -> String {
    hex::encode_upper(Sha256::digest(bytes))
}

#[cfg(test)]
mod tests;
