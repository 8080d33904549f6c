//! Questions about the state (`abci_query`).

/// The answer to a query (`ResponseQuery`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueryResult {
    /// Zero for an answer; else a number of [`Self::codespace`].
    pub code: u32,
    /// Whose number the code is; empty for an answer.
    pub codespace: String,
    /// What went wrong, in words.
    pub log: String,
    /// The key that was asked for; of questions to a store only.
    pub key: Vec<u8>,
    /// The answer; empty where there is none.
    pub value: Vec<u8>,
    /// Proof of the answer under the app hash of [`Self::height`], which the header above it has.
    pub proof_ops: Vec<ProofOp>,
    /// The height after whose block the state is.
    pub height: u64,
}

/// One step of a proof (`tendermint.crypto.ProofOp`), lowest tree first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofOp {
    /// `ics23:iavl` or `ics23:simple`.
    pub kind: &'static str,
    /// The key in that tree.
    pub key: Vec<u8>,
    /// An encoded ICS-23 proof.
    pub data: Vec<u8>,
}
