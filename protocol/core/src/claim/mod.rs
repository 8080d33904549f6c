//! A packet written down in a file, with what somebody says about it: what `causeway verify packet`
//! judges.

mod json;

use crate::{
    Acknowledgement, AcknowledgementCommitment, Audit, Packet, PacketCommitment, refusals,
};

/// A well-formed packet, perhaps its answer, and perhaps the hashes they are said to have.
///
/// As JSON: `{"packet": {"sequence", "source_client", "dest_client", "timeout_timestamp",
/// "payloads": [{"source_port", "dest_port", "version", "encoding", "value"}]},
/// "acknowledgements": [bytes], "expect": {"commitment": bytes, "ack_commitment": bytes}}`.
///
/// Bytes are hexadecimal, with or without `0x`, or base64 where they are not hexadecimal;
/// `value_hex` and `value_base64` in place of `value` leave no doubt. Numbers may be strings, and
/// `destination_client` and `destination_port` are understood, as protobuf JSON writes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PacketClaim {
    /// The packet.
    pub packet: Packet,
    /// What the destination answered.
    pub acknowledgement: Option<Acknowledgement>,
    /// What the source is said to keep of the packet.
    pub commitment: Option<PacketCommitment>,
    /// What the destination is said to keep of the answer.
    pub ack_commitment: Option<AcknowledgementCommitment>,
}

/// What is said of the packet is not so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimError {
    /// ICS-04 v2: the source keeps another hash for this packet.
    #[error("the packet's commitment is {got}, not {expected}")]
    PacketCommitmentMismatch {
        /// The commitment, hex.
        got: String,
        /// What it is said to be, hex.
        expected: String,
    },
    /// ICS-04 v2: the destination keeps another hash for this answer.
    #[error("the acknowledgement's commitment is {got}, not {expected}")]
    AckCommitmentMismatch {
        /// The commitment, hex.
        got: String,
        /// What it is said to be, hex.
        expected: String,
    },
    /// ICS-04 v2: a success has one answer for each payload.
    #[error("{got} answers to {expected} payloads")]
    AckCountMismatch {
        /// Answers.
        got: usize,
        /// Payloads.
        expected: usize,
    },
}

refusals! {
    ClaimError {
        PacketCommitmentMismatch { got, expected } => "packet_commitment_mismatch", Reject;
        AckCommitmentMismatch { got, expected } => "ack_commitment_mismatch", Reject;
        AckCountMismatch { got, expected } => "ack_count_mismatch", Reject;
    }
}

impl PacketClaim {
    /// Checks everything that is said against the packet and the answer themselves.
    pub fn verify(&self, audit: &mut impl Audit) -> Result<(), ClaimError> {
        let commitment = self.packet.commitment();
        if let Some(said) = self.commitment {
            let (got, expected) = (hex::encode(commitment.0), hex::encode(said.0));
            if got != expected {
                return Err(ClaimError::PacketCommitmentMismatch { got, expected });
            }
            audit.passed("packet_commitment", || got);
        }
        let Some(acknowledgement) = &self.acknowledgement else { return Ok(()) };
        let got = acknowledgement.app_acknowledgements().len();
        let expected = self.packet.payloads.len();
        if !acknowledgement.is_error() && got != expected {
            return Err(ClaimError::AckCountMismatch { got, expected });
        }
        audit.passed("ack_count", || format!("{got} answers to {expected} payloads"));
        if let Some(said) = self.ack_commitment {
            let (got, expected) =
                (hex::encode(acknowledgement.commitment().0), hex::encode(said.0));
            if got != expected {
                return Err(ClaimError::AckCommitmentMismatch { got, expected });
            }
            audit.passed("ack_commitment", || got);
        }
        Ok(())
    }
}
