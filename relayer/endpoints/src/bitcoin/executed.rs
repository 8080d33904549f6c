//! What became of transactions.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use causeway_client_bitcoin::BlockHash;
use causeway_core::Event;
use causeway_wire_bitcoin::rpc::TransactionInfo;
use causeway_wire_bitcoin::state::{CallEvent, CallResult};
use causeway_wire_bitcoin::{Action, Call, OwnedTransaction};
use serde_json::json;

use super::rpc::{NOT_FOUND, missing, text};
use super::submitter::txids;
use super::{BitcoinEndpoint, height, nonsense};
use crate::{EndpointError, Executed, MessageOutcome, Transaction, TransactionState, outcome};

/// Calls of blocks, by height and by the name of their transaction.
type Calls = BTreeMap<u64, BTreeMap<String, CallResult>>;

impl BitcoinEndpoint {
    /// Where transactions are that go by one name: unknown as long as one is, pending as long as
    /// one waits.
    pub(super) async fn state_of(
        &self,
        transaction: &Transaction,
    ) -> Result<TransactionState, EndpointError> {
        let txids: Vec<_> = txids(transaction).collect();
        // Where the last one waits, it is enough to know that the first is not lost.
        if let [first, .., last] = txids.as_slice()
            && let Some((_, None)) = self.find(last).await?
        {
            let is_known = self.find(first).await?.is_some();
            return Ok(if is_known {
                TransactionState::Pending
            } else {
                TransactionState::Unknown
            });
        }
        let Some(infos) = self.all(&txids).await? else { return Ok(TransactionState::Unknown) };
        let Some(blocks) = self.blocks_of(&infos).await? else {
            return Ok(TransactionState::Pending);
        };
        let mut calls = self.calls_in(&blocks).await?;
        let mut outcomes = Vec::new();
        for ((txid, info), block) in txids.iter().zip(infos).zip(&blocks) {
            let bytes = hex::decode(info.hex.unwrap_or_default());
            let bytes = bytes.map_err(|error| nonsense("transaction", &error))?;
            let decoded = OwnedTransaction::from_bytes(&bytes);
            let decoded = decoded.map_err(|error| nonsense("transaction", &error))?;
            let call = calls.get_mut(block).and_then(|calls| calls.remove(*txid));
            outcomes.extend(outcomes_of(&decoded, call)?);
        }
        let highest = blocks.into_iter().max().unwrap_or_default();
        Ok(TransactionState::Executed(Executed { height: height(highest), outcomes }))
    }

    /// All of some transactions; `None` when the node does not know one.
    async fn all(&self, txids: &[&str]) -> Result<Option<Vec<TransactionInfo>>, EndpointError> {
        let method = "getrawtransaction";
        let params = txids.iter().map(|txid| vec![json!(txid), json!(1)]).collect();
        let mut infos = Vec::with_capacity(txids.len());
        for answer in self.rpc.try_calls(method, params).await? {
            match answer {
                Ok(info) => infos.push(info),
                Err(failure) if failure.code == NOT_FOUND => return Ok(None),
                Err(failure) => return Err(missing(method, &failure)),
            }
        }
        Ok(Some(infos))
    }

    /// The heights of the blocks that have some transactions; `None` when one waits.
    async fn blocks_of(
        &self,
        infos: &[TransactionInfo],
    ) -> Result<Option<Vec<u64>>, EndpointError> {
        let mut known: BTreeMap<BlockHash, u64> = BTreeMap::new();
        let mut heights = Vec::with_capacity(infos.len());
        for info in infos {
            let Some(hash) = info.block_hash else { return Ok(None) };
            if let Entry::Vacant(place) = known.entry(hash) {
                let header = self.rpc.header(&text(&hash)).await?;
                let Some(header) = header.filter(|header| header.confirmations > 0) else {
                    return Ok(None);
                };
                place.insert(header.height);
            }
            heights.extend(known.get(&hash));
        }
        Ok(Some(heights))
    }

    /// The calls of some blocks, each of which is read once.
    async fn calls_in(&self, blocks: &[u64]) -> Result<Calls, EndpointError> {
        let mut calls = Calls::new();
        for block in blocks {
            if let Entry::Vacant(place) = calls.entry(*block) {
                let events = self.rpc.packet_events(*block, *block).await?;
                let of_block = events.blocks.into_iter().flat_map(|block| block.calls);
                let by_name = of_block.map(|call| (call.txid.to_string(), call)).collect();
                place.insert(by_name);
            }
        }
        Ok(calls)
    }
}

/// What became of one transaction's call; nothing when it carries none of ours.
fn outcomes_of(
    transaction: &OwnedTransaction,
    call: Option<CallResult>,
) -> Result<Vec<MessageOutcome>, EndpointError> {
    let carried = Call::of(transaction).map_err(|error| nonsense("call", &error))?;
    let Some(carried) = carried else { return Ok(Vec::new()) };
    let Action::Core(message) = carried.call.action else { return Ok(Vec::new()) };
    let call = call.ok_or_else(|| nonsense("getpacketevents", &"a call is left out"))?;
    if let Some(failure) = call.failure {
        let reason = format!("{}: {}", failure.code, failure.reason);
        return Ok(vec![MessageOutcome::Failed(reason)]);
    }
    let core = |event| match event {
        CallEvent::Core(event) => Some(event),
        CallEvent::App { .. } => None,
    };
    let events: Vec<Event> = call.events.into_iter().filter_map(core).collect();
    outcome::outcomes(&[message], events)
}
