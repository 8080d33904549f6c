//! Heights as IBC counts them.

use core::fmt;
use core::str::FromStr;

use crate::DecodeError;

/// A position on a chain: a revision (0 for chains whose id carries none) and a height inside it.
///
/// What the height counts is the business of each family: blocks on most chains, slots on others.
/// Ordered by revision, then by height (ICS-02).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Height {
    revision: u64,
    height: u64,
}

impl Height {
    /// A height in the given revision.
    pub const fn new(revision: u64, height: u64) -> Self {
        Self { revision, height }
    }

    /// A height on a chain without revisions.
    pub const fn from_block(height: u64) -> Self {
        Self::new(0, height)
    }

    /// The revision number.
    pub const fn revision(self) -> u64 {
        self.revision
    }

    /// The height within the revision.
    pub const fn height(self) -> u64 {
        self.height
    }

    /// True for the zero height of the default revision, which IBC reads as "no height".
    pub const fn is_zero(self) -> bool {
        self.revision == 0 && self.height == 0
    }
}

impl fmt::Display for Height {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.revision, self.height)
    }
}

impl FromStr for Height {
    type Err = DecodeError;

    /// Reads the text form `revision-height`; leading zeros and signs are refused.
    fn from_str(text: &str) -> Result<Self, DecodeError> {
        let malformed = || DecodeError::new("height", format!("{text:?} is not revision-height"));
        let (revision, height) = text.split_once('-').ok_or_else(malformed)?;
        let parsed = Self {
            revision: revision.parse().map_err(|_| malformed())?,
            height: height.parse().map_err(|_| malformed())?,
        };
        if parsed.to_string() == text { Ok(parsed) } else { Err(malformed()) }
    }
}
