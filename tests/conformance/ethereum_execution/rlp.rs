//! RLP: what is canonical is read and written back, what is not is refused.

use alloy_primitives::U256;
use alloy_rlp::{Encodable, Header};
use causeway_client_ethereum::execution::rlp::{Item, Items};
use causeway_core::DecodeError;
use causeway_tests::vectors::Vectors;
use serde_json::Value;

use super::bytes;

/// Reads an encoding to its last item.
fn read(encoding: &[u8]) -> Result<(), DecodeError> {
    if let Item::List(payload) = Item::decode("item", encoding)? {
        let mut items = Items::new("item", payload);
        while !items.is_empty() {
            read(items.next_item()?.0)?;
        }
    }
    Ok(())
}

pub(super) fn invalid(vectors: &Vectors, file: &str) {
    let cases = vectors.json(file);
    assert!(cases.as_object().unwrap().len() >= 24);
    for (name, case) in cases.as_object().unwrap() {
        assert!(read(&bytes(&case["out"])).is_err(), "{name} is accepted");
    }
}

pub(super) fn canonical(vectors: &Vectors, file: &str) {
    for (name, case) in vectors.json(file).as_object().unwrap() {
        let encoding = bytes(&case["out"]);
        assert_eq!(encode(&case["in"]), encoding, "{name}");
        read(&encoding).unwrap_or_else(|error| panic!("{name}: {error}"));
        agrees(&case["in"], &encoding);
    }
}

/// The bytes that a JSON value stands for; a text after `#` is a decimal number.
fn string(value: &Value) -> Vec<u8> {
    let trimmed = |number: U256| number.to_be_bytes_trimmed_vec();
    match value {
        Value::Number(number) => trimmed(U256::from(number.as_u64().unwrap())),
        Value::String(text) => match text.strip_prefix('#') {
            Some(
                "115792089237316195423570985008687907853269984665640564039457584007913129639936",
            ) => [&[1][..], &[0; 32]].concat(),
            Some(number) => trimmed(U256::from_str_radix(number, 10).unwrap()),
            None => text.chars().map(|c| u8::try_from(c).unwrap()).collect(),
        },
        other => panic!("{other}"),
    }
}

fn encode(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    if let Value::Array(items) = value {
        let payload: Vec<u8> = items.iter().flat_map(encode).collect();
        Header { list: true, payload_length: payload.len() }.encode(&mut out);
        out.extend(payload);
    } else {
        string(value).as_slice().encode(&mut out);
    }
    out
}

/// The reader sees the value that was written.
fn agrees(value: &Value, encoding: &[u8]) {
    match (value, Item::decode("item", encoding).unwrap()) {
        (Value::Array(values), Item::List(payload)) => {
            let mut items = Items::new("item", payload);
            for value in values {
                agrees(value, items.next_item().unwrap().0);
            }
            items.finish().unwrap();
        }
        (value, Item::Bytes(read)) => assert_eq!(read, string(value)),
        (value, Item::List(_)) => panic!("a list for {value}"),
    }
}
