//! Names of chains, accounts and assets that hold across ecosystems: CAIP-2, CAIP-10, CAIP-19.
//!
//! The grammar is the proposals' own. What a namespace means by its references is its own
//! business: two names are the same when their texts are.

use core::fmt;
use core::str::FromStr;

use crate::DecodeError;

/// A chain (CAIP-2): `namespace:reference`.
///
/// ```
/// use causeway_core::caip::ChainId;
///
/// let chain: ChainId = "eip155:1".parse()?;
/// assert_eq!((chain.namespace(), chain.reference()), ("eip155", "1"));
/// # Ok::<(), causeway_core::DecodeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChainId {
    namespace: String,
    reference: String,
}

/// An account on a chain (CAIP-10): `chain:address`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId {
    chain: ChainId,
    address: String,
}

/// A kind of asset on a chain (CAIP-19 asset type): `chain/namespace:reference`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AssetType {
    chain: ChainId,
    namespace: String,
    reference: String,
}

/// One asset of a kind whose members differ (CAIP-19 asset id): `asset type/token`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AssetId {
    asset_type: AssetType,
    token: String,
}

/// The grammar of one part of a name.
struct Part {
    what: &'static str,
    least: usize,
    most: usize,
    capitals: bool,
    punctuation: &'static [u8],
}

const NAMESPACE: Part =
    Part { what: "namespace", least: 3, most: 8, capitals: false, punctuation: b"-" };
const CHAIN_REFERENCE: Part =
    Part { what: "chain reference", least: 1, most: 32, capitals: true, punctuation: b"-_" };
const ADDRESS: Part =
    Part { what: "address", least: 1, most: 128, capitals: true, punctuation: b"-.%" };
const ASSET_REFERENCE: Part =
    Part { what: "asset reference", least: 1, most: 128, capitals: true, punctuation: b"-.%" };
const TOKEN: Part =
    Part { what: "token id", least: 1, most: 78, capitals: true, punctuation: b"-.%" };

impl Part {
    fn check(&self, text: &str) -> Result<String, DecodeError> {
        let allowed = |byte: u8| {
            byte.is_ascii_lowercase()
                || byte.is_ascii_digit()
                || (self.capitals && byte.is_ascii_uppercase())
                || self.punctuation.contains(&byte)
        };
        let len = text.len();
        if len < self.least || len > self.most || !text.bytes().all(allowed) {
            let Self { what, least, most, .. } = self;
            let reason = format!("{what}: not {least} to {most} of the allowed characters");
            return Err(DecodeError::new("caip", reason));
        }
        Ok(text.into())
    }
}

fn split(text: &str, separator: char) -> Result<(&str, &str), DecodeError> {
    let missing = || DecodeError::new("caip", format!("there is no {separator:?}"));
    text.split_once(separator).ok_or_else(missing)
}

impl ChainId {
    /// Checks both parts.
    pub fn new(namespace: &str, reference: &str) -> Result<Self, DecodeError> {
        let namespace = NAMESPACE.check(namespace)?;
        Ok(Self { namespace, reference: CHAIN_REFERENCE.check(reference)? })
    }

    /// The ecosystem that gives the reference its meaning.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The chain within its ecosystem.
    pub fn reference(&self) -> &str {
        &self.reference
    }
}

impl AccountId {
    /// Checks the address.
    pub fn new(chain: ChainId, address: &str) -> Result<Self, DecodeError> {
        Ok(Self { chain, address: ADDRESS.check(address)? })
    }

    /// The chain.
    pub fn chain(&self) -> &ChainId {
        &self.chain
    }

    /// The account on that chain.
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl AssetType {
    /// Checks both parts.
    pub fn new(chain: ChainId, namespace: &str, reference: &str) -> Result<Self, DecodeError> {
        let namespace = NAMESPACE.check(namespace)?;
        Ok(Self { chain, namespace, reference: ASSET_REFERENCE.check(reference)? })
    }

    /// The chain.
    pub fn chain(&self) -> &ChainId {
        &self.chain
    }

    /// The standard that gives the reference its meaning.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The asset within its standard.
    pub fn reference(&self) -> &str {
        &self.reference
    }
}

impl AssetId {
    /// Checks the token.
    pub fn new(asset_type: AssetType, token: &str) -> Result<Self, DecodeError> {
        Ok(Self { asset_type, token: TOKEN.check(token)? })
    }

