//! What commands need of a chain, family by family, over the chain's own RPC. Shared code asks
//! [`FAMILIES`]; only the modules below it know formats.

mod bitcoin;
mod cometbft;
mod ethereum;
pub(crate) mod rpc;

use std::sync::Arc;

use async_trait::async_trait;
use causeway_core::{Amount, Encoding};
use causeway_relayer_daemon::transport::{Address, HttpTransport, Login, TransportLimits};
use causeway_relayer_endpoints::{Api, Endpoint, TransportError};
use k256::ecdsa::{SigningKey, VerifyingKey};
use serde::Serialize;

use crate::config::ChainConfig;

/// All families.
pub(crate) const FAMILIES: [&dyn Family; 3] =
    [&bitcoin::Bitcoin, &ethereum::Ethereum, &cometbft::Cometbft];

/// The family of a name.
pub(crate) fn by_name(name: &str) -> Result<&'static dyn Family, String> {
    let found = FAMILIES.into_iter().find(|family| family.name() == name);
    found.ok_or_else(|| {
        let known = FAMILIES.map(Family::name).join(", ");
        format!("there is no family {name:?}; there are {known}")
    })
}

/// A family of chains.
pub(crate) trait Family: Sync {
    /// What configurations call it.
    fn name(&self) -> &'static str;

    /// The namespace of its chains' ids (CAIP-2).
    fn namespace(&self) -> &'static str;

    /// Its APIs by name, with the numbers that transports know them by.
    fn apis(&self) -> &'static [(&'static str, Api)];

    /// The number of the first of the APIs by which each address of one API is reached alone, for
    /// what it says to be compared with the others; `None` where nothing is compared.
    fn first_witness(&self) -> Option<u8> {
        None
    }

    /// The prefix of addresses where a configuration names none; `None` where there is no choice.
    fn default_prefix(&self) -> Option<&'static str>;

    /// Accepts a prefix of addresses.
    fn check_prefix(&self, prefix: &str) -> Result<(), String>;

    /// The address of a key.
    fn address(&self, prefix: &str, key: &VerifyingKey) -> Result<String, String>;

    /// Reads an address, and gives it in its usual form.
    fn check_address(&self, prefix: &str, text: &str) -> Result<String, String>;

    /// The encoding of payloads that the family's published contracts insist on.
    fn only_encoding(&self) -> Option<Encoding> {
        None
    }

    /// What packets call a denomination that is at home on a chain of the family.
    fn denom_in_packets(&self, denom: &str) -> Result<String, String> {
        Ok(denom.to_owned())
    }

    /// Accepts a configuration's own parameters of the family.
    fn check_parameters(&self, chain: &ChainConfig) -> Result<(), String>;

    /// A client of one chain.
    fn client(&self, chain: &ChainConfig, transport: HttpTransport) -> Box<dyn ChainClient>;

    /// The relayer's way to one chain; without a key nothing can be submitted there.
    fn endpoint(
        &self,
        chain: &ChainConfig,
        transport: HttpTransport,
        key: Option<SigningKey>,
    ) -> Result<Arc<dyn Endpoint>, String>;
}

/// The prefix of a chain's addresses; empty in a family that has none.
pub(crate) fn prefix<'c>(family: &dyn Family, chain: &'c ChainConfig) -> &'c str {
    let configured = chain.address_prefix.as_ref().map(|prefix| prefix.get_ref().as_str());
    configured.or(family.default_prefix()).unwrap_or_default()
}

/// Where a chain is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Status {
    /// The chain's id, as it says (CAIP-2).
    pub(crate) network_id: String,
    /// Height of its newest block.
    pub(crate) head: u64,
    /// Height of the newest block that counts as final; `None` before there is one.
    pub(crate) finalized: Option<u64>,
    /// The newest block's time, in seconds.
    pub(crate) time: u64,
    /// What software answers.
    pub(crate) software: String,
}

/// What an account has of one denomination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Balance {
    /// The denomination, as transfers name it.
    pub(crate) denom: String,
    /// How much, in the smallest unit.
    pub(crate) amount: Amount,
    /// For a voucher, the way it came, as packets name it: `transfer/client-0/…`.
    pub(crate) route: Option<String>,
}

/// A transfer within one chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LocalTransfer {
    /// To whom.
    pub(crate) to: String,
    /// How much, in the smallest unit.
    pub(crate) amount: Amount,
    /// Of what.
    pub(crate) denom: String,
    /// A text for whoever reads it, where the family has a place for one.
    pub(crate) memo: String,
}

