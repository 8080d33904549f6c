//! The execution half's JSON-RPC, as a function from requests to answers.
//!
//! What is there and what is left out: `docs/rpc.md`.

mod calls;
mod methods;
mod params;
mod sessions;

pub(crate) use sessions::Sessions;
