//! What strings in JSON stand for: integers in decimal, bytes in hexadecimal with `0x`.

use core::fmt;
use core::marker::PhantomData;

use alloy_primitives::U256;
use serde::de::{Error, Visitor};

/// A 64-bit integer as a decimal string, without leading zeros.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decimal(pub(crate) u64);

/// A 256-bit integer as a decimal string, or as a hexadecimal quantity as some relayers write it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BigDecimal(pub(crate) U256);

/// Bytes of a fixed length.
#[derive(Clone, Debug)]
pub(crate) struct Hex<const N: usize>(pub(crate) [u8; N]);

/// Bytes of any length up to `MAX`.
#[derive(Clone, Debug)]
pub(crate) struct HexUpTo<const MAX: usize>(pub(crate) Vec<u8>);

/// A value that is written as a string.
pub(crate) trait FromText: Sized {
    /// What the string must be, for errors.
    const EXPECTED: &'static str;

    /// Reads the string; `None` when it is something else.
    fn from_text(text: &str) -> Option<Self>;
}

/// True for the digits of a number in its only form.
fn is_canonical(digits: &str, is_digit: fn(&u8) -> bool) -> bool {
    let is_zero = digits == "0";
    is_zero
        || !digits.is_empty() && !digits.starts_with('0') && digits.as_bytes().iter().all(is_digit)
}

impl FromText for Decimal {
    const EXPECTED: &'static str = "a 64-bit integer as a decimal string";

    fn from_text(text: &str) -> Option<Self> {
        is_canonical(text, u8::is_ascii_digit).then(|| text.parse().ok().map(Self))?
    }
}

impl FromText for BigDecimal {
    const EXPECTED: &'static str = "a 256-bit integer as a decimal string";

    fn from_text(text: &str) -> Option<Self> {
        let is_digit: fn(&u8) -> bool = match text.strip_prefix("0x") {
            Some(_) => u8::is_ascii_hexdigit,
            None => u8::is_ascii_digit,
        };
        let (digits, radix) = text.strip_prefix("0x").map_or((text, 10), |digits| (digits, 16));
        let fits = digits.len() <= 78 && is_canonical(digits, is_digit);
        fits.then(|| U256::from_str_radix(digits, radix).ok().map(Self))?
    }
}

impl<const N: usize> FromText for Hex<N> {
    const EXPECTED: &'static str = "0x and bytes of the right length in hexadecimal";

    fn from_text(text: &str) -> Option<Self> {
        let mut bytes = [0; N];
        hex::decode_to_slice(text.strip_prefix("0x")?, &mut bytes).ok()?;
        Some(Self(bytes))
    }
}

impl<const MAX: usize> FromText for HexUpTo<MAX> {
    const EXPECTED: &'static str = "0x and few enough bytes in hexadecimal";

    fn from_text(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("0x")?;
        let is_short = digits.len() <= MAX.saturating_mul(2);
        is_short.then(|| hex::decode(digits).ok().map(Self))?
    }
}

/// Reads a string as a value.
pub(crate) struct TextVisitor<T>(pub(crate) PhantomData<T>);

impl<T: FromText> Visitor<'_> for TextVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        // The text itself may be long: it is not repeated.
        T::from_text(text).ok_or_else(|| E::custom(format!("expected {}", T::EXPECTED)))
    }
}

/// Implements `Deserialize` for types that are [`FromText`], each behind its const parameters.
macro_rules! deserialize_from_text {
    ($([$($parameter:tt)*] $type:ty),*) => {
        $(impl<'de, $($parameter)*> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str($crate::text::TextVisitor(core::marker::PhantomData))
            }
        })*
    };
}

pub(crate) use deserialize_from_text;

deserialize_from_text!(
    [] Decimal, [] BigDecimal, [const N: usize] Hex<N>, [const MAX: usize] HexUpTo<MAX>
);

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    fn read<T: for<'de> Deserialize<'de>>(text: &str) -> Option<T> {
        serde_json::from_str(text).ok()
    }

    #[test]
    fn numbers_have_one_form() {
        assert_eq!(read::<Decimal>("\"18446744073709551615\"").unwrap().0, u64::MAX);
        for text in
            ["\"\"", "\"01\"", "\"+1\"", "\"-1\"", "\"0x1\"", "1", "\"18446744073709551616\""]
        {
            assert!(read::<Decimal>(text).is_none(), "{text}");
        }
        assert_eq!(
            read::<BigDecimal>("\"0x1f\"").unwrap().0,
            read::<BigDecimal>("\"31\"").unwrap().0
        );
        for text in ["\"0x\"", "\"0x01\"", "\"1f\"", "\"\""] {
            assert!(read::<BigDecimal>(text).is_none(), "{text}");
        }
    }

    #[test]
    fn bytes_have_their_length_and_prefix() {
        assert_eq!(read::<Hex<2>>("\"0x01ff\"").unwrap().0, [1, 255]);
        for text in ["\"01ff\"", "\"0x01\"", "\"0x01fg\"", "\"0x01ff00\""] {
            assert!(read::<Hex<2>>(text).is_none(), "{text}");
        }
        assert!(read::<HexUpTo<1>>("\"0x0102\"").is_none());
    }
}
