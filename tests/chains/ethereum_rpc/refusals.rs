//! What is refused, and calls that are tried out.

use alloy_primitives::{Address, B256, U256, hex};
use alloy_rpc_types_eth as alloy;
use causeway_chain::Chain as _;
use causeway_wire_ethereum::contracts::TOKEN_A;
use causeway_wire_ethereum::transaction::{Transaction, account_of};
use serde_json::{Value, json};

use super::{
    Disk, NOBODY, answer, at, call, key, open, raw, refusal, send, token_transfer, transfer,
};

#[test]
fn refusals_have_the_codes_and_words_that_clients_know() {
    let chain = &mut open(&Disk::new(), 0);
    chain.advance(at(3));
    let head = 41 + 3;
    let unknown = B256::repeat_byte(1);
    let cases: [(&str, Value, i64, &str); 22] = [
        (
            "eth_nothing",
            json!([]),
            -32601,
            "the method eth_nothing does not exist/is not available",
        ),
        ("eth_fillTransaction", json!([{}]), -32601, "does not exist/is not available"),
        ("eth_getBalance", json!([]), -32602, "missing value for required argument 0"),
        ("eth_getBalance", json!(["0x1"]), -32602, "invalid argument 0: hex string of odd length"),
        ("eth_getBalance", json!([NOBODY, "0x01"]), -32602, "hex number with leading zero digits"),
        ("eth_getBalance", json!([NOBODY, "new"]), -32602, "hex string without 0x prefix"),
        ("eth_getBalance", json!([NOBODY, "latest", 1]), -32602, "too many arguments"),
        ("eth_getBalance", json!({"address": NOBODY}), -32602, "non-array args"),
        ("eth_getBalance", json!([NOBODY, "0x1000"]), -32000, "header not found"),
        (
            "eth_getBalance",
            json!([NOBODY, {"blockHash": unknown}]),
            -32000,
            "header for hash not found",
        ),
        (
            "eth_getBlockByNumber",
            json!(["latest"]),
            -32602,
            "missing value for required argument 1",
        ),
        ("eth_getBlockByNumber", json!(["0x", true]), -32602, "hex string \"0x\""),
        ("eth_getProof", json!([NOBODY, ["0xzz"], "latest"]), -32602, "invalid hex string"),
        (
            "eth_getLogs",
            json!([{"fromBlock": "0x5", "toBlock": "0x4"}]),
            -32602,
            "invalid block range params",
        ),
        (
            "eth_getLogs",
            json!([{"fromBlock": "0x5", "toBlock": format!("{:#x}", head + 1)}]),
            -32602,
            "block range extends beyond current head block",
        ),
        ("eth_getLogs", json!([{"blockHash": unknown}]), -32000, "unknown block"),
        ("eth_subscribe", json!(["newHeads"]), -32601, "notifications not supported"),
        ("eth_getFilterChanges", json!(["0x1"]), -32000, "filter not found"),
        ("eth_feeHistory", json!(["0x1", "0x1000", []]), -32000, "request beyond head block"),
        ("eth_feeHistory", json!(["0x1", "latest", [50, 20]]), -32000, "invalid reward percentile"),
        ("eth_sendRawTransaction", json!(["0x02"]), -32000, ""),
        (
            "eth_call",
            json!([{"input": "0x01", "data": "0x02"}]),
            -32602,
            "both \"data\" and \"input\"",
        ),
    ];
    for (method, params, code, words) in cases {
        let (got, message) = refusal(chain, method, params.clone());
        assert_eq!(got, code, "{method} {params}: {message}");
        assert!(message.contains(words), "{method} {params}: {message}");
    }
    let too_many = vec!["0x0"; 1025];
    let (code, _) = refusal(chain, "eth_getProof", json!([NOBODY, too_many, "latest"]));
    assert_eq!(code, -32602);
}

