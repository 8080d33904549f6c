//! The bridge's client: the sync protocol's rules for one update, and stricter ones on top.
//!
//! - Every update must finalize a block with two thirds of the committee: no optimistic heads, no
//!   forced updates. Without finality there are no updates, which is right.
//! - When the finalized block is in a new period, the committee after it must come along, or the
//!   client could be led to where nobody can sign any more.
//! - Rules are known up to the first fork that the client state lists and this program does not
//!   know; later slots are refused.
//! - Two valid updates that contradict each other, or one that contradicts what is stored, freeze
//!   the client.
//!
//! A consensus state holds only roots. Whoever submits an update brings the committee that signed
//! it, and the keys are matched with the trusted root; decoded keys are kept in the client's
//! records, so that the next updates of the period need not bring them.
//!
//! What it rests on: sync committee messages are not slashable. Two thirds of 512 members, drawn
//! each 27 hours from all validators, can finalize anything for a client.

mod error;
mod header;
mod message;
mod misbehaviour;
mod proof;
mod records;
mod state;

use core::time::Duration;

use causeway_core::{Height, Timestamp};
use causeway_light_client::{Advance, ClientTypes, ClientView, LightClient, Status, Verdict};

use crate::chain::Slot;
use crate::execution::proof::{BatchProof, StateProof};

pub use error::ClientError;
pub use header::verify_header;
pub use message::{
    ClientMessage, Header, MAX_COMMITTEE_LEN, MAX_UPDATE_LEN, Misbehaviour, UpdateBytes,
};
pub use state::{ClientState, ConsensusState, next_consensus_state};

/// The light client of a beacon chain and its execution layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EthereumClient;

/// The height at which a slot's state is kept.
pub fn height_of(slot: Slot) -> Height {
    Height::from_block(slot.get())
}

impl ClientTypes for EthereumClient {
    const CLIENT_TYPE: &'static str = "ethereum";

    type ClientState = ClientState;
    type ConsensusState = ConsensusState;
    type ClientMessage = ClientMessage;
    type StateProof = StateProof;
    type BatchProof = BatchProof;
    type Error = ClientError;

    fn latest_height(client_state: &ClientState) -> Height {
        height_of(client_state.latest_slot)
    }

    fn timestamp(consensus_state: &ConsensusState) -> Timestamp {
        Timestamp::from_secs(consensus_state.timestamp).unwrap_or_default()
    }

    fn trusting_period(client_state: &ClientState) -> Option<Duration> {
        Some(client_state.trusting_period)
    }
}

/// When a consensus state stops being trusted.
fn expiry(client_state: &ClientState, consensus_state: &ConsensusState) -> Timestamp {
    EthereumClient::timestamp(consensus_state).saturating_add(client_state.trusting_period)
}

impl LightClient for EthereumClient {
    fn initialise(
        client_state: ClientState,
        consensus_state: ConsensusState,
        now: Timestamp,
    ) -> Result<Advance<Self>, ClientError> {
        state::check_initial(&client_state, &consensus_state, now)?;
        let height = height_of(consensus_state.slot);
        Ok(Advance {
            client_state,
            consensus_states: vec![(height, Some(consensus_state))],
            records: Vec::new(),
        })
    }

    fn status(view: &impl ClientView<Self>, now: Timestamp) -> Status {
        match check_active(view, now) {
            Ok(()) => Status::Active,
            Err(ClientError::Frozen {}) => Status::Frozen,
            Err(_) => Status::Expired,
        }
    }

    fn verify_client_message(
        view: &impl ClientView<Self>,
        message: &ClientMessage,
        now: Timestamp,
    ) -> Result<Verdict<Self>, ClientError> {
        check_active(view, now)?;
        match message {
            ClientMessage::Header(header) => verify_header(view, header, now, &mut ()),
            ClientMessage::Misbehaviour(evidence) => misbehaviour::verify(view, evidence, now),
        }
    }

    /// Nobody signs for a later period whom the client knows: it needs an update of each period in
    /// between, and a period may have ended without one.
    fn is_left_behind(view: &impl ClientView<Self>, substitute: &ClientState) -> bool {
        let state = view.client_state();
        let latest = view.consensus_state(EthereumClient::latest_height(state));
        let knows_next = latest.is_some_and(|latest| latest.next_committee.is_some());
        let own = state.chain.preset.period(state.latest_slot);
        let known = if knows_next { own.next() } else { own };
        state.chain.preset.period(substitute.latest_slot) > known
    }

    fn recover(
        subject: &ClientState,
        substitute: &ClientState,
    ) -> Result<ClientState, ClientError> {
        state::check_substitute(subject, substitute)?;
        Ok(ClientState { frozen: false, ..substitute.clone() })
    }
}

/// Not frozen, and the newest consensus state is inside the trusting period.
fn check_active(view: &impl ClientView<EthereumClient>, now: Timestamp) -> Result<(), ClientError> {
    let client_state = view.client_state();
    if client_state.frozen {
        return Err(ClientError::Frozen {});
    }
    let latest = view.consensus_state(EthereumClient::latest_height(client_state));
    let expected = latest.map(|latest| expiry(client_state, &latest)).unwrap_or_default();
    if now >= expected {
        return Err(ClientError::Expired { got: now, expected });
    }
    Ok(())
}
