//! The relayer as it runs: sockets, disk, clock and tasks around the engines.
//!
//! Decisions are the engine's (`causeway-relayer-engine`), what a chain says and takes is the
//! endpoints' (`causeway-relayer-endpoints`). Here are the transports that endpoints are given, the
//! store from which work goes on after a stop, a task that watches each chain, one that owns the
//! account on it, and one that drives the engine of each path. Nothing here knows a family of
//! chains, and nothing that an endpoint says is believed beyond what the engine believes.
//!
//! Start with [`Daemon::start`].

mod chain;
mod clock;
mod config;
mod daemon;
mod evidence;
mod path;
pub mod rpc;
mod service;
pub mod store;
pub mod transport;
pub mod work;

pub use chain::{ChainView, Trouble};
pub use config::{ChainSettings, Config, Path, PathEnd, RpcSettings};
pub use daemon::{Daemon, StartError};
pub use path::{PacketChange, PathView};
pub use service::PacketInfo;
