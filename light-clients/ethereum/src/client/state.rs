//! What a host stores of the client.
//!
//! ```proto
//! message ClientState {
//!   uint64 chain_id = 1;                // EIP-155
//!   bytes genesis_validators_root = 2;  // 32 bytes
//!   uint64 genesis_time = 3;            // seconds since the Unix epoch
//!   bytes genesis_fork_version = 4;     // 4 bytes
//!   repeated Fork forks = 5;            // from Altair on, in order
//!   uint64 sync_committee_size = 6;
//!   uint64 slots_per_epoch = 7;
//!   uint64 epochs_per_sync_committee_period = 8;
//!   uint64 seconds_per_slot = 9;
//!   uint64 trusting_period = 10;        // seconds
//!   uint64 max_clock_drift = 11;        // seconds
//!   bytes router_address = 12;          // 20 bytes: the contract whose storage proofs are about
//!   bytes commitment_slot = 13;         // 32 bytes: base slot of its mapping of commitments
//!   uint64 latest_slot = 14;
//!   bool frozen = 15;
//! }
//! message Fork {
//!   uint32 number = 1;                  // 1 Altair, 2 Bellatrix, 3 Capella, 4 Deneb, 5 Electra, 6
//! Fulu
//!   uint64 epoch = 2;
//!   bytes version = 3;                  // 4 bytes
//! }
//! message ConsensusState {
//!   uint64 slot = 1;
//!   bytes state_root = 2;               // 32 bytes: of the execution block
//!   uint64 timestamp = 3;               // seconds: of the execution block, the start of the slot
//!   bytes current_sync_committee = 4;   // 32 bytes: hash_tree_root
//!   bytes next_sync_committee = 5;      // 32 bytes, or empty while unknown
//! }
//! ```

use core::time::Duration;

use alloy_primitives::{Address, B256};
use causeway_core::{Any, DecodeError, Timestamp};
use causeway_light_client::AnyCodec;
use prost::Message;

use super::ClientError;
use crate::chain::{
    ChainConfig, Epoch, ForkActivation, ForkSchedule, MAX_FORKS, Preset, Slot, Version,
};
use crate::containers::LightClientUpdate;
use crate::sync::UpdateError;

const CLIENT_STATE_URL: &str = "/causeway.lightclients.ethereum.v1.ClientState";
const CONSENSUS_STATE_URL: &str = "/causeway.lightclients.ethereum.v1.ConsensusState";

/// Parameters and latest height of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientState {
    /// The network.
    pub chain: ChainConfig,
    /// How long a consensus state is trusted; below the weak subjectivity period. Whole seconds.
    pub trusting_period: Duration,
    /// How far the host's clock may lag behind. Whole seconds.
    pub max_clock_drift: Duration,
    /// The contract whose storage holds packet commitments.
    pub router_address: Address,
    /// The base slot of its mapping from hashed paths to commitments.
    pub commitment_slot: B256,
    /// The newest verified slot.
    pub latest_slot: Slot,
    /// Misbehaviour was proven.
    pub frozen: bool,
}

/// What is trusted of one finalized slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsensusState {
    /// The slot.
    pub slot: Slot,
    /// State root of its execution block.
    pub state_root: B256,
    /// Time of its execution block, in seconds since the Unix epoch.
    pub timestamp: u64,
    /// Root of the committee of its period.
    pub current_committee: B256,
    /// Root of the committee of the period after, once known.
    pub next_committee: Option<B256>,
}

