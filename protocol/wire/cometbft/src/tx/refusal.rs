//! Why SDK chains refuse transactions, by code and in the words that clients look for.

use core::fmt;

/// The codespace of these codes.
pub const CODESPACE: &str = "sdk";

/// A refusal of codespace `sdk` (`types/errors/errors.go`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TxRefusal {
    /// It does not decode.
    Decode,
    /// A signature does not hold, or the account may not do this.
    Unauthorized,
    /// An account has less than it spends.
    InsufficientFunds,
    /// A message or query of unknown type.
    UnknownRequest,
    /// An address that is none.
    InvalidAddress,
    /// A public key that is missing, or not the account's.
    InvalidPubKey,
    /// An account that does not exist.
    UnknownAddress,
    /// Coins that are no list of sums.
    InvalidCoins,
    /// More gas was needed than the transaction allows.
    OutOfGas,
    /// The memo is too long.
    MemoTooLarge,
    /// More signers than a transaction may have.
    TooManySignatures,
    /// Nobody signed.
    NoSignatures,
    /// Less is paid than is asked.
    InsufficientFee,
    /// Anything else about its contents.
    InvalidRequest,
    /// A key of the state that is not there.
    KeyNotFound,
    /// A height that cannot be.
    InvalidHeight,
    /// The height until which it was valid has passed.
    TimeoutHeight,
    /// The sequence is not the account's next.
    WrongSequence,
    /// The gas limit is more than a block has.
    InvalidGasLimit,
}

impl TxRefusal {
    /// The number on the wire.
    pub const fn code(self) -> u32 {
        match self {
            Self::Decode => 2,
            Self::Unauthorized => 4,
            Self::InsufficientFunds => 5,
            Self::UnknownRequest => 6,
            Self::InvalidAddress => 7,
            Self::InvalidPubKey => 8,
            Self::UnknownAddress => 9,
            Self::InvalidCoins => 10,
            Self::OutOfGas => 11,
            Self::MemoTooLarge => 12,
            Self::InsufficientFee => 13,
            Self::TooManySignatures => 14,
            Self::NoSignatures => 15,
            Self::InvalidRequest => 18,
            Self::KeyNotFound => 22,
            Self::InvalidHeight => 26,
            Self::TimeoutHeight => 30,
            Self::WrongSequence => 32,
            Self::InvalidGasLimit => 41,
        }
    }

    /// A log in the usual form: what happened, then the refusal in general.
    pub fn log(self, detail: impl fmt::Display) -> String {
        format!("{detail}: {self}")
    }

    /// The log of a wrong sequence; relayers read the numbers from it.
    pub fn wrong_sequence(expected: u64, got: u64) -> String {
        let detail = format!("account sequence mismatch, expected {expected}, got {got}");
        Self::WrongSequence.log(detail)
    }
}

impl fmt::Display for TxRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Decode => "tx parse error",
            Self::Unauthorized => "unauthorized",
            Self::InsufficientFunds => "insufficient funds",
            Self::UnknownRequest => "unknown request",
            Self::InvalidAddress => "invalid address",
            Self::InvalidPubKey => "invalid pubkey",
            Self::UnknownAddress => "unknown address",
            Self::InvalidCoins => "invalid coins",
            Self::OutOfGas => "out of gas",
            Self::MemoTooLarge => "memo too large",
            Self::InsufficientFee => "insufficient fee",
            Self::TooManySignatures => "maximum number of signatures exceeded",
            Self::NoSignatures => "no signatures supplied",
            Self::InvalidRequest => "invalid request",
            Self::KeyNotFound => "key not found",
            Self::InvalidHeight => "invalid height",
            Self::TimeoutHeight => "tx timeout height",
            Self::WrongSequence => "incorrect account sequence",
            Self::InvalidGasLimit => "invalid gas limit",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_have_the_words_that_clients_look_for() {
        let log = TxRefusal::wrong_sequence(7, 5);
        let expected = "account sequence mismatch, expected 7, got 5: incorrect account sequence";
        assert_eq!(log, expected);
        assert_eq!(TxRefusal::WrongSequence.code(), 32);
        assert_eq!(
            TxRefusal::KeyNotFound.log("account a not found"),
            "account a not found: key not found"
        );
    }
}
