//! The contract between a light client and the host that runs it.

use core::fmt::Debug;
use core::time::Duration;

use causeway_core::{Any, DecodeError, Height, MerklePath, Refusal, Timestamp};

/// Whether a client may be used (ICS-02).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Accepts updates and proofs.
    Active,
    /// Its newest consensus state is older than the trusting period.
    Expired,
    /// Misbehaviour was proven, or a rule of the family stopped it.
    Frozen,
}

/// A message that travels and is stored in a `google.protobuf.Any`.
pub trait AnyCodec: Sized {
    /// Opens the envelope; refuses other types and non-canonical bytes.
    fn from_any(any: &Any) -> Result<Self, DecodeError>;

    /// Closes the envelope.
    fn to_any(&self) -> Any;
}

/// A proof as a packet message carries it: bare bytes in the family's own form.
pub trait ProofCodec: Sized {
    /// Decodes; refuses what is over long or not canonical.
    fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError>;

    /// Encodes.
    fn to_bytes(&self) -> Vec<u8>;
}

/// The types of one family and what can be read from them without verifying anything.
pub trait ClientTypes: Sized + 'static {
    /// The name under which chains know this kind of client, such as `07-example`.
    const CLIENT_TYPE: &'static str;

    /// The client's parameters and its latest height.
    type ClientState: AnyCodec + Clone + Debug + PartialEq;
    /// What is trusted of one height: a state root and a time, and what the next update needs.
    type ConsensusState: AnyCodec + Clone + Debug + PartialEq;
    /// Input to an update: a header, or evidence of misbehaviour.
    type ClientMessage: AnyCodec + Clone + Debug;
    /// Proof of presence or absence of one value.
    type StateProof: ProofCodec + Clone + Debug;
    /// Proof of presence of several values under one root, with shared nodes.
    type BatchProof: ProofCodec + Clone + Debug;
    /// Why a message or a proof is refused.
    type Error: Refusal + From<DecodeError>;

    /// The greatest height that the client has verified.
    fn latest_height(client_state: &Self::ClientState) -> Height;

    /// The chain time of a consensus state.
    fn timestamp(consensus_state: &Self::ConsensusState) -> Timestamp;

    /// How long a consensus state may be relied on after its time; `None` for a client that never
    /// expires.
    fn trusting_period(client_state: &Self::ClientState) -> Option<Duration>;

    /// True when the consensus state is too old to be relied on at host time `now`.
    fn is_expired(
        client_state: &Self::ClientState,
        consensus_state: &Self::ConsensusState,
        now: Timestamp,
    ) -> bool {
        Self::trusting_period(client_state)
            .is_some_and(|period| Self::timestamp(consensus_state).saturating_add(period) <= now)
    }
}

/// What a client sees of its own state in the host's store. Reading only: the host writes, and
/// only what a [`Verdict`] tells it to.
pub trait ClientView<C: ClientTypes> {
    /// The client state.
    fn client_state(&self) -> &C::ClientState;

    /// The consensus state at exactly `height`.
    fn consensus_state(&self, height: Height) -> Option<C::ConsensusState>;

    /// The nearest consensus state below `height`.
    fn previous_consensus_state(&self, height: Height) -> Option<(Height, C::ConsensusState)>;

    /// The nearest consensus state above `height`.
    fn next_consensus_state(&self, height: Height) -> Option<(Height, C::ConsensusState)>;

    /// A private record of the client, as an earlier [`Advance`] wrote it.
    fn record(&self, key: &[u8]) -> Option<Vec<u8>>;
}

/// One write to a client's private records: keys and meaning are the family's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordWrite {
    /// The key, within the client's own name space.
    pub key: Vec<u8>,
    /// The new value; `None` deletes.
    pub value: Option<Vec<u8>>,
}

/// What the host must write after a verified message: all of it, or nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Advance<C: ClientTypes> {
    /// The new client state.
    pub client_state: C::ClientState,
    /// Consensus states to store, lowest height first. `None` deletes one that a reorganisation
    /// took back.
    pub consensus_states: Vec<(Height, Option<C::ConsensusState>)>,
    /// Writes to the client's private records, in order.
    pub records: Vec<RecordWrite>,
}

/// The outcome of a client message that broke no rule.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict<C: ClientTypes> {
    /// New heights are trusted.
    Advance(Advance<C>),
    /// Everything in the message was known already: nothing to write.
    AlreadyKnown,
    /// The other chain's consensus contradicts itself. The host stores this client state, whose
    /// status is [`Status::Frozen`].
    Misbehaviour(C::ClientState),
}

/// A light client: pure verification of one consensus family. It reads through a
/// [`ClientView`], gets the host's time as an argument, and writes nothing.
pub trait LightClient: ClientTypes {
    /// Checks the state that a new client starts from, and gives what the host must store.
    /// Trust in that state is the creator's; only its coherence can be checked.
    fn initialise(
        client_state: Self::ClientState,
        consensus_state: Self::ConsensusState,
        now: Timestamp,
    ) -> Result<Advance<Self>, Self::Error>;

    /// The client's status at host time `now`.
    fn status(view: &impl ClientView<Self>, now: Timestamp) -> Status;

    /// Judges a header or evidence of misbehaviour at host time `now`. Refuses when the client is
    /// not active.
    fn verify_client_message(
        view: &impl ClientView<Self>,
        message: &Self::ClientMessage,
        now: Timestamp,
    ) -> Result<Verdict<Self>, Self::Error>;

    /// True when no message leads the client in one step from what it trusts to where `substitute`
    /// is, so that it depends on messages from in between, which may never have existed. If so its
    /// host lets the authority, who can look, recover it while it is still active. Never true in
    /// families whose every stretch can be made up for later.
    fn is_left_behind(_view: &impl ClientView<Self>, _substitute: &Self::ClientState) -> bool {
        false
    }

    /// The client state with which `subject`, expired, frozen or left behind, goes on from where
    /// the active `substitute` is; refused when the two do not follow the same chain in the same
    /// way. The host gives it the substitute's consensus states and records in place of its own.
    fn recover(
        subject: &Self::ClientState,
        substitute: &Self::ClientState,
    ) -> Result<Self::ClientState, Self::Error>;
}

/// The trusted side of a state proof.
#[derive(Debug)]
pub struct ProofContext<'a, C: ClientTypes> {
    /// The client's parameters.
    pub client_state: &'a C::ClientState,
    /// The height whose state the proof is about.
    pub height: Height,
    /// What is trusted of that height.
    pub consensus_state: &'a C::ConsensusState,
}

/// One value to be found in the other chain's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where.
    pub path: MerklePath,
    /// What; not empty.
    pub value: Vec<u8>,
}

/// Verification of the other chain's state under a trusted consensus state.
pub trait ProofVerifier: ClientTypes {
    /// Accepts when `proof` shows exactly `entry.value` at `entry.path`.
    fn verify_membership(
        context: &ProofContext<'_, Self>,
        proof: &Self::StateProof,
        entry: &Entry,
    ) -> Result<(), Self::Error>;

    /// Accepts when `proof` shows that nothing is at `path`.
    fn verify_non_membership(
        context: &ProofContext<'_, Self>,
        proof: &Self::StateProof,
        path: &MerklePath,
    ) -> Result<(), Self::Error>;

    /// Accepts when one proof shows every entry; entries are 1 to [`crate::MAX_BATCH`] and the
    /// proof has a part for each, in order, and no other.
    fn verify_memberships(
        context: &ProofContext<'_, Self>,
        proof: &Self::BatchProof,
        entries: &[Entry],
    ) -> Result<(), Self::Error>;
}
