//! What packets carry.

use std::fs;

use anyhow::{Context, anyhow};
use causeway_core::gmp::GmpPacketData;
use causeway_core::transfer::{Denom, FungibleTokenPacketData};
use causeway_core::{Amount, DecodeError, Encoding, Payload};
use clap::Args;

use crate::config::{ChainConfig, Config};
use crate::families::{self, ChainClient};
use crate::output::Failure;

/// The longest file that a payload is read from.
const MAX_FILE: u64 = 1 << 20;

/// Tokens that cross.
#[derive(Clone, Debug)]
pub(crate) struct Tokens {
    /// Which, as packets name them.
    pub(crate) denom: Denom,
    /// How many of the smallest unit.
    pub(crate) amount: Amount,
    /// Whose they are.
    pub(crate) sender: String,
    /// Who receives them.
    pub(crate) receiver: String,
    /// A text for whoever reads it.
    pub(crate) memo: String,
}

impl Tokens {
    /// The payload.
    pub(crate) fn payload(self, encoding: Encoding) -> Result<Payload, DecodeError> {
        let Self { denom, amount, sender, receiver, memo } = self;
        let data = FungibleTokenPacketData::new(denom, amount, sender, receiver, memo)?;
        data.to_payload(encoding)
    }
}

/// A contract that is called.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// Who calls.
    pub(crate) sender: String,
    /// What is called.
    pub(crate) contract: String,
    /// With what.
    pub(crate) payload: Vec<u8>,
}

impl Call {
    /// The payload.
    pub(crate) fn payload(self, encoding: Encoding) -> Result<Payload, DecodeError> {
        let Self { sender, contract, payload } = self;
        GmpPacketData::new(sender, contract, Vec::new(), payload, "")?.to_payload(encoding)
    }
}

/// What a contract is called with.
#[derive(Clone, Debug, Args)]
pub(crate) struct CallArgs {
    /// What the contract is called with: hexadecimal, or @FILE.
    #[arg(long, value_name = "HEX|@FILE")]
    pub(crate) payload: Option<String>,
}

impl CallArgs {
    /// The bytes.
    pub(crate) fn bytes(&self) -> Result<Vec<u8>, Failure> {
        let text = self.payload.as_deref().unwrap_or_default();
        let Some(file) = text.strip_prefix('@') else {
            let digits = text.strip_prefix("0x").unwrap_or(text);
            let decoded = hex::decode(digits);
            return decoded.with_context(|| format!("payload {text:?}")).map_err(Failure::Usage);
        };
        let len = fs::metadata(file).map_or(0, |metadata| metadata.len());
        if len > MAX_FILE {
            return Err(Failure::Usage(anyhow!("{file}: more than {MAX_FILE} bytes")));
        }
        fs::read(file).with_context(|| format!("cannot read {file}")).map_err(Failure::Usage)
    }
}

/// The address of a contract: one that the configuration names, or an address.
pub(crate) fn find_contract(chain: &ChainConfig, text: &str) -> Result<String, Failure> {
    if let Some(address) = chain.contracts.get(text) {
        return Ok(address.clone());
    }
    let known = chain.contracts.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    let family = chain.family().map_err(|reason| Failure::Usage(anyhow!(reason)))?;
    let address = family.check_address(families::prefix(family, chain), text);
    address.map_err(|reason| {
        Failure::Usage(anyhow!("{text:?} is no contract: known are {known}; {reason}"))
    })
}

/// What packets call a denomination of a chain. Vouchers of `account` are found by their name on
/// the chain, or by the way that they came.
pub(crate) async fn find_denom(
    config: &Config,
    chain: &str,
    account: &str,
    text: &str,
) -> Result<Denom, Failure> {
    let usage = |reason: String| Failure::Usage(anyhow!(reason));
    let settings = config.chain(chain).map_err(usage)?;
    let family = settings.family().map_err(usage)?;
    let client = families::connect(settings).map_err(usage)?;
    let name = match voucher(&*client, account, text).await? {
        Some(route) => route,
        None if settings.is_own(text) => family.denom_in_packets(text).map_err(usage)?,
        None => {
            let reason = format!(
                "{text:?} is no denomination on {chain}: `causeway balance {chain}:{account}` \
                 shows what there is"
            );
            return Err(usage(reason));
        }
    };
    name.parse().map_err(|error: DecodeError| Failure::usage(error))
}

async fn voucher(
    client: &dyn ChainClient,
    account: &str,
    text: &str,
) -> Result<Option<String>, Failure> {
    let balances = client.balances(account).await.map_err(crate::commands::failure)?;
    let is_it = |route: &str, denom: &str| route == text || denom.eq_ignore_ascii_case(text);
    let routes = balances.into_iter().filter_map(|it| Some((it.route?, it.denom)));
    Ok(routes.into_iter().find(|(route, denom)| is_it(route, denom)).map(|(route, _)| route))
}
