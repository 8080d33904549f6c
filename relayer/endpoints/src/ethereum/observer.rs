//! Where the chain is, and its clients.

use async_trait::async_trait;
use causeway_client_ethereum::chain::Slot;
use causeway_client_ethereum::client::EthereumClient;
use causeway_core::{
    Any, ClientId, Counterparty, DecodeError, Height, MerklePrefix, Timestamp, caip,
};
use causeway_light_client::ClientTypes;
use causeway_relayer_engine::Observation;
use causeway_wire_ethereum::abi::sol::Router;

use super::{EthereumEndpoint, height, nonsense};
use crate::{EndpointError, HostedClient, Identity, MAX_CLIENTS, Observer, Stream};

/// The family's name in CAIP-2.
const NAMESPACE: &str = "eip155";

/// The heights of one answer (the router lists no more), and how far down the search for one goes:
/// twice as far in each step.
const HEIGHTS_PER_CALL: u64 = 256;
const MAX_STEPS: u32 = 40;

pub(super) fn seconds(time: u64) -> Result<Timestamp, EndpointError> {
    Timestamp::from_secs(time).ok_or_else(|| nonsense("block", &"its time is out of range"))
}

impl EthereumEndpoint {
    async fn counterparty(&self, id: &ClientId) -> Result<Option<Counterparty>, EndpointError> {
        let call = Router::getCounterpartyCall { clientId: id.to_string() };
        // The router reverts for a client without one.
        let Ok(answer) = self.execution.view(self.settings.router, &call).await else {
            return Ok(None);
        };
        if answer.clientId.is_empty() {
            return Ok(None);
        }
        let read: Result<Counterparty, DecodeError> = answer.try_into();
        read.map(Some).map_err(|error| nonsense("counterparty", &error))
    }
}

impl EthereumEndpoint {
    /// Heights of a client above `after`, lowest first.
    async fn heights(&self, id: &ClientId, after: Height) -> Result<Vec<Height>, EndpointError> {
        let call = Router::getConsensusHeightsCall {
            clientId: id.to_string(),
            after_: after.into(),
            limit: HEIGHTS_PER_CALL,
        };
        let heights = self.execution.view(self.settings.router, &call).await?;
        Ok(heights.into_iter().map(Height::from).collect())
    }

    /// The greatest height of a client below `height`.
    async fn height_below(
        &self,
        id: &ClientId,
        height: Height,
    ) -> Result<Option<Height>, EndpointError> {
        let (mut found, mut back) = (None, HEIGHTS_PER_CALL);
        for _ in 0..MAX_STEPS {
            // Down while there is nothing, then up to the last one.
            let lowest = Height::new(height.revision(), height.height().saturating_sub(back));
            let after = found.unwrap_or(lowest);
            let heights = self.heights(id, after).await?;
            let below = heights.into_iter().filter(|at| *at < height && *at > after).max();
            match below {
                Some(below) => found = Some(below),
                None if found.is_some() || after.height() == 0 => break,
                None => back = back.saturating_mul(2),
            }
        }
        Ok(found)
    }

    async fn consensus_state(&self, id: &ClientId, at: Height) -> Result<Any, EndpointError> {
        let call = Router::getConsensusStateCall { clientId: id.to_string(), height: at.into() };
        let bytes = self.execution.view(self.settings.router, &call).await?;
        Any::from_bytes(&bytes).map_err(|error| nonsense("client", &error))
    }
}

#[async_trait]
impl Observer for EthereumEndpoint {
    async fn identity(&self) -> Result<Identity, EndpointError> {
        let chain_id = self.execution.number("eth_chainId", serde_json::json!([])).await?;
        let prefix = MerklePrefix::new(vec![Vec::new()]);
        Ok(Identity {
            network: caip::ChainId::new(NAMESPACE, &chain_id.to_string())
                .map_err(|error| nonsense("chain id", &error))?
                .to_string(),
            client_type: EthereumClient::CLIENT_TYPE.to_owned(),
            prefix: prefix.map_err(|error| nonsense("prefix", &error))?,
        })
    }

    async fn observe(&self) -> Result<Observation, EndpointError> {
        let network = self.beacon.network().await?;
        let head = self.execution.head().await?;
        let update = self.beacon.finality_update().await?;
        let finalized = update.map(|update| update.finalized_header).ok_or_else(|| {
            let reason = "nothing is final yet".to_owned();
            EndpointError::Missing { what: "finality update", reason }
        })?;
        Ok(Observation {
            head: height(network.chain.slot_at(head.timestamp)),
            head_time: seconds(head.timestamp)?,
            finalized: height(finalized.beacon.slot),
            finalized_time: seconds(finalized.execution.timestamp)?,
        })
    }

    async fn block_id(&self, height: u64) -> Result<Option<String>, EndpointError> {
        let network = self.beacon.network().await?;
        let block = self.execution.block_at(&network.chain, Slot::new(height)).await?;
        Ok(block.map(|block| block.hash.to_string()))
    }

    async fn watch(&self) -> Result<Option<Box<dyn Stream>>, EndpointError> {
        self.beacon.events().await.map(Some)
    }

    async fn client(&self, client: &ClientId) -> Result<HostedClient, EndpointError> {
        let router = self.settings.router;
        let call = Router::getClientStateCall { clientId: client.to_string() };
        let client_state = Any::from_bytes(&self.execution.view(router, &call).await?)
            .map_err(|error| nonsense("client", &error))?;
        let latest = HostedClient::latest_height(&self.registry, &client_state)?;
        let consensus_state = self.consensus_state(client, latest).await?;
        let counterparty = self.counterparty(client).await?;
        let now = seconds(self.execution.head().await?.timestamp)?;
        HostedClient::read(
            &self.registry,
            client.clone(),
            client_state,
            consensus_state,
            counterparty,
            now,
        )
    }

    async fn trusted_below(
        &self,
        client: &ClientId,
        height: Height,
    ) -> Result<Option<(Height, Any)>, EndpointError> {
        let Some(below) = self.height_below(client, height).await? else { return Ok(None) };
        Ok(Some((below, self.consensus_state(client, below).await?)))
    }

    async fn clients(&self) -> Result<Vec<ClientId>, EndpointError> {
        let call = Router::getNextClientSeqCall {};
        let count = self.execution.view(self.settings.router, &call).await?;
        let count = usize::try_from(count).unwrap_or(usize::MAX).min(MAX_CLIENTS);
        let id = |number: usize| {
            ClientId::new(format!("client-{number}")).map_err(|error| nonsense("client id", &error))
        };
        (0..count).map(id).collect()
    }
}
