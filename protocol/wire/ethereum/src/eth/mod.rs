//! The JSON of `eth_*` methods: what servers answer and what clients ask, read and written.
//!
//! Members that this project does not know are passed over: servers have their own.
//!
//! ```
//! use causeway_wire_ethereum::eth::{BlockId, BlockNumber};
//!
//! let id: BlockId = serde_json::from_str("\"finalized\"")?;
//! assert_eq!(id, BlockId::Number(BlockNumber::Finalized));
//! # Ok::<(), serde_json::Error>(())
//! ```

mod block;
mod block_id;
mod call;
mod error;
mod filter;
pub(crate) mod hex;
mod proof;
mod subscription;
mod transaction;

pub use block::{Block, Header, Transactions, Withdrawal};
pub use block_id::{BlockId, BlockNumber};
pub use call::{CallRequest, FeeHistory, Tips, TwoInputs};
pub use error::RpcError;
pub use filter::{Filter, FilterBlocks, FilterBlooms, MAX_ALTERNATIVES, MAX_TOPICS};
pub use hex::{Hex, HexError, Hexadecimal};
pub use proof::{ProofAnswer, SlotProof, StorageKey};
pub use subscription::{Notification, SUBSCRIPTION_METHOD, SubscriptionParams};
pub use transaction::{Log, Receipt, Transaction};
