//! A client, and what is around it: what commands say of it, and what they begin with.

use anyhow::anyhow;
use causeway_core::{ClientId, Height, Timestamp};
use causeway_relayer_daemon::work::{ClientInfo, Named, WorkError, list_clients, read_client};
use causeway_relayer_endpoints::EndpointError;
use causeway_relayer_engine::ClientStatus;
use serde_json::{Value, json};

use crate::output::Failure;
use crate::relaying::{self, Endpoints, all, check_client, named};

/// A client, and what is around it.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    pub(super) info: ClientInfo,
    /// By its host's newest block.
    host_time: Timestamp,
    /// Where the chain that it follows is.
    followed_height: Option<Height>,
    /// Why nothing leads on from it any more.
    stranded: Option<String>,
    /// Why it cannot be told whether it is left behind.
    pub(super) untold: Option<String>,
}

fn on(chain: Named<'_>) -> impl Fn(EndpointError) -> WorkError {
    let chain = chain.alias.to_owned();
    move |error| WorkError::Endpoint { chain: chain.clone(), error }
}

impl Subject {
    /// All clients on a chain.
    pub(super) async fn all(
        endpoints: &Endpoints,
        host: Named<'_>,
    ) -> Result<Vec<Self>, WorkError> {
        let mut subjects = Vec::new();
        let host_time = host.endpoint.observe().await.map_err(on(host))?.head_time;
        for info in list_clients(host, &all(endpoints)).await? {
            subjects.push(Self::around(endpoints, info, host_time).await);
        }
        Ok(subjects)
    }

    /// One client. That there is none is the caller's mistake.
    pub(super) async fn find(
        endpoints: &Endpoints,
        host: &str,
        id: &ClientId,
    ) -> Result<Self, Failure> {
        let host = named(endpoints, host)?;
        check_client(host, id).await?;
        Self::read(endpoints, host, id).await.map_err(relaying::failure)
    }

    async fn read(
        endpoints: &Endpoints,
        host: Named<'_>,
        id: &ClientId,
    ) -> Result<Self, WorkError> {
        let host_time = host.endpoint.observe().await.map_err(on(host))?.head_time;
        let info = read_client(host, id, &all(endpoints)).await?;
        Ok(Self::around(endpoints, info, host_time).await)
    }

    /// Adds what the chain that a client follows has to say; nothing where it does not answer.
    async fn around(endpoints: &Endpoints, info: ClientInfo, host_time: Timestamp) -> Self {
        let followed = info.follows.as_ref().and_then(|alias| endpoints.get(alias));
        let mut subject =
            Self { info, host_time, followed_height: None, stranded: None, untold: None };
        if let Some(followed) = followed {
            let seen = followed.observe().await.ok();
            subject.followed_height = seen.map(|seen| seen.finalized);
            let client = &subject.info.client;
            if client.report.status == ClientStatus::Active {
                match followed.stranded(client).await {
                    Ok(stranded) => subject.stranded = stranded,
                    Err(error) => subject.untold = Some(error.to_string()),
                }
            }
        }
        subject
    }

    /// The chain that it follows; the caller's mistake where none of the configuration is.
    pub(super) fn followed<'e>(&'e self, endpoints: &'e Endpoints) -> Result<Named<'e>, Failure> {
        let alias = self.info.follows.as_deref().ok_or_else(|| {
            let (id, host) = (&self.info.client.id, &self.info.host);
            let reason = "follows none of the configured chains, or one that does not answer";
            Failure::Usage(anyhow!("{id} on {host} {reason}"))
        })?;
        named(endpoints, alias)
    }

    /// True when it can be used.
    pub(super) fn is_usable(&self) -> bool {
        self.info.client.report.status == ClientStatus::Active && self.stranded.is_none()
    }

    /// True when it was frozen.
    pub(super) fn is_frozen(&self) -> bool {
        self.info.client.report.status == ClientStatus::Frozen
    }

