//! `causeway verify ethereum update`: light client updates from a trusted block on.

mod bridge;
mod wallet;

use std::path::PathBuf;
use std::time::Duration;

use alloy_primitives::B256;
use anyhow::{Context, anyhow};
use causeway_client_ethereum::chain::{BlobParameters, ChainConfig, Fork, NETWORKS, Network};
use causeway_client_ethereum::containers::{LightClientBootstrap, LightClientHeader};
use causeway_core::{Audit, BoxedRefusal, DecodeError, Timestamp};
use causeway_wire_ethereum::beacon::Reader;
use causeway_wire_ethereum::config::NetworkConfig;
use clap::Args;

use crate::input;
use crate::output::{Failure, Report, Rules};

/// Arguments of `causeway verify ethereum update`.
#[derive(Debug, Args)]
pub(crate) struct UpdateArgs {
    /// A network that is known by name.
    #[arg(long, value_name = "NAME", required_unless_present = "config",
          value_parser = network, conflicts_with = "config")]
    network: Option<&'static Network>,

    /// Beacon API `config/spec` JSON or a consensus-specs `config.yaml`.
    #[arg(long, value_name = "FILE", requires = "genesis_validators_root")]
    config: Option<PathBuf>,

    /// Root of the validators at genesis, 32 bytes in hexadecimal: no configuration has it.
    #[arg(long, value_name = "HEX", value_parser = root, conflicts_with = "network")]
    genesis_validators_root: Option<B256>,

    /// When slot 0 began; by default what the bootstrap's execution header shows, or the earliest
    /// that the configuration allows.
    #[arg(long, value_name = "UNIX", conflicts_with = "network")]
    genesis_time: Option<u64>,

    /// Root of the trusted beacon block, 32 bytes in hexadecimal: the only thing that is trusted.
    #[arg(long, value_name = "HEX", value_parser = root)]
    trusted_root: B256,

    /// Bootstrap of the trusted block, Beacon API JSON or SSZ; `-` reads standard input.
    #[arg(long, value_name = "FILE")]
    bootstrap: PathBuf,

    /// Updates in order: one of any kind, or several, Beacon API JSON or SSZ.
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    update: Vec<PathBuf>,

    /// Time of judging; by default the system clock's.
    #[arg(long, value_name = "UNIX")]
    now: Option<u64>,

    /// How long a finalized block is trusted; by default expiry is not judged.
    #[arg(long, value_name = "DURATION", value_parser = trusting_period)]
    trusting_period: Option<Duration>,

    /// Follow the sync protocol as a wallet does, instead of a bridge's stricter rules.
    #[arg(long)]
    wallet: bool,

    /// Fork whose form the files have; by default that of each object's own slot.
    #[arg(long, value_name = "NAME", value_parser = fork)]
    fork: Option<Fork>,
}

fn network(name: &str) -> Result<&'static Network, String> {
    let known = || NETWORKS.map(|network| network.name).join(", ");
    Network::by_name(name).ok_or_else(|| format!("known are {}", known()))
}

fn fork(name: &str) -> Result<Fork, String> {
    let known = || Fork::all().map(Fork::name).collect::<Vec<_>>().join(", ");
    Fork::from_name(name).ok_or_else(|| format!("known are {}", known()))
}

fn root(text: &str) -> Result<B256, String> {
    let bytes = input::parse_hex(text).map_err(|error| error.to_string())?;
    B256::try_from(bytes.as_slice()).map_err(|_| format!("{} bytes, not 32", bytes.len()))
}

fn trusting_period(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(Duration::ZERO) => Err("with a period of nothing, nothing is trusted".to_owned()),
        period => period.map_err(|error| error.to_string()),
    }
}

/// What a run needs beside the updates.
struct Start {
    chain: ChainConfig,
    trusted_root: B256,
    bootstrap: LightClientBootstrap,
    now: Timestamp,
    trusting_period: Option<Duration>,
}

