//! All methods, and how each is run.

use causeway_core::Timestamp;
use serde_json::value::RawValue;

use super::dialect::Call;
use super::params::Params;
use super::wait::{self, Wait};
use super::{
    Reply, RpcError, blocks, chain, coins, mempool, mining, node, proofs, state, transactions,
};
use crate::{Miner, Miners};

/// What a method reads.
#[derive(Debug)]
pub(crate) struct View<'m> {
    /// All participants.
    pub(crate) miners: &'m Miners,
    /// The one that serves.
    pub(crate) miner: &'m Miner,
    /// When the chain was opened.
    pub(crate) started: Timestamp,
    /// The present time.
    pub(crate) now: Timestamp,
}

impl<'m> View<'m> {
    /// There is always a participant, so that there is always a view.
    pub(super) fn new(miners: &'m Miners, started: Timestamp, now: Timestamp) -> Option<Self> {
        Some(Self { miners, miner: miners.serving()?, started, now })
    }
}

/// What became of a call.
pub(super) enum Outcome {
    /// Its answer.
    Done(Result<Reply, RpcError>),
    /// It waits.
    Wait(Wait),
}

type Read = fn(&View<'_>, &Params<'_>) -> Result<Reply, RpcError>;
type Change = fn(&mut Miners, &Params<'_>, Timestamp) -> Result<Reply, RpcError>;
type Await = fn(&View<'_>, &Params<'_>) -> Result<Wait, RpcError>;

enum Run {
    Read(Read),
    Change(Change),
    Await(Await),
}

/// A method: its name, the names of its parameters, and what runs it.
pub(super) struct Entry(pub(super) &'static str, pub(super) &'static [&'static str], Run);

/// All methods, by topic.
pub(super) const METHODS: &[Entry] = &[
    Entry("getbestblockhash", &[], Run::Read(chain::best_block_hash)),
    Entry("getblockchaininfo", &[], Run::Read(chain::info)),
    Entry("getblockcount", &[], Run::Read(chain::count)),
    Entry("getblockhash", &["height"], Run::Read(chain::hash_at)),
    Entry("getblockheader", &["blockhash", "verbose"], Run::Read(chain::header)),
    Entry("getchaintips", &[], Run::Read(chain::tips)),
    Entry("getdifficulty", &[], Run::Read(chain::difficulty)),
    Entry("getblock", &["blockhash", "verbosity"], Run::Read(blocks::get)),
    Entry("invalidateblock", &["blockhash"], Run::Change(blocks::invalidate)),
    Entry("reconsiderblock", &["blockhash"], Run::Change(blocks::reconsider)),
    Entry("waitforblock", &["blockhash", "timeout"], Run::Await(wait::for_block)),
    Entry("waitforblockheight", &["height", "timeout"], Run::Await(wait::for_height)),
    Entry("waitfornewblock", &["timeout", "current_tip"], Run::Await(wait::for_new_block)),
    Entry("gettxout", &["txid", "n", "include_mempool"], Run::Read(coins::get)),
    Entry("scantxoutset", &["action", "scanobjects"], Run::Read(coins::scan)),
    Entry("gettxoutproof", &["txids", "blockhash"], Run::Read(proofs::make)),
    Entry("verifytxoutproof", &["proof"], Run::Read(proofs::verify)),
    Entry("getmempoolentry", &["txid"], Run::Read(mempool::entry)),
    Entry("getmempoolinfo", &[], Run::Read(mempool::info)),
    Entry("getrawmempool", &["verbose", "mempool_sequence"], Run::Read(mempool::ids)),
    Entry("estimatesmartfee", &["conf_target", "estimate_mode"], Run::Read(mempool::estimate)),
    Entry("getrawtransaction", &["txid", "verbosity", "blockhash"], Run::Read(transactions::get)),
    Entry("decoderawtransaction", &["hexstring", "iswitness"], Run::Read(transactions::decode)),
    Entry(
        "sendrawtransaction",
        &["hexstring", "maxfeerate", "maxburnamount"],
        Run::Change(transactions::send),
    ),
    Entry("testmempoolaccept", &["rawtxs", "maxfeerate"], Run::Read(transactions::test)),
    Entry("generatetoaddress", &["nblocks", "address", "maxtries"], Run::Change(mining::generate)),
    Entry("submitblock", &["hexdata", "dummy"], Run::Change(mining::submit_block)),
    Entry("submitheader", &["hexdata"], Run::Change(mining::submit_header)),
    Entry("getconnectioncount", &[], Run::Read(node::connections)),
    Entry("getdescriptorinfo", &["descriptor"], Run::Read(node::descriptor)),
    Entry("getindexinfo", &["index_name"], Run::Read(node::indexes)),
    Entry("getnetworkinfo", &[], Run::Read(node::network)),
    Entry("help", &["command"], Run::Read(node::help)),
    Entry("uptime", &[], Run::Read(node::uptime)),
    Entry("validateaddress", &["address"], Run::Read(node::address)),
    Entry("getaccount", &["name", "query", "argument", "limit"], Run::Read(state::account)),
    Entry("getpacketevents", &["from", "to"], Run::Read(state::packet_events)),
    Entry("getstateproof", &["keys", "height", "batch"], Run::Read(state::prove)),
];

/// The line that shows how a method is called.
pub(super) fn usage(Entry(name, params, _): &Entry) -> String {
    core::iter::once(*name).chain(params.iter().copied()).collect::<Vec<_>>().join(" ")
}

pub(super) fn run(
    miners: &mut Miners,
    call: &Call<'_>,
    started: Timestamp,
    now: Timestamp,
) -> Outcome {
    let Some(entry) = METHODS.iter().find(|Entry(name, ..)| *name == call.method) else {
        return refuse(RpcError::new(RpcError::METHOD_NOT_FOUND, "Method not found"));
    };
    let Entry(_, names, run) = entry;
    let params = match Params::new(names, call.params) {
        Ok(params) if params.are_too_many() => {
            return refuse(RpcError::new(RpcError::MISUSE, usage(entry)));
        }
        Ok(params) => params,
        Err(error) => return refuse(error),
    };
    if let Run::Change(change) = run {
        return Outcome::Done(change(miners, &params, now));
    }
    let Some(view) = View::new(miners, started, now) else { return refuse(nobody()) };
    match run {
        Run::Read(read) => Outcome::Done(read(&view, &params)),
        Run::Await(wait) => match wait(&view, &params) {
            Ok(wait) => wait.poll(&view, now).map_or(Outcome::Wait(wait), Outcome::Done),
            Err(error) => refuse(error),
        },
        Run::Change(_) => refuse(nobody()),
    }
}

fn refuse(error: RpcError) -> Outcome {
    Outcome::Done(Err(error))
}

/// There is always a participant, so that this is never said.
pub(super) fn nobody() -> RpcError {
    RpcError::new(RpcError::INTERNAL, "no participant serves")
}

/// The result of methods that only do something.
pub(super) fn null() -> Reply {
    RawValue::NULL.to_owned()
}
