//! Addresses of witness programs: bech32 for version 0 (BIP173), bech32m for the later ones
//! (BIP350).

use core::fmt;

use bech32::primitives::decode::SegwitHrpstringError;
use bech32::{Fe32, Hrp, segwit};

use crate::{KeyHash, Script};

/// Opcode of a push of nothing, which version 0 is.
const OP_0: u8 = 0x00;
/// Opcode before that of the number 1: versions from 1 on are numbers.
const OP_1_MINUS_1: u8 = 0x50;

/// Which network an address is for. Networks that share a prefix are one here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AddressNetwork {
    /// Bitcoin itself: `bc`.
    Mainnet,
    /// The test networks and signets: `tb`.
    Testnet,
    /// Local networks, the bundled chain among them: `bcrt`.
    Regtest,
}

impl AddressNetwork {
    /// What addresses begin with, before the separator.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Mainnet => "bc",
            Self::Testnet => "tb",
            Self::Regtest => "bcrt",
        }
    }
}

/// Why a text is no address of a network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// A character was mistyped, or the checksum is that of another version.
    #[error("the checksum of '{got}' is wrong")]
    Checksum {
        /// The text.
        got: String,
    },
    /// It is for other chains.
    #[error("the address is for '{got}', expected '{expected}'")]
    OtherNetwork {
        /// Its prefix.
        got: String,
        /// The network's prefix.
        expected: &'static str,
    },
    /// No text of this kind, which base58 is not.
    #[error("'{got}' is no bech32 address: {reason}")]
    Malformed {
        /// The text.
        got: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// A witness program on a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    network: AddressNetwork,
    version: Fe32,
    program: Vec<u8>,
}

impl Address {
    /// The address of an account.
    pub fn of_key(account: KeyHash, network: AddressNetwork) -> Self {
        Self { network, version: Fe32::Q, program: account.0.to_vec() }
    }

    /// The address of an output script, when it is a witness program.
    pub fn of_script(script: &[u8], network: AddressNetwork) -> Option<Self> {
        let (version, program) = witness_program(script)?;
        let version = Fe32::try_from(version).ok()?;
        segwit::encode(Hrp::parse(network.prefix()).ok()?, version, program).ok()?;
        Some(Self { network, version, program: program.to_vec() })
    }

    /// Reads an address of `network`.
    pub fn parse(text: &str, network: AddressNetwork) -> Result<Self, AddressError> {
        let got = || text.chars().take(MAX_SHOWN).collect::<String>();
        let (prefix, version, program) = segwit::decode(text).map_err(|error| match error.0 {
            SegwitHrpstringError::Checksum(_) => AddressError::Checksum { got: got() },
            error => AddressError::Malformed { got: got(), reason: error.to_string() },
        })?;
        let expected = network.prefix();
        if prefix.to_lowercase() != expected {
            return Err(AddressError::OtherNetwork { got: prefix.to_lowercase(), expected });
        }
        Ok(Self { network, version, program })
    }

    /// The witness version, 0 to 16.
    pub fn version(&self) -> u8 {
        self.version.to_u8()
    }

    /// The witness program, 2 to 40 bytes.
    pub fn program(&self) -> &[u8] {
        &self.program
    }

    /// The output script that pays it.
    pub fn script(&self) -> Vec<u8> {
        let opcode = match self.version() {
            0 => OP_0,
            version => OP_1_MINUS_1.saturating_add(version),
        };
        let len = u8::try_from(self.program.len()).unwrap_or(u8::MAX);
        [&[opcode, len][..], &self.program].concat()
    }

    /// The account, when it is one of a key.
    pub fn key_hash(&self) -> Option<KeyHash> {
        match Script::of(&self.script()) {
            Script::KeyHash(account) => Some(account),
            _ => None,
        }
    }
}

/// Characters of a refused text that an error repeats: an address has at most 90.
const MAX_SHOWN: usize = 100;

/// Version and program of a script that is a witness program (BIP141).
pub(crate) fn witness_program(script: &[u8]) -> Option<(u8, &[u8])> {
    let (opcode, rest) = script.split_first()?;
    let (len, program) = rest.split_first()?;
    let version = match *opcode {
        OP_0 => 0,
        opcode => opcode.checked_sub(OP_1_MINUS_1).filter(|version| (1..=16).contains(version))?,
    };
    let is_program = usize::from(*len) == program.len() && (2..=40).contains(&program.len());
    is_program.then_some((version, program))
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = Hrp::parse(self.network.prefix()).map_err(|_| fmt::Error)?;
        segwit::encode_lower_to_fmt_unchecked(f, prefix, self.version, &self.program)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Addresses of BIP173 and BIP350 with their scripts.
    const PUBLISHED: [(&str, AddressNetwork, &str); 4] = [
        (
            "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
            AddressNetwork::Mainnet,
            "0014751e76e8199196d454941c45d1b3a323f1433bd6",
        ),
        (
            "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7",
            AddressNetwork::Testnet,
            "00201863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262",
        ),
        ("bc1sw50qgdz25j", AddressNetwork::Mainnet, "6002751e"),
        (
            "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
            AddressNetwork::Mainnet,
            "512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
        ),
    ];

    #[test]
    fn published_addresses_pay_the_published_scripts() {
        for (text, network, script) in PUBLISHED {
            let address = Address::parse(text, network).unwrap();
            assert_eq!(hex::encode(address.script()), script);
            assert_eq!(address.to_string(), text.to_lowercase());
            assert_eq!(Address::of_script(&address.script(), network), Some(address));
        }
    }

    #[test]
    fn accounts_have_addresses_of_their_network() {
        let account = KeyHash([7; 20]);
        let address = Address::of_key(account, AddressNetwork::Regtest);
        assert!(address.to_string().starts_with("bcrt1q"));
        assert_eq!(address.key_hash(), Some(account));
        assert_eq!(Address::parse(&address.to_string(), AddressNetwork::Regtest), Ok(address));
    }

    #[test]
    fn mistakes_are_told_apart() {
        let refused = |text: &str| Address::parse(text, AddressNetwork::Mainnet).unwrap_err();
        // Version 1 with the checksum of version 0.
        let old = "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd";
        for text in ["bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", old] {
            assert_eq!(refused(text), AddressError::Checksum { got: text.into() });
        }
        let got = "tb".to_owned();
        let (test, _, _) = PUBLISHED[1];
        assert_eq!(refused(test), AddressError::OtherNetwork { got, expected: "bc" });
        for text in ["", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "bc1"] {
            assert!(matches!(refused(text), AddressError::Malformed { .. }), "{text}");
        }
        for script in [&[][..], &[0x51], &[0x6a, 2, 1, 1], &[0, 3, 1, 1, 1], &[0x51, 2, 1]] {
            assert_eq!(Address::of_script(script, AddressNetwork::Mainnet), None);
        }
    }
}
