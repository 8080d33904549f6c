//! Client states, client messages and state proofs of every family, behind the erased border: what
//! a chain hands to its light clients from outside.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::Duration;

use causeway_core::{Any, ClientId, Height, MerklePath, PacketPath, Sequence, Timestamp};
use causeway_light_client::{ClientRegistry, Entry, RawContext, RawVerdict, RawView};
use prost::Message;

use crate::harness::bitcoin::Bitcoin;
use crate::harness::cometbft::Cometbft;
use crate::harness::ethereum::Ethereum;
use crate::harness::{Family, Traces};

/// A client as its host stores it.
struct Stored {
    client_state: Any,
    consensus_states: BTreeMap<Height, Any>,
    records: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl RawView for Stored {
    fn client_state(&self) -> Any {
        self.client_state.clone()
    }

    fn consensus_state(&self, height: Height) -> Option<Any> {
        self.consensus_states.get(&height).cloned()
    }

    fn previous_consensus_state(&self, height: Height) -> Option<(Height, Any)> {
        self.consensus_states.range(..height).next_back().map(|(h, state)| (*h, state.clone()))
    }

    fn next_consensus_state(&self, height: Height) -> Option<(Height, Any)> {
        let above = self.consensus_states.range(height..).find(|(h, _)| **h > height);
        above.map(|(h, state)| (*h, state.clone()))
    }

    fn record(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.records.get(key).cloned()
    }
}

/// One chain of a family, and a client of it.
struct Subject {
    stored: Stored,
    /// The height that the client trusts.
    height: Height,
    /// When the messages are judged.
    now: Timestamp,
    /// Honest messages, a forged one, and evidence.
    messages: Vec<Any>,
    /// What is there.
    entries: Vec<Entry>,
    /// Where nothing is.
    absent: MerklePath,
    /// Honest proofs: of the first entry, of absence, of all entries.
    proofs: [Vec<u8>; 3],
}

fn registry() -> &'static ClientRegistry {
    static CLIENTS: OnceLock<ClientRegistry> = OnceLock::new();
    CLIENTS.get_or_init(causeway_client_registry::all)
}

fn path(sequence: u64) -> PacketPath {
    let client = ClientId::new("client-0").unwrap();
    PacketPath::commitment(client, Sequence::new(sequence).unwrap())
}

fn traces(count: u8) -> Traces {
    (1..=count).map(|sequence| (path(sequence.into()), vec![sequence; 32])).collect()
}

fn subject(mut chain: impl Family) -> Subject {
    let start = Timestamp::from_secs(1_700_000_600).unwrap();
    let now = chain.commit(&traces(3), start);
    let (created, height) = (chain.new_client(Duration::from_hours(48)), chain.head());
    let prefix = chain.prefix();
    let entries = traces(3).into_iter().map(|(path, value)| {
        let path = prefix.apply(&path.to_bytes());
        Entry { path, value }
    });
    let paths: Vec<_> = traces(3).into_keys().collect();
    let proofs = [
        chain.membership(height, &paths[0]),
        chain.non_membership(height, &path(9)),
        chain.memberships(height, &paths),
    ];
    let entries = entries.collect();
    let later = Timestamp::from_secs(now.secs() + 60).unwrap();
    let now = chain.commit(&traces(4), later);
    let mut messages = chain.updates(height);
    messages.push(chain.forged_update(height));
    messages.extend(chain.misbehaviour(height));
    let client = registry().by_client_state(&created.client_state).unwrap();
    let advance = client
        .initialise(&created.client_state, &created.consensus_state, now)
        .unwrap_or_else(|error| panic!("{error}"));
    let consensus_states =
        advance.consensus_states.into_iter().filter_map(|(h, state)| Some((h, state?)));
    let records = advance.records.into_iter().filter_map(|write| Some((write.key, write.value?)));
    let stored = Stored {
        client_state: advance.client_state,
        consensus_states: consensus_states.collect(),
        records: records.collect(),
    };
    let absent = prefix.apply(&path(9).to_bytes());
    // Clocks are ahead of everything that the chains made.
    let now = Timestamp::from_secs(now.secs() + 600).unwrap();
    Subject { stored, height, now, messages, entries, absent, proofs }
}

