//! `causeway demo`: everything that the bridge does, and everything that it refuses, on a network
//! of its own. The lines run side by side; each says in the end whether it held.

mod cast;
mod crossings;
mod forgeries;
mod journeys;
mod misbehaviour;
mod report;
mod stage;

use std::collections::BTreeMap;
use std::future::Future;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use clap::Args;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::up::Bundle;
use crate::config::CONFIG_FILE;
use crate::log::{LogArgs, LogLevel};
use crate::output::{Failure, Output};
use crate::signals::told_to_stop;
use report::{Report, Row};
use stage::Stage;

/// Ports that the network takes.
const PORTS: u16 = 6;

/// Where free ports are looked for.
const FIRST_PORT: u16 = 26600;

/// The longest that any part may take.
const PATIENCE: Duration = Duration::from_mins(3);

/// Arguments of `causeway demo`.
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Leave the network running afterwards, until interrupted.
    #[arg(long)]
    keep: bool,

    /// The first of six ports in a row [default: the first that are free].
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..=65530))]
    base_port: Option<u16>,

    #[command(flatten)]
    log: LogArgs,
}

/// What one part of the demonstration shows.
type Line = Pin<Box<dyn Future<Output = Vec<Row>> + Send>>;

impl DemoArgs {
    pub(crate) fn run(self, output: &Output) -> Result<ExitCode, Failure> {
        self.log.start(LogLevel::Error);
        let place = Place::new()?;
        let runtime = super::runtime()?;
        let result = runtime.block_on(self.play(&place.path, output));
        runtime.shutdown_background();
        result
    }

    async fn play(&self, place: &Path, output: &Output) -> Result<ExitCode, Failure> {
        let started = Instant::now();
        let told = told_to_stop()?;
        tokio::pin!(told);
        let base_port = self.base_port.map_or_else(free_ports, Ok)?;
        let bundle = tokio::select! {
            bundle = Bundle::start(place.to_owned(), base_port) => bundle?,
            () = &mut told => return Err(stopped()),
        };
        let stage = Stage::new(&bundle.config, started).map(Arc::new);
        let report = tokio::select! {
            report = async { Ok(perform(stage?).await) } => report,
            () = &mut told => Err(stopped()),
        };
        let code = match report {
            Ok(report) => output.answer(&report.answer())?,
            Err(error) => {
                bundle.stop().await?;
                return Err(error);
            }
        };
        if self.keep {
            let config = place.join(CONFIG_FILE);
            let shown = config.display();
            Output::progress(&format!("the network stays up: use --config {shown}"));
            told.await;
        }
        bundle.stop().await?;
        Ok(code)
    }
}

fn stopped() -> Failure {
    Failure::Environment(anyhow!("stopped before the end"))
}

/// All lines at once, then the books, then what breaks clients.
async fn perform(stage: Arc<Stage>) -> Report {
    let all = [crossings::lines(&stage), journeys::lines(&stage), forgeries::lines(&stage)];
    let mut lines = JoinSet::new();
    for (place, line) in all.into_iter().flatten().enumerate() {
        lines.spawn(async move { (place, in_time("a line", line).await) });
    }
    let mut played = BTreeMap::new();
    while let Some(line) = lines.join_next().await {
        let (place, rows) = line
            .unwrap_or_else(|error| (usize::MAX, vec![Row::broken("a line", error.to_string())]));
        played.entry(place).or_insert_with(Vec::new).extend(rows);
    }
    let mut rows: Vec<_> = played.into_values().flatten().collect();
    let books = timeout(PATIENCE, stage.books()).await;
    let books = books.unwrap_or_else(|_| Err("the chains did not answer".to_owned()));
    rows.extend(in_time("misbehaviour", misbehaviour::rows(&stage)).await);
    rows.extend(in_time("after recovery", crossings::afterwards(&stage)).await);
    Report { rows, books, secs: stage.elapsed() }
}

/// What a part shows, or that it took too long.
async fn in_time(what: &str, line: impl Future<Output = Vec<Row>>) -> Vec<Row> {
    let late = |_| vec![Row::broken(what, format!("it did not end in {} s", PATIENCE.as_secs()))];
    timeout(PATIENCE, line).await.unwrap_or_else(late)
}

/// So many free ports in a row.
fn free_ports() -> Result<u16, Failure> {
    let is_free = |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
    let mut candidates = (FIRST_PORT..=60_000).step_by(10);
    let found =
        candidates.find(|first| (0..PORTS).all(|offset| is_free(first.saturating_add(offset))));
    found.ok_or_else(|| Failure::Environment(anyhow!("there are no {PORTS} free ports in a row")))
}

/// A temporary directory, which is removed at the end.
struct Place {
    path: PathBuf,
}

impl Place {
    fn new() -> Result<Self, Failure> {
        let mut secret = [0; 8];
        getrandom::fill(&mut secret).context("no randomness").map_err(Failure::Environment)?;
        let name = format!("causeway-demo-{}", hex::encode(secret));
        let path = std::env::temp_dir().join(name);
        std::fs::DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .with_context(|| format!("cannot make {}", path.display()))
            .map_err(Failure::Environment)?;
        Ok(Self { path })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // What cannot be removed is in the directory for such things.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}
