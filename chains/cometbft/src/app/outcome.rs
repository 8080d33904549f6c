//! What transactions and blocks gave, logs and events included.

use causeway_wire_cometbft::TxEvent;

use crate::TxResult;
use crate::consensus::{Executed, ValidatorUpdate};

/// What became of one transaction: `ExecTxResult`, and of a check the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TxOutcome {
    /// Zero for success; else a number of [`Self::codespace`].
    pub code: u32,
    /// Whose number the code is; empty for success.
    pub codespace: String,
    /// What went wrong, in words.
    pub log: String,
    /// The answers to the messages (`TxMsgData`).
    pub data: Vec<u8>,
    /// The gas that the transaction asked for.
    pub gas_wanted: u64,
    /// The gas that it took.
    pub gas_used: u64,
    /// What it reports.
    pub events: Vec<TxEvent>,
}

impl TxOutcome {
    /// True when it did what it should.
    pub const fn is_ok(&self) -> bool {
        self.code == 0
    }

    /// The part that headers commit to.
    pub fn deterministic(&self) -> TxResult {
        let signed = |gas: u64| i64::try_from(gas).unwrap_or(i64::MAX);
        TxResult {
            code: self.code,
            data: self.data.clone(),
            gas_wanted: signed(self.gas_wanted),
            gas_used: signed(self.gas_used),
        }
    }
}

/// What executing one block gave (`ResponseFinalizeBlock`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockOutcome {
    /// The block's height.
    pub height: u64,
    /// One outcome a transaction, in order.
    pub txs: Vec<TxOutcome>,
    /// What the block itself reports.
    pub events: Vec<TxEvent>,
    /// Changes of the validator set.
    pub updates: Vec<ValidatorUpdate>,
    /// The state after the block.
    pub app_hash: Vec<u8>,
}

impl BlockOutcome {
    /// The part that consensus goes on with.
    pub fn executed(&self) -> Executed {
        Executed {
            app_hash: self.app_hash.clone(),
            results: self.txs.iter().map(TxOutcome::deterministic).collect(),
            updates: self.updates.clone(),
        }
    }
}
