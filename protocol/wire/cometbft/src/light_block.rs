//! Light blocks, in the forms in which they are found.

use causeway_client_cometbft::{Commit, Header, SignedHeader, ValidatorSet, proto};
use causeway_core::DecodeError;
use serde::Deserialize;

use crate::from_json;
use crate::header::{CommitJson, HeaderJson, SignedHeaderJson};
use crate::scalar::Int;
use crate::validators::ValidatorSetJson;

/// All fields of all forms: a light block, the answers of `commit` and `validators` merged into one
/// object, a header and commit side by side; each bare or as the `result` of a JSON-RPC answer.
#[derive(Debug, Default, Deserialize)]
struct DocumentJson {
    #[serde(default)]
    result: Option<Box<DocumentJson>>,
    #[serde(default)]
    signed_header: Option<SignedHeaderJson>,
    #[serde(default)]
    header: Option<HeaderJson>,
    #[serde(default)]
    commit: Option<CommitJson>,
    #[serde(default, alias = "validators")]
    validator_set: Option<ValidatorSetJson>,
    #[serde(default, alias = "next_validators")]
    next_validator_set: Option<ValidatorSetJson>,
    /// Of a `validators` answer: how many there are, over all pages.
    #[serde(default)]
    total: Option<Int<u64>>,
}

/// What any of the forms holds.
struct Parts {
    header: Header,
    commit: Option<Commit>,
    validators: Option<ValidatorSet>,
    next_validators: Option<ValidatorSet>,
}

fn read(json: &[u8]) -> Result<Parts, DecodeError> {
    let mut document: DocumentJson = from_json("light_block", json)?;
    if let Some(result) = document.result.take() {
        document = *result;
    }
    let (header, commit) = match document.signed_header {
        Some(SignedHeaderJson { header, commit }) => (Some(header), commit),
        None => (document.header, document.commit),
    };
    let header = header.ok_or_else(|| DecodeError::new("light_block", "there is no header"))?;
    let total = document.total;
    let validators = document.validator_set.map(|set| set.of_total(total).try_into());
    Ok(Parts {
        header: proto::Header::from(header).try_into()?,
        commit: commit.map(|commit| proto::Commit::from(commit).try_into()).transpose()?,
        validators: validators.transpose()?,
        next_validators: document.next_validator_set.map(TryInto::try_into).transpose()?,
    })
}

/// What a document says of one height. The sets are as the sender calls them; whether they are
/// those that the header names is for the verifier to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LightBlockDocument {
    /// The header and its commit.
    pub signed_header: SignedHeader,
    /// The validators of the height, when they are there.
    pub validators: Option<ValidatorSet>,
    /// The validators of the next height, when they are there.
    pub next_validators: Option<ValidatorSet>,
}

impl LightBlockDocument {
    /// Reads a light block `{signed_header, validator_set, next_validator_set}`, or the answers of
    /// `commit` and `validators` merged, with or without the JSON-RPC envelope.
    pub fn from_json(json: &[u8]) -> Result<Self, DecodeError> {
        let Parts { header, commit, validators, next_validators } = read(json)?;
        let commit = commit.ok_or_else(|| DecodeError::new("light_block", "there is no commit"))?;
        let signed_header = SignedHeader { header, commit };
        Ok(Self { signed_header, validators, next_validators })
    }
}

/// What a document says of a height that is trusted: header and next validators suffice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedDocument {
    /// The header.
    pub header: Header,
    /// The validators of the next height; those of the height itself, when no others are there.
    pub next_validators: ValidatorSet,
}

impl TrustedDocument {
    /// Reads what [`LightBlockDocument::from_json`] reads; the commit may be left out.
    pub fn from_json(json: &[u8]) -> Result<Self, DecodeError> {
        let Parts { header, validators, next_validators, .. } = read(json)?;
        let next_validators = next_validators
            .or(validators)
            .ok_or_else(|| DecodeError::new("light_block", "there are no validators"))?;
        Ok(Self { header, next_validators })
    }
}
