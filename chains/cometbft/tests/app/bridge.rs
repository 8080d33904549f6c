//! Two chains, each with a client of the other.

use causeway_chain_cometbft::app::{NATIVE_DENOM, TxOutcome};
use causeway_core::{
    AcknowledgePacket, Acknowledgement, ClientId, Counterparty, CreateClient, MerklePrefix,
    Message, Packet, PacketPath, PacketResult, ReceivePacket, ReceivePackets, RegisterCounterparty,
    Response, TimeoutPacket, UpdateClient,
};
use causeway_ics23::{BatchProof, ibc_specs};
use causeway_wire_cometbft::msg::{Call, Msg, SendCall, Transfer, response_from_any};
use causeway_wire_cometbft::query::{
    QueryAccountAddress, QueryAccountAddressResponse, QueryClient, QueryClientStates,
    QueryClientStatesResponse, QueryClientStatusResponse, QueryCount, QueryCountResponse,
    QueryDenom, QueryDenomResponse, QueryNextSequenceSend, QueryNextSequenceSendResponse,
    QueryPacketStates, QueryPacketStatesResponse, QueryTotalEscrow, QueryTotalEscrowResponse,
    QueryUnreceived, QueryUnreceivedResponse, path,
};
use causeway_wire_cometbft::{PacketEvent, TxEvent};

use crate::net::{Net, User, coin, user};

pub(crate) struct Bridge {
    pub(crate) here: Net,
    pub(crate) there: Net,
    relayer: User,
    pub(crate) client: ClientId,
    /// What the client here is at, and the client there.
    known: [u64; 2],
}

fn call(signer: &User, message: Message) -> Msg {
    Msg::Call(Call { signer: signer.address.clone(), message })
}

impl Bridge {
    pub(crate) fn new() -> Self {
        let (here, there) = (Net::new("here-1"), Net::new("there-7"));
        let relayer = user("relayer");
        let client = ClientId::new("07-tendermint-0").unwrap();
        let known = [there.height(), here.height()];
        let mut bridge = Self { here, there, relayer, client, known };
        let (state, consensus) = bridge.there.client();
        bridge.set_up(true, state, consensus);
        bridge.known[1] = bridge.here.height();
        let (state, consensus) = bridge.here.client();
        bridge.set_up(false, state, consensus);
        bridge
    }

    fn net(&mut self, is_here: bool) -> &mut Net {
        if is_here { &mut self.here } else { &mut self.there }
    }

    fn set_up(&mut self, is_here: bool, state: causeway_core::Any, consensus: causeway_core::Any) {
        let relayer = self.relayer.clone();
        let create = CreateClient { client_state: state, consensus_state: consensus };
        let client = self.client.clone();
        let net = self.net(is_here);
        let created = net.succeed(&relayer, &[call(&relayer, Message::CreateClient(create))]);
        let response = response_from_any(&created[0]).unwrap();
        assert_eq!(response, Response::ClientCreated(client.clone()));
        let prefix = MerklePrefix::new(vec![b"ibc".to_vec(), Vec::new()]).unwrap();
        let counterparty = Counterparty { client_id: client.clone(), prefix };
        let register = RegisterCounterparty { client_id: client, counterparty };
        net.succeed(&relayer, &[call(&relayer, Message::RegisterCounterparty(register))]);
    }

    /// The message that brings the client on one side to the newest header of the other, and where
    /// the client was.
    fn update(&mut self, is_here: bool) -> (Msg, u64) {
        let known = self.known[usize::from(!is_here)];
        let (header, height) = self.net(!is_here).header_from(known);
        self.known[usize::from(!is_here)] = height;
        let update = UpdateClient { client_id: self.client.clone(), client_message: header };
        (call(&self.relayer, Message::UpdateClient(update)), known)
    }

    /// Delivers an update and what depends on it. Both are undone when one fails.
    fn relay(&mut self, is_here: bool, update: (Msg, u64), message: Message) -> TxOutcome {
        let relayer = self.relayer.clone();
        let msgs = [update.0, call(&relayer, message)];
        let outcome = self.net(is_here).deliver(&relayer, &msgs);
        if !outcome.is_ok() {
            self.known[usize::from(!is_here)] = update.1;
        }
        outcome
    }

