//! Amounts in JSON: numbers of coins with eight decimals.

use core::fmt;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// Smallest units of a coin.
pub const COIN: u64 = 100_000_000;

/// An amount in the smallest unit; in JSON a number of coins, written with all its eight decimals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(pub u64);

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = self.0.checked_div(COIN).unwrap_or_default();
        let rest = self.0.checked_rem(COIN).unwrap_or_default();
        write!(f, "{whole}.{rest:08}")
    }
}

impl Amount {
    /// Reads `whole.decimals` with at most eight decimals.
    fn parse(text: &str) -> Option<Self> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        if decimals.len() > 8 || !decimals.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        let rest: u64 = format!("{decimals:0<8}").parse().ok()?;
        let whole: u64 = whole.parse().ok()?;
        whole.checked_mul(COIN)?.checked_add(rest).map(Self)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let number = RawValue::from_string(self.to_string()).map_err(serde::ser::Error::custom)?;
        number.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_f64(AmountVisitor)
    }
}

/// All money in the smallest unit has 16 digits, which a double holds: rounding to eight decimals
/// gives back what was written.
struct AmountVisitor;

impl Visitor<'_> for AmountVisitor {
    type Value = Amount;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of coins")
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Amount, E> {
        let amount = Amount::parse(&format!("{value:.8}"));
        amount.ok_or_else(|| E::invalid_value(de::Unexpected::Float(value), &self))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Amount, E> {
        let amount = value.checked_mul(COIN).map(Amount);
        amount.ok_or_else(|| E::invalid_value(de::Unexpected::Unsigned(value), &self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_in_full_and_read_back() {
        for (units, text) in [
            (0, "0.00000000"),
            (1, "0.00000001"),
            (5_000_000_000, "50.00000000"),
            (2_100_000_000_000_000, "21000000.00000000"),
            (2_099_999_999_999_999, "20999999.99999999"),
            (12_345_678_901, "123.45678901"),
        ] {
            assert_eq!(serde_json::to_string(&Amount(units)).unwrap(), text);
            assert_eq!(serde_json::from_str::<Amount>(text).unwrap(), Amount(units));
        }
        assert_eq!(serde_json::from_str::<Amount>("3").unwrap(), Amount(300_000_000));
        assert_eq!(serde_json::from_str::<Amount>("1e-8").unwrap(), Amount(1));
        for other in ["-1", "\"1\"", "1e300", "null", "-0.5", "184467440738"] {
            assert!(serde_json::from_str::<Amount>(other).is_err(), "{other}");
        }
    }
}
