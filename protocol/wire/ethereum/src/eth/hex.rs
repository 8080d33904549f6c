//! Numbers and bytes in the JSON of `eth_*` methods, by the rules of the execution API: a quantity
//! is `0x` and digits without leading zeros, data is `0x` and two digits a byte.

use core::fmt;
use core::marker::PhantomData;

use alloy_primitives::{Address, Bloom, Bytes, FixedBytes, U256};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Why a text is no number or no bytes; worded as servers word it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HexError {
    /// Nothing at all.
    #[error("empty hex string")]
    Empty,
    /// It does not begin with `0x`.
    #[error("hex string without 0x prefix")]
    NoPrefix,
    /// A quantity of no digits.
    #[error("hex string \"0x\"")]
    NoDigits,
    /// A quantity with more digits than it needs.
    #[error("hex number with leading zero digits")]
    LeadingZero,
    /// Half a byte is left.
    #[error("hex string of odd length")]
    OddLength,
    /// Something that is not a digit.
    #[error("invalid hex string")]
    Syntax,
    /// A quantity that does not fit.
    #[error("hex number > {bits} bits")]
    TooLarge {
        /// What would fit.
        bits: u32,
    },
    /// Too many bytes, or too few.
    #[error("hex string has {got} bytes, want {expected}")]
    Length {
        /// Bytes that are there.
        got: usize,
        /// Bytes that must be there.
        expected: usize,
    },
}

/// What is written in hexadecimal: 64-bit and 256-bit integers as quantities, bytes as data.
pub trait Hexadecimal: Sized {
    /// Reads a text.
    fn from_hex(text: &str) -> Result<Self, HexError>;

    /// Writes the one text that stands for the value.
    fn to_hex(&self) -> String;
}

/// The digits after the prefix.
fn digits(text: &str) -> Result<&str, HexError> {
    if text.is_empty() {
        return Err(HexError::Empty);
    }
    text.strip_prefix("0x").ok_or(HexError::NoPrefix)
}

/// The digits of a quantity that may have `bits`.
fn quantity_digits(text: &str, bits: u32) -> Result<&str, HexError> {
    let digits = digits(text)?;
    if digits.is_empty() {
        return Err(HexError::NoDigits);
    }
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(HexError::Syntax);
    }
    if digits.len() > 1 && digits.starts_with('0') {
        return Err(HexError::LeadingZero);
    }
    let most = bits.div_ceil(4);
    if u32::try_from(digits.len()).is_ok_and(|count| count <= most) {
        Ok(digits)
    } else {
        Err(HexError::TooLarge { bits })
    }
}

fn data(text: &str) -> Result<Vec<u8>, HexError> {
    hex::decode(digits(text)?).map_err(|error| match error {
        hex::FromHexError::OddLength => HexError::OddLength,
        _ => HexError::Syntax,
    })
}

fn fixed<const N: usize>(text: &str) -> Result<[u8; N], HexError> {
    let bytes = data(text)?;
    let got = bytes.len();
    bytes.try_into().map_err(|_| HexError::Length { got, expected: N })
}

impl Hexadecimal for u64 {
    fn from_hex(text: &str) -> Result<Self, HexError> {
        let digits = quantity_digits(text, Self::BITS)?;
        Self::from_str_radix(digits, 16).map_err(|_| HexError::Syntax)
    }

    fn to_hex(&self) -> String {
        format!("{self:#x}")
    }
}

impl Hexadecimal for U256 {
    fn from_hex(text: &str) -> Result<Self, HexError> {
        let digits = quantity_digits(text, 256)?;
        Self::from_str_radix(digits, 16).map_err(|_| HexError::Syntax)
    }

    fn to_hex(&self) -> String {
        format!("{self:#x}")
    }
}

impl<const N: usize> Hexadecimal for FixedBytes<N> {
    fn from_hex(text: &str) -> Result<Self, HexError> {
        fixed(text).map(Self)
    }

    fn to_hex(&self) -> String {
        format!("0x{}", hex::encode(self))
    }
}

impl Hexadecimal for Address {
    fn from_hex(text: &str) -> Result<Self, HexError> {
        fixed(text).map(Self::new)
    }

    fn to_hex(&self) -> String {
        format!("0x{}", hex::encode(self))
    }
}

impl Hexadecimal for Bloom {
    fn from_hex(text: &str) -> Result<Self, HexError> {
        fixed(text).map(Self::new)
    }

    fn to_hex(&self) -> String {
        format!("0x{}", hex::encode(self))
    }
}

impl Hexadecimal for Bytes {
    fn from_hex(text: &str) -> Result<Self, HexError> {
        data(text).map(Self::from)
    }

    fn to_hex(&self) -> String {
        format!("0x{}", hex::encode(self))
    }
}

