//! From a configuration to what the relayer works with: endpoints, paths, settings.

use core::time::Duration;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use anyhow::{Context, anyhow};
use causeway_core::ClientId;
use causeway_relayer_daemon::work::{Named, PathParameters, WorkError, find_path};
use causeway_relayer_daemon::{Path, PathEnd, RpcSettings};
use causeway_relayer_endpoints::{ClientParameters, Endpoint, EndpointError, MAX_CLIENTS};

use crate::account::ChainKey;
use crate::config::{ChainConfig, Config, RelayerConfig, home};
use crate::families;
use crate::keys::PassphraseArgs;
use crate::output::{Failure, Output};

/// How far a chain's time may be behind where its configuration does not say.
const CLOCK_DRIFT: Duration = Duration::from_mins(1);

/// The longest wait for each transaction of a command.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);

/// How long a chain that does not answer is left alone before it is asked again.
const PAUSE: Duration = Duration::from_secs(2);

/// The relayer's store in the home directory, unless the configuration names another.
const STORE: &str = "relayer.sqlite";

/// The longest token.
const MAX_TOKEN: u64 = 4096;

/// Endpoints by the aliases of their chains.
pub(crate) type Endpoints = BTreeMap<String, Arc<dyn Endpoint>>;

/// Whose fault an error of work on chains is. Refusals of a chain are an answer; what calls this
/// has no better one.
pub(crate) fn failure(error: WorkError) -> Failure {
    match &error {
        WorkError::Endpoint { error: EndpointError::Unsupported { .. }, .. } => {
            Failure::usage(error)
        }
        _ => Failure::environment(error),
    }
}

/// True when a chain has said no, which is an answer.
pub(crate) fn is_refusal(error: &WorkError) -> bool {
    matches!(
        error,
        WorkError::Failed { .. } | WorkError::Endpoint { error: EndpointError::Refused { .. }, .. }
    )
}

fn usage(chain: &str, reason: &str) -> Failure {
    Failure::Usage(anyhow!("{chain}: {reason}"))
}

/// The way to a chain for reading.
pub(crate) fn reader(config: &Config, chain: &str) -> Result<Arc<dyn Endpoint>, Failure> {
    let settings = config.chain(chain).map_err(|reason| Failure::Usage(anyhow!(reason)))?;
    families::endpoint(settings, None).map_err(|reason| usage(chain, &reason))
}

/// The ways to all configured chains, for reading.
pub(crate) fn readers(config: &Config) -> Result<Endpoints, Failure> {
    let aliases = config.chains.keys().map(toml::Spanned::get_ref);
    aliases.map(|alias| Ok((alias.clone(), reader(config, alias)?))).collect()
}

/// The way to a chain with a key: the one that is named, or that the configuration names.
pub(crate) fn signer(
    config: &Config,
    who: &ChainKey,
    passphrase: &PassphraseArgs,
) -> Result<Arc<dyn Endpoint>, Failure> {
    let (chain, name, owner) = who.resolve(config)?;
    let key = owner.unlock(&name, passphrase)?;
    families::endpoint(chain, Some(key)).map_err(|reason| usage(&who.chain, &reason))
}

/// The ways to all of `chains`, each with the key that its configuration names.
pub(crate) fn endpoints<'c>(
    config: &Config,
    chains: impl IntoIterator<Item = &'c str>,
    passphrase: &PassphraseArgs,
) -> Result<Endpoints, Failure> {
    let signer = |alias: &str| {
        let who = ChainKey { chain: alias.to_owned(), key: None };
        Ok((alias.to_owned(), signer(config, &who, passphrase)?))
    };
    chains.into_iter().map(signer).collect()
}

/// Refuses a node that serves another chain than the configuration says.
pub(crate) async fn check_network(
    config: &Config,
    chain: &str,
    endpoint: &dyn Endpoint,
) -> Result<(), Failure> {
    let settings = config.chain(chain).map_err(|reason| Failure::Usage(anyhow!(reason)))?;
    let on = |error| failure(WorkError::Endpoint { chain: chain.to_owned(), error });
    let (got, expected) =
        (endpoint.identity().await.map_err(on)?.network, settings.network_id.get_ref());
    if got == *expected {
        return Ok(());
    }
    Err(Failure::Usage(anyhow!(
        "{chain}: the node serves {got}, the configuration says {expected}: correct one of them"
    )))
}

/// An endpoint with its name.
pub(crate) fn named<'e>(endpoints: &'e Endpoints, alias: &'e str) -> Result<Named<'e>, Failure> {
    let found = endpoints.get_key_value(alias);
    let (alias, endpoint) = found.ok_or_else(|| {
        let known: Vec<_> = endpoints.keys().map(String::as_str).collect();
        let known = known.join(", ");
        Failure::Usage(anyhow!("there is no chain {alias:?}; configured are {known}"))
    })?;
    Ok(Named { alias, endpoint: &**endpoint })
}

