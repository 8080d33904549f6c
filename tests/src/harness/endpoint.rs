//! Two chains that follow each other.

use std::time::Duration;

use causeway_contracts::HandleError;
use causeway_core::{
    AcknowledgePacket, Acknowledgement, ClientId, Counterparty, Height, Message, Packet,
    PacketPath, PacketResult, Payload, ReceivePacket, ReceivePackets, RegisterCounterparty,
    Response, SendPacket, TimeoutPacket, UpdateClient,
};

use super::{Coordinator, TestChain, assert_conserved};

/// A client on a chain, and which chain it follows.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The chain, by its place in the coordinator.
    pub chain: usize,
    /// The chain that the client follows.
    pub counterparty: usize,
    pub client_id: ClientId,
}

/// Two endpoints that are bound to each other.
#[derive(Clone, Debug)]
pub struct Path {
    pub a: Endpoint,
    pub b: Endpoint,
}

impl Path {
    /// Creates a client on each chain, and binds them to each other.
    pub fn open(c: &mut Coordinator, a: usize, b: usize) -> Self {
        let path = Self { a: Endpoint::new(c, a, b), b: Endpoint::new(c, b, a) };
        path.a.register(c, &path.b.client_id).unwrap();
        path.b.register(c, &path.a.client_id).unwrap();
        c.paths.push(path.clone());
        path
    }

    /// The same path from the other side.
    #[must_use]
    pub fn reversed(&self) -> Self {
        Self { a: self.b.clone(), b: self.a.clone() }
    }

    /// Sends from `a`, and makes the packet provable.
    pub fn send(&self, c: &mut Coordinator, payloads: Vec<Payload>) -> Packet {
        let packet = self.a.send(c, payloads, Duration::from_hours(1)).unwrap();
        c.commit(self.a.chain);
        packet
    }

    /// Receives at `b`, with everything that takes.
    pub fn receive(
        &self,
        c: &mut Coordinator,
        packet: &Packet,
    ) -> Result<PacketResult, HandleError> {
        self.b.update_client(c)?;
        let message = self.b.receive_message(c, packet);
        let result = self.b.packet_result(c, &message);
        c.commit(self.b.chain);
        result
    }

    /// Brings the answer of `b` to `a`.
    pub fn acknowledge(
        &self,
        c: &mut Coordinator,
        packet: &Packet,
    ) -> Result<PacketResult, HandleError> {
        let acknowledgement = c.chains[self.b.chain].acknowledgement(packet).expect("an answer");
        self.a.update_client(c)?;
        let message = self.a.acknowledge_message(c, packet, &acknowledgement);
        let result = self.a.packet_result(c, &message);
        c.commit(self.a.chain);
        result
    }

    /// Brings the absence of a receipt at `b` to `a`.
    pub fn time_out(
        &self,
        c: &mut Coordinator,
        packet: &Packet,
    ) -> Result<PacketResult, HandleError> {
        self.a.update_client(c)?;
        let message = self.a.timeout_message(c, packet);
        let result = self.a.packet_result(c, &message);
        c.commit(self.a.chain);
        result
    }

    /// A packet's whole way; what the receiver made of it.
    pub fn relay(&self, c: &mut Coordinator, packet: &Packet) -> PacketResult {
        let received = self.receive(c, packet).unwrap();
        assert_eq!(self.acknowledge(c, packet).unwrap(), PacketResult::Success);
        received
    }
}

impl Endpoint {
    /// Creates a client on `chain` that follows `counterparty`.
    pub fn new(c: &mut Coordinator, chain: usize, counterparty: usize) -> Self {
        let create = c.chains[counterparty].family.new_client(c.trusting_period);
        let response = c.chains[chain].execute(&Message::CreateClient(create)).unwrap();
        let Response::ClientCreated(client_id) = response else {
            panic!("{response:?}");
        };
        Self { chain, counterparty, client_id }
    }

