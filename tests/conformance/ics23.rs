//! Vectors of the format's own repository, of real chains, and of upstream's table tests.

use base64::{Engine, prelude::BASE64_STANDARD};
use causeway_core::{MerklePath, Refusal};
use causeway_ics23::{
    CommitmentProof, ExistenceProof, HashOp, InnerOp, InnerSpec, LeafOp, MerkleProof,
    NonExistenceProof, ProofError, ProofSpec, RawProofSpec, SpecError, iavl_spec, ibc_specs,
    smt_spec, tendermint_spec,
};
use causeway_tests::vectors::{Excluded, Suite, Vectors};
use serde_json::Value;

const SUITES: &[Suite] = &[
    Suite { pattern: "ics23/iavl/*.json", run: |v, f| tree(v, f, iavl_spec()) },
    Suite { pattern: "ics23/tendermint/*.json", run: |v, f| tree(v, f, tendermint_spec()) },
    Suite { pattern: "ics23/smt/*.json", run: |v, f| tree(v, f, smt_spec()) },
    Suite { pattern: "ics23/TestDoHashData.json", run: hashes },
    Suite { pattern: "ics23/TestLeafOpData.json", run: leaves },
    Suite { pattern: "ics23/TestInnerOpData.json", run: inner_nodes },
    Suite { pattern: "ics23/TestExistenceProofData.json", run: calculated_roots },
    Suite { pattern: "ics23/TestCheckLeafData.json", run: leaves_against_leaves },
    Suite { pattern: "ics23/TestCheckAgainstSpecData.json", run: proofs_against_specs },
    Suite { pattern: "ics23/op_checks.json", run: op_checks },
    Suite { pattern: "ics23/real_multistore.json", run: multistores },
    Suite { pattern: "ics23/real_simd/*.json", run: simd },
];

const EXCLUDED: Excluded = &[];

#[test]
fn ics23_vectors() {
    if let Some(vectors) = Vectors::open() {
        vectors.run("ics23", SUITES, EXCLUDED);
    }
}

/// A field by name without regard to case; one upstream table spells a name in two ways.
fn field<'a>(object: &'a Value, name: &str) -> &'a Value {
    let fields = object.as_object().expect("an object");
    let found = fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
    found.map_or(&Value::Null, |(_, value)| value)
}

fn base64(object: &Value, name: &str) -> Vec<u8> {
    let text = field(object, name).as_str().unwrap_or_default();
    BASE64_STANDARD.decode(text).expect("base64")
}

fn hex(object: &Value, name: &str) -> Vec<u8> {
    hex::decode(field(object, name).as_str().unwrap_or_default()).expect("hex")
}

fn number(object: &Value, name: &str) -> i32 {
    field(object, name).as_i64().unwrap_or_default().try_into().expect("32 bits")
}

/// How the bytes of a table are written.
type Bytes = fn(&Value, &str) -> Vec<u8>;

fn leaf_op(op: &Value, bytes: Bytes) -> LeafOp {
    LeafOp {
        hash: number(op, "hash"),
        prehash_key: number(op, "prehash_key"),
        prehash_value: number(op, "prehash_value"),
        length: number(op, "length"),
        prefix: bytes(op, "prefix"),
    }
}

fn inner_op(op: &Value, bytes: Bytes) -> InnerOp {
    InnerOp { hash: number(op, "hash"), prefix: bytes(op, "prefix"), suffix: bytes(op, "suffix") }
}

fn existence(proof: &Value, bytes: Bytes) -> ExistenceProof {
    let path = field(proof, "path").as_array().into_iter().flatten();
    ExistenceProof {
        key: bytes(proof, "key"),
        value: bytes(proof, "value"),
        leaf: proof.get("leaf").map(|leaf| leaf_op(leaf, bytes)),
        path: path.map(|op| inner_op(op, bytes)).collect(),
    }
}

