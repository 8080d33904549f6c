//! Whether a bootstrap or an update is what the network's validators made.

use alloy_primitives::B256;
use causeway_core::Audit;
use causeway_light_client::Fraction;

use super::{BootstrapError, HeaderRole, UpdateError};
use crate::bls::{BlsError, PreparedCommittee};
use crate::chain::{ChainConfig, Fork, Layout, Slot};
use crate::containers::{LightClientBootstrap, LightClientHeader, LightClientUpdate};
use crate::ssz::hash_nodes;

/// `MIN_SYNC_COMMITTEE_PARTICIPANTS`.
const MIN_PARTICIPANTS: usize = 1;

/// `GENESIS_SLOT`.
const GENESIS_SLOT: Slot = Slot::new(0);

/// What is trusted before an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trusted {
    /// The newest finalized slot.
    pub finalized_slot: Slot,
    /// Root of the committee of the period after, once known.
    pub next_committee: Option<B256>,
}

/// Which committee must have signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signer {
    /// The trusted period's.
    Current,
    /// That of the period after.
    Next,
}

/// An update that holds together: everything is proven under the attested header, and only the
/// signature under that one is left to check.
#[derive(Debug)]
pub struct PlausibleUpdate<'a> {
    update: &'a LightClientUpdate,
    signer: Signer,
    signing_root: B256,
    next_committee: Option<B256>,
}

/// An update that the committee signed.
#[derive(Debug)]
pub struct ValidUpdate<'a> {
    update: &'a LightClientUpdate,
    next_committee: Option<B256>,
}

impl<'a> PlausibleUpdate<'a> {
    /// Whose signature it needs.
    pub fn signer(&self) -> Signer {
        self.signer
    }

    /// Root of the next committee, proven under the attested header.
    pub fn next_committee(&self) -> Option<B256> {
        self.next_committee
    }

    /// Checks the signature of `committee`, which must be the one that [`Self::signer`] names.
    pub fn verify_signature(
        self,
        committee: &PreparedCommittee,
        audit: &mut impl Audit,
    ) -> Result<ValidUpdate<'a>, UpdateError> {
        let participants = self.update.participants();
        committee
            .verify(self.signing_root.as_slice(), &self.update.sync_aggregate)
            .map_err(|reason| invalid_signature(participants, reason))?;
        audit.passed("signature", || format!("{participants} members, root {}", self.signing_root));
        Ok(ValidUpdate { update: self.update, next_committee: self.next_committee })
    }
}

impl ValidUpdate<'_> {
    /// The update.
    pub fn update(&self) -> &LightClientUpdate {
        self.update
    }

    /// Root of the next committee, proven under the attested header.
    pub fn next_committee(&self) -> Option<B256> {
        self.next_committee
    }
}

fn invalid_signature(participants: usize, reason: BlsError) -> UpdateError {
    UpdateError::InvalidSignature { participants, reason }
}

/// True when two thirds of the committee signed: what finality needs.
pub fn has_two_thirds(config: &ChainConfig, update: &LightClientUpdate) -> bool {
    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let size = count(config.preset.sync_committee_size());
    Fraction::TWO_THIRDS.is_reached_by(count(update.participants()), size)
}

/// `initialize_light_client_store`: the bootstrap is of the trusted block.
pub fn validate_bootstrap(
    config: &ChainConfig,
    trusted_root: B256,
    bootstrap: &LightClientBootstrap,
    audit: &mut impl Audit,
) -> Result<B256, BootstrapError> {
    let header = &bootstrap.header;
    let fork = known_fork(config, header.beacon.slot)?;
    check_header(config, header, HeaderRole::Bootstrap)?;
    let got = header.beacon.block_root();
    if got != trusted_root {
        return Err(BootstrapError::TrustedRootMismatch { got, expected: trusted_root });
    }
    audit.passed("trusted_root", || format!("{got} at slot {}", header.beacon.slot));
    let got = bootstrap.current_sync_committee.hash_tree_root(fork, config.preset);
    let branch = &bootstrap.current_sync_committee_branch;
    if !branch.leads_to(header.beacon.state_root, got, fork.layout()) {
        return Err(BootstrapError::InvalidCurrentCommitteeBranch { got });
    }
    audit.passed("current_committee", || got.to_string());
    Ok(got)
}

/// `validate_light_client_update`, all but the signature, and but the comparison of the next
/// committee with a known one, which callers judge differently.
pub fn validate_update<'a>(
    config: &ChainConfig,
    trusted: &Trusted,
    update: &'a LightClientUpdate,
    current_slot: Slot,
    audit: &mut impl Audit,
) -> Result<PlausibleUpdate<'a>, UpdateError> {
    let participants = update.participants();
    if participants < MIN_PARTICIPANTS {
        return Err(UpdateError::NoParticipants { expected: MIN_PARTICIPANTS });
    }
    audit.passed("participants", || participants.to_string());
    let attested = &update.attested_header;
    let fork = known_fork(config, attested.beacon.slot)?;
    known_fork(config, update.signature_slot.previous())?;
    audit.passed("fork", || format!("{fork} at slot {}", attested.beacon.slot));
    check_header(config, attested, HeaderRole::Attested)?;
    audit.passed("attested_execution", || attested.execution.block_hash.to_string());
    check_slots(update, current_slot)?;
    audit.passed("slots", || {
        let finalized = update.finalized_header.beacon.slot;
        let signed = update.signature_slot;
        format!("{finalized} <= {} < {signed} <= {current_slot}", attested.beacon.slot)
    });
    let signer = signer(config, trusted, update)?;
    audit.passed("signing_period", || config.preset.period(update.signature_slot).to_string());
    check_relevance(config, trusted, update)?;
    audit.passed("relevant", || trusted.finalized_slot.to_string());
    check_finality(config, fork, update)?;
    audit.passed("finality", || update.finalized_header.beacon.block_root().to_string());
    let next_committee = check_next_committee(config, fork, update)?;
    audit.passed("next_committee", || {
        next_committee.map_or_else(|| "none".into(), |root| root.to_string())
    });
    let domain = config.sync_committee_domain(update.signature_slot);
    let signing_root = hash_nodes(attested.beacon.block_root(), domain);
    Ok(PlausibleUpdate { update, signer, signing_root, next_committee })
}

