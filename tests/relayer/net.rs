//! Two small chains: blocks that may be undone, packets, clients that know heights, transactions
//! with nonces that are all or nothing. Their proofs say what is looked up in the other's past.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use causeway_chain::Random;
use causeway_core::transfer::FungibleTokenPacketData;
use causeway_core::{
    Acknowledgement, Amount, Any, ClientId, Counterparty, Encoding, Height, MerklePrefix, Message,
    Packet, PacketPath, PacketResult, PacketTrace, Payload, Response, Sequence,
};
use causeway_relayer_endpoints::{ChainEvent, Executed, Holding, MessageOutcome};

/// Who signs for the relayer.
pub(crate) const RELAYER: &str = "relayer";

/// A client: the heights of the other chain that it knows.
#[derive(Clone, Default)]
pub(crate) struct Client {
    pub(crate) counterparty: Option<Counterparty>,
    pub(crate) heights: BTreeSet<u64>,
    pub(crate) frozen: bool,
    /// Nothing leads on from it, the other chain says.
    pub(crate) stranded: bool,
}

/// What a block leaves.
#[derive(Clone, Default)]
pub(crate) struct State {
    pub(crate) traces: BTreeMap<PacketPath, Vec<u8>>,
    pub(crate) clients: BTreeMap<ClientId, Client>,
    pub(crate) next: BTreeMap<ClientId, u64>,
    pub(crate) nonces: BTreeMap<String, u64>,
    /// By token and holder; `escrow/client` holds what is locked.
    pub(crate) balances: BTreeMap<(String, String), u64>,
}

/// A transaction in the pool.
#[derive(Clone)]
pub(crate) struct Tx {
    pub(crate) name: String,
    pub(crate) account: String,
    pub(crate) nonce: u64,
    pub(crate) fee: u64,
    pub(crate) messages: Vec<Message>,
}

#[derive(Clone, Default)]
pub(crate) struct Block {
    pub(crate) id: u64,
    pub(crate) time: u64,
    pub(crate) state: State,
    pub(crate) events: Vec<(ClientId, ChainEvent)>,
    pub(crate) executed: Vec<(Tx, Vec<MessageOutcome>)>,
}

pub(crate) struct Chain {
    pub(crate) blocks: Vec<Block>,
    pub(crate) pool: Vec<Tx>,
    pub(crate) depth: usize,
    /// The most messages of a transaction.
    pub(crate) most_messages: usize,
    /// Fees below are not mined.
    pub(crate) least_fee: u64,
    pub(crate) signed: BTreeMap<String, Tx>,
    /// Packets that the chain's application refuses.
    pub(crate) refuses: fn(&Packet) -> bool,
    pub(crate) transactions: usize,
    /// How often a client was shown evidence.
    pub(crate) accusations: usize,
    next_block: u64,
}

pub(crate) struct Net {
    pub(crate) chains: [Chain; 2],
    pub(crate) random: Random,
    /// How many coins each chain has.
    pub(crate) coins: u64,
}

pub(crate) type Shared = Arc<Mutex<Net>>;

pub(crate) fn id(text: &str) -> ClientId {
    ClientId::new(text).unwrap()
}

impl Chain {
    fn new(depth: usize) -> Self {
        Self {
            blocks: vec![Block { id: 0, time: 1, ..Block::default() }],
            pool: Vec::new(),
            depth,
            most_messages: 100,
            least_fee: 0,
            signed: BTreeMap::new(),
            refuses: |_| false,
            transactions: 0,
            accusations: 0,
            next_block: 1,
        }
    }

    pub(crate) fn head(&self) -> usize {
        self.blocks.len() - 1
    }

    pub(crate) fn newest(&self) -> &State {
        &self.blocks[self.head()].state
    }

    pub(crate) fn finalized(&self) -> usize {
        self.head().saturating_sub(self.depth)
    }

    pub(crate) fn find(&self, name: &str) -> Option<Executed> {
        self.blocks.iter().zip(0..).find_map(|(block, height)| {
            let (_, outcomes) = block.executed.iter().find(|(tx, _)| tx.name == name)?;
            Some(Executed { height: Height::from_block(height), outcomes: outcomes.clone() })
        })
    }

    /// The nonce behind everything that is in blocks or waits.
    pub(crate) fn next_nonce(&self, account: &str) -> u64 {
        let waiting = self.pool.iter().filter(|tx| tx.account == account).count() as u64;
        self.newest().nonces.get(account).copied().unwrap_or_default() + waiting
    }
}

