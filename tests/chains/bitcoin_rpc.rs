//! The RPC of the proof-of-work chain, read by the types that the authors of the `bitcoin` crate
//! wrote for Bitcoin Core: each field that they do not know, or miss, is an error.

use std::collections::BTreeMap;

use bitcoin::consensus::deserialize;
use bitcoin::hashes::Hash as _;
use causeway_chain::{
    Answer, Chain as _, Fault, Listener, Method, Request, SessionId, developer_key,
};
use causeway_chain_bitcoin::{BitcoinChain, Config};
use causeway_client_bitcoin::{Header, Outpoint};
use causeway_core::Timestamp;
use causeway_wire_bitcoin::rpc::{MethodCall, ReplyError, read_reply};
use causeway_wire_bitcoin::{
    Address, AddressNetwork, Block, KeyHash, OwnedInput, OwnedOutput, OwnedTransaction,
    TransactionProof, rpc, sign_input,
};
use corepc_types::{v17, v29, v31};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const SEED: u64 = 22;

fn time(secs: u64) -> Timestamp {
    Timestamp::from_secs(1_800_000_000 + secs).unwrap()
}

/// A node that somebody asks.
struct Node {
    chain: BitcoinChain,
    secs: u64,
}

impl Node {
    fn start() -> Self {
        let (_, alice) = alice();
        let config = Config { funded: vec![alice], ..Config::new(SEED, time(0)) };
        let clients = causeway_client_registry::all();
        let disk = BTreeMap::new();
        let chain = BitcoinChain::open(config, clients, vec![], &disk, time(0)).unwrap();
        Self { chain, secs: 1 }
    }

    fn body(&mut self, call: &MethodCall) -> Vec<u8> {
        let request = Request {
            method: Method::Post,
            path: "/".into(),
            query: String::new(),
            headers: vec![],
            body: call.to_bytes(),
            upgrade: false,
            session: SessionId(0),
        };
        let answer = self.chain.request(Listener(0), &request, time(self.secs));
        let Answer::Now(response) = answer else { panic!("{call:?} waits") };
        response.body
    }

    /// The result as the outsiders' type, which must keep all of it.
    fn ask<T: DeserializeOwned>(&mut self, method: &'static str, params: Value) -> T {
        let call = MethodCall { method, params };
        let body = self.body(&call);
        read_reply(&body)
            .unwrap_or_else(|error| panic!("{method}: {error}: {}", String::from_utf8_lossy(&body)))
    }

    /// The same as our own type, which must write what it has read.
    fn ask_own<T: DeserializeOwned + Serialize>(
        &mut self,
        method: &'static str,
        params: Value,
    ) -> T {
        let text: Box<serde_json::value::RawValue> = self.ask(method, params.clone());
        let own: T = self.ask(method, params);
        assert_eq!(serde_json::to_string(&own).unwrap(), text.get(), "{method}");
        own
    }

    fn refusal(&mut self, method: &'static str, params: Value) -> (i64, String) {
        let body = self.body(&MethodCall { method, params });
        match read_reply::<Value>(&body) {
            Err(ReplyError::Refused(failure)) => (failure.code, failure.message),
            other => panic!("{method}: {other:?}"),
        }
    }

    fn advance(&mut self, secs: u64) {
        self.secs += secs;
        self.chain.advance(time(self.secs));
    }

    /// The best block's hash.
    fn best(&mut self) -> String {
        self.ask("getbestblockhash", json!([]))
    }
}

fn alice() -> (k256::ecdsa::SigningKey, KeyHash) {
    let key = developer_key("pow", "alice", SEED);
    let account = KeyHash::of(key.verifying_key());
    (key, account)
}

fn address(account: KeyHash) -> String {
    Address::of_key(account, AddressNetwork::Regtest).to_string()
}

