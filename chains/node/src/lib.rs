//! The shell that runs bundled chains: sockets, disk, clock. It moves bytes and keeps time; what a
//! block is, only the chains know.
//!
//! Each chain lives in a thread of its own. What it writes is durable before anything that depends
//! on it leaves the process. Start with [`DataDir`] and [`Network::start`].

mod clock;
mod control;
mod data_dir;
mod faults;
mod handle;
mod lies;
mod network;
mod runner;
mod server;
mod store;

pub use clock::{ChainClock, ClockSetting};
pub use data_dir::{Cookie, DataDir, DataDirError};
pub use faults::{FAULT_KINDS, FaultKind, FaultOrder, FaultRequest, FaultRequestError};
pub use handle::{ChainHandle, Gone, Report};
pub use network::{Control, Member, Network, NetworkError, OpenChain, OpenError, Options};
pub use store::{ChainStore, StoreError};
