//! The name of a token: where it came from, hop by hop, and what it is called at home.

use core::fmt;
use core::str::FromStr;

use sha2::{Digest, Sha256};

use crate::{ClientId, DecodeError, PortId};

/// The most bytes a denomination may have, a bound of ours: a base and some ten hops.
pub const MAX_DENOM_LEN: usize = 2048;

/// One step of a token's way: the port and client through which a chain received it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hop {
    port: PortId,
    client: ClientId,
}

impl Hop {
    /// A step through `client`, whose name must be of the form `type-N`: in a path no other is told
    /// from a part of the base.
    pub fn new(port: PortId, client: ClientId) -> Result<Self, DecodeError> {
        if is_numbered(client.as_str()) {
            return Ok(Self { port, client });
        }
        Err(DecodeError::new("hop", format!("client {client} is not named type-N")))
    }

    /// The port on the receiving chain.
    pub fn port(&self) -> &PortId {
        &self.port
    }

    /// The client of the sending chain, on the receiving chain.
    pub fn client(&self) -> &ClientId {
        &self.client
    }
}

impl fmt::Display for Hop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.port, self.client)
    }
}

/// A token as packets name it: the hops it took, the latest first, and its name at home.
///
/// ```
/// use causeway_core::transfer::Denom;
///
/// let denom: Denom = "transfer/client-7/transfer/client-0/uatom".parse()?;
/// assert_eq!(denom.hops().len(), 2);
/// assert_eq!(denom.base(), "uatom");
/// # Ok::<(), causeway_core::DecodeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Denom {
    hops: Vec<Hop>,
    base: String,
}

/// What a received token is to the chain that receives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Passage {
    /// It comes home over the client it left through: release it, under this name.
    Returning(Denom),
    /// It is from elsewhere: mint a voucher, under this name.
    Arriving(Denom),
}

impl Denom {
    /// A token that took no hop.
    pub fn native(base: impl Into<String>) -> Result<Self, DecodeError> {
        let denom = Self { hops: Vec::new(), base: base.into() };
        denom.check()?;
        Ok(denom)
    }

    /// The hops, the latest first.
    pub fn hops(&self) -> &[Hop] {
        &self.hops
    }

    /// The name at home.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// True for a token of the chain that names it so.
    pub fn is_native(&self) -> bool {
        self.hops.is_empty()
    }

    /// True when the name at home has no slash. IBC v2 moves no others, since where the hops end
    /// could be read in two ways.
    pub fn has_plain_base(&self) -> bool {
        !self.base.contains('/')
    }

    /// True when the latest hop was `hop`: sent back through it, the token goes home.
    pub fn came_through(&self, hop: &Hop) -> bool {
        self.hops.first() == Some(hop)
    }

    /// How the receiving chain takes this token: `source` is where it was sent from, as the sender
    /// names it, `dest` where it arrives. Refused when the name would grow too long.
    pub fn receive(self, source: &Hop, dest: Hop) -> Result<Passage, DecodeError> {
        let Self { mut hops, base } = self;
        if hops.first() == Some(source) {
            hops.remove(0);
            return Ok(Passage::Returning(Self { hops, base }));
        }
        hops.insert(0, dest);
        let arrived = Self { hops, base };
        arrived.check()?;
        Ok(Passage::Arriving(arrived))
    }

    /// The name of the token on this chain: its base when native, else `ibc/` and the SHA-256 of
    /// the whole path in capital hex (ADR-001 of the reference implementation).
    pub fn local_name(&self) -> String {
        if self.is_native() {
            return self.base.clone();
        }
        format!("ibc/{}", hex::encode_upper(Sha256::digest(self.to_string())))
    }

    fn check(&self) -> Result<(), DecodeError> {
        let len = self.to_string().len();
        if len > MAX_DENOM_LEN {
            let reason = format!("{len} bytes, at most {MAX_DENOM_LEN} are allowed");
            return Err(DecodeError::new("denom", reason));
        }
        if self.base.trim().is_empty() {
            return Err(DecodeError::new("denom", "base is blank"));
        }
        // A name such as `transfer/client-0/uatom` is a voucher's, never a native token's.
        if split_path(&self.base).0.is_empty() { Ok(()) } else { Err(base_has_hops(&self.base)) }
    }
}

fn base_has_hops(base: &str) -> DecodeError {
    DecodeError::new("denom", format!("base {base:?} begins with a hop"))
}

impl fmt::Display for Denom {
    /// The whole path, as packets carry it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for hop in &self.hops {
            write!(f, "{hop}/")?;
        }
        f.write_str(&self.base)
    }
}

impl FromStr for Denom {
    type Err = DecodeError;

    /// Splits a path as deployed chains do: pairs are hops as long as the second of each looks like
    /// a client or channel that a chain numbers, the rest is the base.
    fn from_str(path: &str) -> Result<Self, DecodeError> {
        if path.len() > MAX_DENOM_LEN {
            let reason = format!("{} bytes, at most {MAX_DENOM_LEN} are allowed", path.len());
            return Err(DecodeError::new("denom", reason));
        }
        let (pairs, base) = split_path(path);
        let hops = pairs
            .into_iter()
            .map(|(port, client)| Hop::new(PortId::new(port)?, ClientId::new(client)?));
        let denom = Self { hops: hops.collect::<Result<_, DecodeError>>()?, base: base.into() };
        denom.check()?;
        Ok(denom)
    }
}

