//! What a call may cost, and who may call, whatever the families.

use std::sync::Mutex;
use std::time::Duration;

use causeway_contracts::Router;
use causeway_core::{Message, PacketResult, Response, SendPacket, Sequence};
use causeway_tests::harness::{Coordinator, Kind};

use crate::packets::{code, open};
use crate::script::{OTHER_PORT, PORT, Reentrant, Script, noted, payload, payload_to, port};

/// However little is paid: all of it happens, or nothing, and never an answer that says no.
pub(crate) fn whoever_pays_too_little_changes_nothing(kinds: (Kind, Kind)) {
    let (mut c, path) = open(kinds);
    let packet = path.send(&mut c, vec![payload(b"one"), payload_to(OTHER_PORT, b"two")]);
    path.b.update_client(&mut c).unwrap();
    let message = path.b.receive_message(&c, &packet);
    let b = path.b.on(&mut c);
    let needed = {
        let before = b.host.clone();
        b.host.gas_used = 0;
        b.execute(&message).unwrap();
        let needed = b.host.gas_used;
        b.host = before;
        needed
    };
    let step = (needed / 97).max(1) as usize;
    for gas in (0..needed).step_by(step).chain([needed - 1]) {
        b.host.gas = gas;
        assert_eq!(code(b.execute(&message)), "out_of_gas", "{gas} of {needed}");
    }
    b.host.gas = needed;
    assert_eq!(b.execute(&message).unwrap(), Response::Packet(PacketResult::Success));
    b.host.gas = u64::MAX;

    for greedy in [&b"spend"[..], b"spend silently"] {
        let packet = path.send(&mut c, vec![payload(b"one"), payload(greedy)]);
        path.b.update_client(&mut c).unwrap();
        let message = path.b.receive_message(&c, &packet);
        let b = path.b.on(&mut c);
        b.host.gas = 1_000_000_000;
        assert_eq!(code(b.execute(&message)), "out_of_gas");
        b.host.gas = u64::MAX;
    }
}

fn reentrant_apps() -> Router {
    Router::new()
        .with(port(PORT), Reentrant::new(&MESSAGE, &REFUSALS))
        .with(port(OTHER_PORT), Script)
}

static MESSAGE: Mutex<Option<Message>> = Mutex::new(None);
static REFUSALS: Mutex<Vec<String>> = Mutex::new(Vec::new());
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// An application that, while it is told of a packet, brings the same message again.
pub(crate) fn a_callback_cannot_call_back_in(kinds: (Kind, Kind)) {
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let (mut c, path) = Coordinator::pair(kinds, reentrant_apps);
    let struck = |message: Option<Message>| {
        *MESSAGE.lock().unwrap() = message;
        std::mem::take(&mut *REFUSALS.lock().unwrap())
    };
    let refused = vec!["reentrant_call".to_owned()];
    let source_client = path.a.client_id.clone();
    let payloads = vec![payload_to(OTHER_PORT, b"again")];
    let timeout_timestamp = c.chains[0].host.now.secs() + 600;
    struck(Some(Message::SendPacket(SendPacket { source_client, timeout_timestamp, payloads })));
    let packet = path.send(&mut c, vec![payload(b"hello")]);
    assert_eq!(struck(None), refused);
    assert_eq!(packet.sequence, Sequence::FIRST);

    path.b.update_client(&mut c).unwrap();
    let receive = path.b.receive_message(&c, &packet);
    struck(Some(receive.clone()));
    path.b.packet_result(&mut c, &receive).unwrap();
    assert_eq!(struck(None), refused);
    c.commit(path.b.chain);

    path.a.update_client(&mut c).unwrap();
    let answer = path.b.on(&mut c).acknowledgement(&packet).unwrap();
    let acknowledge = path.a.acknowledge_message(&c, &packet, &answer);
    struck(Some(acknowledge.clone()));
    path.a.packet_result(&mut c, &acknowledge).unwrap();
    assert_eq!(struck(None), refused);
    let heard = noted(path.a.on(&mut c), PORT, "acknowledge", packet.sequence, "hello");
    assert_eq!(heard, Some((1, b"heard hello".to_vec())));

    let packet = path.a.send(&mut c, vec![payload(b"late")], Duration::from_mins(10)).unwrap();
    c.advance(Duration::from_hours(1));
    path.a.update_client(&mut c).unwrap();
    let time_out = path.a.timeout_message(&c, &packet);
    struck(Some(time_out.clone()));
    path.a.packet_result(&mut c, &time_out).unwrap();
    assert_eq!(struck(None), refused);
    let heard = noted(path.a.on(&mut c), PORT, "timeout", packet.sequence, "late");
    assert_eq!(heard, Some((1, vec![])));
}
