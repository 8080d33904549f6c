//! Methods about the node, its chain's beginning, and the application.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use causeway_client_cometbft::DuplicateVoteEvidence;
use causeway_wire_cometbft::rpc::{
    AbciInfo, AbciInfoResponse, AbciQuery, AbciQueryResponse, Base64Bytes, BroadcastEvidence,
    EvidenceJson, GenesisAnswer, GenesisChunk, HexBytes, Int, NetInfo, OwnValidator, ProofOpJson,
    ProofOpsJson, RpcError, Status, SyncInfo, UnconfirmedTxs, code,
};
use serde_json::{Map, Value};

use super::args::Args;
use super::context::{Context, MAX_PER_PAGE, Reply, failed, reply};
use super::views::{self, int, len};
use crate::evidence_hash;

/// The most bytes of a genesis in one chunk (`rpc/core/env.go` `genesisChunkSize`).
const GENESIS_CHUNK_LEN: usize = 16 << 20;

/// The application's name and version.
const APP_NAME: &str = "causeway";

/// The answer of methods that have nothing to say.
pub(super) fn nothing() -> Reply {
    reply(&Map::<String, Value>::new())
}

pub(super) fn health(_: &mut Context<'_>, _: &Args) -> Reply {
    nothing()
}

pub(super) fn status(context: &mut Context<'_>, _: &Args) -> Reply {
    let archive = context.archive;
    let newest = archive.light(archive.height());
    let newest = newest.ok_or_else(|| failed("there is no block yet"))?;
    let oldest = archive.light(archive.base()).unwrap_or_else(|| newest.clone());
    let member = context.participants.members().first();
    let key = member.map(|member| member.key().public_key());
    let key = key.ok_or_else(|| failed("there is no validator"))?;
    let address = key.address().unwrap_or_default();
    let set = archive.validators(archive.height().saturating_add(1)).unwrap_or_default();
    let own = set.validators.iter().find(|validator| validator.address == address);
    reply(&Status {
        node_info: context.identity.node_info.clone(),
        sync_info: SyncInfo {
            latest_block_hash: views::id_hash(&newest.commit.block_id),
            latest_app_hash: HexBytes(newest.header.app_hash),
            latest_block_height: int(newest.header.height),
            latest_block_time: newest.header.time.into(),
            earliest_block_hash: views::id_hash(&oldest.commit.block_id),
            earliest_app_hash: HexBytes(oldest.header.app_hash),
            earliest_block_height: int(oldest.header.height),
            earliest_block_time: oldest.header.time.into(),
            catching_up: false,
        },
        validator_info: OwnValidator {
            address: HexBytes(address.0.to_vec()),
            pub_key: (&key).into(),
            voting_power: int(own.map_or(0, |validator| validator.power)),
        },
    })
}

/// The participants are in one process and meet at no address.
pub(super) fn net_info(_: &mut Context<'_>, _: &Args) -> Reply {
    let (listeners, peers) = (Vec::new(), Vec::new());
    reply(&NetInfo { listening: true, listeners, n_peers: Int(0), peers })
}

pub(super) fn genesis(context: &mut Context<'_>, _: &Args) -> Reply {
    reply(&GenesisAnswer { genesis: context.identity.genesis.clone() })
}

pub(super) fn genesis_chunked(context: &mut Context<'_>, args: &Args) -> Reply {
    let json = reply(&context.identity.genesis)?;
    let chunks: Vec<_> = json.get().as_bytes().chunks(GENESIS_CHUNK_LEN).collect();
    let number = args.int(0).unwrap_or_default();
    let chunk = usize::try_from(number).ok().and_then(|index| chunks.get(index));
    let Some(chunk) = chunk else {
        let last = chunks.len().saturating_sub(1);
        let reason = format!("there are {last} chunks, but got an invalid chunk {number}");
        return Err(failed(reason));
    };
    reply(&GenesisChunk {
        chunk: Int(number),
        total: len(chunks.len()),
        data: STANDARD.encode(chunk),
    })
}

pub(super) fn abci_info(context: &mut Context<'_>, _: &Args) -> Reply {
    let height = Some(int(context.app.height())).filter(|height| height.0 > 0);
    let response = AbciInfoResponse {
        data: APP_NAME.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        app_version: None,
        last_block_height: height,
        last_block_app_hash: Base64Bytes(context.app.app_hash()),
    };
    reply(&AbciInfo { response })
}

pub(super) fn abci_query(context: &mut Context<'_>, args: &Args) -> Reply {
    let (path, data) = (args.text(0), args.bytes(1));
    let height = args.int(2).unwrap_or_default();
    let answer = context.app.query(path, data, height, args.is_true(3));
    let ops = answer.proof_ops.into_iter().map(|op| ProofOpJson {
        r#type: op.kind.to_owned(),
        key: Base64Bytes(op.key),
        data: Base64Bytes(op.data),
    });
    let ops: Vec<_> = ops.collect();
    reply(&AbciQuery {
        response: AbciQueryResponse {
            code: Int(answer.code),
            log: answer.log,
            info: String::new(),
            index: Int(0),
            key: Base64Bytes(answer.key),
            value: Base64Bytes(answer.value),
            proof_ops: (!ops.is_empty()).then_some(ProofOpsJson { ops }),
            height: int(answer.height),
            codespace: answer.codespace,
        },
    })
}

pub(super) fn num_unconfirmed_txs(context: &mut Context<'_>, _: &Args) -> Reply {
    let (count, bytes) = context.app.pending_size();
    let (total, total_bytes) = (len(count), len(bytes));
    reply(&UnconfirmedTxs { n_txs: total, total, total_bytes, txs: None })
}

pub(super) fn unconfirmed_txs(context: &mut Context<'_>, args: &Args) -> Reply {
    let limit = args.int(0).and_then(|limit| usize::try_from(limit).ok()).filter(|l| *l > 0);
    let limit = limit.unwrap_or(30).min(MAX_PER_PAGE);
    let txs: Vec<_> = context.app.pending(limit).into_iter().map(Base64Bytes).collect();
    let (count, bytes) = context.app.pending_size();
    reply(&UnconfirmedTxs {
        n_txs: len(txs.len()),
        total: len(count),
        total_bytes: len(bytes),
        txs: Some(txs),
    })
}

/// The first participant takes the evidence in, and passes it on.
pub(super) fn broadcast_evidence(context: &mut Context<'_>, args: &Args) -> Reply {
    let invalid = |reason: String| RpcError::new(code::INVALID_PARAMS, reason);
    let value = args.json(0).ok_or_else(|| failed("no evidence was provided"))?;
    let evidence: EvidenceJson = serde_json::from_value(value.clone())
        .map_err(|error| invalid(format!("error converting json params to arguments: {error}")))?;
    let evidence = DuplicateVoteEvidence::try_from(evidence)
        .map_err(|error| failed(format!("evidence.ValidateBasic failed: {error}")))?;
    let takes = context.participants.accuse(&evidence, context.now);
    if !takes {
        return Err(failed("failed to add evidence: it does not hold, or is known already"));
    }
    let hash = evidence_hash(core::slice::from_ref(&evidence));
    reply(&BroadcastEvidence { hash: Base64Bytes(hash.0.to_vec()) })
}
