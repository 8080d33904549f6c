//! Ways to break the chain on purpose.

use causeway_chain::{Fault, FaultError, PeerId};
use causeway_client_cometbft::{Address, ValidatorSet};

use super::CometbftChain;
use super::config::POWER;
use crate::app::ALIAS;
use crate::consensus::{Participant, ValidatorKey, ValidatorUpdate};

/// Both votes of a round are cast twice.
const DOUBLE_VOTES: u32 = 2;

fn has(set: &ValidatorSet, address: Address) -> bool {
    set.validators.iter().any(|validator| validator.address == address)
}

fn not_here(reason: &str) -> FaultError {
    FaultError::NotHere { alias: ALIAS, reason: reason.to_owned() }
}

impl CometbftChain {
    pub(super) fn break_or_mend(&mut self, fault: &Fault) -> Result<String, FaultError> {
        match fault {
            Fault::Halt => {
                self.is_halted = true;
                Ok(format!("no block after {} until resume", self.archive.height()))
            }
            Fault::Resume => Ok(self.mend()),
            Fault::Partition => Ok(self.partition()),
            Fault::Stop { count } => self.stop(*count),
            Fault::Equivocate => self.equivocate(),
            Fault::ChangeSet { count } => self.change_set(*count),
            Fault::Reorg { .. } | Fault::Fork { .. } => {
                Err(not_here("a decided block is never undone; try equivocate"))
            }
            Fault::StopFinality => {
                Err(not_here("every block is final; stop two validators, and no more are made"))
            }
            Fault::Rpc(_) => Err(not_here("whoever serves the chain makes its answers wrong")),
        }
    }

    fn mend(&mut self) -> String {
        self.is_halted = false;
        let peers: Vec<_> = self.peers().collect();
        let network = self.participants.network_mut();
        network.heal();
        for peer in peers {
            network.set_stopped(peer, false);
        }
        "all participants run and hear each other".to_owned()
    }

    fn peers(&self) -> impl Iterator<Item = PeerId> + use<> {
        let count = u32::try_from(self.participants.members().len()).unwrap_or(u32::MAX);
        (0..count).map(PeerId)
    }

    /// Participants that are validators of the next block, in order.
    fn validators(&self) -> Vec<(PeerId, Address)> {
        let set = self.archive.state().validators();
        let members = self.participants.members().iter().map(|member| member.key().address());
        self.peers().zip(members).filter(|(_, address)| has(set, *address)).collect()
    }

    fn running_validators(&mut self) -> Vec<PeerId> {
        let validators = self.validators();
        let network = self.participants.network_mut();
        let running = validators.into_iter().filter(|(peer, _)| !network.is_stopped(*peer));
        running.map(|(peer, _)| peer).collect()
    }

    fn partition(&mut self) -> String {
        let validators = self.validators();
        let half = validators.len().div_ceil(2);
        let away: Vec<_> = validators.iter().skip(half).map(|(peer, _)| (*peer, 1)).collect();
        let count = away.len();
        self.participants.network_mut().partition(away);
        format!("{half} validators do not hear the other {count}: no block until resume")
    }

    /// The last ones stop.
    fn stop(&mut self, count: u32) -> Result<String, FaultError> {
        let all = self.validators().len();
        let mut running = self.running_validators();
        let wanted = usize::try_from(count).unwrap_or(usize::MAX);
        if wanted == 0 || wanted > running.len() {
            let allowed = format!("1 to {}, the validators that run", running.len());
            return Err(FaultError::OutOfRange { got: count, allowed });
        }
        let left = running.len().saturating_sub(wanted);
        for peer in running.split_off(left) {
            self.participants.network_mut().set_stopped(peer, true);
        }
        let enough = left.saturating_mul(3) > all.saturating_mul(2);
        let outcome = if enough { "the chain goes on" } else { "no block until resume" };
        Ok(format!("{left} of {all} validators run: {outcome}"))
    }

    /// One validator votes twice, and all of them sign a rival of the next block.
    fn equivocate(&mut self) -> Result<String, FaultError> {
        let culprit = self.running_validators().pop();
        let member = culprit.and_then(|peer| self.participants.member_mut(peer));
        let Some(member) = member else { return Err(not_here("no validator runs")) };
        member.equivocate(DOUBLE_VOTES);
        self.equivocates = true;
        Ok("the validators sign a rival of the next block, and one votes twice: see /witness and \
            the evidence in the blocks to come"
            .to_owned())
    }

    /// The longest-serving validators make way for participants that wait.
    fn change_set(&mut self, count: u32) -> Result<String, FaultError> {
        let set = self.archive.state().next_validators();
        let ring: Vec<_> = self.participants.members().iter().map(Participant::key).collect();
        let is_in = |index: usize| ring.get(index).is_some_and(|key| has(set, key.address()));
        let before = |index: usize| index.checked_sub(1).unwrap_or(ring.len().saturating_sub(1));
        // Validators stand in a row in the ring of participants: its head leaves, and whoever
        // comes after its end joins.
        let start = (0..ring.len()).find(|index| is_in(*index) && !is_in(before(*index)));
        let waiting = (0..ring.len()).filter(|index| !is_in(*index)).count();
        let wanted = usize::try_from(count).unwrap_or(usize::MAX);
        let Some(start) = start.filter(|_| (1..=waiting).contains(&wanted)) else {
            let allowed = format!("1 to {waiting}, the participants that wait");
            return Err(FaultError::OutOfRange { got: count, allowed });
        };
        let row = ring.iter().cycle().skip(start).take(ring.len());
        let (serving, spare): (Vec<_>, Vec<_>) = row.partition(|key| has(set, key.address()));
        let update = |power| {
            move |key: &&&ValidatorKey| ValidatorUpdate { public_key: key.public_key(), power }
        };
        let leaving = serving.iter().take(wanted).map(update(0));
        let joining = spare.iter().take(wanted).map(update(POWER));
        let updates: Vec<_> = leaving.chain(joining).collect();
        match self.app.change_validators(&updates) {
            Ok(outcome) if outcome.is_ok() => {
                Ok(format!("{wanted} validators make way for as many others in a few blocks"))
            }
            Ok(outcome) => Err(not_here(&outcome.log)),
            Err(error) => Err(not_here(&error.to_string())),
        }
    }

    /// Validators that run, and all.
    pub(super) fn running(&self) -> (u32, u32) {
        let validators = self.validators();
        let network = self.participants.network();
        let running = validators.iter().filter(|(peer, _)| !network.is_stopped(*peer)).count();
        let number = |count| u32::try_from(count).unwrap_or(u32::MAX);
        (number(running), number(validators.len()))
    }

    pub(super) fn conditions(&self) -> Vec<String> {
        let (running, all) = self.running();
        let mut conditions = Vec::new();
        if self.is_halted {
            conditions.push("halted".to_owned());
        }
        if self.participants.network().is_partitioned() {
            conditions.push("partitioned".to_owned());
        }
        if running < all {
            conditions.push(format!("{running} of {all} validators run"));
        }
        conditions
    }
}
