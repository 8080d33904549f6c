//! Strict reading of RLP: one encoding for each value, nothing left over.
//!
//! Header bytes are decoded by `alloy-rlp`, which refuses lengths that are not minimal or run past
//! the end. What a codec leaves to its caller is done here: an item fills its bytes exactly, and a
//! list is read to its end.

use alloy_rlp::{Decodable, Header};
use causeway_core::DecodeError;

/// One RLP item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// A byte string.
    Bytes(&'a [u8]),
    /// A list, as the encodings of its items one after another.
    List(&'a [u8]),
}

impl<'a> Item<'a> {
    /// Reads the item that `bytes` are the encoding of; refuses trailing bytes. `what` names the
    /// object for the error.
    pub fn decode(what: &'static str, bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let mut items = Items::new(what, bytes);
        let (_, item) = items.next_item()?;
        items.finish()?;
        Ok(item)
    }
}

/// The items of a list, read one after another.
#[derive(Clone, Debug)]
pub struct Items<'a> {
    what: &'static str,
    rest: &'a [u8],
}

impl<'a> Items<'a> {
    /// The items whose encodings make up `payload`.
    pub fn new(what: &'static str, payload: &'a [u8]) -> Self {
        Self { what, rest: payload }
    }

    /// The items of the list that `bytes` are the encoding of.
    pub fn of_list(what: &'static str, bytes: &'a [u8]) -> Result<Self, DecodeError> {
        match Item::decode(what, bytes)? {
            Item::List(payload) => Ok(Self::new(what, payload)),
            Item::Bytes(_) => Err(DecodeError::new(what, "a byte string where a list belongs")),
        }
    }

    /// True when every item was read.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    fn malformed(&self, error: alloy_rlp::Error) -> DecodeError {
        DecodeError::new(self.what, error.to_string())
    }

    /// The next item, with its whole encoding.
    #[inline]
    pub fn next_item(&mut self) -> Result<(&'a [u8], Item<'a>), DecodeError> {
        let start = self.rest;
        let mut rest = start;
        let header = Header::decode(&mut rest).map_err(|error| self.malformed(error))?;
        let split = rest.split_at_checked(header.payload_length);
        let encoding_len = start
            .len()
            .checked_sub(rest.len())
            .and_then(|header_len| header_len.checked_add(header.payload_length));
        let encoding = encoding_len.and_then(|len| start.get(..len));
        let (Some((payload, after)), Some(encoding)) = (split, encoding) else {
            return Err(self.malformed(alloy_rlp::Error::InputTooShort));
        };
        self.rest = after;
        let item = if header.list { Item::List(payload) } else { Item::Bytes(payload) };
        Ok((encoding, item))
    }

    /// The next item, which must be a byte string.
    pub fn next_bytes(&mut self) -> Result<&'a [u8], DecodeError> {
        match self.next_item()?.1 {
            Item::Bytes(bytes) => Ok(bytes),
            Item::List(_) => Err(self.malformed(alloy_rlp::Error::UnexpectedList)),
        }
    }

    /// The next item, which must be a list.
    pub fn next_list(&mut self) -> Result<Self, DecodeError> {
        match self.next_item()?.1 {
            Item::List(payload) => Ok(Self::new(self.what, payload)),
            Item::Bytes(_) => Err(self.malformed(alloy_rlp::Error::UnexpectedString)),
        }
    }

    /// The next item as a value: integers without leading zeros, fixed byte strings.
    pub fn next_value<T: Decodable>(&mut self) -> Result<T, DecodeError> {
        T::decode(&mut self.rest).map_err(|error| DecodeError::new(self.what, error.to_string()))
    }

    /// Refuses items that are left over.
    pub fn finish(self) -> Result<(), DecodeError> {
        if self.rest.is_empty() {
            return Ok(());
        }
        Err(DecodeError::new(self.what, format!("{} bytes are left over", self.rest.len())))
    }
}
