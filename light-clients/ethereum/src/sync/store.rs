//! The store of a wallet: newest finalized and optimistic header, and the committees to go on.

use alloy_primitives::B256;
use causeway_core::Audit;

use super::{
    BootstrapError, PlausibleUpdate, Signer, Trusted, UpdateError, has_two_thirds,
    is_better_update, validate_bootstrap, validate_update,
};
use crate::bls::PreparedCommittee;
use crate::chain::{ChainConfig, Fork, Slot};
use crate::containers::{
    LightClientBootstrap, LightClientHeader, LightClientUpdate, SyncCommittee,
};

/// `LightClientStore` with the functions of the specification as methods.
///
/// Its objects are in no fork's form, so that `upgrade_lc_store_to_*` change nothing: what a fork
/// lacks is zero already.
#[derive(Clone, Debug)]
pub struct LightClientStore {
    config: ChainConfig,
    finalized_header: LightClientHeader,
    optimistic_header: LightClientHeader,
    current_committee: Committee,
    next_committee: Option<Committee>,
    best_valid_update: Option<LightClientUpdate>,
    previous_max_active_participants: usize,
    current_max_active_participants: usize,
}

/// A committee, with its root, and with its keys decoded once it had to verify.
#[derive(Clone, Debug)]
struct Committee {
    members: SyncCommittee,
    root: B256,
    prepared: Option<PreparedCommittee>,
}

impl Committee {
    fn new(config: &ChainConfig, members: SyncCommittee) -> Self {
        // The root is the same in every fork.
        let root = members.hash_tree_root(Fork::Altair, config.preset);
        Self { members, root, prepared: None }
    }

    fn prepared(&mut self) -> Result<&PreparedCommittee, UpdateError> {
        if self.prepared.is_none() {
            let prepared = PreparedCommittee::new(&self.members);
            self.prepared = Some(prepared.map_err(|_| UpdateError::InvalidCommitteeKey {})?);
        }
        self.prepared.as_ref().ok_or(UpdateError::InvalidCommitteeKey {})
    }
}

impl LightClientStore {
    /// `initialize_light_client_store`: starts from the block of a trusted root, which should be
    /// a finalized checkpoint inside the weak subjectivity period. It is the only trust input.
    pub fn from_bootstrap(
        config: ChainConfig,
        trusted_root: B256,
        bootstrap: LightClientBootstrap,
        audit: &mut impl Audit,
    ) -> Result<Self, BootstrapError> {
        validate_bootstrap(&config, trusted_root, &bootstrap, audit)?;
        let header = bootstrap.header;
        Ok(Self::resume(config, header, bootstrap.current_sync_committee, None))
    }

    /// Goes on from what an earlier store had verified.
    pub fn resume(
        config: ChainConfig,
        finalized_header: LightClientHeader,
        current_committee: SyncCommittee,
        next_committee: Option<SyncCommittee>,
    ) -> Self {
        Self {
            current_committee: Committee::new(&config, current_committee),
            next_committee: next_committee.map(|members| Committee::new(&config, members)),
            optimistic_header: finalized_header.clone(),
            finalized_header,
            best_valid_update: None,
            previous_max_active_participants: 0,
            current_max_active_participants: 0,
            config,
        }
    }

    /// The network.
    pub fn config(&self) -> &ChainConfig {
        &self.config
    }

    /// The newest header that is final.
    pub fn finalized_header(&self) -> &LightClientHeader {
        &self.finalized_header
    }

    /// The newest header that the committee signed, final or not. Few members may have.
    pub fn optimistic_header(&self) -> &LightClientHeader {
        &self.optimistic_header
    }

    /// Root of the committee of the finalized header's period.
    pub fn current_committee(&self) -> B256 {
        self.current_committee.root
    }

    /// Root of the committee of the period after, once known.
    pub fn next_committee(&self) -> Option<B256> {
        self.next_committee.as_ref().map(|committee| committee.root)
    }

    /// The update that a force would apply.
    pub fn best_valid_update(&self) -> Option<&LightClientUpdate> {
        self.best_valid_update.as_ref()
    }

    /// `process_light_client_update`. A refused update leaves no trace.
    pub fn process_update(
        &mut self,
        update: &LightClientUpdate,
        current_slot: Slot,
        audit: &mut impl Audit,
    ) -> Result<(), UpdateError> {
        self.validate(update, current_slot, audit)?;
        let best = self.best_valid_update.as_ref();
        if best.is_none_or(|best| is_better_update(&self.config, update, best)) {
            self.best_valid_update = Some(update.clone());
        }
        let participants = update.participants();
        self.current_max_active_participants =
            self.current_max_active_participants.max(participants);
        let attested = update.attested_header.beacon.slot;
        if participants > self.safety_threshold() && attested > self.optimistic_header.beacon.slot {
            self.optimistic_header = update.attested_header.clone();
        }
        let is_newer = update.finalized_header.beacon.slot > self.finalized_header.beacon.slot;
        if has_two_thirds(&self.config, update)
            && (is_newer || self.learns_finalized_next_committee(update))
        {
            audit.passed("two_thirds", || participants.to_string());
            self.apply(update);
            self.best_valid_update = None;
        }
        Ok(())
    }

