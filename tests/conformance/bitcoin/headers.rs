//! Runs of real headers, the edges of real periods, and published checkpoints.

use alloy_primitives::U256;
use causeway_client_bitcoin::{
    Anchor, Chain, CompactTarget, Header, LastTimes, Network, PeriodStart, RawHeader, Target, Work,
    is_permitted_transition, retarget, split_headers,
};
use causeway_core::Refusal;
use causeway_tests::vectors::Vectors;

use super::{bits, header, list, number, text, work};

/// The anchor at the 11th header of a run that starts a period in mid-chain. Its chainwork is not
/// known from the run: the work of as many headers of its target stands for it.
pub(crate) fn anchor_in(raw: &[RawHeader], first_height: u64) -> Anchor {
    let headers: Vec<_> = raw.iter().take(11).map(Header::from_bytes).collect();
    let last = headers[10];
    let times: Vec<_> = headers.iter().map(|header| header.time).collect();
    let unit = last.bits.expand().target.work();
    Anchor {
        height: first_height + 10,
        header: last,
        chainwork: Work(unit.0 * U256::from(first_height + 11)),
        period_start: PeriodStart { time: headers[0].time, bits: headers[0].bits },
        last_times: LastTimes::new(&times).unwrap(),
        last_real_bits: last.bits,
    }
}

/// `network_first_last.bin`.
fn parse_name(file: &str) -> (Network, u64) {
    let name = file.rsplit('/').next().unwrap().strip_suffix(".bin").unwrap();
    let mut parts = name.split('_');
    let network = Network::by_name(parts.next().unwrap()).unwrap();
    (network, parts.next().unwrap().parse().unwrap())
}

pub(crate) fn runs(vectors: &Vectors, file: &str) {
    let (network, first) = parse_name(file);
    let bytes = vectors.bytes(file);
    let raw = split_headers(&bytes).unwrap();
    let last = first + raw.len() as u64 - 1;
    assert!(file.ends_with(&format!("_{first}_{last}.bin")));
    let (anchor, rest) = if first == 0 {
        assert_eq!(raw[0], network.rules().genesis.to_bytes());
        (Anchor::genesis(&network), &raw[1..])
    } else {
        (anchor_in(raw, first), &raw[11..])
    };
    let start = Chain::new(&network, anchor).unwrap();
    let mut chain = start;
    chain.extend(rest, u64::MAX).unwrap_or_else(|error| panic!("{file}: {error}"));
    assert_eq!(chain.tip().height, last);
    let mut in_steps = start;
    for part in rest.chunks(997) {
        in_steps.extend(part, u64::MAX).unwrap();
    }
    assert_eq!(in_steps.tip(), chain.tip());
    match file {
        "bitcoin/headers/mainnet_0_32260.bin" => mainnet_from_genesis(&chain, raw),
        "bitcoin/headers/testnet3_0_4479.bin" => testnet3_under_mainnet_rules(rest),
        _ => (),
    }
}

/// 524 times go backwards, as the notes on the rule say: the median is what must rise.
fn mainnet_from_genesis(chain: &Chain<'_>, raw: &[RawHeader]) {
    assert_eq!(chain.tip().header.bits, CompactTarget(0x1d00_d86a));
    let times: Vec<_> = raw.iter().map(|raw| Header::from_bytes(raw).time).collect();
    assert_eq!(times.windows(2).filter(|pair| pair[1] < pair[0]).count(), 524);
}

/// Without the rule for late headers the first one that uses it is refused, at height 4033.
fn testnet3_under_mainnet_rules(rest: &[RawHeader]) {
    let rules = *Network::testnet3().rules();
    let rules = causeway_client_bitcoin::NetworkRules { min_difficulty: false, ..rules };
    let network = Network::new(rules).unwrap();
    let mut chain = Chain::new(&network, Anchor::genesis(&network)).unwrap();
    let error = chain.extend(rest, u64::MAX).unwrap_err();
    assert_eq!(error.code(), "wrong_bits");
    assert_eq!(error.detail()[0], ("height", "4033".into()));
}

