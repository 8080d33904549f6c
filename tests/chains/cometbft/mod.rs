//! The PBFT chain as the shell runs it, read by clients that others wrote.

mod driver;
mod faults;
mod followers;
mod hashes;
mod readers;
mod restarts;
mod rpc;
mod transfers;
