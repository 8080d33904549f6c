//! The methods there are.

use super::args::{Args, Kind, Params};
use super::context::{Context, Reply};
use super::{blocks, info, txs};

/// How a method is answered.
#[derive(Clone, Copy)]
pub(super) enum Run {
    /// At once.
    Now(fn(&mut Context<'_>, &Args) -> Reply),
    /// When the transaction is in a block.
    Committed,
    /// On websockets only.
    Subscribe,
    /// On websockets only.
    Unsubscribe,
    /// On websockets only.
    UnsubscribeAll,
}

/// One method.
pub(super) struct Method {
    pub(super) name: &'static str,
    pub(super) params: Params,
    pub(super) run: Run,
}

impl Method {
    const fn now(
        name: &'static str,
        params: Params,
        run: fn(&mut Context<'_>, &Args) -> Reply,
    ) -> Self {
        Self { name, params, run: Run::Now(run) }
    }

    /// True for one that only makes sense where events can be told.
    pub(super) const fn is_for_websockets(&self) -> bool {
        matches!(self.run, Run::Subscribe | Run::Unsubscribe | Run::UnsubscribeAll)
    }
}

const HEIGHT: Params = &[("height", Kind::Int)];
const HASH: Params = &[("hash", Kind::Bytes)];
const TX: Params = &[("tx", Kind::Bytes)];
const QUERY: Params = &[("query", Kind::Text)];

/// All methods, by name.
pub(super) const METHODS: &[Method] = &[
    Method::now("abci_info", &[], info::abci_info),
    Method::now(
        "abci_query",
        &[("path", Kind::Text), ("data", Kind::Hex), ("height", Kind::Int), ("prove", Kind::Bool)],
        info::abci_query,
    ),
    Method::now("block", HEIGHT, blocks::block),
    Method::now("block_by_hash", HASH, blocks::block_by_hash),
    Method::now("block_results", HEIGHT, blocks::block_results),
    Method::now(
        "block_search",
        &[
            ("query", Kind::Text),
            ("page", Kind::Int),
            ("per_page", Kind::Int),
            ("order_by", Kind::Text),
        ],
        blocks::block_search,
    ),
    Method::now(
        "blockchain",
        &[("minHeight", Kind::Int), ("maxHeight", Kind::Int)],
        blocks::blockchain,
    ),
    Method::now("broadcast_evidence", &[("evidence", Kind::Json)], info::broadcast_evidence),
    Method::now("broadcast_tx_async", TX, txs::broadcast_tx_async),
    Method { name: "broadcast_tx_commit", params: TX, run: Run::Committed },
    Method::now("broadcast_tx_sync", TX, txs::broadcast_tx_sync),
    Method::now("check_tx", TX, txs::check_tx),
    Method::now("commit", HEIGHT, blocks::commit),
    Method::now("consensus_params", HEIGHT, blocks::consensus_params),
    Method::now("genesis", &[], info::genesis),
    Method::now("genesis_chunked", &[("chunk", Kind::Int)], info::genesis_chunked),
    Method::now("header", HEIGHT, blocks::header),
    // Unlike a block's, this hash is hexadecimal.
    Method::now("header_by_hash", &[("hash", Kind::Hex)], blocks::header_by_hash),
    Method::now("health", &[], info::health),
    Method::now("net_info", &[], info::net_info),
    Method::now("num_unconfirmed_txs", &[], info::num_unconfirmed_txs),
    Method::now("status", &[], info::status),
    Method { name: "subscribe", params: QUERY, run: Run::Subscribe },
    Method::now("tx", &[("hash", Kind::Bytes), ("prove", Kind::Bool)], txs::tx),
    Method::now(
        "tx_search",
        &[
            ("query", Kind::Text),
            ("prove", Kind::Bool),
            ("page", Kind::Int),
            ("per_page", Kind::Int),
            ("order_by", Kind::Text),
        ],
        txs::tx_search,
    ),
    Method::now("unconfirmed_txs", &[("limit", Kind::Int)], info::unconfirmed_txs),
    Method { name: "unsubscribe", params: QUERY, run: Run::Unsubscribe },
    Method { name: "unsubscribe_all", params: &[], run: Run::UnsubscribeAll },
    Method::now(
        "validators",
        &[("height", Kind::Int), ("page", Kind::Int), ("per_page", Kind::Int)],
        blocks::validators,
    ),
];

/// The method of that name.
pub(super) fn find(name: &str) -> Option<&'static Method> {
    METHODS.iter().find(|method| method.name == name)
}
