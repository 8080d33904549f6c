//! Packets between this chain and a PBFT chain, both ways, everything proven.

mod rules;
mod transfers;

use std::time::Duration;

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{SolCall, SolError};
use causeway_client_ethereum::execution::proof::StateProof;
use causeway_client_ethereum::execution::router::{verify_slot, verify_slot_absent};
use causeway_core::transfer::{FungibleTokenPacketData, SUCCESS_ACKNOWLEDGEMENT};
use causeway_core::{
    AcknowledgePacket, Acknowledgement, Any, ClientId, Counterparty, Encoding, Event, Height,
    Message, Packet, PacketPath, Payload, ReceivePacket, RegisterCounterparty, Sequence, Timestamp,
    UpdateClient,
};
use causeway_tests::harness::cometbft::Cometbft;
use causeway_tests::harness::{Family, Traces, all_clients};
use causeway_wire_ethereum::abi::sol::{self, Erc20, Errors, Router, Transfer};
use causeway_wire_ethereum::abi::{calldata, decode_event};
use causeway_wire_ethereum::contracts::{COMMITMENT_SLOT, ROUTER, TRANSFER, trace_slot};

use super::{Done, Pos, account};

/// The client of this chain over there.
const THERE: &str = "08-wasm-3";
const HERE: &str = "client-0";

fn client(id: &str) -> ClientId {
    ClientId::new(id).unwrap()
}

/// This chain, with a client of a PBFT chain whose traces the test writes.
struct Link {
    pos: Pos,
    peer: Cometbft,
    traces: Traces,
}

impl Link {
    fn open() -> Self {
        let (pos, peer) = (Pos::new(), Cometbft::new(0));
        let mut link = Self { pos, peer, traces: Traces::new() };
        link.commit();
        let create = link.peer.new_client(Duration::from_hours(24));
        let done = link.message("relayer", &Message::CreateClient(create));
        assert!(done.success, "{done:?}");
        let counterparty = Counterparty { client_id: client(THERE), prefix: link.peer.prefix() };
        let register = RegisterCounterparty { client_id: client(HERE), counterparty };
        let register = Message::RegisterCounterparty(register);
        let stranger = link.pos.refusal("bob", ROUTER, calldata(&register));
        assert!(text(&stranger).starts_with("signer_not_creator"), "{stranger}");
        assert!(link.message("relayer", &register).success);
        link
    }

    /// Makes the peer's traces provable, at the time of this chain.
    fn commit(&mut self) {
        let now = Timestamp::from_secs(self.pos.now()).unwrap();
        self.peer.commit(&self.traces, now);
        self.peer.commit(&self.traces, now.saturating_add(Duration::from_millis(1)));
    }

    fn message(&mut self, name: &'static str, message: &Message) -> Done {
        self.pos.send(name, ROUTER, 0, calldata(message))
    }

    fn latest(&self) -> Height {
        let call = Router::getClientStateCall { clientId: HERE.into() };
        let state = Any::from_bytes(&self.pos.ask(ROUTER, &call)).unwrap();
        all_clients().by_type("07-tendermint").unwrap().latest_height(&state).unwrap()
    }

    /// Brings the client to the peer's head.
    fn update(&mut self) -> Height {
        self.commit();
        for client_message in self.peer.updates(self.latest()) {
            let update = UpdateClient { client_id: client(HERE), client_message };
            let done = self.message("relayer", &Message::UpdateClient(update));
            assert!(done.success, "{done:?}");
        }
        assert_eq!(self.latest(), self.peer.head());
        self.latest()
    }

    /// Lets `alice` or so allow and send tokens; gives the packet, as its event shows it.
    fn transfer(&mut self, name: &'static str, token: Address, amount: u64) -> Packet {
        let amount = U256::from(amount);
        let approve = Erc20::approveCall { spender: TRANSFER, amount };
        assert!(self.pos.exec(name, token, &approve).success);
        let msg_ = sol::SendTransferMsg {
            denom: token,
            amount,
            receiver: "pbft1receiver".into(),
            sourceClient: HERE.into(),
            destPort: String::new(),
            timeoutTimestamp: self.pos.now() + 600,
            memo: "memo".into(),
        };
        let done = self.pos.exec(name, TRANSFER, &Transfer::sendTransferCall { msg_ });
        assert!(done.success, "{done:?}");
        sent(&done)
    }

