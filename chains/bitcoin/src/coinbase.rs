//! The first transaction of a block: reward, state root and witness commitment.

use causeway_client_bitcoin::{
    CommitmentMagic, MerkleNode, StateRoot, commitment_script, height_push, merkle, sha256d,
};
use causeway_wire_bitcoin::{
    OwnedInput, OwnedOutput, OwnedTransaction, WITNESS_COMMITMENT_PREFIX, data_script,
};

/// What the output with the state root begins with, behind its opcodes.
pub const COMMITMENT_MAGIC: CommitmentMagic = CommitmentMagic(*b"cwst");

/// Not the final number, so that the lock time counts (BIP54).
pub(crate) const COINBASE_SEQUENCE: u32 = 0xffff_fffe;
/// An output of nothing at heights whose push is a single byte: input scripts have two or more.
const OP_0: u8 = 0;

/// What a coinbase says.
#[derive(Clone, Debug)]
pub struct Parts<'a> {
    /// Height of the block.
    pub height: u64,
    /// Pushed behind the height, so that miners search in different places.
    pub extra: &'a [u8],
    /// What the miner takes: at most new coins and fees.
    pub reward: u64,
    /// Whom it goes to.
    pub reward_script: Vec<u8>,
    /// The state after the block.
    pub state_root: StateRoot,
}

/// The coinbase of a block with these other transactions.
pub fn coinbase(parts: &Parts<'_>, others: &[OwnedTransaction]) -> OwnedTransaction {
    let mut script = height_push(parts.height);
    // A data script without its opcode is the push alone.
    script.extend(data_script(parts.extra).into_iter().skip(1));
    if script.len() < 2 {
        script.push(OP_0);
    }
    let reward = OwnedOutput { value: parts.reward, script: parts.reward_script.clone() };
    let state = commitment_script(COMMITMENT_MAGIC, parts.state_root).to_vec();
    let outputs = vec![
        reward,
        OwnedOutput { value: 0, script: state },
        OwnedOutput { value: 0, script: witness_commitment_script(others) },
    ];
    let lock_time = u32::try_from(parts.height.saturating_sub(1)).unwrap_or(u32::MAX);
    let inputs = vec![OwnedInput::coinbase(script, COINBASE_SEQUENCE)];
    OwnedTransaction { version: 2, inputs, outputs, lock_time }
}

/// The script that commits to the witnesses of all other transactions (BIP141).
pub(crate) fn witness_commitment_script(others: &[OwnedTransaction]) -> Vec<u8> {
    let leaves: Vec<MerkleNode> = core::iter::once(MerkleNode::default())
        .chain(others.iter().map(|transaction| transaction.wtxid().into()))
        .collect();
    let mut committed = merkle::root(&leaves).unwrap_or_default().0.to_vec();
    committed.extend([0; 32]);
    [&WITNESS_COMMITMENT_PREFIX[..], &sha256d(&committed)].concat()
}
