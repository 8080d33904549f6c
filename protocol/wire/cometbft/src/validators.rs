//! Validator sets.

use causeway_client_cometbft::{PublicKey, Validator, ValidatorSet, proto};
use causeway_core::DecodeError;
use proto::public_key::Sum;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::from_json;
use crate::scalar::{Base64Bytes, HexBytes, Int, null_as_default};

/// Keys by the names under which CometBFT registers them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "value")]
pub enum PublicKeyJson {
    /// Ed25519.
    #[serde(rename = "tendermint/PubKeyEd25519")]
    Ed25519(Base64Bytes),
    /// secp256k1, as Cosmos chains use it.
    #[serde(rename = "tendermint/PubKeySecp256k1")]
    Secp256k1(Base64Bytes),
    /// secp256k1, as Ethereum uses it.
    #[serde(rename = "cometbft/PubKeySecp256k1eth")]
    Secp256k1Eth(Base64Bytes),
}

impl From<&PublicKey> for PublicKeyJson {
    fn from(key: &PublicKey) -> Self {
        match proto::PublicKey::from(key).sum {
            Some(Sum::Secp256k1(key)) => Self::Secp256k1(Base64Bytes(key)),
            Some(Sum::Secp256k1Eth(key)) => Self::Secp256k1Eth(Base64Bytes(key)),
            Some(Sum::Ed25519(key)) => Self::Ed25519(Base64Bytes(key)),
            None => Self::Ed25519(Base64Bytes::default()),
        }
    }
}

impl From<PublicKeyJson> for proto::PublicKey {
    fn from(json: PublicKeyJson) -> Self {
        Self {
            sum: Some(match json {
                PublicKeyJson::Ed25519(key) => Sum::Ed25519(key.0),
                PublicKeyJson::Secp256k1(key) => Sum::Secp256k1(key.0),
                PublicKeyJson::Secp256k1Eth(key) => Sum::Secp256k1Eth(key.0),
            }),
        }
    }
}

/// A validator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValidatorJson {
    /// The address of the key.
    pub address: HexBytes,
    /// The key.
    pub pub_key: PublicKeyJson,
    /// The voting power.
    #[serde(alias = "power")]
    pub voting_power: Int<i64>,
    /// The standing in the rotation of proposers.
    #[serde(default, deserialize_with = "null_as_default")]
    pub proposer_priority: Int<i64>,
}

impl From<&Validator> for ValidatorJson {
    fn from(validator: &Validator) -> Self {
        Self {
            address: HexBytes(validator.address.0.to_vec()),
            pub_key: (&validator.public_key).into(),
            voting_power: Int(validator.power.cast_signed()),
            proposer_priority: Int(validator.proposer_priority),
        }
    }
}

impl From<ValidatorJson> for proto::Validator {
    fn from(json: ValidatorJson) -> Self {
        Self {
            address: json.address.0,
            pub_key: Some(json.pub_key.into()),
            voting_power: json.voting_power.0,
            proposer_priority: json.proposer_priority.0,
        }
    }
}

#[derive(Debug, Deserialize)]
struct SetJson {
    #[serde(default, deserialize_with = "null_as_default")]
    validators: Vec<ValidatorJson>,
    #[serde(default)]
    proposer: Option<ValidatorJson>,
    #[serde(default, deserialize_with = "null_as_default")]
    total_voting_power: Int<i64>,
    /// How many validators there are, when this is one page of an answer of the RPC.
    #[serde(default)]
    total: Option<Int<u64>>,
}

/// A set as an object, or as a bare list of its members.
#[derive(Debug)]
pub(crate) struct ValidatorSetJson(SetJson);

impl ValidatorSetJson {
    /// Says how many validators the whole set has.
    pub(crate) fn of_total(mut self, total: Option<Int<u64>>) -> Self {
        self.0.total = total.or(self.0.total);
        self
    }
}

struct SetVisitor;

impl<'de> Visitor<'de> for SetVisitor {
    type Value = ValidatorSetJson;

    fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("a validator set or a list of validators")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, members: A) -> Result<ValidatorSetJson, A::Error> {
        let validators = Vec::deserialize(SeqAccessDeserializer::new(members))?;
        let (proposer, total_voting_power, total) = (None, Int::default(), None);
        Ok(ValidatorSetJson(SetJson { validators, proposer, total_voting_power, total }))
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<ValidatorSetJson, A::Error> {
        SetJson::deserialize(MapAccessDeserializer::new(fields)).map(ValidatorSetJson)
    }
}

impl<'de> Deserialize<'de> for ValidatorSetJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SetVisitor)
    }
}

impl TryFrom<ValidatorSetJson> for ValidatorSet {
    type Error = DecodeError;

    fn try_from(ValidatorSetJson(json): ValidatorSetJson) -> Result<Self, DecodeError> {
        let count = json.validators.len();
        if let Some(Int(total)) = json.total.filter(|total| u64::try_from(count) != Ok(total.0)) {
            let reason = format!("{count} of {total} validators: ask for all pages");
            return Err(DecodeError::new("validator_set", reason));
        }
        proto::ValidatorSet {
            validators: json.validators.into_iter().map(Into::into).collect(),
            proposer: json.proposer.map(Into::into),
            total_voting_power: json.total_voting_power.0,
        }
        .try_into()
    }
}

/// Reads a validator set: an object with its `validators`, or a bare list of them.
pub fn validator_set_from_json(json: &[u8]) -> Result<ValidatorSet, DecodeError> {
    from_json::<ValidatorSetJson>("validator_set", json)?.try_into()
}
