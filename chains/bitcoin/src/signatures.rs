//! Signatures that were verified. A transaction is judged by every participant, when it is handed
//! in and again in its block; what its signatures are over follows from its bytes alone.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Mutex, PoisonError};

use causeway_client_bitcoin::Wtxid;

/// The most transactions that are remembered: some blocks full of the smallest ones.
const MAX_REMEMBERED: usize = 50_000;

/// Which transactions have valid signatures, for all participants of one process.
#[derive(Debug, Default)]
pub(crate) struct Signatures(Mutex<Remembered>);

#[derive(Debug, Default)]
struct Remembered {
    known: BTreeSet<Wtxid>,
    in_order: VecDeque<Wtxid>,
}

impl Signatures {
    /// True when this transaction, witness included, was found valid before. Outpoints determine
    /// amounts and accounts, so that this holds wherever it is found.
    pub(crate) fn are_known(&self, transaction: &Wtxid) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).known.contains(transaction)
    }

    /// Remembers a transaction whose signatures are valid.
    pub(crate) fn remember(&self, transaction: Wtxid) {
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if memory.known.insert(transaction) {
            memory.in_order.push_back(transaction);
        }
        if memory.in_order.len() > MAX_REMEMBERED
            && let Some(oldest) = memory.in_order.pop_front()
        {
            memory.known.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_are_forgotten_first() {
        let name = |number: usize| {
            let mut bytes = [0; 32];
            bytes[..8].copy_from_slice(&number.to_le_bytes());
            Wtxid(bytes)
        };
        let signatures = Signatures::default();
        for number in 0..=MAX_REMEMBERED {
            signatures.remember(name(number));
            signatures.remember(name(number));
        }
        assert!(!signatures.are_known(&name(0)));
        assert!(signatures.are_known(&name(1)) && signatures.are_known(&name(MAX_REMEMBERED)));
    }
}
