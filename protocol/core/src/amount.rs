//! How much of a token.

use core::fmt;
use core::str::FromStr;

use alloy_primitives::U256;

use crate::DecodeError;

/// An amount of a token in its smallest unit: 0 to 2^256 - 1. Arithmetic is checked; text is
/// canonical decimal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(U256);

/// The digits of the greatest amount.
const MAX_DIGITS: usize = 78;

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(U256::ZERO);
    /// The greatest amount.
    pub const MAX: Self = Self(U256::MAX);

    /// True for nothing.
    pub fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    /// The sum; `None` past the greatest amount.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference; `None` below zero.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// 32 big-endian bytes.
    pub const fn to_be_bytes(self) -> [u8; 32] {
        self.0.to_be_bytes()
    }

    /// From 32 big-endian bytes.
    pub const fn from_be_bytes(bytes: [u8; 32]) -> Self {
        Self(U256::from_be_bytes(bytes))
    }
}

impl From<u64> for Amount {
    fn from(amount: u64) -> Self {
        Self(U256::from(amount))
    }
}

impl From<u128> for Amount {
    fn from(amount: u128) -> Self {
        Self(U256::from(amount))
    }
}

impl From<U256> for Amount {
    fn from(amount: U256) -> Self {
        Self(amount)
    }
}

impl From<Amount> for U256 {
    fn from(amount: Amount) -> Self {
        amount.0
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for Amount {
    type Err = DecodeError;

    /// Reads decimal digits; signs, leading zeros and other bases are refused.
    fn from_str(text: &str) -> Result<Self, DecodeError> {
        // An error does not repeat more of what somebody else wrote than it must.
        let head: String = text.chars().take(MAX_DIGITS).collect();
        let malformed = || DecodeError::new("amount", format!("{head:?} is not 0 to 2^256 - 1"));
        let is_decimal = text.bytes().all(|byte| byte.is_ascii_digit());
        let is_canonical = text == "0" || !text.starts_with('0');
        if text.is_empty() || text.len() > MAX_DIGITS || !is_decimal || !is_canonical {
            return Err(malformed());
        }
        U256::from_str_radix(text, 10).map(Self).map_err(|_| malformed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_canonical_decimal() {
        let greatest = Amount::MAX.to_string();
        for text in ["0", "1", "10", greatest.as_str()] {
            assert_eq!(text.parse::<Amount>().unwrap().to_string(), text);
        }
        let too_great = format!("{greatest}0");
        for text in ["", "00", "01", "+1", "-1", "0x1", "1_0", " 1", "1.0", "١", &too_great] {
            assert!(text.parse::<Amount>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn arithmetic_stops_at_the_edges() {
        let one = Amount::from(1_u64);
        assert_eq!(Amount::MAX.checked_add(one), None);
        assert_eq!(Amount::ZERO.checked_sub(one), None);
        assert_eq!(Amount::MAX.checked_sub(Amount::MAX), Some(Amount::ZERO));
        assert_eq!(Amount::from_be_bytes(one.to_be_bytes()), one);
    }
}
