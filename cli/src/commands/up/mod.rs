//! `causeway up`: the bundled network on this machine.

mod document;
mod relayer;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use causeway_node::{
    ChainHandle, ClockSetting, Control, Cookie, DataDir, DataDirError, Member, Network,
    NetworkError, Options, Report,
};
use clap::Args;
use toml::Spanned;

use crate::bundled::{BUNDLED, BundledChain, CONTROL_PORT_OFFSET};
use crate::config::{CONFIG_FILE, Config, RelayerConfig, home};
use crate::log::{LogArgs, LogLevel};
use crate::output::{Answer, Failure, Output};
use crate::signals::told_to_stop;
use document::{Running, RunningChain};
use relayer::Relayer;

/// The directory of the network's state in the home directory, unless another is named.
const DEFAULT_DATA_DIR: &str = "network";

/// How often chains are asked whether they have made a block, until all have.
const FIRST_BLOCK_POLL: Duration = Duration::from_millis(50);

/// Arguments of `causeway up`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(crate) struct UpArgs {
    /// Where the network keeps its state [default: network in `$CAUSEWAY_HOME`].
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,

    /// Remove what an earlier network left in the data directory.
    #[arg(long)]
    reset: bool,

    /// Run the chains alone.
    #[arg(long)]
    no_relayer: bool,

    /// Let `causeway chain fault` break the chains.
    #[arg(long)]
    faults: bool,

    /// The first port; docs/cli.md lists what answers on which of those above it.
    #[arg(long, value_name = "PORT", default_value_t = 26600,
          value_parser = clap::value_parser!(u16).range(1..=65530))]
    base_port: u16,

    /// What all keys follow from [default: that of the network there, or 1].
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,

    /// Add to the wall clock that is read, such as 2days.
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    clock_shift: Option<Duration>,

    /// Let chain time be wall time, for use beside real chains: it passes while the network is
    /// down.
    #[arg(long)]
    wall_clock: bool,

    #[command(flatten)]
    log: LogArgs,
}

impl UpArgs {
    pub(crate) fn run(self, output: &Output) -> Result<ExitCode, Failure> {
        self.log.start(LogLevel::Warn);
        let runtime = super::runtime()?;
        let result = runtime.block_on(self.run_until_told(output));
        // Chains have had their time; what is left are connections.
        runtime.shutdown_background();
        result
    }

    async fn run_until_told(self, output: &Output) -> Result<ExitCode, Failure> {
        let started = Instant::now();
        let told = told_to_stop()?;
        tokio::pin!(told);
        let directory = self.open_directory()?;
        let prepared = Prepared::new(&directory)?;
        let (mut network, running) = tokio::select! {
            started = prepared.start(&self, directory) => started?,
            () = &mut told => return Ok(ExitCode::SUCCESS),
        };
        let handles = network.chains().to_vec();
        let mut relayer = None;
        let work = async {
            let blocks = first_blocks(&handles, &running, started);
            let ready = async {
                relayer = self.relay(&running, output).await?;
                Ok(())
            };
            let ((), ready) = tokio::join!(blocks, ready);
            ready?;
            // What runs goes on until told.
            std::future::pending().await
        };
        let ended = tokio::select! {
            () = &mut told => Ok(()),
            error = network.failure() => Err(failure(error)),
            failed = work => failed,
        };
        Output::progress("stopping");
        if let Some(Relayer { daemon }) = relayer {
            daemon.stop().await;
        }
        network.stop().await.map_err(failure)?;
        ended.map(|()| ExitCode::SUCCESS)
    }

    /// Starts the relayer if there is to be one, and tells how to reach everything.
    async fn relay(&self, running: &Running, output: &Output) -> Result<Option<Relayer>, Failure> {
        let mut config = running.config();
        config.paths = running.paths_before();
        let relayer = match config.relayer {
            Some(_) => Some(relayer::start(&mut config).await?),
            None => None,
        };
        running.write_configuration(&config, &home()?)?;
        output
            .answer(&Answer::new(running.document(&config.paths), running.text(&config.paths)))?;
        Ok(relayer)
    }

    fn open_directory(&self) -> Result<DataDir, Failure> {
        let path = match &self.data_dir {
            Some(path) => path.clone(),
            None => home()?.join(DEFAULT_DATA_DIR),
        };
        let opened = DataDir::open(&path, self.reset, self.seed);
        let directory = opened.map_err(|error| match error {
            DataDirError::OtherSeed { .. } => Failure::usage(error),
            _ => Failure::environment(error),
        })?;
        if self.reset {
            // It names the paths of the network that is gone.
            let file = directory.path().join(CONFIG_FILE);
            match std::fs::remove_file(&file) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    let reason = format!("cannot remove {}", file.display());
                    return Err(Failure::Environment(anyhow::anyhow!(error).context(reason)));
                }
                _ => {}
            }
        }
        Ok(directory)
    }
}

fn failure(error: NetworkError) -> Failure {
    Failure::environment(error)
}

/// The bundled network with its relayer, in this process.
pub(super) struct Bundle {
    network: Network,
    relayer: Relayer,
    /// How commands reach it.
    pub(super) config: Config,
}

