//! Methods about blocks and validators.

use causeway_wire_cometbft::rpc::{
    Base64Bytes, BlockIdJson, BlockMeta, BlockResults, BlockSearch, Blockchain, CommitAnswer,
    ConsensusParamsAnswer, HeaderAnswer, NumberedBlock, RpcError, SignedHeaderAnswer, Validators,
};

use super::args::Args;
use super::context::{self, Context, Reply, failed, page, reply};
use super::query::Query;
use super::views::{self, int, len};

/// The most blocks that `blockchain` lists (`rpc/core/blocks.go`).
const MAX_METAS: u64 = 20;

pub(super) fn block(context: &mut Context<'_>, args: &Args) -> Reply {
    let archive = context.archive;
    let height = context::height(args.int(0), archive.height(), archive.base())?;
    reply(&numbered(context, height)?)
}

pub(super) fn block_by_hash(context: &mut Context<'_>, args: &Args) -> Reply {
    let base = context.archive.base();
    match context.find(args.bytes(0)).filter(|height| *height >= base) {
        Some(height) => reply(&numbered(context, height)?),
        None => reply(&NumberedBlock { block_id: BlockIdJson::default(), block: None }),
    }
}

fn numbered(context: &Context<'_>, height: u64) -> Result<NumberedBlock, RpcError> {
    let (block, id) = context.block(height)?;
    Ok(NumberedBlock { block_id: id.into(), block: Some(views::block(&block)) })
}

pub(super) fn header(context: &mut Context<'_>, args: &Args) -> Reply {
    let archive = context.archive;
    let height = context::height(args.int(0), archive.height(), archive.light_base())?;
    reply(&HeaderAnswer { header: Some((&context.light(height)?.header).into()) })
}

pub(super) fn header_by_hash(context: &mut Context<'_>, args: &Args) -> Reply {
    let header = match context.find(args.bytes(0)) {
        Some(height) => Some((&context.light(height)?.header).into()),
        None => None,
    };
    reply(&HeaderAnswer { header })
}

pub(super) fn commit(context: &mut Context<'_>, args: &Args) -> Reply {
    let archive = context.archive;
    let height = context::height(args.int(0), archive.height(), archive.light_base())?;
    let light = context.light(height)?;
    let (header, commit) = ((&light.header).into(), (&light.commit).into());
    let signed_header = SignedHeaderAnswer { header, commit };
    reply(&CommitAnswer { signed_header, canonical: light.canonical })
}

pub(super) fn block_results(context: &mut Context<'_>, args: &Args) -> Reply {
    let archive = context.archive;
    let height = context::height(args.int(0), archive.height(), archive.base())?;
    let body = archive.body(height).ok_or_else(|| failed("results not found"))?;
    let outcome = body.outcome;
    reply(&BlockResults {
        height: int(height),
        txs_results: views::outcomes(&outcome.txs),
        finalize_block_events: views::events(&outcome.events),
        validator_updates: views::updates(&outcome.updates),
        consensus_param_updates: None,
        app_hash: Base64Bytes(outcome.app_hash),
    })
}

/// Newest first, and no more than [`MAX_METAS`] below the highest that is asked for.
pub(super) fn blockchain(context: &mut Context<'_>, args: &Args) -> Reply {
    let bound = |index| match args.int(index).unwrap_or_default() {
        negative if negative < 0 => Err(failed("heights must be non-negative")),
        number => Ok(u64::try_from(number).unwrap_or_default()),
    };
    let (min, max) = (bound(0)?, bound(1)?);
    let newest = context.archive.height();
    let max = if max == 0 { newest } else { max.min(newest) };
    let min = min.max(context.archive.light_base()).max(max.saturating_sub(MAX_METAS - 1));
    if min > max {
        return Err(failed(format!("min height {min} can't be greater than max height {max}")));
    }
    let meta = |height| {
        let light = context.light(height)?;
        Ok(BlockMeta {
            block_id: light.commit.block_id.into(),
            block_size: int(light.block_len),
            header: (&light.header).into(),
            num_txs: int(light.tx_count),
        })
    };
    let block_metas = (min..=max).rev().map(meta).collect::<Result<_, RpcError>>()?;
    reply(&Blockchain { last_height: int(newest), block_metas })
}

/// The set of the height after the newest block is known too.
pub(super) fn validators(context: &mut Context<'_>, args: &Args) -> Reply {
    let newest = context.archive.height().saturating_add(1);
    let height = context::height(args.int(0), newest, 1)?;
    let set = context.archive.validators(height).ok_or_else(|| failed("validators not found"))?;
    let range = page(args.int(1), args.int(2), set.validators.len())?;
    let members = set.validators.get(range).unwrap_or_default();
    reply(&Validators {
        block_height: int(height),
        validators: members.iter().map(Into::into).collect(),
        count: len(members.len()),
        total: len(set.validators.len()),
    })
}

pub(super) fn consensus_params(context: &mut Context<'_>, args: &Args) -> Reply {
    let newest = context.archive.height().saturating_add(1);
    let height = context::height(args.int(0), newest, 1)?;
    let consensus_params = context.identity.params().clone();
    reply(&ConsensusParamsAnswer { block_height: int(height), consensus_params })
}

/// Newest first unless asked otherwise.
pub(super) fn block_search(context: &mut Context<'_>, args: &Args) -> Reply {
    let query = Query::parse(args.text(0)).map_err(failed)?;
    let archive = context.archive;
    let matches = |height: &u64| {
        let attributes = || {
            let mut attributes = views::attributes(&archive.body(*height)?.outcome.events);
            attributes.insert("block.height".to_owned(), vec![height.to_string()]);
            Some(attributes)
        };
        query.allows("block.height", *height)
            && attributes().is_some_and(|attributes| query.matches(&attributes))
    };
    let base = archive.base();
    let mut found: Vec<_> = archive.heights().filter(|h| *h >= base).filter(matches).collect();
    if is_descending(args.text(3), true)? {
        found.reverse();
    }
    let range = page(args.int(1), args.int(2), found.len())?;
    let heights = found.get(range).unwrap_or_default();
    let blocks = heights.iter().map(|height| numbered(context, *height));
    let total_count = len(found.len());
    reply(&BlockSearch { blocks: blocks.collect::<Result<_, _>>()?, total_count })
}

/// What `order_by` asks for.
pub(super) fn is_descending(order: &str, default: bool) -> Result<bool, RpcError> {
    match order {
        "" => Ok(default),
        "asc" => Ok(false),
        "desc" => Ok(true),
        _ => Err(failed("expected order_by to be either `asc` or `desc` or empty")),
    }
}