/// Refuses the id of a client that a chain does not have.
pub(crate) async fn check_client(host: Named<'_>, id: &ClientId) -> Result<(), Failure> {
    let on = |error| WorkError::Endpoint { chain: host.alias.to_owned(), error };
    let known = host.endpoint.clients().await.map_err(|error| failure(on(error)))?;
    if known.contains(id) || known.len() >= MAX_CLIENTS {
        return Ok(());
    }
    let known: Vec<_> = known.iter().map(ToString::to_string).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    Err(Failure::Usage(anyhow!("there is no client {id} on {}; there are {known}", host.alias)))
}

/// All endpoints with their names.
pub(crate) fn all(endpoints: &Endpoints) -> Vec<Named<'_>> {
    let each = endpoints.iter();
    each.map(|(alias, endpoint)| Named { alias, endpoint: &**endpoint }).collect()
}

/// All pairs of some chains, each once.
pub(crate) fn pairs<T: Copy>(chains: &[T]) -> impl Iterator<Item = (T, T)> {
    chains
        .iter()
        .enumerate()
        .flat_map(|(number, a)| chains.iter().skip(number.saturating_add(1)).map(|b| (*a, *b)))
}

/// What a new client of `followed` on `host` is given.
pub(crate) fn client_parameters(host: &ChainConfig, followed: &ChainConfig) -> ClientParameters {
    ClientParameters {
        trusting_period: followed.trusting_period.as_ref().map(|it| it.get_ref().0),
        max_clock_drift: host.clock_drift.as_ref().map_or(CLOCK_DRIFT, |it| it.get_ref().0),
    }
}

/// What new clients of a path between two chains are given.
pub(crate) fn path_parameters(a: &ChainConfig, b: &ChainConfig) -> PathParameters {
    PathParameters {
        client_on_a: client_parameters(a, b),
        client_on_b: client_parameters(b, a),
        patience: PATIENCE,
    }
}

/// The paths that a configuration names.
pub(crate) fn configured_paths(config: &Config) -> Result<Vec<Path>, Failure> {
    let end = |end: &crate::config::PathEnd| {
        let client = ClientId::new(end.client.get_ref().clone()).map_err(Failure::usage)?;
        Ok(PathEnd { chain: end.chain.get_ref().clone(), client })
    };
    let path = |path: &crate::config::PathConfig| {
        let [a, b] = &path.ends;
        Ok(Path { a: end(a)?, b: end(b)? })
    };
    config.paths.iter().map(path).collect()
}

/// The paths that there are between any two chains, by the chains' own states. Waits for chains
/// that do not answer.
pub(crate) async fn find_paths(endpoints: &Endpoints) -> Result<Vec<Path>, Failure> {
    let aliases: Vec<&str> = endpoints.keys().map(String::as_str).collect();
    let mut paths = Vec::new();
    for (a, b) in pairs(&aliases) {
        let (a, b) = (named(endpoints, a)?, named(endpoints, b)?);
        let mut was_told = false;
        let found = loop {
            match find_path(a, b).await {
                Err(WorkError::Endpoint { error: error @ EndpointError::Transport(_), chain }) => {
                    if !was_told {
                        Output::progress(&format!("waiting for {chain}: {error}"));
                    }
                    was_told = true;
                    tokio::time::sleep(PAUSE).await;
                }
                found => break found.map_err(failure)?,
            }
        };
        paths.extend(found);
    }
    Ok(paths)
}

/// Where the relayer of a configuration listens, and whom it lets in.
pub(crate) fn rpc_settings(relayer: &RelayerConfig) -> Result<RpcSettings, Failure> {
    let token = relayer.token_file.as_deref().map(read_token).transpose()?;
    Ok(RpcSettings { listen: *relayer.listen.get_ref(), token })
}

/// The token in a file.
pub(crate) fn read_token(file: &FilePath) -> Result<String, Failure> {
    let shown = file.display();
    let read = || {
        let len = fs::metadata(file)?.len();
        if len > MAX_TOKEN {
            return Err(std::io::Error::other(format!("longer than {MAX_TOKEN} bytes")));
        }
        fs::read_to_string(file)
    };
    let text = read().with_context(|| format!("cannot read the token in {shown}"));
    Ok(text.map_err(Failure::Usage)?.trim().to_owned())
}

/// Where the relayer of a configuration keeps its state.
pub(crate) fn store(relayer: Option<&RelayerConfig>) -> Result<PathBuf, Failure> {
    match relayer.and_then(|relayer| relayer.store.clone()) {
        Some(store) => Ok(store),
        None => Ok(home()?.join(STORE)),
    }
}
