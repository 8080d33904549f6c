//! The JSON of `eth_*` methods: what servers answer and what clients ask, read and written.
//!
//! Members that this project does not know are passed over: servers have their own.

mod block;
mod error;
mod hex;
mod transaction;

pub use block::{Block, Header, Transactions, Withdrawal};
pub use error::RpcError;
pub use hex::{Hex, HexError, Hexadecimal};
pub use transaction::{AccessListItem, Log, Receipt, Transaction};