/// A payment of the first `count` coins that can be spent, found and built as a wallet would.
fn payment(node: &mut Node, count: usize, to: &[(u64, Vec<u8>)]) -> OwnedTransaction {
    let (key, account) = alice();
    let objects = json!(["start", [format!("addr({})", address(account))]]);
    let found: rpc::ScanResult = node.ask("scantxoutset", objects);
    let is_mature = |coin: &&rpc::ScannedCoin| !coin.coinbase || coin.confirmations > Some(100);
    let coins: Vec<_> = found.unspents.iter().filter(is_mature).take(count).collect();
    let input = |coin: &&rpc::ScannedCoin| OwnedInput {
        outpoint: Outpoint { txid: coin.txid, index: coin.vout },
        script: vec![],
        sequence: u32::MAX,
        witness: vec![],
    };
    let outputs =
        to.iter().map(|(value, script)| OwnedOutput { value: *value, script: script.clone() });
    let mut transaction = OwnedTransaction {
        version: 2,
        inputs: coins.iter().map(input).collect(),
        outputs: outputs.collect(),
        lock_time: 0,
    };
    for (place, coin) in coins.iter().enumerate() {
        sign_input(&mut transaction, place, coin.amount.0, &key);
    }
    transaction
}

fn hex_of(transaction: &OwnedTransaction) -> String {
    hex::encode(transaction.to_bytes())
}

/// All but a thousand units of two coins, in two outputs.
fn two_coins(node: &mut Node) -> OwnedTransaction {
    let (_, account) = alice();
    let script = account.script();
    payment(node, 2, &[(4_000_000_000, script.clone()), (5_999_999_000, script)])
}

#[test]
fn what_is_said_of_the_chain_is_read_by_others() {
    let mut node = Node::start();
    let best = node.best();
    let info: v29::GetBlockchainInfo = node.ask("getblockchaininfo", json!([]));
    let info = info.into_model().unwrap();
    assert_eq!(info.best_block_hash.to_string(), best);
    assert_eq!(info.chain, bitcoin::Network::Regtest);
    let header: v29::GetBlockHeaderVerbose = node.ask("getblockheader", json!([best]));
    let header = header.into_model().unwrap();
    assert_eq!((header.hash.to_string(), header.confirmations), (best.clone(), 1));
    assert_eq!(header.chain_work, info.chain_work);
    let raw: String = node.ask("getblockheader", json!([best, false]));
    let raw: bitcoin::block::Header = deserialize(&hex::decode(raw).unwrap()).unwrap();
    assert_eq!((raw.block_hash(), raw.bits), (header.hash, header.bits));
    assert!((header.difficulty - raw.difficulty_float()).abs() < 1e-12);
    let network: corepc_types::v28::GetNetworkInfo = node.ask("getnetworkinfo", json!([]));
    network.into_model().unwrap();
    let tips: v17::GetChainTips = node.ask("getchaintips", json!([]));
    let tips = tips.into_model().unwrap();
    assert_eq!(tips.0.iter().filter(|tip| tip.branch_length == 0).count(), 1);
    let estimate: v17::EstimateSmartFee = node.ask("estimatesmartfee", json!([6]));
    assert!(estimate.into_model().unwrap().fee_rate.is_some());
    let waited: v17::WaitForNewBlock =
        node.ask("waitfornewblock", json!({ "current_tip": "00".repeat(32) }));
    assert_eq!(waited.into_model().unwrap().hash.to_string(), best);
    let indexes: corepc_types::v21::GetIndexInfo = node.ask("getindexinfo", json!([]));
    assert!(indexes.0["txindex"].synced);
    let (_, account) = alice();
    let valid: v17::ValidateAddress = node.ask("validateaddress", json!([address(account)]));
    assert!(valid.into_model().is_ok());
    assert_eq!(node.ask::<u64>("uptime", json!([])), 1);
    assert!(node.ask::<String>("help", json!([])).contains("getblockhash height"));
}

