//! The 80-byte header.

use causeway_core::DecodeError;

use crate::sha_ni;
use crate::{BlockHash, CompactTarget, MerkleNode, sha256d};

/// Bytes in a header.
pub const HEADER_LEN: usize = 80;

/// A header as it travels.
pub type RawHeader = [u8; HEADER_LEN];

/// A header's fields; all integers are little-endian on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Header {
    /// Signed: real headers carry negative versions, and they are refused for it (BIP65).
    pub version: i32,
    /// The parent.
    pub prev: BlockHash,
    /// Root of the tree of transaction ids.
    pub merkle_root: MerkleNode,
    /// Seconds since the Unix epoch, as the miner chose them.
    pub time: u32,
    /// The target that the hash must not exceed.
    pub bits: CompactTarget,
    /// What the miner searched for.
    pub nonce: u32,
}

/// `N` bytes of a header from position `AT` on; both are constants that fit, so that nothing is
/// checked at run time.
fn field<const AT: usize, const N: usize>(raw: &RawHeader) -> [u8; N] {
    const { assert!(AT <= HEADER_LEN && N <= HEADER_LEN.abs_diff(AT)) };
    core::array::from_fn(|i| raw.get(AT.wrapping_add(i)).copied().unwrap_or_default())
}

impl Header {
    /// Reads the fields; any 80 bytes are a header.
    pub fn from_bytes(raw: &RawHeader) -> Self {
        Self {
            version: i32::from_le_bytes(field::<0, 4>(raw)),
            prev: BlockHash(field::<4, 32>(raw)),
            merkle_root: MerkleNode(field::<36, 32>(raw)),
            time: u32::from_le_bytes(field::<68, 4>(raw)),
            bits: CompactTarget(u32::from_le_bytes(field::<72, 4>(raw))),
            nonce: u32::from_le_bytes(field::<76, 4>(raw)),
        }
    }

    /// The bytes on the wire.
    pub fn to_bytes(&self) -> RawHeader {
        let mut raw = [0; HEADER_LEN];
        let fields = self
            .version
            .to_le_bytes()
            .into_iter()
            .chain(self.prev.0)
            .chain(self.merkle_root.0)
            .chain(self.time.to_le_bytes())
            .chain(self.bits.0.to_le_bytes())
            .chain(self.nonce.to_le_bytes());
        raw.iter_mut().zip(fields).for_each(|(byte, value)| *byte = value);
        raw
    }

    /// The header's identity and its proof of work.
    pub fn hash(&self) -> BlockHash {
        BlockHash(sha256d(&self.to_bytes()))
    }
}

/// Hashes a run of headers into `hashes`, which is as long: on processors with SHA-256
/// instructions several at a time, elsewhere one by one.
pub fn hash_headers(headers: &[RawHeader], hashes: &mut [BlockHash]) {
    if sha_ni::hash_headers(headers, hashes) {
        return;
    }
    for (hash, header) in hashes.iter_mut().zip(headers) {
        *hash = BlockHash(sha256d(header));
    }
}

/// Bytes as the run of headers that they are; refused when the last one is cut short.
pub fn split_headers(bytes: &[u8]) -> Result<&[RawHeader], DecodeError> {
    match bytes.as_chunks() {
        (headers, []) => Ok(headers),
        (headers, rest) => {
            let reason = format!("{} bytes left over after {} headers", rest.len(), headers.len());
            Err(DecodeError::new("bitcoin_headers", reason))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_stand_where_the_wire_has_them() {
        let raw: RawHeader = core::array::from_fn(|i| u8::try_from(i).unwrap());
        let header = Header::from_bytes(&raw);
        assert_eq!(header.version, 0x0302_0100);
        assert_eq!((header.prev.0[0], header.prev.0[31]), (4, 35));
        assert_eq!((header.merkle_root.0[0], header.merkle_root.0[31]), (36, 67));
        assert_eq!(header.time, 0x4746_4544);
        assert_eq!(header.bits.0, 0x4b4a_4948);
        assert_eq!(header.nonce, 0x4f4e_4d4c);
        assert_eq!(header.to_bytes(), raw);
    }

    #[test]
    fn every_number_of_lanes_hashes_as_the_portable_code_does() {
        let headers: Vec<RawHeader> = (0..64_u8)
            .map(|n| {
                core::array::from_fn(|i| {
                    n.wrapping_mul(31) ^ u8::try_from(i).unwrap().wrapping_mul(17)
                })
            })
            .collect();
        for count in 0..=headers.len() {
            let mut hashes = vec![BlockHash::default(); count];
            hash_headers(&headers[..count], &mut hashes);
            for (header, hash) in headers.iter().zip(&hashes) {
                assert_eq!(hash.0, sha256d(header), "{count} headers");
            }
        }
    }

    #[test]
    fn a_header_cut_short_is_malformed() {
        assert!(split_headers(&[0; 160]).is_ok_and(|headers| headers.len() == 2));
        for len in [1, 79, 81, 159] {
            assert!(split_headers(&vec![0; len]).is_err(), "{len}");
        }
    }
}