    /// Receives the packets on one side, under one proof when there are several.
    fn receive(&mut self, is_here: bool, packets: Vec<Packet>) -> TxOutcome {
        self.net(!is_here).blocks(1);
        let update = self.update(is_here);
        let height = self.known[usize::from(!is_here)];
        let proof_height =
            causeway_core::Height::new(self.net(!is_here).chain_id.revision(), height);
        let proofs: Vec<_> = packets
            .iter()
            .map(|packet| {
                let path = PacketPath::commitment(packet.source_client.clone(), packet.sequence);
                self.net(!is_here).proof("ibc", &path.to_bytes(), height).0
            })
            .collect();
        let message = match <[Packet; 1]>::try_from(packets) {
            Ok([packet]) => Message::ReceivePacket(ReceivePacket {
                packet,
                proof_commitment: proofs[0].to_bytes(),
                proof_height,
            }),
            Err(packets) => Message::ReceivePackets(ReceivePackets {
                packets,
                proof_commitments: BatchProof::merge(&proofs).unwrap().to_bytes(),
                proof_height,
            }),
        };
        self.relay(is_here, update, message)
    }

    fn acknowledge(
        &mut self,
        is_here: bool,
        packet: Packet,
        acknowledgement: Acknowledgement,
    ) -> TxOutcome {
        self.net(!is_here).blocks(1);
        let update = self.update(is_here);
        let height = self.known[usize::from(!is_here)];
        let other = self.net(!is_here);
        let path = PacketPath::acknowledgement(packet.dest_client.clone(), packet.sequence);
        let proof = other.proof("ibc", &path.to_bytes(), height).0;
        let proof_height = causeway_core::Height::new(other.chain_id.revision(), height);
        let message = Message::AcknowledgePacket(AcknowledgePacket {
            packet,
            acknowledgement,
            proof_acked: proof.to_bytes(),
            proof_height,
        });
        self.relay(is_here, update, message)
    }

    fn time_out(&mut self, is_here: bool, packet: Packet) -> TxOutcome {
        let update = self.update(is_here);
        let height = self.known[usize::from(!is_here)];
        let other = self.net(!is_here);
        let path = PacketPath::receipt(packet.dest_client.clone(), packet.sequence);
        let (proof, value) = other.proof("ibc", &path.to_bytes(), height);
        assert!(value.is_empty());
        let proof_height = causeway_core::Height::new(other.chain_id.revision(), height);
        let message = Message::TimeoutPacket(TimeoutPacket {
            packet,
            proof_unreceived: proof.to_bytes(),
            proof_height,
        });
        self.relay(is_here, update, message)
    }

    fn transfer(&mut self, is_here: bool, denom: &str, amount: u64, secs: u64) -> Packet {
        let (alice, bob) = (user("alice"), user("bob"));
        let client = self.client.clone();
        let timeout = self.here.now.max(self.there.now).secs() + secs;
        let transfer = Transfer {
            source_port: "transfer".parse().unwrap(),
            source_client: client,
            token: coin(amount, denom),
            sender: alice.address.clone(),
            receiver: bob.address,
            timeout_timestamp: timeout,
            memo: "hello".into(),
            encoding: String::new(),
        };
        let outcome = self.net(is_here).deliver(&alice, &[Msg::Transfer(transfer)]);
        assert_eq!(outcome.code, 0, "{}", outcome.log);
        sent(&outcome)
    }
}

fn events(outcome: &TxOutcome) -> Vec<PacketEvent> {
    outcome.events.iter().filter_map(TxEvent::packet).map(Result::unwrap).collect()
}

fn sent(outcome: &TxOutcome) -> Packet {
    match &events(outcome)[..] {
        [PacketEvent::Sent(packet)] => packet.clone(),
        other => panic!("{other:?}"),
    }
}

