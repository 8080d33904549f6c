//! Doing what the engine wants done.

use core::time::Duration;

use causeway_core::Sequence;
use causeway_relayer_endpoints::{Page, inspect, prepare, scanned_input};
use causeway_relayer_engine::{
    Batch, BatchId, Effect, Failure, Input, PacketKey, PerSide, Side, Task,
};

use super::{End, PathTask, Told};
use crate::chain::{Order, Ticket, within};
use crate::store::{StepKind, Write};

impl PathTask {
    /// Starts what takes time, and does the rest.
    pub(super) fn carry_out(&mut self, effect: Effect) {
        let limit = self.answer;
        match effect {
            Effect::Scan { side, from, to } => {
                self.spawn(async move |ends| vec![scan(ends, side, (from, to), limit).await]);
            }
            Effect::List { side, from } => {
                self.spawn(async move |ends| list(ends, side, from, limit).await);
            }
            Effect::Inspect(keys) => {
                self.spawn(async move |ends| look_up(ends, keys, limit).await);
            }
            Effect::ReadClient(side) => self.read_client(side),
            Effect::Prepare(batch) => self.prepare(batch),
            Effect::Submit(id) => self.submit(id),
            Effect::Bump(id) => {
                let order = Order::Bump(self.ticket(id));
                self.tell_accounts(order);
            }
            Effect::Abandon(id) => {
                self.prepared.remove(&id);
                self.kinds.remove(&id);
                self.writes.push(Write::BatchOver(self.id, id));
                let order = Order::Forget(self.ticket(id));
                self.tell_accounts(order);
            }
            Effect::Warn(reason) => {
                let path = &*self.path;
                tracing::warn!(code = "engine_warning", %path, reason);
            }
            // Saved before anything else is done.
            Effect::Save(_) => {}
        }
    }

    fn ticket(&self, batch: BatchId) -> Ticket {
        Ticket { path: self.id, batch }
    }

    /// Only one of them knows the batch.
    fn tell_accounts(&self, order: Order) {
        let (Order::Bump(ticket) | Order::Forget(ticket)) = order else { return };
        for side in Side::BOTH {
            let order = match order {
                Order::Bump(_) => Order::Bump(ticket),
                _ => Order::Forget(ticket),
            };
            let _ = self.ends.get(side).chain.outbox.try_send(order);
        }
    }

    /// Does work beside the engine; what it finds out is told to it.
    pub(super) fn spawn<W>(&mut self, work: impl FnOnce(std::sync::Arc<PerSide<End>>) -> W)
    where
        W: Future<Output = Vec<Told>> + Send + 'static,
    {
        let tell = self.tell.clone();
        let work = work(self.ends.clone());
        self.work.spawn(async move {
            for told in work.await {
                // The task is gone when it stops.
                let _ = tell.send(told);
            }
        });
    }

    fn prepare(&mut self, batch: Batch) {
        let kind = |task: &Task| match task {
            Task::Receive => StepKind::Receive,
            Task::Acknowledge(_) => StepKind::Acknowledge,
            Task::Timeout => StepKind::Timeout,
        };
        let kinds = batch.items.iter().map(|item| (item.key, kind(&item.task))).collect();
        self.kinds.insert(batch.id, kinds);
        let limit = self.answer;
        self.spawn(async move |ends| {
            let (on, other) = (ends.get(batch.on), ends.get(batch.on.other()));
            let ready = prepare(
                &batch,
                (&*on.chain.endpoint, &on.at.client),
                (&*other.chain.endpoint, &other.at.client),
            );
            let id = batch.id;
            vec![match within(limit, ready).await {
                Ok(prepared) => Told::Prepared(id, prepared),
                Err(error) => {
                    let (path, code) =
                        (format!("{} on {}", other.at.chain, on.at.chain), error.code());
                    tracing::info!(code, path, %error, "a batch could not be prepared");
                    Told::Unprepared(batch.on, id, error.into())
                }
            }]
        });
    }

    fn submit(&mut self, id: BatchId) {
        let Some(prepared) = self.prepared.remove(&id) else { return };
        let Some(on) = self.engine.batch_side(id) else { return };
        let ticket = self.ticket(id);
        let order = Order::Submit { ticket, on, prepared, reply: self.reply.clone() };
        if self.ends.get(on).chain.outbox.try_send(order).is_err() {
            let failure = Failure::Endpoint("too much waits for the account".into());
            let _ = self.tell.send(Told::Input(Input::Failed { id, failure }));
        }
    }
}

/// The events of a range.
async fn scan(
    ends: std::sync::Arc<PerSide<End>>,
    side: Side,
    range: (u64, u64),
    limit: Duration,
) -> Told {
    let (here, there) = (ends.get(side), ends.get(side.other()));
    let place = (&*here.chain.endpoint, &here.at.client);
    let read = scanned_input(side, range, place, &there.at.client);
    Told::Input(within(limit, read).await.unwrap_or_else(|error| {
        let (chain, (from, to)) = (&*here.chain.alias, range);
        tracing::info!(code = error.code(), chain, from, to, %error, "events were not read");
        Input::ScanFailed { side }
    }))
}

async fn list(
    ends: std::sync::Arc<PerSide<End>>,
    side: Side,
    from: Sequence,
    limit: Duration,
) -> Vec<Told> {
    let end = ends.get(side);
    match within(limit, end.chain.endpoint.outstanding(&end.at.client, from)).await {
        Ok(Page { sequences, next }) => {
            vec![Told::Input(Input::Listed { side, from, outstanding: sequences, next })]
        }
        Err(error) => {
            let chain = &*end.chain.alias;
            tracing::info!(code = error.code(), chain, %error, "outstanding packets were not read");
            Vec::new()
        }
    }
}

/// Looks packets up, those of each source together.
async fn look_up(
    ends: std::sync::Arc<PerSide<End>>,
    keys: Vec<PacketKey>,
    limit: Duration,
) -> Vec<Told> {
    let mut told = Vec::new();
    for side in Side::BOTH {
        let keys: Vec<_> = keys.iter().filter(|key| key.source == side).copied().collect();
        if keys.is_empty() {
            continue;
        }
        let (source, destination) = (ends.get(side), ends.get(side.other()));
        let look = inspect(
            &keys,
            (&*source.chain.endpoint, &source.at.client),
            (&*destination.chain.endpoint, &destination.at.client),
        );
        let findings = tokio::time::timeout(limit, look).await.unwrap_or_else(|_| {
            keys.iter().map(|key| (*key, Err(format!("no answer in {limit:?}")))).collect()
        });
        told.push(Told::Input(Input::Inspected { findings }));
    }
    told
}
