//! `cosmos/tx/v1beta1/tx.proto`, as far as it is read here.

use causeway_core::{Any, DecodeError};

use super::strict::Shape;
use super::{PublicKey, SignMode};

const ANY: Shape = Shape(&[(1, None), (2, None)]);
pub(crate) const COIN: Shape = Shape(&[(1, None), (2, None)]);
const MODE_INFO: Shape = Shape(&[(1, Some(&Shape(&[(1, None)]))), (2, None)]);
const SIGNER_INFO: Shape = Shape(&[(1, Some(&ANY)), (2, Some(&MODE_INFO)), (3, None)]);
const FEE: Shape = Shape(&[(1, Some(&COIN)), (2, None), (3, None), (4, None)]);

/// `TxBody` without extension options and unordered transactions.
pub(super) const TX_BODY: Shape = Shape(&[(1, Some(&ANY)), (2, None), (3, None)]);
/// `AuthInfo` without tips, which are no more.
pub(super) const AUTH_INFO: Shape = Shape(&[(1, Some(&SIGNER_INFO)), (2, Some(&FEE))]);

const SECP256K1: &str = "/cosmos.crypto.secp256k1.PubKey";
const DIRECT: i32 = 1;

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct TxRaw {
    #[prost(bytes = "vec", tag = "1")]
    pub(super) body_bytes: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    pub(super) auth_info_bytes: Vec<u8>,
    #[prost(bytes = "vec", repeated, tag = "3")]
    pub(super) signatures: Vec<Vec<u8>>,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct TxBody {
    #[prost(message, repeated, tag = "1")]
    pub(super) messages: Vec<Any>,
    #[prost(string, tag = "2")]
    memo: String,
    #[prost(uint64, tag = "3")]
    timeout_height: u64,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct AuthInfo {
    #[prost(message, repeated, tag = "1")]
    pub(super) signer_infos: Vec<SignerInfo>,
    #[prost(message, optional, tag = "2")]
    pub(super) fee: Option<Fee>,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct SignerInfo {
    #[prost(message, optional, tag = "1")]
    public_key: Option<Any>,
    #[prost(message, optional, tag = "2")]
    mode_info: Option<ModeInfo>,
    #[prost(uint64, tag = "3")]
    sequence: u64,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
struct ModeInfo {
    #[prost(message, optional, tag = "1")]
    single: Option<Single>,
    /// Several signatures at once, unread.
    #[prost(bytes = "vec", optional, tag = "2")]
    multi: Option<Vec<u8>>,
}

#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
struct Single {
    #[prost(int32, tag = "1")]
    mode: i32,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct Fee {
    #[prost(message, repeated, tag = "1")]
    amount: Vec<Coin>,
    #[prost(uint64, tag = "2")]
    gas_limit: u64,
    #[prost(string, tag = "3")]
    payer: String,
    #[prost(string, tag = "4")]
    granter: String,
}

/// `cosmos.base.v1beta1.Coin`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Coin {
    /// The denomination.
    #[prost(string, tag = "1")]
    pub denom: String,
    /// How much, in decimal.
    #[prost(string, tag = "2")]
    pub amount: String,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
struct Secp256k1Key {
    #[prost(bytes = "vec", tag = "1")]
    key: Vec<u8>,
}

impl PublicKey {
    /// The key as accounts and signers have it.
    pub fn to_any(&self) -> Any {
        Any::pack(SECP256K1, &Secp256k1Key { key: self.to_bytes().to_vec() })
    }

    /// Reads what [`PublicKey::to_any`] gives.
    pub fn from_any(any: &Any) -> Result<Self, DecodeError> {
        let message: Secp256k1Key = any.unpack("public_key", SECP256K1)?;
        Self::from_bytes(&message.key)
    }
}

impl From<&super::Coin> for Coin {
    fn from(coin: &super::Coin) -> Self {
        Self { denom: coin.denom.clone(), amount: coin.amount.to_string() }
    }
}

impl TryFrom<Coin> for super::Coin {
    type Error = DecodeError;

    fn try_from(coin: Coin) -> Result<Self, DecodeError> {
        Ok(Self { denom: coin.denom, amount: coin.amount.parse()? })
    }
}

impl From<&super::Body> for TxBody {
    fn from(body: &super::Body) -> Self {
        Self {
            messages: body.messages.clone(),
            memo: body.memo.clone(),
            timeout_height: body.timeout_height,
        }
    }
}

impl From<TxBody> for super::Body {
    fn from(body: TxBody) -> Self {
        let TxBody { messages, memo, timeout_height } = body;
        Self { messages, memo, timeout_height }
    }
}

impl From<&super::Fee> for Fee {
    fn from(fee: &super::Fee) -> Self {
        Self {
            amount: fee.amount.iter().map(Into::into).collect(),
            gas_limit: fee.gas_limit,
            payer: fee.payer.clone(),
            granter: fee.granter.clone(),
        }
    }
}

impl TryFrom<Fee> for super::Fee {
    type Error = DecodeError;

    fn try_from(fee: Fee) -> Result<Self, DecodeError> {
        let Fee { amount, gas_limit, payer, granter } = fee;
        let amount = amount.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
        Ok(Self { amount, gas_limit, payer, granter })
    }
}

impl From<&super::Signer> for SignerInfo {
    fn from(signer: &super::Signer) -> Self {
        let mode = match signer.mode {
            SignMode::Direct => DIRECT,
            SignMode::Other(mode) => mode,
        };
        let mode_info = ModeInfo { single: Some(Single { mode }), multi: None };
        Self {
            public_key: signer.public_key.as_ref().map(PublicKey::to_any),
            mode_info: Some(mode_info),
            sequence: signer.sequence,
        }
    }
}

impl TryFrom<SignerInfo> for super::Signer {
    type Error = DecodeError;

    fn try_from(signer: SignerInfo) -> Result<Self, DecodeError> {
        let mode = match signer.mode_info.unwrap_or_default() {
            ModeInfo { single: Some(Single { mode: DIRECT }), multi: None } => SignMode::Direct,
            ModeInfo { single: Some(Single { mode }), multi: None } => SignMode::Other(mode),
            ModeInfo { .. } => SignMode::Other(0),
        };
        let public_key = signer.public_key.as_ref().map(PublicKey::from_any).transpose()?;
        Ok(Self { public_key, mode, sequence: signer.sequence })
    }
}
