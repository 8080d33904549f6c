//! Blocks with calls and payouts, as the `bitcoin` crate and its curve library judge them: what a
//! node that knows nothing of contracts would connect.

use std::collections::BTreeMap;

use bitcoin::consensus::{deserialize, serialize};
use bitcoin::hashes::Hash;
use bitcoin::script::Instruction;
use bitcoin::secp256k1::{Message, Secp256k1, ecdsa};
use bitcoin::sighash::{EcdsaSighashType, SighashCache};
use bitcoin::{Block, OutPoint, PublicKey, Script, ScriptBuf, Transaction, TxOut};
use causeway_core::PacketResult;
use causeway_wire_bitcoin::CALL_MAGIC;
use serde_json::json;

use crate::pow_world::{Pow, World, address};

/// An unspent output, and the height from which it can be spent.
type Unspent = BTreeMap<OutPoint, (TxOut, u32)>;

fn blocks(pow: &mut Pow) -> Vec<Vec<u8>> {
    let count = pow.height();
    let block = |height| {
        let hash = pow.ask("getblockhash", &json!([height]));
        hex::decode(pow.ask("getblock", &json!([hash, 0])).as_str().unwrap()).unwrap()
    };
    (0..=count).map(block).collect()
}

fn vault() -> (ScriptBuf, ScriptBuf) {
    let script = ScriptBuf::from_bytes(vec![bitcoin::opcodes::OP_TRUE.to_u8()]);
    (ScriptBuf::new_p2wsh(&script.wscript_hash()), script)
}

/// Carries out the spends of an input as scripts of witness version 0 say.
fn verify_input(transaction: &Transaction, index: usize, spent: &TxOut) {
    let witness = &transaction.input[index].witness;
    assert!(transaction.input[index].script_sig.is_empty());
    let (vault, script) = vault();
    if spent.script_pubkey == vault {
        assert_eq!(witness.to_vec(), [script.into_bytes()]);
        return;
    }
    let key = PublicKey::from_slice(&witness[1]).unwrap();
    assert_eq!(spent.script_pubkey, ScriptBuf::new_p2wpkh(&key.wpubkey_hash().unwrap()));
    let (hash_type, der) = witness[0].split_last().unwrap();
    assert_eq!(*hash_type, EcdsaSighashType::All as u8);
    let signature = ecdsa::Signature::from_der(der).unwrap();
    let mut cache = SighashCache::new(transaction);
    let script = &spent.script_pubkey;
    let hash = cache.p2wpkh_signature_hash(index, script, spent.value, EcdsaSighashType::All);
    let message = Message::from_digest(hash.unwrap().to_byte_array());
    Secp256k1::verification_only().verify_ecdsa(&message, &signature, &key.inner).unwrap();
}

/// Spends and creates; gives the fee.
fn connect(unspent: &mut Unspent, transaction: &Transaction, height: u32) -> u64 {
    let is_coinbase = transaction.is_coinbase();
    let mut fee = 0;
    if !is_coinbase {
        for (index, input) in transaction.input.iter().enumerate() {
            let (spent, mature) = unspent.remove(&input.previous_output).unwrap();
            assert!(mature <= height);
            verify_input(transaction, index, &spent);
            fee += spent.value.to_sat();
        }
        fee -= transaction.output.iter().map(|output| output.value.to_sat()).sum::<u64>();
    }
    for (vout, output) in (0..).zip(&transaction.output) {
        if !output.script_pubkey.is_op_return() {
            let mature = if is_coinbase { height + 100 } else { height };
            let outpoint = OutPoint { txid: transaction.compute_txid(), vout };
            unspent.insert(outpoint, (output.clone(), mature));
        }
    }
    fee
}

/// The payload of a call, pushed once and minimally.
fn payload(script: &Script) -> Option<&[u8]> {
    let mut parts = script.instructions_minimal();
    parts.next()?.ok()?;
    match (parts.next()?.ok()?, parts.next()) {
        (Instruction::PushBytes(bytes), None) => Some(bytes.as_bytes()),
        _ => None,
    }
}

#[test]
fn a_node_without_contracts_connects_blocks_with_calls_and_payouts() {
    let mut w = World::new();
    let packet = w.send("alice", 1_000_000, 3600);
    assert_eq!(w.receive_there(&packet), PacketResult::Success);
    let payload_back = w.transfer_back(&w.behind_there("sat"), 400_000, &address("bob"));
    let packet = w.send_back(payload_back);
    w.receive_here(&packet);
    let mut unspent = Unspent::new();
    let (mut calls, mut payouts) = (0, 0);
    for (height, bytes) in (0_u32..).zip(blocks(&mut w.pow)) {
        let block: Block = deserialize(&bytes).unwrap();
        assert_eq!(serialize(&block), bytes);
        assert!(block.check_merkle_root() && block.check_witness_commitment());
        let mut fees = 0;
        for transaction in block.txdata.iter().skip(1) {
            let fee = connect(&mut unspent, transaction, height);
            fees += fee;
            let data = transaction.output.iter().filter(|o| o.script_pubkey.is_op_return());
            let data: Vec<_> = data.map(|output| payload(&output.script_pubkey)).collect();
            calls += data.iter().flatten().filter(|data| data.starts_with(&CALL_MAGIC)).count();
            if data.is_empty() && fee == 0 {
                assert_eq!(transaction, block.txdata.last().unwrap());
                payouts += 1;
            }
        }
        let reward = block.txdata[0].output.iter().map(|output| output.value.to_sat()).sum::<u64>();
        assert!(height == 0 || reward <= 5_000_000_000 + fees);
        connect(&mut unspent, &block.txdata[0], height);
    }
    assert!(calls >= 5, "{calls}");
    assert_eq!(payouts, 2);
    let (script, _) = vault();
    let held: Vec<_> = unspent.values().filter(|(out, _)| out.script_pubkey == script).collect();
    let [(held, _)] = held.as_slice() else { panic!("{held:?}") };
    assert_eq!(held.value.to_sat(), 600_000);
    let total: u64 = unspent.values().map(|(output, _)| output.value.to_sat()).sum();
    assert_eq!(total, w.pow.miner().ledger().supply());
}
