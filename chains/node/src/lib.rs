//! The shell that runs bundled chains: sockets, disk, clock. It moves bytes and keeps time; what a
//! block is, only the chains know.
//!
//! Each chain lives in a thread of its own ([`spawn`]). What it writes is durable before anything
//! that depends on it leaves the process. Start with [`spawn`] and [`serve`].

mod clock;
mod lies;
mod runner;
mod server;
mod store;

pub use clock::{ChainClock, ClockSetting};
pub use runner::{ChainHandle, Gone, spawn};
pub use server::{bind, serve};
pub use store::{ChainStore, DataDir, DataDirError, StoreError};
