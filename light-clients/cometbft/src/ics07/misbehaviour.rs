//! Evidence of misbehaviour (ibc-go `Misbehaviour.ValidateBasic`, `verifyMisbehaviour`,
//! `CheckForMisbehaviour`).

use causeway_core::Timestamp;
use causeway_light_client::ClientView;

use super::client::{own_validators, trusted_block, trusted_state};
use super::{
    ClientError, ClientState, CometbftClient, ConsensusState, Header, Misbehaviour,
    MisbehaviourError,
};
use crate::count::{Checked, Counting};
use crate::validity;
use crate::verify::{check_not_expired, check_quorum, check_trust, check_validators_hash};

/// Accepts when both headers are signed as headers that the client would trust, and no honest
/// chain can have both: two of one height, or two whose times run against their heights. Both are
/// of one revision: the next one may start at an earlier time than the last one ended.
///
/// As in ibc-go, a header here may be from the future and older than its trusted state: it is to
/// be shown that it was signed, not that it is to be followed.
pub(super) fn verify_misbehaviour(
    view: &impl ClientView<CometbftClient>,
    misbehaviour: &Misbehaviour,
    now: Timestamp,
) -> Result<(), ClientError> {
    let (one, two) = (&misbehaviour.header_1, &misbehaviour.header_2);
    let chain_id = |header: &Header| header.signed_header.header.chain_id.clone();
    let (got, expected) = (chain_id(one), chain_id(two));
    if got != expected {
        return Err(MisbehaviourError::ChainIdsDiffer { got, expected }.into());
    }
    let (got, expected) = (one.height(), two.height());
    if got < expected {
        return Err(MisbehaviourError::HeightsOutOfOrder { got, expected }.into());
    }
    for header in [one, two] {
        let consensus = trusted_state(view, header.trusted_height)?;
        check_header(view.client_state(), &consensus, header, now)?;
    }
    let is_conflict = if got == expected {
        one.signed_header.header.hash() != two.signed_header.header.hash()
    } else {
        one.signed_header.header.time <= two.signed_header.header.time
    };
    if is_conflict { Ok(()) } else { Err(MisbehaviourError::NoConflict { got, expected }.into()) }
}

fn check_header(
    client_state: &ClientState,
    consensus: &ConsensusState,
    header: &Header,
    now: Timestamp,
) -> Result<(), ClientError> {
    let (got, expected) = (header.trusted_height, header.height());
    if got >= expected {
        return Err(MisbehaviourError::TrustedHeightNotBelow { got, expected }.into());
    }
    check_not_expired(consensus.timestamp, client_state.trusting_period, now, &mut ())?;
    let trusted = trusted_block(client_state, consensus, header)?;
    let validators = own_validators(header, &trusted)?;
    let chain_id = &trusted.state().chain_id;
    let checked = validity::check(&header.signed_header, chain_id, &mut ())?;
    check_validators_hash(&validators, checked.validators_hash, &mut ())?;
    let commit = &header.signed_header.commit;
    let mut counting = Counting::new(chain_id, commit, Checked::Enough);
    let level = client_state.trust_level.fraction();
    check_trust(&mut counting, trusted.next_validators(), level, &mut ())?;
    Ok(check_quorum(&mut counting, &validators, &mut ())?)
}