    fn status(&self) -> &'static str {
        match self.info.client.report.status {
            ClientStatus::Expired => "expired",
            ClientStatus::Frozen => "frozen",
            ClientStatus::Active if self.stranded.is_none() => "active",
            ClientStatus::Active | ClientStatus::Stranded => "stranded",
        }
    }

    /// Why it cannot go on.
    pub(super) fn reason(&self) -> Option<String> {
        let follows = self.info.follows.as_deref().unwrap_or("its chain");
        let host = &self.info.host;
        match self.info.client.report.status {
            ClientStatus::Frozen => Some(format!("{follows} was caught contradicting itself")),
            ClientStatus::Expired => {
                Some(format!("not updated within its trusting period, by the time of {host}"))
            }
            ClientStatus::Active | ClientStatus::Stranded => self.stranded.clone(),
        }
    }

    /// What is to be done about it.
    pub(super) fn next(&self) -> Option<String> {
        let (host, client) = (&self.info.host, &self.info.client);
        if !self.is_usable() {
            return Some(format!(
                "causeway client recover {host} {}, as the authority of {host}",
                client.id
            ));
        }
        let follows = self.info.follows.as_deref()?;
        client.counterparty.is_none().then(|| {
            format!("causeway path create {host} {follows}, which gives it a counterparty")
        })
    }

    /// As documents have it.
    pub(super) fn document(&self) -> Value {
        let ClientInfo { host, follows, client } = &self.info;
        let report = &client.report;
        let counterparty = client.counterparty.as_ref();
        json!({
            "chain": host,
            "client": client.id.to_string(),
            "type": client.client_state.type_url,
            "follows": follows,
            "status": self.status(),
            "reason": self.reason(),
            "next": self.next(),
            "latest": report.latest.to_string(),
            "latest_time": report.latest_time.secs(),
            "followed_height": self.followed_height.map(|height| height.to_string()),
            "trusting_period": report.trusting_period.map(|period| period.as_secs()),
            "expires_at": report.expires_at().map(Timestamp::secs),
            "host_time": self.host_time.secs(),
            "counterparty": counterparty.map(|it| it.client_id.to_string()),
        })
    }

    /// One line for people.
    pub(super) fn line(&self) -> String {
        let ClientInfo { host, follows, client } = &self.info;
        let follows = follows.as_deref().unwrap_or("?");
        let (id, latest, status) = (&client.id, client.report.latest, self.status());
        let counterparty = client.counterparty.as_ref();
        let counterparty = counterparty.map_or("none".to_owned(), |it| it.client_id.to_string());
        format!(
            "{host:<8} {id:<16} of {follows:<8} {status:<8} at {latest:<10} counterparty \
             {counterparty:<16} expires {}",
            self.expiry()
        )
    }

    /// All of it for people.
    pub(super) fn text(&self) -> String {
        let ClientInfo { host, follows, client } = &self.info;
        let follows = follows.as_deref().unwrap_or("no configured chain that answers");
        let mut lines = vec![format!("{} on {host}, of {follows}: {}", client.id, self.status())];
        lines.extend(self.reason().map(|reason| format!("  why           {reason}")));
        lines.extend(self.next().map(|next| format!("  next          {next}")));
        lines.push(format!("  type          {}", client.client_state.type_url));
        lines.push(format!("  height        {}", client.report.latest));
        let there = self.followed_height;
        lines.extend(there.map(|height| format!("  final there   {height}")));
        lines.push(format!("  expires       {}", self.expiry()));
        let counterparty = client.counterparty.as_ref();
        lines.extend(counterparty.map(|it| format!("  counterparty  {}", it.client_id)));
        lines.join("\n")
    }

    /// When it expires if nobody updates it, by its host's time.
    fn expiry(&self) -> String {
        let Some(at) = self.info.client.report.expires_at() else { return "never".to_owned() };
        let (at, now) = (at.secs(), self.host_time.secs());
        let length = |secs| humantime::format_duration(core::time::Duration::from_secs(secs));
        match at.checked_sub(now) {
            Some(left) => format!("in {}", length(left)),
            None => format!("{} ago", length(now.saturating_sub(at))),
        }
    }
}
