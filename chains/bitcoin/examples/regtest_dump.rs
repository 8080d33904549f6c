//! Runs the chain with the parameters of regtest, and writes its blocks as lines of hexadecimal
//! digits, for Bitcoin Core's own engine to connect: `regtest_dump FILE [BLOCKS]`. There are
//! payments in them, calls that lock coins in the vault, calls that fail and are paid back, and a
//! reorganisation whose losing branch is written too.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a tool for the command line"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use causeway_chain::{
    Answer, Chain as _, Fault, Listener, Method, Request, SessionId, developer_key,
};
use causeway_chain_bitcoin::{BitcoinChain, COMMITMENT_MAGIC, Config};
use causeway_client_bitcoin::{Anchor, ClientState, ConsensusState, Depths, Network};
use causeway_core::transfer::{Denom, FungibleTokenPacketData};
use causeway_core::{
    ClientId, Counterparty, CreateClient, Encoding, MerklePrefix, Message, RegisterCounterparty,
    SendPacket, Timestamp,
};
use causeway_light_client::AnyCodec;
use causeway_wire_bitcoin::rpc::{MethodCall, ScanResult, read_reply};
use causeway_wire_bitcoin::{
    Action, Address, AddressNetwork, Block, Call, KeyHash, NATIVE_DENOM, OwnedOutput, Spendable,
    VAULT_WITNESS_SCRIPT, Wallet,
};
use serde_json::{Value, json};

const SEED: u64 = 33;
/// Gas that suffices for each call here.
const GAS: u64 = 2_000_000;

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().expect("regtest_dump FILE [BLOCKS]");
    let blocks: u64 = arguments.next().map_or(300, |blocks| blocks.parse().expect("a number"));
    let mut node = Node::start(blocks);
    node.act();
    std::fs::write(&file, node.lines.join("\n") + "\n")?;
    node.report();
    Ok(())
}

struct Node {
    chain: BitcoinChain,
    now: Timestamp,
    end: Timestamp,
    seen: BTreeSet<String>,
    lines: Vec<String>,
}

