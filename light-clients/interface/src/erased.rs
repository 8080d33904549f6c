//! The same contract over bytes, for hosts that keep clients of several families.

use core::marker::PhantomData;
use core::time::Duration;
use std::collections::BTreeMap;

use causeway_core::{Any, BoxedRefusal, DecodeError, Height, MerklePath, Timestamp};

use crate::{
    Advance, AnyCodec, ClientTypes, ClientView, Entry, LightClient, ProofCodec, ProofContext,
    ProofVerifier, RecordWrite, Status, Verdict,
};

/// [`ClientView`] over envelopes.
pub trait RawView {
    /// The client state.
    fn client_state(&self) -> Any;
    /// The consensus state at exactly `height`.
    fn consensus_state(&self, height: Height) -> Option<Any>;
    /// The nearest consensus state below `height`.
    fn previous_consensus_state(&self, height: Height) -> Option<(Height, Any)>;
    /// The nearest consensus state above `height`.
    fn next_consensus_state(&self, height: Height) -> Option<(Height, Any)>;
    /// A private record of the client.
    fn record(&self, key: &[u8]) -> Option<Vec<u8>>;
}

/// [`Advance`] over envelopes.
#[derive(Clone, Debug, PartialEq)]
pub struct RawAdvance {
    /// The new client state.
    pub client_state: Any,
    /// The greatest verified height of the new client state.
    pub latest_height: Height,
    /// Consensus states to store or, where `None`, to delete.
    pub consensus_states: Vec<(Height, Option<Any>)>,
    /// Writes to the client's private records.
    pub records: Vec<RecordWrite>,
}

/// [`Verdict`] over envelopes.
#[derive(Clone, Debug, PartialEq)]
pub enum RawVerdict {
    /// New heights are trusted.
    Advance(RawAdvance),
    /// Nothing new.
    AlreadyKnown,
    /// The frozen client state to store.
    Misbehaviour(Any),
}

/// The trusted side of a state proof, over envelopes.
#[derive(Clone, Copy, Debug)]
pub struct RawContext<'a> {
    /// The client state.
    pub client_state: &'a Any,
    /// The height whose state the proof is about.
    pub height: Height,
    /// The consensus state of that height.
    pub consensus_state: &'a Any,
}

/// A light client of any family.
pub trait ErasedClient: Send + Sync {
    /// See [`ClientTypes::CLIENT_TYPE`].
    fn client_type(&self) -> &'static str;
    /// True when the envelope holds a client state of this family.
    fn recognises(&self, client_state: &Any) -> bool;
    /// See [`ClientTypes::latest_height`].
    fn latest_height(&self, client_state: &Any) -> Result<Height, BoxedRefusal>;
    /// See [`ClientTypes::timestamp`].
    fn timestamp(&self, consensus_state: &Any) -> Result<Timestamp, BoxedRefusal>;
    /// See [`ClientTypes::trusting_period`].
    fn trusting_period(&self, client_state: &Any) -> Result<Option<Duration>, BoxedRefusal>;
    /// See [`ClientTypes::is_expired`].
    fn is_expired(
        &self,
        client_state: &Any,
        consensus_state: &Any,
        now: Timestamp,
    ) -> Result<bool, BoxedRefusal>;
    /// See [`LightClient::initialise`].
    fn initialise(
        &self,
        client_state: &Any,
        consensus_state: &Any,
        now: Timestamp,
    ) -> Result<RawAdvance, BoxedRefusal>;
    /// See [`LightClient::status`].
    fn status(&self, view: &dyn RawView, now: Timestamp) -> Result<Status, BoxedRefusal>;
    /// See [`LightClient::verify_client_message`].
    fn verify_client_message(
        &self,
        view: &dyn RawView,
        message: &Any,
        now: Timestamp,
    ) -> Result<RawVerdict, BoxedRefusal>;
    /// See [`LightClient::is_left_behind`].
    fn is_left_behind(&self, view: &dyn RawView, substitute: &Any) -> Result<bool, BoxedRefusal>;
    /// See [`LightClient::recover`].
    fn recover(&self, subject: &Any, substitute: &Any) -> Result<Any, BoxedRefusal>;
    /// See [`ProofVerifier::verify_membership`].
    fn verify_membership(
        &self,
        context: RawContext<'_>,
        proof: &[u8],
        entry: &Entry,
    ) -> Result<(), BoxedRefusal>;
    /// See [`ProofVerifier::verify_non_membership`].
    fn verify_non_membership(
        &self,
        context: RawContext<'_>,
        proof: &[u8],
        path: &MerklePath,
    ) -> Result<(), BoxedRefusal>;
    /// See [`ProofVerifier::verify_memberships`].
    fn verify_memberships(
        &self,
        context: RawContext<'_>,
        proof: &[u8],
        entries: &[Entry],
    ) -> Result<(), BoxedRefusal>;
}

