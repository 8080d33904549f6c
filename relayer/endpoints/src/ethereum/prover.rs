//! Light client updates, and proofs of the router's storage.

use core::time::Duration;

use alloy_primitives::B256;
use async_trait::async_trait;
use causeway_client_ethereum::chain::{ChainConfig, Fork, Period, Slot};
use causeway_client_ethereum::client::{ClientMessage, ClientState, ConsensusState, Misbehaviour};
use causeway_client_ethereum::containers::LightClientUpdate;
use causeway_client_ethereum::update::{Answers, Parameters, initial_states};
use causeway_core::{Any, Height, PacketPath, Timestamp};
use causeway_light_client::{AnyCodec, ProofCodec};
use causeway_wire_ethereum::contracts::storage_key;
use causeway_wire_ethereum::eth::BlockNumber;
use causeway_wire_ethereum::proof::AccountProof;
use serde_json::json;
use serde_json::value::RawValue;

use super::observer::seconds;
use super::{EthereumEndpoint, height, nonsense};
use crate::{ClientParameters, EndpointError, HostedClient, Observer, Prover, Update};

/// How long a client's newest state is trusted, if nobody chooses: within mainnet's weak
/// subjectivity period.
const TRUSTING_PERIOD: Duration = Duration::from_hours(14 * 24);

fn decoded(client: &HostedClient) -> Result<(ClientState, ConsensusState), EndpointError> {
    let malformed = |error| nonsense("client", &error);
    let state = ClientState::from_any(&client.client_state).map_err(malformed)?;
    let consensus = ConsensusState::from_any(&client.consensus_state).map_err(malformed)?;
    Ok((state, consensus))
}

impl EthereumEndpoint {
    async fn newest_final(&self) -> Result<LightClientUpdate, EndpointError> {
        self.beacon.finality_update().await?.ok_or_else(|| {
            let reason = "nothing is final yet".to_owned();
            EndpointError::Missing { what: "finality update", reason }
        })
    }

    /// All that leads from what a client trusts to the newest finality update.
    async fn answers(
        &self,
        chain: &ChainConfig,
        trusted: &ConsensusState,
        newest: LightClientUpdate,
    ) -> Result<Answers, EndpointError> {
        let mut answers = Answers::default();
        // The update of the period before tells who signs in the client's own.
        let period = chain.preset.period(trusted.slot);
        let first = Period::new(period.get().saturating_sub(1));
        let last = chain.preset.period(newest.signature_slot);
        for update in self.beacon.updates(first, last).await? {
            answers.add_update(chain, update);
        }
        // Of the first period nobody tells but a bootstrap.
        if let Some(root) = self.beacon.block_root(trusted.slot).await?
            && let Ok(bootstrap) = self.beacon.bootstrap(root).await
        {
            answers.add_committee(chain, bootstrap.current_sync_committee);
        }
        answers.add_update(chain, newest);
        Ok(answers)
    }

    /// Two contradicting updates, verified from what the client trusts up to both; nothing where
    /// it trusts nothing so old, or would not believe them.
    async fn evidence(
        &self,
        client: &HostedClient,
        host: &dyn Observer,
        state: &ClientState,
        (first, second): (&LightClientUpdate, &LightClientUpdate),
    ) -> Result<Option<Any>, EndpointError> {
        let finalized = |update: &LightClientUpdate| update.finalized_header.beacon.slot;
        let slot = finalized(first).min(finalized(second));
        let below = client.trusted_below(height(slot.next()), host).await?;
        let Some(below) = below else { return Ok(None) };
        let trusted = ConsensusState::from_any(&below.1);
        let trusted = trusted.map_err(|error| nonsense("client", &error))?;
        let newest = self.newest_final().await?;
        let answers = self.answers(&state.chain, &trusted, newest).await?;
        let header = |update| answers.header_of(&state.chain, &trusted, update);
        let (header_1, header_2) = (header(first), header(second));
        let misbehaviour = Misbehaviour { header_1, header_2 };
        let evidence = ClientMessage::Misbehaviour(Box::new(misbehaviour)).to_any();
        let now = seconds(self.execution.head().await?.timestamp)?;
        let judged = client.check_evidence(&self.registry, below, &evidence, now);
        Ok(judged.is_ok().then_some(evidence))
    }

    /// The router's proofs of paths, in the state of the block of a slot.
    async fn proof(
        &self,
        client: &HostedClient,
        at: Height,
        paths: &[PacketPath],
    ) -> Result<(AccountProof, Vec<B256>), EndpointError> {
        let (state, _) = decoded(client)?;
        let slot = Slot::new(at.height());
        let block = self.execution.block_at(&state.chain, slot).await?;
        let block = block.filter(|block| state.chain.slot_at(block.timestamp) == slot);
        let block = block.ok_or_else(|| {
            let reason = format!("slot {slot} has none");
            EndpointError::Missing { what: "block", reason }
        })?;
        let base = &state.commitment_slot;
        let keys: Vec<_> = paths.iter().map(|path| storage_key(base, &path.to_bytes())).collect();
        let params = json!([state.router_address, keys, BlockNumber::Number(block.number)]);
        let answer: Box<RawValue> = self.execution.call("eth_getProof", params).await?;
        let proof = AccountProof::from_json(answer.get().as_bytes());
        Ok((proof.map_err(|error| nonsense("eth_getProof", &error))?, keys))
    }
}

