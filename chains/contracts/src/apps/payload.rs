//! What applications demand of a payload before they look into it.

use causeway_core::{AppEvent, Encoding, Event, Payload, refusals};

use crate::app::Delivery;
use crate::context::Context;
use crate::host::{Account, OutOfGas, Work};

/// Why an application does not look into a payload.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// A payload goes from an application to its like: the port at the other end is part of no
    /// account and of no denomination.
    #[error("the payload goes from port {source_port} to port {dest_port}, not {expected}")]
    UnexpectedPort {
        /// The sending port.
        source_port: String,
        /// The receiving port.
        dest_port: String,
        /// What both should be.
        expected: &'static str,
    },
    /// Another protocol version.
    #[error("version {got:?}, expected {expected}")]
    UnexpectedVersion {
        /// The payload's.
        got: String,
        /// The application's.
        expected: &'static str,
    },
    /// An encoding that the protocol does not have.
    #[error("encoding {got:?} is none of JSON, protobuf and ABI")]
    UnexpectedEncoding {
        /// The payload's.
        got: String,
    },
    /// Who signs is not who is said to send.
    #[error("{got:?} is said to send, {expected} signed")]
    UnauthorizedSender {
        /// The sender by the payload.
        got: String,
        /// The signer.
        expected: String,
    },
}

refusals! {
    PayloadError {
        UnexpectedPort { source_port, dest_port, expected } => "unexpected_port", Reject;
        UnexpectedVersion { got, expected } => "unexpected_version", Reject;
        UnexpectedEncoding { got } => "unexpected_encoding", Reject;
        UnauthorizedSender { got, expected } => "unauthorized_sender", Reject;
    }
}

/// The payload's encoding, when ports and version are the application's own.
pub(super) fn encoding(
    payload: &Payload,
    port: &'static str,
    version: &'static str,
) -> Result<Encoding, PayloadError> {
    let Payload { source_port, dest_port, .. } = payload;
    if source_port.as_str() != port || dest_port.as_str() != port {
        return Err(PayloadError::UnexpectedPort {
            source_port: source_port.to_string(),
            dest_port: dest_port.to_string(),
            expected: port,
        });
    }
    if payload.version != version {
        let got = payload.version.clone();
        return Err(PayloadError::UnexpectedVersion { got, expected: version });
    }
    let got = || payload.encoding.clone();
    Encoding::of(payload).ok_or_else(|| PayloadError::UnexpectedEncoding { got: got() })
}

/// The sender, by name, is the signer.
pub(super) fn check_sender(
    ctx: &Context<'_>,
    sender: &str,
    signer: &Account,
) -> Result<(), PayloadError> {
    if ctx.parse_account(sender).as_ref() == Some(signer) {
        return Ok(());
    }
    let expected = ctx.format_account(signer);
    Err(PayloadError::UnauthorizedSender { got: sender.into(), expected })
}

/// Reading a payload costs as much as reading its bytes from state.
pub(super) fn charge_decoding(
    ctx: &mut Context<'_>,
    delivery: &Delivery<'_>,
) -> Result<(), OutOfGas> {
    ctx.charge(Work::ReadBytes(delivery.payload.value.len()))
}

/// Reports an application's event.
pub(super) fn emit(ctx: &mut Context<'_>, event: AppEvent) -> Result<(), OutOfGas> {
    ctx.emit(Event::App(event))
}
