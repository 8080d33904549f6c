//! The Beacon API.

use std::sync::{Arc, Mutex};

use alloy_primitives::B256;
use causeway_client_ethereum::chain::{BlobParameters, ChainConfig, Period, Slot};
use causeway_client_ethereum::containers::{LightClientBootstrap, LightClientUpdate};
use causeway_wire_ethereum::beacon::{MAX_UPDATES, Reader};
use causeway_wire_ethereum::config::NetworkConfig;
use serde::Deserialize;

use super::{BEACON, nonsense};
use crate::{Call, EndpointError, Stream, Subscription, Transport};

/// Names a block's answer, as far as it is looked at.
#[derive(Deserialize)]
struct Data<T> {
    data: T,
}

#[derive(Deserialize)]
struct Genesis {
    genesis_validators_root: B256,
}

#[derive(Deserialize)]
struct BlockHeader {
    root: B256,
}

/// What a network is, and what is needed to read its objects.
#[derive(Clone, Debug)]
pub(super) struct Network {
    pub(super) chain: ChainConfig,
    blobs: Vec<BlobParameters>,
}

impl Network {
    fn reader(&self) -> Reader<'_> {
        Reader { config: &self.chain, blobs: &self.blobs, fork: None }
    }
}

pub(super) struct Beacon {
    transport: Arc<dyn Transport>,
    network: Mutex<Option<Arc<Network>>>,
}

impl Beacon {
    pub(super) fn new(transport: Arc<dyn Transport>) -> Self {
        Self { transport, network: Mutex::new(None) }
    }

    async fn get(&self, path: String) -> Result<Option<Vec<u8>>, EndpointError> {
        let reply = self.transport.send(Call::get(BEACON, path.clone())).await?;
        match reply.status {
            200 => Ok(Some(reply.body)),
            404 => Ok(None),
            status => Err(nonsense("beacon api", &format!("HTTP status {status} for {path}"))),
        }
    }

    async fn need(&self, what: &'static str, path: String) -> Result<Vec<u8>, EndpointError> {
        let missing = || EndpointError::Missing { what, reason: format!("{path} is not found") };
        self.get(path.clone()).await?.ok_or_else(missing)
    }

    /// The network; read once, as it never changes.
    pub(super) async fn network(&self) -> Result<Arc<Network>, EndpointError> {
        let lock = |network: &Mutex<Option<Arc<Network>>>| {
            network.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
        };
        if let Some(known) = lock(&self.network) {
            return Ok(known);
        }
        let genesis = self.need("genesis", "/eth/v1/beacon/genesis".to_owned()).await?;
        let genesis: Data<Genesis> =
            serde_json::from_slice(&genesis).map_err(|error| nonsense("genesis", &error))?;
        let spec = self.need("spec", "/eth/v1/config/spec".to_owned()).await?;
        let config = NetworkConfig::read(&spec, genesis.data.genesis_validators_root)
            .map_err(|error| nonsense("spec", &error))?;
        let network = Arc::new(Network { chain: config.chain, blobs: config.blobs });
        let mut place = self.network.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *place = Some(Arc::clone(&network));
        Ok(network)
    }

    /// The newest finality update, and nothing while there is none.
    pub(super) async fn finality_update(&self) -> Result<Option<LightClientUpdate>, EndpointError> {
        let path = "/eth/v1/beacon/light_client/finality_update";
        let Some(body) = self.get(path.to_owned()).await? else { return Ok(None) };
        let network = self.network().await?;
        let updates = network.reader().updates(&body);
        Ok(updates.map_err(|error| nonsense("finality update", &error))?.into_iter().next())
    }

    /// The best updates of so many periods.
    pub(super) async fn updates(
        &self,
        first: Period,
        last: Period,
    ) -> Result<Vec<LightClientUpdate>, EndpointError> {
        let most = u64::try_from(MAX_UPDATES).unwrap_or(u64::MAX);
        let count = last.get().saturating_sub(first.get()).saturating_add(1).min(most);
        let path =
            format!("/eth/v1/beacon/light_client/updates?start_period={first}&count={count}");
        let body = self.need("updates", path).await?;
        let network = self.network().await?;
        network.reader().updates(&body).map_err(|error| nonsense("updates", &error))
    }

    pub(super) async fn bootstrap(
        &self,
        root: B256,
    ) -> Result<LightClientBootstrap, EndpointError> {
        let path = format!("/eth/v1/beacon/light_client/bootstrap/{root}");
        let body = self.need("bootstrap", path).await?;
        let network = self.network().await?;
        network.reader().bootstrap(&body).map_err(|error| nonsense("bootstrap", &error))
    }

    /// The root of the block of a slot; nothing when the slot was missed.
    pub(super) async fn block_root(&self, slot: Slot) -> Result<Option<B256>, EndpointError> {
        let path = format!("/eth/v1/beacon/headers/{slot}");
        let Some(body) = self.get(path).await? else { return Ok(None) };
        let header: Data<BlockHeader> =
            serde_json::from_slice(&body).map_err(|error| nonsense("header", &error))?;
        Ok(Some(header.data.root))
    }

    /// Two contradicting updates of one committee, where the node knows of such.
    pub(super) async fn evidence(&self) -> Result<Vec<LightClientUpdate>, EndpointError> {
        let Some(body) = self.get("/causeway/v1/beacon/evidence".to_owned()).await? else {
            return Ok(Vec::new());
        };
        let pair: Data<serde_json::Map<String, serde_json::Value>> =
            serde_json::from_slice(&body).map_err(|error| nonsense("evidence", &error))?;
        let network = self.network().await?;
        let mut updates = Vec::new();
        for update in ["update_1", "update_2"] {
            let update = pair.data.get(update).map(ToString::to_string).unwrap_or_default();
            let read = network.reader().updates(update.as_bytes());
            updates.extend(read.map_err(|error| nonsense("evidence", &error))?);
        }
        Ok(updates)
    }

    pub(super) async fn events(&self) -> Result<Box<dyn Stream>, EndpointError> {
        let path = "/eth/v1/events?topics=head,light_client_finality_update".to_owned();
        let subscription = Subscription::ServerSent { api: BEACON, path };
        Ok(self.transport.subscribe(&subscription).await?)
    }
}
