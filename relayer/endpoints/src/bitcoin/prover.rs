//! Headers, and proofs under the state root of a coinbase.

use async_trait::async_trait;
use causeway_client_bitcoin::{
    Anchor, BlockHash, ClientMessage, ClientState, ConsensusState, Header, LastTimes, MAX_HEADERS,
    MEDIAN_SPAN, PeriodStart, RawHeader, header_messages,
};
use causeway_core::{Any, Height, PacketPath, Timestamp};
use causeway_light_client::{AnyCodec, ProofCodec};

use super::{BitcoinEndpoint, height, nonsense};
use crate::{ClientParameters, EndpointError, HostedClient, Observer, Prover, Update};

/// The most headers that are fetched for one update.
const MAX_UPDATE: u64 = 16 * 1024;

fn decoded(client: &HostedClient) -> Result<(ClientState, ConsensusState), EndpointError> {
    let malformed = |error| nonsense("client", &error);
    let state = ClientState::from_any(&client.client_state).map_err(malformed)?;
    let consensus = ConsensusState::from_any(&client.consensus_state).map_err(malformed)?;
    Ok((state, consensus))
}

fn parsed(header: &RawHeader) -> Header {
    Header::from_bytes(header)
}

impl BitcoinEndpoint {
    /// A block with all that its descendants are judged by.
    async fn anchor(&self, height: u64) -> Result<Anchor, EndpointError> {
        let network = &self.settings.network;
        let span = u64::try_from(MEDIAN_SPAN).unwrap_or(u64::MAX);
        let first = height.saturating_sub(span.saturating_sub(1));
        let headers = self.rpc.headers(first, height).await?;
        let times: Vec<_> = headers.iter().map(|header| parsed(header).time).collect();
        let last_times = LastTimes::new(&times).ok_or_else(|| nonsense("headers", &"none"))?;
        let start = height.saturating_sub(network.position(height).into());
        let period = self.rpc.header_at(start).await?;
        let info = self.rpc.header_at(height).await?;
        let header = headers.last().map(parsed).ok_or_else(|| nonsense("headers", &"none"))?;
        if header.hash() != info.hash {
            return Err(nonsense("headers", &"the chain changed while it was read"));
        }
        Ok(Anchor {
            height,
            header,
            chainwork: info.chain_work,
            period_start: PeriodStart { time: period.time, bits: period.bits },
            last_times,
            last_real_bits: header.bits,
        })
    }

    /// The newest block of the chain that a client has on record, not below `lowest`.
    async fn common(&self, state: &ClientState, lowest: u64) -> Result<Option<u64>, EndpointError> {
        let mut hash = state.tip.hash.to_string();
        let mut at = state.tip.height;
        loop {
            let Some(header) = self.rpc.header(&hash).await? else { break };
            if header.confirmations > 0 {
                return Ok(Some(header.height));
            }
            let Some(previous) = header.previous.filter(|_| at > lowest) else { break };
            hash = super::rpc::text(&previous);
            at = at.saturating_sub(1);
        }
        // This node never saw the client's branch.
        let finalized = self.rpc.header(&state.finalized.header.hash().to_string()).await?;
        let stands = finalized.filter(|header| header.confirmations > 0);
        Ok(stands.map(|header| header.height))
    }

    async fn is_on_chain(&self, hash: &BlockHash) -> Result<bool, EndpointError> {
        let header = self.rpc.header(&hash.to_string()).await?;
        Ok(header.is_some_and(|header| header.confirmations > 0))
    }

    /// The newest final block of a client that the chain has, and from which the client takes
    /// branches: found in what the client trusts, as the node may never have seen the client's
    /// own branch.
    async fn common_final(
        &self,
        client: &HostedClient,
        state: &ClientState,
        host: &dyn Observer,
    ) -> Result<Option<u64>, EndpointError> {
        let window = state.tip.height.saturating_sub(state.depths.fork_window.into());
        let lowest = state.lowest_record.max(window);
        let mut at = client.report.latest;
        while let Some((below, trusted)) = host.trusted_below(&client.id, at).await? {
            if below >= at || below.height() < lowest {
                break;
            }
            let trusted = ConsensusState::from_any(&trusted);
            let trusted = trusted.map_err(|error| nonsense("client", &error))?;
            if self.is_on_chain(&trusted.block_hash).await? {
                return Ok(Some(below.height()));
            }
            at = below;
        }
        Ok(None)
    }

    async fn headers_after(&self, block: u64, tip: u64) -> Result<Vec<RawHeader>, EndpointError> {
        let last = tip.min(block.saturating_add(MAX_UPDATE));
        self.rpc.headers(block.saturating_add(1), last).await
    }
}

