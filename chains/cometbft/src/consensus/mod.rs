//! Agreement on one block a height.
//!
//! [`Rounds`] is the algorithm alone: who votes for what, when to wait, when it is decided. It
//! knows no signatures and no blocks, only their ids, so that its rules can be tested against any
//! order of messages.

mod rotation;
mod rounds;
mod tally;

pub use rotation::{newcomer_priority, proposer_at, rotate};
pub use rounds::{Action, Rounds, Timeout, Wait};
pub use tally::{Conflict, Stage, Voters};
