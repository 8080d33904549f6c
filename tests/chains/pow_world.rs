//! The proof-of-work chain beside a chain in memory whose blocks are really signed, and a relayer
//! that uses nothing but the RPC.

use std::collections::BTreeMap;
use std::time::Duration;

use causeway_chain::{Answer, Chain as _, Listener, Method, Request, SessionId, developer_key};
use causeway_chain_bitcoin::{BitcoinChain, COMMITMENT_MAGIC, Config, Miner};
use causeway_client_bitcoin::{
    ClientMessage, ClientState, ConsensusState, Depths, StateProof, Txid,
};
use causeway_client_registry::all;
use causeway_contracts::apps::gmp::{Counter, Gmp};
use causeway_contracts::apps::transfer::Transfer;
use causeway_contracts::{Accounts, Bank, Router, Token};
use causeway_core::transfer::{self, Denom, FungibleTokenPacketData};
use causeway_core::{
    AcknowledgePacket, Acknowledgement, Amount, ClientId, Counterparty, CreateClient, Encoding,
    Event, Height, MerklePrefix, Message, Packet, PacketPath, PacketResult, Payload, ReceivePacket,
    RegisterCounterparty, Response, SendPacket, Timestamp, UpdateClient, gmp,
};
use causeway_light_client::{AnyCodec, ProofCodec};
use causeway_tests::harness::{Coordinator, Kind};
use causeway_tests::host::account;
use causeway_wire_bitcoin::state::{
    AccountState, CallEvent, CallResult, ClientReport, PacketEvents, StateProofs,
};
use causeway_wire_bitcoin::{
    Action, Address, AddressNetwork, Call, KeyHash, NATIVE_DENOM, Spendable, Wallet,
};
use serde_json::{Value, json};

pub(crate) const SEED: u64 = 5;
/// Confirmations that the other chain's client of this one asks for.
const CONFIRMATIONS: u32 = 3;
/// Plenty for any single message.
pub(crate) const GAS: u64 = 5_000_000;

pub(crate) type Disk = BTreeMap<Vec<u8>, Vec<u8>>;

/// The chain alone.
pub(crate) struct Pow {
    pub(crate) chain: BitcoinChain,
    pub(crate) now: Timestamp,
    wallets: BTreeMap<String, Wallet>,
}

pub(crate) fn address(name: &str) -> String {
    let key = developer_key("pow", name, SEED);
    let account = KeyHash::of(key.verifying_key());
    Address::of_key(account, AddressNetwork::Regtest).to_string()
}

pub(crate) fn key_hash(name: &str) -> KeyHash {
    KeyHash::of(developer_key("pow", name, SEED).verifying_key())
}

impl Pow {
    pub(crate) fn new(now: Timestamp) -> Self {
        Self::open(&Disk::new(), now)
    }

    pub(crate) fn open(disk: &Disk, now: Timestamp) -> Self {
        let config = Config::new(SEED, Timestamp::from_nanos(0));
        let chain = BitcoinChain::open(config, all(), vec![], disk, now).unwrap();
        let mut pow = Self { chain, now, wallets: BTreeMap::new() };
        for name in ["alice", "bob", "relayer", "authority"] {
            pow.refresh(name);
        }
        pow
    }

    /// Lets a wallet know the confirmed coins alone.
    pub(crate) fn refresh(&mut self, name: &str) {
        let ledger = self.miner().ledger();
        let next = ledger.height() + 1;
        let coins = ledger.coins_of(key_hash(name)).filter(|(_, coin)| coin.is_mature(next));
        let coins = coins.map(|(outpoint, coin)| Spendable { outpoint, value: coin.value });
        let wallet = Wallet::new(developer_key("pow", name, SEED), coins);
        self.wallets.insert(name.into(), wallet.with_fee(1000));
    }

    pub(crate) fn miner(&self) -> &Miner {
        self.chain.miners().serving().unwrap()
    }

    pub(crate) fn wallet(&mut self, name: &str) -> &mut Wallet {
        self.wallets.get_mut(name).unwrap()
    }

