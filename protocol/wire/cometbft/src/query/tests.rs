//! Field numbers, by hand-written bytes where they are easily mistaken.

use causeway_client_cometbft::proto::Height;
use prost::Message;

use super::*;

#[test]
fn the_receipt_begins_at_field_two() {
    let proof_height = Some(Height { revision_number: 1, revision_height: 9 });
    let response = QueryPacketReceiptResponse { received: true, proof: vec![5], proof_height };
    assert_eq!(response.encode_to_vec(), [0x10, 1, 0x1a, 1, 5, 0x22, 4, 8, 1, 0x10, 9]);
}

#[test]
fn simulation_takes_the_transaction_in_field_two() {
    assert_eq!(Simulate { tx_bytes: vec![7] }.encode_to_vec(), [0x12, 1, 7]);
    let result = SimulateResult { data: vec![1], ..SimulateResult::default() };
    let gas_info = Some(GasInfo { gas_wanted: 3, gas_used: 2 });
    let response = SimulateResponse { gas_info, result: Some(result) };
    assert_eq!(response.encode_to_vec(), [0x0a, 4, 8, 3, 0x10, 2, 0x12, 3, 0x0a, 1, 1]);
}

#[test]
fn a_denomination_has_its_trace_in_field_three() {
    let hop = Hop { port_id: "p".into(), channel_id: "c".into() };
    let denom = Denom { base: "b".into(), trace: vec![hop] };
    let expected = [0x0a, 1, b'b', 0x1a, 6, 0x0a, 1, b'p', 0x12, 1, b'c'];
    assert_eq!(denom.encode_to_vec(), expected);
}

#[test]
fn sequences_are_packed() {
    let query = QueryUnreceived { client_id: "c".into(), sequences: vec![1, 300] };
    assert_eq!(query.encode_to_vec(), [0x0a, 1, b'c', 0x12, 3, 1, 0xac, 2]);
}
