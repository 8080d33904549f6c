//! What proofs do not show, whatever the families.

use causeway_core::{
    Acknowledgement, ClientId, Height, Message, PacketPath, PacketResult, Response, Sequence,
};
use causeway_tests::harness::{Coordinator, Kind, Path};

use crate::packets::{code, open};
use crate::script::{OTHER_PORT, apps, payload, port};

pub(crate) fn proofs_of_something_else_are_refused(kinds: (Kind, Kind)) {
    let (mut c, path) = open(kinds);
    let first = path.send(&mut c, vec![payload(b"one")]);
    let second = path.send(&mut c, vec![payload(b"two")]);
    path.b.update_client(&mut c).unwrap();
    let Message::ReceivePacket(good) = path.b.receive_message(&c, &first) else { unreachable!() };
    let b = path.b.on(&mut c);
    let mut refused = |change: &dyn Fn(&mut causeway_core::ReceivePacket)| {
        let mut bad = good.clone();
        change(&mut bad);
        code(b.execute(&Message::ReceivePacket(bad)))
    };
    // Another packet under a good proof, in every field that a relayer could change.
    refused(&|bad| bad.packet.payloads.clone_from(&second.payloads));
    refused(&|bad| bad.packet.sequence = Sequence::new(9).unwrap());
    refused(&|bad| bad.packet.timeout_timestamp += 1);
    refused(&|bad| bad.packet.payloads[0].value = b"more".to_vec());
    refused(&|bad| bad.packet.payloads.push(payload(b"extra")));
    refused(&|bad| bad.packet.payloads[0].version.push('!'));
    refused(&|bad| bad.packet.payloads[0].encoding.push('!'));
    refused(&|bad| bad.packet.payloads[0].source_port = port(OTHER_PORT));
    refused(&|bad| bad.packet.payloads[0].dest_port = port(OTHER_PORT));
    let nobody = || ClientId::new("nobody-77").unwrap();
    let other_source = refused(&|bad| bad.packet.source_client = nobody());
    assert_eq!(other_source, "counterparty_mismatch");
    assert_eq!(refused(&|bad| bad.packet.dest_client = nobody()), "client_not_found");
    // A proof of nothing, at no height, or at one where it does not hold.
    refused(&|bad| bad.proof_commitment.clear());
    let unknown = Height::from_block(good.proof_height.height() + 1000);
    assert_eq!(refused(&|bad| bad.proof_height = unknown), "consensus_state_not_found");
    let zero = Height::default();
    assert_eq!(refused(&|bad| bad.proof_height = zero), "consensus_state_not_found");
    for place in [0, good.proof_commitment.len() / 2, good.proof_commitment.len() - 1] {
        refused(&|bad| bad.proof_commitment[place] ^= 1);
    }
    assert_eq!(
        b.execute(&Message::ReceivePacket(good)).unwrap(),
        Response::Packet(PacketResult::Success)
    );
}

pub(crate) fn a_proof_under_an_older_state_does_not_show_a_newer_packet(kinds: (Kind, Kind)) {
    let (mut c, path) = open(kinds);
    let old = path.b.proof_height(&c);
    let packet = path.send(&mut c, vec![payload(b"hello")]);
    path.b.update_client(&mut c).unwrap();
    let Message::ReceivePacket(mut stale) = path.b.receive_message(&c, &packet) else {
        unreachable!()
    };
    stale.proof_height = old;
    path.b.packet_result(&mut c, &Message::ReceivePacket(stale)).unwrap_err();
    // An older height that does have it is as good as the newest.
    let middle = path.b.proof_height(&c);
    c.commit(path.a.chain);
    path.b.update_client(&mut c).unwrap();
    let Message::ReceivePacket(mut good) = path.b.receive_message(&c, &packet) else {
        unreachable!()
    };
    good.proof_height = middle;
    let place = PacketPath::commitment(packet.source_client.clone(), packet.sequence);
    good.proof_commitment = c.chains[path.a.chain].family.membership(middle, &place);
    let result = path.b.packet_result(&mut c, &Message::ReceivePacket(good));
    assert_eq!(result.unwrap(), PacketResult::Success);
}