#[async_trait]
impl Prover for BitcoinEndpoint {
    async fn new_client(&self, parameters: &ClientParameters) -> Result<(Any, Any), EndpointError> {
        let tip = self.info().await?.blocks;
        let anchor = self.anchor(self.final_at(tip)).await?;
        let settings = &self.settings;
        let state = ClientState {
            trusting_period: parameters.trusting_period.or(settings.trusting_period),
            ..ClientState::new(
                settings.network,
                settings.depths,
                parameters.max_clock_drift,
                settings.commitment_magic,
                anchor,
            )
        };
        Ok((state.to_any(), ConsensusState::from(&anchor).to_any()))
    }

    async fn is_followed_by(&self, client: &HostedClient) -> Result<bool, EndpointError> {
        let Ok((state, _)) = decoded(client) else { return Ok(false) };
        if state.network != self.settings.network {
            return Ok(false);
        }
        // A header that is off the chain by now is of this chain all the same.
        Ok(self.rpc.header(&state.finalized.header.hash().to_string()).await?.is_some())
    }

    async fn update(
        &self,
        client: &HostedClient,
        at_least: Height,
        not_before: Timestamp,
        refresh: bool,
    ) -> Result<Update, EndpointError> {
        let (state, consensus) = decoded(client)?;
        let latest = height(state.finalized.height);
        let is_enough = latest >= at_least && consensus.timestamp() >= not_before;
        if is_enough && !refresh {
            return Ok(Update { messages: Vec::new(), height: latest });
        }
        let tip = self.info().await?.blocks;
        let above = u64::from(state.depths.confirmations).saturating_sub(1);
        let reached = tip.saturating_sub(above).max(state.finalized.height);
        let time = Timestamp::from_secs(self.rpc.header_at(reached).await?.median_time.into());
        if height(reached) < at_least || time.unwrap_or_default() < not_before {
            let reason = format!(
                "block {reached} is the newest that would be final; {at_least}, of {not_before} \
                 or later, is needed",
            );
            return Err(EndpointError::Missing { what: "header", reason });
        }
        let common = self.common(&state, state.finalized.height).await?;
        let common = common.ok_or_else(|| {
            let reason = format!("the final block of {} is not on this node's chain", client.id);
            EndpointError::Missing { what: "header", reason }
        })?;
        let headers = self.headers_after(common, tip).await?;
        let messages = header_messages(&headers).iter().map(AnyCodec::to_any).collect();
        Ok(Update { messages, height: height(reached) })
    }

    async fn prove(
        &self,
        _client: &HostedClient,
        height: Height,
        paths: &[PacketPath],
    ) -> Result<Vec<Vec<u8>>, EndpointError> {
        let keys: Vec<_> = paths.iter().map(PacketPath::to_bytes).collect();
        let proofs = self.rpc.state_proofs(&keys, Some(height.height()), false).await?;
        let proof = |index| {
            let proof = proofs.state_proof(index).map(|proof| proof.to_bytes());
            proof.ok_or_else(|| nonsense("getstateproof", &"a proof is left out"))
        };
        (0..keys.len()).map(proof).collect()
    }

    async fn prove_batch(
        &self,
        _client: &HostedClient,
        height: Height,
        paths: &[PacketPath],
    ) -> Result<Vec<u8>, EndpointError> {
        let keys: Vec<_> = paths.iter().map(PacketPath::to_bytes).collect();
        let proofs = self.rpc.state_proofs(&keys, Some(height.height()), true).await?;
        let batch = proofs.batch_proof().map(|proof| proof.to_bytes());
        batch.ok_or_else(|| nonsense("getstateproof", &"the batch is left out"))
    }

    async fn cross_check(
        &self,
        client: &HostedClient,
        host: &dyn Observer,
    ) -> Result<Option<Any>, EndpointError> {
        let (state, _) = decoded(client)?;
        if self.is_on_chain(&state.finalized.header.hash()).await? {
            return Ok(None);
        }
        // The chain left the client's final block out. With more work, that is what freezes it.
        let info = self.info().await?;
        if info.chain_work <= state.tip.chainwork {
            return Ok(None);
        }
        let Some(common) = self.common_final(client, &state, host).await? else {
            let reason = format!("this chain has no block of {} that it can fork from", client.id);
            return Err(EndpointError::Missing { what: "header", reason });
        };
        let mut headers = self.headers_after(common, info.blocks).await?;
        headers.truncate(MAX_HEADERS);
        Ok(Some(ClientMessage::Misbehaviour(headers).to_any()))
    }
}
