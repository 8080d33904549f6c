//! What a call would do, and what it would cost.

use alloy_primitives::{Address, Bytes, U256};
use serde::{Deserialize, Serialize};

use super::hex;
use crate::transaction::AccessListItem;

/// A call that nobody has signed; what it leaves open, the server fills in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallRequest {
    /// Who calls.
    #[serde(default, with = "hex::option", skip_serializing_if = "Option::is_none")]
    pub from: Option<Address>,
    /// Who is called.
    #[serde(default, with = "hex::option", skip_serializing_if = "Option::is_none")]
    pub to: Option<Address>,
    /// Most gas that it may use.
    #[serde(default, with = "hex::option", skip_serializing_if = "Option::is_none")]
    pub gas: Option<u64>,
    /// Wei a unit of gas, as older types of transactions say it.
    #[serde(default, with = "hex::option", skip_serializing_if = "Option::is_none")]
    pub gas_price: Option<U256>,
    /// Most wei a unit of gas, base fee included.
    #[serde(default, with = "hex::option", skip_serializing_if = "Option::is_none")]
    pub max_fee_per_gas: Option<U256>,
    /// Most wei a unit of gas for the proposer.
    #[serde(default, with = "hex::option", skip_serializing_if = "Option::is_none")]
    pub max_priority_fee_per_gas: Option<U256>,
    /// Wei that go along.
    #[serde(default, with = "hex::option", skip_serializing_if = "Option::is_none")]
    pub value: Option<U256>,
    /// How many transactions the sender made before.
    #[serde(default, with = "hex::option", skip_serializing_if = "Option::is_none")]
    pub nonce: Option<u64>,
    /// What the called contract is told.
    #[serde(default, with = "hex::option", skip_serializing_if = "Option::is_none")]
    pub input: Option<Bytes>,
    /// The same under its old name.
    #[serde(default, with = "hex::option", skip_serializing_if = "Option::is_none")]
    pub data: Option<Bytes>,
    /// The chain that it is for.
    #[serde(default, with = "hex::option", skip_serializing_if = "Option::is_none")]
    pub chain_id: Option<u64>,
    /// Accounts and slots that it announces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_list: Option<Vec<AccessListItem>>,
}

/// Both names of the calldata are used, for different calldata.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "both \"data\" and \"input\" are set and not equal. \
     Please use \"input\" to pass transaction call data"
)]
pub struct TwoInputs;

impl CallRequest {
    /// What the called contract is told, under either name.
    pub fn calldata(&self) -> Result<Bytes, TwoInputs> {
        match (&self.input, &self.data) {
            (Some(input), Some(data)) if input != data => Err(TwoInputs),
            (Some(bytes), _) | (None, Some(bytes)) => Ok(bytes.clone()),
            (None, None) => Ok(Bytes::new()),
        }
    }
}

/// What blocks charged, from an oldest one on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FeeHistory {
    /// Number of the first block.
    #[serde(with = "hex")]
    pub oldest_block: u64,
    /// Base fees of the blocks, and of the one that comes next.
    #[serde(with = "hex::list")]
    pub base_fee_per_gas: Vec<U256>,
    /// What part of its limit each block used.
    pub gas_used_ratio: Vec<f64>,
    /// The same as base fees, for blobs.
    #[serde(default, with = "hex::list", skip_serializing_if = "Vec::is_empty")]
    pub base_fee_per_blob_gas: Vec<U256>,
    /// The same as the parts used, for blobs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blob_gas_used_ratio: Vec<f64>,
    /// Of each block, tips at the percentiles of its gas that were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reward: Option<Vec<Tips>>,
}

/// Tips at the percentiles of a block's gas, in wei a unit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tips(#[serde(with = "hex::list")] pub Vec<U256>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_names_of_the_calldata_are_read() {
        let read = |text: &str| serde_json::from_str::<CallRequest>(text).unwrap().calldata();
        assert_eq!(read(r#"{"data":"0x01"}"#), Ok(Bytes::from_static(&[1])));
        assert_eq!(read(r#"{"input":"0x01","data":"0x01"}"#), Ok(Bytes::from_static(&[1])));
        assert_eq!(read(r#"{"input":"0x01","data":"0x02"}"#), Err(TwoInputs));
        assert_eq!(read("{}"), Ok(Bytes::new()));
    }
}