/// Light clients by type: what a host is given at start.
#[derive(Default)]
pub struct ClientRegistry(BTreeMap<&'static str, Box<dyn ErasedClient>>);

impl core::fmt::Debug for ClientRegistry {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl ClientRegistry {
    /// Adds the client `C` under its type.
    #[must_use]
    pub fn with<C: LightClient + ProofVerifier>(mut self) -> Self {
        self.0.insert(C::CLIENT_TYPE, Box::new(Erased::<C>(PhantomData)));
        self
    }

    /// The client of the given type.
    pub fn by_type(&self, client_type: &str) -> Option<&dyn ErasedClient> {
        self.0.get(client_type).map(AsRef::as_ref)
    }

    /// The client that the envelope's client state is for.
    pub fn by_client_state(&self, client_state: &Any) -> Option<&dyn ErasedClient> {
        self.0.values().map(AsRef::as_ref).find(|client| client.recognises(client_state))
    }
}

/// A typed client seen through envelopes.
struct Erased<C>(PhantomData<fn() -> C>);

/// A raw view with the client state decoded once. A stored envelope that does not decode counts
/// as absent, so that a corrupted host can only make the client refuse.
struct TypedView<'a, C: ClientTypes> {
    raw: &'a dyn RawView,
    client_state: C::ClientState,
}

impl<'a, C: ClientTypes> TypedView<'a, C> {
    fn new(raw: &'a dyn RawView) -> Result<Self, DecodeError> {
        Ok(Self { raw, client_state: C::ClientState::from_any(&raw.client_state())? })
    }
}

fn typed<T: AnyCodec>((height, any): (Height, Any)) -> Option<(Height, T)> {
    T::from_any(&any).ok().map(|state| (height, state))
}

impl<C: ClientTypes> ClientView<C> for TypedView<'_, C> {
    fn client_state(&self) -> &C::ClientState {
        &self.client_state
    }

    fn consensus_state(&self, height: Height) -> Option<C::ConsensusState> {
        self.raw.consensus_state(height).and_then(|any| C::ConsensusState::from_any(&any).ok())
    }

    fn previous_consensus_state(&self, height: Height) -> Option<(Height, C::ConsensusState)> {
        self.raw.previous_consensus_state(height).and_then(typed)
    }

    fn next_consensus_state(&self, height: Height) -> Option<(Height, C::ConsensusState)> {
        self.raw.next_consensus_state(height).and_then(typed)
    }

    fn record(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.raw.record(key)
    }
}

fn raw_advance<C: ClientTypes>(advance: Advance<C>) -> RawAdvance {
    RawAdvance {
        latest_height: C::latest_height(&advance.client_state),
        client_state: advance.client_state.to_any(),
        consensus_states: advance
            .consensus_states
            .into_iter()
            .map(|(height, state)| (height, state.map(|state| state.to_any())))
            .collect(),
        records: advance.records,
    }
}

