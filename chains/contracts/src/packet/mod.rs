//! The life of a packet (ICS-04 v2), as deployed chains have it.

mod acknowledge;
mod callback;
mod error;
mod receive;
mod send;
mod timeout;
mod write;

use causeway_core::{ClientId, MerklePrefix, Packet, PacketPath};

pub use error::{AppRefusal, PacketError};
pub use send::MAX_TIMEOUT_SECS;

use crate::client::counterparty;
use crate::context::Context;
use crate::host::{OutOfGas, Work};

/// The packet's client here is bound to the packet's client there: a packet of a third chain cannot
/// pass for one of this pair.
fn check_counterparty(
    ctx: &mut Context<'_>,
    client_id: &ClientId,
    got: &ClientId,
) -> Result<MerklePrefix, PacketError> {
    let counterparty = counterparty(ctx, client_id)?;
    if counterparty.client_id != *got {
        let (client_id, got) = (client_id.clone(), got.clone());
        let expected = counterparty.client_id;
        return Err(PacketError::CounterpartyMismatch { client_id, got, expected });
    }
    Ok(counterparty.prefix)
}

/// Where the source keeps the commitment of `packet`.
fn commitment_path(packet: &Packet) -> PacketPath {
    PacketPath::commitment(packet.source_client.clone(), packet.sequence)
}

/// Where the destination keeps the receipt of `packet`.
fn receipt_path(packet: &Packet) -> PacketPath {
    PacketPath::receipt(packet.dest_client.clone(), packet.sequence)
}

/// Where the destination keeps the acknowledgement of `packet`.
fn acknowledgement_path(packet: &Packet) -> PacketPath {
    PacketPath::acknowledgement(packet.dest_client.clone(), packet.sequence)
}

/// What became of a commitment that someone wants to settle.
enum Sent {
    /// It stands.
    Open,
    /// It was settled before, or never made: either way nothing is owed.
    Settled,
}

/// Looks for the commitment of a packet sent from here; refuses another packet under its sequence.
fn find_sent(ctx: &mut Context<'_>, packet: &Packet) -> Result<Sent, PacketError> {
    let Some(expected) = ctx.trace(&commitment_path(packet))? else {
        return Ok(Sent::Settled);
    };
    charge_hash(ctx, packet)?;
    let got = packet.commitment().0;
    if expected != got {
        let (got, expected) = (hex(&got), hex(&expected));
        return Err(PacketError::CommitmentMismatch { sequence: packet.sequence, got, expected });
    }
    Ok(Sent::Open)
}

/// Takes the price of hashing a packet.
fn charge_hash(ctx: &mut Context<'_>, packet: &Packet) -> Result<(), OutOfGas> {
    let bytes = packet.payloads.iter().map(|payload| payload.value.len());
    ctx.charge(Work::Hash(bytes.fold(0, usize::saturating_add)))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}
