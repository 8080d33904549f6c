//! A chain as small as a relayer can tell it from a real one: blocks that may be undone, packets,
//! and batches that are all or nothing.

use std::collections::BTreeMap;

use causeway_core::{
    Acknowledgement, ClientId, Height, Packet, PacketResult, Payload, PortId, Sequence, Timestamp,
};
use causeway_relayer_engine::{
    BatchId, Item, ItemResult, Observation, Outcome, PacketEvent, PacketKey, Side, Task,
};

use super::random::Random;

/// What a message shows of the other chain's final state.
#[derive(Clone)]
pub(crate) enum Witness {
    Committed(Packet),
    Answered(Acknowledgement),
    AbsentAt(u64),
}

/// Names a transaction: which life of the engine, which of its batches.
pub(crate) type TxId = (u32, BatchId);

#[derive(Clone)]
pub(crate) enum Work {
    Send { body: u8, timeout: u64 },
    Batch(TxId, Vec<(Item, Witness)>),
}

pub(crate) type Results = Result<Vec<(PacketKey, ItemResult)>, String>;

#[derive(Clone, Default)]
pub(crate) struct State {
    pub(crate) commitments: BTreeMap<Sequence, (Packet, Height)>,
    pub(crate) receipts: BTreeMap<Sequence, (Packet, Option<(Acknowledgement, Height)>)>,
    pub(crate) settled: BTreeMap<Sequence, Outcome>,
    sent: u64,
}

#[derive(Clone, Default)]
pub(crate) struct Block {
    pub(crate) time: u64,
    pub(crate) state: State,
    pub(crate) events: Vec<PacketEvent>,
    pub(crate) results: Vec<(TxId, Results)>,
    work: Vec<Work>,
}

pub(crate) struct Chain {
    pub(crate) side: Side,
    pub(crate) blocks: Vec<Block>,
    pub(crate) mempool: Vec<Work>,
    pub(crate) finalized: usize,
    pub(crate) depth: usize,
}

impl Chain {
    pub(crate) fn new(side: Side, depth: usize) -> Self {
        let blocks = vec![Block::default()];
        Self { side, blocks, mempool: Vec::new(), finalized: 0, depth }
    }

    pub(crate) fn head(&self) -> usize {
        self.blocks.len() - 1
    }

    pub(crate) fn newest(&self) -> &State {
        &self.blocks[self.head()].state
    }

    pub(crate) fn final_block(&self) -> &Block {
        &self.blocks[self.finalized]
    }

    pub(crate) fn observation(&self) -> Observation {
        let secs = |block: &Block| Timestamp::from_secs(block.time).unwrap();
        Observation {
            head: Height::from_block(self.head() as u64),
            head_time: secs(&self.blocks[self.head()]),
            finalized: Height::from_block(self.finalized as u64),
            finalized_time: secs(self.final_block()),
        }
    }

    pub(crate) fn events(&self, from: u64, to: u64) -> Vec<(Height, PacketEvent)> {
        let of = |(at, block): (u64, &Block)| {
            let height = Height::from_block(at);
            block.events.iter().map(move |event| (height, event.clone())).collect::<Vec<_>>()
        };
        let numbered = (0..).zip(&self.blocks);
        numbered.filter(|(at, _)| (from..=to).contains(at)).flat_map(of).collect()
    }

    /// The next block: everything that waits, then some answers that come later.
    pub(crate) fn mine(&mut self, time: u64, answer_all: bool, random: &mut Random) {
        let mut block = Block { time, state: self.newest().clone(), ..Block::default() };
        let height = Height::from_block(self.blocks.len() as u64);
        for work in core::mem::take(&mut self.mempool) {
            match &work {
                Work::Send { body, timeout } => {
                    block.state.sent += 1;
                    let packet = packet(self.side, block.state.sent, *body, *timeout);
                    block.state.commitments.insert(packet.sequence, (packet.clone(), height));
                    block.events.push(PacketEvent::Sent(packet));
                }
                Work::Batch(id, items) => {
                    let results = self.execute(&mut block, height, items, random);
                    block.results.push((*id, results));
                }
            }
            block.work.push(work);
        }
        let waiting = block.state.receipts.iter().filter(|(_, (_, it))| it.is_none());
        let waiting: Vec<_> = waiting.map(|(sequence, _)| *sequence).collect();
        for sequence in waiting {
            if answer_all || random.one_in(6) {
                answer(&mut block, sequence, height);
            }
        }
        self.blocks.push(block);
        self.finalized = self.finalized.max(self.head().saturating_sub(self.depth));
    }

