//! Sending: many packets a transaction, several transactions out at once, each packet once.

use core::time::Duration;
use std::collections::VecDeque;
use std::time::Instant;

use anyhow::anyhow;
use causeway_core::{Response, Sequence};
use causeway_relayer_endpoints::{
    Endpoint, EndpointError, Executed, MessageOutcome, Signed, TransactionState,
};

use super::course::Course;
use super::tally::Book;
use crate::output::Failure;

/// The most packets of one transaction; fewer where the chain says that they are too many.
const PACKETS_PER_TRANSACTION: usize = 100;

/// The most packets that are offered and in no block: some blocks of the bundled chains.
const MAX_OFFERED: usize = 4000;

/// How often the chain is asked for what became of transactions.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// How long to wait where nothing more can be offered.
const WAIT: Duration = Duration::from_millis(50);

/// How long a transaction may be unknown to its chain before it is offered again.
const UNKNOWN: Duration = Duration::from_secs(2);

/// How long a chain may refuse a transaction that it does not know until another takes its place:
/// one that was executed is found by then.
const DEAD: Duration = Duration::from_secs(30);

/// How long to wait after a failure.
const PAUSE: Duration = Duration::from_millis(500);

/// How long the chain may go on refusing everything.
const PATIENCE: Duration = Duration::from_mins(5);

/// A transaction that was offered.
struct Flight {
    signed: Signed,
    packets: usize,
    offered: Duration,
    /// Since when the chain does not know it.
    unknown: Option<Instant>,
    /// Since when the chain refuses it.
    refused: Option<Instant>,
}

/// A transaction in a block that may still be undone.
struct Landed {
    flight: Flight,
    sequences: Vec<Sequence>,
    height: u64,
}

/// Sends along a course, and keeps account of it by what blocks have.
pub(super) struct Sender<'a> {
    course: &'a Course,
    book: &'a Book,
    size: usize,
    /// In the order in which they are executed.
    flights: VecDeque<Flight>,
    landed: VecDeque<Landed>,
    looked: Instant,
    last_landed: Duration,
    /// When something last went well.
    well: Instant,
    trouble: Option<String>,
}

impl<'a> Sender<'a> {
    pub(super) fn new(course: &'a Course, book: &'a Book) -> Self {
        let now = Instant::now();
        Self {
            course,
            book,
            size: PACKETS_PER_TRANSACTION,
            flights: VecDeque::new(),
            landed: VecDeque::new(),
            looked: now,
            last_landed: Duration::ZERO,
            well: now,
            trouble: None,
        }
    }

