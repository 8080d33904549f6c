//! What creators of clients ask of a chain (`cosmos.staking.v1beta1`).

use prost::Message;

/// The parameters of staking.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryStakingParamsResponse {
    /// The parameters.
    #[prost(message, optional, tag = "1")]
    pub params: Option<StakingParams>,
}

/// The parameters of staking, as far as clients depend on them.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct StakingParams {
    /// How long whoever signed a header can be held to it.
    #[prost(message, optional, tag = "1")]
    pub unbonding_time: Option<Duration>,
    /// The most validators.
    #[prost(uint32, tag = "2")]
    pub max_validators: u32,
    /// The coin of stakes.
    #[prost(string, tag = "5")]
    pub bond_denom: String,
}

/// `google.protobuf.Duration`.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct Duration {
    /// Whole seconds.
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    /// And so many nanoseconds.
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}
