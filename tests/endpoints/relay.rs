//! Two chains with a path between them, and packets that go over it batch by batch.

use std::sync::Arc;

use causeway_core::transfer::{Denom, FungibleTokenPacketData};
use causeway_core::{
    Acknowledgement, Amount, ClientId, Height, Message, Packet, Response, SendPacket, Sequence,
};
use causeway_relayer_endpoints::{Endpoint, EndpointError, Prepared, prepare};
use causeway_relayer_engine::{Batch, BatchId, Item, PacketKey, Side, Task};

use super::chains::Family;
use super::world::{World, finish};

/// A path, seen from one of its ends.
pub(crate) struct Path {
    pub(crate) world: World,
    pub(crate) families: [Family; 2],
    pub(crate) relayers: [Arc<dyn Endpoint>; 2],
    pub(crate) users: [Arc<dyn Endpoint>; 2],
    pub(crate) clients: [ClientId; 2],
}

impl Path {
    pub(crate) fn new(families: [Family; 2]) -> Self {
        let world = World::new(families);
        let relayers = [0, 1].map(|me| world.endpoint(me, "relayer"));
        let users = [0, 1].map(|me| world.endpoint(me, "alice"));
        let clients = world.connect([&*relayers[0], &*relayers[1]]);
        Self { world, families, relayers, users, clients }
    }

    /// A transfer from one end's user to the other's.
    pub(crate) fn transfer(&self, from: usize, denom: &str, amount: u64, memo: &str) -> Message {
        let denom: Denom = denom.parse().unwrap();
        let (amount, to) = (Amount::from(amount), self.users[1 - from].account());
        let sender = self.users[from].account();
        let data = FungibleTokenPacketData::new(denom, amount, sender, to, memo).unwrap();
        Message::SendPacket(SendPacket {
            source_client: self.clients[from].clone(),
            timeout_timestamp: self.world.now().secs() + 7200,
            payloads: vec![data.to_payload(self.families[from].encoding()).unwrap()],
        })
    }

    /// Sends in one transaction; gives the packets, and the height that proves them.
    pub(crate) fn send(&self, from: usize, messages: &[Message]) -> (Vec<Packet>, Height) {
        let sent = self.world.execute(&*self.users[from], messages).unwrap();
        let sequence = |response: &Response| match response {
            Response::PacketSent(sequence) => *sequence,
            other => panic!("{other:?}"),
        };
        let sequences: Vec<Sequence> = sent.iter().map(sequence).collect();
        let source = &self.relayers[from];
        let found = finish(source.sent(&self.clients[from], &sequences)).unwrap();
        let found: Vec<_> = found.into_iter().map(Option::unwrap).collect();
        let highest = found.iter().map(|(_, height)| *height).max().unwrap();
        (found.into_iter().map(|(packet, _)| packet).collect(), highest)
    }

    /// Waits until a height is final.
    pub(crate) fn finalized(&self, chain: usize, height: Height) {
        let endpoint = &self.relayers[chain];
        self.world.until(|| finish(endpoint.observe()).unwrap().finalized >= height);
    }

    /// Makes the messages that bring packets of the end `from` to the other one, or, for tasks that
    /// end them, their answers back.
    pub(crate) fn prepare(
        &self,
        from: usize,
        items: &[(Packet, Task)],
        at_least: Height,
    ) -> Result<Prepared, EndpointError> {
        let side = |end: usize| Side::BOTH[end];
        let source = side(from);
        let to_source = items.iter().any(|(_, task)| *task != Task::Receive);
        let on = if to_source { from } else { 1 - from };
        let item = |(packet, task): &(Packet, Task)| {
            let (key, packet) = (PacketKey { source, sequence: packet.sequence }, packet.clone());
            Item { key, packet, task: task.clone() }
        };
        let items = items.iter().map(item).collect();
        let batch = Batch { id: BatchId(0), on: side(on), at_least, refresh: false, items };
        let end = |end: usize| (&*self.relayers[end], &self.clients[end]);
        finish(prepare(&batch, end(on), end(1 - on)))
    }

    /// Delivers packets of one end to the other in as few transactions as it takes: what is too
    /// large is halved. Gives how many there were, with the height of the last.
    pub(crate) fn deliver(&self, from: usize, packets: &[Packet], proven: Height) -> Done {
        self.finalized(from, proven);
        let items: Vec<_> = packets.iter().map(|it| (it.clone(), Task::Receive)).collect();
        self.bring(from, 1 - from, &items, proven)
    }

    /// Brings the answers to packets of one end home.
    pub(crate) fn acknowledge(&self, from: usize, packets: &[Packet], proven: Height) -> Done {
        self.finalized(1 - from, proven);
        let sequences: Vec<_> = packets.iter().map(|packet| packet.sequence).collect();
        let other = &self.relayers[1 - from];
        let found = finish(other.answered(&self.clients[1 - from], &sequences)).unwrap();
        let task = |answer: Option<(Acknowledgement, Height)>| Task::Acknowledge(answer.unwrap().0);
        let items: Vec<_> = packets.iter().cloned().zip(found.into_iter().map(task)).collect();
        self.bring(from, from, &items, proven)
    }

    fn bring(&self, from: usize, on: usize, items: &[(Packet, Task)], proven: Height) -> Done {
        let submitter = &*self.relayers[on];
        let prepared = self.prepare(from, items, proven);
        let all = prepared.map(|it| [it.updates, it.messages].concat());
        let signed = all.and_then(|messages| finish(submitter.sign(&messages)));
        let signed = match signed {
            Err(EndpointError::TooLarge { .. }) if items.len() > 1 => {
                let (one, two) = items.split_at(items.len() / 2);
                let one = self.bring(from, on, one, proven);
                let two = self.bring(from, on, two, proven);
                let height = one.height.max(two.height);
                return Done { transactions: one.transactions + two.transactions, height };
            }
            signed => signed.unwrap(),
        };
        finish(submitter.broadcast(&signed.raw)).unwrap();
        let executed = self.world.settle(submitter, &signed);
        for outcome in &executed.outcomes {
            let failed = matches!(outcome, causeway_relayer_endpoints::MessageOutcome::Failed(_));
            assert!(!failed, "{outcome:?} of {:?}", executed.outcomes);
        }
        Done { transactions: 1, height: executed.height }
    }
}

/// What was brought over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Done {
    /// In so many transactions of the endpoint.
    pub(crate) transactions: usize,
    /// The highest block of them.
    pub(crate) height: Height,
}
