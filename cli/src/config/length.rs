//! Lengths of time in configurations.

use core::time::Duration;

use serde::{Deserialize, Serialize};

/// A length of time, such as `14days` or `10s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Length(pub(crate) Duration);

impl TryFrom<String> for Length {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let length = humantime::parse_duration(&text);
        length.map(Self).map_err(|error| format!("{text:?}: {error}: expected such as 14days"))
    }
}

impl From<Length> for String {
    fn from(Length(length): Length) -> Self {
        humantime::format_duration(length).to_string()
    }
}
