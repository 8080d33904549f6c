//! Bringing messages onto a chain.

use async_trait::async_trait;
use causeway_core::{Amount, Height, Message, Response};

use crate::EndpointError;

/// A transaction, as its chain names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Transaction(pub String);

/// A transaction that is ready to go out. It is written down before it does, so that after a stop
/// it can be asked for, or offered again, instead of being made twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Its name.
    pub transaction: Transaction,
    /// The chain's own bytes. A family that needs several transactions for what was asked writes
    /// them one behind the other; the last gives the name.
    pub raw: Vec<u8>,
}

/// What a transaction would cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fee {
    /// How much, in the smallest unit.
    pub amount: Amount,
    /// Of what, by the chain's own name.
    pub denom: String,
    /// By the chain's own measure: gas or weight.
    pub gas: u64,
}

/// What became of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageOutcome {
    /// It was handled.
    Handled(Response),
    /// It failed, in the chain's words.
    Failed(String),
}

/// An executed transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Executed {
    /// The block that has it.
    pub height: Height,
    /// What became of each message. Where a transaction failed as a whole, each has failed, or
    /// there is one failure for all. Empty where a transaction is not of this account's making.
    pub outcomes: Vec<MessageOutcome>,
}

/// Where a transaction is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransactionState {
    /// Not in a block yet.
    Pending,
    /// In a block of the newest chain.
    Executed(Executed),
    /// The chain does not know it: dropped, replaced or undone.
    Unknown,
}

/// Brings messages onto a chain, from one account. One task owns an account: it signs and
/// broadcasts one transaction after the other, so that several may be pending at once.
#[async_trait]
pub trait Submitter: Send + Sync {
    /// The account that signs and pays, in the chain's own text form.
    fn account(&self) -> String;

    /// What a transaction with these messages would cost now.
    async fn estimate(&self, messages: &[Message]) -> Result<Fee, EndpointError>;

    /// Makes one transaction of the messages, all or nothing where the family can, behind those
    /// that this account has pending. Nothing goes out.
    async fn sign(&self, messages: &[Message]) -> Result<Signed, EndpointError>;

    /// The same without asking the chain first what would become of it, with the most gas that such
    /// messages need: what it says no to is then on record there.
    async fn sign_untried(&self, messages: &[Message]) -> Result<Signed, EndpointError>;

    /// Makes a transaction that takes the place of a pending one and pays more; `Refused` where
    /// it would pay more than the endpoint may spend.
    async fn replace(&self, signed: &Signed) -> Result<Signed, EndpointError>;

    /// Offers signed bytes to the chain; what the chain knows already is no error. After `Refused`
    /// they are surely not out; after `Transport` nobody can say.
    async fn broadcast(&self, raw: &[u8]) -> Result<Transaction, EndpointError>;

    /// Where a transaction is.
    async fn state(&self, transaction: &Transaction) -> Result<TransactionState, EndpointError>;

    /// Reads nonce, sequence or spendable outputs from the chain again, and forgets what was
    /// believed. Called at the start, and whenever a signed transaction did not go out or was lost.
    async fn reconcile(&self) -> Result<(), EndpointError>;
}
