//! Answering (ICS-04 v2 `writeAcknowledgement`), at once or later.

use causeway_core::{Acknowledgement, ClientId, Event, Packet, PacketPath, Sequence};

use super::{PacketError, acknowledgement_path};
use crate::context::Context;
use crate::ibc::Ibc;

/// Where a packet is kept whose answer comes later, as deployed chains name it.
fn awaited(client_id: &ClientId, sequence: Sequence) -> Vec<u8> {
    let mut key = format!("{client_id}async_packet").into_bytes();
    key.extend(sequence.get().to_be_bytes());
    key
}

/// Commits to the answer.
pub(super) fn commit(
    ctx: &mut Context<'_>,
    packet: &Packet,
    acknowledgement: Acknowledgement,
) -> Result<(), PacketError> {
    ctx.set_trace(acknowledgement_path(packet), acknowledgement.commitment().0.to_vec())?;
    Ok(ctx.emit(Event::AcknowledgementWritten { packet: packet.clone(), acknowledgement })?)
}

/// Remembers that the packet is to be answered.
pub(super) fn await_answer(ctx: &mut Context<'_>, packet: &Packet) -> Result<(), PacketError> {
    Ok(ctx.set(&awaited(&packet.dest_client, packet.sequence), packet.to_protobuf())?)
}

impl Ibc<'_> {
    /// Answers a packet that the application behind `ctx` received and did not answer yet. It may
    /// do so from a callback, such as when it learns what became of a packet it sent on: nothing
    /// is called from here.
    pub fn write_acknowledgement(
        &self,
        ctx: &mut Context<'_>,
        client_id: &ClientId,
        sequence: Sequence,
        acknowledgement: Acknowledgement,
    ) -> Result<(), PacketError> {
        let key = awaited(client_id, sequence);
        let port = ctx.port().cloned();
        ctx.as_core(|ctx| {
            let not_awaited =
                || PacketError::NoAnswerAwaited { client_id: client_id.clone(), sequence };
            let packet = Packet::from_protobuf(&ctx.get(&key)?.ok_or_else(not_awaited)?)?;
            let receiver = packet.payloads.first().map(|payload| &payload.dest_port);
            if port.as_ref() != receiver {
                let expected = receiver.ok_or_else(not_awaited)?.clone();
                return Err(PacketError::NotTheReceiver { expected });
            }
            let path = PacketPath::acknowledgement(client_id.clone(), sequence);
            if ctx.trace(&path)?.is_some() {
                return Err(not_awaited());
            }
            check_shape(&packet, &acknowledgement)?;
            ctx.delete(&key)?;
            commit(ctx, &packet, acknowledgement)
        })
    }
}

/// An answer for each payload, or the error acknowledgement, which by its type stands alone.
pub(super) fn check_shape(
    packet: &Packet,
    acknowledgement: &Acknowledgement,
) -> Result<(), PacketError> {
    if acknowledgement.is_error() {
        return Ok(());
    }
    let answers = acknowledgement.app_acknowledgements();
    let (got, expected) = (answers.len(), packet.payloads.len());
    if got != expected {
        return Err(PacketError::AcknowledgementCount { got, expected });
    }
    Ok(())
}