/// A value that stands in JSON by itself, in a list or as a parameter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hex<T>(pub T);

impl<T: Hexadecimal> Serialize for Hex<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_hex())
    }
}

struct HexVisitor<T>(PhantomData<T>);

impl<T: Hexadecimal> Visitor<'_> for HexVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string in hexadecimal")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        T::from_hex(text).map_err(E::custom)
    }
}

impl<'de, T: Hexadecimal> Deserialize<'de> for Hex<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(HexVisitor(PhantomData)).map(Self)
    }
}

/// For members of structs, `#[serde(with = "hex")]`.
pub(crate) fn serialize<T: Hexadecimal, S: Serializer>(value: &T, s: S) -> Result<S::Ok, S::Error> {
    s.serialize_str(&value.to_hex())
}

/// The same, reading.
pub(crate) fn deserialize<'de, T: Hexadecimal, D: Deserializer<'de>>(d: D) -> Result<T, D::Error> {
    d.deserialize_str(HexVisitor(PhantomData))
}

/// For members that may be null or missing, `#[serde(default, with = "hex::option")]`.
pub(crate) mod option {
    use super::{Deserialize, Deserializer, Hex, Hexadecimal, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "serde passes members by reference")]
    pub(crate) fn serialize<T: Hexadecimal, S: Serializer>(
        value: &Option<T>,
        s: S,
    ) -> Result<S::Ok, S::Error> {
        value.as_ref().map(Hexadecimal::to_hex).serialize(s)
    }

    pub(crate) fn deserialize<'de, T: Hexadecimal, D: Deserializer<'de>>(
        d: D,
    ) -> Result<Option<T>, D::Error> {
        Ok(Option::<Hex<T>>::deserialize(d)?.map(|hex| hex.0))
    }
}

/// For lists, `#[serde(with = "hex::list")]`.
pub(crate) mod list {
    use super::{Deserialize, Deserializer, Hex, Hexadecimal, Serializer};

    pub(crate) fn serialize<T: Hexadecimal, S: Serializer>(
        values: &[T],
        s: S,
    ) -> Result<S::Ok, S::Error> {
        s.collect_seq(values.iter().map(Hexadecimal::to_hex))
    }

    pub(crate) fn deserialize<'de, T: Hexadecimal, D: Deserializer<'de>>(
        d: D,
    ) -> Result<Vec<T>, D::Error> {
        Ok(Vec::<Hex<T>>::deserialize(d)?.into_iter().map(|hex| hex.0).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_have_one_form() {
        for (text, number) in [("0x0", 0), ("0x41", 65), ("0xffffffffffffffff", u64::MAX)] {
            assert_eq!(u64::from_hex(text), Ok(number));
            assert_eq!(number.to_hex(), text);
            assert_eq!(U256::from_hex(text), Ok(U256::from(number)));
            assert_eq!(U256::from(number).to_hex(), text);
        }
        let refused = [
            ("", HexError::Empty),
            ("ff", HexError::NoPrefix),
            ("0X1", HexError::NoPrefix),
            ("0x", HexError::NoDigits),
            ("0x0400", HexError::LeadingZero),
            ("0x00", HexError::LeadingZero),
            ("0x+1", HexError::Syntax),
            ("0x1_0", HexError::Syntax),
            ("0xg", HexError::Syntax),
            ("0x10000000000000000", HexError::TooLarge { bits: 64 }),
        ];
        for (text, error) in refused {
            assert_eq!(u64::from_hex(text), Err(error), "{text}");
        }
        assert_eq!(U256::from_hex(&U256::MAX.to_hex()), Ok(U256::MAX));
        let long = format!("0x1{}", "0".repeat(64));
        assert_eq!(U256::from_hex(&long), Err(HexError::TooLarge { bits: 256 }));
    }

    #[test]
    fn data_has_two_digits_a_byte() {
        assert_eq!(Bytes::from_hex("0x"), Ok(Bytes::new()));
        assert_eq!(Bytes::from_hex("0x004200"), Ok(Bytes::from_static(&[0, 0x42, 0])));
        assert_eq!(Bytes::from_static(&[0, 0x42]).to_hex(), "0x0042");
        assert_eq!(Bytes::from_hex("0xf0f0f"), Err(HexError::OddLength));
        assert_eq!(Bytes::from_hex("004200"), Err(HexError::NoPrefix));
        let short = FixedBytes::<4>::from_hex("0x00");
        assert_eq!(short, Err(HexError::Length { got: 1, expected: 4 }));
        let address = Address::repeat_byte(0xAB);
        assert_eq!(address.to_hex(), format!("0x{}", "ab".repeat(20)));
        assert_eq!(
            Address::from_hex(&address.to_hex().to_uppercase().replace('X', "x")),
            Ok(address)
        );
    }
}