impl Net {
    /// Two chains, blocks final after so many more, with a client of each other, `client-0`.
    pub(crate) fn new(seed: u64, depths: [usize; 2]) -> Shared {
        let chains = depths.map(Chain::new);
        let mut net = Self { chains, random: Random::new(seed), coins: 2_000_000 };
        for me in 0..2 {
            let client = Client {
                counterparty: Some(counterparty("client-0")),
                heights: BTreeSet::from([0]),
                ..Client::default()
            };
            let state = &mut net.chains[me].blocks[0].state;
            state.clients.insert(id("client-0"), client);
            for account in ["alice", "bob"] {
                state.balances.insert(("coin".into(), account.into()), 1_000_000);
            }
        }
        Arc::new(Mutex::new(net))
    }

    /// Puts a message of a user into the pool.
    pub(crate) fn user(&mut self, me: usize, account: &str, message: Message) {
        self.all_at_once(me, account, vec![message]);
    }

    /// Puts messages of a user into the pool, in one transaction.
    pub(crate) fn all_at_once(&mut self, me: usize, account: &str, messages: Vec<Message>) {
        let chain = &mut self.chains[me];
        let nonce = chain.next_nonce(account);
        let name = format!("{account}-{nonce}");
        let account = account.to_owned();
        chain.pool.push(Tx { name, account, nonce, fee: 100, messages });
    }

    /// The next block: everything in the pool that can go, in order.
    pub(crate) fn mine(&mut self, me: usize, time: u64) {
        let chain = &mut self.chains[me];
        let height = chain.blocks.len() as u64;
        let id = chain.next_block;
        chain.next_block += 1;
        let mut block = Block { id, time, state: chain.newest().clone(), ..Block::default() };
        let pool = core::mem::take(&mut chain.pool);
        let mut later = Vec::new();
        for tx in pool {
            let nonce = block.state.nonces.entry(tx.account.clone()).or_default();
            if tx.nonce < *nonce {
                continue;
            }
            if tx.nonce > *nonce || tx.fee < self.chains[me].least_fee {
                later.push(tx);
                continue;
            }
            *nonce += 1;
            let mut after = block.clone();
            let outcomes = self.execute(me, height, &mut after, &tx);
            if !outcomes.iter().any(|it| matches!(it, MessageOutcome::Failed(_))) {
                block = after;
            }
            self.chains[me].transactions += 1;
            block.executed.push((tx, outcomes));
        }
        self.chains[me].pool = later;
        self.chains[me].blocks.push(block);
    }

    fn execute(
        &mut self,
        me: usize,
        height: u64,
        block: &mut Block,
        tx: &Tx,
    ) -> Vec<MessageOutcome> {
        let mut outcomes = Vec::new();
        for message in &tx.messages {
            match self.message(me, height, block, message, &tx.account) {
                Ok(response) => outcomes.push(MessageOutcome::Handled(response)),
                Err(reason) => return vec![MessageOutcome::Failed(reason)],
            }
        }
        outcomes
    }

