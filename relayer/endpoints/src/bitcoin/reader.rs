//! Packets in the calls of blocks and in the state.

use async_trait::async_trait;
use causeway_client_bitcoin::Txid;
use causeway_core::{Acknowledgement, ClientId, Height, Packet, PacketPath, Sequence};
use causeway_wire_bitcoin::rpc::TransactionInfo;
use causeway_wire_bitcoin::state::{CallEvent, CallResult, PacketEvents, TracePage};
use serde_json::{Value, json};

use super::rpc::{NOT_FOUND, missing};
use super::{BitcoinEndpoint, height, nonsense};
use crate::{ChainEvent, EndpointError, Events, MAX_PAGE, Page, Reader, Trail, Transaction};

/// Blocks of one look for old calls, and how many such looks there are at most.
const BLOCKS_PER_LOOK: u64 = 500;
const MAX_LOOKS: u64 = 64;

/// Which client of this chain an event is about, and what it means to a relayer.
fn of_client(event: CallEvent) -> Option<(ClientId, ChainEvent)> {
    match event {
        CallEvent::Core(event) => ChainEvent::of(event),
        CallEvent::App { .. } => None,
    }
}

/// Something that a call told of a client's packets.
struct Told {
    at: Height,
    txid: Txid,
    event: ChainEvent,
}

/// All that a range of blocks tells of one client's packets.
fn told(blocks: PacketEvents, client: &ClientId) -> Vec<Told> {
    let mut told = Vec::new();
    for block in blocks.blocks {
        let at = height(block.height);
        for call in block.calls {
            let txid = call.txid;
            let ours = call.events.into_iter().filter_map(of_client);
            let ours = ours.filter(|(owner, _)| owner == client);
            told.extend(ours.map(|(_, event)| Told { at, txid, event }));
        }
    }
    told
}

impl BitcoinEndpoint {
    /// Walks down from the tip until `found` has enough.
    async fn walk(
        &self,
        client: &ClientId,
        mut found: impl FnMut(Told) -> bool + Send,
    ) -> Result<(), EndpointError> {
        let mut to = self.info().await?.blocks;
        for _ in 0..MAX_LOOKS {
            let from = to.saturating_sub(BLOCKS_PER_LOOK);
            let mut next = from;
            while next <= to {
                let blocks = match self.rpc.packet_events(next, to).await {
                    Ok(blocks) => blocks,
                    // Older calls are forgotten.
                    Err(EndpointError::Missing { .. }) => return Ok(()),
                    Err(error) => return Err(error),
                };
                next = blocks.to.max(next).saturating_add(1);
                for told in told(blocks, client) {
                    if found(told) {
                        return Ok(());
                    }
                }
            }
            if from == 0 {
                break;
            }
            to = from.saturating_sub(1);
        }
        Ok(())
    }

    /// The block that has a transaction, and nothing while it waits; `None` when the node does not
    /// know it.
    pub(super) async fn find(
        &self,
        txid: &str,
    ) -> Result<Option<(TransactionInfo, Option<u64>)>, EndpointError> {
        let method = "getrawtransaction";
        let answer: TransactionInfo =
            match self.rpc.try_call(method, vec![json!(txid), json!(1)]).await? {
                Ok(answer) => answer,
                Err(failure) if failure.code == NOT_FOUND => return Ok(None),
                Err(failure) => return Err(missing(method, &failure)),
            };
        let Some(hash) = answer.block_hash else { return Ok(Some((answer, None))) };
        let header = self.rpc.header(&super::rpc::text(&hash)).await?;
        let block = header.filter(|header| header.confirmations > 0).map(|header| header.height);
        Ok(Some((answer, block)))
    }

    /// What became of the call of a transaction in a block; `None` when it carries none.
    pub(super) async fn call_of(
        &self,
        txid: &str,
        block: u64,
    ) -> Result<Option<CallResult>, EndpointError> {
        let events = self.rpc.packet_events(block, block).await?;
        let calls = events.blocks.into_iter().flat_map(|block| block.calls);
        Ok(calls.into_iter().find(|call| call.txid.to_string() == txid))
    }
}

