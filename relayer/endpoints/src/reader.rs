//! Packets, as a chain's events and state have them.

use async_trait::async_trait;
use causeway_core::{Acknowledgement, ClientId, Event, Height, Packet, PacketPath, Sequence};

use crate::{EndpointError, Transaction};

/// The most sequences or paths that are asked for in one call of [`Reader`].
pub const MAX_LOOKUP: usize = 256;

/// The most sequences of one [`Page`].
pub const MAX_PAGE: usize = 1000;

/// The most clients of one chain that are looked at.
pub const MAX_CLIENTS: usize = 1000;

/// A packet event of one client's packets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChainEvent {
    /// The chain committed to a packet.
    Sent(Packet),
    /// The chain wrote the answer to a packet.
    Answered(Packet, Acknowledgement),
    /// A packet of this chain ended.
    Settled(Sequence),
}

impl ChainEvent {
    /// What an event of the message core means to a relayer, and which client of its chain it is
    /// about; `None` for the others.
    pub(crate) fn of(event: Event) -> Option<(ClientId, Self)> {
        match event {
            Event::PacketSent { packet } => {
                Some((packet.source_client.clone(), Self::Sent(packet)))
            }
            Event::AcknowledgementWritten { packet, acknowledgement } => {
                Some((packet.dest_client.clone(), Self::Answered(packet, acknowledgement)))
            }
            Event::PacketAcknowledged { packet, .. } | Event::PacketTimedOut { packet } => {
                Some((packet.source_client, Self::Settled(packet.sequence)))
            }
            _ => None,
        }
    }
}

/// The packet events of a range of heights.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Events {
    /// The last height that is covered: what was asked for, or less where that was too much for
    /// one answer. Never below the first height that was asked for.
    pub to: u64,
    /// In order, each with its height.
    pub events: Vec<(Height, ChainEvent)>,
}

/// A page of sequences.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Ascending, at most [`MAX_PAGE`].
    pub sequences: Vec<Sequence>,
    /// Where the next page begins, above all of these; `None` at the end.
    pub next: Option<Sequence>,
}

/// What is to be found of a packet on one chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trail {
    /// That it was sent, through a client of this chain.
    Sent,
    /// That its answer was written, received through a client of this chain.
    Answered,
    /// That it was ended, sent through a client of this chain.
    Settled,
}

impl Trail {
    /// True when an event is what is to be found of the packet with that number.
    pub(crate) fn is_of(self, event: &ChainEvent, sequence: Sequence) -> bool {
        let (trail, told) = match event {
            ChainEvent::Sent(packet) => (Self::Sent, packet.sequence),
            ChainEvent::Answered(packet, _) => (Self::Answered, packet.sequence),
            ChainEvent::Settled(told) => (Self::Settled, *told),
        };
        (trail, told) == (self, sequence)
    }
}

/// What chains say of packets. Nothing of it is believed beyond what a proof will show. Answers
/// have one entry for each thing that was asked for, in the same order.
#[async_trait]
pub trait Reader: Send + Sync {
    /// The packet events of `client` in a range of heights of the newest chain, none of them above
    /// its head.
    async fn events(&self, client: &ClientId, from: u64, to: u64) -> Result<Events, EndpointError>;

    /// What the newest state has at each path.
    async fn traces(&self, paths: &[PacketPath]) -> Result<Vec<Option<Vec<u8>>>, EndpointError>;

    /// One page of packets of `client` that the newest state has a commitment of, from `from` on.
    async fn outstanding(&self, client: &ClientId, from: Sequence) -> Result<Page, EndpointError>;

    /// The bodies of packets sent through `client`, from events by sequence, with their heights.
    async fn sent(
        &self,
        client: &ClientId,
        sequences: &[Sequence],
    ) -> Result<Vec<Option<(Packet, Height)>>, EndpointError>;

    /// The answers to packets received through `client`, from events by sequence.
    async fn answered(
        &self,
        client: &ClientId,
        sequences: &[Sequence],
    ) -> Result<Vec<Option<(Acknowledgement, Height)>>, EndpointError>;

    /// The packet events of one transaction, each with the client on this chain; `None` when no
    /// block has it.
    async fn events_of(
        &self,
        transaction: &Transaction,
    ) -> Result<Option<Vec<(ClientId, ChainEvent)>>, EndpointError>;

    /// The newest transaction that left this of a packet, and its height; `None` where no event
    /// tells of one.
    async fn transaction_of(
        &self,
        client: &ClientId,
        sequence: Sequence,
        trail: Trail,
    ) -> Result<Option<(Transaction, Height)>, EndpointError>;
}
