//! Makers of valid data of each family, for tests to use and to spoil.

pub mod bitcoin;
pub mod cometbft;
pub mod cometbft_client;
pub mod ethereum;
pub mod ethereum_execution;
pub mod ics23;
