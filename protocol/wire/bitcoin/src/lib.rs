//! What the proof-of-work family's users exchange: runs of headers, anchors, network parameters and
//! proofs of transactions in files; transactions, the calls in them, and blocks on the wire.
//! Bytes in, checked objects out; nothing is read or written here.
//!
//! Start with [`HeaderReader`] and [`TransactionProof`] for files, with [`OwnedTransaction`] and
//! [`Block`] for the chain.
//!
//! ```
//! use causeway_wire_bitcoin::HeaderReader;
//!
//! let mut reader = HeaderReader::default();
//! let mut headers = Vec::new();
//! reader.read("00".repeat(80).as_bytes(), &mut headers)?;
//! reader.finish(&mut headers)?;
//! assert_eq!(headers, [[0; 80]]);
//! # Ok::<(), causeway_core::DecodeError>(())
//! ```
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        reason = "tests compute freely"
    )
)]

mod account;
mod address;
mod amount;
mod asm;
mod block;
mod call;
mod descriptor;
mod fee;
mod headers;
mod merkle_block;
mod proof;
pub mod rpc;
mod script;
mod signing;
pub mod state;
mod transaction;
mod trusted;
mod wallet;

pub use account::{NATIVE_DENOM, contract_account, escrow_account};
pub use address::{Address, AddressError, AddressNetwork};
pub use amount::{Amount, COIN};
pub use asm::{script_asm, script_type};
pub use block::{Block, MAX_BLOCK_WEIGHT};
pub use call::{
    Action, CALL_MAGIC, CALL_VERSION, Call, CallParts, MAX_CALL_LEN, carries_magic, is_vault,
};
pub use descriptor::{descriptor_checksum, descriptor_of, descriptor_scripts};
pub use fee::{
    CALL_GAS, GAS_PER_UNIT, MAX_BLOCK_GAS, MIN_RELAY_FEE_PER_KVB, PAYMENT_GAS, call_fee, relay_fee,
};
pub use headers::{HeaderReader, read_header};
pub use merkle_block::merkle_block;
pub use proof::{Depth, Proven, TransactionProof};
pub use script::{
    Script, VAULT_WITNESS_SCRIPT, WITNESS_COMMITMENT_PREFIX, data_script, vault_program,
    vault_script,
};
pub use signing::{KeyHash, SpendError, sign_input, verify_input};
pub use transaction::{OwnedInput, OwnedOutput, OwnedTransaction};
pub use trusted::{network_json, read_anchor, read_network};
pub use wallet::{MAX_INPUTS, MIN_CHANGE, Spendable, Wallet, WalletError};