    /// The kind of asset.
    pub fn asset_type(&self) -> &AssetType {
        &self.asset_type
    }

    /// Which one of its kind.
    pub fn token(&self) -> &str {
        &self.token
    }
}

impl fmt::Display for ChainId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.namespace, self.reference)
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.chain, self.address)
    }
}

impl fmt::Display for AssetType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}:{}", self.chain, self.namespace, self.reference)
    }
}

impl fmt::Display for AssetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.asset_type, self.token)
    }
}

impl FromStr for ChainId {
    type Err = DecodeError;

    fn from_str(text: &str) -> Result<Self, DecodeError> {
        let (namespace, reference) = split(text, ':')?;
        Self::new(namespace, reference)
    }
}

impl FromStr for AccountId {
    type Err = DecodeError;

    fn from_str(text: &str) -> Result<Self, DecodeError> {
        let (namespace, rest) = split(text, ':')?;
        let (reference, address) = split(rest, ':')?;
        Self::new(ChainId::new(namespace, reference)?, address)
    }
}

impl FromStr for AssetType {
    type Err = DecodeError;

    fn from_str(text: &str) -> Result<Self, DecodeError> {
        let (chain, asset) = split(text, '/')?;
        let (namespace, reference) = split(asset, ':')?;
        Self::new(chain.parse()?, namespace, reference)
    }
}

impl FromStr for AssetId {
    type Err = DecodeError;

    fn from_str(text: &str) -> Result<Self, DecodeError> {
        let (chain, rest) = split(text, '/')?;
        let (asset, token) = split(rest, '/')?;
        let (namespace, reference) = split(asset, ':')?;
        Self::new(AssetType::new(chain.parse()?, namespace, reference)?, token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: FromStr<Err = DecodeError> + fmt::Display>(valid: &[&str], invalid: &[&str]) {
        for text in valid {
            let name: T = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(name.to_string(), *text);
        }
        for text in invalid {
            assert!(text.parse::<T>().is_err(), "{text}");
        }
    }

    #[test]
    fn chains() {
        let longest = format!("abcdefgh:{}", "Z".repeat(32));
        let too_long = format!("{longest}Z");
        check::<ChainId>(
            &[
                "eip155:1",
                "bip122:000000000019d6689c085ae165831e93",
                "starknet:SN_GOERLI",
                "lip9:9ee11e9df416b18b",
                "chainstd:8c3444cf8970a9e41a706fab93e7a6c4",
                &longest,
            ],
            &[
                "",
                ":",
                "eip155",
                "eip155:",
                ":1",
                "ei:1",
                "Eip155:1",
                "eip155eip:1",
                "eip155:1:2",
                "eip155:a.b",
                "eip_155:1",
                "eip155:1 ",
                &too_long,
            ],
        );
    }

    #[test]
    fn accounts() {
        check::<AccountId>(
            &[
                "eip155:1:0xab16a96D359eC26a11e2C2b3d8f8B8942d5Bfcdb",
                "bip122:000000000019d6689c085ae165831e93:128Lkh3S7CkDTBZ8W7BbpsN3YYizJMp8p6",
                "hedera:mainnet:0.0.1234567890-zbhlt",
            ],
            &["eip155:1", "eip155:1:", "eip155:1:a:b", "eip155:1:a/b", "eip155:1:a_b"],
        );
    }

    #[test]
    fn assets() {
        check::<AssetType>(
            &["eip155:1/slip44:60", "eip155:1/erc20:0x6b175474e89094c44da98b954eedeac495271d0f"],
            &[
                "eip155:1",
                "eip155:1/slip44",
                "eip155/slip44:60",
                "eip155:1/erc20:a/1",
                "eip155:1/a:b",
            ],
        );
        let token = "1".repeat(79);
        let too_long = format!("eip155:1/erc721:0x06/{token}");
        check::<AssetId>(
            &["eip155:1/erc721:0x06012c8cf97BEaD5deAe237070F9587f8E7A266d/771769"],
            &["eip155:1/slip44:60", "eip155:1/erc721:0x06/", "eip155:1/erc721:0x06/1/2", &too_long],
        );
    }
}
