//! How requests name blocks.

use core::fmt;

use alloy_primitives::B256;
use serde::de::{Error, MapAccess, Visitor, value::MapAccessDeserializer};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::hex::{self, HexError, Hexadecimal};

/// The greatest block number that servers read.
const MAX_NUMBER: u64 = i64::MAX.unsigned_abs();

/// A block by its place in the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockNumber {
    /// Genesis.
    Earliest,
    /// The newest that is final.
    Finalized,
    /// The newest that is justified.
    Safe,
    /// The head.
    Latest,
    /// The one that would be built on the head now.
    Pending,
    /// The canonical one of this number.
    Number(u64),
}

/// A block by its place or by its hash (EIP-1898).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockId {
    /// By its place.
    Number(BlockNumber),
    /// By its hash.
    Hash {
        /// The hash.
        hash: B256,
        /// Whether it must be in the canonical chain.
        require_canonical: bool,
    },
}

impl From<BlockNumber> for BlockId {
    fn from(number: BlockNumber) -> Self {
        Self::Number(number)
    }
}

const TAGS: [(&str, BlockNumber); 5] = [
    ("earliest", BlockNumber::Earliest),
    ("finalized", BlockNumber::Finalized),
    ("safe", BlockNumber::Safe),
    ("latest", BlockNumber::Latest),
    ("pending", BlockNumber::Pending),
];

impl BlockNumber {
    fn from_text(text: &str) -> Result<Self, HexError> {
        if let Some((_, tag)) = TAGS.iter().find(|(name, _)| *name == text) {
            return Ok(*tag);
        }
        match u64::from_hex(text)? {
            number if number <= MAX_NUMBER => Ok(Self::Number(number)),
            _ => Err(HexError::TooLarge { bits: 63 }),
        }
    }

    fn to_text(self) -> String {
        match self {
            Self::Number(number) => number.to_hex(),
            tag => TAGS.iter().find(|(_, known)| *known == tag).map_or("", |(name, _)| name).into(),
        }
    }
}

impl Serialize for BlockNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_text())
    }
}

struct NumberVisitor;

impl Visitor<'_> for NumberVisitor {
    type Value = BlockNumber;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a block number or a tag")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<BlockNumber, E> {
        BlockNumber::from_text(text).map_err(E::custom)
    }
}

impl<'de> Deserialize<'de> for BlockNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(NumberVisitor)
    }
}

impl Serialize for BlockId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) => number.serialize(serializer),
            Self::Hash { hash, require_canonical } => {
                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry("blockHash", &hash.to_hex())?;
                if *require_canonical {
                    map.serialize_entry("requireCanonical", require_canonical)?;
                }
                map.end()
            }
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Object {
    block_number: Option<BlockNumber>,
    #[serde(default, with = "hex::option")]
    block_hash: Option<B256>,
    #[serde(default)]
    require_canonical: bool,
}

struct IdVisitor;

impl<'de> Visitor<'de> for IdVisitor {
    type Value = BlockId;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a block number, a tag, a hash, or an object with one of them")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<BlockId, E> {
        // `0x` and 64 digits.
        if text.len() == 66 {
            let hash = B256::from_hex(text).map_err(E::custom)?;
            return Ok(BlockId::Hash { hash, require_canonical: false });
        }
        BlockNumber::from_text(text).map(BlockId::Number).map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<BlockId, A::Error> {
        let object = Object::deserialize(MapAccessDeserializer::new(map))?;
        match (object.block_number, object.block_hash) {
            (Some(number), None) => Ok(BlockId::Number(number)),
            (None, Some(hash)) => {
                Ok(BlockId::Hash { hash, require_canonical: object.require_canonical })
            }
            (Some(_), Some(_)) => Err(A::Error::custom(
                "cannot specify both BlockHash and BlockNumber, choose one or the other",
            )),
            (None, None) => Err(A::Error::custom("neither block number nor hash specified")),
        }
    }
}

impl<'de> Deserialize<'de> for BlockId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IdVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<BlockId, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn ids_are_read_and_written() {
        let hash = B256::repeat_byte(0x1f);
        let by_hash = |require_canonical| BlockId::Hash { hash, require_canonical };
        let same = [
            ("\"latest\"", BlockId::Number(BlockNumber::Latest)),
            ("\"finalized\"", BlockId::Number(BlockNumber::Finalized)),
            ("\"0x1b4\"", BlockId::Number(BlockNumber::Number(436))),
            (&format!(r#"{{"blockHash":"{hash}"}}"#), by_hash(false)),
            (&format!(r#"{{"blockHash":"{hash}","requireCanonical":true}}"#), by_hash(true)),
        ];
        for (text, id) in same {
            assert_eq!(read(text), Ok(id));
            assert_eq!(serde_json::to_string(&id).unwrap(), text);
        }
        assert_eq!(read(&format!("\"{hash}\"")), Ok(by_hash(false)));
        let number = BlockId::Number(BlockNumber::Number(5));
        assert_eq!(read(r#"{"blockNumber":"0x5"}"#), Ok(number));
    }

    #[test]
    fn what_names_no_block_is_refused() {
        let hash = B256::repeat_byte(0x1f);
        let both = format!(r#"{{"blockHash":"{hash}","blockNumber":"0x1"}}"#);
        let refused = ["\"newest\"", "\"0x01\"", "\"1\"", "1", "{}", "[]", "\"\"", "\"0x\"", &both];
        for text in refused {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(read("\"0x7fffffffffffffff\"").is_ok());
        assert!(read("\"0x8000000000000000\"").is_err());
    }
}