fn subjects() -> &'static [Subject; 3] {
    static SUBJECTS: OnceLock<[Subject; 3]> = OnceLock::new();
    SUBJECTS.get_or_init(|| {
        [subject(Bitcoin::new(1)), subject(Ethereum::new(1)), subject(Cometbft::new(1))]
    })
}

/// A message in its envelope, for the client of every family.
pub(super) fn messages(bytes: &[u8]) {
    let Ok(message) = Any::from_bytes(bytes) else { return };
    assert_eq!(message.encode_to_vec(), bytes, "two encodings of one message");
    for subject in subjects() {
        let client = registry().by_client_state(&subject.stored.client_state).unwrap();
        match client.verify_client_message(&subject.stored, &message, subject.now) {
            Ok(RawVerdict::Advance(advance)) => {
                assert!(client.recognises(&advance.client_state));
            }
            Ok(RawVerdict::Misbehaviour(frozen)) => assert!(client.recognises(&frozen)),
            Ok(RawVerdict::AlreadyKnown) => {}
            Err(refusal) => assert!(!refusal.code().is_empty()),
        }
    }
}

pub(super) fn messages_seeds() -> Vec<Vec<u8>> {
    let messages = subjects().iter().flat_map(|subject| &subject.messages);
    messages.map(Message::encode_to_vec).collect()
}

/// A client state or a consensus state in its envelope.
pub(super) fn states(bytes: &[u8]) {
    let Ok(state) = Any::from_bytes(bytes) else { return };
    for subject in subjects() {
        let Stored { client_state, consensus_states, .. } = &subject.stored;
        let client = registry().by_client_state(client_state).unwrap();
        let consensus_state = &consensus_states[&subject.height];
        let _ = client.timestamp(&state);
        let _ = client.is_expired(client_state, &state, subject.now);
        let _ = client.initialise(client_state, &state, subject.now);
        if !client.recognises(&state) {
            continue;
        }
        let _ = client.latest_height(&state);
        let _ = client.is_expired(&state, consensus_state, subject.now);
        let _ = client.initialise(&state, consensus_state, subject.now);
        let _ = client.recover(&state, client_state);
        let _ = client.recover(client_state, &state);
    }
}

pub(super) fn states_seeds() -> Vec<Vec<u8>> {
    let states = subjects().iter().flat_map(|subject| {
        let consensus_state = &subject.stored.consensus_states[&subject.height];
        [&subject.stored.client_state, consensus_state]
    });
    states.map(Message::encode_to_vec).collect()
}

/// A proof, of the family and kind that the first byte selects. The one that the chain gives is
/// the only one there is of what is there.
pub(super) fn proofs(bytes: &[u8]) {
    let Some((selector, proof)) = bytes.split_first() else { return };
    let selector = usize::from(*selector) % 9;
    let (subject, kind) = (&subjects()[selector / 3], selector % 3);
    let client = registry().by_client_state(&subject.stored.client_state).unwrap();
    let context = RawContext {
        client_state: &subject.stored.client_state,
        height: subject.height,
        consensus_state: &subject.stored.consensus_states[&subject.height],
    };
    let judged = match kind {
        0 => client.verify_membership(context, proof, &subject.entries[0]),
        1 => client.verify_non_membership(context, proof, &subject.absent),
        _ => client.verify_memberships(context, proof, &subject.entries),
    };
    let is_honest = proof == subject.proofs[kind];
    // A proof of absence by ICS-23 has the absent key in it, as a note that nothing depends on.
    let has_note = kind == 1 && client.client_type() != "ethereum";
    if is_honest || !has_note {
        let family = client.client_type();
        assert_eq!(judged.is_ok(), is_honest, "{family}, kind {kind}: {judged:?}");
    }
}

pub(super) fn proofs_seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (family, subject) in (0_u8..).zip(subjects()) {
        for (kind, proof) in (0_u8..).zip(&subject.proofs) {
            seeds.push([&[family * 3 + kind][..], proof].concat());
        }
    }
    seeds
}