impl UpdateArgs {
    pub(crate) fn run(self, explain: bool) -> Result<Report, Failure> {
        let (chain, blobs) = self.chain()?;
        let now = match self.now {
            Some(secs) => Timestamp::from_secs(secs)
                .ok_or_else(|| Failure::usage(anyhow!("--now is after the year 2554")))?,
            None => input::system_time()?,
        };
        let bootstrap = input::judged(&self.bootstrap, "bootstrap")?;
        let files: Vec<_> = self
            .update
            .iter()
            .map(|path| input::judged(path, "light_client_updates"))
            .collect::<Result<_, _>>()?;
        let mut rules = Rules::new();
        let case = Case { args: &self, chain, blobs, now };
        let judged = if explain {
            case.judge(bootstrap, files, &mut rules)
        } else {
            case.judge(bootstrap, files, &mut ())
        };
        let report = judged.unwrap_or_else(|refusal| Report::refused(&*refusal));
        Ok(report.explained(explain.then_some(rules)))
    }

    fn chain(&self) -> Result<(ChainConfig, Vec<BlobParameters>), Failure> {
        if let Some(network) = self.network {
            return Ok((network.config(), network.blobs()));
        }
        let usage =
            || Failure::Usage(anyhow!("--config and --genesis-validators-root are missing"));
        let path = self.config.as_ref().ok_or_else(usage)?;
        let root = self.genesis_validators_root.ok_or_else(usage)?;
        let config = NetworkConfig::read(&input::trusted(path)?, root)
            .with_context(|| path.display().to_string())
            .map_err(Failure::Usage)?;
        Ok((config.chain, config.blobs))
    }
}

/// A network, a time, and what to do.
struct Case<'a> {
    args: &'a UpdateArgs,
    chain: ChainConfig,
    blobs: Vec<BlobParameters>,
    now: Timestamp,
}

type Bytes = Result<Vec<u8>, DecodeError>;

impl Case<'_> {
    fn judge(
        self,
        bootstrap: Bytes,
        files: Vec<Bytes>,
        audit: &mut impl Audit,
    ) -> Result<Report, BoxedRefusal> {
        let reader = Reader { config: &self.chain, blobs: &self.blobs, fork: self.args.fork };
        let bootstrap = reader.bootstrap(&bootstrap?)?;
        let mut updates = Vec::new();
        for file in files {
            updates.extend(reader.updates(&file?)?);
        }
        let chain = self.with_genesis_time(&bootstrap);
        let start = Start {
            chain,
            trusted_root: self.args.trusted_root,
            bootstrap,
            now: self.now,
            trusting_period: self.args.trusting_period,
        };
        if self.args.wallet {
            wallet::follow(start, &updates, audit)
        } else {
            bridge::follow(start, updates, audit)
        }
    }

    /// The network with its genesis time: a configuration file only bounds it. The execution
    /// header of the trusted block shows it, once the block is proven to be the trusted one.
    fn with_genesis_time(&self, bootstrap: &LightClientBootstrap) -> ChainConfig {
        let mut chain = self.chain.clone();
        let header = &bootstrap.header;
        let since_genesis = header.beacon.slot.get().saturating_mul(chain.seconds_per_slot);
        let shown = header.execution.timestamp.checked_sub(since_genesis);
        let shown = shown.filter(|_| self.args.config.is_some() && !header.has_no_execution());
        chain.genesis_time = self.args.genesis_time.or(shown).unwrap_or(chain.genesis_time);
        chain
    }
}

/// What both ways of following report.
fn report(header: &LightClientHeader, count: usize) -> Report {
    let slot = header.beacon.slot.get();
    let report = Report::valid(format!("slot {slot} is final; updates: {count}"))
        .with("count", count)
        .with("height", slot)
        .with("finalized_root", header.beacon.block_root().to_string());
    if header.has_no_execution() {
        return report;
    }
    report
        .with("state_root", header.execution.state_root.to_string())
        .with("receipts_root", header.execution.receipts_root.to_string())
        .with("block_number", header.execution.block_number)
        .with("block_hash", header.execution.block_hash.to_string())
        .with("timestamp", header.execution.timestamp)
}

/// The root of a committee, or that it is not known.
fn committee(root: Option<B256>) -> serde_json::Value {
    root.map(|root| root.to_string()).into()
}