    fn message(
        &mut self,
        me: usize,
        height: u64,
        block: &mut Block,
        message: &Message,
        signer: &str,
    ) -> Result<Response, String> {
        match message {
            Message::CreateClient(_) => {
                let id = id(&format!("client-{}", block.state.clients.len()));
                let heights = BTreeSet::from([self.chains[1 - me].finalized() as u64]);
                block.state.clients.insert(id.clone(), Client { heights, ..Client::default() });
                Ok(Response::ClientCreated(id))
            }
            Message::RegisterCounterparty(it) => {
                let client = block.state.clients.get_mut(&it.client_id).ok_or("no client")?;
                client.counterparty = Some(it.counterparty.clone());
                Ok(Response::Done)
            }
            Message::UpdateClient(it) => {
                let new = read_height(&it.client_message)?;
                if new > self.chains[1 - me].finalized() as u64 {
                    return Err("a header of a block that is not final".into());
                }
                let client = block.state.clients.get_mut(&it.client_id).ok_or("no client")?;
                if client.frozen || client.stranded {
                    return Err("the client can go no further".into());
                }
                client.heights.insert(new);
                Ok(Response::Done)
            }
            Message::SubmitMisbehaviour(it) => {
                self.chains[me].accusations += 1;
                let client = block.state.clients.get_mut(&it.client_id).ok_or("no client")?;
                client.frozen = true;
                Ok(Response::Done)
            }
            Message::SendPacket(it) => {
                let next = block.state.next.entry(it.source_client.clone()).or_insert(1);
                let sequence = Sequence::new(*next).unwrap();
                *next += 1;
                let client = &block.state.clients[&it.source_client];
                let packet = Packet {
                    sequence,
                    source_client: it.source_client.clone(),
                    dest_client: client.counterparty.clone().ok_or("no path")?.client_id,
                    timeout_timestamp: it.timeout_timestamp,
                    payloads: it.payloads.clone(),
                };
                take(block, &packet, signer)?;
                let path = PacketPath::commitment(packet.source_client.clone(), sequence);
                block.state.traces.insert(path, packet.commitment().0.to_vec());
                let event = (packet.source_client.clone(), ChainEvent::Sent(packet));
                block.events.push(event);
                Ok(Response::PacketSent(sequence))
            }
            Message::ReceivePacket(it) => {
                let packets = core::slice::from_ref(&it.packet);
                self.verify(me, block, packets, &it.proof_commitment, it.proof_height)?;
                Ok(Response::Packet(self.receive(me, height, block, &it.packet)?))
            }
            Message::ReceivePackets(it) => {
                self.verify(me, block, &it.packets, &it.proof_commitments, it.proof_height)?;
                let results = it.packets.iter().map(|it| self.receive(me, height, block, it));
                Ok(Response::Packets(results.collect::<Result<_, _>>()?))
            }
            Message::AcknowledgePacket(it) => {
                let (client, sequence) = (it.packet.dest_client.clone(), it.packet.sequence);
                let path = PacketPath::acknowledgement(client, sequence);
                let value = it.acknowledgement.commitment().0.to_vec();
                let there = self.past(me, block, &it.packet.source_client, it.proof_height)?;
                if it.proof_acked != proof(it.proof_height, core::slice::from_ref(&path))
                    || there.state.traces.get(&path) != Some(&value)
                {
                    return Err("the answer is not proven".into());
                }
                Ok(Response::Packet(settle(block, &it.packet, it.acknowledgement.is_error())))
            }
            Message::TimeoutPacket(it) => {
                let (client, sequence) = (it.packet.dest_client.clone(), it.packet.sequence);
                let path = PacketPath::receipt(client, sequence);
                let there = self.past(me, block, &it.packet.source_client, it.proof_height)?;
                if it.proof_unreceived != proof(it.proof_height, core::slice::from_ref(&path))
                    || there.state.traces.contains_key(&path)
                    || there.time < it.packet.timeout_timestamp
                {
                    return Err("the timeout is not proven".into());
                }
                Ok(Response::Packet(settle(block, &it.packet, true)))
            }
            Message::RecoverClient(it) => {
                let substitute = block.state.clients.get(&it.substitute).ok_or("no substitute")?;
                let heights = substitute.heights.clone();
                let client = block.state.clients.get_mut(&it.subject).ok_or("no client")?;
                let counterparty = client.counterparty.clone();
                *client = Client { counterparty, heights, ..Client::default() };
                Ok(Response::Done)
            }
        }
    }

    /// The other chain's block that a client knows.
    fn past(
        &self,
        me: usize,
        block: &Block,
        client: &ClientId,
        height: Height,
    ) -> Result<&Block, String> {
        let known = block.state.clients.get(client).ok_or("no client")?;
        if known.frozen || !known.heights.contains(&height.height()) {
            return Err(format!("no consensus state at {height}"));
        }
        let at = usize::try_from(height.height()).unwrap();
        self.chains[1 - me].blocks.get(at).ok_or_else(|| "no block".into())
    }

    fn verify(
        &self,
        me: usize,
        block: &Block,
        packets: &[Packet],
        given: &[u8],
        height: Height,
    ) -> Result<(), String> {
        let path = |it: &Packet| PacketPath::commitment(it.source_client.clone(), it.sequence);
        let paths: Vec<_> = packets.iter().map(path).collect();
        let there = self.past(me, block, &packets[0].dest_client, height)?;
        let shown = packets.iter().zip(&paths).all(|(packet, path)| {
            there.state.traces.get(path) == Some(&packet.commitment().0.to_vec())
        });
        if given != proof(height, &paths) || !shown {
            return Err("the commitment is not proven".into());
        }
        Ok(())
    }

    fn receive(
        &mut self,
        me: usize,
        _height: u64,
        block: &mut Block,
        packet: &Packet,
    ) -> Result<PacketResult, String> {
        if packet.timeout_timestamp <= block.time {
            return Err("the packet has timed out".into());
        }
        let (client, sequence) = (packet.dest_client.clone(), packet.sequence);
        let receipt = PacketPath::receipt(client.clone(), sequence);
        if block.state.traces.contains_key(&receipt) {
            return Ok(PacketResult::NoOp);
        }
        block.state.traces.insert(receipt, vec![2]);
        let refused = (self.chains[me].refuses)(packet);
        let answer = if refused {
            Acknowledgement::error()
        } else {
            give(block, packet);
            Acknowledgement::new(vec![vec![1]]).unwrap()
        };
        let path = PacketPath::acknowledgement(client.clone(), sequence);
        block.state.traces.insert(path, answer.commitment().0.to_vec());
        block.events.push((client, ChainEvent::Answered(packet.clone(), answer)));
        Ok(if refused { PacketResult::Failure } else { PacketResult::Success })
    }

