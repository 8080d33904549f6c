//! Transactions, accounts and questions of Cosmos SDK chains beside the types generated from the
//! SDK's own definitions (`cosmos-sdk-proto`): each side reads what the other writes.

use causeway_core::{Amount, Any};
use causeway_wire_cometbft::msg::{Msg, Send, TxMsgData};
use causeway_wire_cometbft::query::{
    BASE_ACCOUNT, BaseAccount, Coin as WireCoin, GasInfo, PageRequest, PageResponse,
    QueryAllBalances, QueryBalanceResponse, Simulate, SimulateResponse, SimulateResult,
};
use causeway_wire_cometbft::tx::{
    Body, Coin, Fee, PublicKey, SignMode, Signer, SigningKey, Transaction, sign_doc,
};
use cosmos_sdk_proto::cosmos;
use cosmos_sdk_proto::traits::Message as _;
use prost::Message as _;

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32]).unwrap()
}

fn send() -> Send {
    let amount = vec![
        Coin { denom: "ibc/AB".into(), amount: Amount::MAX },
        Coin { denom: "ucway".into(), amount: Amount::from(5_u64) },
    ];
    Send { from: "causeway1from".into(), to: "causeway1to".into(), amount }
}

fn transaction() -> Transaction {
    let signer =
        Signer { public_key: Some(key().public_key()), mode: SignMode::Direct, sequence: 300 };
    let fee = Fee {
        amount: vec![Coin { denom: "ucway".into(), amount: Amount::from(9_u64) }],
        gas_limit: 200_000,
        payer: "causeway1payer".into(),
        granter: "causeway1granter".into(),
    };
    let body = Body {
        messages: vec![Msg::Send(send()).to_any()],
        memo: "a memo".into(),
        timeout_height: 77,
    };
    let mut tx = Transaction::new(body, vec![signer], fee);
    tx.sign(&key(), "test-1", 12);
    tx
}

#[test]
fn a_transaction_is_what_the_sdk_says() {
    let tx = transaction();
    let raw = cosmos::tx::v1beta1::TxRaw::decode(tx.encode().as_slice()).unwrap();
    assert_eq!(raw.signatures, tx.signatures);
    let body = cosmos::tx::v1beta1::TxBody::decode(raw.body_bytes.as_slice()).unwrap();
    assert_eq!((body.memo.as_str(), body.timeout_height), ("a memo", 77));
    assert!(body.extension_options.is_empty() && body.non_critical_extension_options.is_empty());
    assert_eq!(body.messages[0].type_url, "/cosmos.bank.v1beta1.MsgSend");
    let message =
        cosmos::bank::v1beta1::MsgSend::decode(body.messages[0].value.as_slice()).unwrap();
    assert_eq!((&*message.from_address, &*message.to_address), ("causeway1from", "causeway1to"));
    assert_eq!(message.amount[0].amount, Amount::MAX.to_string());
    assert_eq!(message.amount[1].denom, "ucway");
    let auth = cosmos::tx::v1beta1::AuthInfo::decode(raw.auth_info_bytes.as_slice()).unwrap();
    let fee = auth.fee.as_ref().unwrap();
    assert_eq!((fee.gas_limit, &*fee.amount[0].amount), (200_000, "9"));
    assert_eq!((&*fee.payer, &*fee.granter), ("causeway1payer", "causeway1granter"));
    let info = &auth.signer_infos[0];
    assert_eq!(info.sequence, 300);
    let any = info.public_key.as_ref().unwrap();
    assert_eq!(any.type_url, "/cosmos.crypto.secp256k1.PubKey");
    let public_key = cosmos::crypto::secp256k1::PubKey::decode(any.value.as_slice()).unwrap();
    assert_eq!(public_key.key, key().public_key().to_bytes());
    let mode = info.mode_info.as_ref().unwrap().sum.as_ref().unwrap();
    let cosmos::tx::v1beta1::mode_info::Sum::Single(single) = mode else { panic!("{mode:?}") };
    assert_eq!(single.mode(), cosmos::tx::signing::v1beta1::SignMode::Direct);
    // What they write, we read.
    let again = cosmos::tx::v1beta1::TxRaw {
        body_bytes: body.encode_to_vec(),
        auth_info_bytes: auth.encode_to_vec(),
        signatures: raw.signatures,
    };
    assert_eq!(Transaction::decode(&again.encode_to_vec()).unwrap(), tx);
}