#[async_trait]
impl Reader for BitcoinEndpoint {
    async fn events(&self, client: &ClientId, from: u64, to: u64) -> Result<Events, EndpointError> {
        let blocks = self.rpc.packet_events(from, to).await?;
        let to = blocks.to.clamp(from, to.max(from));
        let told = told(blocks, client).into_iter();
        Ok(Events { to, events: told.map(|it| (it.at, it.event)).collect() })
    }

    async fn traces(&self, paths: &[PacketPath]) -> Result<Vec<Option<Vec<u8>>>, EndpointError> {
        let keys: Vec<_> = paths.iter().map(PacketPath::to_bytes).collect();
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let proofs = self.rpc.state_proofs(&keys, None, false).await?;
        Ok(proofs.values.into_iter().map(|value| value.value).collect())
    }

    async fn outstanding(&self, client: &ClientId, from: Sequence) -> Result<Page, EndpointError> {
        let after = from.get().saturating_sub(1);
        let (id, query) = (json!(client.as_str()), json!("commitments"));
        let params = vec![id, query, json!(after), json!(MAX_PAGE)];
        let answer: Value = self.rpc.call("getaccount", params).await?;
        let page = TracePage::from_json(&answer).map_err(|error| nonsense("getaccount", &error))?;
        let sequences: Vec<_> = page.traces.into_iter().map(|(sequence, _)| sequence).collect();
        let last = sequences.last().filter(|_| page.has_more);
        let next = last.and_then(|last| Sequence::new(last.get().saturating_add(1)));
        Ok(Page { sequences, next })
    }

    async fn sent(
        &self,
        client: &ClientId,
        sequences: &[Sequence],
    ) -> Result<Vec<Option<(Packet, Height)>>, EndpointError> {
        let mut found: Vec<Option<(Packet, Height)>> = vec![None; sequences.len()];
        self.walk(client, |Told { at: height, event, .. }| {
            if let ChainEvent::Sent(packet) = event {
                let at = sequences.iter().position(|sequence| *sequence == packet.sequence);
                if let Some(place) = at.and_then(|at| found.get_mut(at)) {
                    *place = Some((packet, height));
                }
            }
            found.iter().all(Option::is_some)
        })
        .await?;
        Ok(found)
    }

    async fn answered(
        &self,
        client: &ClientId,
        sequences: &[Sequence],
    ) -> Result<Vec<Option<(Acknowledgement, Height)>>, EndpointError> {
        // Only what was answered is worth the walk.
        let path = |sequence: &Sequence| PacketPath::acknowledgement(client.clone(), *sequence);
        let traces = self.traces(&sequences.iter().map(path).collect::<Vec<_>>()).await?;
        let mut wanted: Vec<_> = sequences
            .iter()
            .zip(traces)
            .filter(|(_, trace)| trace.is_some())
            .map(|(sequence, _)| *sequence)
            .collect();
        let mut found: Vec<Option<(Acknowledgement, Height)>> = vec![None; sequences.len()];
        if wanted.is_empty() {
            return Ok(found);
        }
        self.walk(client, |Told { at: height, event, .. }| {
            if let ChainEvent::Answered(packet, answer) = event {
                let at = sequences.iter().position(|sequence| *sequence == packet.sequence);
                if let Some(place) = at.and_then(|at| found.get_mut(at)) {
                    *place = Some((answer, height));
                }
                wanted.retain(|sequence| *sequence != packet.sequence);
            }
            wanted.is_empty()
        })
        .await?;
        Ok(found)
    }

    async fn events_of(
        &self,
        transaction: &Transaction,
    ) -> Result<Option<Vec<(ClientId, ChainEvent)>>, EndpointError> {
        let mut events = Vec::new();
        for txid in super::submitter::txids(transaction) {
            let Some((_, Some(block))) = self.find(txid).await? else { return Ok(None) };
            if let Some(call) = self.call_of(txid, block).await? {
                events.extend(call.events.into_iter().filter_map(of_client));
            }
        }
        Ok(Some(events))
    }

    async fn transaction_of(
        &self,
        client: &ClientId,
        sequence: Sequence,
        trail: Trail,
    ) -> Result<Option<(Transaction, Height)>, EndpointError> {
        let mut found = None;
        self.walk(client, |Told { at, txid, event }| {
            if trail.is_of(&event, sequence) {
                found = Some((Transaction(txid.to_string()), at));
            }
            found.is_some()
        })
        .await?;
        Ok(found)
    }
}
