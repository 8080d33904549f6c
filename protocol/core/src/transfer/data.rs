//! What a transfer packet says, in each of its encodings.

use alloy_sol_types::SolValue;
use prost::Message;
use serde::{Deserialize, Serialize};

use super::{Denom, PORT};
use crate::encoding::{from_json, to_json};
use crate::{Amount, DecodeError, Encoding, Payload, PortId, decode_protobuf};

/// The version of the transfer protocol: one token a packet.
pub const VERSION: &str = "ics20-1";

/// The answer that says the tokens arrived; whoever answers otherwise answers with an error.
pub const SUCCESS_ACKNOWLEDGEMENT: &[u8] = br#"{"result":"AQ=="}"#;

/// The most bytes of a sender or a receiver, as deployed chains have it for receivers.
pub const MAX_ACCOUNT_LEN: usize = 2048;

/// The most bytes of a memo, as deployed chains have it.
pub const MAX_MEMO_LEN: usize = 32_768;

/// The most bytes of the data in any encoding. JSON writes a byte of text in up to six.
const MAX_DATA_LEN: usize = 256 * 1024;

const WHAT: &str = "transfer_data";

/// A transfer of one token, well formed: amount not zero, names not blank, all within bounds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FungibleTokenPacketData {
    denom: Denom,
    amount: Amount,
    sender: String,
    receiver: String,
    memo: String,
}

/// The fields of [`FungibleTokenPacketData`] as JSON and protobuf have them, in this order.
#[derive(Clone, PartialEq, Eq, Message, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    #[prost(string, tag = "1")]
    denom: String,
    #[prost(string, tag = "2")]
    amount: String,
    #[prost(string, tag = "3")]
    sender: String,
    #[prost(string, tag = "4")]
    receiver: String,
    #[prost(string, tag = "5")]
    #[serde(default, skip_serializing_if = "String::is_empty")]
    memo: String,
}

mod abi {
    alloy_sol_types::sol! {
        /// The fields in the order of the contracts, which is another one.
        struct FungibleTokenPacketData {
            string denom;
            string sender;
            string receiver;
            uint256 amount;
            string memo;
        }
    }
}

impl FungibleTokenPacketData {
    /// Checks the amount and the texts. What the account names mean only their chains know.
    pub fn new(
        denom: Denom,
        amount: Amount,
        sender: impl Into<String>,
        receiver: impl Into<String>,
        memo: impl Into<String>,
    ) -> Result<Self, DecodeError> {
        let (sender, receiver, memo) = (sender.into(), receiver.into(), memo.into());
        if amount.is_zero() {
            return Err(DecodeError::new(WHAT, "amount is zero"));
        }
        check_account("sender", &sender)?;
        check_account("receiver", &receiver)?;
        check_len("memo", &memo, MAX_MEMO_LEN)?;
        Ok(Self { denom, amount, sender, receiver, memo })
    }

    /// Which token, as the sending chain names it.
    pub fn denom(&self) -> &Denom {
        &self.denom
    }

    /// How much of it; not zero.
    pub fn amount(&self) -> Amount {
        self.amount
    }

    /// Who pays, on the sending chain.
    pub fn sender(&self) -> &str {
        &self.sender
    }

    /// Who gets it, on the receiving chain.
    pub fn receiver(&self) -> &str {
        &self.receiver
    }

    /// A remark for whoever reads it.
    pub fn memo(&self) -> &str {
        &self.memo
    }

    /// Encodes canonically.
    pub fn encode(&self, encoding: Encoding) -> Result<Vec<u8>, DecodeError> {
        match encoding {
            Encoding::Json => to_json(&Wire::from(self))
                .map_err(|error| DecodeError::new(WHAT, error.to_string())),
            Encoding::Protobuf => Ok(Wire::from(self).encode_to_vec()),
            Encoding::Abi => Ok(abi::FungibleTokenPacketData::from(self).abi_encode()),
        }
    }

    /// A payload with this data, from one transfer application to another.
    pub fn to_payload(&self, encoding: Encoding) -> Result<Payload, DecodeError> {
        Ok(Payload {
            source_port: PortId::new(PORT)?,
            dest_port: PortId::new(PORT)?,
            version: VERSION.into(),
            encoding: encoding.as_str().into(),
            value: self.encode(encoding)?,
        })
    }

