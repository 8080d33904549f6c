//! What became of batches, in the engine's words.

use causeway_core::{PacketResult, Recourse, Response};
use causeway_relayer_endpoints::{Executed, MessageOutcome, Transaction};
use causeway_relayer_engine::{BatchId, Failure, Input, ItemResult, PacketKey, Side};

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
                self.handle(input_of(id, executed, updates, &items));
            }
            Outcome::Failed(error) => {
                let (path, code) = (&*self.path, error.code());
                tracing::info!(code, %path, batch = id.0, %error, "a batch failed");
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

/// What an executed transaction says of the packets of a batch. Of packets that it does not speak
/// of clearly nothing is said: they are looked up.
fn input_of(id: BatchId, executed: Executed, updates: usize, items: &[Vec<PacketKey>]) -> Input {
    let Executed { height, outcomes } = executed;
    let failed = |outcome: &MessageOutcome| match outcome {
        MessageOutcome::Failed(reason) => Some(reason.clone()),
        MessageOutcome::Handled(_) => None,
    };
    let failures: Vec<_> = outcomes.iter().filter_map(failed).collect();
    if let (Some(reason), true) = (failures.first(), failures.len() == outcomes.len()) {
        let (recourse, reason) = (Recourse::Reject, reason.clone());
        return Input::Failed { id, failure: Failure::Refused { recourse, reason } };
    }
    let about = outcomes.into_iter().skip(updates).zip(items);
    let results = about.flat_map(|(outcome, keys)| results_of(outcome, keys)).collect();
    Input::Confirmed { id, height, results }
}

fn results_of(outcome: MessageOutcome, keys: &[PacketKey]) -> Vec<(PacketKey, ItemResult)> {
    let all = |result: ItemResult| keys.iter().map(|key| (*key, result.clone())).collect();
    match outcome {
        MessageOutcome::Failed(reason) => all(ItemResult::Refused(reason)),
        MessageOutcome::Handled(Response::Packet(result)) => all(ItemResult::Handled(result)),
        MessageOutcome::Handled(Response::Packets(results)) => {
            let handled = |result: PacketResult| ItemResult::Handled(result);
            keys.iter().copied().zip(results.into_iter().map(handled)).collect()
        }
        MessageOutcome::Handled(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use causeway_core::{Height, Sequence};

    use super::*;

    fn key(sequence: u64) -> PacketKey {
        PacketKey { source: Side::A, sequence: Sequence::new(sequence).unwrap() }
    }

    #[test]
    fn outcomes_are_told_packet_by_packet() {
        use MessageOutcome::{Failed, Handled};
        let (id, height) = (BatchId(1), Height::from_block(5));
        let items = [vec![key(1), key(2)], vec![key(3)], vec![key(4)]];
        let success = PacketResult::Success;
        let done = || Handled(Response::Done);
        let both = Handled(Response::Packets(vec![success, PacketResult::NoOp]));
        let one = Handled(Response::Packet(success));
        let handled = ItemResult::Handled;
        let refused = || ItemResult::Refused("no".into());
        let full = vec![
            (key(1), handled(success)),
            (key(2), handled(PacketResult::NoOp)),
            (key(3), handled(success)),
            (key(4), refused()),
        ];
        let confirmed = |results| Input::Confirmed { id, height, results };
        let failure = Failure::Refused { recourse: Recourse::Reject, reason: "no".into() };
        for (outcomes, expected) in [
            (vec![done(), both.clone(), one, Failed("no".into())], confirmed(full.clone())),
            (vec![done(), both], confirmed(full[..2].to_vec())),
            (vec![done(), done()], confirmed(vec![])),
            (vec![], confirmed(vec![])),
            (vec![Failed("no".into())], Input::Failed { id, failure }),
        ] {
            assert_eq!(input_of(id, Executed { height, outcomes }, 1, &items), expected);
        }
    }
}
