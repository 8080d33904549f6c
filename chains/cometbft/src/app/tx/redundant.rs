//! Transactions that would change nothing (ibc-go `RedundantRelayDecorator`): two relayers on one
//! path are spared the fee of the second.

use causeway_core::{Message, PacketPath};
use causeway_wire_cometbft::msg::Msg;

use super::Parsed;
use crate::app::state::{Store, Working};

/// True when every message about a packet is about one that was handled, and beside them there are
/// updates of clients only.
pub(crate) fn is_redundant(state: &Working, parsed: &Parsed) -> bool {
    let mut has_packets = false;
    for message in &parsed.messages {
        let Msg::Call(call) = &message.msg else { return false };
        match &call.message {
            Message::UpdateClient(_) => {}
            message if is_handled(state, message) => has_packets = true,
            _ => return false,
        }
    }
    has_packets
}

fn is_handled(state: &Working, message: &Message) -> bool {
    let has = |path: PacketPath| state.value(Store::Ibc, &path.to_bytes()).is_some();
    let is_received = |packet: &causeway_core::Packet| {
        has(PacketPath::receipt(packet.dest_client.clone(), packet.sequence))
    };
    let is_settled = |packet: &causeway_core::Packet| {
        !has(PacketPath::commitment(packet.source_client.clone(), packet.sequence))
    };
    match message {
        Message::ReceivePacket(it) => is_received(&it.packet),
        Message::ReceivePackets(it) => it.packets.iter().all(is_received),
        Message::AcknowledgePacket(it) => is_settled(&it.packet),
        Message::TimeoutPacket(it) => is_settled(&it.packet),
        _ => false,
    }
}
