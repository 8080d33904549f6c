//! How bad a chain's endpoint may be.

/// What may go wrong, once in so many calls; 0 is never.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Faults {
    /// No answer, and nothing done.
    pub(crate) fails: u64,
    /// No answer, but done.
    pub(crate) silent: u64,
    /// No answer for a long time.
    pub(crate) hangs: u64,
    /// Nonsense, or lies.
    pub(crate) lies: u64,
    /// A transaction is forgotten.
    pub(crate) forgets: u64,
    /// Nobody answers at all.
    pub(crate) down: bool,
}
