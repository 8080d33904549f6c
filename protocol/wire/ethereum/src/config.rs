//! Network configurations: `/eth/v1/config/spec` answers and consensus-specs `config.yaml` files.

use std::collections::BTreeMap;

use alloy_primitives::B256;
use causeway_client_ethereum::chain::{
    BlobParameters, ChainConfig, Epoch, Fork, ForkActivation, ForkSchedule, MAX_BLOB_CHANGES,
    Preset, Version,
};
use causeway_core::DecodeError;
use serde::Deserialize;
use serde::de::IgnoredAny;

const WHAT: &str = "config";

/// The most bytes of a configuration: ten times the largest real one. In memory a configuration may
/// take a hundred times its text.
const MAX_CONFIG_LEN: usize = 256 * 1024;

/// `FAR_FUTURE_EPOCH`: a fork without a date.
const FAR_FUTURE: u64 = u64::MAX;

/// Mainnet's `MAX_BLOBS_PER_BLOCK_ELECTRA`, where a configuration does not say.
const DEFAULT_ELECTRA_BLOBS: u64 = 9;

/// A network's constants as a file gives them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkConfig {
    /// What a light client needs. The genesis time is the earliest that the configuration allows
    /// unless it states one: the true one is not in it.
    pub chain: ChainConfig,
    /// Blob parameters since Electra.
    pub blobs: Vec<BlobParameters>,
}

impl NetworkConfig {
    /// Reads a configuration, JSON or YAML. The root of the genesis validators is never in one.
    pub fn read(bytes: &[u8], genesis_validators_root: B256) -> Result<Self, DecodeError> {
        if bytes.len() > MAX_CONFIG_LEN {
            let reason = format!("{} bytes, at most {MAX_CONFIG_LEN} are allowed", bytes.len());
            return Err(malformed(reason));
        }
        let fields = Fields::read(bytes)?;
        let duration = fields.number("SECONDS_PER_SLOT").or_else(|missing| {
            let millis = fields.number("SLOT_DURATION_MS").map_err(|_| missing)?;
            Ok(millis / 1000)
        })?;
        if duration == 0 {
            return Err(malformed("slots without duration"));
        }
        let chain = ChainConfig {
            chain_id: fields.number("DEPOSIT_CHAIN_ID").unwrap_or_default(),
            genesis_time: fields.genesis_time(),
            genesis_validators_root,
            seconds_per_slot: duration,
            preset: fields.preset()?,
            forks: ForkSchedule::new(fields.version("GENESIS_FORK_VERSION")?, fields.forks()?)?,
        };
        Ok(Self { chain, blobs: fields.blobs()? })
    }
}

fn malformed(reason: impl Into<String>) -> DecodeError {
    DecodeError::new(WHAT, reason)
}

/// A value in any of the forms that servers and files use.
#[derive(Deserialize)]
#[serde(untagged)]
enum Value {
    Number(u64),
    Text(String),
    Schedule(Vec<BTreeMap<String, Value>>),
    Other(IgnoredAny),
}

/// A number of up to 64 bits.
fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => Some(*number),
        Value::Text(text) => text.parse().ok(),
        Value::Schedule(_) | Value::Other(_) => None,
    }
}

/// Four bytes. YAML reads an unquoted `0x01000000` as a number.
fn version(value: &Value) -> Option<Version> {
    let number = match value {
        Value::Number(number) => u32::try_from(*number).ok()?,
        Value::Text(text) => {
            let digits = text.strip_prefix("0x").filter(|digits| digits.len() == 8)?;
            u32::from_str_radix(digits, 16).ok()?
        }
        Value::Schedule(_) | Value::Other(_) => return None,
    };
    Some(Version::from(number.to_be_bytes()))
}

struct Fields(BTreeMap<String, Value>);

