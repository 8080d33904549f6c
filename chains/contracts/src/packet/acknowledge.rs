//! Learning the answer (ICS-04 v2 `acknowledgePacket`).

use causeway_core::{AcknowledgePacket, Event, PacketResult};
use causeway_light_client::Entry;

use super::callback::End;
use super::receive::redundant;
use super::{
    PacketError, Sent, acknowledgement_path, check_counterparty, commitment_path, find_sent,
};
use crate::client::{Claim, ProofAt};
use crate::context::Context;
use crate::entry::check_entry;
use crate::host::Account;
use crate::ibc::Ibc;

impl Ibc<'_> {
    /// Settles a packet by its proven answer; one that was settled before is a no-op. The
    /// commitment goes first, so that no callback can settle it again.
    pub(crate) fn acknowledge_packet(
        &self,
        ctx: &mut Context<'_>,
        message: &AcknowledgePacket,
        signer: &Account,
    ) -> Result<PacketResult, PacketError> {
        check_entry(ctx)?;
        let AcknowledgePacket { packet, acknowledgement, .. } = message;
        packet.validate()?;
        let prefix = check_counterparty(ctx, &packet.source_client, &packet.dest_client)?;
        if let Sent::Settled = find_sent(ctx, packet)? {
            return redundant(ctx, packet);
        }
        super::write::check_shape(packet, acknowledgement)?;
        let entry = Entry {
            path: prefix.apply(&acknowledgement_path(packet).to_bytes()),
            value: acknowledgement.commitment().0.to_vec(),
        };
        let proof = ProofAt { bytes: &message.proof_acked, height: message.proof_height };
        self.verify(ctx, &packet.source_client, proof, &Claim::Present(&entry))?;
        ctx.delete_trace(&commitment_path(packet))?;
        let (sent, answer) = (packet.clone(), acknowledgement.clone());
        ctx.emit(Event::PacketAcknowledged { packet: sent, acknowledgement: answer })?;
        let answers = acknowledgement.app_acknowledgements();
        self.each_app(ctx, packet, End::Source, signer, |app, ctx, delivery, index| {
            let answer = answers.get(index).filter(|_| !acknowledgement.is_error());
            app.on_acknowledge(ctx, delivery, answer.map(Vec::as_slice))
        })?;
        Ok(PacketResult::Success)
    }
}