#[derive(Clone, PartialEq, Message)]
struct ClientStateProto {
    #[prost(uint64, tag = "1")]
    chain_id: u64,
    #[prost(bytes = "vec", tag = "2")]
    genesis_validators_root: Vec<u8>,
    #[prost(uint64, tag = "3")]
    genesis_time: u64,
    #[prost(bytes = "vec", tag = "4")]
    genesis_fork_version: Vec<u8>,
    #[prost(message, repeated, tag = "5")]
    forks: Vec<ForkProto>,
    #[prost(uint64, tag = "6")]
    sync_committee_size: u64,
    #[prost(uint64, tag = "7")]
    slots_per_epoch: u64,
    #[prost(uint64, tag = "8")]
    epochs_per_sync_committee_period: u64,
    #[prost(uint64, tag = "9")]
    seconds_per_slot: u64,
    #[prost(uint64, tag = "10")]
    trusting_period: u64,
    #[prost(uint64, tag = "11")]
    max_clock_drift: u64,
    #[prost(bytes = "vec", tag = "12")]
    router_address: Vec<u8>,
    #[prost(bytes = "vec", tag = "13")]
    commitment_slot: Vec<u8>,
    #[prost(uint64, tag = "14")]
    latest_slot: u64,
    #[prost(bool, tag = "15")]
    frozen: bool,
}

#[derive(Clone, PartialEq, Message)]
struct ForkProto {
    #[prost(uint32, tag = "1")]
    number: u32,
    #[prost(uint64, tag = "2")]
    epoch: u64,
    #[prost(bytes = "vec", tag = "3")]
    version: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct ConsensusStateProto {
    #[prost(uint64, tag = "1")]
    slot: u64,
    #[prost(bytes = "vec", tag = "2")]
    state_root: Vec<u8>,
    #[prost(uint64, tag = "3")]
    timestamp: u64,
    #[prost(bytes = "vec", tag = "4")]
    current_sync_committee: Vec<u8>,
    #[prost(bytes = "vec", tag = "5")]
    next_sync_committee: Vec<u8>,
}

/// Bytes of a fixed length.
fn fixed<'a, T: TryFrom<&'a [u8]>>(
    what: &'static str,
    field: &str,
    bytes: &'a [u8],
) -> Result<T, DecodeError> {
    let wrong = |_| DecodeError::new(what, format!("{field} of {} bytes", bytes.len()));
    T::try_from(bytes).map_err(wrong)
}

impl AnyCodec for ClientState {
    fn from_any(any: &Any) -> Result<Self, DecodeError> {
        const WHAT: &str = "client_state";
        let proto: ClientStateProto = any.unpack(WHAT, CLIENT_STATE_URL)?;
        if proto.forks.len() > MAX_FORKS {
            return Err(DecodeError::new(WHAT, format!("{} forks", proto.forks.len())));
        }
        let fork = |fork: &ForkProto| {
            let version: Version = fixed(WHAT, "version", &fork.version)?;
            let epoch = Epoch::new(fork.epoch);
            Ok(ForkActivation { number: fork.number, epoch, version })
        };
        let forks = proto.forks.iter().map(fork).collect::<Result<_, DecodeError>>()?;
        let genesis_version = fixed(WHAT, "genesis_fork_version", &proto.genesis_fork_version)?;
        let genesis_validators_root = &proto.genesis_validators_root;
        let (slots, epochs) = (proto.slots_per_epoch, proto.epochs_per_sync_committee_period);
        let preset = usize::try_from(proto.sync_committee_size)
            .ok()
            .and_then(|size| Preset::new(size, slots, epochs));
        let chain = ChainConfig {
            chain_id: proto.chain_id,
            genesis_time: proto.genesis_time,
            genesis_validators_root: fixed(WHAT, "root", genesis_validators_root)?,
            seconds_per_slot: proto.seconds_per_slot,
            preset: preset.ok_or_else(|| DecodeError::new(WHAT, "sizes that no preset has"))?,
            forks: ForkSchedule::new(genesis_version, forks)?,
        };
        Ok(Self {
            chain,
            trusting_period: Duration::from_secs(proto.trusting_period),
            max_clock_drift: Duration::from_secs(proto.max_clock_drift),
            router_address: fixed(WHAT, "router_address", &proto.router_address)?,
            commitment_slot: fixed(WHAT, "commitment_slot", &proto.commitment_slot)?,
            latest_slot: Slot::new(proto.latest_slot),
            frozen: proto.frozen,
        })
    }

