//! Bytes from anywhere: nothing breaks, nothing is taken.

use causeway_chain_cometbft::app::NATIVE_DENOM;
use causeway_wire_cometbft::msg::{Msg, Send};

use crate::net::{Net, coin, user};

#[test]
fn spoilt_transactions_are_refused_or_are_others() {
    let net = Net::new("test-1");
    let (alice, bob) = (user("alice"), user("bob"));
    let pay =
        Send { from: alice.address.clone(), to: bob.address, amount: vec![coin(5, NATIVE_DENOM)] };
    let tx = net.tx(&alice, &[Msg::Send(pay)]).encode();
    for index in 0..tx.len() {
        for bit in [1, 0x80] {
            let mut spoilt = tx.clone();
            spoilt[index] ^= bit;
            let outcome = net.app().check_tx(&spoilt).unwrap();
            assert_ne!(outcome.code, 0, "byte {index}");
            assert_eq!(outcome.codespace, "sdk");
        }
        let outcome = net.app().check_tx(&tx[..index]).unwrap();
        // Without its signature it is a transaction still.
        assert!(matches!(outcome.code, 2 | 15), "cut at {index}: {}", outcome.log);
    }
    assert_eq!(net.app().pending_size(), (0, 0));
}

#[test]
fn every_question_has_an_answer_in_form() {
    let net = Net::new("test-1");
    let paths = [
        "",
        "/",
        "store",
        "store/",
        "/store/ibc",
        "/store/ibc/",
        "/store/none/key",
        "/store/ibc/key",
        "store/ibc/key",
        "/store/ibc/subspace",
        "/app/simulate",
        "/app",
        "/cosmos.gov.v1.Query/Votes",
        "/cosmos.tx.v1beta1.Service/Simulate",
        "/cosmos.auth.v1beta1.Query/Account",
        "/cosmos.bank.v1beta1.Query/AllBalances",
        "/ibc.core.client.v1.Query/ClientStates",
        "/ibc.core.client.v1.Query/ClientStatus",
        "/ibc.core.channel.v2.Query/PacketCommitments",
        "/ibc.core.channel.v2.Query/UnreceivedPackets",
        "/ibc.applications.transfer.v1.Query/Denom",
    ];
    let data: [&[u8]; 5] = [b"", b"\x0a", b"\x0a\x01a", &[0xff; 40], b"clientParams"];
    for path in paths {
        for data in data {
            for height in [i64::MIN, -1, 0, 1, 2, 3, i64::MAX] {
                for prove in [false, true] {
                    let result = net.app().query(path, data, height, prove);
                    assert_eq!(result.code == 0, result.codespace.is_empty(), "{path}");
                    assert_eq!(result.code == 0, result.height > 0, "{path} {height}");
                }
            }
        }
    }
    for (path, data, height, prove, code) in [
        ("/store/ibc/key", &b"clientParams"[..], 2, true, 0),
        ("/store/ibc/key", b"clientParams", 1, true, 18),
        ("/store/ibc/key", b"clientParams", 1, false, 0),
        ("/store/ibc/key", b"clientParams", 99, true, 26),
        ("/store/ibc/key", b"clientParams", -1, true, 18),
        ("/store/ibc/key", b"", 2, true, 2),
        ("/store/none/key", b"k", 2, true, 6),
        ("/nothing", b"", 0, false, 6),
        ("/cosmos.auth.v1beta1.Query/Account", b"\x0a\x01a", 0, false, 18),
    ] {
        let result = net.app().query(path, data, height, prove);
        assert_eq!(result.code, code, "{path} at {height}: {}", result.log);
    }
    let nobody = b"\x0a\x2fcauseway1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqxsxmpu";
    let result = net.app().query("/cosmos.auth.v1beta1.Query/Account", nobody, 0, false);
    assert!(result.log.starts_with("rpc error: code = "), "{}", result.log);
}
