//! Methods about accounts.

use alloy_primitives::{Address, B256, Bytes};
use causeway_wire_ethereum::AtMost;
use causeway_wire_ethereum::eth::{
    BlockId, Hex, Hexadecimal, ProofAnswer, RpcError, SlotProof, StorageKey,
};
use causeway_wire_ethereum::proof::MAX_STORAGE_KEYS;
use serde_json::json;

use super::methods::{Context, Outcome};
use super::params::Params;
use crate::execution::{StateView, state};

/// `eth_getBalance`.
pub(super) fn balance(context: &mut Context<'_>, mut params: Params<'_>) -> Outcome {
    let Hex(address) = params.required::<Hex<Address>>()?;
    let state = at(context, params)?;
    Ok(state.balance(&address).to_hex().into())
}

/// `eth_getCode`.
pub(super) fn code(context: &mut Context<'_>, mut params: Params<'_>) -> Outcome {
    let Hex(address) = params.required::<Hex<Address>>()?;
    let state = at(context, params)?;
    Ok(state.code(&address).to_hex().into())
}

/// `eth_getStorageAt`: always the whole word.
pub(super) fn storage(context: &mut Context<'_>, mut params: Params<'_>) -> Outcome {
    let Hex(address) = params.required::<Hex<Address>>()?;
    let key: StorageKey = params.required()?;
    let state = at(context, params)?;
    Ok(B256::from(state.storage(&address, &key.slot())).to_hex().into())
}

/// `eth_getProof` (EIP-1186).
pub(super) fn proof(context: &mut Context<'_>, mut params: Params<'_>) -> Outcome {
    let Hex(address) = params.required::<Hex<Address>>()?;
    let AtMost(keys): AtMost<StorageKey, MAX_STORAGE_KEYS> = params.required()?;
    let state = at(context, params)?;
    let slots: Vec<B256> = keys.iter().map(StorageKey::slot).collect();
    let proof = state.proof(&address, &slots);
    let nodes = |nodes: Vec<Vec<u8>>| nodes.into_iter().map(Bytes::from).collect();
    let slot = |(key, slot): (StorageKey, state::SlotProof)| SlotProof {
        key,
        value: slot.word,
        proof: nodes(slot.nodes),
    };
    Ok(json!(ProofAnswer {
        address,
        account_proof: nodes(proof.nodes),
        balance: proof.account.balance,
        code_hash: proof.account.code_hash,
        nonce: proof.account.nonce,
        storage_hash: proof.storage_root,
        storage_proof: keys.into_iter().zip(proof.slots).map(slot).collect(),
    }))
}

/// The state that the last parameter names.
fn at(context: &Context<'_>, mut params: Params<'_>) -> Result<StateView, RpcError> {
    let id: Option<BlockId> = params.optional()?;
    params.end()?;
    context.ledger().state(id)
}
