//! Sending (ICS-04 v2 `sendPacket`).

use causeway_core::{
    ClientId, DecodeError, Event, Packet, SendPacket, Sequence, validate_payloads,
};

use super::callback::End;
use super::{PacketError, charge_hash, commitment_path};
use crate::client::{counterparty, next_sequence_send};
use crate::context::Context;
use crate::entry::check_entry;
use crate::host::Account;
use crate::ibc::Ibc;

/// The longest time a packet may have, in seconds: a day, as deployed chains demand.
pub const MAX_TIMEOUT_SECS: u64 = 86_400;

impl Ibc<'_> {
    /// Commits to a new packet, then asks the application of each payload; any that refuses undoes
    /// the call. An application's own messages send through this, in the name of their signer.
    pub fn send_packet(
        &self,
        ctx: &mut Context<'_>,
        message: &SendPacket,
        signer: &Account,
    ) -> Result<Sequence, PacketError> {
        check_entry(ctx)?;
        validate_payloads(&message.payloads)?;
        self.check_ports(&message.payloads, End::Source)?;
        ctx.as_core(|ctx| ctx.attempt(|ctx| self.commit_packet(ctx, message, signer)))
    }

    fn commit_packet(
        &self,
        ctx: &mut Context<'_>,
        message: &SendPacket,
        signer: &Account,
    ) -> Result<Sequence, PacketError> {
        let SendPacket { source_client, timeout_timestamp, payloads } = message;
        let dest_client = counterparty(ctx, source_client)?.client_id;
        check_timeout(ctx, *timeout_timestamp)?;
        self.check_active(ctx, source_client)?;
        let there = self.latest_time(ctx, source_client)?;
        if there.secs() >= *timeout_timestamp {
            let timeout = *timeout_timestamp;
            return Err(PacketError::TimeoutElapsedThere { timeout, got: there });
        }
        let packet = Packet {
            sequence: take_sequence(ctx, source_client)?,
            source_client: source_client.clone(),
            dest_client,
            timeout_timestamp: *timeout_timestamp,
            payloads: payloads.clone(),
        };
        charge_hash(ctx, &packet)?;
        ctx.set_trace(commitment_path(&packet), packet.commitment().0.to_vec())?;
        ctx.emit(Event::PacketSent { packet: packet.clone() })?;
        self.each_app(ctx, &packet, End::Source, signer, |app, ctx, delivery, _| {
            app.on_send(ctx, delivery)
        })?;
        Ok(packet.sequence)
    }
}

/// The timeout is after now, and at most [`MAX_TIMEOUT_SECS`] after it.
fn check_timeout(ctx: &Context<'_>, timeout: u64) -> Result<(), PacketError> {
    if timeout == 0 {
        return Err(DecodeError::new("packet", "timeout is zero").into());
    }
    let now = ctx.now();
    if timeout <= now.secs() {
        return Err(PacketError::TimeoutElapsed { timeout, now });
    }
    let limit = now.secs().saturating_add(MAX_TIMEOUT_SECS);
    if timeout > limit {
        return Err(PacketError::TimeoutTooFar { timeout, limit });
    }
    Ok(())
}

/// The client's next sequence, which is used up by this.
fn take_sequence(ctx: &mut Context<'_>, client_id: &ClientId) -> Result<Sequence, PacketError> {
    let key = next_sequence_send(client_id);
    let stored = ctx.get(&key)?.and_then(|bytes| <[u8; 8]>::try_from(bytes).ok());
    let sequence = stored.map(u64::from_be_bytes).and_then(Sequence::new);
    let exhausted = || PacketError::SequencesExhausted { client_id: client_id.clone() };
    let sequence = sequence.ok_or_else(exhausted)?;
    let next = sequence.next().ok_or_else(exhausted)?;
    ctx.set(&key, next.get().to_be_bytes().to_vec())?;
    Ok(sequence)
}
