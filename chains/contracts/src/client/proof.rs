//! Asking a client what is in the other chain's state (ICS-02 `verifyMembership` and the rest).

use causeway_core::{ClientId, Height, MerklePath, Timestamp};
use causeway_light_client::{Entry, RawContext, RawView};

use super::ClientError;
use crate::context::Context;
use crate::host::Work;
use crate::ibc::Ibc;

/// A proof, and the height that it is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProofAt<'a> {
    /// In the client's own form.
    pub(crate) bytes: &'a [u8],
    /// On the other chain.
    pub(crate) height: Height,
}

/// What a proof is said to show.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Claim<'a> {
    /// One value.
    Present(&'a Entry),
    /// Several values, with shared nodes.
    AllPresent(&'a [Entry]),
    /// That nothing is there, at a height whose time is at or after these seconds.
    AbsentSince(&'a MerklePath, u64),
}

impl Claim<'_> {
    fn entries(&self) -> usize {
        match self {
            Self::Present(_) | Self::AbsentSince(..) => 1,
            Self::AllPresent(entries) => entries.len(),
        }
    }
}

impl Ibc<'_> {
    /// Accepts when the proof shows the claim under what an active client trusts of its height.
    pub(crate) fn verify(
        &self,
        ctx: &mut Context<'_>,
        client_id: &ClientId,
        proof: ProofAt<'_>,
        claim: &Claim<'_>,
    ) -> Result<(), ClientError> {
        ctx.charge(Work::Proof { bytes: proof.bytes.len(), entries: claim.entries() })?;
        self.check_active(ctx, client_id)?;
        ctx.charge(Work::Read)?;
        let height = proof.height;
        let (light, stored) = self.open(ctx, client_id)?;
        let client_state = &stored.client_state();
        let consensus_state = &stored.consensus_state(height).ok_or_else(|| {
            ClientError::ConsensusStateNotFound { client_id: client_id.clone(), height }
        })?;
        let context = RawContext { client_state, height, consensus_state };
        match claim {
            Claim::Present(entry) => light.verify_membership(context, proof.bytes, entry)?,
            Claim::AllPresent(entries) => {
                light.verify_memberships(context, proof.bytes, entries)?;
            }
            Claim::AbsentSince(path, timeout) => {
                check_reached(height, light.timestamp(consensus_state)?, *timeout)?;
                light.verify_non_membership(context, proof.bytes, path)?;
            }
        }
        Ok(())
    }

    /// The other chain's time at the greatest height that a client verified.
    pub(crate) fn latest_time(
        &self,
        ctx: &mut Context<'_>,
        client_id: &ClientId,
    ) -> Result<Timestamp, ClientError> {
        let (light, stored) = self.open(ctx, client_id)?;
        let height = light.latest_height(&stored.client_state())?;
        let latest = stored.consensus_state(height).ok_or_else(|| {
            ClientError::ConsensusStateNotFound { client_id: client_id.clone(), height }
        })?;
        Ok(light.timestamp(&latest)?)
    }
}

/// ICS-04 v2 `timeoutPacket`: the time at the proof's height, in whole seconds, is the timeout or
/// later.
fn check_reached(height: Height, got: Timestamp, timeout: u64) -> Result<(), ClientError> {
    if got.secs() < timeout {
        return Err(ClientError::TimeoutNotReached { height, got, timeout });
    }
    Ok(())
}
