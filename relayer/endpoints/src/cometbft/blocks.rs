//! Blocks as one node has them.

use std::collections::BTreeMap;

use causeway_client_cometbft::ics07::UpdateBlock;
use causeway_client_cometbft::{SignedHeader, ValidatorSet, proto};
use causeway_wire_cometbft::rpc::{Blockchain, CommitAnswer, Validators};
use serde_json::{Value, json};

use super::rpc::Rpc;
use super::{nonsense, unsigned};
use crate::EndpointError;

/// The most pages of one validator set: 10,000 validators, the most that CometBFT allows.
const MAX_VALIDATOR_PAGES: u64 = 100;

/// The most validators of one page (`rpc/core/env.go`).
const VALIDATORS_PER_PAGE: u64 = 100;

/// The most headers of one answer of `blockchain` (`rpc/core/blocks.go`).
pub(super) const HEADERS_PER_CALL: u64 = 20;

/// The parameters of the calls of `blockchain` that cover a range.
fn spans(first: u64, last: u64) -> Vec<Value> {
    let mut spans = Vec::new();
    let mut from = first;
    while from <= last {
        let to = last.min(from.saturating_add(HEADERS_PER_CALL).saturating_sub(1));
        spans.push(json!({ "minHeight": from.to_string(), "maxHeight": to.to_string() }));
        from = to.saturating_add(1);
    }
    spans
}

impl Rpc {
    pub(super) async fn signed_header(&self, height: u64) -> Result<SignedHeader, EndpointError> {
        let params = json!({ "height": height.to_string() });
        let answer: CommitAnswer = self.call("commit", params).await?;
        let header = proto::Header::from(answer.signed_header.header).try_into();
        let commit = proto::Commit::from(answer.signed_header.commit).try_into();
        Ok(SignedHeader {
            header: header.map_err(|error| nonsense("header", &error))?,
            commit: commit.map_err(|error| nonsense("commit", &error))?,
        })
    }

    pub(super) async fn validators(&self, height: u64) -> Result<ValidatorSet, EndpointError> {
        let mut validators = Vec::new();
        for page in 1..=MAX_VALIDATOR_PAGES {
            let params = json!({
                "height": height.to_string(),
                "page": page.to_string(),
                "per_page": VALIDATORS_PER_PAGE.to_string(),
            });
            let answer: Validators = self.call("validators", params).await?;
            let total = unsigned("validators", answer.total.0)?;
            validators.extend(answer.validators.into_iter().map(proto::Validator::from));
            if page.saturating_mul(VALIDATORS_PER_PAGE) >= total {
                break;
            }
        }
        let set = proto::ValidatorSet { validators, proposer: None, total_voting_power: 0 };
        set.try_into().map_err(|error| nonsense("validators", &error))
    }

    pub(super) async fn light_block(&self, height: u64) -> Result<UpdateBlock, EndpointError> {
        Ok(UpdateBlock {
            signed_header: self.signed_header(height).await?,
            validators: self.validators(height).await?,
            next_validators: self.validators(height.saturating_add(1)).await?,
        })
    }

    /// The hash and the number of transactions of each block in a range that the node has.
    pub(super) async fn blocks(
        &self,
        first: u64,
        last: u64,
    ) -> Result<BTreeMap<u64, (Vec<u8>, u64)>, EndpointError> {
        let answers: Vec<Blockchain> = self.calls("blockchain", spans(first, last)).await?;
        let mut blocks = BTreeMap::new();
        for meta in answers.into_iter().flat_map(|answer| answer.block_metas) {
            let height = unsigned("block height", meta.header.height.0)?;
            let txs = unsigned("block", meta.num_txs.0)?;
            if (first..=last).contains(&height) {
                blocks.insert(height, (meta.block_id.hash.0, txs));
            }
        }
        Ok(blocks)
    }
}
