//! `causeway verify ics23`: a value, or nothing, at a key under a trusted root.

use anyhow::{Context, ensure};
use causeway_core::{Audit, BoxedRefusal, DecodeError, MerklePath};
use causeway_ics23::{
    CommitmentProof, MerkleProof, ProofSpec, iavl_spec, smt_spec, tendermint_spec,
};
use clap::{Args, ValueEnum};

use crate::input::{self, HexOrFile};
use crate::output::{Failure, Report, Rules};

/// Arguments of `causeway verify ics23`.
#[derive(Debug, Args)]
#[command(after_help = "\
With one --spec, the proof is a cosmos.ics23.v1.CommitmentProof. With a list, from the tree that
holds the key up to the one whose root is trusted, it is an ibc.core.commitment.v1.MerkleProof, and
--store names each tree in the one above.

Examples:
  A value in one tree:
    causeway verify ics23 --spec iavl --root HEX --proof proof.bin --key HEX --value HEX
  Nothing at a key of a Cosmos chain's store `ibc`, under the app hash of a header:
    causeway verify ics23 --spec iavl,tendermint --store ibc --root HEX --proof HEX --key HEX")]
pub(crate) struct Ics23Args {
    /// The shape of the tree; of a tree of trees, that of each, the one that holds the key first.
    #[arg(long, value_name = "SPEC", value_delimiter = ',', required = true)]
    spec: Vec<Spec>,

    /// The trusted root hash; the app hash, when the trees are a chain's stores.
    #[arg(long, value_name = "HEX")]
    root: String,

    /// The proof in protobuf: hexadecimal text, or a file that holds it in hexadecimal or binary;
    /// `-` reads standard input.
    #[arg(long, value_name = "HEX|FILE")]
    proof: HexOrFile,

    /// The key.
    #[arg(long, value_name = "HEX")]
    key: String,

    /// The value that is to be at the key. Without it, the proof is to be that nothing is there.
    #[arg(long, value_name = "HEX")]
    value: Option<String>,

    /// The name, as text, under which a tree's root is kept in the tree above: one for each
    /// further `--spec`, the nearest first.
    #[arg(long, value_name = "NAME")]
    store: Vec<String>,
}

/// A standard specification.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Spec {
    /// A store of a Cosmos chain.
    Iavl,
    /// The simple Merkle tree over the roots of such stores.
    Tendermint,
    /// A sparse Merkle tree.
    Smt,
}

impl Spec {
    fn specification(self) -> ProofSpec {
        match self {
            Self::Iavl => iavl_spec(),
            Self::Tendermint => tendermint_spec(),
            Self::Smt => smt_spec(),
        }
        .clone()
    }
}

/// What is to be proven, as the caller states it.
struct Question {
    specs: Vec<ProofSpec>,
    root: Vec<u8>,
    path: MerklePath,
    value: Option<Vec<u8>>,
}

impl Ics23Args {
    pub(crate) fn run(self, explain: bool) -> Result<Report, Failure> {
        let question = self.question().map_err(Failure::Usage)?;
        let proof = self.proof_bytes()?;
        let mut rules = Rules::new();
        let judged = match proof {
            Ok(proof) if explain => question.judge(&proof, &mut rules),
            Ok(proof) => question.judge(&proof, &mut ()),
            Err(malformed) => Err(malformed.into()),
        };
        let report = match judged {
            Ok(()) => question.valid(),
            Err(refusal) => Report::refused(&*refusal),
        };
        Ok(report.explained(explain.then_some(rules)))
    }

    fn question(&self) -> anyhow::Result<Question> {
        let root = parse("--root", &self.root)?;
        let key = parse("--key", &self.key)?;
        let value = self.value.as_deref().map(|value| parse("--value", value)).transpose();
        let value = value.context("for a proof of absence, leave --value out")?;
        let (further, stores) = (self.spec.len().saturating_sub(1), self.store.len());
        ensure!(
            further == stores,
            "--store must name each tree but the first of --spec: {further} names, not {stores}"
        );
        let names = self.store.iter().rev().map(|name| name.as_bytes().to_vec());
        let path = MerklePath::new(names.chain([key]).collect())?;
        let specs = self.spec.iter().map(|spec| spec.specification()).collect();
        Ok(Question { specs, root, path, value })
    }

    fn what(&self) -> &'static str {
        if self.store.is_empty() { "commitment_proof" } else { "merkle_proof" }
    }

    fn proof_bytes(&self) -> Result<Result<Vec<u8>, DecodeError>, Failure> {
        Ok(match &self.proof {
            HexOrFile::Hex(bytes) => Ok(bytes.clone()),
            HexOrFile::File(path) => input::judged(path, self.what())?.map(hex_or_binary),
        })
    }
}

/// A protobuf message of this kind is never hexadecimal text itself: its tags are no digits.
fn hex_or_binary(contents: Vec<u8>) -> Vec<u8> {
    let text = std::str::from_utf8(&contents).map(str::trim).unwrap_or_default();
    match input::parse_hex(text) {
        Ok(bytes) if !bytes.is_empty() => bytes,
        _ => contents,
    }
}

fn parse(option: &str, text: &str) -> anyhow::Result<Vec<u8>> {
    let bytes = input::parse_hex(text).with_context(|| format!("{option} is not hexadecimal"))?;
    ensure!(!bytes.is_empty(), "{option} is empty");
    Ok(bytes)
}

impl Question {
    fn judge(&self, proof: &[u8], audit: &mut impl Audit) -> Result<(), BoxedRefusal> {
        let Self { specs, root, path, value } = self;
        let proof = match specs.as_slice() {
            [_] => MerkleProof { proofs: vec![CommitmentProof::from_bytes(proof)?] },
            _ => MerkleProof::from_bytes(proof)?,
        };
        match value {
            Some(value) => proof.verify_membership(specs, root, path, value, audit)?,
            None => proof.verify_non_membership(specs, root, path, audit)?,
        }
        Ok(())
    }

    fn valid(&self) -> Report {
        let message = match &self.value {
            Some(_) => "the value is at the key",
            None => "nothing is at the key",
        };
        let path: Vec<String> = self.path.elements().iter().map(hex::encode).collect();
        Report::valid(message)
            .with("present", self.value.is_some())
            .with("root", hex::encode(&self.root))
            .with("path", path)
    }
}