#[test]
fn bad_transactions_are_refused_in_known_words_and_cost_nothing() {
    let chain = &mut open(&Disk::new(), 0);
    send(chain, &transfer("alice", 0, 1));
    let altered = |change: fn(&mut Transaction)| {
        let mut transaction = transfer("bob", 0, 1).transaction().clone();
        change(&mut transaction);
        transaction.sign(&key("bob")).unwrap()
    };
    let cases = [
        (transfer("alice", 0, 1), "already known"),
        (transfer("alice", 0, 2), "replacement transaction underpriced"),
        (altered(|tx| tx.chain_id = 1), "invalid chain id for signer: have 1 want 31337"),
        (
            altered(|tx| tx.gas_limit = 20_999),
            "intrinsic gas too low: gas 20999, minimum needed 21000",
        ),
        (altered(|tx| tx.value = U256::MAX), "insufficient funds for gas * price + value"),
        (
            altered(|tx| tx.max_priority_fee_per_gas = u128::MAX),
            "max priority fee per gas higher than max fee per gas",
        ),
        (altered(|tx| tx.gas_limit = u64::MAX), "gas limit"),
    ];
    for (transaction, words) in cases {
        let (code, message) = refusal(chain, "eth_sendRawTransaction", raw(&transaction));
        assert_eq!(code, -32000);
        assert!(message.contains(words), "{words}: {message}");
    }
    let mut bytes = transfer("bob", 0, 1).encode();
    bytes.push(0);
    let (code, _) =
        refusal(chain, "eth_sendRawTransaction", json!([format!("0x{}", hex::encode(bytes))]));
    assert_eq!(code, -32000);
    chain.advance(at(3));
    let (code, message) = refusal(chain, "eth_sendRawTransaction", raw(&transfer("alice", 0, 3)));
    assert_eq!((code, message.as_str()), (-32000, "nonce too low: next nonce 1, tx nonce 0"));
    let bob = account_of(&key("bob"));
    let count: Value = call(chain, "eth_getTransactionCount", json!([bob, "pending"]));
    assert_eq!(count, "0x0");
    let before: Value = call(chain, "eth_getBalance", json!([bob, "earliest"]));
    let after: Value = call(chain, "eth_getBalance", json!([bob]));
    assert_eq!(before, after);
}

#[test]
fn calls_return_revert_or_say_what_they_would_cost() {
    let chain = &mut open(&Disk::new(), 0);
    let alice = account_of(&key("alice"));
    let balance_of = |account: Address| {
        let input = [&[0x70, 0xa0, 0x82, 0x31], account.into_word().as_slice()].concat();
        format!("0x{}", hex::encode(input))
    };
    let to_alice = json!([{ "to": TOKEN_A, "data": balance_of(alice) }, "latest"]);
    let balance: B256 = call(chain, "eth_call", to_alice);
    assert!(balance > B256::ZERO);
    // More than there is: the token's own error.
    let input = token_transfer("alice", 0, u64::MAX).transaction().input.clone();
    let from = json!([{ "from": NOBODY, "to": TOKEN_A, "input": input }]);
    for method in ["eth_call", "eth_estimateGas"] {
        let answer = answer(chain, method, from.clone());
        let error = &answer["error"];
        assert_eq!(error["code"], 3);
        assert!(error["message"].as_str().unwrap().starts_with("execution reverted"));
        assert!(error["data"].as_str().unwrap().starts_with("0xe450d38c"), "{error}");
    }
    let transfer = json!([{ "from": alice, "to": NOBODY, "value": "0x1" }]);
    let gas: Value = call(chain, "eth_estimateGas", transfer);
    assert_eq!(gas, "0x5208");
    // What is estimated is enough, and less than what is used is not.
    let signed = token_transfer("alice", 0, 1);
    let call_object = json!({ "from": alice, "to": TOKEN_A, "input": signed.transaction().input });
    let estimated: Value = call(chain, "eth_estimateGas", json!([call_object]));
    let estimated = u64::from_str_radix(&estimated.as_str().unwrap()[2..], 16).unwrap();
    let mut used = estimated;
    for (nonce, succeeds) in [(0, true), (1, false)] {
        let gas_limit = if succeeds { estimated } else { used - 1 };
        let transaction = Transaction { nonce, gas_limit, ..signed.transaction().clone() };
        let transaction = transaction.sign(&key("alice")).unwrap();
        send(chain, &transaction);
        chain.advance(at(2 + nonce));
        let receipt: alloy::TransactionReceipt =
            call(chain, "eth_getTransactionReceipt", json!([transaction.hash()]));
        assert_eq!(receipt.status(), succeeds);
        assert!(receipt.gas_used <= gas_limit);
        used = receipt.gas_used;
    }
}
