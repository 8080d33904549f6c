//! The rules of a block by itself (Bitcoin Core `CheckBlock` and `ContextualCheckBlock`), with
//! those that this chain adds: they only restrict.

use std::collections::BTreeSet;

use causeway_client_bitcoin::{
    HeaderError, StateRoot, Transaction, Txid, commitment_script, committed_state_root, height_push,
};
use causeway_store::StoreError;
use causeway_wire_bitcoin::{Block, MAX_BLOCK_WEIGHT, OwnedTransaction, Script, carries_magic};

use crate::coinbase::{COINBASE_SEQUENCE, COMMITMENT_MAGIC, witness_commitment_script};
use crate::contracts::VaultError;
use crate::spend::{TransactionError, check_amounts, check_size};

/// Bytes of a coinbase's input script.
const COINBASE_SCRIPT_LENS: core::ops::RangeInclusive<usize> = 2..=100;

/// Why a block is refused, spelt as Bitcoin Core does where it has the rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlockError {
    /// The header breaks a rule.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The first transaction creates money.
    #[error("bad-cb-missing")]
    NoCoinbase,
    /// The transactions are not those of the header.
    #[error("bad-txnmrklroot")]
    MerkleRoot,
    /// A transaction is there twice (CVE-2012-2459).
    #[error("bad-txns-duplicate")]
    Duplicate,
    /// More weight than allowed.
    #[error("bad-blk-weight")]
    Weight {
        /// Its weight.
        got: usize,
        /// The most.
        expected: usize,
    },
    /// The coinbase's input script has 2 to 100 bytes.
    #[error("bad-cb-length")]
    CoinbaseLength {
        /// Its length.
        got: usize,
    },
    /// The coinbase's input script begins with the height (BIP34).
    #[error("bad-cb-height")]
    CoinbaseHeight {
        /// The height.
        expected: u64,
    },
    /// The coinbase's lock time is the parent's height, and is in force (BIP54).
    #[error("bad-cb-locktime")]
    CoinbaseLockTime {
        /// The lock time.
        got: u32,
        /// The parent's height.
        expected: u64,
    },
    /// The coinbase pays in a form that this chain does not have.
    #[error("bad-cb-output")]
    CoinbaseOutput,
    /// The last output commits to the witnesses (BIP141).
    #[error("bad-witness-merkle-match")]
    WitnessCommitment,
    /// The coinbase's witness is 32 zero bytes (BIP141 leaves them free).
    #[error("bad-witness-nonce-size")]
    WitnessNonce,
    /// The second output, and no other, commits to the state.
    #[error("bad-cb-state-root")]
    StateRoot {
        /// The state after the block.
        expected: StateRoot,
    },
    /// The miner takes too much.
    #[error("bad-cb-amount")]
    CoinbaseAmount {
        /// What it takes.
        got: u64,
        /// New coins and fees.
        expected: u64,
    },
    /// A transaction breaks a rule.
    #[error(transparent)]
    Transaction(#[from] TransactionError),
    /// All calls together ask for too much gas.
    #[error("bad-blk-gas")]
    Gas {
        /// What they ask for.
        got: u64,
        /// The most.
        expected: u64,
    },
    /// The last transaction is not the payout that follows from the calls, or is one where none is
    /// due.
    #[error("bad-payout")]
    Payout {
        /// The payout that is due, if one is.
        expected: Option<Txid>,
    },
    /// The contracts owe more than they hold.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The provable store refused.
    #[error(transparent)]
    Store(StoreError),
}

/// Judges a block of this height whose header was found valid. What its transactions spend and the
/// state that it commits to are judged by [`crate::Ledger::connect`].
pub fn check_block(block: &Block, height: u64) -> Result<(), BlockError> {
    let got = block.weight();
    if got > MAX_BLOCK_WEIGHT {
        return Err(BlockError::Weight { got, expected: MAX_BLOCK_WEIGHT });
    }
    let (coinbase, others) = block.transactions.split_first().ok_or(BlockError::NoCoinbase)?;
    if !coinbase.is_coinbase() {
        return Err(BlockError::NoCoinbase);
    }
    if block.merkle_root() != Some(block.header.merkle_root) {
        return Err(BlockError::MerkleRoot);
    }
    let ids: BTreeSet<_> = block.transactions.iter().map(OwnedTransaction::txid).collect();
    if ids.len() != block.transactions.len() {
        return Err(BlockError::Duplicate);
    }
    check_coinbase(coinbase, height)?;
    check_witness_commitment(coinbase, others)
}

fn check_coinbase(coinbase: &OwnedTransaction, height: u64) -> Result<(), BlockError> {
    check_size(coinbase)?;
    check_amounts(coinbase)?;
    let Some(input) = coinbase.inputs.first() else { return Err(BlockError::NoCoinbase) };
    if !COINBASE_SCRIPT_LENS.contains(&input.script.len()) {
        return Err(BlockError::CoinbaseLength { got: input.script.len() });
    }
    if !input.script.starts_with(&height_push(height)) {
        return Err(BlockError::CoinbaseHeight { expected: height });
    }
    let (got, expected) = (coinbase.lock_time, height.saturating_sub(1));
    if u64::from(got) != expected || input.sequence != COINBASE_SEQUENCE {
        return Err(BlockError::CoinbaseLockTime { got, expected });
    }
    let mut forms = coinbase.outputs.iter().map(|output| Script::of(&output.script));
    if forms.any(|form| matches!(form, Script::Other | Script::Vault)) {
        return Err(BlockError::CoinbaseOutput);
    }
    // A coinbase calls nothing, and must not look as if it did.
    if coinbase.outputs.iter().any(carries_magic) {
        return Err(BlockError::CoinbaseOutput);
    }
    Ok(())
}

fn check_witness_commitment(
    coinbase: &OwnedTransaction,
    others: &[OwnedTransaction],
) -> Result<(), BlockError> {
    let reserved = coinbase.inputs.first().map(|input| input.witness.as_slice());
    if !matches!(reserved, Some([item]) if item.as_slice() == [0; 32]) {
        return Err(BlockError::WitnessNonce);
    }
    let expected = witness_commitment_script(others);
    match coinbase.outputs.last() {
        Some(output) if output.script == expected => Ok(()),
        _ => Err(BlockError::WitnessCommitment),
    }
}

/// As a light client reads it, and at its place.
pub(crate) fn check_state_root(
    coinbase: &OwnedTransaction,
    height: u64,
    expected: StateRoot,
) -> Result<(), BlockError> {
    let bytes = coinbase.to_bytes();
    let read = Transaction::from_bytes(&bytes)
        .ok()
        .and_then(|read| committed_state_root(&read, COMMITMENT_MAGIC, height, &mut ()).ok());
    let own = commitment_script(COMMITMENT_MAGIC, expected);
    let is_second = coinbase.outputs.get(1).is_some_and(|output| output.script == own);
    if read == Some(expected) && is_second {
        Ok(())
    } else {
        Err(BlockError::StateRoot { expected })
    }
}