/// The pairs that look like hops, and what follows them.
fn split_path(path: &str) -> (Vec<(&str, &str)>, &str) {
    let mut pairs = Vec::new();
    let mut rest = path;
    while let Some((pair, after)) = split_pair(rest) {
        pairs.push(pair);
        rest = after;
    }
    (pairs, rest)
}

fn split_pair(path: &str) -> Option<((&str, &str), &str)> {
    let (port, rest) = path.split_once('/')?;
    let (client, rest) = rest.split_once('/')?;
    is_numbered(client).then_some(((port, client), rest))
}

/// True for `type-N`, the form of every identifier that a chain assigns.
fn is_numbered(id: &str) -> bool {
    let Some((kind, number)) = id.rsplit_once('-') else { return false };
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let kind = kind.as_bytes();
    kind.iter().all(|byte| is_word(byte) || *byte == b'-')
        && kind.first().is_some_and(is_word)
        && kind.last().is_some_and(is_word)
        && number.len() <= 20
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && number.parse::<u64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hop(client: &str) -> Hop {
        Hop::new(PortId::new("transfer").unwrap(), ClientId::new(client).unwrap()).unwrap()
    }

    #[test]
    fn a_path_splits_where_the_hops_end() {
        for (path, hops, base) in [
            ("uatom", 0, "uatom"),
            ("gamm/pool/osmo", 0, "gamm/pool/osmo"),
            ("transfer/client-0/uatom", 1, "uatom"),
            ("transfer/client-0/gamm/pool/osmo", 1, "gamm/pool/osmo"),
            ("transfer/08-wasm-12/transfer/channel-52/uatom", 2, "uatom"),
            ("transfer/channel-0", 0, "transfer/channel-0"),
            ("transfer/gaiachannel/atom", 0, "transfer/gaiachannel/atom"),
            ("transfer/-client-0/atom", 0, "transfer/-client-0/atom"),
            ("transfer/client--0/atom", 0, "transfer/client--0/atom"),
            (
                "transfer/client-99999999999999999999/atom",
                0,
                "transfer/client-99999999999999999999/atom",
            ),
        ] {
            let denom: Denom = path.parse().unwrap();
            assert_eq!((denom.hops().len(), denom.base()), (hops, base), "{path}");
            assert_eq!(denom.to_string(), path);
        }
    }

    #[test]
    fn what_is_no_path_is_refused() {
        let long = "a".repeat(MAX_DENOM_LEN + 1);
        let blank = ["", " ", "transfer/client-0/", "transfer/client-0/transfer/client-1/"];
        let bad_hop = ["(transfer)/client-1/uatom", "transfer/abc-1/uatom"];
        for path in blank.into_iter().chain(bad_hop).chain([long.as_str()]) {
            path.parse::<Denom>().unwrap_err();
        }
        Denom::native("transfer/client-0/uatom").unwrap_err();
    }

    #[test]
    fn a_token_that_goes_and_comes_back_is_itself_again() {
        let home = Denom::native("uatom").unwrap();
        let Passage::Arriving(away) =
            home.clone().receive(&hop("client-3"), hop("client-9")).unwrap()
        else {
            panic!("a native token arrives")
        };
        assert_eq!(away.to_string(), "transfer/client-9/uatom");
        assert!(away.came_through(&hop("client-9")) && !away.came_through(&hop("client-3")));
        let back = away.clone().receive(&hop("client-9"), hop("client-3")).unwrap();
        assert_eq!(back, Passage::Returning(home));
        let Passage::Arriving(onward) = away.receive(&hop("client-4"), hop("client-5")).unwrap()
        else {
            panic!("a voucher that leaves through another client goes on")
        };
        assert_eq!(onward.to_string(), "transfer/client-5/transfer/client-9/uatom");
    }

    #[test]
    fn a_hop_that_could_not_be_read_back_is_refused() {
        for client in ["mainchain", "clients-", "client-x1", "-client-1", "client+-1"] {
            let client = ClientId::new(client).unwrap();
            Hop::new(PortId::new("transfer").unwrap(), client).unwrap_err();
        }
    }

    #[test]
    fn a_name_that_could_not_be_sent_back_is_refused() {
        let base = "a".repeat(MAX_DENOM_LEN);
        let denom = Denom::native(base).unwrap();
        denom.receive(&hop("client-3"), hop("client-9")).unwrap_err();
    }

    #[test]
    fn a_voucher_is_named_by_the_hash_of_its_path() {
        // The widely known denomination of ATOM on Osmosis.
        let denom: Denom = "transfer/channel-0/uatom".parse().unwrap();
        let hash = "27394FB092D2ECCD56123C74F36E4C1F926001CEADA9CA97EA622B25F41E5EB2";
        assert_eq!(denom.local_name(), format!("ibc/{hash}"));
        assert_eq!(Denom::native("uatom").unwrap().local_name(), "uatom");
    }
}
