//! Single rules: targets, retargets, header contexts, the proposed BIP54, and real headers that
//! break a rule.

use alloy_primitives::U256;
use causeway_client_bitcoin::{
    Anchor, BlockHash, Chain, CompactTarget, Depths, Growth, Header, HeaderStore, HeaderTree,
    LastTimes, MerkleNode, Network, NetworkRules, PeriodStart, RawHeader, Tip, TreeError,
    VersionHeights, Work, is_permitted_transition, retarget,
};
use causeway_core::Refusal;
use causeway_tests::vectors::Vectors;
use serde_json::Value;

use super::{bits, header, list, number, raw_header, target, text, work};

pub(crate) fn compact_target(vectors: &Vectors, file: &str) {
    let document = vectors.json(file);
    for case in list(&document["decode"]) {
        let got = bits(&case["bits"]).expand();
        assert_eq!(got.negative, case["negative"].as_bool().unwrap(), "{case}");
        assert_eq!(got.overflow, case["overflow"].as_bool().unwrap(), "{case}");
        if !case["target"].is_null() {
            assert_eq!(got.target, target(&case["target"]), "{case}");
        }
        if let Some(reencoded) = case["reencoded"].as_str()
            && !got.negative
        {
            assert_eq!(got.target.to_compact().to_string(), reencoded, "{case}");
        }
    }
    for case in list(&document["encode"]) {
        assert_eq!(target(&case["target"]).to_compact(), bits(&case["bits"]), "{case}");
    }
    for case in list(&document["pow_reject"]) {
        let network = Network::by_name(text(&case["network"])).unwrap();
        assert!(bits(&case["bits"]).target(network.rules().limit).is_err(), "{case}");
    }
}

pub(crate) fn next_work(vectors: &Vectors, file: &str) {
    let network = Network::mainnet();
    for case in list(&vectors.json(file)["cases"]) {
        let time = |name: &str| u32::try_from(number(&case[name])).unwrap();
        let base = bits(&case["last_bits"]);
        let next = retarget(&network, base, time("first_time"), time("last_time"));
        assert_eq!(next, bits(&case["expect"]), "{case}");
        let height = number(&case["last_height"]) + 1;
        let permitted = |next: &Value| is_permitted_transition(&network, height, base, bits(next));
        assert!(list(&case["permitted_next"]).iter().all(permitted), "{case}");
        if let Some(refused) = case["not_permitted_next"].as_array() {
            assert!(!refused.iter().any(permitted), "{case}");
        }
    }
}

/// A tree of alternative mainnets from genesis on. Every leaf is valid under today's rules; with
/// BIP54 in force some are not.
pub(crate) fn bip54(vectors: &Vectors, file: &str) {
    let document = vectors.json(file);
    let mut leaves = 0;
    walk(&document, &[], &mut leaves);
    assert_eq!(leaves, 5);
}

fn walk(branch: &Value, below: &[RawHeader], leaves: &mut usize) {
    let mut headers = below.to_vec();
    headers.extend(list(&branch["block_headers"]).iter().map(raw_header));
    if let Some(extensions) = branch["extensions"].as_array() {
        for extension in extensions {
            walk(extension, &headers, leaves);
        }
    }
    if branch["comment"].is_null() {
        return;
    }
    *leaves += 1;
    let mainnet = Network::mainnet();
    let proposed = Network::new(NetworkRules { bip54: true, ..*mainnet.rules() }).unwrap();
    let judge = |network: &Network| {
        let mut chain = Chain::new(network, Anchor::genesis(network)).unwrap();
        assert_eq!(headers[0], network.rules().genesis.to_bytes());
        chain.extend(&headers[1..], u64::MAX)
    };
    let today = branch["valid_current_consensus"].as_bool().unwrap();
    assert_eq!(judge(&mainnet).is_ok(), today, "{}", branch["comment"]);
    let then = judge(&proposed);
    assert_eq!(then.is_ok(), branch["valid_bip54"].as_bool().unwrap(), "{}", branch["comment"]);
    if let Err(error) = then {
        assert_eq!(error.code(), "time_warp");
    }
}

