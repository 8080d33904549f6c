//! What holds for every handler.

use causeway_core::refusals;

use crate::context::Context;
use crate::host::OutOfGas;

/// Why no handler could run, or could not run to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// A callback called back in.
    #[error("a callback of an application may not call the handlers")]
    ReentrantCall,
    /// The caller must pay for more.
    #[error("{OutOfGas}")]
    OutOfGas,
}

refusals! {
    EntryError {
        ReentrantCall {} => "reentrant_call", Reject;
        OutOfGas {} => "out_of_gas", Retry;
    }
}

impl From<OutOfGas> for EntryError {
    fn from(_: OutOfGas) -> Self {
        Self::OutOfGas
    }
}

/// Handlers are entered from outside only: state is consistent between calls, not within them.
pub(crate) fn check_entry(ctx: &Context<'_>) -> Result<(), EntryError> {
    if ctx.in_callback() { Err(EntryError::ReentrantCall) } else { Ok(()) }
}
