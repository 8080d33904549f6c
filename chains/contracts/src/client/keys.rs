//! Where clients are kept in a chain's plain storage: the key names that deployed chains use, and
//! two of ours (`clientType`, `records`).

use causeway_core::{ClientId, Height};

/// How many clients were created: eight big-endian bytes.
pub(crate) const NEXT_CLIENT_SEQUENCE: &[u8] = b"nextClientSequence";

fn of_client(client_id: &ClientId, rest: &str) -> Vec<u8> {
    format!("clients/{client_id}/{rest}").into_bytes()
}

/// The client state, in its envelope.
pub(crate) fn client_state(client_id: &ClientId) -> Vec<u8> {
    of_client(client_id, "clientState")
}

/// The kind of light client, as text.
pub(crate) fn client_type(client_id: &ClientId) -> Vec<u8> {
    of_client(client_id, "clientType")
}

/// The account that created the client.
pub(crate) fn creator(client_id: &ClientId) -> Vec<u8> {
    of_client(client_id, "creator")
}

/// The other end, as `ibc.core.client.v2.CounterpartyInfo`.
pub(crate) fn counterparty(client_id: &ClientId) -> Vec<u8> {
    of_client(client_id, "counterparty")
}

/// Before all consensus states.
pub(crate) fn consensus_states(client_id: &ClientId) -> Vec<u8> {
    of_client(client_id, "consensusStates/")
}

/// One consensus state, in its envelope.
pub(crate) fn consensus_state(client_id: &ClientId, height: Height) -> Vec<u8> {
    of_client(client_id, &format!("consensusStates/{height}"))
}

/// Before the index of heights, whose keys sort as heights do.
pub(crate) fn heights(client_id: &ClientId) -> Vec<u8> {
    of_client(client_id, "iterateConsensusStates")
}

/// The index entry of one height; holds the key of the consensus state.
pub(crate) fn height(client_id: &ClientId, height: Height) -> Vec<u8> {
    let mut key = heights(client_id);
    key.extend(height.revision().to_be_bytes());
    key.extend(height.height().to_be_bytes());
    key
}

/// The height that an index entry is about.
pub(crate) fn parse_height(client_id: &ClientId, key: &[u8]) -> Option<Height> {
    let (revision, height) = key.strip_prefix(&*heights(client_id))?.split_first_chunk()?;
    let height = u64::from_be_bytes(height.try_into().ok()?);
    Some(Height::new(u64::from_be_bytes(*revision), height))
}

/// Before the client's private records.
pub(crate) fn records(client_id: &ClientId) -> Vec<u8> {
    of_client(client_id, "records/")
}

/// One private record.
pub(crate) fn record(client_id: &ClientId, key: &[u8]) -> Vec<u8> {
    [&records(client_id), key].concat()
}

/// The sequence of the next packet: eight big-endian bytes.
pub(crate) fn next_sequence_send(client_id: &ClientId) -> Vec<u8> {
    format!("nextSequenceSend/{client_id}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heights_sort_as_they_count_and_read_back() {
        let client_id = ClientId::new("client-10").unwrap();
        let heights = [(0, 1), (0, 255), (0, 256), (0, u64::MAX), (1, 0), (1, 2), (256, 1)];
        let heights = heights.map(|(revision, height)| Height::new(revision, height));
        let keys = heights.map(|at| height(&client_id, at));
        assert!(keys.is_sorted());
        assert_eq!(keys.map(|key| parse_height(&client_id, &key)), heights.map(Some));
        let other = ClientId::new("client-1").unwrap();
        for key in [height(&other, heights[0]), super::heights(&client_id)] {
            assert_eq!(parse_height(&client_id, &key), None);
        }
    }
}
