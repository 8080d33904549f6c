//! Applications and the ports they are bound to (ICS-26).

use std::collections::BTreeMap;

use causeway_core::{BoxedRefusal, ClientId, Payload, PortId, Refusal, Sequence};

use crate::context::Context;
use crate::host::{Account, OutOfGas};

/// One payload of a packet, as its application is given it.
#[derive(Clone, Copy, Debug)]
pub struct Delivery<'a> {
    /// The client of the destination, on the source.
    pub source_client: &'a ClientId,
    /// The client of the source, on the destination.
    pub dest_client: &'a ClientId,
    /// The packet's number among those of the source client.
    pub sequence: Sequence,
    /// Destination chain time from which it may no longer be received, in seconds.
    pub timeout_timestamp: u64,
    /// The payload.
    pub payload: &'a Payload,
    /// Who sends the packet, or who relays what happened to it.
    pub signer: &'a Account,
}

/// An application's answer to a payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The answer: neither empty nor the error acknowledgement, which is for the handler to give.
    Now(Vec<u8>),
    /// The application will answer later, through [`crate::Ibc::write_acknowledgement`].
    Later,
}

/// Why a callback did not succeed.
#[derive(Debug)]
pub enum AppError {
    /// The application refuses. On receive this becomes the error acknowledgement; elsewhere it
    /// undoes the call.
    Refused(BoxedRefusal),
    /// The caller must pay for more: undoes the whole call.
    OutOfGas,
}

impl<E: Refusal> From<E> for AppError {
    fn from(error: E) -> Self {
        Self::Refused(Box::new(error))
    }
}

impl From<OutOfGas> for AppError {
    fn from(_: OutOfGas) -> Self {
        Self::OutOfGas
    }
}

/// An application bound to a port. It keeps its state in the context's storage, which holds its
/// own keys only.
///
/// Callbacks run after the handler's own writes, and no handler can be entered from inside one.
pub trait IbcApp: Send + Sync {
    /// The signer sends this payload; refusing undoes the call.
    fn on_send(&self, ctx: &mut Context<'_>, delivery: &Delivery<'_>) -> Result<(), AppError>;

    /// This payload is proven to be sent. Refusing reverts what every application wrote for the
    /// packet, and answers with the error acknowledgement.
    fn on_recv(&self, ctx: &mut Context<'_>, delivery: &Delivery<'_>) -> Result<Reply, AppError>;

    /// This payload is proven to be answered: with `acknowledgement`, or, where that is `None`,
    /// with the error acknowledgement. Called once; refusing undoes the call.
    fn on_acknowledge(
        &self,
        ctx: &mut Context<'_>,
        delivery: &Delivery<'_>,
        acknowledgement: Option<&[u8]>,
    ) -> Result<(), AppError>;

    /// This payload is proven never to be received. Called once; refusing undoes the call.
    fn on_timeout(&self, ctx: &mut Context<'_>, delivery: &Delivery<'_>) -> Result<(), AppError>;
}

/// Which application has which port: fixed when the chain is built.
#[derive(Default)]
pub struct Router(BTreeMap<PortId, Box<dyn IbcApp>>);

impl core::fmt::Debug for Router {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Router {
    /// No applications.
    pub fn new() -> Self {
        Self::default()
    }

    /// Binds `app` to `port`, in place of an earlier one.
    #[must_use]
    pub fn with(mut self, port: PortId, app: impl IbcApp + 'static) -> Self {
        self.0.insert(port, Box::new(app));
        self
    }

    /// The application at `port`.
    pub fn app(&self, port: &PortId) -> Option<&dyn IbcApp> {
        self.0.get(port).map(AsRef::as_ref)
    }
}
