//! Proofs under an execution state root: accounts, storage, receipts and transactions.
