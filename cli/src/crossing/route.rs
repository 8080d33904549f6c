//! The way that vouchers came, in the names that chains have here.

use causeway_core::ClientId;
use causeway_core::transfer::Denom;
use causeway_relayer_daemon::work::read_client;
use causeway_relayer_daemon::{Path, PathEnd};

use crate::config::Config;
use crate::output::Failure;
use crate::relaying::{Endpoints, all, configured_paths, named, readers};

/// What stands for a chain that is not known.
const UNKNOWN: &str = "?";

/// What is known of how chains are connected.
pub(crate) struct Routes {
    paths: Vec<Path>,
    endpoints: Endpoints,
}

impl Routes {
    /// What a configuration knows, and the chains that can be asked for the rest.
    pub(crate) fn new(config: &Config) -> Result<Self, Failure> {
        Ok(Self { paths: configured_paths(config)?, endpoints: readers(config)? })
    }

    /// The chains over which a voucher came to `here`, its home first, such as `pow -> pos`.
    pub(crate) async fn of(&self, denom: &Denom, here: &str) -> String {
        let mut chains = vec![here.to_owned()];
        let mut at = Some(here.to_owned());
        for hop in denom.hops() {
            at = match &at {
                Some(chain) => self.beyond(chain, hop.client()).await,
                None => None,
            };
            chains.push(at.clone().unwrap_or_else(|| UNKNOWN.to_owned()));
        }
        chains.reverse();
        chains.join(" -> ")
    }

    /// The chain that a client follows: by the configured paths, or by its host.
    async fn beyond(&self, chain: &str, client: &ClientId) -> Option<String> {
        if let Some(other) = other_end(&self.paths, chain, client) {
            return Some(other);
        }
        let host = named(&self.endpoints, chain).ok()?;
        read_client(host, client, &all(&self.endpoints)).await.ok()?.follows
    }
}

fn other_end(paths: &[Path], chain: &str, client: &ClientId) -> Option<String> {
    let is_it = |end: &PathEnd| end.chain == chain && end.client == *client;
    let ends = paths.iter().flat_map(|path| [(&path.a, &path.b), (&path.b, &path.a)]);
    ends.into_iter().find(|(own, _)| is_it(own)).map(|(_, other)| other.chain.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = r#"version = 1

[chains.one]
family = "cometbft"
network_id = "cosmos:one-1"
urls = { rpc = ["http://127.0.0.1:1"] }
native = { denom = "uone", decimals = 6, symbol = "ONE" }

[chains.two]
family = "cometbft"
network_id = "cosmos:two-1"
urls = { rpc = ["http://127.0.0.1:1"] }
native = { denom = "utwo", decimals = 6, symbol = "TWO" }

[chains.three]
family = "cometbft"
network_id = "cosmos:three-1"
urls = { rpc = ["http://127.0.0.1:1"] }
native = { denom = "uthree", decimals = 6, symbol = "THREE" }

[[paths]]
ends = [{ chain = "one", client = "client-1" }, { chain = "two", client = "client-2" }]

[[paths]]
ends = [{ chain = "two", client = "client-3" }, { chain = "three", client = "client-4" }]
"#;

    #[tokio::test]
    async fn the_way_of_a_voucher_begins_at_its_home() {
        let routes = Routes::new(&Config::parse(CONFIG).unwrap()).unwrap();
        for (denom, here, route) in [
            ("transfer/client-2/uone", "two", "one -> two"),
            ("transfer/client-4/transfer/client-2/uone", "three", "one -> two -> three"),
            ("transfer/client-1/transfer/client-2/uone", "one", "one -> two -> one"),
            ("transfer/client-9/transfer/client-2/x", "two", "? -> ? -> two"),
            ("uone", "one", "one"),
        ] {
            let denom: Denom = denom.parse().unwrap();
            assert_eq!(routes.of(&denom, here).await, route);
        }
    }
}
