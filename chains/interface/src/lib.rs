//! What a bundled chain is to the shell that runs it: a state machine over bytes and time.
//!
//! A [`Chain`] holds all participants of one network. Each participant is its own state machine
//! and talks to the others only through a [`Network`], which tests delay, cut and forge. The shell
//! moves bytes, keeps the clock and makes writes durable; it knows nothing of blocks. There is no
//! I/O here.
//!
//! Start with [`Chain`].
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        reason = "tests compute freely"
    )
)]

mod chain;
mod fault;
mod http;
mod keys;
mod network;
mod random;
mod store;

pub use chain::{Chain, Listener, Push, SessionId, Summary};
pub use fault::{Fault, FaultError, RpcFault};
pub use http::{Answer, Method, Request, Response};
pub use keys::{AUTHORITY, DEVELOPERS, derived_key, developer_key};
pub use network::{Delivery, Link, Network, PeerId};
pub use random::Random;
pub use store::{DurableView, DurableWrite};
