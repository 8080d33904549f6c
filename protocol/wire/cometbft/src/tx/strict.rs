//! Protobuf as SDK nodes read it in transactions: written-out defaults are allowed, as older
//! wallets write them, but no unknown fields, which would be signed without being understood.

use causeway_core::DecodeError;
use prost::Message;
use prost::encoding::{WireType, decode_key, decode_varint, encoded_len_varint};

/// The fields that a message may have, and the messages in them.
#[derive(Debug)]
pub(crate) struct Shape(pub(crate) &'static [(u32, Option<&'static Shape>)]);

/// Decodes a message of this shape: fields known and in order, varints as short as can be.
pub(crate) fn decode<M: Message + Default>(
    what: &'static str,
    shape: &Shape,
    bytes: &[u8],
) -> Result<M, DecodeError> {
    check(shape, bytes).map_err(|reason| DecodeError::new(what, reason))?;
    M::decode(bytes).map_err(|error| DecodeError::new(what, error.to_string()))
}

/// Shapes are no deeper than they are written, so the recursion ends.
fn check(shape: &Shape, mut bytes: &[u8]) -> Result<(), String> {
    let mut last = 0;
    while !bytes.is_empty() {
        let before = bytes.len();
        let (number, wire_type) = decode_key(&mut bytes).map_err(|error| error.to_string())?;
        let key_len = before.saturating_sub(bytes.len());
        let kind = u64::from(number).saturating_mul(8);
        if key_len != encoded_len_varint(kind) {
            return Err(format!("the key of field {number} is over-long"));
        }
        let found = shape.0.iter().find(|(known, _)| *known == number);
        let (_, inner) = found.ok_or_else(|| format!("field {number} is unknown"))?;
        if number < last {
            return Err(format!("field {number} is out of order"));
        }
        last = number;
        let value = minimal_varint(&mut bytes)?;
        match wire_type {
            WireType::Varint => {}
            WireType::LengthDelimited => {
                let len = usize::try_from(value).map_err(|error| error.to_string())?;
                let (content, rest) = bytes.split_at_checked(len).ok_or("ends too early")?;
                if let Some(inner) = inner {
                    check(inner, content)?;
                }
                bytes = rest;
            }
            other => return Err(format!("field {number} is of wire type {other:?}")),
        }
    }
    Ok(())
}

fn minimal_varint(bytes: &mut &[u8]) -> Result<u64, String> {
    let before = bytes.len();
    let value = decode_varint(bytes).map_err(|error| error.to_string())?;
    if before.saturating_sub(bytes.len()) == encoded_len_varint(value) {
        Ok(value)
    } else {
        Err("a varint is over-long".into())
    }
}
