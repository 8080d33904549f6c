//! What a user trusts and hands over as JSON: the anchor that a run starts from, and the
//! parameters of a network that has no name.

use causeway_client_bitcoin::{
    Anchor, CompactTarget, LastTimes, Network, NetworkRules, PeriodStart, VersionHeights,
};
use causeway_core::DecodeError;
use serde::{Deserialize, Serialize};

use crate::read_header;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnchorJson {
    height: u64,
    header: String,
    chainwork: String,
    period_start: PeriodStartJson,
    last_times: Vec<u32>,
    last_real_bits: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PeriodStartJson {
    time: u32,
    bits: String,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "the switches of NetworkRules")]
struct NetworkJson {
    genesis: String,
    interval: u32,
    spacing: u32,
    limit: String,
    #[serde(default)]
    min_difficulty: bool,
    #[serde(default)]
    no_retarget: bool,
    #[serde(default)]
    bip94: bool,
    #[serde(default)]
    bip54: bool,
    version_heights: VersionHeightsJson,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct VersionHeightsJson {
    v2: u64,
    v3: u64,
    v4: u64,
}

/// Reads `{height, header, chainwork, period_start: {time, bits}, last_times, last_real_bits?}`.
/// Header, chainwork (64 digits) and bits (8 digits) are hexadecimal; the times are those of the
/// last eleven headers, oldest first, the anchor's own included. The last real bits are needed
/// where a rule for late headers gave the anchor the easiest target.
pub fn read_anchor(json: &[u8], network: &Network) -> Result<Anchor, DecodeError> {
    let what = "anchor";
    let anchor: AnchorJson =
        serde_json::from_slice(json).map_err(|error| DecodeError::new(what, error.to_string()))?;
    let header = read_header(anchor.header.as_bytes())?;
    let is_real = !network.rules().min_difficulty
        || network.position(anchor.height) == 0
        || header.bits != network.limit_bits();
    let last_real_bits: CompactTarget = match anchor.last_real_bits {
        Some(bits) => bits.parse()?,
        None if is_real => header.bits,
        None => {
            return Err(DecodeError::new(what, "last_real_bits are needed: bits are the limit"));
        }
    };
    Ok(Anchor {
        height: anchor.height,
        header,
        chainwork: anchor.chainwork.parse()?,
        period_start: PeriodStart {
            time: anchor.period_start.time,
            bits: anchor.period_start.bits.parse()?,
        },
        last_times: LastTimes::new(&anchor.last_times)
            .ok_or_else(|| DecodeError::new(what, "last_times has 1 to 11 times"))?,
        last_real_bits,
    })
}

/// Reads `{genesis, interval, spacing, limit, min_difficulty?, no_retarget?, bip94?, bip54?,
/// version_heights: {v2, v3, v4}}`. Genesis is a whole header, the limit a target of 64
/// hexadecimal digits, the spacing in seconds; switches that are not given are off.
pub fn read_network(json: &[u8]) -> Result<Network, DecodeError> {
    let malformed = |error: String| DecodeError::new("network", error);
    let network: NetworkJson =
        serde_json::from_slice(json).map_err(|error| malformed(error.to_string()))?;
    let VersionHeightsJson { v2, v3, v4 } = network.version_heights;
    let rules = NetworkRules {
        genesis: read_header(network.genesis.as_bytes())?,
        interval: network.interval,
        spacing: network.spacing,
        limit: network.limit.parse()?,
        min_difficulty: network.min_difficulty,
        no_retarget: network.no_retarget,
        bip94: network.bip94,
        bip54: network.bip54,
        version_heights: VersionHeights { v2, v3, v4 },
    };
    Network::new(rules).map_err(|error| malformed(error.to_string()))
}

/// A network's parameters, as [`read_network`] reads them.
pub fn network_json(network: &Network) -> String {
    let rules = network.rules();
    let VersionHeights { v2, v3, v4 } = rules.version_heights;
    let network = NetworkJson {
        genesis: hex::encode(rules.genesis.to_bytes()),
        interval: rules.interval,
        spacing: rules.spacing,
        limit: rules.limit.to_string(),
        min_difficulty: rules.min_difficulty,
        no_retarget: rules.no_retarget,
        bip94: rules.bip94,
        bip54: rules.bip54,
        version_heights: VersionHeightsJson { v2, v3, v4 },
    };
    // Strings, numbers and switches have a text.
    serde_json::to_string(&network).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anchor_json(extra: &str) -> String {
        let genesis = hex::encode(Network::testnet3().rules().genesis.to_bytes());
        format!(
            r#"{{"height": 5, "header": "{genesis}", "chainwork": "{:064x}",
                "period_start": {{"time": 7, "bits": "1d00ffff"}}, "last_times": [1, 2]{extra}}}"#,
            6
        )
    }

    #[test]
    fn an_anchor_at_the_limit_names_the_last_real_bits() {
        let read = |extra, network: Network| read_anchor(anchor_json(extra).as_bytes(), &network);
        assert!(read("", Network::testnet3()).is_err());
        let named = r#", "last_real_bits": "1c3fffc0""#;
        let anchor = read(named, Network::testnet3()).unwrap();
        assert_eq!(anchor.last_real_bits, CompactTarget(0x1c3f_ffc0));
        assert_eq!((anchor.height, anchor.period_start.time), (5, 7));
        let anchor = read("", Network::mainnet()).unwrap();
        assert_eq!(anchor.last_real_bits, anchor.header.bits);
        assert!(read(r#", "last_reel_bits": "1c3fffc0""#, Network::mainnet()).is_err());
    }

    #[test]
    fn a_network_given_as_data_equals_the_named_one() {
        let rules = *Network::testnet4().rules();
        let json = format!(
            r#"{{"genesis": "{}", "interval": 2016, "spacing": 600, "limit": "{}",
                "min_difficulty": true, "bip94": true,
                "version_heights": {{"v2": 1, "v3": 1, "v4": 1}}}}"#,
            hex::encode(rules.genesis.to_bytes()),
            rules.limit,
        );
        assert_eq!(read_network(json.as_bytes()), Ok(Network::testnet4()));
        assert!(read_network(json.replace("2016", "1").as_bytes()).is_err());
        for network in [Network::mainnet(), Network::testnet4(), Network::regtest()] {
            assert_eq!(read_network(network_json(&network).as_bytes()), Ok(network));
        }
    }
}
