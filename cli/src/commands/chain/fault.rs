//! `causeway chain fault`.

use std::time::Duration;

use anyhow::{Context, anyhow};
use causeway_node::{FAULT_KINDS, FaultOrder, FaultRequest};
use clap::Args;
use serde_json::json;

use crate::config::{Bundled, ConfigArgs};
use crate::control;
use crate::families::ClientError;
use crate::output::{Answer, Failure};

/// Arguments of `causeway chain fault`.
#[derive(Debug, Args)]
#[command(after_help = kinds())]
pub(crate) struct FaultArgs {
    /// The chain.
    chain: String,

    /// What to break.
    kind: String,

    /// How many blocks a branch has or replaces [default: 1].
    #[arg(long, value_name = "BLOCKS")]
    depth: Option<u32>,

    /// How many participants [default: 1].
    #[arg(long, value_name = "NUMBER")]
    count: Option<u32>,

    /// How late answers come [default: 2s].
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    delay: Option<Duration>,

    /// After how much chain time a lasting fault ends by itself.
    #[arg(long = "for", value_name = "DURATION", value_parser = humantime::parse_duration)]
    lasting: Option<Duration>,

    #[command(flatten)]
    config: ConfigArgs,
}

fn kinds() -> String {
    let lines = FAULT_KINDS.map(|kind| format!("  {:<14} {}", kind.name, kind.about));
    format!("Kinds:\n{}", lines.join("\n"))
}

impl FaultArgs {
    pub(super) fn run(self) -> Result<Answer, Failure> {
        let config = self.config.load()?;
        config.chain(&self.chain).map_err(|reason| Failure::Usage(anyhow!(reason)))?;
        let request = FaultRequest {
            depth: self.depth,
            count: self.count,
            delay: self.delay,
            lasting: self.lasting,
        };
        FaultOrder::new(&self.kind, request).map_err(Failure::usage)?;
        let no_network = || anyhow!("the configuration is of no network that `causeway up` runs");
        let network = config.network.as_ref().ok_or_else(|| Failure::Usage(no_network()))?;
        let said = self.inject(network)?;
        let document = json!({ "chain": self.chain, "kind": self.kind, "message": said });
        Ok(Answer::new(document, format!("{}: {said}", self.chain)))
    }

    fn inject(&self, network: &Bundled) -> Result<String, Failure> {
        let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let params = json!({
            "chain": self.chain,
            "kind": self.kind,
            "depth": self.depth,
            "count": self.count,
            "delay_ms": self.delay.map(millis),
            "for_ms": self.lasting.map(millis),
        });
        let runtime = crate::commands::runtime()?;
        let result = runtime.block_on(control::inject(network, params));
        match result {
            Ok(Ok(said)) => Ok(said),
            Ok(Err(refusal)) => Err(Failure::Usage(anyhow!(refusal))),
            Err(error @ ClientError::NoAnswer(_)) => {
                let hint = "faults are off: start the network with `causeway up --faults`";
                Err(error).context(hint).map_err(Failure::Environment)
            }
            Err(error) => Err(Failure::environment(error)),
        }
    }
}
