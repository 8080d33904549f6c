//! Receiving (ICS-04 v2 `recvPacket`).

use causeway_core::{
    Acknowledgement, ERROR_ACKNOWLEDGEMENT, Event, MerklePrefix, Packet, PacketResult,
    ReceivePacket, ReceivePackets, Refusal,
};
use causeway_light_client::{Entry, MAX_BATCH};

use super::callback::{CallbackError, End};
use super::error::AppRefusal;
use super::{PacketError, charge_hash, check_counterparty, commitment_path, receipt_path};
use crate::app::Reply;
use crate::client::{Claim, ProofAt};
use crate::context::Context;
use crate::entry::check_entry;
use crate::host::Account;
use crate::ibc::Ibc;

impl Ibc<'_> {
    /// Receives a packet whose commitment is proven; one that was received before is a no-op.
    pub(crate) fn receive_packet(
        &self,
        ctx: &mut Context<'_>,
        message: &ReceivePacket,
        signer: &Account,
    ) -> Result<PacketResult, PacketError> {
        check_entry(ctx)?;
        let packet = &message.packet;
        let prefix = self.check_receivable(ctx, packet)?;
        if is_received(ctx, packet)? {
            return redundant(ctx, packet);
        }
        let entry = commitment_entry(ctx, packet, &prefix)?;
        let proof = ProofAt { bytes: &message.proof_commitment, height: message.proof_height };
        self.verify(ctx, &packet.dest_client, proof, &Claim::Present(&entry))?;
        self.accept(ctx, packet, signer)
    }

    /// Receives packets whose commitments one proof shows. Those that were received before are
    /// no-ops, and the rest go on; any other broken rule refuses the batch.
    pub(crate) fn receive_packets(
        &self,
        ctx: &mut Context<'_>,
        message: &ReceivePackets,
        signer: &Account,
    ) -> Result<Vec<PacketResult>, PacketError> {
        check_entry(ctx)?;
        let packets = &message.packets;
        let first = check_batch(packets)?;
        let mut entries = Vec::with_capacity(packets.len());
        let mut is_new = false;
        for packet in packets {
            let prefix = self.check_receivable(ctx, packet)?;
            is_new |= !is_received(ctx, packet)?;
            entries.push(commitment_entry(ctx, packet, &prefix)?);
        }
        if is_new {
            let bytes = &message.proof_commitments;
            let proof = ProofAt { bytes, height: message.proof_height };
            self.verify(ctx, &first.dest_client, proof, &Claim::AllPresent(&entries))?;
        }
        packets.iter().map(|packet| self.accept_once(ctx, packet, signer)).collect()
    }

    /// What can be said of a packet before its proof.
    fn check_receivable(
        &self,
        ctx: &mut Context<'_>,
        packet: &Packet,
    ) -> Result<MerklePrefix, PacketError> {
        packet.validate()?;
        self.check_ports(&packet.payloads, End::Destination)?;
        let prefix = check_counterparty(ctx, &packet.dest_client, &packet.source_client)?;
        check_in_time(ctx, packet)?;
        Ok(prefix)
    }

    /// A packet may be in a batch twice: the second is a no-op like any other.
    fn accept_once(
        &self,
        ctx: &mut Context<'_>,
        packet: &Packet,
        signer: &Account,
    ) -> Result<PacketResult, PacketError> {
        if is_received(ctx, packet)? {
            return redundant(ctx, packet);
        }
        self.accept(ctx, packet, signer)
    }

    /// Takes a proven packet in: its receipt first, so that nothing can take it in again, then its
    /// applications, all or none.
    fn accept(
        &self,
        ctx: &mut Context<'_>,
        packet: &Packet,
        signer: &Account,
    ) -> Result<PacketResult, PacketError> {
        let receipt = ctx.host().receipt_value(packet);
        ctx.set_trace(receipt_path(packet), receipt)?;
        ctx.emit(Event::PacketReceived { packet: packet.clone() })?;
        match ctx.attempt(|ctx| self.deliver(ctx, packet, signer)) {
            Ok(Some(acknowledgement)) => {
                super::write::commit(ctx, packet, acknowledgement)?;
                Ok(PacketResult::Success)
            }
            Ok(None) => {
                super::write::await_answer(ctx, packet)?;
                Ok(PacketResult::Success)
            }
            Err(CallbackError::Refused(refusal)) => {
                report_failure(ctx, packet, &refusal)?;
                super::write::commit(ctx, packet, Acknowledgement::error())?;
                Ok(PacketResult::Failure)
            }
            Err(CallbackError::Handler(error)) => Err(error),
        }
    }

    /// The answers of the applications; `None` when the answer comes later.
    fn deliver(
        &self,
        ctx: &mut Context<'_>,
        packet: &Packet,
        signer: &Account,
    ) -> Result<Option<Acknowledgement>, CallbackError> {
        let replies = self.each_app(ctx, packet, End::Destination, signer, |app, ctx, it, _| {
            app.on_recv(ctx, it)
        })?;
        let payloads = replies.len();
        let mut answers = Vec::with_capacity(payloads);
        for reply in replies {
            match reply {
                Reply::Now(answer) => answers.push(checked_answer(answer)?),
                Reply::Later if payloads == 1 => return Ok(None),
                Reply::Later => return Err(PacketError::LateAnswerOfSeveral { payloads }.into()),
            }
        }
        Ok(Some(Acknowledgement::new(answers).map_err(PacketError::from)?))
    }
}