pub(crate) fn answers_to_something_else_are_refused(kinds: (Kind, Kind)) {
    let (mut c, path) = open(kinds);
    let first = path.send(&mut c, vec![payload(b"one")]);
    let second = path.send(&mut c, vec![payload(b"refuse")]);
    let open = path.send(&mut c, vec![payload(b"open")]);
    path.receive(&mut c, &first).unwrap();
    path.receive(&mut c, &second).unwrap();
    path.a.update_client(&mut c).unwrap();
    let answer = path.b.on(&mut c).acknowledgement(&first).unwrap();
    let failure = path.b.on(&mut c).acknowledgement(&second).unwrap();
    let Message::AcknowledgePacket(good) = path.a.acknowledge_message(&c, &first, &answer) else {
        unreachable!()
    };
    let a = path.a.on(&mut c);
    let mut refused = |change: &dyn Fn(&mut causeway_core::AcknowledgePacket)| {
        let mut bad = good.clone();
        change(&mut bad);
        code(a.execute(&Message::AcknowledgePacket(bad)))
    };
    // The answer of one packet for another, and a failure for a success.
    refused(&|bad| bad.packet = open.clone());
    refused(&|bad| bad.packet = second.clone());
    refused(&|bad| bad.acknowledgement = failure.clone());
    let invented = Acknowledgement::new(vec![b"invented".to_vec()]).unwrap();
    refused(&|bad| bad.acknowledgement = invented.clone());
    let longer = Acknowledgement::new(vec![b"heard one".to_vec(), b"more".to_vec()]).unwrap();
    assert_eq!(refused(&|bad| bad.acknowledgement = longer.clone()), "ack_count_mismatch");
    let changed = refused(&|bad| bad.packet.payloads[0].value = b"three".to_vec());
    assert_eq!(changed, "packet_commitment_mismatch");
    let nobody = || ClientId::new("nobody-77").unwrap();
    assert_eq!(refused(&|bad| bad.packet.dest_client = nobody()), "counterparty_mismatch");
    assert_eq!(refused(&|bad| bad.packet.source_client = nobody()), "client_not_found");
    for place in [0, good.proof_acked.len() / 2, good.proof_acked.len() - 1] {
        refused(&|bad| bad.proof_acked[place] ^= 1);
    }
    let done = Response::Packet(PacketResult::Success);
    assert_eq!(a.execute(&Message::AcknowledgePacket(good)).unwrap(), done);
}

/// Three chains, and all their clients alike: what is sent to one cannot be brought to another,
/// nor answered by it (ibc-go #7848).
pub(crate) fn a_third_chain_cannot_stand_in_for_either(kinds: (Kind, Kind)) {
    let mut c = Coordinator::new(&[kinds.0, kinds.1, kinds.0], apps);
    let ab = Path::open(&mut c, 0, 1);
    let bc = Path::open(&mut c, 1, 2);
    let ca = Path::open(&mut c, 2, 0);
    let packet = ab.send(&mut c, vec![payload(b"for b")]);
    // To c, through its client of a, whose counterparty is another client of a's.
    let to_c = ca.reversed();
    to_c.b.update_client(&mut c).unwrap();
    let mut moved = packet.clone();
    moved.dest_client = to_c.b.client_id.clone();
    let Message::ReceivePacket(mut message) = to_c.b.receive_message(&c, &packet) else {
        unreachable!()
    };
    message.packet = moved.clone();
    let first = to_c.b.packet_result(&mut c, &Message::ReceivePacket(message.clone()));
    assert_eq!(code(first), "counterparty_mismatch");
    // Even named by the client that c is bound to, it is not what a committed to.
    message.packet.source_client = to_c.a.client_id.clone();
    to_c.b.packet_result(&mut c, &Message::ReceivePacket(message)).unwrap_err();
    // To b, through its client of c.
    ab.b.update_client(&mut c).unwrap();
    let Message::ReceivePacket(mut message) = ab.b.receive_message(&c, &packet) else {
        unreachable!()
    };
    message.packet.dest_client = bc.a.client_id.clone();
    ab.b.packet_result(&mut c, &Message::ReceivePacket(message)).unwrap_err();

    assert_eq!(ab.receive(&mut c, &packet).unwrap(), PacketResult::Success);
    let answer = c.chains[1].acknowledgement(&packet).unwrap();
    // The answer under a's client of c.
    ab.a.update_client(&mut c).unwrap();
    let Message::AcknowledgePacket(mut message) = ab.a.acknowledge_message(&c, &packet, &answer)
    else {
        unreachable!()
    };
    message.packet.source_client = ca.b.client_id.clone();
    let wrong = ab.a.packet_result(&mut c, &Message::AcknowledgePacket(message));
    assert_eq!(code(wrong), "counterparty_mismatch");
    assert_eq!(ab.acknowledge(&mut c, &packet).unwrap(), PacketResult::Success);
}
