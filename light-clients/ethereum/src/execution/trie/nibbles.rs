//! Keys and paths, half a byte at a time.

use causeway_core::DecodeError;

use super::NODE;

/// A run of nibbles inside borrowed bytes, the high nibble of a byte first.
#[derive(Clone, Copy, Debug)]
pub struct Nibbles<'a> {
    bytes: &'a [u8],
    /// Position of the first nibble.
    start: usize,
    /// Position after the last nibble.
    end: usize,
}

impl<'a> Nibbles<'a> {
    /// All nibbles of `bytes`.
    pub fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, start: 0, end: bytes.len().saturating_mul(2) }
    }

    /// The first `count` nibbles of `bytes`, or all of them.
    pub fn first(bytes: &'a [u8], count: usize) -> Self {
        let all = Self::of(bytes);
        Self { end: all.end.min(count), ..all }
    }

    /// How many nibbles there are.
    pub fn len(self) -> usize {
        self.end.saturating_sub(self.start)
    }

    /// True when there are none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The first nibble and those after it.
    pub fn split_first(self) -> Option<(u8, Self)> {
        if self.is_empty() {
            return None;
        }
        let byte = *self.bytes.get(self.start / 2)?;
        let nibble = if self.start.is_multiple_of(2) { byte >> 4 } else { byte & 0x0f };
        Some((nibble, Self { start: self.start.checked_add(1)?, ..self }))
    }

    /// The nibbles after `prefix`; `None` when they do not begin with it.
    pub fn strip_prefix(self, prefix: Nibbles<'_>) -> Option<Self> {
        let (mut rest, mut prefix) = (self, prefix);
        while let Some((expected, prefix_rest)) = prefix.split_first() {
            let (nibble, after) = rest.split_first()?;
            if nibble != expected {
                return None;
            }
            (rest, prefix) = (after, prefix_rest);
        }
        Some(rest)
    }
}

impl Nibbles<'_> {
    /// A first odd nibble and the whole bytes after it, when the last nibble ends a byte.
    fn as_bytes(&self) -> Option<(Option<u8>, &[u8])> {
        if !self.end.is_multiple_of(2) {
            return None;
        }
        let bytes = self.bytes.get(self.start.div_ceil(2)..self.end / 2)?;
        let is_odd = !self.start.is_multiple_of(2);
        let first = is_odd.then(|| self.split_first().map(|(nibble, _)| nibble)).flatten();
        Some((first, bytes))
    }
}

impl PartialEq for Nibbles<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self.as_bytes(), other.as_bytes()) {
            (Some(ours), Some(theirs)) => ours == theirs,
            _ => self.len() == other.len() && self.strip_prefix(*other).is_some(),
        }
    }
}

/// The most nibbles of a path: those of a hashed key.
const MAX_PATH_NIBBLES: usize = 64;

/// Which node a hex-prefix path belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PathKind {
    Extension,
    Leaf,
}

/// Reads a compact path (Yellow Paper, appendix C): the first nibble holds flags, 0 to 3; a path of
/// even length has a zero nibble after it, so that a path has one encoding.
pub(super) fn hex_prefix(bytes: &[u8]) -> Result<(PathKind, Nibbles<'_>), DecodeError> {
    let malformed = |reason: String| Err(DecodeError::new(NODE, reason));
    let Some(first) = bytes.first().copied() else {
        return malformed("the path is empty, not even flags".into());
    };
    let (flags, pad) = (first >> 4, first & 0x0f);
    if flags > 3 {
        return malformed(format!("path flags {flags} are not defined"));
    }
    let is_odd = flags & 1 == 1;
    if !is_odd && pad != 0 {
        return malformed(format!("an even path is padded with {pad}, not with zero"));
    }
    let kind = if flags >= 2 { PathKind::Leaf } else { PathKind::Extension };
    let path = Nibbles { start: if is_odd { 1 } else { 2 }, ..Nibbles::of(bytes) };
    if path.len() > MAX_PATH_NIBBLES {
        return malformed(format!("a path of {} nibbles", path.len()));
    }
    Ok((kind, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read() {
        let cases: [(&[u8], PathKind, &[u8], usize); 4] = [
            (&[0x00, 0xab], PathKind::Extension, &[0xab], 2),
            (&[0x1a], PathKind::Extension, &[0xa0], 1),
            (&[0x20], PathKind::Leaf, &[], 0),
            (&[0x3f, 0x12], PathKind::Leaf, &[0xf1, 0x20], 3),
        ];
        for (bytes, kind, nibbles, count) in cases {
            assert_eq!(hex_prefix(bytes), Ok((kind, Nibbles::first(nibbles, count))));
        }
    }

    #[test]
    fn paths_have_one_encoding() {
        hex_prefix(&[0x20; 33]).unwrap();
        let cases: [&[u8]; 6] = [&[], &[0x01, 0xab], &[0x2f], &[0x40], &[0xff], &[0x20; 34]];
        for bytes in cases {
            hex_prefix(bytes).unwrap_err();
        }
    }

    #[test]
    fn prefixes_match_at_any_offset() {
        let key = Nibbles::of(&[0x12, 0x34]);
        let (first, rest) = key.split_first().unwrap();
        assert_eq!((first, rest.len()), (1, 3));
        assert_eq!(rest, Nibbles::first(&[0x23, 0x40], 3));
        assert_eq!(rest.strip_prefix(Nibbles::of(&[0x23])).map(Nibbles::len), Some(1));
        assert!(rest.strip_prefix(Nibbles::of(&[0x24])).is_none());
        assert!(rest.strip_prefix(Nibbles::of(&[0x23, 0x45])).is_none());
        assert_ne!(rest, key);
        let (_, even) = rest.split_first().unwrap();
        assert_eq!(even, Nibbles::of(&[0x34]));
        assert_ne!(even, Nibbles::of(&[0x35]));
        let (_, odd) = Nibbles::of(&[0x02, 0x34]).split_first().unwrap();
        assert_eq!(rest, odd);
        assert_eq!(rest.split_first().unwrap().1.split_first().unwrap().1.len(), 1);
    }
}
