//! What a configuration says.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::PathBuf;

use causeway_core::caip::ChainId;
use causeway_core::{Amount, ClientId};
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::{GasPrice, Length};
use crate::families::{self, Family};

/// The layout of configurations that this program reads and writes.
pub(crate) const VERSION: u32 = 1;

/// Why a text is no configuration.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// The form: no TOML, an unknown field, a wrong type.
    #[error("{0}")]
    Form(#[from] toml::de::Error),
    /// The contents.
    #[error("line {line}, column {column}: {reason}")]
    Contents { line: usize, column: usize, reason: String },
}

/// A configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// The layout of this file.
    pub(crate) version: Spanned<u32>,
    /// The bundled network, when the chains are its.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) network: Option<Bundled>,
    /// The chains by the names that commands use.
    #[serde(default)]
    pub(crate) chains: BTreeMap<Spanned<String>, ChainConfig>,
    /// The relayer's own settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) relayer: Option<RelayerConfig>,
    /// Between which clients of which chains packets are carried.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) paths: Vec<PathConfig>,
}

/// A network that `causeway up` runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bundled {
    /// What its developers' keys follow from. They are known to everybody.
    pub(crate) seed: u64,
    /// Where it keeps its state.
    pub(crate) data_dir: PathBuf,
    /// Where faults can be asked for, with `up --faults`.
    pub(crate) control: String,
    /// The credentials for that.
    pub(crate) control_cookie_file: PathBuf,
}

/// One chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChainConfig {
    /// In which formats it speaks.
    pub(crate) family: Spanned<String>,
    /// Which chain it is (CAIP-2): commands that move coins ask it first.
    pub(crate) network_id: Spanned<String>,
    /// For each of its APIs the URLs, in order of preference.
    pub(crate) urls: BTreeMap<Spanned<String>, Vec<String>>,
    /// The credentials for the APIs, as `user:password` in a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cookie_file: Option<PathBuf>,
    /// What addresses begin with, where that differs within the family.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) address_prefix: Option<Spanned<String>>,
    /// The key that pays when a command names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<String>,
    /// The most of the native coin's smallest unit that one transaction may cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) max_fee: Option<Spanned<String>>,
    /// What a unit of gas costs, in the native coin's smallest unit, where the chain itself does
    /// not say: a decimal number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) gas_price: Option<Spanned<GasPrice>>,
    /// How long new clients of this chain trust their newest state; the family's usual share of
    /// its own bounds by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) trusting_period: Option<Spanned<Length>>,
    /// How far the time of this chain may be behind that of others: new clients on it take headers
    /// that are so far ahead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) clock_drift: Option<Spanned<Length>>,
    /// What else the family must know of the chain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) parameters: Option<Spanned<toml::Table>>,
    /// Its native coin.
    pub(crate) native: Denomination,
    /// Other tokens, where the family has no list of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) tokens: Vec<Denomination>,
    /// Addresses of contracts by name, where the family has addresses for them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) contracts: BTreeMap<String, String>,
}

/// A coin or token of a chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Denomination {
    /// The name of its smallest unit, in which all amounts are.
    pub(crate) denom: String,
    /// Ten to this power of the smallest unit are a whole one.
    pub(crate) decimals: u8,
    /// What a whole one is called.
    pub(crate) symbol: String,
}

/// The relayer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RelayerConfig {
    /// Where it answers.
    pub(crate) listen: Spanned<SocketAddr>,
    /// A file with the token that callers must bring to change something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) token_file: Option<PathBuf>,
    /// Where it keeps its state; `relayer.sqlite` in the home directory by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) store: Option<PathBuf>,
}

/// A path: a client on each of two chains, each the other's counterparty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PathConfig {
    /// The two ends.
    pub(crate) ends: [PathEnd; 2],
}

/// One end of a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PathEnd {
    /// The chain.
    pub(crate) chain: Spanned<String>,
    /// The client on it.
    pub(crate) client: Spanned<String>,
}

impl Config {
    /// Reads and checks a configuration; errors say where in the text they are.
    pub(crate) fn parse(text: &str) -> Result<Self, ConfigError> {
        let config: Self = toml::from_str(text)?;
        config.check().map_err(|(at, reason)| {
            let before = text.get(..at).unwrap_or_default();
            let line_start = before.rfind('\n').map_or(0, |newline| newline.saturating_add(1));
            let in_line = before.get(line_start..).unwrap_or_default();
            let [line, column] = [before.matches('\n').count(), in_line.chars().count()]
                .map(|count| count.saturating_add(1));
            ConfigError::Contents { line, column, reason }
        })?;
        Ok(config)
    }

