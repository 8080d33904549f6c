//! What the prefixes of simple Merkle nodes hold (RFC 6962): the byte 01, then a left sibling or
//! nothing.

use crate::{InnerOp, ProofError};

/// The first byte of every inner node.
const INNER: u8 = 1;

/// The prefix begins with 01, and is just that when a sibling follows the child.
pub(crate) fn inner_prefix(op: &InnerOp, step: usize) -> Result<(), ProofError> {
    let got = || hex::encode(&op.prefix);
    if op.prefix.first() != Some(&INNER) {
        return Err(ProofError::TendermintPrefix { step, got: got(), expected: "01 first" });
    }
    if !op.suffix.is_empty() && op.prefix.len() != 1 {
        let expected = "01 alone before a suffix";
        return Err(ProofError::TendermintPrefix { step, got: got(), expected });
    }
    Ok(())
}
