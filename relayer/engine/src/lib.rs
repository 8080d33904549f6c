//! What a relayer does next, for one path: decisions only.
//!
//! A path joins two chains by a client on each side. The [`PathEngine`] is told what happens on
//! both ([`Input`]) and answers with what to do ([`Effect`]): read, prove, submit, write down. It
//! has no sockets, no clock and no randomness of its own, so that the same decisions run in the
//! daemon and in a seeded simulation.
//!
//! Nothing it is told is believed for good. An event is a hint that some packet may need work;
//! before anything is submitted the driver reads the state and gets a proof, and when the two
//! disagree with the hint the packet is looked at again ([`Effect::Inspect`]).
//!
//! What it deliberately does not do: verify (the chains do), sign, or know any family of chains.
//!
//! Start with [`PathEngine::handle`].
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        reason = "tests compute freely"
    )
)]

mod batch;
mod client;
mod deadline;
mod engine;
mod input;
mod inspect;
mod lanes;
mod limits;
mod observe;
mod outcome;
mod packet;
mod packets;
mod plan;
mod record;
mod side;
mod size;
mod standing;
mod status;
#[cfg(test)]
mod tests;

pub use batch::{Batch, BatchId, Item};
pub use client::{ClientReport, ClientStatus};
pub use engine::PathEngine;
pub use input::{
    Destination, Effect, Failure, Finding, Input, ItemResult, Observation, PacketEvent,
};
pub use limits::Limits;
pub use packet::{Outcome, PacketKey, Task};
pub use record::{PacketRecord, Record, Resume};
pub use side::{PerSide, Side};
pub use status::{Actor, PacketStatus, Stage};
