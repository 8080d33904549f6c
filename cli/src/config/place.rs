//! Where configurations are.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use clap::Args;

use super::Config;
use crate::output::Failure;

/// The name of the configuration in its directory.
pub(crate) const CONFIG_FILE: &str = "config.toml";

/// The most bytes of a configuration: thousands of chains.
const MAX_LEN: u64 = 1 << 20;

/// The directory of the user's configuration and keys: `$CAUSEWAY_HOME`, or `~/.causeway`.
pub(crate) fn home() -> Result<PathBuf, Failure> {
    if let Some(home) = env::var_os("CAUSEWAY_HOME").filter(|home| !home.is_empty()) {
        return Ok(home.into());
    }
    let user = env::var_os("HOME").filter(|home| !home.is_empty());
    let none = || Failure::Usage(anyhow!("neither CAUSEWAY_HOME nor HOME is set"));
    user.map(|user| Path::new(&user).join(".causeway")).ok_or_else(none)
}

/// Which configuration a command reads.
#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    /// The configuration [default: config.toml in `$CAUSEWAY_HOME`, or in ~/.causeway].
    #[arg(long = "config", value_name = "FILE", global = true)]
    file: Option<PathBuf>,
}

impl ConfigArgs {
    /// The file that was named, or the default.
    pub(crate) fn path(&self) -> Result<PathBuf, Failure> {
        self.file.clone().map_or_else(|| Ok(home()?.join(CONFIG_FILE)), Ok)
    }

    /// Reads the configuration.
    pub(crate) fn load(&self) -> Result<Config, Failure> {
        load(&self.path()?)
    }

    /// Reads the configuration; `None` when none was named and there is none at the default place.
    pub(crate) fn load_if_there(&self) -> Result<Option<Config>, Failure> {
        let path = self.path()?;
        if self.file.is_none() && !path.exists() {
            return Ok(None);
        }
        load(&path).map(Some)
    }
}

/// Reads and checks one configuration.
pub(crate) fn load(path: &Path) -> Result<Config, Failure> {
    let shown = path.display();
    let len = fs::metadata(path).map(|metadata| metadata.len());
    if len.is_ok_and(|len| len > MAX_LEN) {
        return Err(Failure::Usage(anyhow!("{shown}: more than {MAX_LEN} bytes")));
    }
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(Failure::Usage(anyhow!(
                "there is no configuration at {shown}: `causeway up` and `causeway config new` \
                 write one, --config names another"
            )));
        }
        Err(error) => {
            return Err(Failure::Usage(anyhow!(error).context(format!("cannot read {shown}"))));
        }
    };
    Config::parse(&text).map_err(|error| Failure::Usage(anyhow!("{shown}: {error}")))
}