/// Decodes both sides of a proof check and runs it.
fn with_context<C: ClientTypes, P: ProofCodec>(
    raw: RawContext<'_>,
    proof: &[u8],
    check: impl FnOnce(&ProofContext<'_, C>, &P) -> Result<(), C::Error>,
) -> Result<(), BoxedRefusal> {
    let context = ProofContext {
        client_state: &C::ClientState::from_any(raw.client_state)?,
        height: raw.height,
        consensus_state: &C::ConsensusState::from_any(raw.consensus_state)?,
    };
    Ok(check(&context, &P::from_bytes(proof)?)?)
}

impl<C: LightClient + ProofVerifier> ErasedClient for Erased<C> {
    fn client_type(&self) -> &'static str {
        C::CLIENT_TYPE
    }

    fn recognises(&self, client_state: &Any) -> bool {
        C::ClientState::from_any(client_state).is_ok()
    }

    fn latest_height(&self, client_state: &Any) -> Result<Height, BoxedRefusal> {
        Ok(C::latest_height(&C::ClientState::from_any(client_state)?))
    }

    fn timestamp(&self, consensus_state: &Any) -> Result<Timestamp, BoxedRefusal> {
        Ok(C::timestamp(&C::ConsensusState::from_any(consensus_state)?))
    }

    fn trusting_period(&self, client_state: &Any) -> Result<Option<Duration>, BoxedRefusal> {
        Ok(C::trusting_period(&C::ClientState::from_any(client_state)?))
    }

    fn is_expired(
        &self,
        client_state: &Any,
        consensus_state: &Any,
        now: Timestamp,
    ) -> Result<bool, BoxedRefusal> {
        let client_state = C::ClientState::from_any(client_state)?;
        Ok(C::is_expired(&client_state, &C::ConsensusState::from_any(consensus_state)?, now))
    }

    fn initialise(
        &self,
        client_state: &Any,
        consensus_state: &Any,
        now: Timestamp,
    ) -> Result<RawAdvance, BoxedRefusal> {
        let client_state = C::ClientState::from_any(client_state)?;
        let consensus_state = C::ConsensusState::from_any(consensus_state)?;
        Ok(raw_advance(C::initialise(client_state, consensus_state, now)?))
    }

    fn status(&self, view: &dyn RawView, now: Timestamp) -> Result<Status, BoxedRefusal> {
        Ok(C::status(&TypedView::new(view)?, now))
    }

    fn verify_client_message(
        &self,
        view: &dyn RawView,
        message: &Any,
        now: Timestamp,
    ) -> Result<RawVerdict, BoxedRefusal> {
        let message = C::ClientMessage::from_any(message)?;
        Ok(match C::verify_client_message(&TypedView::new(view)?, &message, now)? {
            Verdict::Advance(advance) => RawVerdict::Advance(raw_advance(advance)),
            Verdict::AlreadyKnown => RawVerdict::AlreadyKnown,
            Verdict::Misbehaviour(frozen) => RawVerdict::Misbehaviour(frozen.to_any()),
        })
    }

    fn is_left_behind(&self, view: &dyn RawView, substitute: &Any) -> Result<bool, BoxedRefusal> {
        Ok(C::is_left_behind(&TypedView::new(view)?, &C::ClientState::from_any(substitute)?))
    }

    fn recover(&self, subject: &Any, substitute: &Any) -> Result<Any, BoxedRefusal> {
        let subject = C::ClientState::from_any(subject)?;
        Ok(C::recover(&subject, &C::ClientState::from_any(substitute)?)?.to_any())
    }

    fn verify_membership(
        &self,
        context: RawContext<'_>,
        proof: &[u8],
        entry: &Entry,
    ) -> Result<(), BoxedRefusal> {
        with_context::<C, _>(context, proof, |context, proof| {
            C::verify_membership(context, proof, entry)
        })
    }

    fn verify_non_membership(
        &self,
        context: RawContext<'_>,
        proof: &[u8],
        path: &MerklePath,
    ) -> Result<(), BoxedRefusal> {
        with_context::<C, _>(context, proof, |context, proof| {
            C::verify_non_membership(context, proof, path)
        })
    }

    fn verify_memberships(
        &self,
        context: RawContext<'_>,
        proof: &[u8],
        entries: &[Entry],
    ) -> Result<(), BoxedRefusal> {
        with_context::<C, _>(context, proof, |context, proof| {
            C::verify_memberships(context, proof, entries)
        })
    }
}
