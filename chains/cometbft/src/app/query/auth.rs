//! Accounts, and the parameters that creators of clients want.

use causeway_wire_cometbft::query::{
    Duration, QueryAccount, QueryAccountResponse, QueryStakingParamsResponse, StakingParams, path,
};

use super::Failure;
use super::failure::respond;
use super::view::{View, address};
use crate::app::NATIVE_DENOM;

/// How long validators of the bundled chain can be held to what they signed. Nothing is at stake
/// there; it is what clients are created with.
const UNBONDING_SECS: i64 = 21 * 24 * 60 * 60;

/// The most validators (`types/validator_set.go`).
const MAX_VALIDATORS: u32 = 10_000;

pub(crate) fn answer(view: &View<'_>, path: &str, data: &[u8]) -> Option<Result<Vec<u8>, Failure>> {
    Some(match format!("/{path}").as_str() {
        path::ACCOUNT => respond(data, |query| account(view, &query)),
        path::STAKING_PARAMS => respond(data, |()| Ok(staking_params())),
        _ => return None,
    })
}

fn account(view: &View<'_>, query: &QueryAccount) -> Result<QueryAccountResponse, Failure> {
    let address = address(&query.address)?;
    let account = view.state.account(&address);
    let account =
        account.ok_or_else(|| Failure::NotFound(format!("account {} not found", query.address)))?;
    Ok(QueryAccountResponse { account: Some(account.to_any(&address)) })
}

fn staking_params() -> QueryStakingParamsResponse {
    let params = StakingParams {
        unbonding_time: Some(Duration { seconds: UNBONDING_SECS, nanos: 0 }),
        max_validators: MAX_VALIDATORS,
        bond_denom: NATIVE_DENOM.into(),
    };
    QueryStakingParamsResponse { params: Some(params) }
}
