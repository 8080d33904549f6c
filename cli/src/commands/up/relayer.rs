//! The relayer of the bundled network.

use causeway_relayer_daemon::work::{NewPath, create_paths};
use causeway_relayer_daemon::{Daemon, Path};
use toml::Spanned;

use crate::commands::relay;
use crate::config::{Config, PathConfig, PathEnd};
use crate::keys::PassphraseArgs;
use crate::output::{Failure, Output};
use crate::relaying::{
    Endpoints, configured_paths, endpoints, failure, named, pairs, path_parameters,
};

/// A network's relayer.
#[derive(Debug)]
pub(super) struct Relayer {
    pub(super) daemon: Daemon,
}

/// Connects each two chains of a network; a path that the configuration names is kept, whatever
/// has become of it. The configuration has all of them afterwards.
pub(super) async fn start(config: &mut Config) -> Result<Relayer, Failure> {
    let chains = config.chains.keys().map(|it| it.get_ref().as_str());
    let endpoints = endpoints(config, chains, &PassphraseArgs::default())?;
    let paths = connect(config, &endpoints).await?;
    config.paths = paths.iter().map(path_config).collect();
    let daemon = relay::start(config.relayer.as_ref(), endpoints, &paths).await?;
    Ok(Relayer { daemon })
}

/// All paths between the chains, made where there is none.
async fn connect(config: &Config, endpoints: &Endpoints) -> Result<Vec<Path>, Failure> {
    let mut paths = configured_paths(config)?;
    let chains: Vec<_> = config.chains.iter().collect();
    let mut wanted = Vec::new();
    for ((a, on_a), (b, on_b)) in pairs(&chains) {
        let is_it = |path: &Path| {
            let ends = [path.a.chain.as_str(), path.b.chain.as_str()];
            ends.contains(&a.get_ref().as_str()) && ends.contains(&b.get_ref().as_str())
        };
        if !paths.iter().any(is_it) {
            let (a, b) = (named(endpoints, a.get_ref())?, named(endpoints, b.get_ref())?);
            wanted.push(NewPath { a, b, parameters: path_parameters(on_a, on_b) });
        }
    }
    if !wanted.is_empty() {
        Output::progress("connecting the chains");
        paths.extend(create_paths(&wanted).await.map_err(failure)?);
    }
    Ok(paths)
}

fn path_config(path: &Path) -> PathConfig {
    let spanned = |text: String| Spanned::new(0..0, text);
    let end = |end: &causeway_relayer_daemon::PathEnd| PathEnd {
        chain: spanned(end.chain.clone()),
        client: spanned(end.client.to_string()),
    };
    PathConfig { ends: [end(&path.a), end(&path.b)] }
}
