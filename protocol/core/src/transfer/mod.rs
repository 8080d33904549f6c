//! Fungible token transfer (ICS-20) as IBC v2 packets carry it: the data, and the names of tokens.
//!
//! Which accounts exist and who may move what is the application's business, on each chain.

mod data;
mod denom;

use sha2::{Digest, Sha256};

use crate::{ClientId, PortId};

pub use data::{
    FungibleTokenPacketData, MAX_ACCOUNT_LEN, MAX_MEMO_LEN, SUCCESS_ACKNOWLEDGEMENT, VERSION,
};
pub use denom::{Denom, Hop, MAX_DENOM_LEN, Passage};

/// The port of the transfer application.
pub const PORT: &str = "transfer";

/// The account under which a chain of 20-byte addresses keeps what it locked for `client`:
/// the head of SHA-256 over version, a zero byte and `port/client`.
pub fn escrow_address(port: &PortId, client: &ClientId) -> [u8; 20] {
    let digest = Sha256::new_with_prefix(VERSION)
        .chain_update([0])
        .chain_update(format!("{port}/{client}"))
        .finalize();
    let mut address = [0; 20];
    address.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    address
}