impl Bundle {
    /// Starts a new network with faults, and connects its chains.
    pub(super) async fn start(data_dir: PathBuf, base_port: u16) -> Result<Self, Failure> {
        let args = UpArgs {
            data_dir: Some(data_dir),
            reset: false,
            no_relayer: false,
            faults: true,
            base_port,
            seed: None,
            clock_shift: None,
            wall_clock: false,
            log: LogArgs::default(),
        };
        let directory = args.open_directory()?;
        let prepared = Prepared::new(&directory)?;
        let (network, running) = prepared.start(&args, directory).await?;
        let mut config = running.config();
        let relayer = relayer::start(&mut config).await?;
        running.write_own_configuration(&config)?;
        Ok(Self { network, relayer, config })
    }

    /// Stops everything, and loses nothing.
    pub(super) async fn stop(self) -> Result<(), Failure> {
        self.relayer.daemon.stop().await;
        self.network.stop().await.map_err(failure)
    }
}

/// What is made before anything starts.
struct Prepared {
    seed: u64,
    data_dir: PathBuf,
    chains: Vec<(&'static dyn BundledChain, Option<Cookie>)>,
    control: Cookie,
    relayer: Cookie,
}

impl Prepared {
    fn new(directory: &DataDir) -> Result<Self, Failure> {
        let mut chains = Vec::new();
        for chain in BUNDLED {
            let name = format!("{}.cookie", chain.alias());
            let cookie = chain.wants_login().then(|| directory.new_cookie(&name)).transpose();
            chains.push((chain, cookie.map_err(Failure::environment)?));
        }
        let control = directory.new_cookie("control.cookie").map_err(Failure::environment)?;
        let relayer = directory.new_cookie("relayer.cookie").map_err(Failure::environment)?;
        let data_dir = directory.path().to_owned();
        Ok(Self { seed: directory.seed(), data_dir, chains, control, relayer })
    }

    async fn start(self, args: &UpArgs, directory: DataDir) -> Result<(Network, Running), Failure> {
        Output::progress(&format!("opening the network in {}", self.data_dir.display()));
        let relayer = (!args.no_relayer).then(|| self.relayer(args.base_port));
        let members = self.members(args.base_port);
        let network = Network::start(directory, self.options(args), members);
        let network = network.await.map_err(failure)?;
        let mut chains = Vec::new();
        for ((chain, cookie), handle) in self.chains.into_iter().zip(network.chains()) {
            let report = handle.report().await.map_err(Failure::environment)?;
            describe_start(&report);
            chains.push(RunningChain { chain, cookie, report });
        }
        let running = Running {
            seed: self.seed,
            relayer,
            config_file: self.data_dir.join(CONFIG_FILE),
            data_dir: self.data_dir,
            base_port: args.base_port,
            has_faults: args.faults,
            control_cookie_file: self.control.file,
            chains,
        };
        Ok((network, running))
    }

    fn relayer(&self, port: u16) -> RelayerConfig {
        RelayerConfig {
            listen: Spanned::new(0..0, SocketAddr::from((Ipv4Addr::LOCALHOST, port))),
            token_file: Some(self.relayer.file.clone()),
            store: Some(self.data_dir.join("relayer.sqlite")),
        }
    }

    fn members(&self, base_port: u16) -> Vec<Member> {
        let port = |offset: u16| base_port.saturating_add(offset);
        let member = |(chain, cookie): &(&'static dyn BundledChain, Option<Cookie>)| {
            let credentials = cookie.iter().map(|cookie| cookie.credentials.clone()).collect();
            let apis = chain.apis().iter();
            Member {
                alias: chain.alias(),
                ports: apis.map(|api| (api.listener, port(api.port_offset))).collect(),
                open: chain.open(self.seed, credentials),
            }
        };
        self.chains.iter().map(member).collect()
    }

    fn options(&self, args: &UpArgs) -> Options {
        let control = Control {
            port: args.base_port.saturating_add(CONTROL_PORT_OFFSET),
            cookie: self.control.clone(),
        };
        Options {
            clock: if args.wall_clock { ClockSetting::Wall } else { ClockSetting::Paused },
            clock_shift: args.clock_shift.unwrap_or_default(),
            control: args.faults.then_some(control),
        }
    }
}

fn describe_start(report: &Report) {
    let Report { alias, summary, .. } = report;
    let (running, all) = summary.participants;
    Output::progress(&format!(
        "{alias}: {} open at height {}, {running} of {all} participants",
        summary.network_id, summary.head
    ));
}

/// Tells when each chain has made its first block of this run.
async fn first_blocks(handles: &[ChainHandle], running: &Running, started: Instant) {
    let mut waiting: Vec<_> = handles.iter().zip(&running.chains).collect();
    while !waiting.is_empty() {
        let mut still = Vec::new();
        for (handle, chain) in waiting {
            let Ok(report) = handle.report().await else { continue };
            if report.summary.head > chain.report.summary.head {
                let (head, secs) = (report.summary.head, started.elapsed().as_secs_f64());
                Output::progress(&format!("{}: block {head} after {secs:.1} s", report.alias));
            } else {
                still.push((handle, chain));
            }
        }
        waiting = still;
        tokio::time::sleep(FIRST_BLOCK_POLL).await;
    }
}
