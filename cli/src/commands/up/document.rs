//! What `up` says of the network it has started.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use causeway_chain::{DEVELOPERS, developer_key};
use causeway_node::{Cookie, Report};
use serde_json::{Map, Value, json};
use toml::Spanned;

use crate::bundled::{BundledChain, CONTROL_PORT_OFFSET, dev_names};
use crate::config::{
    Bundled, CONFIG_FILE, ChainConfig, Config, GasPrice, Length, PathConfig, PathEnd, RelayerConfig,
};
use crate::families;
use crate::output::{Failure, Output};

/// The layout of the document.
const VERSION: u32 = 1;

/// What configurations that are made here begin with.
const HEADER: &str = "\
# The bundled network of `causeway up`, which writes this file anew at each start while it begins
# with these lines. docs/cli.md describes the fields.

";

/// The key that pays when a command names none.
const DEFAULT_KEY: &str = "relayer";

/// A running network.
pub(super) struct Running {
    pub(super) seed: u64,
    pub(super) data_dir: PathBuf,
    pub(super) config_file: PathBuf,
    pub(super) base_port: u16,
    pub(super) has_faults: bool,
    pub(super) control_cookie_file: PathBuf,
    /// Where its relayer answers, keeps its state, and has its token; `None` without one.
    pub(super) relayer: Option<RelayerConfig>,
    pub(super) chains: Vec<RunningChain>,
}

/// One of its chains.
pub(super) struct RunningChain {
    pub(super) chain: &'static dyn BundledChain,
    pub(super) cookie: Option<Cookie>,
    pub(super) report: Report,
}

fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

fn spanned<T>(value: T) -> Spanned<T> {
    Spanned::new(0..0, value)
}

fn length(text: &str) -> Option<Spanned<Length>> {
    Length::try_from(text.to_owned()).ok().map(spanned)
}

impl RunningChain {
    /// The URLs of its APIs by name.
    fn urls(&self, base_port: u16) -> impl Iterator<Item = (&'static str, String)> {
        let url = move |offset: u16| url(base_port.saturating_add(offset));
        self.chain.apis().iter().map(move |api| (api.name, url(api.port_offset)))
    }

    fn config(&self, base_port: u16) -> ChainConfig {
        let urls = self.urls(base_port).map(|(name, url)| (spanned(name.to_owned()), vec![url]));
        let contracts = self.chain.contracts().into_iter();
        let parameters = self.report.summary.parameters.as_deref();
        ChainConfig {
            family: spanned(self.chain.family().to_owned()),
            network_id: spanned(self.report.summary.network_id.clone()),
            cookie_file: self.cookie.as_ref().map(|cookie| cookie.file.clone()),
            address_prefix: self.chain.address_prefix().map(|prefix| spanned(prefix.to_owned())),
            key: Some(DEFAULT_KEY.to_owned()),
            max_fee: Some(spanned(self.chain.max_fee().to_owned())),
            gas_price: self.gas_price(),
            trusting_period: self.chain.trusting_period().and_then(length),
            clock_drift: length(self.chain.clock_drift()),
            parameters: self.chain.parameters(parameters).map(spanned),
            native: self.chain.native(),
            tokens: self.chain.tokens(),
            contracts: contracts.map(|(name, address)| (name.to_owned(), address)).collect(),
            urls: urls.collect(),
        }
    }

    fn gas_price(&self) -> Option<Spanned<GasPrice>> {
        let price = self.chain.gas_price()?.to_owned();
        GasPrice::try_from(price).ok().map(spanned)
    }

    fn document(&self, base_port: u16, seed: u64, paths: &[PathConfig]) -> Value {
        let native = self.chain.native();
        let native_denom = native.denom.clone();
        let mut denominations = vec![json!({
            "denom": native.denom,
            "decimals": native.decimals,
            "symbol": native.symbol,
            "native": true,
        })];
        denominations.extend(self.chain.tokens().into_iter().map(|token| {
            json!({
                "denom": token.denom,
                "decimals": token.decimals,
                "symbol": token.symbol,
                "native": false,
            })
        }));
        let keys = dev_names().map(|name| (name.to_owned(), self.key(name, seed)));
        let contracts = self.chain.contracts().into_iter();
        let network_id = &self.report.summary.network_id;
        json!({
            "family": self.chain.family(),
            "chain_id": network_id.split_once(':').map_or("", |(_, reference)| reference),
            "network_id": network_id,
            "urls": self.urls(base_port).collect::<BTreeMap<_, _>>(),
            "cookie_file": self.cookie.as_ref().map(|cookie| &cookie.file),
            "native_denom": native_denom,
            "denominations": denominations,
            "keys": keys.collect::<Map<_, _>>(),
            "contracts": contracts.collect::<BTreeMap<_, _>>(),
            "clients": self.clients(paths),
        })
    }

    /// The client of each other chain, by that chain's alias.
    fn clients(&self, paths: &[PathConfig]) -> BTreeMap<String, String> {
        let alias = self.chain.alias();
        let other = |[own, other]: [&PathEnd; 2]| {
            (own.chain.get_ref() == alias)
                .then(|| (other.chain.get_ref().clone(), own.client.get_ref().clone()))
        };
        let ways = paths.iter().map(|path| &path.ends).flat_map(|[a, b]| [[a, b], [b, a]]);
        ways.filter_map(other).collect()
    }

    fn key(&self, name: &str, seed: u64) -> Value {
        let key = developer_key(self.chain.alias(), name, seed);
        json!({
            "address": self.address(name, seed),
            "public_key": hex::encode(key.verifying_key().to_sec1_point(true).as_bytes()),
            "private_key": hex::encode(key.to_bytes()),
        })
    }

