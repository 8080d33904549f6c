//! Headers with their validators, and proofs under their app hashes.

use core::time::Duration;
use std::sync::Arc;

use async_trait::async_trait;
use causeway_client_cometbft::ics07::{ClientState, ConsensusState, UpdateRun};
use causeway_client_cometbft::{
    ChainId, PreparedValidatorSet, SignedHeader, TrustLevel, TrustedBlock, TrustedState,
    ValidatorSet,
};
use causeway_core::{Any, Height, PacketPath, Timestamp};
use causeway_ics23::{BatchProof, CommitmentProof, MerkleProof, ibc_specs};
use causeway_light_client::AnyCodec;
use causeway_wire_cometbft::rpc::{AbciQueryResponse, ConsensusParamsAnswer};
use serde_json::json;

use super::{CometbftEndpoint, block_before, nonsense, unsigned};
use crate::{ClientParameters, EndpointError, HostedClient, Observer, Prover, Update};

/// The most light blocks that an update may take.
const MAX_UPDATE_BLOCKS: usize = 64;

/// Where ibc-go announces upgrades.
const UPGRADE_PATH: [&str; 2] = ["upgrade", "upgradedIBCState"];

impl CometbftEndpoint {
    /// What a client trusts of its newest height, as a place to go on from.
    async fn trusted(
        &self,
        state: &ClientState,
        consensus: &ConsensusState,
    ) -> Result<(TrustedBlock, ValidatorSet), EndpointError> {
        let height = state.latest_height.height();
        let next = self.rpc.validators(height.saturating_add(1)).await?;
        let prepared =
            PreparedValidatorSet::new(&next).map_err(|error| nonsense("validators", &error))?;
        let next_validators_hash = consensus
            .next_validators_hash
            .ok_or_else(|| nonsense("client", &"a consensus state without validators"))?;
        let state = TrustedState {
            chain_id: state.chain_id.clone(),
            height,
            time: consensus.timestamp,
            next_validators_hash,
        };
        let block = TrustedBlock::new(state, Arc::new(prepared))
            .map_err(|error| nonsense("validators", &error))?;
        Ok((block, next))
    }

    /// The messages from what a client trusts to `target`, whose time is `now`.
    async fn messages_to(
        &self,
        state: &ClientState,
        consensus: &ConsensusState,
        target: u64,
        now: Timestamp,
    ) -> Result<Vec<Any>, EndpointError> {
        let (trusted, next) = self.trusted(state, consensus).await?;
        let refused = |error: &dyn ToString| nonsense("light blocks", &error.to_string());
        let mut run = UpdateRun::new(trusted, next, target, state.trust_options())
            .map_err(|error| refused(&error))?;
        let mut given = 0_usize;
        while let Some(height) = run.wanted() {
            given = given.saturating_add(1);
            if given > MAX_UPDATE_BLOCKS {
                return Err(nonsense("light blocks", &"too many lead to the target"));
            }
            let block = self.rpc.light_block(height).await?;
            run.give(block, now).map_err(|error| refused(&error))?;
        }
        Ok(run.messages().iter().map(AnyCodec::to_any).collect())
    }

    /// The proofs of keys in the state that the header of `height` proves.
    async fn proofs(
        &self,
        height: Height,
        paths: &[PacketPath],
    ) -> Result<Vec<MerkleProof>, EndpointError> {
        let keys: Vec<_> = paths.iter().map(PacketPath::to_bytes).collect();
        let answers = self.rpc.store(&keys, block_before(height.height()), true).await?;
        answers.into_iter().map(proof_of).collect()
    }
}

fn proof_of(answer: AbciQueryResponse) -> Result<MerkleProof, EndpointError> {
    let ops = answer.proof_ops.map(|proof| proof.ops).unwrap_or_default();
    let proofs = ops.iter().map(|op| CommitmentProof::from_bytes(&op.data.0));
    let proofs = proofs.collect::<Result<_, _>>().map_err(|error| nonsense("proof", &error))?;
    Ok(MerkleProof { proofs })
}

fn decoded(client: &HostedClient) -> Result<(ClientState, ConsensusState), EndpointError> {
    let malformed = |error| nonsense("client", &error);
    let state = ClientState::from_any(&client.client_state).map_err(malformed)?;
    let consensus = ConsensusState::from_any(&client.consensus_state).map_err(malformed)?;
    Ok((state, consensus))
}

fn is_of(consensus: &ConsensusState, signed: &SignedHeader) -> bool {
    let header = &signed.header;
    header.timestamp() == Some(consensus.timestamp)
        && header.app_hash == consensus.root
        && header.next_validators_hash == consensus.next_validators_hash
}

