//! The code that runs on a chain: client registry (ICS-02), packet handlers (ICS-04 v2), router
//! (ICS-26) and applications, written once over what a [`Host`] gives.
//!
//! It knows no chain and no concrete light client: a chain implements the host traits and passes
//! in the clients. It does not authenticate signers and takes no fees; those are the chain's.
//!
//! Contracts work on a [`Context`], which charges every operation before it runs and undoes what
//! fails. Start with [`IbcApp`] for an application, with [`Host`] and [`Ibc`] for a
//! chain.
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        reason = "tests compute freely"
    )
)]

mod app;
pub mod apps;
mod client;
mod context;
mod entry;
mod host;
mod ibc;
mod overlay;
mod packet;

pub use app::{AppError, Delivery, IbcApp, Reply, Router};
pub use client::{ClientError, ClientRefusal, StoredClient};
pub use context::{BankError, Context};
pub use entry::EntryError;
pub use host::{
    Account, Accounts, Bank, Chain, EventLog, Host, KeyValue, Meter, Movement, Order, OutOfGas,
    Scan, Storage, Token, TraceStore, Work,
};
pub use ibc::{HandleError, Ibc};
pub use overlay::Overlay;
pub use packet::{AppRefusal, MAX_TIMEOUT_SECS, PacketError};
