//! `causeway verify bitcoin headers`: runs of headers of any length, in constant memory.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context;
use causeway_client_bitcoin::{Anchor, AnchorError, Chain, Header, Network, RawHeader};
use causeway_core::{BoxedRefusal, DecodeError};
use causeway_wire_bitcoin::{HeaderReader, read_anchor, read_network};
use clap::Args;
use indicatif::ProgressBar;

use crate::input;
use crate::output::{Failure, Report, Rules};

/// Bytes read at a time: some eight hundred headers.
const CHUNK_LEN: usize = 64 << 10;

/// How far ahead of the clock a header may be, in seconds: the network's own rule.
const MAX_FUTURE_SECS: u64 = 7200;

/// Headers after which a run counts as long, and progress is shown.
const LONG_RUN: u64 = 100_000;

/// Arguments of `causeway verify bitcoin headers`.
#[derive(Debug, Args)]
pub(crate) struct HeadersArgs {
    /// Raw 80-byte headers or lines of hexadecimal digits; several files are one run. `-` reads
    /// standard input.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// mainnet, testnet3, testnet4, signet, regtest, or a JSON file of parameters.
    #[arg(long, value_name = "NET")]
    network: String,

    /// Trusted JSON {`height`, `header`, `chainwork`, `period_start`, `last_times`} that the run
    /// goes on from. Without it the run starts with the network's first header.
    #[arg(long, value_name = "FILE")]
    anchor: Option<PathBuf>,

    /// The time to judge by, in seconds since the Unix epoch; by default the system's.
    #[arg(long, value_name = "UNIX")]
    now: Option<u64>,
}

impl HeadersArgs {
    pub(crate) fn run(self, explain: bool) -> Result<Report, Failure> {
        let network = find_network(&self.network)?;
        let anchor = match &self.anchor {
            Some(path) => trusted_anchor(path, &network)?,
            None => Anchor::genesis(&network),
        };
        let chain = Chain::new(&network, anchor).context("the anchor").map_err(Failure::Usage)?;
        let now = self.now.map_or_else(system_time, Ok)?;
        let mut run = Run {
            start: self.anchor.is_some().then_some(anchor),
            begun: false,
            chain,
            before: chain,
            batch: Vec::new(),
            count: 0,
            latest_time: now.saturating_add(MAX_FUTURE_SECS),
            progress: None,
        };
        for file in &self.files {
            if let Err(refusal) = run.judge_file(file)? {
                return Ok(run.refused(&*refusal, explain));
            }
        }
        Ok(run.accepted(explain))
    }
}

fn find_network(name: &str) -> Result<Network, Failure> {
    if let Some(network) = Network::by_name(name) {
        return Ok(network);
    }
    let path = Path::new(name);
    let known = Network::NAMES.join(", ");
    let json = input::trusted(path)
        .map_err(|_| anyhow::anyhow!("{name:?} is no file, and no network among {known}"))
        .map_err(Failure::Usage)?;
    read_network(&json).with_context(|| name.to_owned()).map_err(Failure::Usage)
}

fn trusted_anchor(path: &Path, network: &Network) -> Result<Anchor, Failure> {
    let json = input::trusted(path)?;
    read_anchor(&json, network).with_context(|| path.display().to_string()).map_err(Failure::Usage)
}

fn system_time() -> Result<u64, Failure> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).context("the system's clock");
    now.map(|since| since.as_secs()).map_err(Failure::Environment)
}

/// A run of headers on its way.
struct Run<'n> {
    /// The anchor that was given, which the run may repeat; without one it begins with the
    /// network's first header.
    start: Option<Anchor>,
    /// The run has begun: no header is taken for its start any more.
    begun: bool,
    /// All that was accepted.
    chain: Chain<'n>,
    /// The chain before the last batch, and that batch: to explain its last header.
    before: Chain<'n>,
    batch: Vec<RawHeader>,
    /// Headers accepted.
    count: u64,
    latest_time: u64,
    progress: Option<ProgressBar>,
}

