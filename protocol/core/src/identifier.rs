//! Client and port identifiers (ICS-24) and packet sequences.

use core::fmt;
use core::num::NonZeroU64;
use core::str::FromStr;

use crate::DecodeError;

/// Characters that ICS-24 allows in an identifier, besides letters and digits.
const PUNCTUATION: &[u8] = b"._+-#[]<>";

fn check_identifier(
    what: &'static str,
    text: &str,
    lengths: core::ops::RangeInclusive<usize>,
) -> Result<(), DecodeError> {
    if !lengths.contains(&text.len()) {
        let reason = format!(
            "{text:?} has {} characters, {} to {} are allowed",
            text.len(),
            lengths.start(),
            lengths.end()
        );
        return Err(DecodeError::new(what, reason));
    }
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || PUNCTUATION.contains(byte);
    if !text.as_bytes().iter().all(allowed) {
        let reason = format!("{text:?} has a character other than a-z A-Z 0-9 . _ + - # [ ] < >");
        return Err(DecodeError::new(what, reason));
    }
    Ok(())
}

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $what:literal, $min:literal..=$max:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Checks length and characters.
            pub fn new(text: impl Into<String>) -> Result<Self, DecodeError> {
                let text = text.into();
                check_identifier($what, &text, $min..=$max)?;
                Ok(Self(text))
            }

            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = DecodeError;

            fn from_str(text: &str) -> Result<Self, DecodeError> {
                Self::new(text)
            }
        }
    };
}

identifier! {
    /// Names a client on the chain that hosts it: 8 to 64 characters, as released IBC v2
    /// implementations demand of packets.
    ClientId, "client_id", 8..=64
}

identifier! {
    /// Names the application that a payload is from or for: 2 to 128 characters (ICS-24).
    PortId, "port_id", 2..=128
}

/// The number of a packet among those sent through one client; the first is 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sequence(NonZeroU64);

impl Sequence {
    /// The sequence of the first packet.
    pub const FIRST: Self = Self(NonZeroU64::MIN);

    /// A sequence; zero is none.
    pub fn new(value: u64) -> Option<Self> {
        NonZeroU64::new(value).map(Self)
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0.get()
    }

    /// The sequence that follows; `None` at the end of the number range.
    pub fn next(self) -> Option<Self> {
        self.0.checked_add(1).map(Self)
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
