//! Asking a running relayer, over its JSON-RPC.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use anyhow::anyhow;
use causeway_relayer_daemon::rpc::client::{CallError, RpcClient};
use causeway_relayer_daemon::transport::Address;
use clap::Args;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::config::{Config, RelayerConfig};
use crate::output::Failure;
use crate::relaying::read_token;

/// What a transport says of a server that lets nobody in without a token, or not with this one.
const UNAUTHORIZED: &str = "status 401";

/// What to do then.
const TOKEN: &str = "name the file with the relayer's token by --token-file";

/// Which relayer is asked.
#[derive(Debug, Args)]
pub(crate) struct RelayerArgs {
    /// Where the relayer answers [default: `listen` of the configuration's relayer].
    #[arg(long = "relayer", value_name = "URL")]
    url: Option<String>,

    /// A file with the relayer's token [default: `token_file` of the configuration's relayer].
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

/// A relayer.
#[derive(Debug)]
pub(crate) struct Relayer {
    url: String,
    client: RpcClient,
}

/// Why a relayer gave nothing.
#[derive(Debug)]
pub(crate) enum AskError {
    /// Nobody answers, or what answers is no relayer: the chains can still be asked.
    Absent(Failure),
    /// The relayer does not know it.
    Unknown(Failure),
    /// Anything else.
    Other(Failure),
}

impl AskError {
    /// The same, where it makes no difference.
    pub(crate) fn failure(self) -> Failure {
        let (Self::Absent(failure) | Self::Unknown(failure) | Self::Other(failure)) = self;
        failure
    }
}

/// Where a relayer that listens there can be reached from here.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

impl RelayerArgs {
    /// The relayer, for reading: a token that cannot be read is not brought.
    pub(crate) fn reading(&self, config: &Config) -> Result<Relayer, Failure> {
        let token = self.token(config.relayer.as_ref()).unwrap_or_default();
        self.relayer(config.relayer.as_ref(), token)
    }

    /// The relayer, for changing something.
    pub(crate) fn changing(&self, config: &Config) -> Result<Relayer, Failure> {
        let token = self.token(config.relayer.as_ref())?;
        self.relayer(config.relayer.as_ref(), token)
    }

    fn token(&self, relayer: Option<&RelayerConfig>) -> Result<Option<String>, Failure> {
        let configured = relayer.and_then(|relayer| relayer.token_file.as_ref());
        let file = match (&self.token_file, &self.url) {
            (Some(file), _) => Some(file),
            // The token of one relayer is none of another's business.
            (None, Some(_)) => None,
            (None, None) => configured,
        };
        file.map(|file| read_token(file)).transpose()
    }

    fn relayer(
        &self,
        relayer: Option<&RelayerConfig>,
        token: Option<String>,
    ) -> Result<Relayer, Failure> {
        let configured = relayer.map(|it| format!("http://{}", reachable(*it.listen.get_ref())));
        let url = self.url.clone().or(configured).ok_or_else(|| {
            let reason = "the configuration has no [relayer]: set `listen` there, or say --relayer";
            Failure::Usage(anyhow!(reason))
        })?;
        let address: Address =
            url.parse().map_err(|error| Failure::Usage(anyhow!("relayer {url:?}: {error}")))?;
        Ok(Relayer { url, client: RpcClient::new(address, token) })
    }
}

impl Relayer {
    /// Calls a method of the relayer.
    pub(crate) async fn ask<R: DeserializeOwned>(
        &self,
        method: &str,
        params: impl Serialize,
    ) -> Result<R, AskError> {
        let asked = self.client.call(&format!("causeway_{method}"), params).await;
        asked.map_err(|error| self.failure(error))
    }

    fn failure(&self, error: CallError) -> AskError {
        let url = &self.url;
        let environment = |reason: String| Failure::Environment(anyhow!(reason));
        match error {
            // Beyond loopback nobody is let in without a token, not even to read.
            CallError::Transport(error) if error.to_string().contains(UNAUTHORIZED) => {
                AskError::Other(Failure::Usage(anyhow!("{url} wants another token: {TOKEN}")))
            }
            CallError::Transport(error) => AskError::Absent(environment(format!(
                "no relayer answers at {url}: `causeway relay` starts one ({error})"
            ))),
            CallError::Nonsense(reason) => AskError::Absent(environment(format!(
                "what answers at {url} is no relayer of this version: {reason}"
            ))),
            CallError::Refused { code, message, next } => match code.as_deref() {
                Some("not_found") => AskError::Unknown(Failure::Usage(anyhow!(message))),
                Some("invalid_params") => AskError::Other(Failure::Usage(anyhow!(message))),
                Some("unauthorized") => {
                    AskError::Other(Failure::Usage(anyhow!("{message}: {TOKEN}")))
                }
                Some(_) => {
                    let next = next.map(|next| format!(": {next}")).unwrap_or_default();
                    AskError::Other(environment(format!("{message}{next}")))
                }
                None => AskError::Absent(environment(format!(
                    "what answers at {url} is no relayer of this version: {message}"
                ))),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_listens_everywhere_is_reached_on_this_machine() {
        for (listen, reached) in [
            ("0.0.0.0:1", "127.0.0.1:1"),
            ("[::]:2", "[::1]:2"),
            ("127.0.0.1:3", "127.0.0.1:3"),
            ("192.0.2.7:4", "192.0.2.7:4"),
        ] {
            assert_eq!(reachable(listen.parse().unwrap()).to_string(), reached);
        }
    }

    #[test]
    fn without_a_relayer_in_the_configuration_one_must_be_named() {
        let config = Config::parse("version = 1").unwrap();
        let none = RelayerArgs { url: None, token_file: None };
        assert!(matches!(none.reading(&config), Err(Failure::Usage(_))));
        let url = |url: &str| RelayerArgs { url: Some(url.to_owned()), token_file: None };
        assert!(url("http://127.0.0.1:1").reading(&config).is_ok());
        assert!(matches!(url("ftp://x").reading(&config), Err(Failure::Usage(_))));
    }

    #[test]
    fn a_token_that_cannot_be_read_stops_only_what_needs_it() {
        let text = "version = 1\n[relayer]\nlisten = \"127.0.0.1:1\"\ntoken_file = \"/none\"";
        let config = Config::parse(text).unwrap();
        let args = RelayerArgs { url: None, token_file: None };
        assert!(args.reading(&config).is_ok());
        assert!(matches!(args.changing(&config), Err(Failure::Usage(_))));
    }
}
