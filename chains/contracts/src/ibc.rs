//! The one entry for messages.

use causeway_core::{Message, Refusal, Response};
use causeway_light_client::ClientRegistry;

use crate::app::Router;
use crate::client::{ClientError, register_counterparty};
use crate::context::Context;
use crate::host::{Account, OutOfGas};
use crate::packet::PacketError;

/// The core of a chain: the light clients it is built with, and the applications bound to its
/// ports. It has no state of its own.
#[derive(Clone, Copy, Debug)]
pub struct Ibc<'a> {
    pub(crate) clients: &'a ClientRegistry,
    pub(crate) router: &'a Router,
}

/// Why a message is refused; nothing of it remains then.
#[derive(Debug, thiserror::Error)]
pub enum HandleError {
    /// A client message.
    #[error(transparent)]
    Client(ClientError),
    /// A packet message.
    #[error(transparent)]
    Packet(PacketError),
}

causeway_core::refusals! {
    HandleError {
        @wraps Client, Packet;
    }
}

impl From<ClientError> for HandleError {
    fn from(error: ClientError) -> Self {
        Self::Client(error)
    }
}

impl From<PacketError> for HandleError {
    fn from(error: PacketError) -> Self {
        Self::Packet(error)
    }
}

impl From<OutOfGas> for HandleError {
    fn from(error: OutOfGas) -> Self {
        Self::Packet(error.into())
    }
}

impl HandleError {
    /// True when the message did nothing wrong but pay too little.
    pub fn is_out_of_gas(&self) -> bool {
        self.code() == "out_of_gas"
    }
}

impl<'a> Ibc<'a> {
    /// A core with these light clients and applications.
    pub fn new(clients: &'a ClientRegistry, router: &'a Router) -> Self {
        Self { clients, router }
    }

    /// Executes a message, all or nothing. The chain has authenticated `signer`, and made it pay.
    pub fn handle(
        &self,
        ctx: &mut Context<'_>,
        message: &Message,
        signer: &Account,
    ) -> Result<Response, HandleError> {
        ctx.attempt(|ctx| self.execute(ctx, message, signer))
    }

    fn execute(
        &self,
        ctx: &mut Context<'_>,
        message: &Message,
        signer: &Account,
    ) -> Result<Response, HandleError> {
        let done = |()| Response::Done;
        Ok(match message {
            Message::CreateClient(message) => {
                Response::ClientCreated(self.create_client(ctx, message, signer)?)
            }
            Message::RegisterCounterparty(message) => {
                register_counterparty(ctx, message, signer).map(done)?
            }
            Message::UpdateClient(message) => self.update_client(ctx, message).map(done)?,
            Message::SubmitMisbehaviour(message) => {
                self.submit_misbehaviour(ctx, message).map(done)?
            }
            Message::RecoverClient(message) => {
                self.recover_client(ctx, message, signer).map(done)?
            }
            Message::SendPacket(message) => {
                Response::PacketSent(self.send_packet(ctx, message, signer)?)
            }
            Message::ReceivePacket(message) => {
                Response::Packet(self.receive_packet(ctx, message, signer)?)
            }
            Message::ReceivePackets(message) => {
                Response::Packets(self.receive_packets(ctx, message, signer)?)
            }
            Message::AcknowledgePacket(message) => {
                Response::Packet(self.acknowledge_packet(ctx, message, signer)?)
            }
            Message::TimeoutPacket(message) => {
                Response::Packet(self.timeout_packet(ctx, message, signer)?)
            }
        })
    }
}