    /// A method's result, or its error.
    pub(crate) fn try_ask(&mut self, method: &str, params: &Value) -> Result<Value, Value> {
        let body = json!({ "jsonrpc": "2.0", "id": 0, "method": method, "params": params });
        let request = Request {
            method: Method::Post,
            path: "/".into(),
            query: String::new(),
            headers: vec![],
            body: body.to_string().into_bytes(),
            upgrade: false,
            session: SessionId(0),
        };
        let Answer::Now(response) = self.chain.request(Listener(0), &request, self.now) else {
            panic!("{method} is answered at once")
        };
        let answer: Value = serde_json::from_slice(&response.body).unwrap();
        match answer.get("error") {
            Some(error) => Err(error.clone()),
            None => Ok(answer["result"].clone()),
        }
    }

    pub(crate) fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.try_ask(method, params).unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    pub(crate) fn height(&self) -> u64 {
        self.miner().height()
    }

    /// Lets so many more blocks come, and looks for coins that are missing or doubled.
    pub(crate) fn mine(&mut self, blocks: u64) {
        let target = self.height() + blocks;
        while self.height() < target {
            self.now = self.now.saturating_add(Duration::from_millis(500));
            self.chain.advance(self.now);
        }
        self.assert_conserved();
    }

    /// The chain's time is `time` or later.
    pub(crate) fn mine_until(&mut self, time: Timestamp) {
        let chain_time = |pow: &Self| u64::from(pow.miner().tip().last_times.median());
        while chain_time(self) < time.secs() {
            self.now = self.now.max(time).saturating_add(Duration::from_secs(1));
            self.mine(1);
        }
    }

    /// The vault holds what the contracts owe, and nothing was made or lost.
    pub(crate) fn assert_conserved(&self) {
        for miner in self.chain.miners().miners() {
            let ledger = miner.ledger();
            assert_eq!(ledger.vault().map_or(0, |vault| vault.value), ledger.owed());
            let rules = self.chain.miners().rules();
            let minted: u64 = (1..=miner.height()).map(|height| rules.subsidy(height)).sum();
            assert_eq!(ledger.supply(), minted);
        }
    }

    /// Hands in a call, and waits until it is carried out.
    pub(crate) fn call(
        &mut self,
        name: &str,
        action: impl Into<Action>,
        gas_limit: u64,
        brings: u64,
    ) -> CallResult {
        let call = Call { gas_limit, action: action.into() };
        let transaction = self.wallet(name).call(&call, brings).unwrap();
        self.ask("sendrawtransaction", &json!([hex::encode(transaction.to_bytes()), 0]));
        self.result_of(transaction.txid())
    }

    /// What became of a call, once it is in a block that every miner has.
    pub(crate) fn result_of(&mut self, txid: Txid) -> CallResult {
        let from = self.height().saturating_sub(2);
        for _ in 0..40 {
            self.mine(1);
            let events = self.events(from, self.height());
            let mut calls = events.blocks.into_iter().flat_map(|block| block.calls);
            if let Some(result) = calls.find(|call| call.txid == txid) {
                return result;
            }
        }
        panic!("{txid} is in no block");
    }

    pub(crate) fn events(&mut self, from: u64, to: u64) -> PacketEvents {
        let events = self.ask("getpacketevents", &json!([from, to]));
        PacketEvents::from_json(&events).unwrap()
    }

    pub(crate) fn account(&mut self, name: &str) -> AccountState {
        AccountState::from_json(&self.ask("getaccount", &json!([address(name)]))).unwrap()
    }

    /// What somebody has of a voucher, by its whole denomination.
    pub(crate) fn vouchers(&mut self, name: &str, denom: &Denom) -> Amount {
        let denom = denom.to_string();
        let balances = self.account(name).balances;
        let own = balances.into_iter().find(|balance| balance.denom.as_ref() == Some(&denom));
        own.map_or(Amount::ZERO, |balance| balance.amount)
    }

    pub(crate) fn client(&mut self, client: &ClientId) -> ClientReport {
        let report = self.ask("getaccount", &json!([client.to_string()]));
        ClientReport::from_json(&report).unwrap()
    }

