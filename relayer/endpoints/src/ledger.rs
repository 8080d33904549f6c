//! Tokens, as a chain's state has them.

use async_trait::async_trait;
use causeway_core::transfer::Denom;
use causeway_core::{Amount, ClientId, Height};

use crate::EndpointError;

/// Some of one denomination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Which, with the way that it came: `transfer/client-0/…` for a voucher.
    pub denom: Denom,
    /// How much, in the smallest unit.
    pub amount: Amount,
}

/// What a client's transfers have left on a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Books {
    /// The height of the state that all of this is read from; the same twice: nothing has changed
    /// in between.
    pub height: Height,
    /// In escrow for that client; no zeros.
    pub escrowed: Vec<Holding>,
    /// The supply of vouchers that came through that client; no zeros.
    pub issued: Vec<Holding>,
}

/// Tokens, from the newest state: never from events, and never from a relayer's tables. Each answer
/// is of one state.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// What an account has, in the chain's own text form: the native coin, tokens and vouchers.
    async fn balances(&self, account: &str) -> Result<Vec<Holding>, EndpointError>;

    /// All that is in escrow and was issued for `client`.
    async fn books(&self, client: &ClientId) -> Result<Books, EndpointError>;
}