#[test]
fn our_own_shapes_hold_all_that_is_said() {
    let mut node = Node::start();
    let best = node.best();
    let sent = two_coins(&mut node);
    let txid: String = node.ask("sendrawtransaction", json!([hex_of(&sent)]));
    node.ask_own::<rpc::TransactionInfo>("getrawtransaction", json!([txid, 2]));
    node.ask_own::<rpc::MempoolEntry>("getmempoolentry", json!([txid]));
    node.ask_own::<rpc::CoinInfo>("gettxout", json!([txid, 1]));
    node.ask_own::<Vec<rpc::ChainTip>>("getchaintips", json!([]));
    node.ask_own::<rpc::BlockchainInfo>("getblockchaininfo", json!([]));
    node.ask_own::<rpc::NetworkInfo>("getnetworkinfo", json!([]));
    node.ask_own::<rpc::MempoolInfo>("getmempoolinfo", json!([]));
    node.ask_own::<rpc::FeeEstimate>("estimatesmartfee", json!([1]));
    node.ask_own::<rpc::AddressInfo>("validateaddress", json!(["x"]));
    node.ask_own::<rpc::DescriptorInfo>("getdescriptorinfo", json!(["raw(6a)"]));
    node.ask_own::<rpc::HeaderInfo>("getblockheader", json!([best]));
    for level in 1..=3 {
        node.ask_own::<rpc::BlockInfo>("getblock", json!([best, level]));
    }
}

#[test]
fn a_payment_is_followed_from_the_mempool_into_a_block() {
    let mut node = Node::start();
    let sent = two_coins(&mut node);
    let text = hex_of(&sent);
    let tested: v29::TestMempoolAccept = node.ask("testmempoolaccept", json!([[text]]));
    let tested = tested.into_model().unwrap();
    assert_eq!(tested.results[0].fees.as_ref().unwrap().base, bitcoin::Amount::from_sat(1_000));
    let txid: String = node.ask("sendrawtransaction", json!([text]));
    let theirs: bitcoin::Transaction = deserialize(&sent.to_bytes()).unwrap();
    assert_eq!(theirs.compute_txid().to_string(), txid);
    let entry: v31::GetMempoolEntry = node.ask("getmempoolentry", json!([txid]));
    let entry = entry.into_model().unwrap();
    assert_eq!(entry.0.vsize, u32::try_from(theirs.vsize()).ok());
    let verbose: v31::GetRawMempoolVerbose = node.ask("getrawmempool", json!([true]));
    assert_eq!(verbose.into_model().unwrap().0.len(), 1);
    let info: v31::GetMempoolInfo = node.ask("getmempoolinfo", json!([]));
    assert_eq!(info.into_model().unwrap().size, 1);
    let waiting: v17::GetRawTransactionVerbose = node.ask("getrawtransaction", json!([txid, 1]));
    assert_eq!(waiting.into_model().unwrap().block_hash, None);
    let out: v17::GetTxOut = node.ask("gettxout", json!([txid, 0]));
    assert_eq!((out.confirmations, out.coinbase), (0, false));
    assert_eq!(node.ask::<Value>("gettxout", json!([txid, 0, false])), Value::Null);
    node.advance(60);
    let mined: v17::GetRawTransactionVerbose = node.ask("getrawtransaction", json!([txid, 1]));
    let mined = mined.into_model().unwrap();
    assert_eq!(mined.transaction, theirs);
    let block = mined.block_hash.unwrap().to_string();
    let given: v17::GetRawTransactionVerbose =
        node.ask("getrawtransaction", json!([txid, 1, block]));
    assert_eq!(given.in_active_chain, Some(true));
    let with_coins: v29::GetBlockVerboseThreeTransaction =
        node.ask("getrawtransaction", json!([txid, 2]));
    let coin = with_coins.transaction.inputs[0].prevout.as_ref().unwrap();
    assert_eq!(bitcoin::Amount::from_btc(coin.value), Ok(bitcoin::Amount::from_int_btc(50)));
    let out: v17::GetTxOut = node.ask("gettxout", json!([txid, 1]));
    let out = out.into_model().unwrap();
    assert!(out.confirmations > 0);
    assert_eq!(out.tx_out.value, bitcoin::Amount::from_sat(5_999_999_000));
    let decoded: v17::DecodeRawTransaction = node.ask("decoderawtransaction", json!([text]));
    assert_eq!(decoded.into_model().unwrap().0, theirs);
    blocks_are_read_at_each_level(&mut node, &block, &txid);
}

