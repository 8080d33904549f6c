//! A backlog: everything is sent while nobody relays, and then relayed as fast as it goes.

use core::time::Duration;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::Context;
use causeway_core::{PacketPath, Sequence};
use causeway_relayer_daemon::{Config as DaemonConfig, Daemon, Path, PathEnd};
use causeway_relayer_endpoints::MAX_LOOKUP;

use super::course::{Course, insist};
use super::run::{Load, Outcome, Traffic, finish, tell};
use super::tally::Book;
use super::watcher::{judge, paths, watch};
use crate::config::Config;
use crate::crossing::End;
use crate::keys::PassphraseArgs;
use crate::output::Failure;
use crate::relaying;

/// How often the destination is asked for what it has received.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What a backlog took.
#[derive(Clone, Debug)]
pub(super) struct Cleared {
    pub(super) outcome: Outcome,
    /// From the start of the relayer to the last receive.
    pub(super) received_after: Duration,
    /// From the start of the relayer to the last acknowledgement.
    pub(super) acknowledged_after: Duration,
}

/// Sends all packets, then starts a relayer and waits until they have ended.
pub(super) async fn run(
    course: &Course,
    packets: usize,
    config: &Config,
    passphrase: &PassphraseArgs,
) -> Result<Cleared, Failure> {
    let book = Book::default();
    let mut traffic = Traffic::new(course, &book, Load::Packets(packets), usize::MAX);
    tokio::select! {
        sent = traffic.send() => sent?,
        () = tell(course, &book) => {}
    }
    let sequences: Vec<Sequence> = book.tally().open().collect();
    course.tell(&format!("{} sent, their blocks are final", sequences.len()));
    let store = Store::new()?;
    let relayer = start(course, config, passphrase, &store).await?;
    let started = Instant::now();
    let cleared = async {
        let received_after = async {
            wait_for_receipts(course, &sequences).await;
            let after = started.elapsed();
            course.tell(&format!("the last was received after {:.1} s", after.as_secs_f64()));
            after
        };
        let acknowledged_after = async {
            while book.tally().outstanding() > 0 {
                tokio::time::sleep(LOOK_EVERY).await;
            }
            started.elapsed()
        };
        tokio::join!(received_after, acknowledged_after)
    };
    let (received_after, acknowledged_after) = tokio::select! {
        cleared = cleared => cleared,
        () = watch(course, &book) => Default::default(),
        () = tell(course, &book) => Default::default(),
    };
    relayer.stop().await;
    let endings = judge(course, &book).await;
    let outcome = finish(course, Outcome { endings, ..traffic.outcome() }).await?;
    Ok(Cleared { outcome, received_after, acknowledged_after })
}

/// A relayer of this path alone.
async fn start(
    course: &Course,
    config: &Config,
    passphrase: &PassphraseArgs,
    store: &Store,
) -> Result<Daemon, Failure> {
    let ends = [&course.way.source, &course.way.destination];
    let endpoints = relaying::endpoints(config, ends.map(|it| it.alias.as_str()), passphrase)?;
    let end = |end: &End| PathEnd { chain: end.alias.clone(), client: end.client.clone() };
    let path = Path { a: end(&course.way.source), b: end(&course.way.destination) };
    let daemon = Daemon::start(DaemonConfig::default(), endpoints, &[path], &store.0).await;
    daemon.map_err(Failure::environment)
}

/// Waits until the destination has a receipt of each packet. They come more or less in their
/// order, so that only the first that lack one are asked for.
async fn wait_for_receipts(course: &Course, sequences: &[Sequence]) {
    let destination = &course.way.destination;
    let mut missing = sequences.to_vec();
    while !missing.is_empty() {
        let part: Vec<_> = missing.iter().take(MAX_LOOKUP).copied().collect();
        let wanted = paths(PacketPath::receipt, &destination.client, &part);
        let receipts = insist(course, || destination.endpoint.traces(&wanted)).await;
        let there: Vec<_> =
            receipts.iter().zip(&part).filter(|(it, _)| it.is_some()).map(|(_, it)| *it).collect();
        if there.len() < part.len() {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        missing.retain(|sequence| there.binary_search(sequence).is_err());
    }
}

/// The relayer's store, which is removed at the end.
struct Store(PathBuf);

impl Store {
    fn new() -> Result<Self, Failure> {
        let place = std::env::temp_dir().join(format!("causeway-bench-{}", std::process::id()));
        std::fs::create_dir_all(&place)
            .with_context(|| format!("cannot make {}", place.display()))
            .map_err(Failure::Environment)?;
        Ok(Self(place.join("relayer.sqlite")))
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        if let Some(place) = self.0.parent() {
            // What cannot be removed is in the directory for such things.
            let _ = std::fs::remove_dir_all(place);
        }
    }
}
