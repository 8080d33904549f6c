//! `causeway keys list`.

use clap::Args;
use serde_json::{Map, Value, json};

use super::{addresses, entry, lines};
use crate::bundled;
use crate::config::{Config, ConfigArgs};
use crate::families;
use crate::keys::KeyRing;
use crate::output::{Answer, Failure};

/// Arguments of `causeway keys list`.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    config: ConfigArgs,
}

impl ListArgs {
    pub(super) fn run(self) -> Result<Answer, Failure> {
        let config = self.config.load_if_there()?;
        let ring = KeyRing::of_home()?;
        let (mut entries, mut texts) = (Vec::new(), Vec::new());
        for name in ring.names()? {
            let Some(file) = ring.file(&name)? else { continue };
            let public = file.public_key().map_err(Failure::usage)?;
            let addresses = addresses(&public, config.as_ref());
            entries.push(entry(name.as_str(), "file", Some(&public), &addresses));
            texts.push(lines(name.as_str(), "file", &addresses));
        }
        for name in bundled::dev_names() {
            let addresses = config.as_ref().map(|config| of_developer(name, config));
            let Some(addresses) = addresses.filter(|found| !found.is_empty()) else { continue };
            entries.push(entry(name, "dev", None, &addresses));
            texts.push(lines(name, "dev, known to everybody", &addresses));
        }
        Ok(Answer::new(json!({ "keys": entries }), texts.join("\n")))
    }
}

/// The addresses of a developer's keys, one a chain of the bundled network.
fn of_developer(name: &str, config: &Config) -> Map<String, Value> {
    let Some(network) = &config.network else { return Map::new() };
    let mut addresses = Map::new();
    for (chain_name, chain) in &config.chains {
        let key = bundled::dev_key(chain_name.get_ref(), name, network.seed);
        let (Some(key), Ok(family)) = (key, chain.family()) else { continue };
        if let Ok(address) = family.address(families::prefix(family, chain), key.verifying_key()) {
            addresses.insert(chain_name.get_ref().clone(), address.into());
        }
    }
    addresses
}