    /// The text, which [`Config::parse`] reads as the same configuration.
    pub(crate) fn to_text(&self) -> Result<String, toml::ser::Error> {
        toml::to_string_pretty(self)
    }

    fn check(&self) -> Result<(), (usize, String)> {
        if *self.version.get_ref() != VERSION {
            let got = self.version.get_ref();
            let reason = format!("version {got}, this program reads version {VERSION}");
            return Err((self.version.span().start, reason));
        }
        for (name, chain) in &self.chains {
            check_name(name)?;
            chain.check()?;
        }
        for end in self.paths.iter().flat_map(|path| &path.ends) {
            let client: Result<ClientId, _> = ClientId::new(end.client.get_ref().clone());
            client.map_err(|error| (end.client.span().start, error.to_string()))?;
            if !self.chains.keys().any(|name| name.get_ref() == end.chain.get_ref()) {
                return Err((end.chain.span().start, self.unknown(end.chain.get_ref())));
            }
        }
        for PathConfig { ends: [a, b] } in &self.paths {
            if a.chain.get_ref() == b.chain.get_ref() {
                return Err((b.chain.span().start, "a path is between two chains".to_owned()));
            }
        }
        Ok(())
    }

    /// A chain by its name.
    pub(crate) fn chain(&self, name: &str) -> Result<&ChainConfig, String> {
        let found = self.chains.iter().find(|(known, _)| known.get_ref() == name);
        found.map(|(_, chain)| chain).ok_or_else(|| self.unknown(name))
    }

    fn unknown(&self, name: &str) -> String {
        let known: Vec<_> = self.chains.keys().map(|name| name.get_ref().as_str()).collect();
        if known.is_empty() {
            return format!("there is no chain {name:?}: none is configured");
        }
        format!("there is no chain {name:?}; configured are {}", known.join(", "))
    }
}

/// Names stand before a colon on the command line.
fn check_name(name: &Spanned<String>) -> Result<(), (usize, String)> {
    let text = name.get_ref();
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if text.is_empty() || text.len() > 32 || !text.chars().all(allowed) {
        let reason = format!("chain name {text:?}: 1 to 32 of a-z, 0-9 and - are allowed");
        return Err((name.span().start, reason));
    }
    Ok(())
}

