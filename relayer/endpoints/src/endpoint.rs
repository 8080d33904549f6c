//! All that the relayer needs of a chain.

use crate::{Ledger, Observer, Prover, Reader, Submitter};

/// All that the relayer needs of a chain, whatever the family.
pub trait Endpoint: Observer + Reader + Prover + Submitter + Ledger {}

impl<E: Observer + Reader + Prover + Submitter + Ledger> Endpoint for E {}