    pub(crate) fn proofs(&mut self, height: u64, paths: &[PacketPath], batch: bool) -> StateProofs {
        let keys: Vec<_> = paths.iter().map(|path| hex::encode(path.to_bytes())).collect();
        let proofs = self.ask("getstateproof", &json!([keys, height, batch]));
        StateProofs::from_json(&proofs).unwrap()
    }

    pub(crate) fn vault(&self) -> u64 {
        self.miner().ledger().vault().map_or(0, |vault| vault.value)
    }

    pub(crate) fn coins(&self, name: &str) -> u64 {
        self.miner().ledger().coins_of(key_hash(name)).map(|(_, coin)| coin.value).sum()
    }

    /// The newest height that clients of this chain take for final.
    pub(crate) fn final_height(&self) -> u64 {
        self.height() + 1 - u64::from(CONFIRMATIONS)
    }
}

/// The failure of a call, by its code.
pub(crate) fn code(result: &CallResult) -> Option<&str> {
    result.failure.as_ref().map(|failure| failure.code.as_str())
}

/// Both chains, each with a client of the other.
pub(crate) struct World {
    pub(crate) c: Coordinator,
    pub(crate) pow: Pow,
    /// The client on the proof-of-work chain, and the one on the other.
    pub(crate) here: ClientId,
    pub(crate) there: ClientId,
}

fn apps() -> Router {
    let contracts = Gmp::new().with(account("counter"), Counter);
    let port = |name: &str| name.parse().unwrap();
    Router::new().with(port(transfer::PORT), Transfer).with(port(gmp::PORT), contracts)
}

fn created(result: &CallResult) -> ClientId {
    let [CallEvent::Core(Event::ClientCreated { client_id, .. })] = result.events.as_slice() else {
        panic!("{result:?}");
    };
    client_id.clone()
}

impl World {
    pub(crate) fn new() -> Self {
        let mut c = Coordinator::new(&[Kind::Cometbft], apps);
        let mut pow = Pow::new(c.now);
        let user = c.chains[0].user.clone();
        c.chains[0].host.fund(&user, &Token("coin".into()), 1_000);
        pow.mine_until(c.now);
        let create = c.chains[0].family.new_client(c.trusting_period);
        let here = created(&pow.call("relayer", Message::CreateClient(create), GAS, 0));
        let create = Message::CreateClient(client_of(&pow));
        let Response::ClientCreated(there) = c.chains[0].execute(&create).unwrap() else {
            panic!("no client");
        };
        let mut world = Self { c, pow, here, there };
        world.register();
        world
    }

    fn register(&mut self) {
        let (here, there) = (self.here.clone(), self.there.clone());
        let prefix = MerklePrefix::new(vec![Vec::new()]).unwrap();
        let counterparty = Counterparty { client_id: here.clone(), prefix };
        let message = RegisterCounterparty { client_id: there.clone(), counterparty };
        self.c.chains[0].execute(&Message::RegisterCounterparty(message)).unwrap();
        let prefix = self.c.chains[0].family.prefix();
        let counterparty = Counterparty { client_id: there, prefix };
        let message = RegisterCounterparty { client_id: here, counterparty };
        let message = Message::RegisterCounterparty(message);
        let result = self.pow.call("relayer", message, GAS, 0);
        assert_eq!(code(&result), None, "{result:?}");
    }

    /// Makes what the other chain wrote provable here.
    pub(crate) fn update_here(&mut self) -> Height {
        self.c.commit(0);
        self.pow.mine_until(self.c.now);
        let trusted = self.pow.client(&self.here).latest_height;
        for client_message in self.c.chains[0].family.updates(trusted) {
            let message = UpdateClient { client_id: self.here.clone(), client_message };
            let result = self.pow.call("relayer", Message::UpdateClient(message), GAS, 0);
            assert_eq!(code(&result), None, "{result:?}");
        }
        self.pow.client(&self.here).latest_height
    }