/// A transaction that a chain has taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Submitted {
    /// The transaction, as its chain names it.
    pub(crate) transaction: String,
    /// The most it can cost, in the native coin's smallest unit.
    pub(crate) fee: Amount,
}

/// What became of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Inclusion {
    /// It is in no block yet.
    Pending,
    /// It is in a block, and did what it was to do.
    Done { height: u64 },
    /// It is in a block, and failed.
    Failed { height: u64, reason: String },
}

/// Why a client could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    /// There was no answer.
    #[error(transparent)]
    NoAnswer(#[from] TransportError),
    /// The answer makes no sense.
    #[error("{method}: nonsense from the chain's node: {reason}")]
    Nonsense { method: String, reason: String },
    /// The node could not answer.
    #[error("{method}: the chain's node fails: {reason}")]
    Node { method: String, reason: String },
    /// It is another chain than the configuration says.
    #[error("the node serves {got}, the configuration says {expected}")]
    OtherChain { got: String, expected: String },
    /// What was asked cannot be asked of this chain.
    #[error("{0}")]
    Usage(String),
    /// The chain says no, or would.
    #[error("{reason}")]
    Refused { code: String, reason: String },
}

impl ClientError {
    /// The chain says no: a stable name of the rule, or the chain's own code, and its words.
    #[expect(clippy::needless_pass_by_value, reason = "codes and words of many types")]
    pub(crate) fn refused(code: impl ToString, reason: impl ToString) -> Self {
        Self::Refused { code: code.to_string(), reason: reason.to_string() }
    }

    #[expect(clippy::needless_pass_by_value, reason = "errors come from `map_err`")]
    pub(crate) fn nonsense(method: &str, reason: impl ToString) -> Self {
        Self::Nonsense { method: method.into(), reason: reason.to_string() }
    }
}

/// A client of one chain.
#[async_trait]
pub(crate) trait ChainClient: Send + Sync {
    /// Where the chain is.
    async fn status(&self) -> Result<Status, ClientError>;

    /// What an account has, the native coin first, even when it is none.
    async fn balances(&self, address: &str) -> Result<Vec<Balance>, ClientError>;

    /// Builds, signs and broadcasts a transfer.
    async fn send(
        &self,
        transfer: &LocalTransfer,
        key: &SigningKey,
    ) -> Result<Submitted, ClientError>;

    /// What became of a transaction that was broadcast.
    async fn inclusion(&self, transaction: &str) -> Result<Inclusion, ClientError>;
}

/// A client of a configured chain.
pub(crate) fn connect(chain: &ChainConfig) -> Result<Box<dyn ChainClient>, String> {
    Ok(chain.family()?.client(chain, transport(chain)?))
}

/// The relayer's way to a configured chain.
pub(crate) fn endpoint(
    chain: &ChainConfig,
    key: Option<SigningKey>,
) -> Result<Arc<dyn Endpoint>, String> {
    chain.family()?.endpoint(chain, transport(chain)?, key)
}

fn transport(chain: &ChainConfig) -> Result<HttpTransport, String> {
    let family = chain.family()?;
    let mut apis = Vec::new();
    for (name, api) in family.apis() {
        let urls = chain.urls.iter().find(|(known, _)| known.get_ref() == name);
        let mut addresses = Vec::new();
        for url in urls.map(|(_, urls)| urls).into_iter().flatten() {
            let address: Address = url.parse().map_err(|error| format!("{error}"))?;
            addresses.push(match &chain.cookie_file {
                Some(file) => address.with_login(Login::CookieFile(file.clone())),
                None => address,
            });
        }
        if let Some(first) = family.first_witness().filter(|_| addresses.len() > 1) {
            let alone = (first..).zip(&addresses);
            apis.extend(alone.map(|(number, address)| (Api(number), vec![address.clone()])));
        }
        apis.push((*api, addresses));
    }
    Ok(HttpTransport::new(apis, TransportLimits::default()))
}

/// Refuses a fee above what the configuration allows.
fn check_fee(fee: Amount, max_fee: Option<Amount>) -> Result<(), ClientError> {
    match max_fee {
        Some(most) if fee > most => {
            let reason = format!("the fee would be {fee}, max_fee of the configuration is {most}");
            Err(ClientError::refused("fee_above_maximum", reason))
        }
        _ => Ok(()),
    }
}

/// Refuses to sign for another chain than the configuration names.
pub(crate) async fn check_network(
    client: &dyn ChainClient,
    expected: &str,
) -> Result<Status, ClientError> {
    let status = client.status().await?;
    if status.network_id != expected {
        let expected = expected.to_owned();
        return Err(ClientError::OtherChain { got: status.network_id, expected });
    }
    Ok(status)
}
