//! Clients of any family, as their host's state has them.

use causeway_core::{Any, BoxedRefusal, ClientId, Counterparty, Height, Timestamp};
use causeway_light_client::{ClientRegistry, ErasedClient, RawVerdict, RawView, Status};
use causeway_relayer_engine::{ClientReport, ClientStatus};

use crate::error::nonsense;
use crate::{EndpointError, Observer};

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

    /// What the client trusts of its newest height below `height`.
    pub(crate) async fn trusted_below(
        &self,
        height: Height,
        host: &dyn Observer,
    ) -> Result<Option<(Height, Any)>, EndpointError> {
        let latest = self.report.latest;
        if latest < height {
            return Ok(Some((latest, self.consensus_state.clone())));
        }
        let found = host.trusted_below(&self.id, height).await?;
        match found {
            Some((at, _)) if at >= height => {
                Err(nonsense("client", &format!("{at} is not below {height}")))
            }
            found => Ok(found),
        }
    }

    /// Judges evidence as the client will, which needs no more for it than what it trusts of one
    /// height; `now` is the host's time or later.
    pub(crate) fn check_evidence(
        &self,
        registry: &ClientRegistry,
        trusted: (Height, Any),
        evidence: &Any,
        now: Timestamp,
    ) -> Result<(), EndpointError> {
        let latest = (self.report.latest, self.consensus_state.clone());
        let view = Trusted { client_state: &self.client_state, states: &[latest, trusted] };
        let verdict =
            family(registry, &self.client_state)?.verify_client_message(&view, evidence, now);
        match verdict {
            Ok(RawVerdict::Misbehaviour(_)) => Ok(()),
            Ok(_) => Err(nonsense("evidence", &"it contradicts nothing")),
            Err(refusal) => Err(nonsense("evidence", &refusal)),
        }
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
    let states = [(latest, consensus_state.clone())];
    let view = Trusted { client_state, states: &states };
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

/// A client as far as it is known here: all that a status is made of, and evidence judged by.
struct Trusted<'a> {
    client_state: &'a Any,
    states: &'a [(Height, Any)],
}

impl RawView for Trusted<'_> {
    fn client_state(&self) -> Any {
        self.client_state.clone()
    }

    fn consensus_state(&self, height: Height) -> Option<Any> {
        let found = self.states.iter().find(|(at, _)| *at == height);
        found.map(|(_, state)| state.clone())
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