    fn execute(
        &self,
        block: &mut Block,
        height: Height,
        items: &[(Item, Witness)],
        random: &mut Random,
    ) -> Results {
        let mut after = block.clone();
        let mut results = Vec::new();
        for (item, witness) in items {
            let result = self.execute_item(&mut after, height, item, witness, random)?;
            results.push((item.key, ItemResult::Handled(result)));
        }
        *block = after;
        Ok(results)
    }

    fn execute_item(
        &self,
        block: &mut Block,
        height: Height,
        item: &Item,
        witness: &Witness,
        random: &mut Random,
    ) -> Result<PacketResult, String> {
        let sequence = item.packet.sequence;
        if item.task == Task::Receive {
            assert_ne!(item.key.source, self.side, "delivered to where it came from");
            if item.packet.timeout_timestamp <= block.time {
                return Err("too late".into());
            }
            if block.state.receipts.contains_key(&sequence) {
                return Ok(PacketResult::NoOp);
            }
            match witness {
                Witness::Committed(packet) if *packet == item.packet => {}
                _ => return Err("another packet".into()),
            }
            block.state.receipts.insert(sequence, (item.packet.clone(), None));
            if random.one_in(4) {
                return Ok(PacketResult::Success);
            }
            answer(block, sequence, height);
            let refused = item.packet.payloads[0].value[0] == 0;
            return Ok(if refused { PacketResult::Failure } else { PacketResult::Success });
        }
        assert_eq!(item.key.source, self.side, "settled elsewhere than at its source");
        let Some((committed, _)) = block.state.commitments.get(&sequence) else {
            return Ok(PacketResult::NoOp);
        };
        let outcome = match (&item.task, witness) {
            _ if *committed != item.packet => return Err("another packet".into()),
            (Task::Acknowledge(claimed), Witness::Answered(shown)) if claimed == shown => {
                if shown.is_error() { Outcome::Rejected } else { Outcome::Acknowledged }
            }
            (Task::Timeout, Witness::AbsentAt(time)) if *time >= committed.timeout_timestamp => {
                Outcome::Refunded
            }
            _ => return Err("not shown".into()),
        };
        block.state.commitments.remove(&sequence);
        block.state.settled.insert(sequence, outcome);
        block.events.push(PacketEvent::Settled(item.key));
        Ok(PacketResult::Success)
    }

    /// Undoes up to `most` blocks that are not final; what they had waits again, in another order.
    pub(crate) fn reorganise(&mut self, most: usize, random: &mut Random) -> Option<u64> {
        let count = most.min(self.head() - self.finalized);
        for block in self.blocks.split_off(self.blocks.len() - count) {
            self.mempool.extend(block.work.into_iter().filter(|_| !random.one_in(5)));
        }
        random.shuffle(&mut self.mempool);
        (count > 0).then(|| self.head() as u64)
    }
}

/// The application refuses packets whose body is 0.
fn answer(block: &mut Block, sequence: Sequence, height: Height) {
    let (packet, given) = block.state.receipts.get_mut(&sequence).unwrap();
    let answer = match packet.payloads[0].value[0] {
        0 => Acknowledgement::error(),
        body => Acknowledgement::new(vec![vec![body]]).unwrap(),
    };
    *given = Some((answer.clone(), height));
    block.events.push(PacketEvent::Answered(packet.clone(), answer));
}

pub(crate) fn packet(source: Side, sequence: u64, body: u8, timeout: u64) -> Packet {
    let (here, there) = match source {
        Side::A => ("client-0", "client-1"),
        Side::B => ("client-1", "client-0"),
    };
    Packet {
        sequence: Sequence::new(sequence).unwrap(),
        source_client: ClientId::new(here).unwrap(),
        dest_client: ClientId::new(there).unwrap(),
        timeout_timestamp: timeout,
        payloads: vec![Payload {
            source_port: PortId::new("port").unwrap(),
            dest_port: PortId::new("port").unwrap(),
            version: "1".into(),
            encoding: "raw".into(),
            value: vec![body],
        }],
    }
}
