//! Reading a client from a chain's storage.

use causeway_core::{
    Any, ClientId, Counterparty, DecodeError, Height, MerklePrefix, Sequence, decode_protobuf,
};
use causeway_light_client::RawView;
use prost::Message;

use super::keys;
use crate::host::{Order, Scan, Storage};

/// The most bytes of a stored counterparty: its prefix elements are store names.
const MAX_COUNTERPARTY_LEN: usize = 64 * 1024;

/// A client as a chain's storage has it. Nothing is charged: queries read so, and contracts charge
/// beforehand.
pub struct StoredClient<'a> {
    storage: &'a dyn Storage,
    client_id: ClientId,
    client_type: String,
    client_state: Any,
}

impl core::fmt::Debug for StoredClient<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("StoredClient")
            .field("client_id", &self.client_id)
            .field("client_type", &self.client_type)
            .finish_non_exhaustive()
    }
}

/// `ibc.core.client.v2.CounterpartyInfo`.
#[derive(Clone, PartialEq, Eq, Message)]
struct CounterpartyInfo {
    #[prost(bytes = "vec", repeated, tag = "1")]
    merkle_prefix: Vec<Vec<u8>>,
    #[prost(string, tag = "2")]
    client_id: String,
}

impl<'a> StoredClient<'a> {
    /// Looks for a client.
    pub fn open(storage: &'a dyn Storage, client_id: &ClientId) -> Option<Self> {
        let client_type = storage.get(&keys::client_type(client_id))?;
        let client_state = storage.get(&keys::client_state(client_id))?;
        Some(Self {
            storage,
            client_id: client_id.clone(),
            client_type: String::from_utf8(client_type).ok()?,
            client_state: Any::from_bytes(&client_state).ok()?,
        })
    }

    /// The kind of light client.
    pub fn client_type(&self) -> &str {
        &self.client_type
    }

    /// The other end, once it is registered.
    pub fn counterparty(&self) -> Option<Counterparty> {
        decode_counterparty(&self.storage.get(&keys::counterparty(&self.client_id))?)
    }

    /// The sequence of the next packet to be sent through the client.
    pub fn next_sequence_send(&self) -> Option<Sequence> {
        decode_sequence(&self.storage.get(&keys::next_sequence_send(&self.client_id))?)
    }

    /// Up to `limit` heights with a consensus state, above `after`, lowest first.
    pub fn heights(&self, after: Option<Height>, limit: usize) -> Vec<Height> {
        self.neighbours(after, Order::Ascending, limit)
    }

    fn neighbours(&self, after: Option<Height>, order: Order, limit: usize) -> Vec<Height> {
        let prefix = keys::heights(&self.client_id);
        let after = after.map(|height| keys::height(&self.client_id, height));
        let scan = Scan { prefix: &prefix, after: after.as_deref(), order, limit };
        let found = self.storage.scan(&scan);
        found.iter().filter_map(|(key, _)| keys::parse_height(&self.client_id, key)).collect()
    }

    fn neighbour(&self, of: Height, order: Order) -> Option<(Height, Any)> {
        let height = *self.neighbours(Some(of), order, 1).first()?;
        Some((height, self.consensus_state(height)?))
    }
}

impl RawView for StoredClient<'_> {
    fn client_state(&self) -> Any {
        self.client_state.clone()
    }

    fn consensus_state(&self, height: Height) -> Option<Any> {
        let bytes = self.storage.get(&keys::consensus_state(&self.client_id, height))?;
        Any::from_bytes(&bytes).ok()
    }

    fn previous_consensus_state(&self, height: Height) -> Option<(Height, Any)> {
        self.neighbour(height, Order::Descending)
    }

    fn next_consensus_state(&self, height: Height) -> Option<(Height, Any)> {
        self.neighbour(height, Order::Ascending)
    }

    fn record(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.storage.get(&keys::record(&self.client_id, key))
    }
}

/// A counterparty as it is stored; refused when it is too long to be read again.
pub(crate) fn encode_counterparty(counterparty: &Counterparty) -> Result<Vec<u8>, DecodeError> {
    let merkle_prefix = counterparty.prefix.elements().to_vec();
    let client_id = counterparty.client_id.to_string();
    let bytes = CounterpartyInfo { merkle_prefix, client_id }.encode_to_vec();
    if bytes.len() > MAX_COUNTERPARTY_LEN {
        let reason = format!("{} bytes, at most {MAX_COUNTERPARTY_LEN} are allowed", bytes.len());
        return Err(DecodeError::new("counterparty", reason));
    }
    Ok(bytes)
}

/// Reads what [`encode_counterparty`] wrote.
pub(crate) fn decode_counterparty(bytes: &[u8]) -> Option<Counterparty> {
    let info: CounterpartyInfo =
        decode_protobuf("counterparty", bytes, MAX_COUNTERPARTY_LEN).ok()?;
    let client_id = ClientId::new(info.client_id).ok()?;
    Some(Counterparty { client_id, prefix: MerklePrefix::new(info.merkle_prefix).ok()? })
}

/// Reads a stored sequence.
pub(crate) fn decode_sequence(bytes: &[u8]) -> Option<Sequence> {
    Sequence::new(u64::from_be_bytes(bytes.try_into().ok()?))
}
