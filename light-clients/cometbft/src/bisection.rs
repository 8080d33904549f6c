//! Skipping verification to a far height, as a state machine (`light/client.go`
//! `verifySkipping`).
//!
//! It fetches nothing: it says which height it wants, is given that light block, and goes on.

use causeway_core::{Timestamp, refusals};

use crate::{
    LightBlock, TrustError, TrustOptions, TrustedBlock, TrustedState, VerifyError, verify,
};

/// Why a bisection ends without its target.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BisectionError {
    /// The target is not above the trusted height.
    #[error("target {got} is not above the trusted height {expected}")]
    TargetNotAbove {
        /// The target.
        got: u64,
        /// The trusted height.
        expected: u64,
    },
    /// The light block is not the one that was asked for.
    #[error("a light block of height {got}, {expected} was asked for")]
    UnwantedHeight {
        /// The height given.
        got: u64,
        /// The height asked for.
        expected: u64,
    },
    /// A header was refused.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// The next validators given are not those of the header.
    #[error(transparent)]
    Trust(#[from] TrustError),
}

refusals! {
    BisectionError {
        TargetNotAbove { got, expected } => "target_not_above_trusted", Reject;
        UnwantedHeight { got, expected } => "unwanted_height", Reject;
        @wraps Verify, Trust;
    }
}

/// A run from a trusted block to a target height.
#[derive(Clone, Debug)]
pub struct Bisection {
    trusted: TrustedBlock,
    options: TrustOptions,
    /// The height asked for; `None` when the target is trusted.
    wanted: Option<u64>,
    /// Light blocks that too few trusted validators signed so far, the lowest last. Each lies at
    /// 9/16 of the way to the one before, so there are never more than 77.
    pending: Vec<LightBlock>,
    path: Vec<TrustedState>,
}

impl Bisection {
    /// Begins; the first wish is the target itself.
    pub fn new(
        trusted: TrustedBlock,
        target: u64,
        options: TrustOptions,
    ) -> Result<Self, BisectionError> {
        let expected = trusted.state().height;
        if target <= expected {
            return Err(BisectionError::TargetNotAbove { got: target, expected });
        }
        let (pending, path) = (Vec::new(), Vec::new());
        Ok(Self { trusted, options, wanted: Some(target), pending, path })
    }

    /// The height whose light block is wanted next; `None` when the target is trusted.
    pub const fn wanted(&self) -> Option<u64> {
        self.wanted
    }

    /// The highest trusted block so far; the target once nothing is wanted.
    pub const fn trusted(&self) -> &TrustedBlock {
        &self.trusted
    }

    /// What came to be trusted, in order.
    pub fn path(&self) -> &[TrustedState] {
        &self.path
    }

    /// Takes the wanted light block and goes on as far as it leads, at time `now`.
    pub fn give(&mut self, block: LightBlock, now: Timestamp) -> Result<(), BisectionError> {
        let (got, expected) = (block.height(), self.wanted.unwrap_or_default());
        if got != expected {
            return Err(BisectionError::UnwantedHeight { got, expected });
        }
        self.pending.push(block);
        while let Some(block) = self.pending.pop() {
            match self.verify(&block, now) {
                Ok(()) => {}
                Err(BisectionError::Verify(VerifyError::NotEnoughTrust { .. })) => {
                    self.wanted = Some(self.pivot(block.height()));
                    self.pending.push(block);
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
        }
        self.wanted = None;
        Ok(())
    }

    fn verify(&mut self, block: &LightBlock, now: Timestamp) -> Result<(), BisectionError> {
        let (signed, validators) = (&block.signed_header, &block.validators);
        let state = verify(&self.trusted, signed, validators, &self.options, now, &mut ())?;
        self.trusted = TrustedBlock::new(state.clone(), block.next_validators.clone())?;
        self.path.push(state);
        Ok(())
    }

    /// 9/16 of the way from the trusted height to one at least two above it: strictly between.
    fn pivot(&self, height: u64) -> u64 {
        let trusted = self.trusted.state().height;
        let way = u128::from(height.saturating_sub(trusted)).saturating_mul(9) >> 4;
        trusted.saturating_add(u64::try_from(way).unwrap_or(u64::MAX))
    }
}
