//! Reading from chains, proving their state and submitting to them, over a transport that is given.
//!
//! One folder a family; above them the work that is the same for all: looking packets up in both
//! states, and turning a batch of the engine into messages with their client update and proofs.
//! Everything goes through a chain's own RPC. There is no runtime and there are no sockets: the
//! daemon brings its transports, the simulation its own.
//!
//! An endpoint is not trusted. What it says of a packet is checked against commitments before it is
//! used, and what it proves is judged by the chain that receives it.
//!
//! Start with [`Endpoint`] and [`prepare`].
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        reason = "tests compute freely"
    )
)]

pub mod bitcoin;
mod branch;
pub mod cometbft;
mod endpoint;
mod error;
pub mod ethereum;
mod hosted;
mod input;
mod inspect;
mod ledger;
mod observer;
mod outcome;
mod prepare;
mod prover;
mod reader;
mod submitter;
mod transport;

pub use branch::{Branch, Growth};
pub use endpoint::Endpoint;
pub use error::EndpointError;
pub use hosted::HostedClient;
pub use input::{executed_input, scanned_input};
pub use inspect::inspect;
pub use ledger::{Books, Holding, Ledger};
pub use observer::{Identity, Observer};
pub use prepare::{Prepared, prepare};
pub use prover::{ClientParameters, Prover, Update};
pub use reader::{ChainEvent, Events, MAX_CLIENTS, MAX_LOOKUP, MAX_PAGE, Page, Reader, Trail};
pub use submitter::{
    Executed, Fee, MessageOutcome, Signed, Submitter, Transaction, TransactionState,
};
pub use transport::{Api, Call, Reply, Stream, Subscription, Transport, TransportError, Verb};