fn raw_spec(spec: &Value, bytes: Bytes) -> RawProofSpec {
    let branches = |inner: &Value| {
        let order = field(inner, "child_order").as_array().expect("an array").iter();
        order.map(|branch| branch.as_i64().expect("a number").try_into().unwrap()).collect()
    };
    RawProofSpec {
        leaf_spec: spec.get("leaf_spec").map(|leaf| leaf_op(leaf, bytes)),
        inner_spec: spec.get("inner_spec").map(|inner| InnerSpec {
            child_order: branches(inner),
            child_size: number(inner, "child_size"),
            min_prefix_length: number(inner, "min_prefix_length"),
            max_prefix_length: number(inner, "max_prefix_length"),
            empty_child: bytes(inner, "empty_child"),
            hash: number(inner, "hash"),
        }),
        max_depth: number(spec, "max_depth"),
        min_depth: number(spec, "min_depth"),
        prehash_key_before_comparison: false,
    }
}

/// The cases of a table that is an object keyed by name.
fn cases(vectors: &Vectors, file: &str) -> Vec<(String, Value)> {
    let table = vectors.json(file);
    let cases = table.as_object().expect("an object").clone();
    assert!(!cases.is_empty());
    cases.into_iter().collect()
}

fn must_fail(case: &Value) -> bool {
    field(case, "IsErr").as_bool().unwrap_or(false)
        || field(case, "Err").as_str().is_some_and(|text| !text.is_empty())
}

/// One proof of a tree: it holds, and any one changed bit of root, key or value is refused.
fn tree(vectors: &Vectors, file: &str, spec: &ProofSpec) {
    let case = vectors.json(file);
    let [root, key, value] = ["root", "key", "value"].map(|name| hex(&case, name));
    let proof = CommitmentProof::from_bytes(&hex(&case, "proof")).expect("a proof");
    let verify = |root: &[u8], key: &[u8], value: &[u8]| match value {
        [] => proof.verify_non_membership(spec, root, key, &mut ()),
        value => proof.verify_membership(spec, root, key, value, &mut ()),
    };
    verify(&root, &key, &value).unwrap_or_else(|error| panic!("{file}: {error}"));

    for at in 0..root.len() {
        assert_eq!(verify(&flipped(&root, at), &key, &value).unwrap_err().code(), ROOT, "{file}");
    }
    for at in 0..value.len() {
        assert_eq!(verify(&root, &key, &flipped(&value, at)).unwrap_err().code(), VALUE, "{file}");
    }
    if !value.is_empty() {
        for at in 0..key.len() {
            assert_eq!(verify(&root, &flipped(&key, at), &value).unwrap_err().code(), KEY);
        }
        assert!(proof.verify_non_membership(spec, &root, &key, &mut ()).is_err());
    }
    neighbours_are_present(&proof, spec, &root);
}

const ROOT: &str = "proof_root_mismatch";
const KEY: &str = "proof_key_mismatch";
const VALUE: &str = "proof_value_mismatch";

fn flipped(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 1;
    bytes
}

/// The leaves around an absent key are present, and not absent by the same proof.
fn neighbours_are_present(proof: &CommitmentProof, spec: &ProofSpec, root: &[u8]) {
    let Some(causeway_ics23::Proof::Nonexist(absence)) = &proof.proof else { return };
    for neighbour in absence.left.iter().chain(&absence.right) {
        neighbour.verify(spec, root, &neighbour.key, &neighbour.value, &mut ()).expect("present");
        assert!(absence.verify(spec, root, &neighbour.key, &mut ()).is_err());
    }
    for (left, right) in [(&None, &absence.right), (&absence.left, &None), (&None, &None)] {
        let half = NonExistenceProof { left: left.clone(), right: right.clone(), key: Vec::new() };
        if half != (NonExistenceProof { key: Vec::new(), ..absence.clone() }) {
            assert!(half.verify(spec, root, &absence.key, &mut ()).is_err(), "half a proof");
        }
    }
}

