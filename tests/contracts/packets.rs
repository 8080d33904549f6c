//! What can happen to a packet between two chains, whatever their families.

use std::time::Duration;

use causeway_contracts::MAX_TIMEOUT_SECS;
use causeway_core::{
    Acknowledgement, ClientId, Event, Message, Packet, PacketPath, PacketResult, Payload, Refusal,
    Response, SendPacket, Sequence, Timestamp,
};
use causeway_tests::harness::{Coordinator, Kind, Path};

use crate::script::{OTHER_PORT, PORT, apps, noted, payload, payload_to, port};

/// The code with which something was refused.
pub(crate) fn code<T: std::fmt::Debug, E: Refusal>(result: Result<T, E>) -> String {
    result.expect_err("a refusal").code().into_owned()
}

pub(crate) fn open(kinds: (Kind, Kind)) -> (Coordinator, Path) {
    Coordinator::pair(kinds, apps)
}

fn commitment(packet: &Packet) -> PacketPath {
    PacketPath::commitment(packet.source_client.clone(), packet.sequence)
}

pub(crate) fn a_packet_is_sent_received_and_acknowledged_both_ways(kinds: (Kind, Kind)) {
    let (mut c, path) = open(kinds);
    for path in [path.clone(), path.reversed()] {
        for number in 1..=3 {
            let packet = path.send(&mut c, vec![payload(b"hello")]);
            assert_eq!(packet.sequence.get(), number);
            let sent = packet.commitment().0.to_vec();
            assert_eq!(path.a.on(&mut c).trace(&commitment(&packet)), Some(&sent));
            assert_eq!(path.relay(&mut c, &packet), PacketResult::Success);
            assert_eq!(path.a.on(&mut c).trace(&commitment(&packet)), None);
            let heard = |chain: &_, what| noted(chain, PORT, what, packet.sequence, "hello");
            assert_eq!(heard(path.a.on(&mut c), "send"), Some((1, vec![])));
            assert_eq!(heard(path.b.on(&mut c), "recv"), Some((1, vec![])));
            let answer = b"heard hello".to_vec();
            assert_eq!(heard(path.a.on(&mut c), "acknowledge"), Some((1, answer)));
        }
    }
}

pub(crate) fn payloads_are_received_all_or_none(kinds: (Kind, Kind)) {
    let (mut c, path) = open(kinds);
    let good = vec![payload(b"one"), payload_to(OTHER_PORT, b"two"), payload(b"three")];
    let packet = path.send(&mut c, good);
    assert_eq!(path.relay(&mut c, &packet), PacketResult::Success);
    let (a, sequence) = (path.a.on(&mut c), packet.sequence);
    let third = noted(a, PORT, "acknowledge", sequence, "three");
    assert_eq!(third, Some((1, b"heard three".to_vec())));

    for place in 0..3 {
        let mut payloads = vec![payload(b"one"), payload_to(OTHER_PORT, b"two"), payload(b"three")];
        payloads[place].value = b"refuse".to_vec();
        let packet = path.send(&mut c, payloads.clone());
        let reported = app_events(&c, path.b.chain);
        assert_eq!(path.receive(&mut c, &packet).unwrap(), PacketResult::Failure);
        // What is undone was never reported.
        assert_eq!(app_events(&c, path.b.chain), reported);
        let b = path.b.on(&mut c);
        assert_eq!(b.acknowledgement(&packet), Some(Acknowledgement::error()));
        for payload in &payloads {
            let value = std::str::from_utf8(&payload.value).unwrap();
            let dest = payload.dest_port.as_str();
            assert_eq!(noted(b, dest, "recv", packet.sequence, value), None);
        }
        assert!(b.host.events.iter().any(|event| matches!(
            event,
            Event::ReceiveFailed { packet: failed, code, .. }
                if *failed == packet && code == "malformed_script"
        )));
        path.acknowledge(&mut c, &packet).unwrap();
        let a = path.a.on(&mut c);
        for payload in &payloads {
            let value = std::str::from_utf8(&payload.value).unwrap();
            let heard = noted(a, PORT, "acknowledge", packet.sequence, value);
            assert_eq!(heard, Some((1, b"error".to_vec())));
        }
    }
}

fn app_events(c: &Coordinator, chain: usize) -> usize {
    c.chains[chain].host.events.iter().filter(|event| matches!(event, Event::App(_))).count()
}

