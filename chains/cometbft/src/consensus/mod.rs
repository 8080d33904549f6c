//! Agreement on one block a height.
//!
//! [`Rounds`] is the algorithm alone: who votes for what, when to wait, when it is decided. It
//! knows no signatures and no blocks, only their ids, so that its rules can be tested against any
//! order of messages. A [`Participant`] has a key, a state and an [`Application`], believes
//! nothing that is not signed, and hears of the others only by [`Message`]s. [`Participants`] are
//! all of them over one network.

mod application;
mod book;
mod commits;
mod evidence;
mod key;
mod memory;
mod message;
mod participant;
mod participants;
mod rotation;
mod rounds;
mod state;
mod tally;
mod updates;

pub use application::{Application, Executed, ValidatorUpdate};
pub use evidence::{EvidencePool, MAX_BLOCK_EVIDENCE, MAX_EVIDENCE_AGE_BLOCKS};
pub use key::{Proposal, ValidatorKey};
pub use memory::Memory;
pub use message::{DecidedBlock, Message};
pub use participant::{KEPT_BLOCKS, KEPT_BLOCKS_LEN, Participant, Resume, Timing};
pub use participants::{OlderBlocks, Participants};
pub use rotation::{newcomer_priority, proposer_at, rotate};
pub use rounds::{Action, Rounds, Timeout, Wait};
pub use state::{BlockError, Genesis, State};
pub use tally::{Conflict, Stage, Voters};
pub use updates::{first_set, with_updates};