fn hashes(vectors: &Vectors, file: &str) {
    for (name, case) in cases(vectors, file) {
        let op = HashOp::try_from(number(&case, "HashOp")).expect(&name);
        let preimage = field(&case, "Preimage").as_str().expect("text");
        let hash = op.hash(&[preimage.as_bytes()]).expect(&name);
        assert_eq!(hash.as_bytes(), hex(&case, "ExpectedHash"), "{name}");
    }
}

/// The outcome equals that of a table case: an error, or these bytes.
fn assert_outcome(name: &str, case: &Value, outcome: Result<Vec<u8>, ProofError>) {
    match outcome {
        Ok(bytes) => {
            assert!(!must_fail(case), "{name}: accepted");
            assert_eq!(bytes, base64(case, "Expected"), "{name}");
        }
        Err(error) => assert!(must_fail(case), "{name}: {error}"),
    }
}

fn leaves(vectors: &Vectors, file: &str) {
    for (name, case) in cases(vectors, file) {
        let (key, value) = (base64(&case, "Key"), base64(&case, "Value"));
        let hash = leaf_op(field(&case, "Op"), base64).apply(&key, &value);
        assert_outcome(&name, &case, hash.map(|hash| hash.as_bytes().to_vec()));
    }
}

fn inner_nodes(vectors: &Vectors, file: &str) {
    for (name, case) in cases(vectors, file) {
        let hash = inner_op(field(&case, "Op"), base64).apply(&base64(&case, "Child"));
        assert_outcome(&name, &case, hash.map(|hash| hash.as_bytes().to_vec()));
    }
}

fn calculated_roots(vectors: &Vectors, file: &str) {
    for (name, case) in cases(vectors, file) {
        let root = existence(field(&case, "Proof"), base64).calculate();
        assert_outcome(&name, &case, root.map(|root| root.as_bytes().to_vec()));
    }
}

fn leaves_against_leaves(vectors: &Vectors, file: &str) {
    for (name, case) in cases(vectors, file) {
        let leaf = leaf_op(field(&case, "Leaf"), base64);
        let outcome = leaf.check_equal(&leaf_op(field(&case, "Spec"), base64));
        assert_eq!(outcome.is_err(), must_fail(&case), "{name}: {outcome:?}");
    }
}

fn proofs_against_specs(vectors: &Vectors, file: &str) {
    for (name, case) in cases(vectors, file) {
        let spec = ProofSpec::new(raw_spec(field(&case, "Spec"), base64)).expect(&name);
        let outcome = existence(field(&case, "Proof"), base64).check_against_spec(&spec);
        assert_eq!(outcome.is_err(), must_fail(&case), "{name}: {outcome:?}");
    }
}

/// A proof of this one step, or of this leaf.
fn proof_around(spec: &ProofSpec, leaf_prefix: &[u8], path: Vec<InnerOp>) -> ExistenceProof {
    let mut leaf = spec.raw().leaf_spec.clone().expect("a leaf");
    leaf.prefix = leaf_prefix.to_vec();
    ExistenceProof { key: vec![1], value: vec![1], leaf: Some(leaf), path }
}

/// A leaf of height 0, size 1, version 1.
const IAVL_LEAF: &[u8] = &[0, 2, 2];

fn op_checks(vectors: &Vectors, file: &str) {
    let tables = vectors.json(file);
    let cases = |name: &str| tables[name].as_array().expect("an array").clone();
    cases("iavl_op").iter().for_each(iavl_op);
    cases("tendermint_op").iter().for_each(tendermint_op);
    let checks = &tables["inner_op_check_against_spec"];
    for case in checks["cases"].as_array().expect("an array") {
        check_against_changed_spec(&checks["spec"], case);
    }
    cases("get_position").iter().for_each(position);
    forged_absence(&tables["forged_nonexistence_with_max_prefix_length_33"]);
}

fn name(case: &Value) -> &str {
    case["name"].as_str().expect("a name")
}