fn blocks_are_read_at_each_level(node: &mut Node, hash: &str, txid: &str) {
    let raw: v17::GetBlockVerboseZero = node.ask("getblock", json!([hash, 0]));
    let whole = raw.into_model().unwrap().0;
    assert!(whole.check_merkle_root() && whole.check_witness_commitment());
    let one: v31::GetBlockVerboseOne = node.ask("getblock", json!([hash]));
    let one = one.into_model().unwrap();
    assert_eq!(one.tx.len(), whole.txdata.len());
    assert_eq!((one.weight, one.size as usize), (whole.weight(), whole.total_size()));
    let two: v31::GetBlockVerboseTwo = node.ask("getblock", json!([hash, 2]));
    assert_eq!(two.tx[1].fee, Some(0.000_01));
    assert_eq!(two.tx[1].transaction.txid, txid);
    let two = two.into_model().unwrap();
    assert_eq!(two.tx[1].transaction.transaction, whole.txdata[1]);
    let three: v31::GetBlockVerboseThree = node.ask("getblock", json!([hash, 3]));
    let spent = three.tx[1].transaction.inputs[0].prevout.as_ref().unwrap();
    assert!(spent.generated && spent.height > 0);
    three.into_model().unwrap();
}

#[test]
fn coins_of_an_account_are_found_by_each_kind_of_descriptor() {
    let mut node = Node::start();
    let (key, account) = alice();
    let address = address(account);
    let key = hex::encode(key.verifying_key().to_sec1_point(true).as_bytes());
    let script = hex::encode(account.script());
    let mut sums = Vec::new();
    for descriptor in [
        json!(format!("addr({address})")),
        json!(format!("raw({script})")),
        json!(format!("wpkh({key})")),
        json!({ "desc": format!("combo({key})"), "range": 5 }),
    ] {
        let found: corepc_types::v28::ScanTxOutSetStart =
            node.ask("scantxoutset", json!(["start", [descriptor]]));
        let found = found.into_model().unwrap();
        assert_eq!(found.unspents.len(), 16);
        sums.push(found.total_amount);
    }
    assert!(sums.iter().all(|sum| *sum == bitcoin::Amount::from_int_btc(16 * 50)));
    assert_eq!(node.ask::<Value>("scantxoutset", json!(["status"])), Value::Null);
    assert_eq!(node.ask::<Value>("scantxoutset", json!(["abort"])), json!(false));
    for (params, code, reason) in [
        (json!(["start"]), -1, "scanobjects argument is required for the start action"),
        (json!(["stop"]), -8, "Invalid action 'stop'"),
        (json!(["start", ["raw(deadbeef)#89f8spxq"]]), -5, "does not match computed checksum"),
        (json!(["start", [format!("addr({address}x)")]]), -5, "Address is not valid"),
        (json!(["start", [7]]), -8, "Scan object needs to be"),
    ] {
        let (got, said) = node.refusal("scantxoutset", params);
        assert!(got == code && said.contains(reason), "{got} {said}");
    }
}