fn written(outcome: &TxOutcome) -> Acknowledgement {
    let found = events(outcome).into_iter().find_map(|event| match event {
        PacketEvent::AcknowledgementWritten(_, acknowledgement) => Some(acknowledgement),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("{}", outcome.log))
}

fn results(outcome: &TxOutcome) -> Vec<Response> {
    use prost::Message as _;
    assert_eq!(outcome.code, 0, "{}", outcome.log);
    let data = causeway_wire_cometbft::msg::TxMsgData::decode(outcome.data.as_slice()).unwrap();
    data.msg_responses.iter().map(|any| response_from_any(any).unwrap()).collect()
}

fn voucher(packet: &Packet) -> String {
    let path = format!("transfer/{}/{NATIVE_DENOM}", packet.dest_client);
    path.parse::<causeway_core::transfer::Denom>().unwrap().local_name()
}

#[test]
fn a_coin_goes_and_comes_back_and_is_always_in_one_place() {
    let mut bridge = Bridge::new();
    let (alice, bob) = (user("alice").address, user("bob").address);
    let start = bridge.here.balance(&alice, NATIVE_DENOM);
    let packet = bridge.transfer(true, NATIVE_DENOM, 50, 600);
    let paid = start - bridge.here.balance(&alice, NATIVE_DENOM);
    assert_eq!(paid, 50 + 2_000);
    let escrow: QueryTotalEscrowResponse =
        bridge.here.query(path::TOTAL_ESCROW, &QueryTotalEscrow { denom: NATIVE_DENOM.into() });
    assert_eq!(escrow.amount.unwrap().amount, "50");

    let outcome = bridge.receive(false, vec![packet.clone()]);
    assert_eq!(results(&outcome)[1], Response::Packet(PacketResult::Success));
    let voucher = voucher(&packet);
    assert_eq!(bridge.there.balance(&bob, &voucher), 50);
    let denom: QueryDenomResponse =
        bridge.there.query(path::DENOM, &QueryDenom { hash: voucher.clone() });
    assert_eq!(denom.denom.unwrap().base, NATIVE_DENOM);
    let kinds: Vec<_> = outcome.events.iter().map(|event| event.kind.as_str()).collect();
    for kind in ["update_client", "recv_packet", "coinbase", "fungible_token_packet"] {
        assert!(kinds.contains(&kind), "{kinds:?}");
    }
    let acknowledged = bridge.acknowledge(true, packet.clone(), written(&outcome));
    assert_eq!(results(&acknowledged)[1], Response::Packet(PacketResult::Success));

    // Bob sends it home, under its name in the bank.
    let transfer = Transfer {
        source_port: "transfer".parse().unwrap(),
        source_client: bridge.client.clone(),
        token: coin(50, &voucher),
        sender: bob.clone(),
        receiver: alice.clone(),
        timeout_timestamp: bridge.there.now.secs() + 600,
        memo: String::new(),
        encoding: "application/x-protobuf".into(),
    };
    let before = bridge.here.balance(&alice, NATIVE_DENOM);
    let outcome = bridge.there.deliver(&user("bob"), &[Msg::Transfer(transfer)]);
    assert_eq!(outcome.code, 0, "{}", outcome.log);
    assert_eq!(bridge.there.balance(&bob, &voucher), 0);
    let outcome = bridge.receive(true, vec![sent(&outcome)]);
    assert_eq!(results(&outcome)[1], Response::Packet(PacketResult::Success));
    assert_eq!(bridge.here.balance(&alice, NATIVE_DENOM), before + 50);
}

#[test]
fn what_times_out_comes_back_and_what_was_refused_too() {
    let mut bridge = Bridge::new();
    let alice = user("alice").address;
    let start = bridge.here.balance(&alice, NATIVE_DENOM);
    let packet = bridge.transfer(true, NATIVE_DENOM, 50, 5);
    let early = bridge.time_out(true, packet.clone());
    assert_eq!((early.code, &*early.codespace), (10, "channelv2"), "{}", early.log);
    bridge.there.blocks(8);
    bridge.here.blocks(8);
    let late = bridge.receive(false, vec![packet.clone()]);
    assert_eq!((late.code, &*late.codespace), (9, "channelv2"), "{}", late.log);
    let outcome = bridge.time_out(true, packet);
    assert_eq!(results(&outcome)[1], Response::Packet(PacketResult::Success));
    let told = outcome.events.iter().find(|event| event.kind == "timeout").unwrap();
    assert_eq!(told.attribute("receiver"), Some(alice.as_str()));
    assert_eq!(bridge.here.balance(&alice, NATIVE_DENOM), start - 2_000);

    // A receiver that nobody is: the error comes home, and with it the coin.
    let transfer = Transfer {
        source_port: "transfer".parse().unwrap(),
        source_client: bridge.client.clone(),
        token: coin(7, NATIVE_DENOM),
        sender: alice.clone(),
        receiver: "nobody".into(),
        timeout_timestamp: bridge.there.now.secs() + 600,
        memo: String::new(),
        encoding: String::new(),
    };
    let outcome = bridge.here.deliver(&user("alice"), &[Msg::Transfer(transfer)]);
    let packet = sent(&outcome);
    let outcome = bridge.receive(false, vec![packet.clone()]);
    assert_eq!(results(&outcome)[1], Response::Packet(PacketResult::Failure));
    let acknowledgement = written(&outcome);
    assert!(acknowledgement.is_error());
    bridge.acknowledge(true, packet, acknowledgement);
    assert_eq!(bridge.here.balance(&alice, NATIVE_DENOM), start - 4_000);
}

#[test]
fn several_packets_come_under_one_proof_and_second_relayers_are_spared() {
    let mut bridge = Bridge::new();
    let packets: Vec<_> =
        (1..=5).map(|amount| bridge.transfer(true, NATIVE_DENOM, amount, 600)).collect();
    let open: QueryPacketStatesResponse = bridge.here.query(
        path::PACKET_COMMITMENTS,
        &QueryPacketStates { client_id: bridge.client.to_string(), pagination: None },
    );
    let sequences: Vec<_> = open.states.iter().map(|state| state.sequence).collect();
    assert_eq!(sequences, [1, 2, 3, 4, 5]);
    let next: QueryNextSequenceSendResponse = bridge.here.query(
        path::NEXT_SEQUENCE_SEND,
        &QueryNextSequenceSend { client_id: bridge.client.to_string() },
    );
    assert_eq!(next.next_sequence_send, 6);
    let outcome = bridge.receive(false, packets.clone());
    let expected = Response::Packets(vec![PacketResult::Success; 5]);
    assert_eq!(results(&outcome)[1], expected);
    let unreceived: QueryUnreceivedResponse = bridge.there.query(
        path::UNRECEIVED_PACKETS,
        &QueryUnreceived { client_id: bridge.client.to_string(), sequences: vec![4, 5, 6] },
    );
    assert_eq!(unreceived.sequences, [6]);
    // The same again: refused at the door, so that it costs nothing.
    let again = Message::ReceivePackets(ReceivePackets {
        packets,
        proof_commitments: vec![1],
        proof_height: causeway_core::Height::new(1, 1),
    });
    let relayer = bridge.relayer.clone();
    let tx = bridge.there.tx(&relayer, &[call(&relayer, again)]);
    let refused = bridge.there.check(&tx);
    assert_eq!((refused.code, &*refused.codespace), (22, "channel"));
}

#[test]
fn forged_packets_are_refused_with_the_numbers_of_ibc_go() {
    let mut bridge = Bridge::new();
    let packet = bridge.transfer(true, NATIVE_DENOM, 50, 600);
    bridge.here.blocks(1);
    let (update, _) = bridge.update(false);
    let relayer = bridge.relayer.clone();
    bridge.there.succeed(&relayer, &[update]);
    let height = bridge.known[1];
    let path = PacketPath::commitment(packet.source_client.clone(), packet.sequence);
    let proof = bridge.here.proof("ibc", &path.to_bytes(), height).0.to_bytes();
    let proof_height = causeway_core::Height::new(1, height);
    let other_client = ClientId::new("07-tendermint-9").unwrap();
    let changed = |change: &dyn Fn(&mut ReceivePacket)| {
        let proof_commitment = proof.clone();
        let mut receive = ReceivePacket { packet: packet.clone(), proof_commitment, proof_height };
        change(&mut receive);
        Message::ReceivePacket(receive)
    };
    for (name, message, codespace, code) in [
        ("value", changed(&|it| it.packet.payloads[0].value.push(b' ')), "client", 30),
        ("proof", changed(&|it| it.proof_commitment[9] ^= 1), "client", 30),
        (
            "height",
            changed(&|it| it.proof_height = causeway_core::Height::new(1, height - 1)),
            "client",
            7,
        ),
        ("source", changed(&|it| it.packet.source_client = other_client.clone()), "clientv2", 34),
        ("client", changed(&|it| it.packet.dest_client = other_client.clone()), "client", 4),
        (
            "port",
            changed(&|it| it.packet.payloads[0].dest_port = "nobody".parse().unwrap()),
            "port",
            3,
        ),
    ] {
        let outcome = bridge.there.deliver(&relayer, &[call(&relayer, message)]);
        assert_eq!(
            (&*outcome.codespace, outcome.code),
            (codespace, code),
            "{name}: {}",
            outcome.log
        );
    }
    let tx = bridge.there.tx(&relayer, &[call(&relayer, changed(&|_| {}))]);
    assert_eq!(bridge.there.check(&tx).code, 0);
}

#[test]
fn proofs_of_every_store_verify_under_the_next_header() {
    let mut net = Net::new("test-1");
    net.blocks(2);
    let height = net.height();
    let root = net.decided(height).block.header.app_hash.clone();
    for (store, key) in
        [("acc", &b"globalAccountNumber"[..]), ("bank", b"\0ucway"), ("ibc", b"clientParams")]
    {
        let (proof, value) = net.proof(store, key, height);
        let path = causeway_core::MerklePath::new(vec![store.into(), key.to_vec()]).unwrap();
        proof.verify_membership(ibc_specs(), &root, &path, &value, &mut ()).unwrap();
        let absent = [key, b"-"].concat();
        let (proof, value) = net.proof(store, &absent, height);
        assert!(value.is_empty());
        let path = causeway_core::MerklePath::new(vec![store.into(), absent]).unwrap();
        proof.verify_non_membership(ibc_specs(), &root, &path, &mut ()).unwrap();
    }
}

#[test]
fn a_contract_is_called_from_the_other_chain() {
    let mut bridge = Bridge::new();
    let alice = user("alice");
    let derived: QueryAccountAddressResponse = bridge.there.query(
        path::ACCOUNT_ADDRESS,
        &QueryAccountAddress {
            client_id: bridge.client.to_string(),
            sender: alice.address.clone(),
            salt: "07".into(),
        },
    );
    let question = QueryCount { caller: derived.account_address };
    let count: QueryCountResponse = bridge.there.query(path::COUNT, &question);
    assert_eq!(count.count, 0);
    let call = SendCall {
        source_client: bridge.client.clone(),
        sender: alice.address.clone(),
        receiver: count.contract,
        salt: vec![7],
        payload: 5_u64.to_be_bytes().to_vec(),
        timeout_timestamp: bridge.there.now.secs() + 600,
        memo: String::new(),
        encoding: String::new(),
    };
    let outcome = bridge.here.deliver(&alice, &[Msg::SendCall(call)]);
    assert_eq!(outcome.code, 0, "{}", outcome.log);
    let outcome = bridge.receive(false, vec![sent(&outcome)]);
    assert_eq!(results(&outcome)[1], Response::Packet(PacketResult::Success));
    let count: QueryCountResponse = bridge.there.query(path::COUNT, &question);
    assert_eq!(count.count, 5);
}

#[test]
fn clients_are_listed_with_what_is_known_of_them() {
    let bridge = Bridge::new();
    let client_id = bridge.client.to_string();
    let list: QueryClientStatesResponse =
        bridge.here.query(path::CLIENT_STATES, &QueryClientStates::default());
    assert_eq!(list.client_states.len(), 1);
    assert_eq!(list.client_states[0].client_id, client_id);
    let status: QueryClientStatusResponse =
        bridge.here.query(path::CLIENT_STATUS, &QueryClient { client_id });
    assert_eq!(status.status, "Active");
}
