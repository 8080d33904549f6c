//! Each code of docs/contracts.md, reached by a call that breaks exactly that rule.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

use causeway_contracts::Router;
use causeway_core::{
    AcknowledgePacket, Acknowledgement, ClientId, Counterparty, CreateClient, Height, MerklePrefix,
    Message, ReceivePacket, ReceivePackets, RecoverClient, RegisterCounterparty, SendPacket,
    Sequence, SubmitMisbehaviour, Timestamp,
};
use causeway_light_client::{AnyCodec, MAX_BATCH};
use causeway_tests::harness::listing::{ClientState, ConsensusState};
use causeway_tests::harness::{Coordinator, Endpoint, Kind, Path};
use causeway_tests::host::account;

use crate::packets::code;
use crate::script::{OTHER_PORT, PORT, Reentrant, apps, payload, port};

/// A code, and a call that is refused with it.
type Case = (&'static str, fn() -> String);

const CASES: &[Case] = &[
    ("out_of_gas", || World::new().with(|w| w.c.chains[0].host.gas = 0).send(|_| ())),
    ("reentrant_call", reentrant_call),
    ("client_type_unknown", || create(|it| it.client_state.type_url.push('!'))),
    ("client_starts_from_nothing", || create(|it| client(it, |state| state.latest = 0))),
    ("client_starts_from_nothing", || create(|it| start(it, |state| state.root.clear()))),
    ("client_starts_from_nothing", || create(|it| start(it, |state| state.nanos = 0))),
    ("client_not_active", || create(|it| client(it, |state| state.is_frozen = true))),
    ("client_not_active", || create(|it| start(it, |state| state.nanos = 1))),
    ("client_not_found", || World::new().send(|it| it.source_client = nobody())),
    ("signer_not_creator", || World::new().register_as("thief")),
    ("malformed_counterparty", counterparty_too_long),
    ("counterparty_registered", || World::new().register_as("user")),
    ("counterparty_not_found", counterparty_not_found),
    ("signer_not_authority", || World::new().recover_as("user", false)),
    ("subject_active", || World::new().recover_as("authority", false)),
    ("substitute_mismatch", || World::new().recover_as("authority", true)),
    ("not_misbehaviour", not_misbehaviour),
    ("consensus_state_not_found", || {
        World::new().receive(&[b"hello"], |it| it.proof_height = Height::default())
    }),
    ("timeout_not_reached", timeout_not_reached),
    ("port_not_bound", || World::new().send(|it| it.payloads[0].source_port = port("nobody"))),
    ("counterparty_mismatch", || {
        World::new().receive(&[b"hello"], |it| it.packet.source_client = nobody())
    }),
    ("timeout_elapsed", || World::new().send(|it| it.timeout_timestamp = 1)),
    ("timeout_elapsed", || World::new().receive(&[b"hello"], |it| it.packet.timeout_timestamp = 1)),
    ("timeout_too_far", || World::new().send(|it| it.timeout_timestamp += 86_400)),
    ("timeout_elapsed_there", || {
        let early = |w: &mut World| w.c.chains[0].host.now = earlier(w.c.now);
        World::new().with(early).send(|_| ())
    }),
    ("sequences_exhausted", || World::new().with(World::exhaust).send(|_| ())),
    ("packet_commitment_mismatch", || {
        World::new().acknowledge(&[b"hello"], |it| it.packet.timeout_timestamp += 1)
    }),
    ("ack_count_mismatch", || {
        World::new().acknowledge(&[b"one"], |it| it.acknowledgement = answers(&[b"a", b"b"]))
    }),
    ("reserved_answer", || World::new().receive(&[b"empty"], |_| ())),
    ("reserved_answer", || World::new().receive(&[b"error"], |_| ())),
    ("late_answer_of_several", || World::new().receive(&[b"hello", b"later"], |_| ())),
    ("no_answer_awaited", || World::new().answer_late(b"hello", PORT)),
    ("not_the_receiver", || World::new().answer_late(b"later", OTHER_PORT)),
    ("batch_size", || World::new().receive_batch(|it| it.packets.clear())),
    ("batch_size", || {
        World::new().receive_batch(|it| it.packets = vec![it.packets[0].clone(); MAX_BATCH + 1])
    }),
    ("batch_of_several_clients", || {
        World::new().receive_batch(|it| it.packets[1].dest_client = nobody())
    }),
];

#[test]
fn every_rule_refuses_by_its_name() {
    for (index, (expected, provoke)) in CASES.iter().enumerate() {
        assert_eq!(provoke(), *expected, "case {index}");
    }
}

#[test]
fn the_list_of_codes_is_complete() {
    let text = include_str!("../../docs/contracts.md");
    let (_, text) = text.split_once("## Codes").unwrap();
    let codes = text.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let listed: BTreeSet<_> = codes.collect();
    let provoked: BTreeSet<_> = CASES.iter().map(|(code, _)| *code).collect();
    assert_eq!(listed, provoked);
}

fn nobody() -> ClientId {
    ClientId::new("nobody-77").unwrap()
}

fn answers(answers: &[&[u8]]) -> Acknowledgement {
    Acknowledgement::new(answers.iter().map(|answer| answer.to_vec()).collect()).unwrap()
}

fn earlier(now: Timestamp) -> Timestamp {
    Timestamp::from_nanos(now.nanos() - 7_200_000_000_000)
}

/// Creates a client that starts in another way than it should.
fn create(change: fn(&mut CreateClient)) -> String {
    let mut w = World::new();
    let mut message = w.c.chains[1].family.new_client(Duration::from_hours(1));
    change(&mut message);
    code(w.c.chains[0].execute(&Message::CreateClient(message)))
}

fn client(message: &mut CreateClient, change: fn(&mut ClientState)) {
    let mut state = ClientState::from_any(&message.client_state).unwrap();
    change(&mut state);
    message.client_state = state.to_any();
}

fn start(message: &mut CreateClient, change: fn(&mut ConsensusState)) {
    let mut state = ConsensusState::from_any(&message.consensus_state).unwrap();
    change(&mut state);
    message.consensus_state = state.to_any();
}

/// Two chains of the plainest family, and a path.
struct World {
    c: Coordinator,
    path: Path,
}

impl World {
    fn new() -> Self {
        let (c, path) = Coordinator::pair((Kind::Listing, Kind::Listing), apps);
        Self { c, path }
    }

    fn with(mut self, change: fn(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn exhaust(&mut self) {
        let key = format!("nextSequenceSend/{}", self.path.a.client_id).into_bytes();
        self.c.chains[0].host.entries.insert(key, u64::MAX.to_be_bytes().to_vec());
    }

    fn send(&mut self, change: fn(&mut SendPacket)) -> String {
        let mut message = SendPacket {
            source_client: self.path.a.client_id.clone(),
            timeout_timestamp: self.c.chains[0].host.now.secs() + 3_600,
            payloads: vec![payload(b"hello")],
        };
        change(&mut message);
        code(self.c.chains[0].execute(&Message::SendPacket(message)))
    }

    fn register_as(&mut self, signer: &str) -> String {
        self.c.chains[0].user = account(signer);
        let counterparty = self.path.b.client_id.clone();
        code(self.path.a.clone().register(&mut self.c, &counterparty))
    }

    fn recover_as(&mut self, signer: &str, itself: bool) -> String {
        let other = Endpoint::new(&mut self.c, 0, 1).client_id;
        let subject = self.path.a.client_id.clone();
        let substitute = if itself { subject.clone() } else { other };
        let message = Message::RecoverClient(RecoverClient { subject, substitute });
        code(self.c.chains[0].execute_as(&account(signer), &message))
    }

    fn receive(&mut self, values: &[&[u8]], change: fn(&mut ReceivePacket)) -> String {
        let payloads = values.iter().map(|value| payload(value)).collect();
        let packet = self.path.send(&mut self.c, payloads);
        self.path.b.update_client(&mut self.c).unwrap();
        let message = self.path.b.receive_message(&self.c, &packet);
        let Message::ReceivePacket(mut message) = message else { unreachable!() };
        change(&mut message);
        code(self.c.chains[1].execute(&Message::ReceivePacket(message)))
    }

    fn receive_batch(&mut self, change: fn(&mut ReceivePackets)) -> String {
        let packets = [b"one", b"two"].map(|it| self.path.send(&mut self.c, vec![payload(it)]));
        self.path.b.update_client(&mut self.c).unwrap();
        let message = self.path.b.receive_batch_message(&self.c, &packets);
        let Message::ReceivePackets(mut message) = message else { unreachable!() };
        change(&mut message);
        code(self.c.chains[1].execute(&Message::ReceivePackets(message)))
    }

    fn acknowledge(
        &mut self,
        values: &[&[u8]],
        change: impl FnOnce(&mut AcknowledgePacket),
    ) -> String {
        let payloads = values.iter().map(|value| payload(value)).collect();
        let packet = self.path.send(&mut self.c, payloads);
        self.path.receive(&mut self.c, &packet).unwrap();
        self.path.a.update_client(&mut self.c).unwrap();
        let answer = self.c.chains[1].acknowledgement(&packet).unwrap();
        let message = self.path.a.acknowledge_message(&self.c, &packet, &answer);
        let Message::AcknowledgePacket(mut message) = message else { unreachable!() };
        change(&mut message);
        code(self.c.chains[0].execute(&Message::AcknowledgePacket(message)))
    }

    fn answer_late(&mut self, value: &[u8], name: &str) -> String {
        let packet = self.path.send(&mut self.c, vec![payload(value)]);
        self.path.receive(&mut self.c, &packet).unwrap();
        let client_id = &self.path.b.client_id;
        code(self.c.chains[1].call(|ibc, ctx| {
            ctx.as_app(&port(name), |ctx| {
                ibc.write_acknowledgement(ctx, client_id, Sequence::FIRST, answers(&[b"late"]))
            })
        }))
    }
}

fn counterparty_not_found() -> String {
    let mut w = World::new();
    w.path.a = Endpoint::new(&mut w.c, 0, 1);
    code(w.path.a.send(&mut w.c, vec![payload(b"hello")], Duration::from_hours(1)))
}

fn counterparty_too_long() -> String {
    let mut w = World::new();
    let client_id = Endpoint::new(&mut w.c, 0, 1).client_id;
    let prefix = MerklePrefix::new(vec![vec![b'x'; 64 * 1024]]).unwrap();
    let counterparty = Counterparty { client_id: nobody(), prefix };
    let message = RegisterCounterparty { client_id, counterparty };
    code(w.c.chains[0].execute(&Message::RegisterCounterparty(message)))
}

fn not_misbehaviour() -> String {
    let mut w = World::new();
    w.c.commit(1);
    let trusted = w.path.a.proof_height(&w.c);
    let misbehaviour = w.c.chains[1].family.updates(trusted).remove(0);
    let client_id = w.path.a.client_id.clone();
    let message = SubmitMisbehaviour { client_id, misbehaviour };
    code(w.c.chains[0].execute(&Message::SubmitMisbehaviour(message)))
}

fn timeout_not_reached() -> String {
    let mut w = World::new();
    let packet = w.path.send(&mut w.c, vec![payload(b"hello")]);
    code(w.path.time_out(&mut w.c, &packet))
}

/// An application that sends while it is asked whether to send.
fn reentrant_call() -> String {
    static MESSAGE: Mutex<Option<Message>> = Mutex::new(None);
    static REFUSALS: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let apps = || Router::new().with(port(PORT), Reentrant::new(&MESSAGE, &REFUSALS));
    let (mut c, path) = Coordinator::pair((Kind::Listing, Kind::Listing), apps);
    *MESSAGE.lock().unwrap() = Some(Message::SendPacket(SendPacket {
        source_client: path.a.client_id.clone(),
        timeout_timestamp: c.chains[0].host.now.secs() + 60,
        payloads: vec![payload(b"again")],
    }));
    path.send(&mut c, vec![payload(b"hello")]);
    REFUSALS.lock().unwrap().remove(0)
}
