//! Packets in logs and in storage.

use alloy_primitives::{B256, U256, keccak256};
use alloy_sol_types::SolEvent;
use async_trait::async_trait;
use causeway_client_ethereum::chain::{ChainConfig, Slot};
use causeway_core::{Acknowledgement, ClientId, Height, Packet, PacketPath, Sequence};
use causeway_wire_ethereum::abi::decode_event;
use causeway_wire_ethereum::abi::sol::Router;
use causeway_wire_ethereum::contracts::{offset_slot, storage_key};
use causeway_wire_ethereum::eth::{BlockNumber, Filter, FilterBlocks, Log};

use super::{EthereumEndpoint, height, nonsense};
use crate::{ChainEvent, EndpointError, Events, MAX_LOOKUP, Page, Reader, Trail, Transaction};

/// The most slots of one call of `events`.
const MAX_SPAN: u64 = 500;

/// The topic of a client, which events of the router have second.
fn topic(client: &ClientId) -> B256 {
    keccak256(client.as_str())
}

impl EthereumEndpoint {
    fn told(&self, logs: Vec<Log>) -> Result<Vec<(Log, ClientId, ChainEvent)>, EndpointError> {
        let mut told = Vec::new();
        for log in logs {
            if log.removed || log.address != self.settings.router {
                continue;
            }
            let event = decode_event(&log.topics, &log.data);
            let event = event.map_err(|error| nonsense("log", &error))?;
            if let Some((client, event)) = event.and_then(ChainEvent::of) {
                told.push((log, client, event));
            }
        }
        Ok(told)
    }

    async fn slot_of(&self, chain: &ChainConfig, log: &Log) -> Result<Height, EndpointError> {
        let timestamp = match (log.block_timestamp, log.block_number) {
            (Some(timestamp), _) => timestamp,
            (None, Some(number)) => {
                let block = self.execution.block(BlockNumber::Number(number)).await?;
                block.ok_or_else(|| nonsense("log", &"its block is not there"))?.timestamp
            }
            (None, None) => return Err(nonsense("log", &"it has no block")),
        };
        Ok(height(chain.slot_at(timestamp)))
    }

    /// The logs of some kinds about packets of these sequences, newest blocks first.
    async fn logs_of(
        &self,
        kinds: Vec<B256>,
        client: &ClientId,
        sequences: &[Sequence],
    ) -> Result<Vec<Log>, EndpointError> {
        let word = |sequence: &Sequence| B256::from(U256::from(sequence.get()));
        let head = self.execution.head().await?.number;
        let words = sequences.iter().map(word).collect();
        let topics = vec![kinds, vec![topic(client)], words];
        let is_enough = |logs: &[Log]| logs.len() >= sequences.len();
        self.execution.past_logs(head, self.settings.router, topics, is_enough).await
    }

    /// The events of one kind about packets of these sequences, newest blocks first.
    async fn by_sequence(
        &self,
        kind: B256,
        client: &ClientId,
        sequences: &[Sequence],
    ) -> Result<Vec<(ChainEvent, Height)>, EndpointError> {
        let network = self.beacon.network().await?;
        let logs = self.logs_of(vec![kind], client, sequences).await?;
        let mut found = Vec::new();
        for (log, owner, event) in self.told(logs)? {
            if owner == *client {
                found.push((event, self.slot_of(&network.chain, &log).await?));
            }
        }
        Ok(found)
    }
}

#[async_trait]
impl Reader for EthereumEndpoint {
    async fn events(&self, client: &ClientId, from: u64, to: u64) -> Result<Events, EndpointError> {
        let to = to.min(from.saturating_add(MAX_SPAN)).max(from);
        let network = self.beacon.network().await?;
        let before = Slot::new(from.saturating_sub(1));
        let last = self.execution.block_at(&network.chain, Slot::new(to)).await?;
        let last = last.ok_or_else(|| {
            let reason = format!("slot {to} is after the head's");
            EndpointError::Missing { what: "block", reason }
        })?;
        let first = match from {
            0 => 0,
            _ => self
                .execution
                .block_at(&network.chain, before)
                .await?
                .map_or(0, |block| block.number.saturating_add(1)),
        };
        if first > last.number {
            return Ok(Events { to, events: Vec::new() });
        }
        let blocks = FilterBlocks::Range {
            from: Some(BlockNumber::Number(first)),
            to: Some(BlockNumber::Number(last.number)),
        };
        let topics = vec![Vec::new(), vec![topic(client)]];
        let filter = Filter { blocks, addresses: vec![self.settings.router], topics };
        let mut events = Vec::new();
        for (log, owner, event) in self.told(self.execution.logs(&filter).await?)? {
            if owner == *client {
                events.push((self.slot_of(&network.chain, &log).await?, event));
            }
        }
        Ok(Events { to, events })
    }

