//! Justification and finalization (phase0/beacon-chain.md, `weigh_justification_and_finalization`).

use super::TransitionError;
use super::accessors::indices_of;
use crate::beacon::preset::TIMELY_TARGET;
use crate::beacon::types::{BeaconState, Checkpoint};
use crate::ssz::Bitvector;

/// What the votes so far justify and finalize.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Justification {
    /// Which of the last four epochs are justified, the newest first.
    pub bits: Bitvector<4>,
    /// The checkpoint justified before.
    pub previous: Checkpoint,
    /// The newest justified checkpoint.
    pub current: Checkpoint,
    /// The newest finalized checkpoint.
    pub finalized: Checkpoint,
}

impl BeaconState {
    /// What the end of the current epoch would justify and finalize with the votes so far.
    pub fn justification(&self) -> Result<Justification, TransitionError> {
        let unchanged = Justification {
            bits: self.justification_bits,
            previous: self.previous_justified_checkpoint,
            current: self.current_justified_checkpoint,
            finalized: self.finalized_checkpoint,
        };
        // The first two epochs have checkpoints without a root, and are left alone.
        if self.current_epoch() <= 1 {
            return Ok(unchanged);
        }
        let [newest, older, oldest, _] = *self.justification_bits.bits();
        let (mut is_current_justified, mut is_previous_justified) = (false, newest);
        let mut current = unchanged.current;
        if self.is_justified(self.previous_epoch()) {
            let epoch = self.previous_epoch();
            current = Checkpoint { epoch, root: self.epoch_block_root(epoch)? };
            is_previous_justified = true;
        }
        if self.is_justified(self.current_epoch()) {
            let epoch = self.current_epoch();
            current = Checkpoint { epoch, root: self.epoch_block_root(epoch)? };
            is_current_justified = true;
        }
        let bits = [is_current_justified, is_previous_justified, older, oldest];
        let finalized = self.finalized_by(bits).unwrap_or(unchanged.finalized);
        let previous = unchanged.current;
        Ok(Justification { bits: Bitvector::new(bits), previous, current, finalized })
    }

    /// Two thirds of the active balance voted for the epoch's first block.
    fn is_justified(&self, epoch: u64) -> bool {
        let voted = self.total_balance(indices_of(&self.participating(TIMELY_TARGET, epoch)));
        u128::from(voted).saturating_mul(3)
            >= u128::from(self.total_active_balance()).saturating_mul(2)
    }

    /// The four rules of finalization; the last one that applies wins.
    fn finalized_by(&self, bits: [bool; 4]) -> Option<Checkpoint> {
        let [first, second, third, fourth] = bits;
        let old_previous = self.previous_justified_checkpoint;
        let old_current = self.current_justified_checkpoint;
        let is_back = |checkpoint: Checkpoint, epochs| {
            checkpoint.epoch.saturating_add(epochs) == self.current_epoch()
        };
        let rules = [
            (first && second && is_back(old_current, 1), old_current),
            (first && second && third && is_back(old_current, 2), old_current),
            (second && third && is_back(old_previous, 2), old_previous),
            (second && third && fourth && is_back(old_previous, 3), old_previous),
        ];
        rules.into_iter().find(|(applies, _)| *applies).map(|(_, checkpoint)| checkpoint)
    }

    /// `process_justification_and_finalization`.
    pub(super) fn justify(&mut self) -> Result<(), TransitionError> {
        let justification = self.justification()?;
        self.justification_bits = justification.bits;
        self.previous_justified_checkpoint = justification.previous;
        self.current_justified_checkpoint = justification.current;
        self.finalized_checkpoint = justification.finalized;
        Ok(())
    }
}
