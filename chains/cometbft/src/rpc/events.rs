//! What happened in a block, for whoever subscribed (`types/event_bus.go`).

use causeway_client_cometbft::{BlockId, Validator};
use causeway_wire_cometbft::rpc::{Base64Bytes, EventData, Int, TxEventData};
use serde_json::value::{RawValue, to_raw_value};

use super::query::Attributes;
use super::views::{self, int, len};
use crate::Block;
use crate::archive::Body;

/// One event: what is told, and what it can be asked for by.
#[derive(Debug)]
pub(super) struct Happening {
    pub(super) data: Box<RawValue>,
    pub(super) attributes: Attributes,
}

fn happening(data: &EventData, kind: &str, mut attributes: Attributes) -> Option<Happening> {
    attributes.entry("tm.event".to_owned()).or_default().push(kind.to_owned());
    Some(Happening { data: to_raw_value(data).ok()?, attributes })
}

/// All events of a block, in the order in which a node tells them.
pub(super) fn of_block(block: &Block, block_id: BlockId, body: &Body) -> Vec<Happening> {
    let outcome = &body.outcome;
    let height = int(outcome.height);
    let reported = views::attributes(&outcome.events);
    let new_block = EventData::NewBlock {
        block: Box::new(views::block(block)),
        block_id: block_id.into(),
        result_finalize_block: views::finalized(outcome),
    };
    let header = EventData::NewBlockHeader { header: (&block.header).into() };
    let block_events = EventData::NewBlockEvents {
        height,
        events: views::events(&outcome.events),
        num_txs: len(body.txs.len()),
    };
    let mut all = Vec::new();
    all.extend(happening(&new_block, "NewBlock", reported.clone()));
    all.extend(happening(&header, "NewBlockHeader", Attributes::new()));
    all.extend(happening(&block_events, "NewBlockEvents", reported));
    for (place, index) in (0..body.txs.len()).zip(0..) {
        all.extend(tx(body, place, index));
    }
    all.extend(validator_updates(body));
    all
}

fn tx(body: &Body, place: usize, index: u32) -> Option<Happening> {
    let tx_result = TxEventData {
        height: int(body.outcome.height),
        index: Int(index),
        tx: Base64Bytes(body.txs.get(place)?.clone()),
        result: views::outcome(body.outcome.txs.get(place)?),
    };
    happening(&EventData::Tx { tx_result }, "Tx", views::tx_attributes(body, place)?)
}

fn validator_updates(body: &Body) -> Option<Happening> {
    let updates = body.outcome.updates.iter();
    let validators = updates.filter_map(|update| Validator::new(update.public_key, update.power));
    let validator_updates: Vec<_> = validators.map(|validator| (&validator).into()).collect();
    if validator_updates.is_empty() {
        return None;
    }
    let data = EventData::ValidatorSetUpdates { validator_updates };
    happening(&data, "ValidatorSetUpdates", Attributes::new())
}