    async fn traces(&self, paths: &[PacketPath]) -> Result<Vec<Option<Vec<u8>>>, EndpointError> {
        let base = &self.settings.commitment_slot;
        let slots: Vec<_> = paths.iter().map(|path| storage_key(base, &path.to_bytes())).collect();
        let words = self.execution.words(self.settings.router, &slots).await?;
        let trace = |word: B256| (!word.is_zero()).then(|| word.to_vec());
        Ok(words.into_iter().map(trace).collect())
    }

    async fn outstanding(&self, client: &ClientId, from: Sequence) -> Result<Page, EndpointError> {
        let counters = offset_slot(&self.settings.commitment_slot, 1);
        let slot = keccak256([client.as_str().as_bytes(), counters.as_slice()].concat());
        let word = self.execution.words(self.settings.router, &[slot]).await?.pop();
        let last = word.map(|word| U256::from_be_bytes(word.0)).unwrap_or_default();
        let last = u64::try_from(last).map_err(|_| nonsense("sequence", &"out of range"))?;
        // Storage can't be listed: each sequence of the page is looked up.
        let looked_up = (from.get()..=last).take(MAX_LOOKUP).filter_map(Sequence::new);
        let looked_up: Vec<_> = looked_up.collect();
        let path = |sequence: &Sequence| PacketPath::commitment(client.clone(), *sequence);
        let traces = self.traces(&looked_up.iter().map(path).collect::<Vec<_>>()).await?;
        let next = looked_up.last().and_then(|end| end.get().checked_add(1));
        let next = next.filter(|next| *next <= last).and_then(Sequence::new);
        let committed = looked_up.into_iter().zip(traces).filter(|(_, trace)| trace.is_some());
        Ok(Page { sequences: committed.map(|(sequence, _)| sequence).collect(), next })
    }

    async fn sent(
        &self,
        client: &ClientId,
        sequences: &[Sequence],
    ) -> Result<Vec<Option<(Packet, Height)>>, EndpointError> {
        let told = self.by_sequence(Router::SendPacket::SIGNATURE_HASH, client, sequences).await?;
        let body = |wanted: &Sequence| {
            told.iter().find_map(|(event, height)| match event {
                ChainEvent::Sent(packet) if packet.sequence == *wanted => {
                    Some((packet.clone(), *height))
                }
                _ => None,
            })
        };
        Ok(sequences.iter().map(body).collect())
    }

    async fn answered(
        &self,
        client: &ClientId,
        sequences: &[Sequence],
    ) -> Result<Vec<Option<(Acknowledgement, Height)>>, EndpointError> {
        let kind = Router::WriteAcknowledgement::SIGNATURE_HASH;
        let told = self.by_sequence(kind, client, sequences).await?;
        let answer = |wanted: &Sequence| {
            told.iter().find_map(|(event, height)| match event {
                ChainEvent::Answered(packet, answer) if packet.sequence == *wanted => {
                    Some((answer.clone(), *height))
                }
                _ => None,
            })
        };
        Ok(sequences.iter().map(answer).collect())
    }

    async fn events_of(
        &self,
        transaction: &Transaction,
    ) -> Result<Option<Vec<(ClientId, ChainEvent)>>, EndpointError> {
        let Some(receipt) = self.execution.receipt(&transaction.0).await? else {
            return Ok(None);
        };
        let told = self.told(receipt.logs)?;
        Ok(Some(told.into_iter().map(|(_, client, event)| (client, event)).collect()))
    }

    async fn transaction_of(
        &self,
        client: &ClientId,
        sequence: Sequence,
        trail: Trail,
    ) -> Result<Option<(Transaction, Height)>, EndpointError> {
        let kinds = match trail {
            Trail::Sent => vec![Router::SendPacket::SIGNATURE_HASH],
            Trail::Answered => vec![Router::WriteAcknowledgement::SIGNATURE_HASH],
            Trail::Settled => {
                vec![Router::AckPacket::SIGNATURE_HASH, Router::TimeoutPacket::SIGNATURE_HASH]
            }
        };
        let network = self.beacon.network().await?;
        let logs = self.logs_of(kinds, client, &[sequence]).await?;
        let ours = |(_, owner, event): &&(Log, ClientId, ChainEvent)| {
            owner == client && trail.is_of(event, sequence)
        };
        let told = self.told(logs)?;
        let Some((log, _, _)) = told.iter().rev().find(ours) else { return Ok(None) };
        let hash = log.transaction_hash.ok_or_else(|| nonsense("log", &"no transaction"))?;
        let at = self.slot_of(&network.chain, log).await?;
        Ok(Some((Transaction(hash.to_string()), at)))
    }
}