impl Fields {
    fn read(bytes: &[u8]) -> Result<Self, DecodeError> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Answer {
            Wrapped { data: BTreeMap<String, Value> },
            Bare(BTreeMap<String, Value>),
        }
        let answer = if bytes.trim_ascii_start().starts_with(b"{") {
            serde_json::from_slice(bytes).map_err(|error| malformed(error.to_string()))?
        } else {
            serde_norway::from_slice(bytes).map_err(|error| malformed(error.to_string()))?
        };
        Ok(match answer {
            Answer::Wrapped { data } | Answer::Bare(data) => Self(data),
        })
    }

    fn required<T>(&self, name: &str, read: fn(&Value) -> Option<T>) -> Result<T, DecodeError> {
        let value = self.0.get(name).ok_or_else(|| malformed(format!("{name} is missing")))?;
        read(value).ok_or_else(|| malformed(format!("{name} is not of its type")))
    }

    fn number(&self, name: &str) -> Result<u64, DecodeError> {
        self.required(name, number)
    }

    fn version(&self, name: &str) -> Result<Version, DecodeError> {
        self.required(name, version)
    }

    fn genesis_time(&self) -> u64 {
        let field = |name| self.number(name).unwrap_or_default();
        let earliest = field("MIN_GENESIS_TIME").saturating_add(field("GENESIS_DELAY"));
        self.number("GENESIS_TIME").unwrap_or(earliest)
    }

    /// The preset by its name, with the sizes that the configuration states itself.
    fn preset(&self) -> Result<Preset, DecodeError> {
        let base = match self.0.get("PRESET_BASE") {
            Some(Value::Text(name)) if name == "minimal" => Preset::MINIMAL,
            Some(Value::Text(name)) if name == "mainnet" => Preset::MAINNET,
            _ => return Err(malformed("PRESET_BASE is neither mainnet nor minimal")),
        };
        let size = match self.0.get("SYNC_COMMITTEE_SIZE").and_then(number) {
            Some(size) => usize::try_from(size).unwrap_or(usize::MAX),
            None => base.sync_committee_size(),
        };
        let stated = |name: &str, default| self.0.get(name).and_then(number).unwrap_or(default);
        let slots = stated("SLOTS_PER_EPOCH", base.slots_per_epoch());
        let epochs = stated("EPOCHS_PER_SYNC_COMMITTEE_PERIOD", base.epochs_per_period());
        Preset::new(size, slots, epochs).ok_or_else(|| malformed("sizes that no preset has"))
    }

    /// The forks that have a date. Those that this program does not know come last, with numbers
    /// of their own: from their first epoch on it knows no rules.
    fn forks(&self) -> Result<Vec<ForkActivation>, DecodeError> {
        let mut forks = Vec::new();
        for fork in Fork::all() {
            let prefix = fork.name().to_uppercase();
            if self.0.contains_key(&format!("{prefix}_FORK_EPOCH")) {
                forks.extend(self.fork(&prefix, fork.number())?);
            }
        }
        let name_of = |key: &String| key.strip_suffix("_FORK_EPOCH").map(str::to_owned);
        let is_unknown = |name: &String| Fork::from_name(&name.to_lowercase()).is_none();
        let newest = Fork::all().next_back().map_or(0, Fork::number);
        let mut unknown = Vec::new();
        for name in self.0.keys().filter_map(name_of).filter(is_unknown) {
            unknown.extend(self.fork(&name, newest)?);
        }
        unknown.sort_by_key(|fork| fork.epoch);
        for (fork, number) in unknown.into_iter().zip(newest.saturating_add(1)..) {
            forks.push(ForkActivation { number, ..fork });
        }
        Ok(forks)
    }

    fn fork(&self, prefix: &str, number: u32) -> Result<Option<ForkActivation>, DecodeError> {
        let epoch = self.number(&format!("{prefix}_FORK_EPOCH"))?;
        if epoch == FAR_FUTURE {
            return Ok(None);
        }
        let version = self.version(&format!("{prefix}_FORK_VERSION"))?;
        Ok(Some(ForkActivation { number, epoch: Epoch::new(epoch), version }))
    }

    fn blobs(&self) -> Result<Vec<BlobParameters>, DecodeError> {
        let electra = self.number("ELECTRA_FORK_EPOCH").unwrap_or(FAR_FUTURE);
        let max_blobs = self.number("MAX_BLOBS_PER_BLOCK_ELECTRA").unwrap_or(DEFAULT_ELECTRA_BLOBS);
        let mut blobs = vec![BlobParameters { epoch: Epoch::new(electra), max_blobs }];
        let schedule = match self.0.get("BLOB_SCHEDULE") {
            Some(Value::Schedule(schedule)) => schedule.as_slice(),
            _ => &[],
        };
        if schedule.len() > MAX_BLOB_CHANGES {
            return Err(malformed("BLOB_SCHEDULE is too long"));
        }
        for entry in schedule {
            let field = |name: &str| {
                let missing = || malformed(format!("BLOB_SCHEDULE without {name}"));
                entry.get(name).and_then(number).ok_or_else(missing)
            };
            let epoch = Epoch::new(field("EPOCH")?);
            blobs.push(BlobParameters { epoch, max_blobs: field("MAX_BLOBS_PER_BLOCK")? });
        }
        blobs.sort_by_key(|blobs| blobs.epoch);
        Ok(blobs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use causeway_client_ethereum::chain::Slot;

    const YAML: &str = "
PRESET_BASE: 'minimal'
GENESIS_FORK_VERSION: 0x00000001
SECONDS_PER_SLOT: 6
MIN_GENESIS_TIME: 100
GENESIS_DELAY: 20
TERMINAL_TOTAL_DIFFICULTY:
  115792089237316195423570985008687907853269984665640564039457584007913129638912
ALTAIR_FORK_VERSION: 0x01000001
ALTAIR_FORK_EPOCH: 0
GLOAS_FORK_VERSION: 0x07000001
GLOAS_FORK_EPOCH: 9
EIP9999_FORK_EPOCH: 18446744073709551615
";

    #[test]
    fn a_scheduled_fork_that_is_unknown_ends_the_known_rules() {
        let config = NetworkConfig::read(YAML.as_bytes(), B256::ZERO).unwrap().chain;
        assert_eq!(config.genesis_time, 120);
        assert_eq!(config.fork(Slot::new(71)), Some(Fork::Altair));
        assert_eq!(config.fork(Slot::new(72)), None);
        assert!(!config.forks.is_before_altair(Epoch::new(9)));
    }

    #[test]
    fn json_answers_say_the_same() {
        let json = br#"{"data":{"PRESET_BASE":"minimal","GENESIS_FORK_VERSION":"0x00000001",
            "SECONDS_PER_SLOT":"6","MIN_GENESIS_TIME":"100","GENESIS_DELAY":"20",
            "ALTAIR_FORK_VERSION":"0x01000001","ALTAIR_FORK_EPOCH":"0",
            "GLOAS_FORK_VERSION":"0x07000001","GLOAS_FORK_EPOCH":"9"}}"#;
        let from_yaml = NetworkConfig::read(YAML.as_bytes(), B256::ZERO);
        assert_eq!(NetworkConfig::read(json, B256::ZERO), from_yaml);
    }

    #[test]
    fn what_is_missing_is_named() {
        let text = YAML.replace("GENESIS_FORK_VERSION: 0x00000001", "");
        let error = NetworkConfig::read(text.as_bytes(), B256::ZERO).unwrap_err();
        assert_eq!(error.reason(), "GENESIS_FORK_VERSION is missing");
        assert!(NetworkConfig::read(b"[]", B256::ZERO).is_err());
    }
}