#[async_trait]
impl Prover for CometbftEndpoint {
    async fn new_client(&self, parameters: &ClientParameters) -> Result<(Any, Any), EndpointError> {
        let (header, timestamp) = self.head().await?;
        let answer: ConsensusParamsAnswer = self.rpc.call("consensus_params", json!({})).await?;
        // Evidence is taken as long as validators are bound; no longer can anybody be held to it.
        let nanos = unsigned("evidence age", answer.consensus_params.evidence.max_age_duration.0)?;
        let unbonding_period = Duration::from_nanos(nanos);
        let two_thirds = unbonding_period.saturating_mul(2).checked_div(3).unwrap_or_default();
        let state = ClientState {
            chain_id: header.chain_id.clone(),
            trust_level: TrustLevel::ONE_THIRD,
            trusting_period: parameters.trusting_period.unwrap_or(two_thirds),
            unbonding_period,
            max_clock_drift: parameters.max_clock_drift,
            frozen_height: Height::new(0, 0),
            latest_height: self.height(header.height),
            proof_specs: ibc_specs().to_vec(),
            upgrade_path: UPGRADE_PATH.map(str::to_owned).to_vec(),
            allow_update_after_expiry: false,
            allow_update_after_misbehaviour: false,
        };
        let consensus = ConsensusState {
            timestamp,
            root: header.app_hash.clone(),
            next_validators_hash: header.next_validators_hash,
        };
        Ok((state.to_any(), consensus.to_any()))
    }

    async fn is_followed_by(&self, client: &HostedClient) -> Result<bool, EndpointError> {
        let Ok((state, consensus)) = decoded(client) else { return Ok(false) };
        let chain_id: &ChainId = &self.settings.chain_id;
        if state.chain_id != *chain_id {
            return Ok(false);
        }
        match self.rpc.signed_header(state.latest_height.height()).await {
            Ok(signed) => Ok(is_of(&consensus, &signed)),
            // Pruned, or not there yet: the name is all there is to go by.
            Err(EndpointError::Missing { .. }) => Ok(true),
            Err(error) => Err(error),
        }
    }

    async fn update(
        &self,
        client: &HostedClient,
        at_least: Height,
        not_before: Timestamp,
        refresh: bool,
    ) -> Result<Update, EndpointError> {
        let (state, consensus) = decoded(client)?;
        let latest = state.latest_height;
        if latest >= at_least && consensus.timestamp >= not_before && !refresh {
            return Ok(Update { messages: Vec::new(), height: latest });
        }
        let (header, time) = self.head().await?;
        let height = self.height(header.height);
        if height < at_least || time < not_before {
            let reason = format!(
                "header {height} of {time} is the newest; {at_least}, of {not_before} or later, \
                 is needed",
            );
            return Err(EndpointError::Missing { what: "header", reason });
        }
        if height <= latest {
            return Ok(Update { messages: Vec::new(), height: latest });
        }
        let messages = self.messages_to(&state, &consensus, header.height, time).await?;
        Ok(Update { messages, height })
    }

    async fn prove(
        &self,
        _client: &HostedClient,
        height: Height,
        paths: &[PacketPath],
    ) -> Result<Vec<Vec<u8>>, EndpointError> {
        let proofs = self.proofs(height, paths).await?;
        Ok(proofs.iter().map(MerkleProof::to_bytes).collect())
    }

    async fn prove_batch(
        &self,
        _client: &HostedClient,
        height: Height,
        paths: &[PacketPath],
    ) -> Result<Vec<u8>, EndpointError> {
        let proofs = self.proofs(height, paths).await?;
        let batch = BatchProof::merge(&proofs).map_err(|error| nonsense("proofs", &error))?;
        Ok(batch.to_bytes())
    }

    async fn cross_check(
        &self,
        client: &HostedClient,
        host: &dyn Observer,
    ) -> Result<Option<Any>, EndpointError> {
        if let Some(evidence) = self.evidence(client, host).await? {
            return Ok(Some(evidence));
        }
        let (state, consensus) = decoded(client)?;
        let height = state.latest_height.height();
        let signed = match self.rpc.signed_header(height).await {
            Ok(signed) => signed,
            Err(EndpointError::Missing { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        if is_of(&consensus, &signed) {
            return Ok(None);
        }
        let reason = format!(
            "{} trusts another header of height {height} than this node has: one of them follows \
             a fork",
            client.id,
        );
        Err(nonsense("client", &reason))
    }
}
