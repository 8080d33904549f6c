//! Transactions pinned by a wallet's published vectors (`cosmos/cosmjs`,
//! `packages/proto-signing/src/testutils.spec.ts`): a bank transfer signed for the chain
//! `simd-testing` by account 1, whose own address and key are known.

use super::*;

const CHAIN: &str = "simd-testing";
const ADDRESS: &str = "cosmos1pkptre7fdkl6gfrzlesjjvhxhlc3r4gmmk8rs6";
const BODY: &str = "0a90010a1c2f636f736d6f732e62616e6b2e763162657461312e4d736753656e6412700a2d\
    636f736d6f7331706b707472653766646b6c366766727a6c65736a6a766878686c63337234676d6d6b387273\
    36122d636f736d6f7331717970717870713971637273737a673270767871367273307a716733797963356c7a\
    763778751a100a0575636f736d120731323334353637";
const KEY_INFO: &str = "0a460a1f2f636f736d6f732e63727970746f2e736563703235366b312e5075624b6579\
    12230a21034f04181eeba35391b858633a765c4a0c189697b40d216354d50890d350c7029012040a020801";
const SIGNATURES: [&str; 3] = [
    "c9dd20e07464d3a688ff4b710b1fbc027e495e797cfa0b4804da2ed117959227\
     772de059808f765aa29b8f92edf30f4c2c5a438e30d3fe6897daa7141e3ce6f9",
    "525adc7e61565a509c60497b798c549fbf217bb5cd31b24cc9b419d098cc9533\
     0c99ecc4bc72448f85c365a4e3f91299a3d40412fb3751bab82f1940a83a0a4c",
    "f3f2ca73806f2abbf6e0fe85f9b8af66f0e9f7f79051fdb8abe5bb8633b17da1\
     32e82d577b9d5f7a6dae57a144efc9ccc6eef15167b44b3b22a57240109762af",
];
/// Signatures over the same with the defaults written out.
const SIGNATURES_WITH_DEFAULTS: [&str; 3] = [
    "d1bb55b0f3e5f9c260a20c8ccf2cb44f19bafccba84c7fb6e2b77fac401b15c9\
     228c33236a701dd7a7c4a481aa5dedb902c982fe565504c4f4e7f39ccfcd73d6",
    "d6d876ec9c01d03b025443822b1385e29ed559341ec71853ac310219b4bcb411\
     2bf24265a19d805f0cbb1cb39f4ac4fe75235445070aa14845733117a746c248",
    "c62931c5f283dc72774cb34165ad98169c40de14c13e9c11c696cb439c7c58ab\
     0c2017c95cb9ed874ace06460b61f1296dddb20c9e0609e364d1f38e163b7c7b",
];

fn bytes(hex: &str) -> Vec<u8> {
    hex::decode(hex.replace(' ', "")).unwrap()
}

/// The published transaction of a sequence, in the form of older wallets or in the shortest.
fn published(sequence: u8, defaults: bool) -> Vec<u8> {
    let mut body = bytes(BODY);
    let mut signer = bytes(KEY_INFO);
    let mut fee = bytes("0a0d0a0575636f736d12043230303010c09a0c");
    if defaults {
        body.extend(bytes("12001800"));
        fee.extend(bytes("1a002200"));
    }
    if defaults || sequence > 0 {
        signer.extend([0x18, sequence]);
    }
    let field = |tag: u8, content: &[u8]| {
        [vec![tag, u8::try_from(content.len()).unwrap()], content.to_vec()].concat()
    };
    let auth_info_bytes = [field(0x0a, &signer), field(0x12, &fee)].concat();
    let list = if defaults { SIGNATURES_WITH_DEFAULTS } else { SIGNATURES };
    let signatures = vec![bytes(list[usize::from(sequence)])];
    proto::TxRaw { body_bytes: body, auth_info_bytes, signatures }.encode_to_vec()
}