/// The packet's time is not over: at the timeout itself it is.
fn check_in_time(ctx: &Context<'_>, packet: &Packet) -> Result<(), PacketError> {
    let (timeout, now) = (packet.timeout_timestamp, ctx.now());
    if now.secs() >= timeout {
        return Err(PacketError::TimeoutElapsed { timeout, now });
    }
    Ok(())
}

fn is_received(ctx: &mut Context<'_>, packet: &Packet) -> Result<bool, PacketError> {
    Ok(ctx.trace(&receipt_path(packet))?.is_some())
}

/// Says that nothing is left to do.
pub(super) fn redundant(
    ctx: &mut Context<'_>,
    packet: &Packet,
) -> Result<PacketResult, PacketError> {
    ctx.emit(Event::PacketRedundant { packet: packet.clone() })?;
    Ok(PacketResult::NoOp)
}

/// What the source chain must have in its state.
fn commitment_entry(
    ctx: &mut Context<'_>,
    packet: &Packet,
    prefix: &MerklePrefix,
) -> Result<Entry, PacketError> {
    charge_hash(ctx, packet)?;
    let path = prefix.apply(&commitment_path(packet).to_bytes());
    Ok(Entry { path, value: packet.commitment().0.to_vec() })
}

/// A batch has one to [`MAX_BATCH`] packets, all of one client.
fn check_batch(packets: &[Packet]) -> Result<&Packet, PacketError> {
    let size = PacketError::BatchSize { got: packets.len(), limit: MAX_BATCH };
    let first = packets.first().filter(|_| packets.len() <= MAX_BATCH).ok_or(size)?;
    match packets.iter().find(|packet| packet.dest_client != first.dest_client) {
        None => Ok(first),
        Some(other) => {
            let (got, expected) = (other.dest_client.clone(), first.dest_client.clone());
            Err(PacketError::BatchOfSeveralClients { got, expected })
        }
    }
}

/// An application answers with something, and not with what stands for failure.
fn checked_answer(answer: Vec<u8>) -> Result<Vec<u8>, PacketError> {
    if answer.is_empty() || answer == ERROR_ACKNOWLEDGEMENT {
        return Err(PacketError::ReservedAnswer);
    }
    Ok(answer)
}

fn report_failure(
    ctx: &mut Context<'_>,
    packet: &Packet,
    refusal: &AppRefusal,
) -> Result<(), PacketError> {
    let (code, reason) = (refusal.code().into_owned(), refusal.to_string());
    Ok(ctx.emit(Event::ReceiveFailed { packet: packet.clone(), code, reason })?)
}
