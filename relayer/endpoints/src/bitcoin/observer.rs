//! Where the chain is, and its clients.

use async_trait::async_trait;
use causeway_client_bitcoin::BitcoinClient;
use causeway_core::{Any, ClientId, Height, MerklePrefix, Timestamp, caip};
use causeway_light_client::ClientTypes;
use causeway_relayer_engine::Observation;
use causeway_wire_bitcoin::rpc::BlockchainInfo;
use causeway_wire_bitcoin::state::ClientReport;
use serde_json::{Value, json};

use super::rpc::{NOT_FOUND, missing};
use super::{BitcoinEndpoint, height, nonsense};
use crate::{EndpointError, HostedClient, Identity, MAX_CLIENTS, Observer, Stream};

/// The family's name in CAIP-2, and the digits of the first block's hash that follow it.
const NAMESPACE: &str = "bip122";
const REFERENCE_LEN: usize = 32;

fn seconds(time: u64) -> Result<Timestamp, EndpointError> {
    Timestamp::from_secs(time).ok_or_else(|| nonsense("block", &"its time is out of range"))
}

impl BitcoinEndpoint {
    pub(super) async fn info(&self) -> Result<BlockchainInfo, EndpointError> {
        self.rpc.call("getblockchaininfo", Vec::new()).await
    }
}

#[async_trait]
impl Observer for BitcoinEndpoint {
    async fn identity(&self) -> Result<Identity, EndpointError> {
        let genesis = self.rpc.hash_at(0).await?;
        let reference = genesis.get(..REFERENCE_LEN);
        let reference = reference.ok_or_else(|| nonsense("getblockhash", &"no hash"))?;
        Ok(Identity {
            network: caip::ChainId::new(NAMESPACE, reference)
                .map_err(|error| nonsense("chain id", &error))?
                .to_string(),
            client_type: BitcoinClient::CLIENT_TYPE.to_owned(),
            prefix: MerklePrefix::new(vec![Vec::new()])
                .map_err(|error| nonsense("prefix", &error))?,
        })
    }

    async fn observe(&self) -> Result<Observation, EndpointError> {
        let info = self.info().await?;
        let finalized = self.final_at(info.blocks);
        let header = self.rpc.header_at(finalized).await?;
        Ok(Observation {
            head: height(info.blocks),
            head_time: seconds(info.median_time)?,
            finalized: height(finalized),
            finalized_time: seconds(header.median_time.into())?,
        })
    }

    async fn block_id(&self, height: u64) -> Result<Option<String>, EndpointError> {
        let answer = self.rpc.try_call("getblockhash", vec![json!(height)]).await?;
        Ok(answer.ok())
    }

    /// The family's RPC has no streams.
    async fn watch(&self) -> Result<Option<Box<dyn Stream>>, EndpointError> {
        Ok(None)
    }

    async fn client(&self, client: &ClientId) -> Result<HostedClient, EndpointError> {
        let answer: Value = self.rpc.call("getaccount", vec![json!(client.as_str())]).await?;
        let report =
            ClientReport::from_json(&answer).map_err(|error| nonsense("getaccount", &error))?;
        let (_, consensus_state) = report
            .consensus_state
            .ok_or_else(|| nonsense("getaccount", &"a client without a consensus state"))?;
        let now = seconds(self.info().await?.median_time)?;
        HostedClient::read(
            &self.registry,
            client.clone(),
            report.client_state,
            consensus_state,
            report.counterparty,
            now,
        )
    }

    async fn trusted_below(
        &self,
        client: &ClientId,
        height: Height,
    ) -> Result<Option<(Height, Any)>, EndpointError> {
        let below = vec![json!(client.as_str()), json!("below"), json!(height.to_string())];
        let answer: Value = match self.rpc.try_call("getaccount", below).await? {
            Ok(answer) => answer,
            Err(failure) if failure.code == NOT_FOUND => return Ok(None),
            Err(failure) => return Err(missing("getaccount", &failure)),
        };
        let report =
            ClientReport::from_json(&answer).map_err(|error| nonsense("getaccount", &error))?;
        Ok(report.consensus_state)
    }

    async fn clients(&self) -> Result<Vec<ClientId>, EndpointError> {
        let names: Vec<String> = self.rpc.call("getaccount", vec![json!("clients")]).await?;
        let id = |name| ClientId::new(name).map_err(|error| nonsense("client id", &error));
        names.into_iter().take(MAX_CLIENTS).map(id).collect()
    }
}
