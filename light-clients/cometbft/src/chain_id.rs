//! Chain ids and the revisions that they carry.

use core::fmt;

use causeway_core::DecodeError;

/// The name of a chain.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChainId(String);

impl ChainId {
    /// The most bytes of a chain id (`types/genesis.go` `MaxChainIDLen`).
    pub const MAX_LEN: usize = 50;

    /// A name of at most [`Self::MAX_LEN`] bytes. It may be empty: whether it is the right one is
    /// judged with the header.
    pub fn new(text: impl Into<String>) -> Result<Self, DecodeError> {
        let text = text.into();
        if text.len() > Self::MAX_LEN {
            let reason = format!("{} bytes, at most {} are allowed", text.len(), Self::MAX_LEN);
            return Err(DecodeError::new("chain_id", reason));
        }
        Ok(Self(text))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name before the revision, and the revision, for names of the form `name-N` with N of
    /// no leading zero (ibc-go `IsRevisionFormat`).
    fn split(&self) -> Option<(&str, u64)> {
        let (name, revision) = self.0.rsplit_once('-')?;
        // In the expression of ibc-go the dot matches no line break.
        let is_name = !name.is_empty() && !name.ends_with('-') && !name.contains('\n');
        let is_number = !revision.starts_with('0') && revision.bytes().all(|b| b.is_ascii_digit());
        (is_name && is_number).then_some(())?;
        Some((name, revision.parse().ok()?))
    }

    /// The revision in the name; 0 for names without one (ibc-go `ParseChainID`).
    pub fn revision(&self) -> u64 {
        self.split().map_or(0, |(_, revision)| revision)
    }

    /// The name of the same chain in another revision, when names of this one carry revisions
    /// (ibc-go `SetRevisionNumber`).
    #[must_use]
    pub fn with_revision(&self, revision: u64) -> Self {
        match self.split() {
            Some((name, _)) => Self(format!("{name}-{revision}")),
            None => self.clone(),
        }
    }
}

impl fmt::Display for ChainId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revisions_follow_the_name_after_one_hyphen() {
        for (text, revision) in [
            ("gaiamainnet-3", 3),
            ("a-1", 1),
            ("gaia-mainnet-40", 40),
            ("gaiamainnet-3-39", 39),
            ("gaiamainnet--", 0),
            ("gaiamainnet-03", 0),
            ("gaiamainnet--4", 0),
            ("gaiamainnet-3.4", 0),
            ("gaiamainnet", 0),
            ("gaiamain\nnet-1", 0),
            ("gaiamainnet-1\n", 0),
            ("a--1", 0),
            ("-1", 0),
            ("--1", 0),
            ("", 0),
            ("a-99999999999999999999", 0),
        ] {
            assert_eq!(ChainId::new(text).unwrap().revision(), revision, "{text:?}");
        }
        assert!(ChainId::new("x".repeat(51)).is_err());
        assert_eq!(ChainId::new("a-1").unwrap().with_revision(7).as_str(), "a-7");
        assert_eq!(ChainId::new("a").unwrap().with_revision(7).as_str(), "a");
    }
}