/// Each period's bits follow from the edges of the one before, and work adds up.
pub(crate) fn period_edges(vectors: &Vectors, file: &str) {
    let network = Network::mainnet();
    let document = vectors.json(file);
    let rows = list(&document["rows"]);
    let mut clamped = Vec::new();
    for row in rows {
        assert_eq!(header(&row["header"]).hash().to_string(), text(&row["hash"]));
    }
    for edges in rows.windows(3).step_by(2) {
        let [first, last, next] = edges else { unreachable!() };
        let (height, period) = (number(&next["height"]), number(&first["height"]));
        assert_eq!(height, period + 2016);
        let [first_time, last_time] = [first, last].map(|row| header(&row["header"]).time);
        let got = retarget(&network, bits(&last["bits"]), first_time, last_time);
        assert_eq!(got, bits(&next["bits"]), "height {height}");
        assert!(is_permitted_transition(&network, height, bits(&last["bits"]), got));
        if last_time - first_time < network.timespan() / 4 {
            clamped.push(height);
        }
        let unit = bits(&first["bits"]).expand().target.work();
        let between = Work(unit.0 * U256::from(2015));
        assert_eq!(work(&first["chainwork"]).plus(between), work(&last["chainwork"]));
        let unit = bits(&next["bits"]).expand().target.work();
        assert_eq!(work(&last["chainwork"]).plus(unit), work(&next["chainwork"]));
    }
    assert_eq!(clamped, [68_544]);
}

/// Row k is the hash of block 2016k + 2015 and, despite its place, the target of the *next* period.
pub(crate) fn checkpoints(vectors: &Vectors, file: &str) {
    let network = Network::mainnet();
    let text = vectors.text(file);
    let rows: Vec<(String, serde_json::Number)> = serde_json::from_str(&text).unwrap();
    let is_mainnet = file.contains("mainnet");
    let mut previous = network.limit_bits();
    for (row, (hash, number)) in rows.iter().enumerate() {
        let hash: causeway_client_bitcoin::BlockHash = hash.parse().unwrap();
        if !is_mainnet {
            assert_eq!(number.as_u64(), Some(0), "row {row}");
            assert!(network.rules().limit.is_met_by(&hash), "row {row}");
            continue;
        }
        let own = previous.target(network.rules().limit).unwrap();
        assert!(own.is_met_by(&hash), "row {row}");
        let next = Target(decimal(&text, &hash.to_string()));
        let next_bits = next.to_compact();
        assert_eq!(next_bits.expand().target, next, "row {row}: exactly a compact target");
        let height = 2016 * (row as u64 + 1);
        assert!(is_permitted_transition(&network, height, previous, next_bits), "row {row}");
        previous = next_bits;
    }
    if is_mainnet {
        let edges = vectors.json("bitcoin/headers/mainnet_period_edges_0_403200.json");
        for edge in list(&edges["rows"]) {
            let height = number(&edge["height"]);
            if height % 2016 == 2015 {
                let (hash, _) = &rows[usize::try_from(height / 2016).unwrap()];
                assert_eq!(hash, super::text(&edge["hash"]));
            }
            if height.is_multiple_of(2016) && height != 0 {
                let (hash, _) = &rows[usize::try_from(height / 2016 - 1).unwrap()];
                assert_eq!(Target(decimal(&text, hash)).to_compact(), bits(&edge["bits"]));
            }
        }
    }
}

/// The number that follows a hash: too long for JSON libraries, which round it.
fn decimal(text: &str, hash: &str) -> U256 {
    let (_, after) = text.split_once(hash).unwrap();
    let digits = after.trim_start_matches(|c: char| !c.is_ascii_digit());
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap();
    digits[..end].parse().unwrap()
}