impl ChainConfig {
    /// The family it names, which [`Config::parse`] has checked.
    pub(crate) fn family(&self) -> Result<&'static dyn Family, String> {
        families::by_name(self.family.get_ref())
    }

    /// True for the denominations that are at home on this chain.
    pub(crate) fn is_own(&self, denom: &str) -> bool {
        let tokens = self.tokens.iter().map(|token| token.denom.as_str());
        [self.native.denom.as_str()]
            .into_iter()
            .chain(tokens)
            .any(|it| it == denom || it.starts_with("0x") && it.eq_ignore_ascii_case(denom))
    }

    /// The most that a transaction may cost.
    pub(crate) fn max_fee(&self) -> Option<Amount> {
        self.max_fee.as_ref().and_then(|text| text.get_ref().parse().ok())
    }

    fn check(&self) -> Result<(), (usize, String)> {
        let family = self.family().map_err(|reason| (self.family.span().start, reason))?;
        let id: Result<ChainId, _> = self.network_id.get_ref().parse();
        let id_at = self.network_id.span().start;
        let id = id.map_err(|error| (id_at, error.to_string()))?;
        if id.namespace() != family.namespace() {
            let expected = family.namespace();
            let reason = format!("network id of {:?}, expected {expected:?}", id.namespace());
            return Err((id_at, reason));
        }
        self.check_urls(family)?;
        if let Some(prefix) = &self.address_prefix {
            family.check_prefix(prefix.get_ref()).map_err(|why| (prefix.span().start, why))?;
        }
        if let Some(period) = self.trusting_period.as_ref().filter(|it| it.get_ref().0.is_zero()) {
            let reason = "a trusting period of no time trusts nothing".to_owned();
            return Err((period.span().start, reason));
        }
        if let Some(table) = &self.parameters {
            family.check_parameters(self).map_err(|why| (table.span().start, why))?;
        }
        if let Some(text) = &self.max_fee {
            let parsed: Result<Amount, _> = text.get_ref().parse();
            parsed.map_err(|error| (text.span().start, error.to_string()))?;
        }
        Ok(())
    }

    fn check_urls(&self, family: &dyn Family) -> Result<(), (usize, String)> {
        let known: BTreeSet<_> = family.apis().iter().map(|(name, _)| *name).collect();
        let listed = || known.iter().copied().collect::<Vec<_>>().join(", ");
        for (name, urls) in &self.urls {
            let at = name.span().start;
            if !known.contains(name.get_ref().as_str()) {
                let reason = format!("no API {:?}; there are {}", name.get_ref(), listed());
                return Err((at, reason));
            }
            if urls.is_empty() {
                return Err((at, format!("no URL for API {:?}", name.get_ref())));
            }
            for url in urls {
                let parsed: Result<causeway_relayer_daemon::transport::Address, _> = url.parse();
                parsed.map_err(|error| (at, error.to_string()))?;
            }
        }
        let missing = known.iter().find(|api| !self.urls.keys().any(|name| name.get_ref() == *api));
        match missing {
            Some(api) => Err((self.family.span().start, format!("no urls for API {api:?}"))),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"version = 1

[chains.one]
family = "ethereum"
network_id = "eip155:1"
urls = { beacon = ["http://127.0.0.1:1"], rpc = ["http://127.0.0.1:2", "http://b:3"] }
native = { denom = "wei", decimals = 18, symbol = "ETH" }
max_fee = "12"
trusting_period = "14days"
clock_drift = "15s"

[chains.two]
family = "cometbft"
network_id = "cosmos:two-1"
urls = { rpc = ["http://127.0.0.1:4"] }
native = { denom = "utwo", decimals = 6, symbol = "TWO" }
gas_price = "0.1"

[relayer]
listen = "127.0.0.1:26600"
token_file = "/token"

[[paths]]
ends = [{ chain = "one", client = "client-0" }, { chain = "two", client = "client-1" }]
"#;

    #[test]
    fn what_is_written_is_read_again() {
        let config = Config::parse(GOOD).unwrap();
        let text = config.to_text().unwrap();
        let again = Config::parse(&text).unwrap();
        assert_eq!(again.to_text().unwrap(), text);
        assert_eq!(again.chain("one").unwrap().max_fee(), "12".parse().ok());
        assert!(again.chain("three").unwrap_err().contains("configured are one, two"));
    }

    #[test]
    fn errors_say_where_they_are() {
        for (good, bad, place) in [
            ("version = 1", "version = 2", "line 1, column 11"),
            ("version = 1", "version = 1\nsecret = 1", "line 2, column 1"),
            ("chains.one", "chains.One", "line 3, column 9"),
            ("\"ethereum\"", "\"nothing\"", "line 4, column 10"),
            ("eip155:1", "eip155", "line 5, column 14"),
            ("eip155:1", "cosmos:x-1", "line 5, column 14"),
            ("beacon =", "bacon =", "line 6, column 10"),
            ("http://127.0.0.1:2", "https://x", "line 6, column 43"),
            ("beacon = [\"http://127.0.0.1:1\"], ", "", "line 4, column 10"),
            ("\"12\"", "\"1.5\"", "line 8, column 11"),
            ("family = \"ethereum\"", "family = ", "line 4, column"),
            ("\"14days\"", "\"14 moons\"", "line 9, column 19"),
            ("\"14days\"", "\"0s\"", "line 9, column 19"),
            ("\"15s\"", "15", "line 10, column 15"),
            ("\"15s\"", "\"15s\"\nparameters = {}", "line 11, column 14"),
            ("\"15s\"", "\"15s\"\nparameters = 1", "line 11, column 14"),
            ("\"0.1\"", "\"0,1\"", "line 17, column 13"),
            ("127.0.0.1:26600", "here:26600", "line 20, column 10"),
            ("127.0.0.1:26600", "127.0.0.1", "line 20, column 10"),
            ("token_file", "token", "line 21, column 1"),
            ("\"client-0\"", "\"c\"", "line 24, column 35"),
            ("chain = \"two\"", "chain = \"three\"", "line 24, column 59"),
            ("chain = \"two\"", "chain = \"one\"", "line 24, column 59"),
            (", { chain = \"two\", client = \"client-1\" }", "", "line 24, column 8"),
        ] {
            let text = GOOD.replace(good, bad);
            assert_ne!(text, GOOD, "{good}");
            let error = Config::parse(&text).unwrap_err().to_string();
            assert!(error.contains(place), "{bad}: {error}");
        }
    }
}
