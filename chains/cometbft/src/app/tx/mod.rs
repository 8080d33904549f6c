//! Transactions: reading, admission, execution.

mod admission;
mod codes;
mod events;
mod host;
mod messages;
mod parse;
mod payments;
mod redundant;
mod run;

pub(crate) use admission::{Mode, text};
pub(crate) use codes::Rejection;
pub(crate) use host::{Host, account_text};
pub(crate) use parse::Parsed;
pub(crate) use redundant::is_redundant;
pub(crate) use run::{Block, Chain, admit, execute, simulate};
