//! What differs between the families, as the harness needs it.

use std::collections::BTreeMap;
use std::time::Duration;

use causeway_core::{Any, CreateClient, Height, MerklePrefix, PacketPath, Timestamp};

use crate::host::Customs;

/// The provable writes of a chain.
pub type Traces = BTreeMap<PacketPath, Vec<u8>>;

/// The consensus and the state format of one chain under test.
pub trait Family {
    /// Addresses, names and receipts.
    fn customs(&self) -> Customs;

    /// What counterparties put before every path.
    fn prefix(&self) -> MerklePrefix;

    /// Makes the blocks that it takes to make `traces` provable, from `now` on; returns the time
    /// at which that is so.
    fn commit(&mut self, traces: &Traces, now: Timestamp) -> Timestamp;

    /// The greatest height whose state is provable.
    fn head(&self) -> Height;

    /// The chain's own time when it is `now`: what its contracts are told, and judge headers by.
    fn chain_time(&self, now: Timestamp) -> Timestamp;

    /// A client that starts at the head.
    fn new_client(&self, trusting_period: Duration) -> CreateClient;

    /// The messages that bring a client from `trusted` to the head; none where it is there.
    fn updates(&self, trusted: Height) -> Vec<Any>;

    /// Proof of what is at a path, at `height`.
    fn membership(&self, height: Height, path: &PacketPath) -> Vec<u8>;

    /// Proof that nothing is at a path, at `height`.
    fn non_membership(&self, height: Height, path: &PacketPath) -> Vec<u8>;

    /// Proof of what is at several paths, at `height`.
    fn memberships(&self, height: Height, paths: &[PacketPath]) -> Vec<u8>;

    /// An update beyond `trusted` that the consensus of this chain never made.
    fn forged_update(&self, trusted: Height) -> Any;

    /// Real evidence that the chain contradicted itself, for a client that trusts `trusted` and
    /// the head. Makes no difference to the chain.
    fn misbehaviour(&self, trusted: Height) -> Vec<Any>;
}
