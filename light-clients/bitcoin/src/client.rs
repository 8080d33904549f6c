//! The client behind the interface's traits.

use core::time::Duration;

use causeway_core::{DecodeError, Height, Timestamp, refusals};
use causeway_light_client::{
    Advance, ClientTypes, ClientView, LightClient, RecordWrite, Status, Verdict,
};

use crate::proof::{BatchProof, StateProof, StateProofError};
use crate::records::{Records, first_records};
use crate::state::{ClientMessage, ClientState, ConsensusState};
use crate::tree::{Growth, HeaderTree, Tip, TreeError};
use crate::{Anchor, AnchorError, BlockHash, HeaderError, MerkleNode};

/// Records deleted in an update that adds none: pruning always catches up.
const PRUNE_AT_LEAST: usize = 8;

/// The longest fork window: about a year of mainnet. Bounds the records of a client, and the walk
/// from a new tip down to the newest final header.
pub const MAX_FORK_WINDOW: u32 = 52_704;

/// The proof-of-work light client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BitcoinClient {}

/// Why the client refuses.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Misbehaviour was proven.
    #[error("the client is frozen")]
    Frozen {},
    /// The newest consensus state is older than the trusting period.
    #[error("the client is expired: its newest time is {got}, the host's is {expected}")]
    Expired {
        /// Time of the newest consensus state.
        got: Timestamp,
        /// The host's time.
        expected: Timestamp,
    },
    /// Sent as misbehaviour, and is none.
    #[error("the headers up to {got} do not contradict the final header {expected}")]
    NotMisbehaviour {
        /// The last header sent.
        got: BlockHash,
        /// The newest final header.
        expected: BlockHash,
    },
    /// At least one header is needed for anything to be final.
    #[error("{got} confirmations, at least {expected} are needed")]
    NoConfirmations {
        /// Confirmations.
        got: u32,
        /// The least.
        expected: u32,
    },
    /// Forks of the chain that is not final yet must be within the window.
    #[error("a fork window of {got} headers, at least the confirmations, {expected}, are needed")]
    WindowTooShort {
        /// The window.
        got: u32,
        /// The confirmations.
        expected: u32,
    },
    /// More headers than a host is to keep.
    #[error("a fork window of {got} headers, at most {expected} are kept")]
    WindowTooLong {
        /// The window.
        got: u32,
        /// The most.
        expected: u32,
    },
    /// A magic that nobody filled in.
    #[error("the state commitments' magic is zero")]
    ZeroMagic {},
    /// A root that nobody filled in.
    #[error("the anchor's merkle root is {got}")]
    ZeroRoot {
        /// The root.
        got: MerkleNode,
    },
    /// A new client has seen no header above its anchor.
    #[error("the client starts with tip {got}, its anchor is {expected}")]
    TipIsNotAnchor {
        /// The tip.
        got: BlockHash,
        /// The anchor.
        expected: BlockHash,
    },
    /// The consensus state is of something else than the anchor.
    #[error("the consensus state is of block {got}, or has other values than {expected} gives")]
    ConsensusStateMismatch {
        /// The consensus state's block.
        got: BlockHash,
        /// The anchor.
        expected: BlockHash,
    },
    /// A substitute that follows another chain, or follows it in another way.
    #[error("the substitute differs in its {got}")]
    SubstituteDiffers {
        /// What differs.
        got: &'static str,
    },
    /// The anchor contradicts itself or its network.
    #[error(transparent)]
    Anchor(#[from] AnchorError),
    /// The headers do not fit in the tree.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// The anchor is ahead of the clock.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// A state proof fails.
    #[error(transparent)]
    Proof(#[from] StateProofError),
    /// Something does not decode.
    #[error(transparent)]
    Malformed(#[from] DecodeError),
}

refusals! {
    ClientError {
        Frozen { } => "client_frozen", Halt;
        Expired { got, expected } => "client_expired", Halt;
        NotMisbehaviour { got, expected } => "not_misbehaviour", Reject;
        NoConfirmations { got, expected } => "no_confirmations", Reject;
        WindowTooShort { got, expected } => "fork_window_too_short", Reject;
        WindowTooLong { got, expected } => "fork_window_too_long", Reject;
        ZeroMagic { } => "commitment_magic_is_zero", Reject;
        ZeroRoot { got } => "anchor_root_is_zero", Reject;
        TipIsNotAnchor { got, expected } => "tip_is_not_anchor", Reject;
        ConsensusStateMismatch { got, expected } => "consensus_state_mismatch", Reject;
        SubstituteDiffers { got } => "substitute_differs", Reject;
        @wraps Anchor, Tree, Header, Proof, Malformed;
    }
}

impl ClientTypes for BitcoinClient {
    const CLIENT_TYPE: &'static str = "bitcoin";

    type ClientState = ClientState;
    type ConsensusState = ConsensusState;
    type ClientMessage = ClientMessage;
    type StateProof = StateProof;
    type BatchProof = BatchProof;
    type Error = ClientError;

    /// The newest final height: the newest with a consensus state. The tip is ahead of it.
    fn latest_height(client_state: &ClientState) -> Height {
        Height::from_block(client_state.finalized.height)
    }

    fn timestamp(consensus_state: &ConsensusState) -> Timestamp {
        consensus_state.timestamp()
    }

    fn trusting_period(client_state: &ClientState) -> Option<Duration> {
        client_state.trusting_period
    }
}

impl LightClient for BitcoinClient {
    fn initialise(
        client_state: ClientState,
        consensus_state: ConsensusState,
        now: Timestamp,
    ) -> Result<Advance<Self>, ClientError> {
        if client_state.frozen {
            return Err(ClientError::Frozen {});
        }
        check_depths(&client_state)?;
        if client_state.commitment_magic.0 == [0; 4] {
            return Err(ClientError::ZeroMagic {});
        }
        check_anchor(&client_state, &consensus_state)?;
        check_start_time(&client_state, &consensus_state, now)?;
        let anchor = client_state.finalized;
        Ok(Advance {
            client_state,
            consensus_states: vec![(Height::from_block(anchor.height), Some(consensus_state))],
            records: first_records(&anchor),
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
        let state = view.client_state();
        let records = Records::new(view);
        let tree = HeaderTree {
            network: &state.network,
            depths: state.depths,
            finalized: &state.finalized,
            tip: state.tip,
            store: &records,
        };
        let growth = tree.grow(message.headers(), latest_time(state, now))?;
        match (growth, message) {
            (Growth::ConflictsWithFinalized, _) => {
                Ok(Verdict::Misbehaviour(ClientState { frozen: true, ..*state }))
            }
            (_, ClientMessage::Misbehaviour(headers)) => Err(ClientError::NotMisbehaviour {
                got: headers.last().map(hash_of).unwrap_or_default(),
                expected: state.finalized.header.hash(),
            }),
            (Growth::AlreadyKnown, _) => Ok(Verdict::AlreadyKnown),
            (Growth::Grown { added, tip, finalized }, _) => {
                Ok(Verdict::Advance(advance(state, &records, &added, tip, &finalized)))
            }
        }
    }

    /// The client goes on exactly where the substitute is; the host brings over the substitute's
    /// records and consensus states.
    fn recover(
        subject: &ClientState,
        substitute: &ClientState,
    ) -> Result<ClientState, ClientError> {
        let differs = |got| Err(ClientError::SubstituteDiffers { got });
        if subject.network != substitute.network {
            return differs("network");
        }
        if subject.depths != substitute.depths {
            return differs("confirmations or fork window");
        }
        if subject.commitment_magic != substitute.commitment_magic {
            return differs("commitment magic");
        }
        if substitute.frozen {
            return Err(ClientError::Frozen {});
        }
        Ok(*substitute)
    }
}

fn hash_of(raw: &crate::RawHeader) -> BlockHash {
    crate::Header::from_bytes(raw).hash()
}

/// The latest header time that is accepted, in seconds.
fn latest_time(state: &ClientState, now: Timestamp) -> u64 {
    now.saturating_add(state.max_clock_drift).secs()
}

fn check_active(view: &impl ClientView<BitcoinClient>, now: Timestamp) -> Result<(), ClientError> {
    let state = view.client_state();
    if state.frozen {
        return Err(ClientError::Frozen {});
    }
    let newest = ConsensusState::from(&state.finalized);
    check_not_expired(state, &newest, now)
}

fn check_not_expired(
    state: &ClientState,
    newest: &ConsensusState,
    now: Timestamp,
) -> Result<(), ClientError> {
    if BitcoinClient::is_expired(state, newest, now) {
        return Err(ClientError::Expired { got: newest.timestamp(), expected: now });
    }
    Ok(())
}

fn check_depths(state: &ClientState) -> Result<(), ClientError> {
    let depths = state.depths;
    if depths.confirmations == 0 {
        return Err(ClientError::NoConfirmations { got: 0, expected: 1 });
    }
    if depths.fork_window < depths.confirmations {
        let (got, expected) = (depths.fork_window, depths.confirmations);
        return Err(ClientError::WindowTooShort { got, expected });
    }
    if depths.fork_window > MAX_FORK_WINDOW {
        let (got, expected) = (depths.fork_window, MAX_FORK_WINDOW);
        return Err(ClientError::WindowTooLong { got, expected });
    }
    Ok(())
}

/// The client state, its anchor and the consensus state are about one header.
fn check_anchor(state: &ClientState, consensus_state: &ConsensusState) -> Result<(), ClientError> {
    let anchor = &state.finalized;
    anchor.validate(&state.network)?;
    if anchor.header.merkle_root == MerkleNode::default() {
        return Err(ClientError::ZeroRoot { got: anchor.header.merkle_root });
    }
    let start = Tip::of(anchor);
    if state.tip != start || state.lowest_record != anchor.height {
        return Err(ClientError::TipIsNotAnchor { got: state.tip.hash, expected: start.hash });
    }
    if *consensus_state != ConsensusState::from(anchor) {
        let (got, expected) = (consensus_state.block_hash, start.hash);
        return Err(ClientError::ConsensusStateMismatch { got, expected });
    }
    Ok(())
}

fn check_start_time(
    state: &ClientState,
    consensus_state: &ConsensusState,
    now: Timestamp,
) -> Result<(), ClientError> {
    let Anchor { height, header, .. } = state.finalized;
    let (got, expected) = (header.time, latest_time(state, now));
    if u64::from(got) > expected {
        return Err(HeaderError::FromFuture { height, got, expected }.into());
    }
    check_not_expired(state, consensus_state, now)
}

/// What the host writes for new headers.
fn advance<V: ClientView<BitcoinClient>>(
    state: &ClientState,
    records: &Records<'_, V, BitcoinClient>,
    added: &[Anchor],
    tip: Tip,
    finalized: &[Anchor],
) -> Advance<BitcoinClient> {
    let mut writes: Vec<RecordWrite> = records.add(added);
    let lowest_added = added.first().map_or(u64::MAX, |anchor| anchor.height);
    let window = u64::from(state.depths.fork_window);
    let end = tip.height.saturating_sub(window).min(lowest_added);
    let budget = added.len().saturating_mul(2).saturating_add(PRUNE_AT_LEAST);
    let lowest_record = records.prune(state.lowest_record, end, budget, &mut writes);
    Advance {
        client_state: ClientState {
            finalized: finalized.last().copied().unwrap_or(state.finalized),
            tip,
            lowest_record,
            ..*state
        },
        consensus_states: finalized
            .iter()
            .map(|anchor| (Height::from_block(anchor.height), Some(anchor.into())))
            .collect(),
        records: writes,
    }
}