pub(crate) fn every_message_works_once(kinds: (Kind, Kind)) {
    let (mut c, path) = open(kinds);
    let packet = path.send(&mut c, vec![payload(b"hello")]);
    path.receive(&mut c, &packet).unwrap();
    let before = path.b.on(&mut c).host.clone();
    let again = path.b.receive_message(&c, &packet);
    assert_eq!(path.b.packet_result(&mut c, &again).unwrap(), PacketResult::NoOp);
    assert!(path.b.on(&mut c).host == before);

    path.acknowledge(&mut c, &packet).unwrap();
    let before = path.a.on(&mut c).host.clone();
    let answer = path.b.on(&mut c).acknowledgement(&packet).unwrap();
    let again = path.a.acknowledge_message(&c, &packet, &answer);
    assert_eq!(path.a.packet_result(&mut c, &again).unwrap(), PacketResult::NoOp);
    assert!(path.a.on(&mut c).host == before);
    let last = path.a.on(&mut c).host.events.last().cloned();
    assert_eq!(last, Some(Event::PacketRedundant { packet: packet.clone() }));

    let packet = path.a.send(&mut c, vec![payload(b"late")], Duration::from_mins(10)).unwrap();
    c.advance(Duration::from_hours(1));
    assert_eq!(path.time_out(&mut c, &packet).unwrap(), PacketResult::Success);
    let before = path.a.on(&mut c).host.clone();
    let again = path.a.timeout_message(&c, &packet);
    assert_eq!(path.a.packet_result(&mut c, &again).unwrap(), PacketResult::NoOp);
    assert!(path.a.on(&mut c).host == before);
    let noted = noted(path.a.on(&mut c), PORT, "timeout", packet.sequence, "late");
    assert_eq!(noted, Some((1, vec![])));
}

pub(crate) fn a_packet_is_received_or_times_out_and_never_both(kinds: (Kind, Kind)) {
    let (mut c, path) = open(kinds);
    let packet = path.a.send(&mut c, vec![payload(b"hello")], Duration::from_mins(10)).unwrap();
    let taken = path.send(&mut c, vec![payload(b"taken")]);
    path.receive(&mut c, &taken).unwrap();

    path.a.update_client(&mut c).unwrap();
    let early = path.a.timeout_message(&c, &packet);
    assert_eq!(code(path.a.packet_result(&mut c, &early)), "timeout_not_reached");

    c.advance(Duration::from_hours(2));
    assert_eq!(code(path.receive(&mut c, &packet)), "timeout_elapsed");
    // Received, and its time is over: the receipt is there, so that no proof says it is not.
    path.a.update_client(&mut c).unwrap();
    let absent = PacketPath::receipt(packet.dest_client.clone(), packet.sequence);
    let height = path.a.proof_height(&c);
    let Message::TimeoutPacket(mut forged) = path.a.timeout_message(&c, &packet) else {
        unreachable!()
    };
    forged.packet = taken.clone();
    forged.proof_unreceived = c.chains[path.b.chain].family.non_membership(height, &absent);
    path.a.packet_result(&mut c, &Message::TimeoutPacket(forged)).unwrap_err();

    assert_eq!(path.time_out(&mut c, &packet).unwrap(), PacketResult::Success);
    assert_eq!(path.acknowledge(&mut c, &taken).unwrap(), PacketResult::Success);
}

/// The receiver's clock decides, in whole seconds: at the timeout it is too late, before it is not.
pub(crate) fn the_timeout_is_exact_to_the_second(kinds: (Kind, Kind)) {
    let (mut c, path) = open(kinds);
    let packet = path.send(&mut c, vec![payload(b"hello")]);
    path.b.update_client(&mut c).unwrap();
    let message = path.b.receive_message(&c, &packet);
    let timeout = Timestamp::from_secs(packet.timeout_timestamp).unwrap();
    let b = path.b.on(&mut c);
    let now = std::mem::replace(&mut b.host.now, timeout);
    assert_eq!(code(b.execute(&message)), "timeout_elapsed");
    // One nanosecond earlier is still the second before.
    b.host.now = Timestamp::from_nanos(timeout.nanos() - 1);
    let result = b.execute(&message);
    b.host.now = now;
    assert_eq!(result.unwrap(), Response::Packet(PacketResult::Success));
}

/// The time at the head of `b`, in seconds, as clients see it.
fn head_time(c: &Coordinator, path: &Path) -> u64 {
    let b = &c.chains[path.b.chain];
    let create = b.family.new_client(c.trusting_period);
    let light = b.clients.by_client_state(&create.client_state).unwrap();
    light.timestamp(&create.consensus_state).unwrap().secs()
}

