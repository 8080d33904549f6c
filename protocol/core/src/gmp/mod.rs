//! General message passing (ICS-27 GMP): the call a packet carries, the answer, and the account
//! from which the receiving chain makes the call.

mod account;
mod data;

pub use account::AccountIdentifier;
pub use data::{
    GmpAcknowledgement, GmpPacketData, MAX_ACCOUNT_LEN, MAX_MEMO_LEN, MAX_PAYLOAD_LEN,
    MAX_RESULT_LEN, MAX_SALT_LEN,
};

/// The port of the message passing application.
pub const PORT: &str = "gmpport";

/// The version of the protocol.
pub const VERSION: &str = "ics27-2";