#[test]
fn proofs_of_payments_hold_for_everybody() {
    let mut node = Node::start();
    let sent = two_coins(&mut node);
    let txid: String = node.ask("sendrawtransaction", json!([hex_of(&sent)]));
    let (code, reason) = node.refusal("gettxoutproof", json!([[txid]]));
    assert_eq!((code, reason.as_str()), (-5, "Transaction not yet in block"));
    node.advance(60);
    let proof: String = node.ask("gettxoutproof", json!([[txid]]));
    let bytes = hex::decode(&proof).unwrap();
    let theirs: bitcoin::MerkleBlock = deserialize(&bytes).unwrap();
    let (mut matches, mut places) = (vec![], vec![]);
    theirs.extract_matches(&mut matches, &mut places).unwrap();
    assert_eq!(matches.iter().map(ToString::to_string).collect::<Vec<_>>(), [txid.as_str()]);
    let hash = theirs.header.block_hash().to_string();
    let header: String = node.ask("getblockheader", json!([hash, false]));
    let header = Header::from_bytes(hex::decode(header).unwrap()[..].try_into().unwrap());
    let ours = TransactionProof::from_bytes(proof.as_bytes()).unwrap();
    assert_eq!(ours.verify(&header, &mut ()).unwrap().transactions[0].txid, sent.txid());
    let verified: v17::VerifyTxOutProof = node.ask("verifytxoutproof", json!([proof]));
    assert_eq!(verified.0, [txid.as_str()]);
    let block: v31::GetBlockVerboseOne = node.ask("getblock", json!([hash]));
    let both: String = node.ask("gettxoutproof", json!([block.tx, hash]));
    let verified: v17::VerifyTxOutProof = node.ask("verifytxoutproof", json!([both]));
    assert_eq!(verified.0, block.tx);
    // A changed hash in the tree proves nothing; a changed header is of no block here.
    let mut spoiled = bytes.clone();
    spoiled[90] ^= 1;
    let nothing: Vec<String> = node.ask("verifytxoutproof", json!([hex::encode(&spoiled)]));
    assert!(nothing.is_empty());
    let mut foreign = bytes;
    foreign[0] ^= 1;
    assert_eq!(node.refusal("verifytxoutproof", json!([hex::encode(&foreign)])).0, -5);
    assert_eq!(node.refusal("verifytxoutproof", json!(["00"])).0, -22);
    for (params, code) in [
        (json!([[]]), -8),
        (json!([[txid, txid]]), -8),
        (json!([["00".repeat(32)], hash]), -5),
        (json!([[txid], "00".repeat(32)]), -5),
        (json!([["00"]]), -8),
    ] {
        assert_eq!(node.refusal("gettxoutproof", params.clone()).0, code, "{params}");
    }
}

#[test]
fn bad_transactions_are_refused_in_the_words_of_bitcoin_core() {
    let mut node = Node::start();
    let (_, account) = alice();
    let script = account.script();
    let good = payment(&mut node, 1, &[(4_999_990_000, script.clone())]);
    let change = |change: &dyn Fn(&mut OwnedTransaction)| {
        let mut changed = good.clone();
        change(&mut changed);
        hex_of(&changed)
    };
    let resigned = |change: &dyn Fn(&mut OwnedTransaction)| {
        let mut changed = good.clone();
        change(&mut changed);
        sign_input(&mut changed, 0, 5_000_000_000, &alice().0);
        hex_of(&changed)
    };
    let data = |len: usize| OwnedOutput {
        value: 0,
        script: causeway_wire_bitcoin::data_script(&vec![7; len]),
    };
    let cases = [
        (change(&|t| t.inputs[0].outpoint.index = 9), -25, "bad-txns-inputs-missingorspent"),
        (change(&|t| t.outputs[0].value -= 1), -26, "mempool-script-verify-flag-failed ("),
        (resigned(&|t| t.outputs[0].value = 5_000_000_000), -26, "min relay fee not met, 0 < 11"),
        (resigned(&|t| t.outputs[0].value = 5_000_000_001), -26, "bad-txns-in-belowout"),
        (
            resigned(&|t| t.outputs[0].value = 4_900_000_000),
            -25,
            "Fee exceeds maximum configured by user",
        ),
        (
            resigned(&|t| {
                t.lock_time = 1_000_000;
                t.inputs[0].sequence = 0xffff_fffe;
            }),
            -26,
            "non-final",
        ),
        (resigned(&|t| t.inputs[0].sequence = 5), -26, "non-BIP68-final"),
        (resigned(&|t| t.outputs.push(data(1_000_000))), -26, "bad-txns-oversize"),
        (
            resigned(&|t| {
                t.outputs.push(data(3));
                t.outputs[1].value = 5;
            }),
            -25,
            "Unspendable output exceeds",
        ),
        (resigned(&|t| t.outputs[0].script = vec![0x51]), -26, "scriptpubkey"),
        ("00".to_owned(), -22, "TX decode failed"),
        ("xx".to_owned(), -22, "TX decode failed"),
        (hex_of(&good) + "00", -22, "TX decode failed"),
    ];
    let coins: rpc::MempoolInfo = node.ask("getmempoolinfo", json!([]));
    for (text, code, reason) in &cases {
        let (got, said) = node.refusal("sendrawtransaction", json!([text]));
        assert!(got == *code && said.starts_with(reason), "{reason}: {got} {said}");
    }
    assert_eq!(node.ask::<rpc::MempoolInfo>("getmempoolinfo", json!([])), coins);
    let dear = cases[4].0.clone();
    let txid: String = node.ask("sendrawtransaction", json!([dear, 0]));
    node.advance(60);
    assert_eq!(node.refusal("sendrawtransaction", json!([dear, 0])).0, -27);
    assert!(
        node.ask::<rpc::TransactionInfo>("getrawtransaction", json!([txid, 1])).confirmations
            > Some(0)
    );
}