    /// `process_light_client_store_force_update`: after a period without finality, takes the best
    /// update, without asking for two thirds, and its attested header for final. It keeps a wallet
    /// alive; a bridge must never do it. True when it changed anything.
    pub fn force_update(&mut self, current_slot: Slot) -> bool {
        let timeout = self.config.preset.slots_per_period();
        let last = self.finalized_header.beacon.slot.get().saturating_add(timeout);
        if current_slot.get() <= last {
            return false;
        }
        let Some(mut update) = self.best_valid_update.take() else {
            return false;
        };
        if update.finalized_header.beacon.slot <= self.finalized_header.beacon.slot {
            update.finalized_header = update.attested_header.clone();
        }
        self.apply(&update);
        true
    }

    /// `validate_light_client_update`.
    fn validate(
        &mut self,
        update: &LightClientUpdate,
        current_slot: Slot,
        audit: &mut impl Audit,
    ) -> Result<(), UpdateError> {
        let trusted = Trusted {
            finalized_slot: self.finalized_header.beacon.slot,
            next_committee: self.next_committee(),
        };
        let plausible = validate_update(&self.config, &trusted, update, current_slot, audit)?;
        self.check_known_next_committee(&plausible, update)?;
        let signer = match plausible.signer() {
            Signer::Current => Some(&mut self.current_committee),
            Signer::Next => self.next_committee.as_mut(),
        };
        let signer = signer.ok_or(UpdateError::InvalidCommitteeKey {})?;
        plausible.verify_signature(signer.prepared()?, audit)?;
        Ok(())
    }

    /// A next committee that is known for the period cannot be replaced.
    fn check_known_next_committee(
        &self,
        plausible: &PlausibleUpdate<'_>,
        update: &LightClientUpdate,
    ) -> Result<(), UpdateError> {
        let period = |slot| self.config.preset.period(slot);
        let is_of_trusted_period =
            period(update.attested_header.beacon.slot) == period(self.finalized_header.beacon.slot);
        match (plausible.next_committee(), self.next_committee()) {
            (Some(got), Some(expected)) if is_of_trusted_period && got != expected => {
                Err(UpdateError::NextCommitteeMismatch { got, expected })
            }
            _ => Ok(()),
        }
    }

    /// `get_safety_threshold`.
    fn safety_threshold(&self) -> usize {
        self.previous_max_active_participants.max(self.current_max_active_participants) / 2
    }

    /// True when the update gives the unknown next committee, finalized in the same period.
    fn learns_finalized_next_committee(&self, update: &LightClientUpdate) -> bool {
        let period = |slot| self.config.preset.period(slot);
        self.next_committee.is_none()
            && update.has_next_committee()
            && update.has_finality()
            && period(update.finalized_header.beacon.slot)
                == period(update.attested_header.beacon.slot)
    }

    /// `apply_light_client_update`.
    fn apply(&mut self, update: &LightClientUpdate) {
        let period = |slot| self.config.preset.period(slot);
        let trusted_period = period(self.finalized_header.beacon.slot);
        let finalized_period = period(update.finalized_header.beacon.slot);
        let is_next_unknown = self.next_committee.is_none();
        if is_next_unknown && finalized_period != trusted_period {
            // A valid update cannot be here: its signature is of the trusted period.
            return;
        }
        if is_next_unknown {
            self.next_committee = self.next_committee_of(update);
        } else if finalized_period == trusted_period.next() {
            let next = self.next_committee_of(update);
            if let Some(rotated) = core::mem::replace(&mut self.next_committee, next) {
                self.current_committee = rotated;
            }
            self.previous_max_active_participants = self.current_max_active_participants;
            self.current_max_active_participants = 0;
        }
        if update.finalized_header.beacon.slot > self.finalized_header.beacon.slot {
            self.finalized_header = update.finalized_header.clone();
            if self.finalized_header.beacon.slot > self.optimistic_header.beacon.slot {
                self.optimistic_header = self.finalized_header.clone();
            }
        }
    }

    fn next_committee_of(&self, update: &LightClientUpdate) -> Option<Committee> {
        let committee = &update.next_sync_committee;
        (!committee.is_zero()).then(|| Committee::new(&self.config, committee.clone()))
    }
}
