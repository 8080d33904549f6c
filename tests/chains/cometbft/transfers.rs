//! Transactions of the developers' accounts.

use causeway_chain::developer_key;
use causeway_core::Amount;
use causeway_wire_cometbft::msg::{Msg, Send};
use causeway_wire_cometbft::tx::{Body, Coin, Fee, SignMode, Signer, SigningKey, Transaction};

/// Alice pays Bob seven of the smallest coin, on the chain of that seed; she has made so many
/// transactions before.
pub(super) fn transfer(seed: u64, sequence: u64) -> Vec<u8> {
    transfer_of(seed, sequence, 7)
}

pub(super) fn transfer_of(seed: u64, sequence: u64, amount: u64) -> Vec<u8> {
    let key = |name| {
        let secret = developer_key("pbft", name, seed).to_bytes().into();
        SigningKey::from_bytes(&secret).unwrap()
    };
    let address = |name| key(name).public_key().address().to_bech32("causeway").unwrap();
    let coin = |amount| Coin { denom: "ucway".into(), amount: Amount::from(amount) };
    let payment = Send { from: address("alice"), to: address("bob"), amount: vec![coin(amount)] };
    let body = Body { messages: vec![Msg::Send(payment).to_any()], ..Body::default() };
    let public_key = Some(key("alice").public_key());
    let signer = Signer { public_key, mode: SignMode::Direct, sequence };
    let fee = Fee { amount: vec![coin(1_000_u64)], gas_limit: 300_000, ..Fee::default() };
    let mut tx = Transaction::new(body, vec![signer], fee);
    tx.sign(&key("alice"), "causeway-pbft-1", 0);
    tx.encode()
}
