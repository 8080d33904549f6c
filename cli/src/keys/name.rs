//! Names of keys.

use core::fmt;
use core::str::FromStr;

/// The most characters of a name: shorter than any address, so that no address is a name.
const MAX_LEN: usize = 32;

/// The name of a key: 1 to 32 of a-z, 0-9, `-` and `_`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct KeyName(String);

impl KeyName {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
        if text.is_empty() || text.len() > MAX_LEN || !text.chars().all(allowed) {
            return Err(format!("1 to {MAX_LEN} of a-z, 0-9, - and _ are allowed"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
