//! `causeway keys`: the keys that pay and sign.

mod export;
mod import;
mod list;
mod new;

use clap::Subcommand;
use k256::ecdsa::VerifyingKey;
use serde_json::{Map, Value, json};
use toml::Spanned;

use crate::config::{ChainConfig, Config};
use crate::families::{self, FAMILIES, Family};
use crate::output::{Answer, Failure};

pub(crate) use new::random_key;

/// What can be done with keys.
#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Make a key.
    New(new::NewArgs),
    /// Take over a key of another program.
    Import(import::ImportArgs),
    /// List keys with their addresses.
    List(list::ListArgs),
    /// Give a key away.
    Export(export::ExportArgs),
}

impl Keys {
    pub(crate) fn run(self) -> Result<Answer, Failure> {
        match self {
            Self::New(args) => args.run(),
            Self::Import(args) => args.run(),
            Self::List(args) => args.run(),
            Self::Export(args) => args.run(),
        }
    }
}

/// The addresses of a key on the configured chains by name; without a configuration, in the
/// families by name.
fn addresses(key: &VerifyingKey, config: Option<&Config>) -> Map<String, Value> {
    let address = |family: &dyn Family, prefix: &str| {
        family.address(prefix, key).map_or(Value::Null, Value::from)
    };
    let Some(config) = config else {
        let of = |family: &dyn Family| {
            let prefix = family.default_prefix().unwrap_or_default();
            (family.name().to_owned(), address(family, prefix))
        };
        return FAMILIES.map(of).into_iter().collect();
    };
    let of = |(name, chain): (&Spanned<String>, &ChainConfig)| {
        let family = chain.family().ok()?;
        let address = address(family, families::prefix(family, chain));
        Some((name.get_ref().clone(), address))
    };
    config.chains.iter().filter_map(of).collect()
}

/// What is said of one key.
fn entry(
    name: &str,
    kind: &str,
    public_key: Option<&VerifyingKey>,
    addresses: &Map<String, Value>,
) -> Value {
    let public_key = public_key.map(|key| hex::encode(key.to_sec1_point(true).as_bytes()));
    json!({ "name": name, "kind": kind, "public_key": public_key, "addresses": addresses })
}

/// The same in words.
fn lines(name: &str, kind: &str, addresses: &Map<String, Value>) -> String {
    let line = |(chain, address): (&String, &Value)| {
        format!("  {chain:<9} {}", address.as_str().unwrap_or("none"))
    };
    let lines = addresses.iter().map(line);
    [format!("{name} ({kind})")].into_iter().chain(lines).collect::<Vec<_>>().join("\n")
}
