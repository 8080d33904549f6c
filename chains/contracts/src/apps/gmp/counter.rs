//! The example contract: a number for each caller, to which calls add.

use causeway_core::{AppEvent, refusals};

use super::{Call, Contract};
use crate::app::AppError;

/// Counts for each caller apart. A call's payload is a number of eight big-endian bytes; it is
/// added to the caller's, and the sum is the result, in the same form.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counter;

/// Why a call does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CounterError {
    /// Not a number.
    #[error("a number has 8 bytes, the payload has {got}")]
    NotANumber {
        /// Length of the payload.
        got: usize,
    },
    /// The sum is past what eight bytes hold.
    #[error("{count} and {more} are too much")]
    CountOverflow {
        /// The caller's number.
        count: u64,
        /// What should be added.
        more: u64,
    },
}

refusals! {
    CounterError {
        NotANumber { got } => "not_a_number", Reject;
        CountOverflow { count, more } => "count_overflow", Reject;
    }
}

impl Contract for Counter {
    fn call(&self, call: &mut Call<'_, '_>) -> Result<Vec<u8>, AppError> {
        let got = call.payload().len();
        let more = number(call.payload()).ok_or(CounterError::NotANumber { got })?;
        let caller = call.caller().0.clone();
        let count = call.get(&caller)?.and_then(|bytes| number(&bytes)).unwrap_or(0);
        let sum = count.checked_add(more).ok_or(CounterError::CountOverflow { count, more })?;
        call.set(&caller, sum.to_be_bytes().to_vec())?;
        let name = call.format_account(call.caller());
        call.emit(AppEvent::new("counted").with("caller", name).with("count", sum.to_string()))?;
        Ok(sum.to_be_bytes().to_vec())
    }
}

fn number(bytes: &[u8]) -> Option<u64> {
    bytes.try_into().ok().map(u64::from_be_bytes)
}
