//! Requests to and answers of a node's RPC (CometBFT 0.38), both ways.
//!
//! Nodes write every field always; what other versions leave out or write as `null` is read as
//! nothing. An answer is a claim of whoever gave it.
//!
//! ```
//! use causeway_wire_cometbft::rpc::{Answer, Status};
//!
//! let error = br#"{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"Method not found"}}"#;
//! let answer: Answer<Status> = Answer::from_json(error)?;
//! assert_eq!(answer.into_result().unwrap_err().code, -32601);
//! # Ok::<(), causeway_core::DecodeError>(())
//! ```

mod abci;
mod block;
mod consensus;
mod envelope;
mod event;
mod node;
mod transaction;

pub use abci::{
    AbciInfo, AbciInfoResponse, AbciQuery, AbciQueryResponse, BlockResults, EventAttributeJson,
    EventJson, ProofOpJson, ProofOpsJson, PublicKeySumJson, TxOutcomeJson, ValidatorUpdateJson,
};
pub use block::{
    BlockJson, BlockMeta, BlockSearch, Blockchain, CommitAnswer, DataJson, EvidenceListJson,
    HeaderAnswer, NumberedBlock, SignedHeaderAnswer, Validators,
};
pub use consensus::{
    AbciParams, BlockParams, ConsensusParams, ConsensusParamsAnswer, EvidenceParams,
    ValidatorParams, VersionParams,
};
pub use envelope::{Answer, Call, Id, RpcError, code};
pub use event::{EventAnswer, EventData, FinalizedBlock, TxEventData};
pub use node::{
    Genesis, GenesisAnswer, GenesisChunk, GenesisValidator, NetInfo, NodeInfo, NodeInfoOther,
    OwnValidator, ProtocolVersion, Status, SyncInfo,
};
pub use transaction::{
    Broadcast, BroadcastCommit, BroadcastEvidence, MerkleProofJson, TxAnswer, TxProof, TxSearch,
    UnconfirmedTxs,
};

pub use crate::evidence::{DuplicateVoteJson, EvidenceJson};
pub use crate::header::{
    BlockIdJson, CommitJson, CommitSigJson, HeaderJson, PartsJson, VersionJson, VoteJson,
};
pub use crate::scalar::{Base64Bytes, HexBytes, Int, WireTime};
pub use crate::validators::{PublicKeyJson, ValidatorJson};
