//! Blocks and headers in the words of Bitcoin Core.

use std::collections::BTreeMap;

use causeway_client_bitcoin::{Anchor, BlockHash, CompactTarget};
use causeway_wire_bitcoin::rpc::{
    BlockInfo, BlockTransactions, CoinbaseInfo, HeaderInfo, PrevoutInfo, ScriptInfo,
    TransactionInfo,
};
use causeway_wire_bitcoin::{AddressNetwork, Amount, Block, OwnedTransaction};

use crate::Miner;
use crate::ledger::{Coin, OutpointKey, key_of};

/// The network that addresses of this chain are for: clients know no other one for a network of
/// one's own.
pub(crate) const ADDRESSES: AddressNetwork = AddressNetwork::Regtest;

/// What a block spent, as far as that is still known.
pub(super) type Spent<'m> = BTreeMap<OutpointKey, &'m Coin>;

/// How many times harder than the easiest target of mainnet (Bitcoin Core `GetDifficulty`).
pub(super) fn difficulty(bits: CompactTarget) -> f64 {
    let exponent = i32::try_from(bits.0 >> 24).unwrap_or_default();
    let scale = 256_f64.powi(29_i32.saturating_sub(exponent));
    f64::from(0xffff_u32) / f64::from(bits.0 & 0x007f_ffff) * scale
}

/// A size or count as it is written.
pub(super) fn number(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}

/// Blocks from one of the followed chain to the tip, both included.
pub(super) fn depth(miner: &Miner, height: u64) -> u64 {
    miner.height().saturating_sub(height).saturating_add(1)
}

/// A header, with its place on the chain that `miner` follows.
pub(super) fn header(miner: &Miner, hash: BlockHash, anchor: &Anchor) -> HeaderInfo {
    let header = &anchor.header;
    let is_active = miner.hash_at(anchor.height) == Some(hash);
    let confirmations = i64::try_from(depth(miner, anchor.height)).unwrap_or(i64::MAX);
    let next = miner.hash_at(anchor.height.saturating_add(1));
    let transactions = miner.block(&hash).map_or(0, |(_, block)| block.transactions.len());
    HeaderInfo {
        hash,
        confirmations: if is_active { confirmations } else { -1 },
        height: anchor.height,
        version: header.version,
        version_hex: format!("{:08x}", header.version),
        merkle_root: header.merkle_root,
        time: header.time,
        median_time: anchor.last_times.median(),
        nonce: header.nonce,
        bits: header.bits,
        target: Some(header.bits.expand().target),
        difficulty: difficulty(header.bits),
        chain_work: anchor.chainwork,
        transactions: u32::try_from(transactions).unwrap_or(u32::MAX),
        previous: (anchor.height > 0).then_some(header.prev),
        next: next.filter(|_| is_active),
    }
}

/// A block with these transactions.
pub(super) fn block(header: HeaderInfo, block: &Block, tx: BlockTransactions) -> BlockInfo {
    let size = block.to_bytes().len();
    // Weight is three times the stripped size and once the size.
    let stripped = block.weight().saturating_sub(size).checked_div(3).unwrap_or_default();
    BlockInfo {
        header,
        stripped_size: number(stripped),
        size: number(size),
        weight: number(block.weight()),
        coinbase_tx: block.transactions.first().and_then(coinbase),
        tx,
    }
}

fn coinbase(transaction: &OwnedTransaction) -> Option<CoinbaseInfo> {
    let input = transaction.inputs.first()?;
    Some(CoinbaseInfo {
        version: transaction.version,
        locktime: transaction.lock_time,
        sequence: input.sequence,
        coinbase: input.script.clone(),
        witness: input.witness.first().map(hex::encode),
    })
}

/// A transaction with its fee, and with the outputs that it spends when they are wanted; without
/// what is not known.
pub(super) fn transaction(
    transaction: &OwnedTransaction,
    spent: &Spent<'_>,
    with_outputs: bool,
) -> TransactionInfo {
    let mut info = TransactionInfo::new(transaction, ADDRESSES);
    info.fee = fee(transaction, spent).map(Amount);
    if with_outputs {
        for (input, own) in info.vin.iter_mut().zip(&transaction.inputs) {
            input.prevout = spent.get(&key_of(&own.outpoint)).map(|coin| PrevoutInfo {
                generated: coin.is_coinbase,
                height: coin.height,
                value: Amount(coin.value),
                script: script_of(coin),
            });
        }
    }
    info
}

/// The script of an unspent or spent output.
pub(super) fn script_of(coin: &Coin) -> ScriptInfo {
    ScriptInfo::new(&coin.script(), ADDRESSES)
}

fn fee(transaction: &OwnedTransaction, spent: &Spent<'_>) -> Option<u64> {
    if transaction.is_coinbase() {
        return None;
    }
    let coins = transaction.inputs.iter().map(|input| spent.get(&key_of(&input.outpoint)));
    let taken = coins.map(|coin| coin.map(|coin| coin.value)).sum::<Option<u64>>()?;
    let paid = transaction.outputs.iter().map(|output| output.value).sum();
    taken.checked_sub(paid)
}
