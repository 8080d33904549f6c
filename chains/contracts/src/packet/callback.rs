//! Calling the applications of a packet.

use causeway_core::{Packet, Payload, PortId};

use super::PacketError;
use super::error::AppRefusal;
use crate::app::{AppError, Delivery, IbcApp};
use crate::context::Context;
use crate::host::{Account, OutOfGas, Work};
use crate::ibc::Ibc;

/// Which end of a payload is on this chain.
#[derive(Clone, Copy)]
pub(super) enum End {
    Source,
    Destination,
}

impl End {
    fn port(self, payload: &Payload) -> &PortId {
        match self {
            Self::Source => &payload.source_port,
            Self::Destination => &payload.dest_port,
        }
    }
}

/// How a callback can end without success.
pub(super) enum CallbackError {
    /// The application at the port refused.
    Refused(AppRefusal),
    /// The handler refuses what the application did, or all of it.
    Handler(PacketError),
}

impl From<OutOfGas> for CallbackError {
    fn from(error: OutOfGas) -> Self {
        Self::Handler(error.into())
    }
}

impl From<PacketError> for CallbackError {
    fn from(error: PacketError) -> Self {
        Self::Handler(error)
    }
}

impl From<CallbackError> for PacketError {
    fn from(error: CallbackError) -> Self {
        match error {
            CallbackError::Refused(refusal) => Self::App(refusal),
            CallbackError::Handler(error) => error,
        }
    }
}

impl Ibc<'_> {
    /// Every payload has an application here.
    pub(super) fn check_ports(&self, payloads: &[Payload], end: End) -> Result<(), PacketError> {
        payloads.iter().try_for_each(|payload| self.app(end.port(payload)).map(|_| ()))
    }

    fn app(&self, port: &PortId) -> Result<&dyn IbcApp, PacketError> {
        self.router.app(port).ok_or_else(|| PacketError::PortNotBound { port: port.clone() })
    }

    /// Calls the application of each payload in order, up to the first that does not succeed.
    pub(super) fn each_app<T, F>(
        &self,
        ctx: &mut Context<'_>,
        packet: &Packet,
        end: End,
        signer: &Account,
        mut call: F,
    ) -> Result<Vec<T>, CallbackError>
    where
        F: FnMut(&dyn IbcApp, &mut Context<'_>, &Delivery<'_>, usize) -> Result<T, AppError>,
    {
        let mut results = Vec::with_capacity(packet.payloads.len());
        for (index, payload) in packet.payloads.iter().enumerate() {
            let port = end.port(payload);
            let app = self.app(port)?;
            let delivery = Delivery {
                source_client: &packet.source_client,
                dest_client: &packet.dest_client,
                sequence: packet.sequence,
                timeout_timestamp: packet.timeout_timestamp,
                payload,
                signer,
            };
            ctx.charge(Work::Callback)?;
            let result = ctx.callback(port, |ctx| call(app, ctx, &delivery, index));
            results.push(result.map_err(|error| match error {
                AppError::Refused(reason) => {
                    CallbackError::Refused(AppRefusal::new(port.clone(), reason))
                }
                AppError::OutOfGas => OutOfGas.into(),
            })?);
        }
        Ok(results)
    }
}
