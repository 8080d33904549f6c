//! Questions without an answer, as gRPC services report them.

use causeway_wire_cometbft::tx::TxRefusal;
use prost::Message;

use crate::app::tx::Rejection;

/// The most bytes of a question.
const MAX_QUESTION_LEN: usize = 1 << 20;

/// Why a question has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// What is asked about is not there.
    NotFound(String),
    /// The question makes no sense.
    InvalidArgument(String),
    /// Anything else.
    Unknown(String),
}

impl From<Failure> for Rejection {
    fn from(failure: Failure) -> Self {
        let (refusal, kind, text) = match failure {
            Failure::NotFound(text) => (TxRefusal::KeyNotFound, "NotFound", text),
            Failure::InvalidArgument(text) => (TxRefusal::InvalidRequest, "InvalidArgument", text),
            Failure::Unknown(text) => (TxRefusal::UnknownRequest, "Unknown", text),
        };
        Self::sdk(refusal, format!("rpc error: code = {kind} desc = {text}"))
    }
}

/// Reads a question, leniently: nothing depends on it.
pub(crate) fn decode<M: Message + Default>(data: &[u8]) -> Result<M, Failure> {
    if data.len() > MAX_QUESTION_LEN {
        return Err(Failure::InvalidArgument(format!("{} bytes", data.len())));
    }
    M::decode(data).map_err(|error| Failure::InvalidArgument(error.to_string()))
}

/// The answer in bytes.
pub(crate) fn respond<Q: Message + Default, A: Message>(
    data: &[u8],
    answer: impl FnOnce(Q) -> Result<A, Failure>,
) -> Result<Vec<u8>, Failure> {
    decode(data).and_then(answer).map(|answer| answer.encode_to_vec())
}
