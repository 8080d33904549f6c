//! What comes down a websocket unasked.

use serde::{Deserialize, Serialize};

/// The method of every message that a subscription sends.
pub const SUBSCRIPTION_METHOD: &str = "eth_subscription";

/// A message of a subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification<T> {
    /// Always `2.0`.
    pub jsonrpc: String,
    /// [`SUBSCRIPTION_METHOD`].
    pub method: String,
    /// What it says.
    pub params: SubscriptionParams<T>,
}

/// What a subscription says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionParams<T> {
    /// The subscription's name, as `eth_subscribe` gave it.
    pub subscription: String,
    /// A header, a log, or a transaction's hash.
    pub result: T,
}

impl<T> Notification<T> {
    /// A message of the subscription of this name.
    pub fn new(subscription: impl Into<String>, result: T) -> Self {
        let params = SubscriptionParams { subscription: subscription.into(), result };
        Self { jsonrpc: "2.0".into(), method: SUBSCRIPTION_METHOD.into(), params }
    }
}
