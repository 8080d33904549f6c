//! Targets and work.

use core::fmt;
use core::str::FromStr;

use alloy_primitives::{U256, hex};
use causeway_core::{DecodeError, refusals};

use crate::BlockHash;

/// A target in the header's compact form, `nBits`: a floating point number with base 256 and a
/// sign bit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CompactTarget(pub u32);

/// The number that a hash must not exceed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target(pub U256);

/// Expected number of hashes: of one header by its target, or summed over a chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Work(pub U256);

/// What a compact form says before it is judged (Bitcoin Core `arith_uint256::SetCompact`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expansion {
    /// The absolute value; meaningless when it overflows.
    pub target: Target,
    /// The sign bit is set on a number other than zero.
    pub negative: bool,
    /// More than 256 bits.
    pub overflow: bool,
}

/// Why a compact form is no target (Bitcoin Core `DeriveTarget`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Negative.
    #[error("bits {got} are a negative target")]
    Negative {
        /// The compact form.
        got: CompactTarget,
    },
    /// More than 256 bits.
    #[error("bits {got} are a target of more than 256 bits")]
    Overflow {
        /// The compact form.
        got: CompactTarget,
    },
    /// Zero, which no hash meets.
    #[error("bits {got} are a target of zero")]
    Zero {
        /// The compact form.
        got: CompactTarget,
    },
    /// Easier than the network allows.
    #[error("target {got} is easier than the network's limit {expected}")]
    AboveLimit {
        /// The target.
        got: Target,
        /// The network's limit.
        expected: Target,
    },
}

refusals! {
    TargetError {
        Negative { got } => "target_negative", Reject;
        Overflow { got } => "target_overflow", Reject;
        Zero { got } => "target_zero", Reject;
        AboveLimit { got, expected } => "target_above_limit", Reject;
    }
}

impl CompactTarget {
    /// Expands without judging. The sign is judged after the shift, so that 0x01803456, whose
    /// digits are all shifted out, is zero and not negative.
    pub fn expand(self) -> Expansion {
        let size = self.0 >> 24;
        let digits = self.0 & 0x007f_ffff;
        let (word, target) = if size <= 3 {
            let word = digits.unbounded_shr(8_u32.saturating_mul(3_u32.saturating_sub(size)));
            (word, U256::from(word))
        } else {
            let shift = usize::try_from(size.saturating_sub(3).saturating_mul(8));
            (digits, U256::from(digits).wrapping_shl(shift.unwrap_or(usize::MAX)))
        };
        let overflow =
            word != 0 && (size > 34 || (word > 0xff && size > 33) || (word > 0xffff && size > 32));
        Expansion {
            target: Target(target),
            negative: word != 0 && self.0 & 0x0080_0000 != 0,
            overflow,
        }
    }

    /// The target, when it is one that the network with this `limit` allows.
    pub fn target(self, limit: Target) -> Result<Target, TargetError> {
        let Expansion { target, negative, overflow } = self.expand();
        if negative {
            return Err(TargetError::Negative { got: self });
        }
        if overflow {
            return Err(TargetError::Overflow { got: self });
        }
        if target.0.is_zero() {
            return Err(TargetError::Zero { got: self });
        }
        if target > limit {
            return Err(TargetError::AboveLimit { got: target, expected: limit });
        }
        Ok(target)
    }
}

impl Target {
    /// The compact form: the top three bytes, one fewer where the sign bit would be set. Lower
    /// bytes are cut off (Bitcoin Core `arith_uint256::GetCompact`).
    pub fn to_compact(self) -> CompactTarget {
        let size = self.0.bit_len().div_ceil(8);
        let word = if size <= 3 {
            self.0.wrapping_shl(3_usize.saturating_sub(size).saturating_mul(8))
        } else {
            self.0.wrapping_shr(size.saturating_sub(3).saturating_mul(8))
        };
        let word = u32::try_from(word).unwrap_or(0x00ff_ffff);
        let size = u32::try_from(size).unwrap_or(32);
        let (size, word) = if word & 0x0080_0000 == 0 {
            (size, word)
        } else {
            (size.saturating_add(1), word >> 8)
        };
        CompactTarget(size << 24 | word)
    }

    /// Equality passes. The hash is read as a little-endian number.
    pub fn is_met_by(self, hash: &BlockHash) -> bool {
        U256::from_le_bytes(hash.0) <= self.0
    }

    /// 2^256 / (target + 1), rounded down, written so that it fits 256 bits (Bitcoin Core
    /// `GetBitsProof`).
    pub fn work(self) -> Work {
        let quotient = match self.0.checked_add(U256::ONE) {
            Some(divisor) => (!self.0).checked_div(divisor).unwrap_or_default(),
            None => U256::ZERO,
        };
        Work(quotient.saturating_add(U256::ONE))
    }
}

impl Work {
    /// The sum; it cannot overflow by work that was really done.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl fmt::Display for CompactTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:064x}", self.0)
    }
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:064x}", self.0)
    }
}

/// Exactly 64 hexadecimal digits, as [`Display`](fmt::Display) writes them.
fn parse_number(what: &'static str, text: &str) -> Result<U256, DecodeError> {
    let malformed = || DecodeError::new(what, format!("{text:?} is not 64 hexadecimal digits"));
    hex::decode_to_array::<_, 32>(text).map(U256::from_be_bytes).map_err(|_| malformed())
}

impl FromStr for CompactTarget {
    type Err = DecodeError;

    fn from_str(text: &str) -> Result<Self, DecodeError> {
        hex::decode_to_array::<_, 4>(text)
            .map(|bytes| Self(u32::from_be_bytes(bytes)))
            .map_err(|_| DecodeError::new("bits", format!("{text:?} is not 8 hexadecimal digits")))
    }
}

impl FromStr for Target {
    type Err = DecodeError;

    fn from_str(text: &str) -> Result<Self, DecodeError> {
        parse_number("target", text).map(Self)
    }
}

impl FromStr for Work {
    type Err = DecodeError;

    fn from_str(text: &str) -> Result<Self, DecodeError> {
        parse_number("chainwork", text).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sign_is_judged_after_the_shift() {
        let expand = |bits| CompactTarget(bits).expand();
        assert_eq!(expand(0x0180_3456).target.0, U256::ZERO);
        assert!(!expand(0x0180_3456).negative);
        assert_eq!(expand(0x01fe_dcba).target.0, U256::from(0x7e));
        assert!(expand(0x01fe_dcba).negative);
    }

    #[test]
    fn text_reads_back() {
        let bits = CompactTarget(0x1d00_ffff);
        assert_eq!(bits.to_string().parse(), Ok(bits));
        let target = bits.expand().target;
        assert_eq!(target.to_string().parse(), Ok(target));
        assert_eq!(target.work().to_string().parse(), Ok(target.work()));
        assert!("1d00fff".parse::<CompactTarget>().is_err());
        assert!("100010001".parse::<Work>().is_err());
    }

    #[test]
    fn work_is_right_at_both_ends() {
        assert_eq!(Target(U256::MAX).work().0, U256::ONE);
        assert_eq!(Target(U256::ZERO).work().0, U256::MAX);
        assert_eq!(Target(U256::ONE).work().0, U256::ONE.wrapping_shl(255));
    }
}
