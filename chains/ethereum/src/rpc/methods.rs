//! The methods by their names.

use alloy_primitives::{Bytes, keccak256};
use causeway_chain::SessionId;
use causeway_core::Timestamp;
use causeway_wire_ethereum::eth::{Hex, Hexadecimal, RpcError};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::feed::Feed;
use super::ledger::Ledger;
use super::params::Params;
use super::{blocks, execute, fees, logs, state, streams, transactions};
use crate::chain::Beacon;
use crate::execution::Execution;

/// The program's name and version.
const CLIENT_VERSION: &str = concat!("Causeway/v", env!("CARGO_PKG_VERSION"));

/// What a method works on.
pub(super) struct Context<'a> {
    pub(super) beacon: &'a mut Beacon,
    pub(super) feed: &'a mut Feed,
    /// The websocket that the call came down, if it came down one.
    pub(super) session: Option<SessionId>,
    pub(super) now: Timestamp,
}

impl Context<'_> {
    pub(super) fn execution(&self) -> &Execution {
        self.beacon.engine()
    }

    pub(super) fn ledger(&self) -> Ledger<'_> {
        Ledger::new(self.execution())
    }
}

pub(super) type Outcome = Result<Value, RpcError>;
type Method = fn(&mut Context<'_>, Params<'_>) -> Outcome;

const METHODS: &[(&str, Method)] = &[
    ("eth_accounts", |_, params| fixed(params, json!([]))),
    ("eth_blobBaseFee", fees::blob_base_fee),
    ("eth_blockNumber", blocks::number),
    ("eth_call", execute::call),
    ("eth_chainId", |context, params| {
        let chain_id = context.beacon.config().chain_id;
        fixed(params, chain_id.to_hex())
    }),
    ("eth_estimateGas", execute::estimate_gas),
    ("eth_feeHistory", fees::history),
    ("eth_gasPrice", fees::gas_price),
    ("eth_getBalance", state::balance),
    ("eth_getBlockByHash", blocks::by_hash),
    ("eth_getBlockByNumber", blocks::by_number),
    ("eth_getBlockReceipts", blocks::receipts),
    ("eth_getBlockTransactionCountByHash", blocks::count_by_hash),
    ("eth_getBlockTransactionCountByNumber", blocks::count_by_number),
    ("eth_getCode", state::code),
    ("eth_getFilterChanges", streams::changes),
    ("eth_getFilterLogs", streams::filter_logs),
    ("eth_getLogs", logs::logs),
    ("eth_getProof", state::proof),
    ("eth_getRawTransactionByHash", transactions::raw_by_hash),
    ("eth_getStorageAt", state::storage),
    ("eth_getTransactionByBlockHashAndIndex", transactions::by_block_and_index),
    ("eth_getTransactionByBlockNumberAndIndex", transactions::by_number_and_index),
    ("eth_getTransactionByHash", transactions::by_hash),
    ("eth_getTransactionCount", transactions::count),
    ("eth_getTransactionReceipt", transactions::receipt),
    ("eth_maxPriorityFeePerGas", fees::priority_fee),
    ("eth_newBlockFilter", streams::new_block_filter),
    ("eth_newFilter", streams::new_filter),
    ("eth_newPendingTransactionFilter", streams::new_pending_filter),
    ("eth_sendRawTransaction", transactions::send_raw),
    ("eth_subscribe", streams::subscribe),
    ("eth_syncing", |_, params| fixed(params, false)),
    ("eth_uninstallFilter", streams::uninstall),
    ("eth_unsubscribe", streams::unsubscribe),
    ("net_listening", |_, params| fixed(params, true)),
    ("net_peerCount", peer_count),
    ("net_version", |context, params| {
        let chain_id = context.beacon.config().chain_id;
        fixed(params, chain_id.to_string())
    }),
    ("web3_clientVersion", |_, params| fixed(params, CLIENT_VERSION)),
    ("web3_sha3", sha3),
];

/// Runs a method.
pub(super) fn run(context: &mut Context<'_>, method: &str, params: Option<&RawValue>) -> Outcome {
    let found = METHODS.iter().find(|(name, _)| *name == method);
    let missing = || {
        let reason = format!("the method {method} does not exist/is not available");
        RpcError::new(RpcError::METHOD_NOT_FOUND, reason)
    };
    let (_, run) = found.ok_or_else(missing)?;
    run(context, Params::new(params)?)
}

/// The same answer for everybody, to a call without parameters.
fn fixed(params: Params<'_>, answer: impl Into<Value>) -> Outcome {
    params.end().map(|()| answer.into())
}

fn peer_count(context: &mut Context<'_>, params: Params<'_>) -> Outcome {
    let (running, _) = context.beacon.participants();
    fixed(params, u64::from(running.saturating_sub(1)).to_hex())
}

fn sha3(_: &mut Context<'_>, mut params: Params<'_>) -> Outcome {
    let Hex(bytes) = params.required::<Hex<Bytes>>()?;
    fixed(params, keccak256(bytes).to_hex())
}
