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

mod endpoint;
mod inspect;
mod prepare;
mod transport;

pub use endpoint::{
    ChainEvent, ClientParameters, Endpoint, EndpointError, Executed, HostedClient, MessageOutcome,
    Page, Prover, Reader, Submitter, Transaction, TransactionState, Update,
};
pub use inspect::inspect;
pub use prepare::{Prepared, prepare};
pub use transport::{Api, Call, Reply, Transport, TransportError, Verb};