#[test]
fn a_trial_gives_the_reason_in_short_and_in_full() {
    let mut node = Node::start();
    let (_, account) = alice();
    let mut missing = payment(&mut node, 1, &[(4_999_990_000, account.script())]);
    missing.inputs[0].outpoint.index = 9;
    let low = payment(&mut node, 1, &[(5_000_000_000, account.script())]);
    let dear = payment(&mut node, 1, &[(4_900_000_000, account.script())]);
    for (transaction, reason, details) in [
        (missing, "missing-inputs", "bad-txns-inputs-missingorspent"),
        (low, "min relay fee not met", "min relay fee not met, 0 < 11"),
        (dear, "max-fee-exceeded", "max-fee-exceeded"),
    ] {
        let tested: v29::TestMempoolAccept =
            node.ask("testmempoolaccept", json!([[hex_of(&transaction)]]));
        let verdict = &tested.0[0];
        assert_eq!(verdict.reject_reason.as_deref(), Some(reason));
        assert!(verdict.reject_details.as_ref().unwrap().starts_with(details));
    }
}

#[test]
fn a_reorganisation_is_seen_by_whoever_looks() {
    let mut node = Node::start();
    let old = node.best();
    let height: u64 = node.ask("getblockcount", json!([]));
    node.chain.inject(&Fault::Reorg { depth: 4 }, time(node.secs)).unwrap();
    node.advance(1);
    let header: v29::GetBlockHeaderVerbose = node.ask("getblockheader", json!([old]));
    assert_eq!(header.confirmations, -1);
    let tips: v17::GetChainTips = node.ask("getchaintips", json!([]));
    let left = tips.0.iter().find(|tip| tip.hash == old).unwrap();
    assert_eq!((left.branch_length, &left.status), (4, &v17::ChainTipsStatus::ValidFork));
    assert!(node.ask::<u64>("getblockcount", json!([])) >= height);
}

#[test]
fn work_and_targets_are_those_of_the_bitcoin_crate() {
    let mut node = Node::start();
    let count: u64 = node.ask("getblockcount", json!([]));
    let mut work = None;
    let mut targets = std::collections::BTreeSet::new();
    for height in 0..=count {
        let hash: String = node.ask("getblockhash", json!([height]));
        let raw: String = node.ask("getblock", json!([hash, 0]));
        let bytes = hex::decode(raw).unwrap();
        let block: bitcoin::Block = deserialize(&bytes).unwrap();
        let own = Block::from_bytes(&bytes).unwrap();
        assert_eq!(block.block_hash().to_byte_array(), own.header.hash().0);
        let sum = work.map_or(block.header.work(), |work| work + block.header.work());
        work = Some(sum);
        let header: v29::GetBlockHeaderVerbose = node.ask("getblockheader", json!([hash]));
        let header = header.into_model().unwrap();
        assert_eq!((header.chain_work, header.target), (sum, Some(block.header.target())));
        targets.insert(header.bits);
    }
    assert!(targets.len() > 1, "no retarget");
}
