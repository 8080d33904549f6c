//! The execution half's JSON-RPC, as a function from requests to answers.
//!
//! What is there and what is left out: `docs/rpc.md`.

mod blocks;
mod calls;
mod execute;
mod feed;
mod fees;
mod ledger;
mod logs;
mod methods;
mod params;
mod sessions;
mod shapes;
mod state;
mod streams;
mod transactions;

pub(crate) use sessions::Sessions;
