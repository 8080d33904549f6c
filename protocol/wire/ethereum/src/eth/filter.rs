//! Which logs somebody asks for.

use alloy_primitives::{Address, B256, Bloom, BloomInput};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::block_id::BlockNumber;
use super::hex::{self, Hex, Hexadecimal};
use super::transaction::Log;
use crate::AtMost;

/// A log has at most four topics.
pub const MAX_TOPICS: usize = 4;

/// Addresses of a filter, and alternatives for one of its topics: as many as servers allow.
pub const MAX_ALTERNATIVES: usize = 1000;

/// Which blocks' logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilterBlocks {
    /// Those of canonical blocks from one to another, both included; without one, the head.
    Range {
        /// The first.
        from: Option<BlockNumber>,
        /// The last.
        to: Option<BlockNumber>,
    },
    /// Those of one block.
    Hash(B256),
}

/// Which logs: those of one of the addresses, with at each place one of the topics. An empty list
/// allows all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Which blocks'.
    pub blocks: FilterBlocks,
    /// Which contracts'.
    pub addresses: Vec<Address>,
    /// Which topics, by place.
    pub topics: Vec<Vec<B256>>,
}

impl Filter {
    /// All logs of some blocks.
    pub const fn new(blocks: FilterBlocks) -> Self {
        Self { blocks, addresses: Vec::new(), topics: Vec::new() }
    }

    /// True for a log that is asked for, whatever its block.
    pub fn matches(&self, address: &Address, topics: &[B256]) -> bool {
        let is_asked = self.addresses.is_empty() || self.addresses.contains(address);
        let mut places = self.topics.iter().enumerate();
        is_asked
            && self.topics.len() <= topics.len()
            && places.all(|(place, allowed)| {
                allowed.is_empty() || topics.get(place).is_some_and(|topic| allowed.contains(topic))
            })
    }

    /// What blocks' blooms are compared with.
    pub fn blooms(&self) -> FilterBlooms {
        let bloom = |bytes: &[u8]| Bloom::from(BloomInput::Raw(bytes));
        let addresses = self.addresses.iter().map(|address| bloom(address.as_slice())).collect();
        let topics = self
            .topics
            .iter()
            .map(|allowed| allowed.iter().map(|topic| bloom(topic.as_slice())).collect::<Vec<_>>());
        FilterBlooms(core::iter::once(addresses).chain(topics).collect())
    }

    /// True for a log that is asked for, whatever its block.
    pub fn matches_log(&self, log: &Log) -> bool {
        self.matches(&log.address, &log.topics)
    }
}

/// The bloom of each alternative of a [`Filter`], made once for all blocks.
#[derive(Clone, Debug)]
pub struct FilterBlooms(Vec<Vec<Bloom>>);

impl FilterBlooms {
    /// False if no log of a block with this bloom is asked for.
    pub fn may_match(&self, bloom: &Bloom) -> bool {
        let is_met = |allowed: &Vec<Bloom>| {
            allowed.is_empty() || allowed.iter().any(|item| bloom.contains(item))
        };
        self.0.iter().all(is_met)
    }
}

impl Serialize for Filter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self.blocks {
            FilterBlocks::Range { from, to } => {
                from.map_or(Ok(()), |from| map.serialize_entry("fromBlock", &from))?;
                to.map_or(Ok(()), |to| map.serialize_entry("toBlock", &to))?;
            }
            FilterBlocks::Hash(hash) => map.serialize_entry("blockHash", &hash.to_hex())?,
        }
        let texts = |list: &[B256]| list.iter().map(Hexadecimal::to_hex).collect::<Vec<_>>();
        if !self.addresses.is_empty() {
            let addresses: Vec<_> = self.addresses.iter().map(Hexadecimal::to_hex).collect();
            map.serialize_entry("address", &addresses)?;
        }
        if !self.topics.is_empty() {
            let place = |allowed: &Vec<B256>| (!allowed.is_empty()).then(|| texts(allowed));
            let topics: Vec<_> = self.topics.iter().map(place).collect();
            map.serialize_entry("topics", &topics)?;
        }
        map.end()
    }
}

/// One of something, or several.
#[derive(Deserialize)]
#[serde(untagged, bound = "T: Hexadecimal", expecting = "expected hex strings")]
enum OneOrMany<T> {
    One(Hex<T>),
    Many(AtMost<Option<Hex<T>>, MAX_ALTERNATIVES>),
}

