//! Evidence of forks: the headers of other nodes beside those of the first.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use causeway_client_cometbft::ics07::misbehaviour;
use causeway_core::{Any, Timestamp};
use causeway_light_client::AnyCodec;

use super::CometbftEndpoint;
use super::blocks::HEADERS_PER_CALL;
use super::rpc::Rpc;
use crate::{EndpointError, HostedClient, Observer};

/// How far below the head the first look begins.
const FIRST_LOOK: u64 = 400;

/// The most headers that are compared at once; the next look goes on from there.
const MAX_LOOK: u64 = 1000;

/// The most forks of one witness that are remembered: the newest.
const MAX_RIVALS: usize = 16;

/// Another node, and what came of comparing it with the first.
pub(super) struct Witness {
    rpc: Rpc,
    compared: Mutex<Compared>,
}

#[derive(Default)]
struct Compared {
    /// The lowest height that was not compared yet; zero before the first look.
    next: u64,
    /// Heights of which the witness has another header.
    rivals: BTreeSet<u64>,
}

impl Witness {
    pub(super) fn new(rpc: Rpc) -> Self {
        Self { rpc, compared: Mutex::default() }
    }

    fn compared(&self) -> MutexGuard<'_, Compared> {
        self.compared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Compares what is new, and a little that is not: a node may learn late. Gives the heights of
    /// all forks, newest first.
    async fn rivals(&self, first: &Rpc, head: u64) -> Result<Vec<u64>, EndpointError> {
        let from = match self.compared().next {
            0 => head.saturating_sub(FIRST_LOOK),
            next => next.saturating_sub(HEADERS_PER_CALL),
        };
        let from = from.max(1);
        let to = head.min(from.saturating_add(MAX_LOOK));
        let theirs = self.rpc.blocks(from, to).await?;
        let ours = first.blocks(from, to).await?;
        let mut compared = self.compared();
        for (height, (hash, _)) in &theirs {
            if ours.get(height).is_some_and(|(ours, _)| ours != hash) {
                compared.rivals.insert(*height);
            }
        }
        while compared.rivals.len() > MAX_RIVALS {
            compared.rivals.pop_first();
        }
        if let Some((last, _)) = theirs.last_key_value() {
            compared.next = last.saturating_add(1);
        }
        Ok(compared.rivals.iter().rev().copied().collect())
    }
}

impl CometbftEndpoint {
    /// Evidence that freezes a client, from the first witness that has such.
    pub(super) async fn evidence(
        &self,
        client: &HostedClient,
        host: &dyn Observer,
    ) -> Result<Option<Any>, EndpointError> {
        let (header, now) = self.head().await?;
        for witness in &self.witnesses {
            // One that does not answer, or makes no sense, proves nothing.
            let rivals = witness.rivals(&self.rpc, header.height).await.unwrap_or_default();
            for height in rivals {
                match self.evidence_at(client, host, witness, height, now).await {
                    Ok(Some(evidence)) => return Ok(Some(evidence)),
                    // What the client trusts begins above this fork, and above all older ones.
                    Ok(None) => break,
                    Err(EndpointError::Nonsense { .. } | EndpointError::Missing { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(None)
    }

    /// The two headers of one height, verified from what the client trusts below it.
    async fn evidence_at(
        &self,
        client: &HostedClient,
        host: &dyn Observer,
        witness: &Witness,
        height: u64,
        now: Timestamp,
    ) -> Result<Option<Any>, EndpointError> {
        let trusted = client.trusted_below(self.height(height), host).await?;
        let Some(trusted) = trusted else { return Ok(None) };
        let below = trusted.0;
        let validators = self.rpc.validators(below.height().saturating_add(1)).await?;
        let ours = self.rpc.light_block(height).await?;
        let theirs = witness.rpc.light_block(height).await?;
        let id = client.id.to_string();
        let evidence = misbehaviour(id, (&ours, &theirs), below, &validators).to_any();
        client.check_evidence(&self.registry, trusted, &evidence, now)?;
        Ok(Some(evidence))
    }
}
