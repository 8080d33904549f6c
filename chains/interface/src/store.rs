//! Durable state as the chain sees it: keys and values.

/// One write to durable storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DurableWrite {
    /// The key, within the chain's own space.
    pub key: Vec<u8>,
    /// The value; `None` deletes.
    pub value: Option<Vec<u8>>,
}

impl DurableWrite {
    /// Sets `key` to `value`.
    pub fn set(key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) -> Self {
        Self { key: key.into(), value: Some(value.into()) }
    }

    /// Deletes `key`.
    pub fn delete(key: impl Into<Vec<u8>>) -> Self {
        Self { key: key.into(), value: None }
    }
}

/// What an earlier run of a chain wrote, to be read once at start.
pub trait DurableView {
    /// The value of one key.
    fn get(&self, key: &[u8]) -> Option<Vec<u8>>;

    /// All pairs whose key begins with `prefix`, in key order.
    fn scan(&self, prefix: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)>;
}

/// Nothing written yet, or a store in memory for tests.
impl DurableView for std::collections::BTreeMap<Vec<u8>, Vec<u8>> {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        Self::get(self, key).cloned()
    }

    fn scan(&self, prefix: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
        self.range(prefix.to_vec()..)
            .take_while(|(key, _)| key.starts_with(prefix))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }
}