impl<T> OneOrMany<T> {
    /// All of them; none if one is null, which allows everything.
    fn list(self) -> Vec<T> {
        match self {
            Self::One(Hex(one)) => vec![one],
            Self::Many(AtMost(many)) => {
                let all: Option<Vec<T>> = many.into_iter().map(|hex| Some(hex?.0)).collect();
                all.unwrap_or_default()
            }
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Members {
    from_block: Option<BlockNumber>,
    to_block: Option<BlockNumber>,
    #[serde(default, with = "hex::option")]
    block_hash: Option<B256>,
    address: Option<OneOrMany<Address>>,
    topics: Option<AtMost<Option<OneOrMany<B256>>, MAX_TOPICS>>,
}

impl<'de> Deserialize<'de> for Filter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;

        let members = Members::deserialize(deserializer)?;
        let (from, to) = (members.from_block, members.to_block);
        let blocks = match members.block_hash {
            Some(_) if from.is_some() || to.is_some() => {
                return Err(D::Error::custom(
                    "cannot specify both BlockHash and FromBlock/ToBlock, \
                     choose one or the other",
                ));
            }
            Some(hash) => FilterBlocks::Hash(hash),
            None => FilterBlocks::Range { from, to },
        };
        let topics = members.topics.map(|AtMost(topics)| topics).unwrap_or_default();
        let topics = topics.into_iter().map(|place| place.map(OneOrMany::list).unwrap_or_default());
        let addresses = members.address.map(OneOrMany::list).unwrap_or_default();
        Ok(Self { blocks, addresses, topics: topics.collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: B256 = B256::repeat_byte(0xAA);
    const B: B256 = B256::repeat_byte(0xBB);

    fn read(text: &str) -> Filter {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn topics_match_by_place() {
        let address = Address::repeat_byte(1);
        let filter = |topics: &[&[B256]]| Filter {
            topics: topics.iter().map(|place| place.to_vec()).collect(),
            ..Filter::new(FilterBlocks::Hash(A))
        };
        let matches =
            |wanted: &[&[B256]], topics: &[B256]| filter(wanted).matches(&address, topics);
        assert!(matches(&[], &[]));
        assert!(matches(&[&[A]], &[A, B]));
        assert!(matches(&[&[], &[B]], &[A, B]));
        assert!(matches(&[&[A], &[B]], &[A, B]));
        assert!(matches(&[&[A, B], &[A, B]], &[B, A]));
        assert!(!matches(&[&[A]], &[]));
        assert!(!matches(&[&[]], &[]), "a place is asked for that is not there");
        assert!(!matches(&[&[A], &[B]], &[B, A]));
        let mut other = filter(&[]);
        other.addresses = vec![Address::ZERO];
        assert!(!other.matches(&address, &[]));
    }

    #[test]
    fn blooms_never_hide_a_match() {
        let mut bloom = Bloom::ZERO;
        bloom.accrue(BloomInput::Raw(A.as_slice()));
        let mut filter = Filter::new(FilterBlocks::Hash(A));
        assert!(filter.blooms().may_match(&Bloom::ZERO));
        filter.topics = vec![vec![B, A]];
        assert!(filter.blooms().may_match(&bloom));
        filter.topics = vec![vec![B]];
        assert!(!filter.blooms().may_match(&bloom));
    }

    #[test]
    fn one_and_many_are_read() {
        let filter = read(&format!(
            r#"{{"fromBlock":"0x1","address":"{}","topics":[null,"{A}",["{A}","{B}"],[null]]}}"#,
            Address::ZERO
        ));
        let from = Some(BlockNumber::Number(1));
        assert_eq!(filter.blocks, FilterBlocks::Range { from, to: None });
        assert_eq!(filter.addresses, [Address::ZERO]);
        assert_eq!(filter.topics, [vec![], vec![A], vec![A, B], vec![]]);
        let written = serde_json::to_string(&filter).unwrap();
        assert_eq!(read(&written), filter);
        let by_hash = read(&format!(r#"{{"blockHash":"{A}"}}"#));
        assert_eq!(by_hash, Filter::new(FilterBlocks::Hash(A)));
        assert_eq!(read(&serde_json::to_string(&by_hash).unwrap()), by_hash);
    }

    #[test]
    fn limits_and_contradictions_are_refused() {
        let five = r#"{"topics":[null,null,null,null,null]}"#;
        let both = format!(r#"{{"blockHash":"{A}","toBlock":"latest"}}"#);
        let many = vec![format!("\"{}\"", Address::ZERO); MAX_ALTERNATIVES + 1].join(",");
        let many = format!(r#"{{"address":[{many}]}}"#);
        for text in [five, &both, &many, r#"{"address":"0x00"}"#, r#"{"topics":"0x"}"#] {
            assert!(serde_json::from_str::<Filter>(text).is_err(), "{text}");
        }
    }
}
