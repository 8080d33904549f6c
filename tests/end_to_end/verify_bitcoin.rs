//! `causeway verify bitcoin`, on real headers where the vectors are and on mined ones everywhere.

use std::path::PathBuf;

use causeway_client_bitcoin::{
    HEADER_LEN, MerkleNode, NetworkRules, StateRoot, Transaction, merkle, split_headers,
};
use causeway_tests::makers::bitcoin::{Branch, GENESIS_TIME, StateChain, scaled, scaled_rules};
use causeway_tests::vectors::Vectors;
use serde_json::{Value, json};

use crate::binary::{Run, causeway, causeway_with_input};

const MAINNET_FILE: &str = "bitcoin/headers/mainnet_0_32260.bin";
const MAINNET: [&str; 7] = ["verify", "bitcoin", "headers", "-", "--network", "mainnet", "--json"];

/// The genesis header of the main network, as a line of text.
const GENESIS_LINE: &str = concat!(
    "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac7",
    "2c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c\n",
);

/// A folder with files that a command is given.
struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> String {
        let path: PathBuf = self.0.path().join(name);
        std::fs::write(&path, contents).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

fn network_json(rules: &NetworkRules) -> String {
    let heights = rules.version_heights;
    json!({
        "genesis": hex::encode(rules.genesis.to_bytes()),
        "interval": rules.interval,
        "spacing": rules.spacing,
        "limit": rules.limit.to_string(),
        "bip94": rules.bip94,
        "version_heights": {"v2": heights.v2, "v3": heights.v3, "v4": heights.v4},
    })
    .to_string()
}

fn genesis_and(branch: &Branch) -> Vec<u8> {
    let mut bytes = branch.network.rules().genesis.to_bytes().to_vec();
    bytes.extend(branch.headers.as_flattened());
    bytes
}

fn assert_invalid(run: &Run, code: &str, height: u64) {
    assert_eq!(run.code, 1, "{run:?}");
    let document = run.json();
    assert_eq!(document["verdict"], "invalid", "{document}");
    assert_eq!(document["code"], code, "{document}");
    assert_eq!(document["detail"]["height"], height, "{document}");
    assert_eq!(document["detail"]["count"], height, "{document}");
}

#[test]
fn the_first_mainnet_headers_are_accepted_and_refused_with_any_bit_changed() {
    let Some(vectors) = Vectors::open() else { return };
    let bytes = vectors.bytes(MAINNET_FILE);
    let run = causeway_with_input(&MAINNET, &bytes);
    assert_eq!(run.code, 0, "{run:?}");
    let detail = &run.json()["detail"];
    assert_eq!(detail["count"], 32_261);
    assert_eq!(detail["height"], 32_260);
    let tip = "0000000007bfbe7ec5510ccf80c5a291bf8fc603dd79f5d6a69fae6039f8a35e";
    assert_eq!(detail["tip"], tip);
    assert_eq!(detail["chainwork"], format!("{:064x}", 0x7e06_6822_ed1a_u64));
    // A spread of heights, and in each header other bits; whatever changes, it is refused there.
    for (step, height) in
        [0, 1, 2, 10, 2015, 2016, 9_999, 32_255, 32_256, 32_260].iter().enumerate()
    {
        for part in [step % 4, 4 + step, 36 + step, 68 + step % 4, 72 + step % 4, 79] {
            let mut changed = bytes.clone();
            changed[height * HEADER_LEN + part] ^= 1 << ((step + part) % 8);
            let run = causeway_with_input(&MAINNET, &changed);
            assert_eq!(run.code, 1, "{run:?}");
            let document = run.json();
            assert_eq!(document["detail"]["height"], *height, "byte {part}: {document}");
        }
    }
}

#[test]
fn a_mined_chain_is_accepted_in_either_form_and_in_pieces() {
    let files = Files::new();
    let network = files.write("network.json", network_json(&scaled_rules()));
    let mut branch = Branch::new(&scaled());
    let bytes = genesis_and(branch.grow(30));
    let whole = files.write("whole.bin", &bytes);
    let lines: Vec<_> = bytes.chunks(HEADER_LEN).map(hex::encode).collect();
    let text = files.write("lines.hex", lines.join("\n"));
    let first = files.write("first.bin", &bytes[..13 * HEADER_LEN]);
    let second = files.write("second.hex", lines[13..].join("\r\n"));
    let tip = branch.tip.header.hash().to_string();
    for input in [vec![&whole], vec![&text], vec![&first, &second]] {
        let mut args = vec!["verify", "bitcoin", "headers", "--json", "--network", &network];
        args.extend(input.iter().map(|file| file.as_str()));
        let run = causeway(&args);
        assert_eq!(run.code, 0, "{run:?}");
        let detail = &run.json()["detail"];
        assert_eq!((&detail["count"], &detail["height"]), (&json!(31), &json!(30)));
        assert_eq!(detail["tip"], tip);
    }
    let gap = ["verify", "bitcoin", "headers", &second, "--json", "--network", &network];
    assert_invalid(&causeway(&gap), "genesis_mismatch", 0);
}

#[test]
fn each_field_of_a_mined_header_counts() {
    let files = Files::new();
    let network = files.write("network.json", network_json(&scaled_rules()));
    let bytes = genesis_and(Branch::new(&scaled()).grow(12));
    let args = ["verify", "bitcoin", "headers", "-", "--json", "--network", &network];
    for (byte, code) in [(4, "header_not_linked"), (40, "hash_above_target"), (72, "wrong_bits")] {
        let mut changed = bytes.clone();
        changed[9 * HEADER_LEN + byte] ^= 1;
        assert_invalid(&causeway_with_input(&args, &changed), code, 9);
    }
    let cut = causeway_with_input(&args, &bytes[..bytes.len() - 1]);
    assert_invalid(&cut, "malformed_bitcoin_headers", 12);
    let nothing = causeway_with_input(&args, &[]);
    assert_eq!(nothing.json()["code"], "malformed_bitcoin_headers");
    assert_eq!(nothing.code, 1);
}

#[test]
fn the_clock_is_an_argument() {
    let files = Files::new();
    let network = files.write("network.json", network_json(&scaled_rules()));
    let bytes = genesis_and(Branch::new(&scaled()).grow(5));
    let judge = |now: u32| {
        let now = now.to_string();
        let mut args = vec!["verify", "bitcoin", "headers", "-", "--json", "--network", &network];
        args.extend(["--now", &now]);
        causeway_with_input(&args, &bytes)
    };
    // The last header is 50 s after the first; two hours ahead of the clock are tolerated.
    assert_eq!(judge(GENESIS_TIME + 50 - 7200).code, 0);
    assert_invalid(&judge(GENESIS_TIME + 50 - 7201), "header_from_future", 5);
}

#[test]
fn a_run_goes_on_from_an_anchor() {
    let files = Files::new();
    let network = files.write("network.json", network_json(&scaled_rules()));
    let mut branch = Branch::new(&scaled());
    let anchor = branch.grow(13).tip;
    branch.headers.clear();
    let after = branch.grow(9).headers.as_flattened().to_vec();
    let anchor = json!({
        "height": anchor.height,
        "header": hex::encode(anchor.header.to_bytes()),
        "chainwork": anchor.chainwork.to_string(),
        "period_start": {
            "time": anchor.period_start.time,
            "bits": anchor.period_start.bits.to_string(),
        },
        "last_times": anchor.last_times.oldest_first().collect::<Vec<_>>(),
    });
    let judge = |anchor: &Value, input: &[u8]| {
        let anchor = files.write("anchor.json", anchor.to_string());
        let mut args = vec!["verify", "bitcoin", "headers", "-", "--json", "--network", &network];
        args.extend(["--anchor", &anchor]);
        causeway_with_input(&args, input)
    };
    let run = judge(&anchor, &after);
    assert_eq!(run.code, 0, "{run:?}");
    let detail = &run.json()["detail"];
    assert_eq!((&detail["count"], &detail["height"]), (&json!(9), &json!(22)));
    assert_eq!(detail["chainwork"], branch.tip.chainwork.to_string());
    // The file may repeat the anchor's own header.
    let with_anchor = [hex::decode(anchor["header"].as_str().unwrap()).unwrap(), after.clone()];
    assert_eq!(judge(&anchor, &with_anchor.concat()).json()["detail"]["count"], 9);
    // But once only, however the files are cut.
    let again = files.write("again.bin", &with_anchor[0]);
    let trusted = files.write("anchor.json", anchor.to_string());
    let mut args = vec!["verify", "bitcoin", "headers", "--json", "--network", &network];
    args.extend(["--anchor", &trusted, &again, &again]);
    let run = causeway(&args);
    assert_eq!(run.json()["code"], "header_not_linked", "{run:?}");
    // An anchor that contradicts itself is the caller's mistake.
    let mut wrong = anchor.clone();
    wrong["last_times"][3] = json!(1);
    wrong["period_start"]["bits"] = json!("1d00ffff");
    let run = judge(&wrong, &after);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
}

#[test]
fn the_rules_of_the_last_header_are_explained() {
    let files = Files::new();
    let network = files.write("network.json", network_json(&scaled_rules()));
    let bytes = genesis_and(Branch::new(&scaled()).grow(5));
    let args = ["verify", "--explain", "bitcoin", "headers", "-", "--json", "--network", &network];
    let held = |run: &Run| -> Vec<String> {
        let document = run.json();
        let rules = document["rules_held"].as_array().unwrap().clone();
        rules.iter().map(|rule| rule["rule"].as_str().unwrap().to_owned()).collect()
    };
    let all = held(&causeway_with_input(&args, &bytes));
    let expected = [
        "linked",
        "prescribed_bits",
        "proof_of_work",
        "version_floor",
        "median_time_past",
        "not_from_future",
        "headers_accepted",
    ];
    assert_eq!(all, expected);
    let mut changed = bytes.clone();
    changed[3 * HEADER_LEN + 40] ^= 1;
    let before_the_refusal = held(&causeway_with_input(&args, &changed));
    assert_eq!(before_the_refusal, ["linked", "prescribed_bits", "headers_accepted"]);
}

#[test]
fn networks_and_files_that_are_not_there_are_the_callers_mistake() {
    for args in [
        ["verify", "bitcoin", "headers", "-", "--network", "no such network"],
        ["verify", "bitcoin", "headers", "no such file", "--network", "mainnet"],
        ["verify", "bitcoin", "transaction", "--header", "00", "--proof=-"],
    ] {
        let run = causeway(&args);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
        assert!(run.stderr.starts_with("error: "), "{run:?}");
    }
}

fn txid(bytes: &[u8]) -> MerkleNode {
    Transaction::from_bytes(bytes).unwrap().txid.into()
}

#[test]
fn a_transaction_is_proven_with_its_depth_by_the_coinbase() {
    let mut chain = StateChain::new(&scaled());
    let height = chain.commit(StateRoot([3; 32]));
    let transactions = &chain.blocks[&height];
    let leaves: Vec<_> = transactions.iter().map(|bytes| txid(bytes)).collect();
    let header = hex::encode(chain.branch.tip.header.to_bytes());
    let judge = |proof: &str| {
        let mut args = vec!["verify", "bitcoin", "transaction", "--header", &header];
        args.extend(["--proof", "-", "--json"]);
        causeway_with_input(&args, proof.as_bytes())
    };
    let shown = |nodes: Vec<MerkleNode>| -> Vec<String> {
        nodes.iter().map(MerkleNode::to_string).collect()
    };
    let in_wire_order = |nodes: Vec<MerkleNode>| -> Vec<String> {
        nodes.iter().map(|node| hex::encode(node.0)).collect()
    };
    let orders: [&dyn Fn(Vec<MerkleNode>) -> Vec<String>; 2] = [&shown, &in_wire_order];
    for order in orders {
        let mut proof = json!({
            "tx": hex::encode(&transactions[2]),
            "index": 2,
            "branch": order(merkle::branch(&leaves, 2).unwrap()),
            "coinbase": hex::encode(&transactions[0]),
            "coinbase_branch": order(merkle::branch(&leaves, 0).unwrap()),
        });
        let document = judge(&proof.to_string()).json();
        assert_eq!(document["verdict"], "valid", "{document}");
        assert_eq!(document["detail"]["depth_proven"], true);
        let transaction = &document["detail"]["transactions"][0];
        assert_eq!(transaction["txid"], leaves[2].to_string());
        assert_eq!(transaction["index"], 2);
        proof["index"] = json!(3);
        let run = judge(&proof.to_string());
        assert_eq!(run.code, 1, "{run:?}");
        let without: Value = json!({
            "tx": proof["tx"], "index": 2, "branch": proof["branch"],
        });
        let document = judge(&without.to_string()).json();
        assert_eq!(document["detail"]["depth_proven"], false, "{document}");
    }
}

#[test]
fn a_merkleblock_is_read_in_both_forms_and_proves_no_depth() {
    let mut chain = StateChain::new(&scaled());
    let height = chain.commit(StateRoot([3; 32]));
    let leaves: Vec<_> = chain.blocks[&height].iter().map(|bytes| txid(bytes)).collect();
    let header = chain.branch.tip.header.to_bytes();
    let mut block = header.to_vec();
    block.extend(3_u32.to_le_bytes());
    block.push(3);
    block.extend(leaves[0].0);
    block.extend(leaves[1].0);
    block.extend(merkle::parent(leaves[2], leaves[2]).0);
    // Root and left node lead to a match, the first leaf is none, the second is, the right is none.
    block.extend([1, 0b0_1011]);
    let header_hex = hex::encode(header);
    let args =
        ["verify", "bitcoin", "transaction", "--header", &header_hex, "--proof", "-", "--json"];
    for form in [block.clone(), hex::encode(&block).into_bytes()] {
        let run = causeway_with_input(&args, &form);
        assert_eq!(run.code, 0, "{run:?}");
        let detail = &run.json()["detail"];
        assert_eq!(detail["depth_proven"], false);
        let expected = json!([{"txid": leaves[1].to_string(), "index": 1}]);
        assert_eq!(detail["transactions"], expected);
    }
    block[90] ^= 1;
    let run = causeway_with_input(&args, &block);
    assert_eq!((run.code, &run.json()["code"]), (1, &json!("merkle_root_mismatch")));
    let run = causeway_with_input(&args, &split_headers(&header).unwrap()[0]);
    assert_eq!((run.code, &run.json()["code"]), (1, &json!("malformed_merkleblock")));
}

#[test]
fn standard_input_can_be_read_once() {
    for args in [
        ["verify", "bitcoin", "transaction", "--header", "-", "--proof", "-"],
        ["verify", "bitcoin", "headers", "-", "-", "--network", "mainnet"],
    ] {
        let run = causeway_with_input(&args, GENESIS_LINE.as_bytes());
        assert_eq!(run.code, 2, "{run:?}");
        assert!(run.stderr.contains("only one input can be standard input"), "{run:?}");
    }
}
