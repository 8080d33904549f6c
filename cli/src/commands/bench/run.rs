//! One route: sending, and watching what ends, until everything has.

use core::time::Duration;

use causeway_core::Amount;
use causeway_relayer_daemon::work::{Balance, SolvencyRow, solvency};

use super::course::{Course, insist, insist_on_work};
use super::sender::Sender;
use super::tally::{Book, Latencies};
use super::watcher::{Endings, judge, watch};
use crate::output::Failure;

/// How often progress is told.
const TELL_EVERY: Duration = Duration::from_secs(5);

/// How much is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Load {
    /// So many packets.
    Packets(usize),
    /// As many as go, until this long after the first has ended.
    Time(Duration),
}

/// What came of a route.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub(super) route: String,
    pub(super) sent: usize,
    pub(super) endings: Endings,
    /// What was sent and has not ended.
    pub(super) outstanding: usize,
    /// What was offered and is in no block.
    pub(super) offered: usize,
    /// What the receiver has, whose account was made for this run.
    pub(super) received: Option<Amount>,
    /// From the beginning until blocks had all.
    pub(super) sending: Duration,
    /// From the beginning to the last end.
    pub(super) total: Duration,
    /// A length of time, and how many packets ended in it.
    pub(super) window: (Duration, usize),
    pub(super) latencies: Latencies,
    /// The path's books in the end.
    pub(super) books: Vec<SolvencyRow>,
}

impl Outcome {
    /// True when every packet ended, and ended once, by what both chains have.
    pub(super) fn holds(&self) -> bool {
        let arrived = u64::try_from(self.endings.acknowledged).ok().map(Amount::from);
        self.outstanding == 0
            && self.offered == 0
            && self.received == arrived
            && self.is_conserved()
    }

    /// True when the books were read, and hold. Nothing in them is nothing that crossed.
    pub(super) fn is_conserved(&self) -> bool {
        let is_read = self.received.is_some();
        is_read && self.books.iter().all(|row| row.balance == Balance::Holds)
    }
}

/// Sends, and waits until everything has ended, or until told to stop.
pub(super) async fn run(
    course: &Course,
    (load, in_flight): (Load, usize),
    stop: impl Future<Output = ()>,
) -> Result<Outcome, Failure> {
    let book = Book::default();
    let mut traffic = Traffic::new(course, &book, load, in_flight);
    tokio::pin!(stop);
    let endings = tokio::select! {
        endings = traffic.drive() => Some(endings?),
        () = watch(course, &book) => None,
        () = tell(course, &book) => None,
        () = &mut stop => None,
    };
    let outcome = traffic.outcome();
    let Some(endings) = endings else { return Ok(outcome) };
    let outcome = Outcome { endings, ..outcome };
    tokio::select! {
        finished = finish(course, outcome.clone()) => finished,
        () = stop => Ok(outcome),
    }
}

/// What is in the chains' books when all is over.
pub(super) async fn finish(course: &Course, outcome: Outcome) -> Result<Outcome, Failure> {
    let received = Some(insist(course, || course.received()).await);
    let (here, there) = (&course.way.source, &course.way.destination);
    let books = || solvency((here.named(), &here.client), (there.named(), &there.client));
    let books = insist_on_work(course, books).await?;
    Ok(Outcome { received, books, ..outcome })
}

/// Packets along a course.
pub(super) struct Traffic<'a> {
    course: &'a Course,
    book: &'a Book,
    sender: Sender<'a>,
    load: Load,
    in_flight: usize,
}

impl<'a> Traffic<'a> {
    pub(super) fn new(course: &'a Course, book: &'a Book, load: Load, in_flight: usize) -> Self {
        let sender = Sender::new(course, book);
        Self { course, book, sender, load, in_flight }
    }

    /// Sends until enough is in final blocks.
    pub(super) async fn send(&mut self) -> Result<(), Failure> {
        loop {
            let wanted = self.wanted();
            if wanted.is_none() && self.sender.is_settled() {
                return Ok(());
            }
            self.step(wanted).await?;
        }
    }

    /// Sends, and waits until everything has ended.
    async fn drive(&mut self) -> Result<Endings, Failure> {
        loop {
            let wanted = self.wanted();
            let is_over = wanted.is_none() && self.sender.is_settled();
            if is_over && self.book.tally().outstanding() == 0 {
                let endings = judge(self.course, self.book).await;
                if self.book.tally().outstanding() == 0 {
                    return Ok(endings);
                }
            }
            self.step(wanted).await?;
        }
    }

    async fn step(&mut self, wanted: Option<usize>) -> Result<(), Failure> {
        self.sender.step(wanted.unwrap_or_default()).await
    }

    /// How many more packets should be sent now; `None` when it is enough.
    fn wanted(&self) -> Option<usize> {
        let tally = self.book.tally();
        let offered = self.sender.offered();
        let under_way = tally.outstanding().saturating_add(offered);
        let room = self.in_flight.saturating_sub(under_way);
        match self.load {
            Load::Packets(all) => {
                let left = all.saturating_sub(tally.total().saturating_add(offered));
                (left > 0).then_some(left.min(room))
            }
            Load::Time(length) => {
                let end = tally.first_end().map(|first| first.saturating_add(length));
                let goes_on = end.is_none_or(|end| self.course.elapsed() < end);
                goes_on.then_some(room)
            }
        }
    }

    /// What is known without asking.
    pub(super) fn outcome(&self) -> Outcome {
        let tally = self.book.tally();
        let total = tally.last_end().unwrap_or_default();
        let window = match (self.load, tally.first_end()) {
            (Load::Time(length), Some(first)) => {
                (length, tally.ended_between(first, first.saturating_add(length)))
            }
            _ => (total, tally.ended_count()),
        };
        Outcome {
            route: self.course.route(),
            sent: tally.total(),
            endings: Endings::default(),
            outstanding: tally.outstanding(),
            offered: self.sender.offered(),
            received: None,
            sending: self.sender.last_landed(),
            total,
            window,
            latencies: tally.latencies(),
            books: Vec::new(),
        }
    }
}

/// Tells how it goes, until dropped.
pub(super) async fn tell(course: &Course, book: &Book) {
    let mut before = 0;
    loop {
        tokio::time::sleep(TELL_EVERY).await;
        let (total, ended) = {
            let tally = book.tally();
            (tally.total(), tally.ended_count())
        };
        let rate = ended.saturating_sub(before) / 5;
        before = ended;
        course.tell(&format!("{total} sent, {ended} ended, {rate} a second"));
    }
}
