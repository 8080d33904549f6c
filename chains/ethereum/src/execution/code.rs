//! The contracts, by the code that accounts show.
//!
//! There is no EVM: contracts are part of the chain. So that wallets see that there is one, its
//! account has code: `0xfe`, on which an EVM stops, and a name.

use std::sync::LazyLock;

use alloy_primitives::{B256, Bytes, keccak256};

/// What is at an address with code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contract {
    /// The router (ICS-26), clients included.
    Router,
    /// Token transfer (ICS-20).
    Transfer,
    /// Message passing (ICS-27 GMP).
    Gmp,
    /// Views of packets' traces.
    Helper,
    /// The contracts' own records.
    Store,
    /// The example contract.
    Counter,
    /// The native coin as an ERC-20.
    WrappedEther,
    /// A developers' ERC-20.
    Token,
    /// The ERC-20 of a voucher.
    Voucher,
    /// A client, as its own contract.
    Client,
}

/// The instruction that is none.
const INVALID: u8 = 0xfe;

static HASHES: LazyLock<Vec<(B256, Contract)>> = LazyLock::new(|| {
    Contract::ALL.into_iter().map(|contract| (keccak256(contract.code()), contract)).collect()
});

impl Contract {
    const ALL: [Self; 10] = [
        Self::Router,
        Self::Transfer,
        Self::Gmp,
        Self::Helper,
        Self::Store,
        Self::Counter,
        Self::WrappedEther,
        Self::Token,
        Self::Voucher,
        Self::Client,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Router => "router",
            Self::Transfer => "transfer",
            Self::Gmp => "gmp",
            Self::Helper => "helper",
            Self::Store => "store",
            Self::Counter => "counter",
            Self::WrappedEther => "wrapped-ether",
            Self::Token => "token",
            Self::Voucher => "voucher",
            Self::Client => "client",
        }
    }

    /// What `eth_getCode` shows.
    pub fn code(self) -> Bytes {
        [&[INVALID], b"causeway/".as_slice(), self.name().as_bytes()].concat().into()
    }

    /// Hash of the code.
    pub fn code_hash(self) -> B256 {
        keccak256(self.code())
    }

    /// The contract with that code.
    pub fn by_code_hash(hash: &B256) -> Option<Self> {
        let found = HASHES.iter().find(|(other, _)| other == hash);
        found.map(|(_, contract)| *contract)
    }

    /// True for ERC-20 contracts.
    pub const fn is_token(self) -> bool {
        matches!(self, Self::WrappedEther | Self::Token | Self::Voucher)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_tells_contracts_apart() {
        for contract in Contract::ALL {
            assert_eq!(contract.code()[0], INVALID);
            assert_eq!(Contract::by_code_hash(&contract.code_hash()), Some(contract));
        }
        assert_eq!(Contract::by_code_hash(&keccak256([])), None);
    }
}
