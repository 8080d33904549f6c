//! The relayer's account on each chain: one transaction after the other, each on record before it
//! goes out.

use core::time::Duration;

use causeway_core::{Any, Message, SubmitMisbehaviour};
use causeway_relayer_endpoints::{EndpointError, Prepared, TransactionState, executed_input};
use causeway_relayer_engine::{BatchId, Failure, Input, Side};

use super::super::net::sleep;
use super::{Out, Relayer, Told, index};

/// How often it is looked what became of transactions.
const FOLLOW_EVERY: Duration = Duration::from_secs(1);

/// Evidence goes out under numbers that no batch of the engine gets to.
pub(super) const FIRST_OF_EVIDENCE: BatchId = BatchId(1 << 63);

impl Relayer {
    pub(super) fn submit(&mut self, id: BatchId) {
        if let Some((on, _)) = self.prepared.get(&id) {
            let on = *on;
            self.queues[index(on)].push_back(id);
            if self.queues[index(on)].len() == 1 {
                self.sign(on);
            }
        }
    }

    /// Signs the batch whose turn it is.
    fn sign(&mut self, side: Side) {
        let Some(id) = self.queues[index(side)].front().copied() else { return };
        let Some((on, prepared)) = self.prepared.remove(&id) else { return self.next_in_line(id) };
        let end = self.ends[index(side)].clone();
        self.works.spawn(async move {
            let Prepared { updates, messages, items } = prepared;
            let all: Vec<Message> = updates.iter().chain(&messages).cloned().collect();
            match end.endpoint.sign(&all).await {
                Ok(signed) => {
                    let out = Out { on, signed, updates: updates.len(), items };
                    vec![Told::Signed(id, out)]
                }
                Err(error) => vec![Told::Sent(id, Err(error))],
            }
        });
    }

    /// On record, then out.
    pub(super) fn let_out(&mut self, id: BatchId, out: Out) {
        let (end, raw) = (self.ends[index(out.on)].clone(), out.signed.raw.clone());
        self.disk.out.insert(id, out);
        self.works.spawn(async move {
            let sent = end.endpoint.broadcast(&raw).await;
            vec![Told::Sent(id, sent.map(|_| ()))]
        });
    }

    pub(super) fn sent(&mut self, id: BatchId, sent: Result<(), EndpointError>) {
        let now = self.now();
        match (sent, self.disk.out.get(&id)) {
            (
                Ok(()) | Err(EndpointError::Transport(_) | EndpointError::Nonsense { .. }),
                Some(out),
            ) => {
                let transaction = out.signed.transaction.0.clone();
                self.engine.handle(Input::Submitted { id, transaction }, now);
                self.next_in_line(id);
            }
            (Ok(()), None) => self.next_in_line(id),
            (Err(error), _) => {
                self.disk.out.remove(&id);
                self.failed(id, error);
            }
        }
    }

    fn failed(&mut self, id: BatchId, error: EndpointError) {
        let now = self.now();
        if let Some(on) = self.batches.remove(&id) {
            let end = self.ends[index(on)].clone();
            self.works.spawn(async move {
                let _ = end.endpoint.reconcile().await;
                Vec::new()
            });
        }
        self.engine.handle(Input::Failed { id, failure: Failure::from(error) }, now);
        self.next_in_line(id);
    }

    /// The account is free for the batch behind this one.
    fn next_in_line(&mut self, id: BatchId) {
        for side in Side::BOTH {
            if self.queues[index(side)].front() == Some(&id) {
                self.queues[index(side)].pop_front();
                self.sign(side);
            }
        }
    }

    /// Looks what became of what is out on a chain, now and again.
    pub(super) fn follow(&mut self, side: Side) {
        let (net, end) = (self.net.clone(), self.ends[index(side)].clone());
        let out = self.disk.out.iter().filter(|(_, out)| out.on == side);
        let out: Vec<_> = out.map(|(id, out)| (*id, out.clone())).collect();
        self.works.spawn(async move {
            sleep(&net, FOLLOW_EVERY).await;
            let mut told = Vec::new();
            for (id, out) in out {
                match end.endpoint.state(&out.signed.transaction).await {
                    Ok(TransactionState::Executed(executed)) => {
                        let input = executed_input(id, executed, out.updates, &out.items);
                        told.push(Told::Input(input));
                    }
                    Ok(TransactionState::Unknown) => {
                        // Undone, forgotten, or never sent: offered again.
                        let sent = end.endpoint.broadcast(&out.signed.raw).await;
                        told.push(Told::Sent(id, sent.map(|_| ())));
                    }
                    Ok(TransactionState::Pending) | Err(_) => {}
                }
            }
            told.push(Told::Followed(side));
            told
        });
    }

    /// Brings evidence against the chain that the client on `side` follows.
    pub(super) fn accuse(&mut self, side: Side, evidence: Any) {
        if self.evidence.contains(&evidence) {
            return;
        }
        self.evidence.push(evidence.clone());
        let client_id = self.ends[index(side)].client.clone();
        let message = SubmitMisbehaviour { client_id, misbehaviour: evidence };
        let prepared = Prepared {
            updates: vec![Message::SubmitMisbehaviour(message)],
            messages: Vec::new(),
            items: Vec::new(),
        };
        let id = BatchId(FIRST_OF_EVIDENCE.0 + self.evidence.len() as u64);
        self.batches.insert(id, side);
        self.prepared.insert(id, (side, prepared));
        self.submit(id);
    }
}
