//! When the forks of one network happen, and what that means for domains and digests.

use alloy_primitives::{B256, FixedBytes};
use causeway_core::DecodeError;

use super::{Epoch, Fork, Preset, Slot};
use crate::ssz::{hash_nodes, sha256};

/// A fork version: four bytes, different for every fork of every network.
pub type Version = FixedBytes<4>;

/// The first four bytes that tell which fork a message on the wire is of.
pub type ForkDigest = FixedBytes<4>;

/// The most forks a schedule may list.
pub const MAX_FORKS: usize = 32;
/// The most changes of blob parameters a schedule may list.
pub const MAX_BLOB_CHANGES: usize = 64;

/// `DOMAIN_SYNC_COMMITTEE` (consensus-specs `specs/altair/beacon-chain.md`).
const DOMAIN_SYNC_COMMITTEE: [u8; 4] = [7, 0, 0, 0];

/// One fork of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForkActivation {
    /// See [`Fork::number`]. A number that this program does not know ends its knowledge.
    pub number: u32,
    /// The first epoch under its rules.
    pub epoch: Epoch,
    /// Its version.
    pub version: Version,
}

/// How many blobs a block may carry from some epoch on (EIP-7892).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobParameters {
    /// The first epoch.
    pub epoch: Epoch,
    /// `MAX_BLOBS_PER_BLOCK` from there.
    pub max_blobs: u64,
}

/// The forks of one network, in order. Altair is always among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForkSchedule {
    genesis_version: Version,
    forks: Vec<ForkActivation>,
}

impl ForkSchedule {
    /// A schedule; the forks must begin with Altair, be numbered upwards, and start in order.
    pub fn new(genesis_version: Version, forks: Vec<ForkActivation>) -> Result<Self, DecodeError> {
        let malformed = |reason: &str| Err(DecodeError::new("fork_schedule", reason));
        if forks.len() > MAX_FORKS {
            return malformed("too many forks");
        }
        if forks.first().map(|fork| fork.number) != Some(Fork::Altair.number()) {
            return malformed("the first fork is not Altair");
        }
        let in_order = forks
            .iter()
            .zip(forks.iter().skip(1))
            .all(|(earlier, later)| earlier.number < later.number && earlier.epoch <= later.epoch);
        if !in_order {
            return malformed("forks out of order");
        }
        Ok(Self { genesis_version, forks })
    }

    /// A schedule that is known to be in order.
    pub(super) const fn in_order(genesis_version: Version, forks: Vec<ForkActivation>) -> Self {
        Self { genesis_version, forks }
    }

    /// The version before the first fork.
    pub fn genesis_version(&self) -> Version {
        self.genesis_version
    }

    /// The forks in order.
    pub fn forks(&self) -> &[ForkActivation] {
        &self.forks
    }

    /// The version at an epoch (`compute_fork_version`).
    pub fn version(&self, epoch: Epoch) -> Version {
        self.active(epoch).map_or(self.genesis_version, |fork| fork.version)
    }

    /// The fork at an epoch: `None` before Altair, and where a fork has taken over that this
    /// program does not know. Its rules may differ, so silence is safer than a guess.
    pub fn fork(&self, epoch: Epoch) -> Option<Fork> {
        self.active(epoch).and_then(|fork| Fork::from_number(fork.number))
    }

    /// True before Altair: there were headers, but no sync committees.
    pub fn is_before_altair(&self, epoch: Epoch) -> bool {
        self.active(epoch).is_none()
    }

    fn active(&self, epoch: Epoch) -> Option<&ForkActivation> {
        self.forks.iter().rev().find(|fork| fork.epoch <= epoch)
    }
}

/// What a client must know of a network to follow it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainConfig {
    /// The execution layer's chain id (EIP-155).
    pub chain_id: u64,
    /// When slot 0 began, in seconds since the Unix epoch.
    pub genesis_time: u64,
    /// Root of the validator set at genesis: tells networks apart in every signature.
    pub genesis_validators_root: B256,
    /// Seconds from one slot to the next.
    pub seconds_per_slot: u64,
    /// Committee and period sizes.
    pub preset: Preset,
    /// The forks.
    pub forks: ForkSchedule,
}

impl ChainConfig {
    /// The epoch of a slot.
    pub fn epoch(&self, slot: Slot) -> Epoch {
        self.preset.epoch(slot)
    }

    /// The fork at a slot; see [`ForkSchedule::fork`].
    pub fn fork(&self, slot: Slot) -> Option<Fork> {
        self.forks.fork(self.epoch(slot))
    }

    /// The slot at a time, in seconds since the Unix epoch; the genesis slot before genesis.
    pub fn slot_at(&self, unix_secs: u64) -> Slot {
        let since_genesis = unix_secs.saturating_sub(self.genesis_time);
        Slot::new(since_genesis.checked_div(self.seconds_per_slot).unwrap_or_default())
    }

    /// When a slot begins, in seconds since the Unix epoch.
    pub fn start_of(&self, slot: Slot) -> u64 {
        self.genesis_time.saturating_add(slot.get().saturating_mul(self.seconds_per_slot))
    }

    /// The domain of a sync committee signature. The version is that of the slot before the
    /// signature's, where the block was that the committee saw (`validate_light_client_update`).
    pub fn sync_committee_domain(&self, signature_slot: Slot) -> B256 {
        let version = self.forks.version(self.epoch(signature_slot.previous()));
        let root = fork_data_root(version, self.genesis_validators_root);
        let mut domain = [0; 32];
        let bytes = DOMAIN_SYNC_COMMITTEE.iter().chain(root.iter());
        domain.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        B256::new(domain)
    }

    /// The digest of the fork at an epoch (`compute_fork_digest` of Fulu). From Fulu on it also
    /// tells the blob parameters apart, so that one fork has several digests; signatures never
    /// use it. `blobs` lists all parameters since Electra in order.
    pub fn fork_digest(&self, epoch: Epoch, blobs: &[BlobParameters]) -> ForkDigest {
        let root = fork_data_root(self.forks.version(epoch), self.genesis_validators_root);
        let prefix = |hash: B256| {
            let [a, b, c, d, ..] = hash.0;
            Version::new([a, b, c, d])
        };
        // Forks to come, of which nothing else is known, are after Fulu too.
        if self.forks.active(epoch).is_none_or(|fork| fork.number < Fork::Fulu.number()) {
            return prefix(root);
        }
        let Some(active) = blobs.iter().rev().find(|blobs| blobs.epoch <= epoch) else {
            return prefix(root);
        };
        let parameters =
            [active.epoch.get().to_le_bytes(), active.max_blobs.to_le_bytes()].concat();
        prefix(root) ^ prefix(sha256(&parameters))
    }
}

/// `compute_fork_data_root`.
fn fork_data_root(version: Version, genesis_validators_root: B256) -> B256 {
    hash_nodes(B256::right_padding_from(version.as_slice()), genesis_validators_root)
}
