//! Packets from one chain to another, as their sender sees them: along which clients they go, what
//! they carry, and what becomes of them by the states of both chains. No relayer is asked.

mod follow;
mod payload;
mod route;
mod timeout;

use std::sync::Arc;

use anyhow::anyhow;
use causeway_core::{ClientId, Message, Payload, Response, SendPacket, Sequence};
use causeway_relayer_daemon::Path;
use causeway_relayer_daemon::work::{Named, WorkError, execute, find_path};
use causeway_relayer_endpoints::{Endpoint, Transaction};
use k256::ecdsa::SigningKey;

use crate::config::{ChainConfig, Config};
use crate::families;
use crate::output::Failure;
use crate::relaying::{self, PATIENCE, configured_paths};

pub(crate) use follow::{Ending, Step};
pub(crate) use payload::{Call, CallArgs, Tokens, find_contract, find_denom};
pub(crate) use route::Routes;
pub(crate) use timeout::Timeout;

/// One end of a way.
#[derive(Clone)]
pub(crate) struct End {
    /// The chain.
    pub(crate) alias: String,
    /// Its client of the other chain.
    pub(crate) client: ClientId,
    /// How to reach it.
    pub(crate) endpoint: Arc<dyn Endpoint>,
}

impl End {
    pub(crate) fn named(&self) -> Named<'_> {
        Named { alias: &self.alias, endpoint: &*self.endpoint }
    }
}

/// From one chain to another.
#[derive(Clone)]
pub(crate) struct Way {
    /// Where packets are sent.
    pub(crate) source: End,
    /// Where they go.
    pub(crate) destination: End,
}

/// A packet that its chain has committed to.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    /// `CHAIN/CLIENT/SEQUENCE`, as the relayer calls it.
    pub(crate) id: String,
    /// Its number among those of its client.
    pub(crate) sequence: Sequence,
    /// What sent it.
    pub(crate) transaction: Transaction,
}

impl Way {
    /// The way between two configured chains: along the path that the configuration names, or one
    /// that the chains have. What is sent is signed with `key`.
    pub(crate) async fn find(
        config: &Config,
        (from, key): (&str, SigningKey),
        to: &str,
    ) -> Result<Self, Failure> {
        let usage = |reason: String| Failure::Usage(anyhow!(reason));
        let chain = config.chain(from).map_err(usage)?;
        let source = families::endpoint(chain, Some(key)).map_err(usage)?;
        relaying::check_network(config, from, &*source).await?;
        let destination = relaying::reader(config, to)?;
        let is_it = |path: &Path| {
            let ends = [path.a.chain.as_str(), path.b.chain.as_str()];
            ends == [from, to] || ends == [to, from]
        };
        let configured = configured_paths(config)?.into_iter().find(is_it);
        let is_configured = configured.is_some();
        let path = if let Some(path) = configured {
            path
        } else {
            let a = Named { alias: from, endpoint: &*source };
            let b = Named { alias: to, endpoint: &*destination };
            let found = find_path(a, b).await.map_err(relaying::failure)?;
            found.ok_or_else(|| {
                usage(format!(
                    "no path between {from} and {to}: `causeway path create {from} {to}` makes one"
                ))
            })?
        };
        let (here, there) = if path.a.chain == from { (path.a, path.b) } else { (path.b, path.a) };
        let end = |end: causeway_relayer_daemon::PathEnd, endpoint| End {
            alias: end.chain,
            client: end.client,
            endpoint,
        };
        let way = Self { source: end(here, source), destination: end(there, destination) };
        if is_configured {
            way.check().await?;
        }
        Ok(way)
    }

    /// Refuses a way whose source end does not lead to its destination: what is sent would go
    /// somewhere else.
    async fn check(&self) -> Result<(), Failure> {
        let Self { source, destination } = self;
        let on = |end: &End| {
            let chain = end.alias.clone();
            move |error| relaying::failure(WorkError::Endpoint { chain, error })
        };
        let hosted = source.endpoint.client(&source.client).await.map_err(on(source))?;
        let follows = destination.endpoint.is_followed_by(&hosted).await;
        let is_bound = hosted.counterparty.is_some_and(|it| it.client_id == destination.client);
        if follows.map_err(on(destination))? && is_bound {
            return Ok(());
        }
        Err(Failure::Usage(anyhow!(
            "the configuration has a path from {} {} to {} {}, but the first client does not \
             lead there: correct `paths`, `causeway path list` shows those that there are",
            source.alias,
            source.client,
            destination.alias,
            destination.client
        )))
    }

    /// Sends one packet, and waits until its chain has it.
    pub(crate) async fn send(
        &self,
        payloads: Vec<Payload>,
        timeout: u64,
    ) -> Result<Sent, WorkError> {
        let messages = [self.message(payloads, timeout)];
        let executed = execute(self.source.named(), &messages, PATIENCE).await?;
        self.sent(executed)
    }

    /// What sends a packet.
    pub(crate) fn message(&self, payloads: Vec<Payload>, timeout_timestamp: u64) -> Message {
        let source_client = self.source.client.clone();
        Message::SendPacket(SendPacket { source_client, timeout_timestamp, payloads })
    }

    /// The packet that the execution of such a message has sent.
    pub(crate) fn sent(
        &self,
        (transaction, responses): (Transaction, Vec<Response>),
    ) -> Result<Sent, WorkError> {
        match responses.as_slice() {
            [Response::PacketSent(sequence)] => {
                Ok(Sent { id: self.id(*sequence), sequence: *sequence, transaction })
            }
            other => Err(WorkError::Unexpected {
                chain: self.source.alias.clone(),
                reason: format!("it answered the sending of a packet with {other:?}"),
            }),
        }
    }

    /// The packet's name.
    pub(crate) fn id(&self, sequence: Sequence) -> String {
        format!("{}/{}/{sequence}", self.source.alias, self.source.client)
    }
}

/// The encoding of payloads between two chains: what the contracts of either insist on.
pub(crate) fn encoding(
    from: &ChainConfig,
    to: &ChainConfig,
) -> Result<causeway_core::Encoding, String> {
    let wanted = from.family()?.only_encoding().or(to.family()?.only_encoding());
    Ok(wanted.unwrap_or(causeway_core::Encoding::Protobuf))
}
