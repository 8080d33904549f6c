//! Stub.

pub mod execution;
