//! The relayer as it runs: sockets, disk, clock and tasks around the engines.
//!
//! Decisions are the engine's (`causeway-relayer-engine`), what a chain says and takes is the
//! endpoints' (`causeway-relayer-endpoints`). Here are the transports that endpoints are given.
//! Nothing here knows a family of chains.
//!
//! Start with [`transport::HttpTransport`].

pub mod transport;
