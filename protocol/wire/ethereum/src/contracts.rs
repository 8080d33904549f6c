//! Where the bundled chain's contracts are, and where they keep what counterparties prove.

use alloy_primitives::{Address, B256, U256, address, b256, keccak256};
use causeway_core::PacketPath;

pub use causeway_client_ethereum::execution::router::storage_key;

/// The router (ICS-26), which keeps the traces of packets.
pub const ROUTER: Address = address!("ca00000000000000000000000000000000000026");
/// Token transfer (ICS-20).
pub const TRANSFER: Address = address!("ca00000000000000000000000000000000000020");
/// Message passing (ICS-27 GMP).
pub const GMP: Address = address!("ca00000000000000000000000000000000000027");
/// Views of packets' traces.
pub const HELPER: Address = address!("ca00000000000000000000000000000000000004");
/// The contracts' own records, by their hashes (ICS-24).
pub const STORE: Address = address!("ca00000000000000000000000000000000000024");
/// The example contract that other chains call.
pub const COUNTER: Address = address!("ca000000000000000000000000000000000000c0");
/// The native coin as an ERC-20.
pub const WRAPPED_ETHER: Address = address!("ca000000000000000000000000000000000000e7");
/// The first developers' token, of 18 decimals.
pub const TOKEN_A: Address = address!("ca000000000000000000000000000000000000a0");
/// The second developers' token, of 6 decimals.
pub const TOKEN_B: Address = address!("ca000000000000000000000000000000000000b0");

/// Base slot of the router's mapping from hashed paths to traces: the ERC-7201 location of
/// `ibc.storage.IBCStore`. The slot after it is that of the sequences sent by client.
pub const COMMITMENT_SLOT: B256 =
    b256!("1260944489272988d9df285149b5aa1b0f48f2136d6f416159f840a3e0747600");

/// Base slot of the router's clients: the ERC-7201 location of `ibc.storage.ICS02Client`. Two
/// slots after it the number of clients is kept.
pub const CLIENT_SLOT: B256 =
    b256!("515a8336edcaab4ae6524d41223c1782132890f89189ba6632107a7b5a449600");

/// The slot of a packet's trace in the router's storage.
pub fn trace_slot(path: &PacketPath) -> B256 {
    storage_key(&COMMITMENT_SLOT, &path.to_bytes())
}

/// The slot of a mapping from texts, at the base slot so many after `base`.
pub fn text_slot(base: &B256, offset: u64, key: &str) -> B256 {
    keccak256([key.as_bytes(), offset_slot(base, offset).as_slice()].concat())
}

/// The slot so many after `base`.
pub fn offset_slot(base: &B256, offset: u64) -> B256 {
    U256::from_be_bytes(base.0).wrapping_add(U256::from(offset)).into()
}

/// The slot of a mapping from addresses, at base slot number `slot`: how ERC-20 contracts keep
/// balances.
pub fn address_slot(slot: B256, key: &Address) -> B256 {
    keccak256([key.into_word(), slot].concat())
}

/// The address of the contract of a client.
pub fn client_address(client_id: &str) -> Address {
    derived(ROUTER, keccak256(client_id))
}

/// The address of the ERC-20 of a voucher, from the path of its denomination.
pub fn voucher_address(path: &str) -> Address {
    derived(TRANSFER, keccak256(path))
}

/// As CREATE2 derives addresses (EIP-1014), of no creation code.
pub fn derived(creator: Address, salt: B256) -> Address {
    creator.create2(salt, keccak256([]))
}

#[cfg(test)]
mod tests {
    use causeway_core::{ClientId, Sequence};

    use super::*;

    /// The published layout of `ibc.storage.<name>` (ERC-7201).
    fn location(name: &str) -> B256 {
        let inner = U256::from_be_bytes(keccak256(format!("ibc.storage.{name}")).0);
        let mut location = keccak256(inner.wrapping_sub(U256::ONE).to_be_bytes::<32>());
        location.0[31] = 0;
        location
    }

    #[test]
    fn slots_are_the_published_ones() {
        assert_eq!(location("IBCStore"), COMMITMENT_SLOT);
        assert_eq!(location("ICS02Client"), CLIENT_SLOT);
        let client = || ClientId::new("client-0").unwrap();
        for (path, slot) in [
            (
                PacketPath::commitment(client(), Sequence::FIRST),
                b256!("79a5307f4993e7eb3894d3aafa592f86bb1b605ca1a506e595f1874343b9a987"),
            ),
            (
                PacketPath::receipt(client(), Sequence::FIRST),
                b256!("453d813aa9a6ebc4d56f75f654ce2d9ff3a77589ccc61150cd21014f1960005b"),
            ),
            (
                PacketPath::acknowledgement(client(), Sequence::FIRST),
                b256!("7c1a2709fae778c2c9c5a10580f0cf56fd64daf820a325c53db121cad2bf286a"),
            ),
        ] {
            assert_eq!(trace_slot(&path), slot);
        }
        assert_eq!(
            text_slot(&COMMITMENT_SLOT, 1, "client-0"),
            b256!("3f26560d696c7c208e3fbf3612fb9dbeae9a1e755ce5029e04347185bdd0c27f")
        );
    }
}