#[test]
fn published_transactions_decode_and_their_signatures_hold() {
    for (sequence, defaults) in
        [(0, true), (1, true), (2, true), (0, false), (1, false), (2, false)]
    {
        let encoded = published(sequence, defaults);
        let tx = Transaction::decode(&encoded).unwrap();
        assert_eq!(tx.encode(), encoded);
        let [signer] = tx.signers.as_slice() else { panic!("one signer") };
        assert_eq!(signer.sequence, u64::from(sequence));
        assert_eq!(signer.mode, SignMode::Direct);
        assert_eq!(tx.fee.gas_limit, 200_000);
        let coin = Coin { denom: "ucosm".into(), amount: Amount::from(2000_u64) };
        assert_eq!(tx.fee.amount, [coin]);
        assert_eq!(tx.body.messages[0].type_url, "/cosmos.bank.v1beta1.MsgSend");
        let key = signer.public_key.unwrap();
        assert_eq!(key.address().to_bech32("cosmos").unwrap(), ADDRESS);
        let doc = tx.sign_doc(CHAIN, 1);
        assert!(key.verifies(&doc, &tx.signatures[0]), "{sequence} {defaults}");
        for other in [tx.sign_doc(CHAIN, 2), tx.sign_doc("simd-testing-2", 1)] {
            assert!(!key.verifies(&other, &tx.signatures[0]));
        }
    }
}

#[test]
fn a_transaction_built_here_is_the_published_one() {
    let read = Transaction::decode(&published(2, false)).unwrap();
    let mut built = Transaction::new(read.body.clone(), read.signers.clone(), read.fee.clone());
    built.signatures.clone_from(&read.signatures);
    assert_eq!(built, read);
    assert_eq!(built.encode(), published(2, false));
}

#[test]
fn own_signatures_hold_and_a_high_s_does_not() {
    let key = SigningKey::from_bytes(&[7; 32]).unwrap();
    let signature = key.sign(b"message");
    assert!(key.public_key().verifies(b"message", &signature));
    assert!(!key.public_key().verifies(b"another", &signature));
    let parsed = k256::ecdsa::Signature::from_slice(&signature).unwrap();
    let (r, s) = parsed.split_scalars();
    let high = k256::ecdsa::Signature::from_scalars(*r, -*s).unwrap();
    assert!(!key.public_key().verifies(b"message", &high.to_bytes()));
    SigningKey::from_bytes(&[0; 32]).unwrap_err();
    assert!(!format!("{key:?}").contains("0707"));
}

#[test]
fn what_is_signed_but_not_understood_is_refused() {
    let tx = Transaction::decode(&published(1, true)).unwrap();
    let with_body = |extra: &[u8]| {
        let mut raw = proto::TxRaw::decode(tx.encode().as_slice()).unwrap();
        raw.body_bytes.extend(extra);
        Transaction::decode(&raw.encode_to_vec())
    };
    with_body(&[]).unwrap();
    for (extra, reason) in [
        (&[0x20, 1][..], "field 4 is unknown"),
        (&[0xfa, 0x7f, 0], "field 2047 is unknown"),
        (&[0x12, 0], "field 2 is out of order"),
        (&[0x18, 0x81, 0], "a varint is over-long"),
        (&[0x98, 0, 1], "the key of field 3 is over-long"),
        (&[0x1d, 0, 0, 0, 0], "field 3 is of wire type ThirtyTwoBit"),
        (&[0x18], "invalid varint"),
    ] {
        let error = with_body(extra).unwrap_err();
        assert_eq!(error.what(), "tx_body");
        assert!(error.reason().contains(reason), "{extra:x?}: {error}");
    }
    for raw in [&b"\x0a"[..], &[0x12, 0, 0x0a, 0], &[0x22, 0], &[0xff; 12]] {
        assert_eq!(Transaction::decode(raw).unwrap_err().what(), "tx");
    }
    assert_eq!(Transaction::decode(&vec![0; MAX_TX_LEN + 1]).unwrap_err().what(), "tx");
}

#[test]
fn addresses_are_bech32_under_the_chains_own_prefix() {
    let address = AccountAddress::from_bech32("cosmos", ADDRESS).unwrap();
    assert_eq!(address.as_bytes().len(), 20);
    let module = AccountAddress::new(vec![9; 32]).unwrap();
    let text = module.to_bech32("cosmos").unwrap();
    assert_eq!(AccountAddress::from_bech32("cosmos", &text).unwrap(), module);
    AccountAddress::from_bech32("other", ADDRESS).unwrap_err();
    AccountAddress::from_bech32("cosmos", &ADDRESS.replace("8rs6", "8rs7")).unwrap_err();
    AccountAddress::from_bech32("cosmos", "").unwrap_err();
    AccountAddress::new(Vec::new()).unwrap_err();
    AccountAddress::new(vec![0; 256]).unwrap_err();
}