    fn address(&self, name: &str, seed: u64) -> String {
        let key = developer_key(self.chain.alias(), name, seed);
        let prefix = self.chain.address_prefix().unwrap_or_default();
        families::by_name(self.chain.family())
            .and_then(|family| family.address(prefix, key.verifying_key()))
            .unwrap_or_default()
    }
}

impl Running {
    /// The configuration with which commands reach the network.
    pub(super) fn config(&self) -> Config {
        let chains = self.chains.iter();
        Config {
            version: spanned(crate::config::VERSION),
            network: Some(Bundled {
                seed: self.seed,
                data_dir: self.data_dir.clone(),
                control: self.control_url(),
                control_cookie_file: self.control_cookie_file.clone(),
            }),
            chains: chains
                .map(|it| (spanned(it.chain.alias().to_owned()), it.config(self.base_port)))
                .collect(),
            relayer: self.relayer.clone(),
            paths: Vec::new(),
        }
    }

    /// The paths of an earlier run.
    pub(super) fn paths_before(&self) -> Vec<PathConfig> {
        let before = fs::read_to_string(&self.config_file).ok();
        let before = before.and_then(|text| Config::parse(&text).ok());
        before.map(|config| config.paths).unwrap_or_default()
    }

    fn control_url(&self) -> String {
        url(self.base_port.saturating_add(CONTROL_PORT_OFFSET))
    }

    /// Writes the configuration into the data directory.
    pub(super) fn write_own_configuration(&self, config: &Config) -> Result<String, Failure> {
        let text = config.to_text().context("the configuration has no text");
        let text = format!("{HEADER}{}", text.map_err(Failure::Environment)?);
        write(&self.config_file, &text)?;
        Ok(text)
    }

    /// Writes the configuration into the data directory, and into the home directory if there is
    /// none, or one that was written there for the same network.
    pub(super) fn write_configuration(&self, config: &Config, home: &Path) -> Result<(), Failure> {
        let text = self.write_own_configuration(config)?;
        let default = home.join(CONFIG_FILE);
        match fs::read_to_string(&default) {
            Ok(there) if self.is_ours(&there) => write(&default, &text),
            Ok(_) => {
                let (default, own) = (default.display(), self.config_file.display());
                Output::progress(&format!(
                    "note: {default} is of something else; use --config {own}"
                ));
                Ok(())
            }
            Err(_) => {
                fs::create_dir_all(home)
                    .with_context(|| format!("cannot make {}", home.display()))
                    .map_err(Failure::Environment)?;
                write(&default, &text)
            }
        }
    }

    /// True for a configuration that was made here for this network and not edited into another.
    fn is_ours(&self, text: &str) -> bool {
        let data_dir =
            |config: Config| config.network.is_some_and(|it| it.data_dir == self.data_dir);
        text.starts_with(HEADER) && Config::parse(text).is_ok_and(data_dir)
    }

    /// The first document of `up --json`.
    pub(super) fn document(&self, paths: &[PathConfig]) -> Value {
        let chains = self.chains.iter();
        let chain = |it: &RunningChain| {
            (it.chain.alias().to_owned(), it.document(self.base_port, self.seed, paths))
        };
        let control = self
            .has_faults
            .then(|| json!({ "url": self.control_url(), "cookie_file": self.control_cookie_file }));
        json!({
            "version": VERSION,
            "data_dir": self.data_dir,
            "config": self.config_file,
            "seed": self.seed,
            "relayer": self.relayer.as_ref().map(|it| json!({
                "url": format!("http://{}", it.listen.get_ref()),
                "token_file": it.token_file,
                "store": it.store,
            })),
            "control": control,
            "chains": chains.map(chain).collect::<Map<_, _>>(),
            "paths": paths.iter().map(path).collect::<Vec<_>>(),
        })
    }

    /// The same for people.
    pub(super) fn text(&self, paths: &[PathConfig]) -> String {
        let mut lines = Vec::new();
        for it in &self.chains {
            lines.push(format!("{}  {}", it.chain.alias(), it.report.summary.network_id));
            for (name, url) in it.urls(self.base_port) {
                lines.push(format!("  {name:<8} {url}"));
            }
            if let Some(cookie) = &it.cookie {
                lines.push(format!("  {:<8} {}", "cookie", cookie.file.display()));
            }
            for name in DEVELOPERS {
                lines.push(format!("  {name:<8} {}", it.address(name, self.seed)));
            }
        }
        for PathConfig { ends: [a, b] } in paths {
            let (on_a, on_b) = (a.client.get_ref(), b.client.get_ref());
            let (a, b) = (a.chain.get_ref(), b.chain.get_ref());
            lines.push(format!("path       {a} {on_a}  <->  {b} {on_b}"));
        }
        if let Some(relayer) = &self.relayer {
            lines.push(format!("relayer    http://{}", relayer.listen.get_ref()));
        }
        if self.has_faults {
            lines.push(format!("control    {}", self.control_url()));
        }
        lines.push(format!("config     {}", self.config_file.display()));
        lines.join("\n")
    }
}

fn path(PathConfig { ends: [a, b] }: &PathConfig) -> Value {
    let end =
        |end: &PathEnd| json!({ "chain": end.chain.get_ref(), "client": end.client.get_ref() });
    json!({ "a": end(a), "b": end(b) })
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let aside = path.with_extension("toml.new");
    fs::write(&aside, text)
        .and_then(|()| fs::rename(&aside, path))
        .with_context(|| format!("cannot write {}", path.display()))
        .map_err(Failure::Environment)
}