/// The state before a header, the header, the state after. The header before is not in the file:
/// one with its target and time stands for it under its hash.
pub(crate) fn header_context(vectors: &Vectors, file: &str) {
    let network = Network::mainnet();
    for case in list(&vectors.json(file)["cases"]) {
        let (before, after) = (&case["before"], &case["after"]);
        let base = target(&before["target"]).to_compact();
        let last_times = times_of(before);
        let parent = Anchor {
            height: number(&before["height"]),
            header: stand_in(last_times.newest(), base),
            chainwork: work(&before["chainwork"]),
            period_start: PeriodStart {
                time: u32::try_from(number(&before["epoch_start_time"])).unwrap(),
                bits: base,
            },
            last_times,
            last_real_bits: base,
        };
        let hash = text(&before["tip"]).parse().unwrap();
        let got = judge(&network, hash, parent, raw_header(&case["header"])).unwrap();
        assert_eq!(got.height, number(&after["height"]));
        assert_eq!(got.header.hash().to_string(), text(&after["tip"]));
        assert_eq!(got.header.bits.expand().target, target(&after["target"]));
        assert_eq!(got.chainwork, work(&after["chainwork"]));
        assert_eq!(u64::from(got.period_start.time), number(&after["epoch_start_time"]));
        assert_eq!(got.last_times, times_of(after));
    }
}

fn times_of(state: &Value) -> LastTimes {
    let times: Vec<_> = list(&state["last_11_times"])
        .iter()
        .map(|time| u32::try_from(number(time)).unwrap())
        .collect();
    LastTimes::new(&times).unwrap()
}

/// Real headers with full work that break one rule, under stand-ins for their parents: the same
/// headers pass when that rule alone is taken away. Headers whose blocks are invalid only by their
/// bodies pass as they are.
pub(crate) fn real_invalid(vectors: &Vectors, file: &str) {
    let network = Network::mainnet();
    let no_floor = VersionHeights { v2: u64::MAX, v3: u64::MAX, v4: u64::MAX };
    let rules = NetworkRules { version_heights: no_floor, ..*network.rules() };
    let without_floor = Network::new(rules).unwrap();
    let document = vectors.json(file);
    for case in list(&document["header_rule"]) {
        let header = header(&case["header"]);
        let own_median = u32::try_from(case["parent_median_time_past"].as_u64().unwrap_or(0));
        let median = own_median.unwrap();
        let verdict = judge_real(&network, case, median).unwrap_err().code().into_owned();
        if text(&case["rule"]) == "median_time_past_violation" {
            assert_eq!(verdict, "time_not_after_median", "{case}");
            assert!(judge_real(&network, case, header.time - 1).is_ok(), "{case}");
        } else {
            assert_eq!(verdict, "version_too_low", "{case}");
            assert!(judge_real(&without_floor, case, median).is_ok(), "{case}");
        }
    }
    for case in list(&document["body_rule"]) {
        assert!(judge_real(&network, case, 0).is_ok(), "{case}");
    }
}

fn judge_real(network: &Network, case: &Value, median: u32) -> Result<Anchor, TreeError> {
    let header = header(&case["header"]);
    assert_eq!(header.hash().to_string(), text(&case["hash"]));
    let bits = bits(&case["expected_bits"]);
    let height = number(&case["height"]) - 1;
    let parent = Anchor {
        height,
        header: stand_in(median, bits),
        chainwork: Work(U256::ONE),
        period_start: PeriodStart { time: median, bits },
        last_times: LastTimes::new(&[median; 11]).unwrap(),
        last_real_bits: bits,
    };
    judge(network, header.prev, parent, raw_header(&case["header"]))
}

/// A header of which only time and target matter.
pub(crate) fn stand_in(time: u32, bits: CompactTarget) -> Header {
    let merkle_root = MerkleNode::default();
    Header { version: 4, prev: BlockHash::default(), merkle_root, time, bits, nonce: 0 }
}

/// Knows one header, by whatever hash.
struct OneHeader(BlockHash, Anchor);

impl HeaderStore for OneHeader {
    fn header(&self, hash: &BlockHash) -> Option<Anchor> {
        (self.0 == *hash).then_some(self.1)
    }
}

/// Judges a header on top of a parent that is trusted under a hash.
pub(crate) fn judge(
    network: &Network,
    hash: BlockHash,
    parent: Anchor,
    raw: RawHeader,
) -> Result<Anchor, TreeError> {
    let tree = HeaderTree {
        network,
        depths: Depths { confirmations: 1, fork_window: 1 },
        finalized: &parent,
        tip: Tip { hash, height: parent.height, chainwork: parent.chainwork },
        store: &OneHeader(hash, parent),
    };
    match tree.grow(&[raw], u64::MAX)? {
        Growth::Grown { added, .. } => Ok(added[0]),
        other => panic!("{other:?}"),
    }
}