    /// Decodes well-formed data in canonical form only.
    pub fn decode(bytes: &[u8], encoding: Encoding) -> Result<Self, DecodeError> {
        if bytes.len() > MAX_DATA_LEN {
            let reason = format!("{} bytes, at most {MAX_DATA_LEN} are allowed", bytes.len());
            return Err(DecodeError::new(WHAT, reason));
        }
        match encoding {
            Encoding::Json => from_json::<Wire>(WHAT, bytes)?.try_into(),
            Encoding::Protobuf => decode_protobuf::<Wire>(WHAT, bytes, MAX_DATA_LEN)?.try_into(),
            Encoding::Abi => Self::decode_abi(bytes),
        }
    }

    fn decode_abi(bytes: &[u8]) -> Result<Self, DecodeError> {
        let tuple = abi::FungibleTokenPacketData::abi_decode(bytes)
            .map_err(|error| DecodeError::new(WHAT, error.to_string()))?;
        if tuple.abi_encode() != bytes {
            return Err(DecodeError::new(WHAT, "not in canonical ABI form"));
        }
        let abi::FungibleTokenPacketData { denom, sender, receiver, amount, memo } = tuple;
        Self::new(denom.parse()?, amount.into(), sender, receiver, memo)
    }
}

fn check_account(role: &str, account: &str) -> Result<(), DecodeError> {
    if account.trim().is_empty() {
        return Err(DecodeError::new(WHAT, format!("{role} is blank")));
    }
    check_len(role, account, MAX_ACCOUNT_LEN)
}

fn check_len(field: &str, text: &str, most: usize) -> Result<(), DecodeError> {
    if text.len() > most {
        let reason = format!("{field} has {} bytes, at most {most} are allowed", text.len());
        return Err(DecodeError::new(WHAT, reason));
    }
    Ok(())
}

impl From<&FungibleTokenPacketData> for Wire {
    fn from(data: &FungibleTokenPacketData) -> Self {
        Self {
            denom: data.denom.to_string(),
            amount: data.amount.to_string(),
            sender: data.sender.clone(),
            receiver: data.receiver.clone(),
            memo: data.memo.clone(),
        }
    }
}

impl From<&FungibleTokenPacketData> for abi::FungibleTokenPacketData {
    fn from(data: &FungibleTokenPacketData) -> Self {
        Self {
            denom: data.denom.to_string(),
            sender: data.sender.clone(),
            receiver: data.receiver.clone(),
            amount: data.amount.into(),
            memo: data.memo.clone(),
        }
    }
}

impl TryFrom<Wire> for FungibleTokenPacketData {
    type Error = DecodeError;

    fn try_from(wire: Wire) -> Result<Self, DecodeError> {
        let Wire { denom, amount, sender, receiver, memo } = wire;
        Self::new(denom.parse()?, amount.parse()?, sender, receiver, memo)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(memo: &str) -> FungibleTokenPacketData {
        let denom = "transfer/client-0/uatom".parse().unwrap();
        FungibleTokenPacketData::new(denom, Amount::MAX, "alice", "bob", memo).unwrap()
    }

    #[test]
    fn every_encoding_round_trips() {
        for memo in ["", "memo", "<\"&\u{2028}>\n"] {
            for encoding in Encoding::ALL {
                let bytes = data(memo).encode(encoding).unwrap();
                assert_eq!(FungibleTokenPacketData::decode(&bytes, encoding).unwrap(), data(memo));
            }
        }
    }

    #[test]
    fn the_longest_data_fits_every_encoding() {
        let memo = "\u{1}".repeat(MAX_MEMO_LEN);
        for encoding in Encoding::ALL {
            let bytes = data(&memo).encode(encoding).unwrap();
            FungibleTokenPacketData::decode(&bytes, encoding).unwrap();
        }
    }

    #[test]
    fn json_leaves_an_empty_memo_out_and_takes_no_other_form() {
        let json = r#"{"denom":"uatom","amount":"1","sender":"alice","receiver":"bob"}"#;
        let decode = |text: &str| FungibleTokenPacketData::decode(text.as_bytes(), Encoding::Json);
        let decoded = decode(json).unwrap();
        assert_eq!(decoded.encode(Encoding::Json).unwrap(), json.as_bytes());
        for (old, new) in [
            ("}", r#","memo":""}"#),
            ("}", r#","sender":"eve"}"#),
            ("}", r#","other":"x"}"#),
            ("sender", "Sender"),
            (r#""1""#, "1"),
            (r#""1""#, r#""01""#),
            (r#""1""#, r#""0""#),
            (r#""1""#, r#""""#),
            ("{", "{ "),
            ("}", "} "),
            (r#","receiver":"bob""#, ""),
            (r#""alice""#, r#""  ""#),
        ] {
            assert_ne!(json.replace(old, new), json);
            decode(&json.replace(old, new)).unwrap_err();
        }
    }
}
