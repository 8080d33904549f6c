//! The family-neutral vocabulary of Causeway: heights, times, identifiers, packets, their
//! commitments and paths, and what it means to be refused.
//!
//! Everything here is plain data with strict decoders. It knows no chain, no light client and no
//! transport; what a family adds (headers, transactions, proofs) lives above.
//!
//! Start with [`Packet`], [`PacketPath`] and [`Message`].
//!
//! ```
//! use causeway_core::{ClientId, PacketPath, Sequence};
//!
//! let path = PacketPath::commitment(ClientId::new("client-0")?, Sequence::FIRST);
//! assert_eq!(path.to_bytes(), b"client-0\x01\0\0\0\0\0\0\0\x01");
//! # Ok::<(), causeway_core::DecodeError>(())
//! ```
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        reason = "tests compute freely"
    )
)]

mod amount;
mod any;
mod audit;
pub mod caip;
mod claim;
mod commitment;
mod decode;
mod encoding;
pub mod gmp;
mod height;
mod identifier;
mod message;
mod packet;
mod path;
mod refusal;
mod time;
pub mod transfer;

pub use amount::Amount;
pub use any::Any;
pub use audit::Audit;
pub use claim::{ClaimError, PacketClaim};
pub use commitment::{AcknowledgementCommitment, ERROR_ACKNOWLEDGEMENT, PacketCommitment};
pub use decode::{DecodeError, decode_protobuf};
pub use encoding::Encoding;
pub use height::Height;
pub use identifier::{ClientId, PortId, Sequence};
pub use message::{
    AcknowledgePacket, AppEvent, Counterparty, CreateClient, Event, Message, PacketResult,
    ReceivePacket, ReceivePackets, RecoverClient, RegisterCounterparty, Response, SendPacket,
    SubmitMisbehaviour, TimeoutPacket, UpdateClient,
};
pub use packet::{
    Acknowledgement, MAX_PAYLOADS, MAX_PAYLOADS_LEN, Packet, Payload, validate_payloads,
};
pub use path::{MAX_PREFIX_ELEMENTS, MerklePath, MerklePrefix, PacketPath, PacketTrace};
pub use refusal::{BoxedRefusal, Recourse, Refusal};
pub use time::Timestamp;
