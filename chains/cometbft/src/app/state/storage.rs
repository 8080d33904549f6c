//! Where the contracts' keys are, and their values.

use causeway_contracts::{KeyValue, Scan, Storage};

use super::{Store, Working};

/// How the applications' keys begin.
const APPS: &[u8] = b"apps/";

/// The store of a contract's key: what applications keep is apart, so that none of it can pass for
/// a trace of a packet.
fn store_of(key: &[u8]) -> Store {
    if key.starts_with(APPS) { Store::Contracts } else { Store::Ibc }
}

/// A contract's value as the store has it. An empty one would have no proof, so that values of
/// zeros alone get one more; all others, and with them all that others read, are as they are.
fn encode_value(mut value: Vec<u8>) -> Vec<u8> {
    if value.iter().all(|byte| *byte == 0) {
        value.push(0);
    }
    value
}

/// Reads what [`encode_value`] gave.
fn decode_value(value: &[u8]) -> Vec<u8> {
    match value.split_last() {
        Some((0, rest)) if rest.iter().all(|byte| *byte == 0) => rest.to_vec(),
        _ => value.to_vec(),
    }
}

/// What contracts keep.
impl Storage for Working {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.value(store_of(key), key).map(|value| decode_value(&value))
    }

    fn set(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.put(store_of(&key), key, encode_value(value));
    }

    fn delete(&mut self, key: &[u8]) {
        self.remove(store_of(key), key.to_vec());
    }

    fn scan(&self, scan: &Scan<'_>) -> Vec<KeyValue> {
        let found = self.page(store_of(scan.prefix), scan).into_iter();
        found.map(|(key, value)| (key, decode_value(&value))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_and_are_never_empty() {
        for value in [&b""[..], b"\0", b"\0\0\0", b"\0\x01", b"\x01\0", b"text"] {
            let stored = encode_value(value.to_vec());
            assert!(!stored.is_empty());
            assert_eq!(decode_value(&stored), value);
        }
        assert_eq!(encode_value(b"\x0a\0".to_vec()), b"\x0a\0");
    }
}