/// The sender believes the time at the height of the proof, in whole seconds: from the timeout on
/// it is too late to receive, before it is not.
pub(crate) fn absence_counts_from_the_second_of_the_timeout(kinds: (Kind, Kind)) {
    let (mut c, path) = open(kinds);
    c.commit(path.b.chain);
    let there = head_time(&c, &path);
    let a = path.a.on(&mut c);
    let now = std::mem::replace(&mut a.host.now, Timestamp::from_secs(there - 9).unwrap());
    let mut send = |seconds| path.a.send(&mut c, vec![payload(b"late")], seconds).unwrap();
    let at_timeout = send(Duration::from_secs(9));
    let before_timeout = send(Duration::from_secs(10));
    path.a.on(&mut c).host.now = now;
    path.a.update_client(&mut c).unwrap();
    let early = path.a.timeout_message(&c, &before_timeout);
    assert_eq!(code(path.a.packet_result(&mut c, &early)), "timeout_not_reached");
    let late = path.a.timeout_message(&c, &at_timeout);
    assert_eq!(path.a.packet_result(&mut c, &late).unwrap(), PacketResult::Success);
}

pub(crate) fn sending_demands_a_timeout_ahead_and_within_a_day(kinds: (Kind, Kind)) {
    let (mut c, path) = open(kinds);
    let a = path.a.on(&mut c);
    let now = a.host.now.secs();
    let mut send = |timeout_timestamp| {
        let source_client = path.a.client_id.clone();
        let payloads = vec![payload(b"hello")];
        a.execute(&Message::SendPacket(SendPacket { source_client, timeout_timestamp, payloads }))
    };
    assert_eq!(code(send(0)), "malformed_packet");
    assert_eq!(code(send(1)), "timeout_elapsed");
    assert_eq!(code(send(now)), "timeout_elapsed");
    assert_eq!(code(send(now + MAX_TIMEOUT_SECS + 1)), "timeout_too_far");
    assert_eq!(send(now + MAX_TIMEOUT_SECS).unwrap(), Response::PacketSent(Sequence::FIRST));
    // A refused packet uses up no sequence.
    assert_eq!(code(send(u64::MAX)), "timeout_too_far");
    let second = Sequence::FIRST.next().unwrap();
    assert_eq!(send(now + MAX_TIMEOUT_SECS).unwrap(), Response::PacketSent(second));
}

pub(crate) fn a_batch_is_received_under_one_proof(kinds: (Kind, Kind)) {
    use PacketResult::{Failure, NoOp, Success};
    let (mut c, path) = open(kinds);
    let values: [&[u8]; 5] = [b"one", b"two", b"refuse", b"four", b"five"];
    let timeout = Duration::from_hours(1);
    let send =
        |c: &mut Coordinator, value: &&[u8]| path.a.send(c, vec![payload(value)], timeout).unwrap();
    let packets: Vec<_> = values.iter().map(|value| send(&mut c, value)).collect();
    c.commit(path.a.chain);
    // Another relayer brings one of them first.
    path.receive(&mut c, &packets[1]).unwrap();
    path.b.update_client(&mut c).unwrap();

    poisoned_batches(&mut c, &path, &packets);

    let message = path.b.receive_batch_message(&c, &packets);
    let response = path.b.on(&mut c).execute(&message).unwrap();
    let expected = vec![Success, NoOp, Failure, Success, Success];
    assert_eq!(response, Response::Packets(expected));
    let before = path.b.on(&mut c).host.clone();
    let response = path.b.on(&mut c).execute(&message).unwrap();
    assert_eq!(response, Response::Packets(vec![NoOp; 5]));
    assert!(path.b.on(&mut c).host == before);
    c.commit(path.b.chain);
    for packet in &packets {
        assert_eq!(path.acknowledge(&mut c, packet).unwrap(), Success);
    }
}

fn poisoned_batches(c: &mut Coordinator, path: &Path, packets: &[Packet]) {
    let Message::ReceivePackets(good) = path.b.receive_batch_message(c, packets) else {
        unreachable!()
    };
    let b = path.b.on(c);
    let mut refused = |change: &dyn Fn(&mut causeway_core::ReceivePackets)| {
        let mut bad = good.clone();
        change(&mut bad);
        code(b.execute(&Message::ReceivePackets(bad)))
    };
    assert_eq!(refused(&|bad| bad.packets.clear()), "batch_size");
    let many = |bad: &mut causeway_core::ReceivePackets| {
        bad.packets = vec![packets[0].clone(); causeway_light_client::MAX_BATCH + 1];
    };
    assert_eq!(refused(&many), "batch_size");
    let elsewhere = ClientId::new("elsewhere-7").unwrap();
    let other = |bad: &mut causeway_core::ReceivePackets| {
        bad.packets[4].dest_client = elsewhere.clone();
    };
    assert_eq!(refused(&other), "batch_of_several_clients");
    let late = |bad: &mut causeway_core::ReceivePackets| bad.packets[3].timeout_timestamp = 1;
    assert_eq!(refused(&late), "timeout_elapsed");
    // One packet that was never sent refuses all, and so does a missing or doubled proof.
    refused(&|bad| bad.packets[4].payloads[0].value = b"forged".to_vec());
    refused(&|bad| bad.packets[4].sequence = Sequence::new(77).unwrap());
    refused(&|bad| bad.proof_commitments.clear());
    refused(&|bad| bad.proof_height = causeway_core::Height::new(7, 7));
}