    fn to_any(&self) -> Any {
        let chain = &self.chain;
        let fork = |fork: &ForkActivation| ForkProto {
            number: fork.number,
            epoch: fork.epoch.get(),
            version: fork.version.to_vec(),
        };
        let size = u64::try_from(chain.preset.sync_committee_size()).unwrap_or(u64::MAX);
        let proto = ClientStateProto {
            chain_id: chain.chain_id,
            genesis_validators_root: chain.genesis_validators_root.to_vec(),
            genesis_time: chain.genesis_time,
            genesis_fork_version: chain.forks.genesis_version().to_vec(),
            forks: chain.forks.forks().iter().map(fork).collect(),
            sync_committee_size: size,
            slots_per_epoch: chain.preset.slots_per_epoch(),
            epochs_per_sync_committee_period: chain.preset.epochs_per_period(),
            seconds_per_slot: chain.seconds_per_slot,
            trusting_period: self.trusting_period.as_secs(),
            max_clock_drift: self.max_clock_drift.as_secs(),
            router_address: self.router_address.to_vec(),
            commitment_slot: self.commitment_slot.to_vec(),
            latest_slot: self.latest_slot.get(),
            frozen: self.frozen,
        };
        Any::pack(CLIENT_STATE_URL, &proto)
    }
}

impl AnyCodec for ConsensusState {
    fn from_any(any: &Any) -> Result<Self, DecodeError> {
        const WHAT: &str = "consensus_state";
        let proto: ConsensusStateProto = any.unpack(WHAT, CONSENSUS_STATE_URL)?;
        let next = &proto.next_sync_committee;
        let next = (!next.is_empty()).then(|| fixed(WHAT, "next_sync_committee", next));
        Ok(Self {
            slot: Slot::new(proto.slot),
            state_root: fixed(WHAT, "state_root", &proto.state_root)?,
            timestamp: proto.timestamp,
            current_committee: fixed(WHAT, "committee", &proto.current_sync_committee)?,
            next_committee: next.transpose()?,
        })
    }

    fn to_any(&self) -> Any {
        let proto = ConsensusStateProto {
            slot: self.slot.get(),
            state_root: self.state_root.to_vec(),
            timestamp: self.timestamp,
            current_sync_committee: self.current_committee.to_vec(),
            next_sync_committee: self.next_committee.map_or(Vec::new(), |root| root.to_vec()),
        };
        Any::pack(CONSENSUS_STATE_URL, &proto)
    }
}

impl ClientState {
    /// The slot at host time `now`, with the allowed drift.
    pub fn slot_at(&self, now: Timestamp) -> Slot {
        self.chain.slot_at(now.saturating_add(self.max_clock_drift).secs())
    }