    /// Writes the peer's answer to a packet, and brings it home.
    fn acknowledge(&mut self, packet: &Packet, answer: Acknowledgement) -> Done {
        let path = PacketPath::acknowledgement(packet.dest_client.clone(), packet.sequence);
        self.traces.insert(path.clone(), answer.commitment().0.to_vec());
        let proof_height = self.update();
        let message = Message::AcknowledgePacket(AcknowledgePacket {
            packet: packet.clone(),
            acknowledgement: answer,
            proof_acked: self.peer.membership(proof_height, &path),
            proof_height,
        });
        self.message("relayer", &message)
    }

    /// A packet that the peer commits to.
    fn coming(&mut self, sequence: u64, payloads: Vec<Payload>) -> Packet {
        let packet = Packet {
            sequence: Sequence::new(sequence).unwrap(),
            source_client: client(THERE),
            dest_client: client(HERE),
            timeout_timestamp: self.pos.now() + 3_000,
            payloads,
        };
        self.traces.insert(commitment(&packet), packet.commitment().0.to_vec());
        packet
    }

    fn receive(&mut self, packet: &Packet) -> Message {
        let proof_height = self.update();
        Message::ReceivePacket(ReceivePacket {
            packet: packet.clone(),
            proof_commitment: self.peer.membership(proof_height, &commitment(packet)),
            proof_height,
        })
    }

    fn balance(&self, token: Address, account: Address) -> U256 {
        self.pos.ask(token, &Erc20::balanceOfCall { account })
    }

    fn escrow(&self) -> Address {
        self.pos.ask(TRANSFER, &Transfer::getEscrowCall { clientId: HERE.into() })
    }

    /// Proof of the trace at a path, against the head's state root.
    fn proof(&self, path: &PacketPath) -> (B256, StateProof) {
        let head = self.pos.head();
        let mut proof = head.proof(&ROUTER, &[trace_slot(path)]);
        let root = head.block().header.state_root;
        (root, StateProof::new(proof.nodes, proof.slots.remove(0).nodes))
    }

    fn assert_present(&self, path: &PacketPath, value: &[u8]) {
        let (root, proof) = self.proof(path);
        verify_slot(&root, &ROUTER, &COMMITMENT_SLOT, &path.to_bytes(), &proof, value).unwrap();
    }

    fn assert_absent(&self, path: &PacketPath) {
        let (root, proof) = self.proof(path);
        verify_slot_absent(&root, &ROUTER, &COMMITMENT_SLOT, &path.to_bytes(), &proof).unwrap();
    }

    /// All of a token is somewhere, and the escrow holds what the ledger says.
    fn assert_conserved(&self, token: Address) {
        let everybody = ["alice", "bob", "relayer"].map(account);
        let held = everybody.into_iter().chain([self.escrow()]);
        let held = held.fold(U256::ZERO, |sum, account| sum + self.balance(token, account));
        assert_eq!(held, self.pos.ask(token, &Erc20::totalSupplyCall {}));
        let locked =
            self.pos.ask(TRANSFER, &Transfer::escrowedCall { clientId: HERE.into(), token });
        assert_eq!(self.balance(token, self.escrow()), locked);
    }
}

fn commitment(packet: &Packet) -> PacketPath {
    PacketPath::commitment(packet.source_client.clone(), packet.sequence)
}

fn events(done: &Done) -> Vec<Event> {
    let router = done.logs.iter().filter(|log| log.address == ROUTER);
    router.filter_map(|log| decode_event(&log.topics, &log.data).unwrap()).collect()
}

fn sent(done: &Done) -> Packet {
    match events(done).as_slice() {
        [Event::PacketSent { packet }] => packet.clone(),
        other => panic!("{other:?}"),
    }
}

fn text(data: &[u8]) -> String {
    Errors::Error::abi_decode(data).map(|error| error.message).unwrap_or_default()
}

fn success() -> Acknowledgement {
    Acknowledgement::new(vec![SUCCESS_ACKNOWLEDGEMENT.to_vec()]).unwrap()
}

/// A transfer from the peer.
fn incoming(denom: &str, amount: u64, receiver: &str) -> Payload {
    let amount = causeway_core::Amount::from(amount);
    let denom = denom.parse().unwrap();
    let data = FungibleTokenPacketData::new(denom, amount, "pbft1sender", receiver, "").unwrap();
    data.to_payload(Encoding::Json).unwrap()
}

fn sol_call(call: &impl SolCall) -> Vec<u8> {
    call.abi_encode()
}
