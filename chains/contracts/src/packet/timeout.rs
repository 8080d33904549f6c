//! Learning that there is no answer to come (ICS-04 v2 `timeoutPacket`).

use causeway_core::{Event, PacketResult, TimeoutPacket};

use super::callback::End;
use super::receive::redundant;
use super::{PacketError, Sent, check_counterparty, commitment_path, find_sent, receipt_path};
use crate::client::{Claim, ProofAt};
use crate::context::Context;
use crate::entry::check_entry;
use crate::host::Account;
use crate::ibc::Ibc;

impl Ibc<'_> {
    /// Settles a packet of which the destination has no receipt at a height whose time is at or
    /// after the timeout; one that was settled before is a no-op. The commitment goes first.
    pub(crate) fn timeout_packet(
        &self,
        ctx: &mut Context<'_>,
        message: &TimeoutPacket,
        signer: &Account,
    ) -> Result<PacketResult, PacketError> {
        check_entry(ctx)?;
        let packet = &message.packet;
        packet.validate()?;
        let prefix = check_counterparty(ctx, &packet.source_client, &packet.dest_client)?;
        if let Sent::Settled = find_sent(ctx, packet)? {
            return redundant(ctx, packet);
        }
        let path = prefix.apply(&receipt_path(packet).to_bytes());
        let proof = ProofAt { bytes: &message.proof_unreceived, height: message.proof_height };
        let claim = Claim::AbsentSince(&path, packet.timeout_timestamp);
        self.verify(ctx, &packet.source_client, proof, &claim)?;
        ctx.delete_trace(&commitment_path(packet))?;
        ctx.emit(Event::PacketTimedOut { packet: packet.clone() })?;
        self.each_app(ctx, packet, End::Source, signer, |app, ctx, delivery, _| {
            app.on_timeout(ctx, delivery)
        })?;
        Ok(PacketResult::Success)
    }
}
