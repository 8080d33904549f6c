//! Accounts of contracts, which no key can spend: 32 bytes, so that none is a key's hash. Their
//! text is the address of such a witness program, which nothing on the chain may pay.

use causeway_core::transfer::VERSION;
use causeway_core::{ClientId, PortId};
use sha2::{Digest, Sha256};

/// The chain's own coin, as packets and the bank call it: the smallest unit.
pub const NATIVE_DENOM: &str = "sat";

/// The account of a contract that is there from the beginning.
pub fn contract_account(name: &str) -> [u8; 32] {
    Sha256::digest(format!("causeway/contract/{name}")).into()
}

/// The account that holds what is locked for `client`: all of the digest whose head is the escrow
/// address of chains with shorter accounts.
pub fn escrow_account(port: &PortId, client: &ClientId) -> [u8; 32] {
    let digest = Sha256::new_with_prefix(VERSION).chain_update([0]);
    digest.chain_update(format!("{port}/{client}")).finalize().into()
}
