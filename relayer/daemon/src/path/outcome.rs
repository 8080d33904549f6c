//! What became of batches, in the engine's words.

use causeway_relayer_endpoints::{Transaction, executed_input};
use causeway_relayer_engine::{BatchId, Input, PacketKey, Side};

use super::PathTask;
use crate::chain::{Outcome, Ticket};
use crate::store::{StepKind, Write};

impl PathTask {
    /// Takes in what became of a batch.
    pub(super) fn over(&mut self, ticket: Ticket, outcome: Outcome) {
        let id = ticket.batch;
        match outcome {
            Outcome::Submitted(transaction) => {
                self.note_steps(id, &transaction, None);
                self.handle(Input::Submitted { id, transaction: transaction.0 });
            }
            Outcome::Executed { transaction, executed, updates, items } => {
                // After a start, what a batch is about is known from the store.
                self.kinds.entry(id).or_insert_with(|| {
                    let on = self.engine.batch_side(id);
                    let kind = |key: &PacketKey| (*key, kind_on(*key, on));
                    items.iter().flatten().map(kind).collect()
                });
                self.note_steps(id, &transaction, Some(executed.height.height()));
                self.metrics.batch_over(&self.path, "executed");
                self.end_batch(id);
                self.handle(executed_input(id, executed, updates, &items));
            }
            Outcome::Failed(error) => {
                let (path, code) = (&*self.path, error.code());
                tracing::info!(code, %path, batch = id.0, %error, "a batch failed");
                if let Some(on) = self.engine.batch_side(id) {
                    self.doubt_client(on);
                }
                self.end_batch(id);
                self.metrics.batch_over(&self.path, code);
                self.handle(Input::Failed { id, failure: error.into() });
            }
        }
    }

    fn end_batch(&mut self, id: BatchId) {
        self.kinds.remove(&id);
        self.writes.push(Write::BatchOver(self.id, id));
    }

    fn note_steps(&mut self, id: BatchId, transaction: &Transaction, height: Option<u64>) {
        let at = self.now().nanos();
        let path = self.id;
        let steps = self.kinds.get(&id).into_iter().flatten();
        self.writes.extend(steps.map(|(key, kind)| Write::Step {
            path,
            key: *key,
            kind: *kind,
            transaction: transaction.clone(),
            height,
            at,
        }));
    }
}

const fn kind_on(key: PacketKey, on: Option<Side>) -> StepKind {
    match (key.source, on) {
        (Side::A, Some(Side::A)) | (Side::B, Some(Side::B)) => StepKind::Acknowledge,
        _ => StepKind::Receive,
    }
}