#[async_trait]
impl Prover for EthereumEndpoint {
    async fn new_client(&self, parameters: &ClientParameters) -> Result<(Any, Any), EndpointError> {
        let network = self.beacon.network().await?;
        let header = self.newest_final().await?.finalized_header;
        let fork = network.chain.fork(header.beacon.slot).unwrap_or(Fork::Altair);
        let root = header.beacon.hash_tree_root(fork, network.chain.preset);
        let bootstrap = self.beacon.bootstrap(root).await?;
        let parameters = Parameters {
            router_address: self.settings.router,
            commitment_slot: self.settings.commitment_slot,
            trusting_period: parameters.trusting_period.unwrap_or(TRUSTING_PERIOD),
            max_clock_drift: parameters.max_clock_drift,
        };
        let states = initial_states(network.chain.clone(), parameters, root, &bootstrap, &mut ());
        let (state, consensus) = states.map_err(|error| nonsense("bootstrap", &error))?;
        Ok((state.to_any(), consensus.to_any()))
    }

    async fn is_followed_by(&self, client: &HostedClient) -> Result<bool, EndpointError> {
        let Ok((state, _)) = decoded(client) else { return Ok(false) };
        let network = self.beacon.network().await?;
        let ours = &network.chain;
        Ok(state.chain.genesis_validators_root == ours.genesis_validators_root
            && state.router_address == self.settings.router
            && state.commitment_slot == self.settings.commitment_slot)
    }

    async fn update(
        &self,
        client: &HostedClient,
        at_least: Height,
        not_before: Timestamp,
        refresh: bool,
    ) -> Result<Update, EndpointError> {
        let (state, trusted) = decoded(client)?;
        let latest = height(state.latest_slot);
        let is_enough = latest >= at_least && client.report.latest_time >= not_before;
        if is_enough && !refresh {
            return Ok(Update { messages: Vec::new(), height: latest });
        }
        let newest = self.newest_final().await?;
        let target = newest.finalized_header.beacon.slot;
        if target <= state.latest_slot && is_enough {
            return Ok(Update { messages: Vec::new(), height: latest });
        }
        let answers = self.answers(&state.chain, &trusted, newest).await?;
        let route = answers.route(&state.chain, &trusted, &[], target);
        let reached = height(route.reached.slot);
        let time = Timestamp::from_secs(route.reached.timestamp).unwrap_or_default();
        if reached < at_least || time < not_before {
            let reason = format!(
                "updates lead to slot {} of {time}; {at_least}, of {not_before} or later, is \
                 needed",
                route.reached.slot,
            );
            return Err(EndpointError::Missing { what: "finality update", reason });
        }
        let headers = route.headers.into_iter();
        let messages = headers.map(|header| ClientMessage::Header(header).to_any()).collect();
        Ok(Update { messages, height: reached })
    }

    async fn prove(
        &self,
        client: &HostedClient,
        height: Height,
        paths: &[PacketPath],
    ) -> Result<Vec<Vec<u8>>, EndpointError> {
        let (proof, keys) = self.proof(client, height, paths).await?;
        let of_key = |key: &B256| {
            let proof = proof.state_proof(key).map(|proof| proof.to_bytes());
            proof.ok_or_else(|| nonsense("eth_getProof", &format!("no proof of {key}")))
        };
        keys.iter().map(of_key).collect()
    }

    async fn prove_batch(
        &self,
        client: &HostedClient,
        height: Height,
        paths: &[PacketPath],
    ) -> Result<Vec<u8>, EndpointError> {
        let (proof, _) = self.proof(client, height, paths).await?;
        Ok(proof.batch_proof().to_bytes())
    }

    /// A client follows committees from period to period. Where a period has passed without an
    /// update that names the next committee, nobody can make one any more.
    async fn stranded(&self, client: &HostedClient) -> Result<Option<String>, EndpointError> {
        let (state, trusted) = decoded(client)?;
        let newest = self.newest_final().await?;
        let (signed, target) = (newest.signature_slot, newest.finalized_header.beacon.slot);
        let answers = self.answers(&state.chain, &trusted, newest).await?;
        let reached = answers.route(&state.chain, &trusted, &[], target).reached;
        let period = |slot| state.chain.preset.period(slot).get();
        let knows_next = u64::from(reached.next_committee.is_some());
        let last = period(reached.slot).saturating_add(knows_next);
        if reached.slot >= target || period(signed) <= last {
            return Ok(None);
        }
        Ok(Some(format!(
            "updates lead to slot {}, and period {last} ended without one that names the \
             committee after it",
            reached.slot,
        )))
    }

    async fn cross_check(
        &self,
        client: &HostedClient,
        host: &dyn Observer,
    ) -> Result<Option<Any>, EndpointError> {
        let (state, trusted) = decoded(client)?;
        if let [first, second] = self.beacon.evidence().await?.as_slice()
            && let Some(evidence) = self.evidence(client, host, &state, (first, second)).await?
        {
            return Ok(Some(evidence));
        }
        let block = self.execution.block_at(&state.chain, trusted.slot).await?;
        if block.is_none_or(|block| block.state_root == trusted.state_root) {
            return Ok(None);
        }
        let reason = format!(
            "{} trusts another state of slot {} than this node has: one of them follows a fork",
            client.id, trusted.slot,
        );
        Err(nonsense("client", &reason))
    }
}
