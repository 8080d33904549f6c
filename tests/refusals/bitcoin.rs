//! Refusals of this family.

pub(crate) mod client;
pub(crate) mod headers;
pub(crate) mod inclusion;
pub(crate) mod state;

use causeway_core::Refusal;

/// The code of a refusal.
pub(crate) fn code<T>(verdict: Result<T, impl Refusal>) -> String {
    match verdict {
        Ok(_) => "accepted".into(),
        Err(refusal) => refusal.code().into_owned(),
    }
}
