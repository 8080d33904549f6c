//! Half bytes.

/// The nibbles of a key, one a byte.
pub(super) fn unpack(key: &[u8]) -> Vec<u8> {
    key.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]).collect()
}

/// The bytes of an even count of nibbles.
pub(super) fn pack(nibbles: &[u8]) -> Vec<u8> {
    nibbles.chunks(2).map(|pair| pair.iter().fold(0, |byte, nibble| byte << 4 | nibble)).collect()
}

/// The hex prefix encoding (Yellow Paper, appendix C): a flag for leaves and one for odd counts
/// before the nibbles.
pub(super) fn hex_prefix(nibbles: &[u8], is_leaf: bool) -> Vec<u8> {
    let flag = if is_leaf { 0x20 } else { 0 };
    match nibbles.split_first() {
        Some((first, rest)) if !nibbles.len().is_multiple_of(2) => {
            let mut bytes = vec![flag | 0x10 | first];
            bytes.extend(pack(rest));
            bytes
        }
        _ => {
            let mut bytes = vec![flag];
            bytes.extend(pack(nibbles));
            bytes
        }
    }
}

/// How many nibbles two paths have in common at the start.
pub(super) fn common(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}