    /// Makes what the proof-of-work chain wrote final, and provable there.
    pub(crate) fn update_there(&mut self) -> u64 {
        self.pow.mine(u64::from(CONFIRMATIONS));
        let trusted = self.c.chains[0].latest_height(&self.there).height();
        let raw = |height| {
            let hash = self.pow.miner().hash_at(height).unwrap();
            self.pow.miner().block(&hash).unwrap().1.header.to_bytes()
        };
        let headers = (trusted + 1..=self.pow.height()).map(raw).collect();
        let client_message = ClientMessage::Headers(headers).to_any();
        self.c.now = self.c.now.max(self.pow.now);
        self.c.commit(0);
        let message = UpdateClient { client_id: self.there.clone(), client_message };
        self.c.chains[0].execute(&Message::UpdateClient(message)).unwrap();
        let height = self.c.chains[0].latest_height(&self.there).height();
        assert_eq!(height, self.pow.final_height());
        height
    }

    /// A transfer of native coins by name to the user of the other chain.
    pub(crate) fn send_message(&self, name: &str, amount: u64, timeout: u64) -> Message {
        let chain = &self.c.chains[0];
        let to = chain.host.format_account(&chain.user);
        let denom = Denom::native(NATIVE_DENOM).unwrap();
        self.send_of(name, &denom, amount, &to, timeout)
    }

    pub(crate) fn send_of(
        &self,
        name: &str,
        denom: &Denom,
        amount: u64,
        to: &str,
        timeout: u64,
    ) -> Message {
        let amount = Amount::from(amount);
        let data =
            FungibleTokenPacketData::new(denom.clone(), amount, address(name), to, "").unwrap();
        let payloads = vec![data.to_payload(Encoding::Json).unwrap()];
        let timeout_timestamp = self.c.now.secs().max(self.pow.now.secs()) + timeout;
        let source_client = self.here.clone();
        Message::SendPacket(SendPacket { source_client, timeout_timestamp, payloads })
    }

    /// Sends native coins from here, and gives the packet.
    pub(crate) fn send(&mut self, name: &str, amount: u64, timeout: u64) -> Packet {
        let message = self.send_message(name, amount, timeout);
        let result = self.pow.call(name, message, GAS, amount);
        assert_eq!(code(&result), None, "{result:?}");
        sent(&result)
    }

    /// Sends from the user there.
    pub(crate) fn send_back(&mut self, payload: Payload) -> Packet {
        self.send_back_within(payload, 3600)
    }

    /// The same, with another time until it is over.
    pub(crate) fn send_back_within(&mut self, payload: Payload, secs: u64) -> Packet {
        let source_client = self.there.clone();
        let timeout_timestamp = self.c.now.secs() + secs;
        let message = SendPacket { source_client, timeout_timestamp, payloads: vec![payload] };
        self.c.chains[0].execute(&Message::SendPacket(message)).unwrap();
        self.c.chains[0].sent_packets().pop().unwrap()
    }

    /// A transfer by the user there.
    pub(crate) fn transfer_back(&self, denom: &Denom, amount: u64, to: &str) -> Payload {
        let chain = &self.c.chains[0];
        let sender = chain.host.format_account(&chain.user);
        let amount = Amount::from(amount);
        let data = FungibleTokenPacketData::new(denom.clone(), amount, sender, to, "").unwrap();
        data.to_payload(Encoding::Json).unwrap()
    }

    /// Receives a packet of the proof-of-work chain there.
    pub(crate) fn receive_there(&mut self, packet: &Packet) -> PacketResult {
        let height = self.update_there();
        let path = PacketPath::commitment(packet.source_client.clone(), packet.sequence);
        let proof: StateProof = self.pow.proofs(height, &[path], false).state_proof(0).unwrap();
        let message = Message::ReceivePacket(ReceivePacket {
            packet: packet.clone(),
            proof_commitment: proof.to_bytes(),
            proof_height: Height::from_block(height),
        });
        let Response::Packet(result) = self.c.chains[0].execute(&message).unwrap() else {
            panic!("another answer");
        };
        result
    }