/// The code that refuses a step, for each case of the table; none for the one that is accepted.
const IAVL_OPS: &[(&str, Option<&str>)] = &[
    ("success", None),
    ("prefix empty", Some("iavl_varint_invalid")),
    ("height -1", Some("iavl_height_invalid")),
    ("size missing", Some("iavl_varint_invalid")),
    ("size -1", Some("iavl_size_invalid")),
    ("version missing", Some("iavl_varint_invalid")),
    ("version -1", Some("iavl_version_invalid")),
    ("layer 1 with a remainder of 2", Some("iavl_remainder_invalid")),
    ("hash op not SHA-256", Some("inner_hash_mismatch")),
];

fn iavl_op(case: &Value) {
    let op = inner_op(&case["op"], hex);
    if case["layer"] == 0 {
        // As a leaf of height 0 and size 1, so that only the remainder is left to refuse.
        let prefix = [IAVL_LEAF, &op.prefix[3..]].concat();
        let outcome = proof_around(iavl_spec(), &prefix, vec![]).check_against_spec(iavl_spec());
        assert_eq!(outcome.unwrap_err().code(), "iavl_remainder_invalid", "{case}");
        return;
    }
    let outcome = proof_around(iavl_spec(), IAVL_LEAF, vec![op]).check_against_spec(iavl_spec());
    let (_, expected) = IAVL_OPS.iter().find(|(known, _)| *known == name(case)).expect("known");
    assert_eq!(outcome.is_err(), !case["error"].is_null(), "{case}");
    assert_eq!(outcome.err().map(|error| error.code().into_owned()).as_deref(), *expected);
}

/// The table is about the prefix alone. Where it accepts one beside a suffix of one byte, the
/// suffix is refused by the next rule.
fn tendermint_op(case: &Value) {
    let spec = tendermint_spec();
    let op = inner_op(&case["op"], hex);
    let outcome = proof_around(spec, &[0], vec![op.clone()]).check_against_spec(spec);
    let code = outcome.err().map(|error| error.code().into_owned());
    let expected = match (case["error"].is_null(), op.suffix.is_empty()) {
        (false, _) => Some("tendermint_prefix_invalid"),
        (true, false) => Some("inner_suffix_length"),
        (true, true) => None,
    };
    assert_eq!(code.as_deref(), expected, "{case}");
}

fn check_against_changed_spec(spec: &Value, case: &Value) {
    let mut spec = spec.clone();
    match &case["spec_change"] {
        // Without a specification there is nothing to call: the type demands one.
        Value::String(change) if change == "spec absent" => return,
        Value::String(change) => {
            let part = change.strip_suffix(" absent").expect("a part");
            spec.as_object_mut().unwrap().remove(part).expect("a part");
        }
        changes => {
            for (path, value) in changes.as_object().expect("an object") {
                let (part, field) = path.split_once('.').expect("part and field");
                spec[part][field] = value.clone();
            }
        }
    }
    let outcome = ProofSpec::new(raw_spec(&spec, hex)).map_err(Box::<dyn Refusal>::from);
    let outcome = outcome.and_then(|spec| {
        let proof = proof_around(&spec, IAVL_LEAF, vec![inner_op(&case["op"], hex)]);
        Ok(proof.check_against_spec(&spec)?)
    });
    assert_eq!(outcome.is_err(), !case["error"].is_null(), "{case}");
}

/// Upstream looks a branch up in the order of children; here a specification has a place for each
/// branch or is refused, and there is no way to ask for a branch it does not have.
fn position(case: &Value) {
    let mut raw = tendermint_spec().raw().clone();
    let order: Vec<i32> = serde_json::from_value(case["child_order"].clone()).expect("numbers");
    raw.inner_spec.as_mut().unwrap().child_order.clone_from(&order);
    let outcome = ProofSpec::new(raw);
    if order == [0, 1] {
        assert!(outcome.is_ok(), "{case}");
    } else {
        assert!(matches!(outcome, Err(SpecError::ChildOrder { .. })), "{case}");
    }
}