    /// Undoes up to `most` blocks that are not final; what they had waits again, or is lost.
    pub(crate) fn reorganise(&mut self, me: usize, most: usize) {
        let chain = &mut self.chains[me];
        let count = most.min(chain.head() - chain.finalized());
        let mut again = Vec::new();
        for block in chain.blocks.split_off(chain.blocks.len() - count) {
            again.extend(block.executed.into_iter().map(|(tx, _)| tx));
        }
        again.append(&mut chain.pool);
        chain.pool = again;
    }

    /// Every packet that was sent has ended, and none is owed.
    pub(crate) fn is_over(&self) -> bool {
        let open = |chain: &Chain| {
            let mut paths = chain.newest().traces.keys();
            paths.any(|path| path.trace == PacketTrace::Commitment) || !chain.pool.is_empty()
        };
        !self.chains.iter().any(open)
    }

    /// Nothing was received twice, and no token is missing or doubled.
    pub(crate) fn check(&self) {
        for chain in &self.chains {
            let total: u64 = chain.newest().balances.values().sum();
            let vouchers: u64 = chain
                .newest()
                .balances
                .iter()
                .filter(|((token, _), _)| token != "coin")
                .map(|(_, amount)| *amount)
                .sum();
            assert_eq!(total - vouchers, self.coins, "the chain's own coins");
        }
    }
}

/// What a packet transfers.
fn amount(packet: &Packet) -> u64 {
    let data = &packet.payloads[0].value;
    let data = FungibleTokenPacketData::decode(data, Encoding::Json).unwrap();
    data.amount().to_string().parse().unwrap()
}

/// A chain that does not like sevens.
pub(crate) fn refuses_seven(packet: &Packet) -> bool {
    amount(packet) == 7
}

fn take(block: &mut Block, packet: &Packet, from: &str) -> Result<(), String> {
    let amount = amount(packet);
    let balance = block.state.balances.entry(("coin".into(), from.into())).or_default();
    *balance = balance.checked_sub(amount).ok_or("too poor")?;
    let escrow = format!("escrow/{}", packet.source_client);
    *block.state.balances.entry(("coin".into(), escrow)).or_default() += amount;
    Ok(())
}

fn give(block: &mut Block, packet: &Packet) {
    let voucher = format!("transfer/{}/coin", packet.dest_client);
    *block.state.balances.entry((voucher, "bob".into())).or_default() += amount(packet);
}

fn settle(block: &mut Block, packet: &Packet, refund: bool) -> PacketResult {
    let path = PacketPath::commitment(packet.source_client.clone(), packet.sequence);
    if block.state.traces.remove(&path).is_none() {
        return PacketResult::NoOp;
    }
    if refund {
        let escrow = format!("escrow/{}", packet.source_client);
        *block.state.balances.get_mut(&("coin".into(), escrow)).unwrap() -= amount(packet);
        *block.state.balances.get_mut(&("coin".into(), "alice".into())).unwrap() += amount(packet);
    }
    let event = ChainEvent::Settled(packet.sequence);
    block.events.push((packet.source_client.clone(), event));
    PacketResult::Success
}

pub(crate) fn counterparty(client: &str) -> Counterparty {
    Counterparty { client_id: id(client), prefix: prefix() }
}

pub(crate) fn prefix() -> MerklePrefix {
    MerklePrefix::new(vec![b"model".to_vec()]).unwrap()
}

pub(crate) fn header(height: u64) -> Any {
    Any { type_url: "/model.Header".into(), value: height.to_be_bytes().to_vec() }
}

fn read_height(header: &Any) -> Result<u64, String> {
    let bytes = header.value.as_slice().try_into().map_err(|_| "no header")?;
    Ok(u64::from_be_bytes(bytes))
}

/// A proof is a claim that everybody can look up.
pub(crate) fn proof(height: Height, paths: &[PacketPath]) -> Vec<u8> {
    let paths: Vec<_> = paths.iter().map(|path| hex::encode(path.to_bytes())).collect();
    format!("{height}:{}", paths.join(",")).into_bytes()
}

/// A transfer from alice to bob.
pub(crate) fn payload(amount: u64) -> Payload {
    let denom = "coin".parse().unwrap();
    let data = FungibleTokenPacketData::new(denom, Amount::from(amount), "alice", "bob", "");
    data.unwrap().to_payload(Encoding::Json).unwrap()
}

/// An amount as the ledger speaks of it.
pub(crate) fn holding(token: &str, amount: u64) -> Holding {
    Holding { denom: token.parse().unwrap(), amount: Amount::from(amount) }
}