pub(crate) fn an_answer_may_come_later_from_its_application_alone(kinds: (Kind, Kind)) {
    let (mut c, path) = open(kinds);
    let packet = path.send(&mut c, vec![payload(b"later")]);
    assert_eq!(path.receive(&mut c, &packet).unwrap(), PacketResult::Success);
    assert_eq!(path.b.on(&mut c).acknowledgement(&packet), None);
    let answer = Acknowledgement::new(vec![b"at last".to_vec()]).unwrap();
    let client_id = path.b.client_id.clone();
    let answer_as = |c: &mut Coordinator, name: &str, sequence, answer: Acknowledgement| {
        let client_id = client_id.clone();
        path.b.on(c).call(|ibc, ctx| {
            ctx.as_app(&port(name), |ctx| {
                ibc.write_acknowledgement(ctx, &client_id, sequence, answer)
            })
        })
    };
    let sequence = packet.sequence;
    let refused = answer_as(&mut c, OTHER_PORT, sequence, answer.clone());
    assert_eq!(code(refused), "not_the_receiver");
    let next = sequence.next().unwrap();
    assert_eq!(code(answer_as(&mut c, PORT, next, answer.clone())), "no_answer_awaited");
    let two = Acknowledgement::new(vec![vec![1], vec![2]]).unwrap();
    assert_eq!(code(answer_as(&mut c, PORT, sequence, two)), "ack_count_mismatch");
    answer_as(&mut c, PORT, sequence, answer.clone()).unwrap();
    assert_eq!(code(answer_as(&mut c, PORT, sequence, answer)), "no_answer_awaited");
    c.commit(path.b.chain);
    assert_eq!(path.acknowledge(&mut c, &packet).unwrap(), PacketResult::Success);
    let heard = noted(path.a.on(&mut c), PORT, "acknowledge", sequence, "later");
    assert_eq!(heard, Some((1, b"at last".to_vec())));

    let both = vec![payload(b"one"), payload_to(OTHER_PORT, b"later")];
    let packet = path.send(&mut c, both);
    assert_eq!(code(path.receive(&mut c, &packet)), "late_answer_of_several");
}

pub(crate) fn applications_do_not_speak_for_the_handler(kinds: (Kind, Kind)) {
    let (mut c, path) = open(kinds);
    for value in [b"empty", b"error"] {
        let packet = path.send(&mut c, vec![payload(value)]);
        assert_eq!(code(path.receive(&mut c, &packet)), "reserved_answer");
    }
    let nowhere = path.send(&mut c, vec![payload_to("nobody", b"hello")]);
    assert_eq!(code(path.receive(&mut c, &nowhere)), "port_not_bound");
    let refused = path.a.send(&mut c, vec![payload(b"refuse send")], Duration::from_mins(10));
    assert_eq!(code(refused), "malformed_script");
    let unbound = Payload { source_port: port("nobody"), ..payload(b"hello") };
    let refused = path.a.send(&mut c, vec![unbound], Duration::from_mins(10));
    assert_eq!(code(refused), "port_not_bound");
    // A refused answer or timeout stays open, and may be brought again.
    let packet = path.send(&mut c, vec![payload(b"refuse answer")]);
    path.receive(&mut c, &packet).unwrap();
    assert_eq!(code(path.acknowledge(&mut c, &packet)), "malformed_script");
    assert!(path.a.on(&mut c).trace(&commitment(&packet)).is_some());
}

/// The client knows a later time of the destination than this chain's own.
pub(crate) fn a_packet_whose_time_is_over_there_is_not_sent(kinds: (Kind, Kind)) {
    let (mut c, path) = open(kinds);
    c.commit(path.b.chain);
    path.a.update_client(&mut c).unwrap();
    let there = head_time(&c, &path);
    let a = path.a.on(&mut c);
    a.host.now = Timestamp::from_secs(there - 600).unwrap();
    let mut send = |timeout_timestamp| {
        let (source_client, payloads) = (path.a.client_id.clone(), vec![payload(b"hello")]);
        a.execute(&Message::SendPacket(SendPacket { source_client, timeout_timestamp, payloads }))
    };
    assert_eq!(code(send(there)), "timeout_elapsed_there");
    assert_eq!(send(there + 1).unwrap(), Response::PacketSent(Sequence::FIRST));
}