    /// Brings the answer of the other chain here.
    pub(crate) fn acknowledge_here(&mut self, packet: &Packet) -> CallResult {
        let proof_height = self.update_here();
        let acknowledgement = self.c.chains[0].acknowledgement(packet).unwrap();
        let path = PacketPath::acknowledgement(packet.dest_client.clone(), packet.sequence);
        let proof_acked = self.c.chains[0].family.membership(proof_height, &path);
        let packet = packet.clone();
        let message = AcknowledgePacket { packet, acknowledgement, proof_acked, proof_height };
        self.pow.call("relayer", Message::AcknowledgePacket(message), GAS, 0)
    }

    /// What receives a packet of the other chain here, at the newest height.
    pub(crate) fn receive_message(&mut self, packet: &Packet) -> Message {
        let proof_height = self.update_here();
        let path = PacketPath::commitment(packet.source_client.clone(), packet.sequence);
        let proof_commitment = self.c.chains[0].family.membership(proof_height, &path);
        let packet = packet.clone();
        Message::ReceivePacket(ReceivePacket { packet, proof_commitment, proof_height })
    }

    /// Receives a packet of the other chain here.
    pub(crate) fn receive_here(&mut self, packet: &Packet) -> CallResult {
        let message = self.receive_message(packet);
        self.pow.call("relayer", message, GAS, 0)
    }

    /// Brings an answer given here to the other chain.
    pub(crate) fn acknowledge_there(
        &mut self,
        packet: &Packet,
        result: &CallResult,
    ) -> PacketResult {
        let acknowledgement = answer(result).unwrap();
        let height = self.update_there();
        let path = PacketPath::acknowledgement(packet.dest_client.clone(), packet.sequence);
        let proof = self.pow.proofs(height, &[path], false).state_proof(0).unwrap();
        let message = Message::AcknowledgePacket(AcknowledgePacket {
            packet: packet.clone(),
            acknowledgement,
            proof_acked: proof.to_bytes(),
            proof_height: Height::from_block(height),
        });
        let Response::Packet(result) = self.c.chains[0].execute(&message).unwrap() else {
            panic!("another answer");
        };
        result
    }

    /// What the user there has.
    pub(crate) fn user_has(&self, denom: &Denom) -> Amount {
        let chain = &self.c.chains[0];
        chain.balance(&chain.user, &chain.host.token(denom))
    }

    /// A denomination of this chain as it is called there.
    pub(crate) fn behind_there(&self, denom: &str) -> Denom {
        format!("{}/{}/{denom}", transfer::PORT, self.there).parse().unwrap()
    }

    /// A denomination of the other chain as it is called here.
    pub(crate) fn behind_here(&self, denom: &str) -> Denom {
        format!("{}/{}/{denom}", transfer::PORT, self.here).parse().unwrap()
    }
}

/// A client that starts at the newest final header.
fn client_of(pow: &Pow) -> CreateClient {
    let hash = pow.miner().hash_at(pow.final_height()).unwrap();
    let anchor = *pow.miner().block(&hash).unwrap().0;
    let network = *pow.chain.miners().rules().network();
    let depths = Depths { confirmations: CONFIRMATIONS, fork_window: 20 };
    let drift = Duration::from_hours(1);
    let state = ClientState::new(network, depths, drift, COMMITMENT_MAGIC, anchor);
    CreateClient {
        client_state: state.to_any(),
        consensus_state: ConsensusState::from(&anchor).to_any(),
    }
}

/// The packet that a call sent.
pub(crate) fn sent(result: &CallResult) -> Packet {
    let sent = result.events.iter().find_map(|event| match event {
        CallEvent::Core(Event::PacketSent { packet }) => Some(packet.clone()),
        _ => None,
    });
    sent.unwrap_or_else(|| panic!("{result:?}"))
}

/// The answer that a call wrote.
pub(crate) fn answer(result: &CallResult) -> Option<Acknowledgement> {
    result.events.iter().find_map(|event| match event {
        CallEvent::Core(Event::AcknowledgementWritten { acknowledgement, .. }) => {
            Some(acknowledgement.clone())
        }
        _ => None,
    })
}