    /// What must be the same in a substitute: everything but how far the client has come, whether
    /// it was frozen, and what it may learn on the way (later forks, other periods of trust).
    fn identity(&self) -> [(&'static str, String); 7] {
        let chain = &self.chain;
        [
            ("chain_id", chain.chain_id.to_string()),
            ("genesis_validators_root", chain.genesis_validators_root.to_string()),
            ("genesis_time", chain.genesis_time.to_string()),
            ("preset", format!("{:?}", chain.preset)),
            ("seconds_per_slot", chain.seconds_per_slot.to_string()),
            ("router_address", self.router_address.to_string()),
            ("commitment_slot", self.commitment_slot.to_string()),
        ]
    }
}

/// A start that is coherent, and in which nothing is zero that would be trusted.
pub(super) fn check_initial(
    client: &ClientState,
    consensus: &ConsensusState,
    now: Timestamp,
) -> Result<(), ClientError> {
    let chain = &client.chain;
    let fork = chain.fork(consensus.slot);
    let fork = fork.ok_or(UpdateError::ForkNotSupported { got: consensus.slot })?;
    let rules = [
        ("frozen", !client.frozen),
        ("genesis_validators_root", !chain.genesis_validators_root.is_zero()),
        ("seconds_per_slot", chain.seconds_per_slot != 0),
        ("trusting_period", !client.trusting_period.is_zero()),
        ("router_address", !client.router_address.is_zero()),
        ("commitment_slot", !client.commitment_slot.is_zero()),
        ("latest_slot", client.latest_slot == consensus.slot),
        ("slot", consensus.slot > Slot::new(0) && fork.layout().execution.is_some()),
        ("state_root", !consensus.state_root.is_zero()),
        ("timestamp", consensus.timestamp == chain.start_of(consensus.slot)),
        ("current_sync_committee", !consensus.current_committee.is_zero()),
        ("next_sync_committee", consensus.next_committee.is_none_or(|root| !root.is_zero())),
    ];
    if let Some((field, _)) = rules.into_iter().find(|(_, holds)| !holds) {
        return Err(ClientError::InvalidInitialState { field });
    }
    let current_slot = client.slot_at(now);
    if consensus.slot > current_slot {
        let (got, expected) = (consensus.slot, current_slot);
        return Err(UpdateError::FromFuture { got, expected }.into());
    }
    let expected = super::expiry(client, consensus);
    if now >= expected {
        return Err(ClientError::Expired { got: now, expected });
    }
    Ok(())
}

/// The substitute follows the same chain in the same way.
pub(super) fn check_substitute(
    subject: &ClientState,
    substitute: &ClientState,
) -> Result<(), ClientError> {
    let differing = subject
        .identity()
        .into_iter()
        .zip(substitute.identity())
        .find(|(ours, theirs)| ours != theirs);
    match differing {
        Some(((field, _), _)) => Err(ClientError::SubstituteMismatch { field }),
        None => Ok(()),
    }
}

/// What is trusted after an update from `trusted`, when it is valid: the finalized block, and the
/// committees that follow from it (`apply_light_client_update`). `next_committee` is the root
/// that the update proves, if it does.
pub fn next_consensus_state(
    chain: &ChainConfig,
    trusted: &ConsensusState,
    update: &LightClientUpdate,
    next_committee: Option<B256>,
) -> Result<ConsensusState, ClientError> {
    let period = |slot| chain.preset.period(slot);
    let (attested, finalized) = (&update.attested_header, &update.finalized_header);
    let trusted_period = period(trusted.slot);
    let finalized_period = period(finalized.beacon.slot);
    // A committee is final when it is proven in the period of the finalized block.
    let proven = next_committee.filter(|_| period(attested.beacon.slot) == finalized_period);
    let (current_committee, next_committee) = if finalized_period == trusted_period {
        (trusted.current_committee, trusted.next_committee.or(proven))
    } else {
        let rotated = trusted.next_committee.filter(|_| finalized_period == trusted_period.next());
        let (got, expected) = (finalized.beacon.slot, trusted.slot);
        let current = rotated.ok_or(ClientError::FinalizedNotNewer { got, expected })?;
        let missing = ClientError::NextCommitteeMissing { got: finalized_period };
        (current, Some(proven.ok_or(missing)?))
    };
    let learns_committee = trusted.next_committee.is_none() && next_committee.is_some();
    if finalized.beacon.slot > trusted.slot {
        return Ok(ConsensusState {
            slot: finalized.beacon.slot,
            state_root: finalized.execution.state_root,
            timestamp: finalized.execution.timestamp,
            current_committee,
            next_committee,
        });
    }
    if learns_committee {
        return Ok(ConsensusState { next_committee, ..trusted.clone() });
    }
    Err(ClientError::FinalizedNotNewer { got: finalized.beacon.slot, expected: trusted.slot })
}
