//! The light client as IBC hosts know it: client type `07-tendermint` (ICS-07), in the messages
//! and by the rules of ibc-go.

mod client;
mod error;
mod message;
mod misbehaviour;
mod proof;
mod state;
mod update;

pub use client::CometbftClient;
pub use error::{ClientError, InitialiseError, MisbehaviourError, RecoverError};
pub use message::{ClientMessage, Header, Misbehaviour};
pub use proof::{StateBatchProof, StateProof};
pub use state::{ClientState, ConsensusState};
pub use update::{UpdateBlock, UpdateError, UpdateRun, misbehaviour};
