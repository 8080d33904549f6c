//! What the prefixes of IAVL nodes hold: height, size and version as zig-zag varints. Without
//! these rules an inner node could pose as a leaf, or hide a child in its prefix (Dragonberry).

use crate::ProofError;

/// What may follow the three numbers of an inner node: the length byte of the child to come ...
const BEFORE_LEFT_CHILD: usize = 1;
/// ... or a length byte, the left child, and the length byte of the right child to come.
const BEFORE_RIGHT_CHILD: usize = 34;

/// The prefix of a leaf: height 0, size 1, any version, nothing else.
pub(crate) fn leaf_prefix(prefix: &[u8]) -> Result<(), ProofError> {
    let numbers = numbers(prefix, 0)?;
    if numbers.height != 0 {
        let (got, expected) = (numbers.height, "0".into());
        return Err(ProofError::IavlHeight { layer: 0, got, expected });
    }
    if numbers.size != 1 {
        return Err(ProofError::IavlSize { layer: 0, got: numbers.size, expected: "1" });
    }
    if numbers.remainder != 0 {
        let (got, expected) = (numbers.remainder, "none");
        return Err(ProofError::IavlRemainder { layer: 0, got, expected });
    }
    Ok(())
}

/// The prefix of the node `layer` steps above a leaf: it is at least that high.
pub(crate) fn inner_prefix(prefix: &[u8], layer: usize) -> Result<(), ProofError> {
    let numbers = numbers(prefix, layer)?;
    if usize::try_from(numbers.height).is_ok_and(|height| height < layer) {
        let (got, expected) = (numbers.height, format!("at least {layer}"));
        return Err(ProofError::IavlHeight { layer, got, expected });
    }
    if ![BEFORE_LEFT_CHILD, BEFORE_RIGHT_CHILD].contains(&numbers.remainder) {
        let (got, expected) = (numbers.remainder, "1 or 34");
        return Err(ProofError::IavlRemainder { layer, got, expected });
    }
    Ok(())
}

struct Numbers {
    height: i64,
    size: i64,
    remainder: usize,
}

/// Reads the three numbers, none of which may be negative.
fn numbers(prefix: &[u8], layer: usize) -> Result<Numbers, ProofError> {
    let unreadable =
        |field| move || ProofError::IavlVarint { layer, field, got: hex::encode(prefix) };
    let expected = "not negative";
    let (height, rest) = varint(prefix).ok_or_else(unreadable("height"))?;
    if height < 0 {
        return Err(ProofError::IavlHeight { layer, got: height, expected: expected.into() });
    }
    let (size, rest) = varint(rest).ok_or_else(unreadable("size"))?;
    if size < 0 {
        return Err(ProofError::IavlSize { layer, got: size, expected });
    }
    let (version, rest) = varint(rest).ok_or_else(unreadable("version"))?;
    if version < 0 {
        return Err(ProofError::IavlVersion { layer, got: version, expected });
    }
    Ok(Numbers { height, size, remainder: rest.len() })
}

/// A zig-zag varint in its shortest form, and what follows it.
fn varint(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let mut value = 0_u64;
    let mut rest = bytes;
    for shift in (0..u64::BITS).step_by(7) {
        let (&byte, tail) = rest.split_first()?;
        rest = tail;
        let low = u64::from(byte & 0x7f);
        let placed = low.checked_shl(shift)?;
        // In the tenth byte only one bit is left.
        if placed.checked_shr(shift)? != low {
            return None;
        }
        value |= placed;
        if byte & 0x80 == 0 {
            let is_shortest = byte != 0 || shift == 0;
            let half = i64::try_from(value >> 1).ok()?;
            let signed = if value & 1 == 0 { half } else { !half };
            return is_shortest.then_some((signed, rest));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::varint;

    #[test]
    fn varints_are_shortest_and_fit() {
        let cases: &[(&[u8], Option<i64>)] = &[
            (&[0], Some(0)),
            (&[1], Some(-1)),
            (&[2], Some(1)),
            (&[0x80, 1], Some(64)),
            (&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], Some(i64::MIN)),
            (&[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], Some(i64::MAX)),
            (&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2], None),
            (&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x81, 0], None),
            (&[0x80, 0], None),
            (&[0x80], None),
            (&[], None),
        ];
        for (bytes, expected) in cases {
            assert_eq!(varint(bytes).map(|(value, _)| value), *expected, "{bytes:?}");
        }
    }
}