    fn endpoint(&self) -> &'a dyn Endpoint {
        &*self.course.way.source.endpoint
    }

    /// The packets that are offered and in no block.
    pub(super) fn offered(&self) -> usize {
        self.flights.iter().map(|flight| flight.packets).sum()
    }

    /// When a block was last found to have some, from the beginning.
    pub(super) fn last_landed(&self) -> Duration {
        self.last_landed
    }

    /// True when all that was offered is in blocks that are final.
    pub(super) fn is_settled(&self) -> bool {
        self.flights.is_empty() && self.landed.is_empty()
    }

    /// Looks after what is out, and offers at most `wanted` more packets in one transaction.
    pub(super) async fn step(&mut self, wanted: usize) -> Result<(), Failure> {
        if self.looked.elapsed() >= LOOK_EVERY {
            self.looked = Instant::now();
            if let Err(error) = self.look().await {
                self.note(&error).await?;
            }
        }
        let is_sure = self.flights.iter().all(|flight| flight.unknown.is_none());
        let room = MAX_OFFERED.saturating_sub(self.offered());
        let count = wanted.min(self.size).min(room);
        if count == 0 || !is_sure {
            tokio::time::sleep(WAIT).await;
            return Ok(());
        }
        let messages = match self.course.messages(count).await {
            Ok(messages) => messages,
            Err(failure @ Failure::Usage(_)) => return Err(failure),
            Err(Failure::Environment(error)) => return self.pause(&error.to_string()).await,
        };
        match self.endpoint().sign(&messages).await {
            Ok(signed) => self.offer(signed, count).await,
            Err(EndpointError::TooLarge { .. }) if count > 1 => {
                self.size = count.div_ceil(2);
                Ok(())
            }
            Err(error) => self.retry_later(&error).await,
        }
    }

    async fn offer(&mut self, signed: Signed, packets: usize) -> Result<(), Failure> {
        let sent = self.endpoint().broadcast(&signed.raw).await;
        let offered = self.course.elapsed();
        let unknown = match sent {
            Ok(_) => {
                self.trouble = None;
                None
            }
            // Perhaps it is out.
            Err(EndpointError::Transport(_) | EndpointError::Nonsense { .. }) => {
                Some(Instant::now())
            }
            Err(EndpointError::TooLarge { .. }) if packets > 1 => {
                self.size = packets.div_ceil(2);
                let _ = self.endpoint().reconcile().await;
                return Ok(());
            }
            Err(error) => return self.retry_later(&error).await,
        };
        self.flights.push_back(Flight { signed, packets, offered, unknown, refused: None });
        Ok(())
    }

    /// What was signed did not go out: the next begins where the chain is.
    async fn retry_later(&mut self, error: &EndpointError) -> Result<(), Failure> {
        if self.flights.is_empty() {
            let _ = self.endpoint().reconcile().await;
        }
        self.note(error).await
    }

    async fn note(&mut self, error: &EndpointError) -> Result<(), Failure> {
        let is_down = matches!(error, EndpointError::Transport(_));
        if !is_down && self.well.elapsed() > PATIENCE {
            return Err(Failure::Environment(anyhow!("{}: {error}", self.course.way.source.alias)));
        }
        self.pause(&error.to_string()).await
    }

    async fn pause(&mut self, reason: &str) -> Result<(), Failure> {
        if self.trouble.as_deref() != Some(reason) {
            self.course.tell(&format!("trying again: {reason}"));
            self.trouble = Some(reason.to_owned());
        }
        tokio::time::sleep(PAUSE).await;
        Ok(())
    }

    /// Takes in what became of transactions.
    async fn look(&mut self) -> Result<(), EndpointError> {
        self.look_at_landed().await?;
        while let Some(flight) = self.flights.front_mut() {
            match self.course.way.source.endpoint.state(&flight.signed.transaction).await? {
                TransactionState::Executed(executed) => self.land(executed),
                TransactionState::Pending => {
                    flight.unknown = None;
                    flight.refused = None;
                    return Ok(());
                }
                TransactionState::Unknown => {
                    let since = *flight.unknown.get_or_insert_with(Instant::now);
                    if since.elapsed() >= UNKNOWN {
                        self.offer_again().await?;
                    }
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// The first of those that are out is in a block.
    fn land(&mut self, executed: Executed) {
        let Some(flight) = self.flights.pop_front() else { return };
        self.last_landed = self.course.elapsed();
        let height = executed.height.height();
        for reason in executed.outcomes.iter().filter_map(failure) {
            self.course.tell(&format!("a transaction failed: {reason}"));
        }
        let sequences = sequences(executed);
        if !sequences.is_empty() {
            self.well = Instant::now();
        }
        self.book.tally().sent(&sequences, flight.offered);
        self.landed.push_back(Landed { flight, sequences, height });
    }

    /// Forgets what is in final blocks, after a second look; what is not there is out again.
    async fn look_at_landed(&mut self) -> Result<(), EndpointError> {
        let Some(first) = self.landed.front() else { return Ok(()) };
        let is_final = self.endpoint().observe().await?.finalized.height();
        if first.height > is_final {
            return Ok(());
        }
        while let Some(landed) = self.landed.front().filter(|it| it.height <= is_final) {
            let now = self.endpoint().state(&landed.flight.signed.transaction).await?;
            let stands = match now {
                TransactionState::Executed(executed) => sequences(executed) == landed.sequences,
                TransactionState::Pending | TransactionState::Unknown => false,
            };
            let Some(landed) = self.landed.pop_front() else { break };
            if !stands {
                self.book.tally().undone(&landed.sequences);
                // It was executed before those that are out.
                self.flights.push_front(landed.flight);
                break;
            }
        }
        Ok(())
    }

    /// Offers all that are out again, in their order. One that is refused for long is not out, and
    /// never will be.
    async fn offer_again(&mut self) -> Result<(), EndpointError> {
        let endpoint = self.endpoint();
        for index in 0..self.flights.len() {
            let Some(flight) = self.flights.get_mut(index) else { break };
            match endpoint.broadcast(&flight.signed.raw).await {
                Ok(_) => {
                    flight.unknown = None;
                    flight.refused = None;
                }
                // Perhaps it is out.
                Err(error @ (EndpointError::Transport(_) | EndpointError::Nonsense { .. })) => {
                    return Err(error);
                }
                Err(error) => {
                    let since = *flight.refused.get_or_insert_with(Instant::now);
                    flight.unknown.get_or_insert(since);
                    if since.elapsed() < DEAD {
                        break;
                    }
                    let what = format!("{} packets were not sent: {error}", flight.packets);
                    self.course.tell(&what);
                    self.flights.remove(index);
                    endpoint.reconcile().await?;
                    break;
                }
            }
        }
        Ok(())
    }
}

/// The packets that a transaction has sent.
fn sequences(executed: Executed) -> Vec<Sequence> {
    let sent = |outcome| match outcome {
        MessageOutcome::Handled(Response::PacketSent(sequence)) => Some(sequence),
        MessageOutcome::Handled(_) | MessageOutcome::Failed(_) => None,
    };
    executed.outcomes.into_iter().filter_map(sent).collect()
}

fn failure(outcome: &MessageOutcome) -> Option<&str> {
    match outcome {
        MessageOutcome::Failed(reason) => Some(reason),
        MessageOutcome::Handled(_) => None,
    }
}
