//! Clients of any family, as their host's state has them.

use causeway_core::{Any, BoxedRefusal, ClientId, Counterparty, Height, Timestamp};
use causeway_light_client::{ClientRegistry, ErasedClient, RawView, Status};
use causeway_relayer_engine::{ClientReport, ClientStatus};

use crate::EndpointError;
use crate::error::nonsense;

/// A client as its host has it.
#[derive(Clone, Debug, PartialEq)]
pub struct HostedClient {
    /// Its id.
    pub id: ClientId,
    /// Its state.
    pub client_state: Any,
    /// Its newest consensus state.
    pub consensus_state: Any,
    /// Its other end, once registered.
    pub counterparty: Option<Counterparty>,
    /// Status, heights and times.
    pub report: ClientReport,
}

impl HostedClient {
    /// What a host's state has of a client: its state, its consensus state at
    /// [`HostedClient::latest_height`], its counterparty; `now` is the host's time.
    pub fn read(
        registry: &ClientRegistry,
        id: ClientId,
        client_state: Any,
        consensus_state: Any,
        counterparty: Option<Counterparty>,
        now: Timestamp,
    ) -> Result<Self, EndpointError> {
        let report = report(family(registry, &client_state)?, &client_state, &consensus_state, now)
            .map_err(|refusal| nonsense("client", &refusal))?;
        Ok(Self { id, client_state, consensus_state, counterparty, report })
    }

    /// The height of the newest consensus state of a client in this state.
    pub fn latest_height(
        registry: &ClientRegistry,
        client_state: &Any,
    ) -> Result<Height, EndpointError> {
        family(registry, client_state)?
            .latest_height(client_state)
            .map_err(|refusal| nonsense("client", &refusal))
    }
}

fn family<'a>(
    registry: &'a ClientRegistry,
    client_state: &Any,
) -> Result<&'a dyn ErasedClient, EndpointError> {
    registry.by_client_state(client_state).ok_or_else(|| EndpointError::Unsupported {
        reason: format!("{} is no client state that is known here", client_state.type_url),
    })
}

fn report(
    family: &dyn ErasedClient,
    client_state: &Any,
    consensus_state: &Any,
    now: Timestamp,
) -> Result<ClientReport, BoxedRefusal> {
    let latest = family.latest_height(client_state)?;
    let view = Newest { client_state, latest, consensus_state };
    Ok(ClientReport {
        status: match family.status(&view, now)? {
            Status::Active => ClientStatus::Active,
            Status::Expired => ClientStatus::Expired,
            Status::Frozen => ClientStatus::Frozen,
        },
        latest,
        latest_time: family.timestamp(consensus_state)?,
        trusting_period: family.trusting_period(client_state)?,
    })
}

/// All that a status is made of.
struct Newest<'a> {
    client_state: &'a Any,
    latest: Height,
    consensus_state: &'a Any,
}

impl RawView for Newest<'_> {
    fn client_state(&self) -> Any {
        self.client_state.clone()
    }

    fn consensus_state(&self, height: Height) -> Option<Any> {
        (height == self.latest).then(|| self.consensus_state.clone())
    }

    fn previous_consensus_state(&self, _height: Height) -> Option<(Height, Any)> {
        None
    }

    fn next_consensus_state(&self, _height: Height) -> Option<(Height, Any)> {
        None
    }

    fn record(&self, _key: &[u8]) -> Option<Vec<u8>> {
        None
    }
}