impl Run<'_> {
    /// Judges a file's headers; the outer error is the caller's or the machine's.
    fn judge_file(&mut self, path: &Path) -> Result<Result<(), BoxedRefusal>, Failure> {
        let mut file = input::open(path)?;
        let mut reader = HeaderReader::default();
        let mut bytes = vec![0; CHUNK_LEN];
        loop {
            let len = file
                .read(&mut bytes)
                .with_context(|| format!("cannot read {}", path.display()))
                .map_err(Failure::Environment)?;
            let mut headers = Vec::new();
            let judged = if len == 0 {
                std::mem::take(&mut reader).finish(&mut headers)
            } else {
                reader.read(bytes.get(..len).unwrap_or_default(), &mut headers)
            };
            if let Err(refusal) = self.judge(&headers) {
                return Ok(Err(refusal));
            }
            if let Err(malformed) = judged {
                return Ok(Err(malformed.into()));
            }
            if len == 0 {
                return Ok(Ok(()));
            }
        }
    }

    fn judge(&mut self, headers: &[RawHeader]) -> Result<(), BoxedRefusal> {
        let headers = self.after_start(headers)?;
        if headers.is_empty() {
            return Ok(());
        }
        self.before = self.chain;
        self.batch.clear();
        self.batch.extend_from_slice(headers);
        let count = &mut self.count;
        let seen = *count;
        let verdict = self.chain.extend_with(headers, self.latest_time, |_| {
            *count = count.saturating_add(1);
        });
        if let Err(refusal) = verdict {
            // The batch is refused as a whole; what came before its bad header still counts.
            let good = usize::try_from(self.count.saturating_sub(seen)).unwrap_or_default();
            let good = headers.get(..good).unwrap_or_default();
            self.chain.extend(good, self.latest_time)?;
            return Err(refusal.into());
        }
        self.show_progress();
        Ok(())
    }

    /// What follows the header that the run starts with: the network's first, which must be there,
    /// or the anchor's, which may.
    fn after_start<'h>(
        &mut self,
        headers: &'h [RawHeader],
    ) -> Result<&'h [RawHeader], BoxedRefusal> {
        let (false, Some((first, rest))) = (self.begun, headers.split_first()) else {
            return Ok(headers);
        };
        self.begun = true;
        let (got, expected) = (Header::from_bytes(first).hash(), self.chain.tip_hash());
        match (self.start, got == expected) {
            (None, true) => {
                self.count = 1;
                Ok(rest)
            }
            (None, false) => Err(AnchorError::NotGenesis { got, expected }.into()),
            (Some(_), true) => Ok(rest),
            (Some(_), false) => Ok(headers),
        }
    }

    fn show_progress(&mut self) {
        if self.count < LONG_RUN {
            return;
        }
        let progress = self.progress.get_or_insert_with(ProgressBar::new_spinner);
        progress.set_position(self.count);
        progress.set_message(format!("{} headers verified", self.count));
        progress.tick();
    }

    fn accepted(mut self, explain: bool) -> Report {
        self.finish_progress();
        if self.count == 0 {
            let nothing = DecodeError::new("bitcoin_headers", "no headers");
            return Report::refused(&nothing);
        }
        let message = format!("{} headers up to height {}", self.count, self.chain.tip().height);
        let height = self.chain.tip().height;
        self.describe(Report::valid(message), explain).with("height", height)
    }

    fn refused(mut self, refusal: &dyn causeway_core::Refusal, explain: bool) -> Report {
        self.finish_progress();
        let tip = self.chain.tip().height;
        let next = if self.count == 0 && self.start.is_none() { 0 } else { tip.saturating_add(1) };
        self.describe(Report::refused(refusal), explain).with("height", next)
    }

    /// Adds the end of what was accepted and, when asked for, the rules that the last header met,
    /// or the one that failed.
    fn describe(&self, report: Report, explain: bool) -> Report {
        let rules = explain.then(|| {
            let mut rules = Rules::new();
            // The verdict is known: only what is heard on the way counts here.
            let _ = self.before.explain(&self.batch, self.latest_time, &mut rules);
            rules.push(("headers_accepted", self.count.to_string()));
            rules
        });
        report
            .with("tip", self.chain.tip_hash().to_string())
            .with("chainwork", self.chain.tip().chainwork.to_string())
            .with("count", self.count)
            .explained(rules)
    }

    fn finish_progress(&mut self) {
        if let Some(progress) = self.progress.take() {
            progress.finish_and_clear();
        }
    }
}