    pub fn on<'c>(&self, c: &'c mut Coordinator) -> &'c mut TestChain {
        &mut c.chains[self.chain]
    }

    /// The kind of this client.
    pub fn client_type(&self, c: &Coordinator) -> String {
        c.chains[self.chain].stored(&self.client_id).client_type().to_owned()
    }

    /// Binds this client to one of the other chain.
    pub fn register(
        &self,
        c: &mut Coordinator,
        counterparty: &ClientId,
    ) -> Result<Response, HandleError> {
        let prefix = c.chains[self.counterparty].family.prefix();
        let counterparty = Counterparty { client_id: counterparty.clone(), prefix };
        let client_id = self.client_id.clone();
        let message = RegisterCounterparty { client_id, counterparty };
        self.on(c).execute(&Message::RegisterCounterparty(message))
    }

    /// Brings this client to the head of the chain that it follows.
    pub fn update_client(&self, c: &mut Coordinator) -> Result<(), HandleError> {
        let trusted = c.chains[self.chain].latest_height(&self.client_id);
        for client_message in c.chains[self.counterparty].family.updates(trusted) {
            self.update_with(c, client_message)?;
        }
        let head = c.chains[self.counterparty].family.head();
        assert_eq!(c.chains[self.chain].latest_height(&self.client_id), head);
        Ok(())
    }

    /// Gives this client a message.
    pub fn update_with(
        &self,
        c: &mut Coordinator,
        client_message: causeway_core::Any,
    ) -> Result<(), HandleError> {
        let message = UpdateClient { client_id: self.client_id.clone(), client_message };
        self.on(c).execute(&Message::UpdateClient(message)).map(|_| ())
    }

    /// Sends payloads whose time is over `timeout` after now on the destination.
    pub fn send(
        &self,
        c: &mut Coordinator,
        payloads: Vec<Payload>,
        timeout: Duration,
    ) -> Result<Packet, HandleError> {
        let timeout_timestamp = c.chains[self.chain].host.now.saturating_add(timeout).secs();
        let source_client = self.client_id.clone();
        let message = SendPacket { source_client, timeout_timestamp, payloads };
        let chain = self.on(c);
        let user = chain.user.clone();
        let response = chain.execute_as(&user, &Message::SendPacket(message))?;
        assert!(matches!(response, Response::PacketSent(_)));
        Ok(chain.sent_packets().pop().expect("an event"))
    }

    /// The height of the other chain that this client proves at.
    pub fn proof_height(&self, c: &Coordinator) -> Height {
        c.chains[self.chain].latest_height(&self.client_id)
    }

    /// What receives a packet here.
    pub fn receive_message(&self, c: &Coordinator, packet: &Packet) -> Message {
        let proof_height = self.proof_height(c);
        let path = PacketPath::commitment(packet.source_client.clone(), packet.sequence);
        let proof_commitment = c.chains[self.counterparty].family.membership(proof_height, &path);
        let packet = packet.clone();
        Message::ReceivePacket(ReceivePacket { packet, proof_commitment, proof_height })
    }

    /// What receives several packets here, under one proof.
    pub fn receive_batch_message(&self, c: &Coordinator, packets: &[Packet]) -> Message {
        let proof_height = self.proof_height(c);
        let path =
            |packet: &Packet| PacketPath::commitment(packet.source_client.clone(), packet.sequence);
        let paths: Vec<_> = packets.iter().map(path).collect();
        let family = &c.chains[self.counterparty].family;
        let proof_commitments = family.memberships(proof_height, &paths);
        let packets = packets.to_vec();
        Message::ReceivePackets(ReceivePackets { packets, proof_commitments, proof_height })
    }

    /// What settles a packet by its answer here.
    pub fn acknowledge_message(
        &self,
        c: &Coordinator,
        packet: &Packet,
        acknowledgement: &Acknowledgement,
    ) -> Message {
        let proof_height = self.proof_height(c);
        let path = PacketPath::acknowledgement(packet.dest_client.clone(), packet.sequence);
        let proof_acked = c.chains[self.counterparty].family.membership(proof_height, &path);
        Message::AcknowledgePacket(AcknowledgePacket {
            packet: packet.clone(),
            acknowledgement: acknowledgement.clone(),
            proof_acked,
            proof_height,
        })
    }

    /// What settles a packet by the absence of its receipt here.
    pub fn timeout_message(&self, c: &Coordinator, packet: &Packet) -> Message {
        let proof_height = self.proof_height(c);
        let path = PacketPath::receipt(packet.dest_client.clone(), packet.sequence);
        let family = &c.chains[self.counterparty].family;
        let proof_unreceived = family.non_membership(proof_height, &path);
        let packet = packet.clone();
        Message::TimeoutPacket(TimeoutPacket { packet, proof_unreceived, proof_height })
    }

    /// Executes a packet message here.
    pub fn packet_result(
        &self,
        c: &mut Coordinator,
        message: &Message,
    ) -> Result<PacketResult, HandleError> {
        let response = self.on(c).execute(message);
        assert_conserved(c);
        match response? {
            Response::Packet(result) => Ok(result),
            other => panic!("{other:?}"),
        }
    }
}
