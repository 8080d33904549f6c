//! Requests and streams over plain HTTP and websockets, with failover among several addresses.
//!
//! There is no TLS here: a node that is not on this machine belongs behind a tunnel or a local
//! proxy that speaks it.

mod address;
mod http;
mod login;
mod sse;
#[cfg(test)]
mod tests;
mod websocket;

pub use address::{Address, AddressError};
pub use http::{AddressHealth, HttpTransport, TransportLimits};
pub use login::Login;
