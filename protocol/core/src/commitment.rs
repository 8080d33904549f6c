//! What a chain stores of a packet and of its acknowledgement: hashes (ICS-04 v2).

use sha2::{Digest, Sha256};

use crate::{Acknowledgement, Packet, Payload};

/// The first byte under every packet hash of IBC v2.
const PROTOCOL_VERSION: u8 = 2;

/// SHA-256 of `UNIVERSAL_ERROR_ACKNOWLEDGEMENT`: the one answer that means failure.
pub const ERROR_ACKNOWLEDGEMENT: [u8; 32] = [
    0x47, 0x74, 0xd4, 0xa5, 0x75, 0x99, 0x3f, 0x96, 0x3b, 0x1c, 0x06, 0x57, 0x37, 0x36, 0x61, 0x7a,
    0x45, 0x7a, 0xbe, 0xf8, 0x58, 0x91, 0x78, 0xdb, 0x8d, 0x10, 0xc9, 0x4b, 0x4a, 0xb5, 0x11, 0xab,
];

/// The hash that the source chain stores for a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PacketCommitment(pub [u8; 32]);

/// The hash that the destination chain stores for an acknowledgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AcknowledgementCommitment(pub [u8; 32]);

fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

impl Payload {
    /// SHA-256 over the hashes of the five fields, in order.
    fn hash(&self) -> [u8; 32] {
        let fields = [
            self.source_port.as_str().as_bytes(),
            self.dest_port.as_str().as_bytes(),
            self.version.as_bytes(),
            self.encoding.as_bytes(),
            &self.value,
        ];
        let mut hasher = Sha256::new();
        for field in fields {
            hasher.update(sha256(field));
        }
        hasher.finalize().into()
    }
}

impl Packet {
    /// Version byte, then the hashes of destination client, timeout (eight big-endian bytes) and
    /// payload hashes. Source client and sequence are in the path only.
    pub fn commitment(&self) -> PacketCommitment {
        let mut payloads = Sha256::new();
        for payload in &self.payloads {
            payloads.update(payload.hash());
        }
        let mut hasher = Sha256::new_with_prefix([PROTOCOL_VERSION]);
        hasher.update(sha256(self.dest_client.as_str().as_bytes()));
        hasher.update(sha256(&self.timeout_timestamp.to_be_bytes()));
        hasher.update(payloads.finalize());
        PacketCommitment(hasher.finalize().into())
    }
}

impl Acknowledgement {
    /// Version byte, then the hash of each answer.
    pub fn commitment(&self) -> AcknowledgementCommitment {
        let mut hasher = Sha256::new_with_prefix([PROTOCOL_VERSION]);
        for answer in self.app_acknowledgements() {
            hasher.update(sha256(answer));
        }
        AcknowledgementCommitment(hasher.finalize().into())
    }
}