/// With prefixes that may be as long as a child more, the same root proves "a" present and absent:
/// such a specification is refused. Under the standard one only the honest part is left.
fn forged_absence(case: &Value) {
    let mut raw = tendermint_spec().raw().clone();
    raw.inner_spec.as_mut().unwrap().max_prefix_length = 33;
    assert!(matches!(ProofSpec::new(raw), Err(SpecError::PrefixRange { .. })));

    let (spec, root) = (tendermint_spec(), hex(case, "root"));
    for proof in case["exist"].as_array().expect("an array") {
        let proof = existence(proof, hex);
        // The forger did find one root for all of them.
        assert_eq!(proof.calculate().expect("a root").as_bytes(), root);
    }
    let right = existence(&case["nonexist"]["right"], hex);
    let absence =
        NonExistenceProof { key: hex(&case["nonexist"], "key"), left: None, right: Some(right) };
    assert!(absence.verify(spec, &root, &absence.key, &mut ()).is_err());
}

fn multistores(vectors: &Vectors, file: &str) {
    let table = vectors.json(file);
    for case in table["cases"].as_array().expect("an array") {
        let path = case["path_hex"].as_array().expect("an array").iter();
        let path = path.map(|part| hex::decode(part.as_str().unwrap()).unwrap()).collect();
        let value = case["value_hex"].as_str().map(|text| hex::decode(text).unwrap());
        let outcome = chained(&hex(case, "root"), path, value, &hex(case, "merkle_proof_hex"));
        let expected = match name(case) {
            "wrong root" => Some(ROOT),
            "wrong key" => Some(KEY),
            "wrong value" => Some(VALUE),
            _ => None,
        };
        assert_eq!(expected.is_none(), case["verdict"] == "accept");
        assert_eq!(outcome.err().map(|e| e.code().into_owned()).as_deref(), expected, "{case}");
    }
}

fn chained(
    root: &[u8],
    path: Vec<Vec<u8>>,
    value: Option<Vec<u8>>,
    proof: &[u8],
) -> Result<(), ProofError> {
    let path = MerklePath::new(path).expect("a path");
    let proof = MerkleProof::from_bytes(proof).expect("a chain of proofs");
    match value {
        Some(value) => proof.verify_membership(ibc_specs(), root, &path, &value, &mut ()),
        None => proof.verify_non_membership(ibc_specs(), root, &path, &mut ()),
    }
}

/// The root of an ICS-07 consensus state: field 2, which holds the hash as its field 1.
fn consensus_root(consensus_state: &[u8]) -> Vec<u8> {
    #[derive(Clone, PartialEq, prost::Message)]
    struct MerkleRoot {
        #[prost(bytes = "vec", tag = "1")]
        hash: Vec<u8>,
    }
    #[derive(Clone, PartialEq, prost::Message)]
    struct ConsensusState {
        #[prost(message, optional, tag = "2")]
        root: Option<MerkleRoot>,
    }
    let state: ConsensusState = prost::Message::decode(consensus_state).expect("a message");
    state.root.expect("a root").hash
}

fn simd(vectors: &Vectors, file: &str) {
    let case = vectors.json(file);
    let root = consensus_root(&hex(&case, "consensus_state_hex"));
    let message = &case["membership_msg"];
    let path = message["path"].as_array().expect("an array").iter();
    let path: Vec<Vec<u8>> = path.map(|part| part.as_str().unwrap().into()).collect();
    let value = Some(hex(message, "value")).filter(|value| !value.is_empty());
    let proof = hex(message, "proof");
    chained(&root, path.clone(), value.clone(), &proof).unwrap_or_else(|e| panic!("{file}: {e}"));

    let elsewhere = vec![b"bank".to_vec(), path[1].clone()];
    assert_eq!(chained(&root, elsewhere, value.clone(), &proof).unwrap_err().code(), KEY);
    assert_eq!(chained(&flipped(&root, 0), path.clone(), value, &proof).unwrap_err().code(), ROOT);
}