/// The fork of a slot that messages may attest or sign.
fn known_fork(config: &ChainConfig, slot: Slot) -> Result<Fork, UpdateError> {
    config.fork(slot).ok_or(UpdateError::ForkNotSupported { got: slot })
}

/// `is_valid_light_client_header`. A finalized header may be older than Altair, and is then as
/// Altair's are.
fn check_header(
    config: &ChainConfig,
    header: &LightClientHeader,
    role: HeaderRole,
) -> Result<(), UpdateError> {
    let fork = config.fork(header.beacon.slot).unwrap_or(Fork::Altair);
    let Layout { execution, .. } = fork.layout();
    let Some(layout) = execution else {
        let absent = header.has_no_execution();
        return absent.then_some(()).ok_or(UpdateError::UnexpectedExecution { header: role });
    };
    let execution = &header.execution;
    let has_blob_gas = execution.blob_gas_used != 0 || execution.excess_blob_gas != 0;
    if has_blob_gas && !layout.has_blob_gas {
        return Err(UpdateError::UnexpectedBlobGas { header: role });
    }
    let root = execution.hash_tree_root(fork, config.preset);
    if !header.execution_branch.leads_to(header.beacon.body_root, root, fork.layout()) {
        return Err(UpdateError::InvalidExecutionBranch { header: role });
    }
    Ok(())
}

/// `current_slot >= signature_slot > attested slot >= finalized slot`.
fn check_slots(update: &LightClientUpdate, current_slot: Slot) -> Result<(), UpdateError> {
    let signed = update.signature_slot;
    let attested = update.attested_header.beacon.slot;
    let finalized = update.finalized_header.beacon.slot;
    if current_slot < signed {
        return Err(UpdateError::FromFuture { got: signed, expected: current_slot });
    }
    if signed <= attested {
        return Err(UpdateError::SignatureNotAfterAttested { got: signed, expected: attested });
    }
    if attested < finalized {
        return Err(UpdateError::FinalizedAfterAttested { got: finalized, expected: attested });
    }
    Ok(())
}

/// The committee of the signature's period: no period may be skipped.
fn signer(
    config: &ChainConfig,
    trusted: &Trusted,
    update: &LightClientUpdate,
) -> Result<Signer, UpdateError> {
    let trusted_period = config.preset.period(trusted.finalized_slot);
    let got = config.preset.period(update.signature_slot);
    if got == trusted_period {
        return Ok(Signer::Current);
    }
    if got == trusted_period.next() && trusted.next_committee.is_some() {
        return Ok(Signer::Next);
    }
    let expected = match trusted.next_committee {
        Some(_) => format!("{trusted_period} and {}", trusted_period.next()),
        None => trusted_period.to_string(),
    };
    Err(UpdateError::UnknownSigningPeriod { got, expected })
}

/// It is newer than what is trusted, or gives the next committee that is still unknown.
fn check_relevance(
    config: &ChainConfig,
    trusted: &Trusted,
    update: &LightClientUpdate,
) -> Result<(), UpdateError> {
    let attested = update.attested_header.beacon.slot;
    let period = |slot| config.preset.period(slot);
    let gives_next_committee = trusted.next_committee.is_none()
        && update.has_next_committee()
        && period(attested) == period(trusted.finalized_slot);
    if attested > trusted.finalized_slot || gives_next_committee {
        return Ok(());
    }
    Err(UpdateError::NotRelevant { got: attested, expected: trusted.finalized_slot })
}

/// The finalized header is what the attested state holds final, or there is none.
fn check_finality(
    config: &ChainConfig,
    fork: Fork,
    update: &LightClientUpdate,
) -> Result<(), UpdateError> {
    let finalized = &update.finalized_header;
    if !update.has_finality() {
        let absent = finalized.is_zero();
        return absent.then_some(()).ok_or(UpdateError::UnexpectedFinalizedHeader {});
    }
    let got = if finalized.beacon.slot == GENESIS_SLOT {
        if !finalized.is_zero() {
            return Err(UpdateError::UnexpectedGenesisHeader {});
        }
        B256::ZERO
    } else {
        check_header(config, finalized, HeaderRole::Finalized)?;
        finalized.beacon.block_root()
    };
    let state_root = update.attested_header.beacon.state_root;
    if !update.finality_branch.leads_to(state_root, got, fork.layout()) {
        return Err(UpdateError::InvalidFinalityBranch { got });
    }
    Ok(())
}

/// The next committee is what the attested state holds, or there is none. Gives its root.
fn check_next_committee(
    config: &ChainConfig,
    fork: Fork,
    update: &LightClientUpdate,
) -> Result<Option<B256>, UpdateError> {
    let committee = &update.next_sync_committee;
    if !update.has_next_committee() {
        let absent = committee.is_zero();
        return absent.then_some(None).ok_or(UpdateError::UnexpectedNextCommittee {});
    }
    let got = committee.hash_tree_root(fork, config.preset);
    let state_root = update.attested_header.beacon.state_root;
    if !update.next_sync_committee_branch.leads_to(state_root, got, fork.layout()) {
        return Err(UpdateError::InvalidNextCommitteeBranch { got });
    }
    Ok(Some(got))
}