#[test]
fn what_is_signed_is_what_the_sdk_says() {
    for (account_number, chain_id) in [(0, ""), (12, "test-1"), (u64::MAX, "x")] {
        let theirs = cosmos::tx::v1beta1::SignDoc {
            body_bytes: vec![1, 2],
            auth_info_bytes: vec![3],
            chain_id: chain_id.into(),
            account_number,
        };
        assert_eq!(sign_doc(&[1, 2], &[3], chain_id, account_number), theirs.encode_to_vec());
    }
}

#[test]
fn accounts_are_what_the_sdk_says() {
    let account = BaseAccount {
        address: "causeway1a".into(),
        pub_key: Some(key().public_key().to_any()),
        account_number: 5,
        sequence: 6,
    };
    let theirs =
        cosmos::auth::v1beta1::BaseAccount::decode(account.encode_to_vec().as_slice()).unwrap();
    assert_eq!((&*theirs.address, theirs.account_number, theirs.sequence), ("causeway1a", 5, 6));
    assert_eq!(theirs.encode_to_vec(), account.encode_to_vec());
    let any = theirs.pub_key.unwrap();
    let any = Any::new(any.type_url, any.value);
    assert_eq!(PublicKey::from_any(&any).unwrap(), key().public_key());
    assert!(BASE_ACCOUNT.ends_with("auth.v1beta1.BaseAccount"));
}

#[test]
fn questions_and_pages_are_what_the_sdk_says() {
    let page = PageRequest { key: vec![1], offset: 2, limit: 3, count_total: true, reverse: true };
    let question = QueryAllBalances { address: "a".into(), pagination: Some(page) };
    let theirs =
        cosmos::bank::v1beta1::QueryAllBalancesRequest::decode(question.encode_to_vec().as_slice())
            .unwrap();
    let their_page = theirs.pagination.as_ref().unwrap();
    assert_eq!((their_page.offset, their_page.limit), (2, 3));
    assert!(their_page.count_total && their_page.reverse);
    assert_eq!(theirs.encode_to_vec(), question.encode_to_vec());
    let page = PageResponse { next_key: vec![4], total: 5 };
    let theirs = cosmos::base::query::v1beta1::PageResponse { next_key: vec![4], total: 5 };
    assert_eq!(theirs.encode_to_vec(), page.encode_to_vec());
    let coin = WireCoin { denom: "d".into(), amount: "1".into() };
    let answer = QueryBalanceResponse { balance: Some(coin) };
    let theirs = cosmos::base::v1beta1::Coin { denom: "d".into(), amount: "1".into() };
    let theirs = cosmos::bank::v1beta1::QueryBalanceResponse { balance: Some(theirs) };
    assert_eq!(theirs.encode_to_vec(), answer.encode_to_vec());
}

#[test]
fn simulations_are_what_the_sdk_says() {
    #[allow(deprecated, reason = "the field of a transaction in parts must stay empty")]
    let theirs = cosmos::tx::v1beta1::SimulateRequest { tx: None, tx_bytes: vec![1, 2] };
    assert_eq!(Simulate { tx_bytes: vec![1, 2] }.encode_to_vec(), theirs.encode_to_vec());
    let msg_responses = vec![Any::new("/some.Response", vec![9])];
    let data = TxMsgData { msg_responses: msg_responses.clone() }.encode_to_vec();
    let result = SimulateResult { data: data.clone(), msg_responses, ..SimulateResult::default() };
    let gas_info = Some(GasInfo { gas_wanted: 7, gas_used: 5 });
    let ours = SimulateResponse { gas_info, result: Some(result) }.encode_to_vec();
    let theirs = cosmos::tx::v1beta1::SimulateResponse::decode(ours.as_slice()).unwrap();
    assert_eq!(theirs.gas_info.as_ref().unwrap().gas_used, 5);
    let result = theirs.result.as_ref().unwrap();
    assert_eq!(result.msg_responses[0].value, [9]);
    let told = cosmos::base::abci::v1beta1::TxMsgData::decode(data.as_slice()).unwrap();
    assert_eq!(told.msg_responses[0].type_url, "/some.Response");
    assert_eq!(theirs.encode_to_vec(), ours);
}