impl Node {
    /// The last block is of the present time: nodes take none from the future.
    fn start(blocks: u64) -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock");
        let end = Timestamp::from_secs(since_epoch.as_secs()).expect("a time of this age");
        let start = Timestamp::from_secs(since_epoch.as_secs() - 2 * blocks).expect("a time");
        let config = Config::regtest(SEED, start);
        let disk = BTreeMap::new();
        let clients = causeway_client_registry::all();
        let chain = BitcoinChain::open(config, clients, vec![], &disk, start).expect("a chain");
        Self { chain, now: start, end, seen: BTreeSet::new(), lines: Vec::new() }
    }

    fn ask<T: serde::de::DeserializeOwned>(&mut self, method: &'static str, params: Value) -> T {
        let request = Request {
            method: Method::Post,
            path: "/".into(),
            query: String::new(),
            headers: vec![],
            body: MethodCall { method, params }.to_bytes(),
            upgrade: false,
            session: SessionId(0),
        };
        let Answer::Now(response) = self.chain.request(Listener(0), &request, self.now) else {
            unreachable!("no call waits")
        };
        read_reply(&response.body).expect("a result")
    }

    fn wallet(&mut self, name: &str) -> Wallet {
        let key = developer_key("pow", name, SEED);
        let address = address(KeyHash::of(key.verifying_key()));
        let params = json!(["start", [format!("addr({address})")]]);
        let found: ScanResult = self.ask("scantxoutset", params);
        let coins = found.unspents.into_iter().map(|coin| Spendable {
            outpoint: causeway_client_bitcoin::Outpoint { txid: coin.txid, index: coin.vout },
            value: coin.amount.0,
        });
        Wallet::new(key, coins)
    }

    fn call(&mut self, wallet: &mut Wallet, message: Message, brings: u64) {
        let call = Call { gas_limit: GAS, action: Action::Core(message) };
        let transaction = wallet.call(&call, brings).expect("coins");
        self.send(&transaction);
    }

    fn send(&mut self, transaction: &causeway_wire_bitcoin::OwnedTransaction) {
        let text = hex::encode(transaction.to_bytes());
        let _: String = self.ask("sendrawtransaction", json!([text, 0]));
    }

    /// Some seconds pass, and what was mined meanwhile is written down.
    fn pass(&mut self, secs: u64) {
        for _ in 0..secs {
            self.now = self.now.saturating_add(Duration::from_secs(1));
            self.chain.advance(self.now);
            self.note_blocks();
        }
    }

    /// The blocks of the followed chain that are new, lowest first.
    fn note_blocks(&mut self) {
        let miner = self.chain.miners().serving().expect("a participant");
        let new: Vec<_> = miner
            .blocks()
            .skip(1)
            .map(|block| (block.header.hash().to_string(), block))
            .filter(|(hash, _)| !self.seen.contains(hash))
            .map(|(hash, block)| (hash, hex::encode(block.to_bytes())))
            .collect();
        for (hash, line) in new {
            self.seen.insert(hash);
            self.lines.push(line);
        }
    }

    fn act(&mut self) {
        self.pass(2);
        let mut alice = self.wallet("alice");
        let bob = KeyHash::of(developer_key("pow", "bob", SEED).verifying_key());
        let payment =
            alice.pay(vec![OwnedOutput { value: 1_000_000, script: bob.script() }]).expect("coins");
        self.send(&payment);
        let anchor = self.chain.miners().serving().expect("a participant").tip();
        self.call(&mut alice, create_client(anchor), 0);
        self.pass(10);
        self.call(&mut alice, register(), 0);
        self.pass(10);
        // Two locks in a row, then one that fails and is paid back from the vault.
        self.call(&mut alice, transfer("bitcoin-0", 40_000, self.now), 40_000);
        self.call(&mut alice, transfer("bitcoin-0", 2_000, self.now), 2_000);
        self.pass(10);
        self.call(&mut alice, transfer("bitcoin-9", 5_000, self.now), 5_000);
        self.pass(40);
        self.call(&mut alice, transfer("bitcoin-0", 100, self.now), 100);
        self.pass(10);
        let depth = Fault::Reorg { depth: 12 };
        println!("{}", self.chain.inject(&depth, self.now).expect("a reorganisation"));
        self.pass(20);
        self.call(&mut alice, transfer("bitcoin-9", 6_000, self.now), 6_000);
        while self.now < self.end {
            self.pass(1);
        }
    }

    fn report(&self) {
        let written = self.lines.len();
        let miner = self.chain.miners().serving().expect("a participant");
        let is_payout = |block: &&Block| {
            let last = block.transactions.last().and_then(|last| last.inputs.first());
            last.is_some_and(|input| input.witness == [VAULT_WITNESS_SCRIPT])
        };
        let payouts = miner.blocks().filter(is_payout).count();
        let transactions: usize = miner.blocks().map(|block| block.transactions.len() - 1).sum();
        println!("{written} blocks written, height {}, tip {}", miner.height(), miner.tip_hash());
        println!(
            "{transactions} transactions besides coinbases, {payouts} blocks that end with a payout"
        );
        for (height, executed) in miner.ledger().executed_between(0..=miner.height()) {
            for call in executed.calls() {
                println!("call at {height}: {:?}", call.failure);
            }
        }
        println!("vault: {:?}", miner.ledger().vault().map(|vault| vault.value));
        assert!(payouts > 0 && miner.ledger().vault().is_some(), "calls were carried out");
    }
}

fn address(account: KeyHash) -> String {
    Address::of_key(account, AddressNetwork::Regtest).to_string()
}

/// A client that follows a network like this one, from this block on.
fn create_client(anchor: Anchor) -> Message {
    let network = Network::regtest();
    let depths = Depths { confirmations: 3, fork_window: 100 };
    let drift = Duration::from_mins(1);
    let state = ClientState::new(network, depths, drift, COMMITMENT_MAGIC, anchor);
    Message::CreateClient(CreateClient {
        client_state: state.to_any(),
        consensus_state: ConsensusState::from(&anchor).to_any(),
    })
}

fn client(text: &str) -> ClientId {
    ClientId::new(text).expect("an identifier")
}

fn register() -> Message {
    let prefix = MerklePrefix::new(vec![Vec::new()]).expect("a prefix");
    Message::RegisterCounterparty(RegisterCounterparty {
        client_id: client("bitcoin-0"),
        counterparty: Counterparty { client_id: client("bitcoin-7"), prefix },
    })
}

fn transfer(through: &str, amount: u64, now: Timestamp) -> Message {
    let alice = KeyHash::of(developer_key("pow", "alice", SEED).verifying_key());
    let denom = Denom::native(NATIVE_DENOM).expect("a name");
    let data = FungibleTokenPacketData::new(denom, amount.into(), address(alice), "whoever", "");
    let payload = data.and_then(|data| data.to_payload(Encoding::Json)).expect("a payload");
    Message::SendPacket(SendPacket {
        source_client: client(through),
        timeout_timestamp: now.secs() + 3_600,
        payloads: vec![payload],
    })
}
