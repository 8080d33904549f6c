//! `causeway config new`.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};

use anyhow::{Context, anyhow};
use clap::Args;
use serde_json::json;

use crate::config::ConfigArgs;
use crate::output::{Answer, Failure};

/// One chain of each family, at the addresses where their nodes answer by default.
pub(crate) const EXAMPLE: &str = include_str!("example.toml");

/// Arguments of `causeway config new`.
#[derive(Debug, Args)]
pub(crate) struct NewArgs {
    /// Replace a configuration that is there.
    #[arg(long)]
    force: bool,

    #[command(flatten)]
    config: ConfigArgs,
}

impl NewArgs {
    pub(super) fn run(self) -> Result<Answer, Failure> {
        let path = self.config.path()?;
        let shown = path.display();
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot make {}", folder.display()))
                .map_err(Failure::Environment)?;
        }
        let mut options = OpenOptions::new();
        let opened = if self.force {
            options.write(true).create(true).truncate(true).open(&path)
        } else {
            options.write(true).create_new(true).open(&path)
        };
        let mut file = match opened {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let reason = anyhow!("{shown} is there already: --force replaces it");
                return Err(Failure::Usage(reason));
            }
            opened => opened
                .with_context(|| format!("cannot write {shown}"))
                .map_err(Failure::Environment)?,
        };
        file.write_all(EXAMPLE.as_bytes())
            .with_context(|| format!("cannot write {shown}"))
            .map_err(Failure::Environment)?;
        Ok(Answer::new(
            json!({ "file": path }),
            format!("{shown}: written; edit it to your chains"),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn the_example_is_a_configuration() {
        let config = Config::parse(EXAMPLE).unwrap();
        assert_eq!(config.chains.len(), crate::families::FAMILIES.len());
    }
}
