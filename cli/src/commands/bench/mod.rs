//! `causeway bench`: how many packets the configured network carries, by what its chains say.

mod backlog;
mod course;
mod report;
mod run;
mod sender;
mod tally;
mod watcher;

use core::str::FromStr;
use core::time::Duration;

use anyhow::anyhow;
use clap::Args;

use crate::config::{Config, ConfigArgs};
use crate::keys::PassphraseArgs;
use crate::log::{LogArgs, LogLevel};
use crate::output::{Answer, Failure, Output};
use crate::relaying::pairs;
use crate::signals::told_to_stop;
use course::Course;
use run::Load;

/// How long is measured where nothing else is said.
const DEFAULT_LENGTH: Duration = Duration::from_mins(1);

/// Arguments of `causeway bench`.
#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// Send so many packets on each route.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    packets: Option<u32>,

    /// Send for so many seconds on each route, from the first acknowledgement on [default: 60].
    #[arg(long, conflicts_with = "packets", value_parser = clap::value_parser!(u32).range(1..))]
    seconds: Option<u32>,

    /// FROM:TO, the chains [default: all routes, one after the other].
    #[arg(long)]
    route: Option<Route>,

    /// The most packets that are on their way at once.
    #[arg(long, value_name = "NUMBER", default_value_t = 10_000,
          value_parser = clap::value_parser!(u32).range(1..))]
    in_flight: u32,

    /// Send everything while nobody relays, then relay it in this process.
    #[arg(long, requires_all = ["packets", "route"])]
    backlog: bool,

    /// Whose tokens are sent.
    #[arg(long, default_value = "alice")]
    key: String,

    #[command(flatten)]
    log: LogArgs,

    #[command(flatten)]
    passphrase: PassphraseArgs,

    #[command(flatten)]
    config: ConfigArgs,
}

/// From one chain to another.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Route {
    from: String,
    to: String,
}

impl FromStr for Route {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some((from, to)) if !from.is_empty() && !to.is_empty() && from != to => {
                Ok(Self { from: from.to_owned(), to: to.to_owned() })
            }
            _ => Err("expected FROM:TO, two chains such as pbft:pow".to_owned()),
        }
    }
}

fn size(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

impl BenchArgs {
    pub(crate) fn run(self, output: &Output) -> Result<std::process::ExitCode, Failure> {
        self.log.start(LogLevel::Warn);
        let config = self.config.load()?;
        let runtime = super::runtime()?;
        let answer = runtime.block_on(self.measure(&config));
        runtime.shutdown_background();
        output.answer(&answer?)
    }

    fn routes(&self, config: &Config) -> Vec<Route> {
        if let Some(route) = &self.route {
            return vec![route.clone()];
        }
        let chains: Vec<_> = config.chains.keys().map(toml::Spanned::get_ref).collect();
        let route = |from: &str, to: &str| Route { from: from.to_owned(), to: to.to_owned() };
        pairs(&chains).flat_map(|(a, b)| [route(a, b), route(b, a)]).collect()
    }

    fn load(&self) -> Load {
        match (self.packets, self.seconds) {
            (Some(packets), _) => Load::Packets(size(packets)),
            (None, Some(seconds)) => Load::Time(Duration::from_secs(seconds.into())),
            (None, None) => Load::Time(DEFAULT_LENGTH),
        }
    }

    async fn measure(&self, config: &Config) -> Result<Answer, Failure> {
        let told = told_to_stop()?;
        tokio::pin!(told);
        let payer = (self.key.as_str(), &self.passphrase);
        let mut outcomes = Vec::new();
        for Route { from, to } in self.routes(config) {
            let course = tokio::select! {
                course = Course::find(config, (&from, &to), payer) => course?,
                () = &mut told => return Ok(report::answer(&outcomes, true)),
            };
            if let (true, Load::Packets(packets)) = (self.backlog, self.load()) {
                let cleared = tokio::select! {
                    cleared = backlog::run(&course, packets, config, &self.passphrase) => cleared?,
                    () = &mut told => return Err(Failure::Environment(anyhow!("stopped"))),
                };
                return Ok(report::backlog_answer(&cleared));
            }
            let mut stopped = false;
            let stop = async {
                (&mut told).await;
                stopped = true;
            };
            let load = (self.load(), size(self.in_flight));
            outcomes.push(run::run(&course, load, stop).await?);
            if stopped {
                return Ok(report::answer(&outcomes, true));
            }
        }
        Ok(report::answer(&outcomes, false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_has_two_chains() {
        let route = Route { from: "pbft".to_owned(), to: "pow".to_owned() };
        assert_eq!("pbft:pow".parse(), Ok(route));
        for text in ["", "pbft", "pbft:", ":pow", "pow:pow"] {
            text.parse::<Route>().unwrap_err();
        }
    }
}
