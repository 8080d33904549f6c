//! Messages: one encoding each, by hand-written bytes where a mistake would be shared by reading
//! and writing.

use causeway_core::{
    AcknowledgePacket, Acknowledgement, Amount, ClientId, Counterparty, CreateClient, Height,
    MerklePrefix, Message, Packet, PacketResult, Payload, PortId, ReceivePacket, ReceivePackets,
    RecoverClient, RegisterCounterparty, Response, SendPacket, Sequence, SubmitMisbehaviour,
    TimeoutPacket, UpdateClient,
};

use super::*;
use crate::tx::Coin;

fn client(number: u32) -> ClientId {
    ClientId::new(format!("client-{number}")).unwrap()
}

fn packet() -> Packet {
    let port = PortId::new("transfer").unwrap();
    let payload = Payload {
        source_port: port.clone(),
        dest_port: port,
        version: "ics20-1".into(),
        encoding: "application/json".into(),
        value: vec![1, 2, 3],
    };
    Packet {
        sequence: Sequence::FIRST,
        source_client: client(0),
        dest_client: client(1),
        timeout_timestamp: 1_700_000_000,
        payloads: vec![payload],
    }
}

fn calls() -> Vec<(&'static str, Message)> {
    let header = Any::new("/ibc.lightclients.tendermint.v1.Header", vec![1]);
    let misbehaviour = Any::new("/ibc.lightclients.tendermint.v1.Misbehaviour", vec![2]);
    let prefix = MerklePrefix::new(vec![b"ibc".to_vec(), Vec::new()]).unwrap();
    let counterparty = Counterparty { client_id: client(7), prefix };
    let (proof_height, payloads) = (Height::new(1, 9), packet().payloads);
    let create = CreateClient { client_state: header.clone(), consensus_state: header.clone() };
    vec![
        (ibc::CREATE_CLIENT, Message::CreateClient(create)),
        (
            ibc::UPDATE_CLIENT,
            Message::UpdateClient(UpdateClient { client_id: client(0), client_message: header }),
        ),
        (
            ibc::UPDATE_CLIENT,
            Message::SubmitMisbehaviour(SubmitMisbehaviour { client_id: client(0), misbehaviour }),
        ),
        (
            ibc::RECOVER_CLIENT,
            Message::RecoverClient(RecoverClient { subject: client(0), substitute: client(1) }),
        ),
        (
            ibc::REGISTER_COUNTERPARTY,
            Message::RegisterCounterparty(RegisterCounterparty {
                client_id: client(0),
                counterparty,
            }),
        ),
        (
            ibc::SEND_PACKET,
            Message::SendPacket(SendPacket {
                source_client: client(0),
                timeout_timestamp: 5,
                payloads: [payloads.clone(), payloads].concat(),
            }),
        ),
        (
            ibc::RECV_PACKET,
            Message::ReceivePacket(ReceivePacket {
                packet: packet(),
                proof_commitment: vec![4],
                proof_height,
            }),
        ),
        (
            ibc::RECV_PACKETS,
            Message::ReceivePackets(ReceivePackets {
                packets: vec![packet(), packet()],
                proof_commitments: vec![4],
                proof_height,
            }),
        ),
        (
            ibc::ACKNOWLEDGEMENT,
            Message::AcknowledgePacket(AcknowledgePacket {
                packet: packet(),
                acknowledgement: Acknowledgement::error(),
                proof_acked: vec![4],
                proof_height,
            }),
        ),
        (
            ibc::TIMEOUT,
            Message::TimeoutPacket(TimeoutPacket {
                packet: packet(),
                proof_unreceived: vec![4],
                proof_height,
            }),
        ),
    ]
}

#[test]
fn every_call_comes_back_from_its_own_type() {
    for (type_url, message) in calls() {
        let msg = Msg::Call(Call { signer: "someone".into(), message });
        let any = msg.to_any();
        assert_eq!(any.type_url, type_url);
        assert_eq!(Msg::from_any(&any).unwrap(), msg);
        assert_eq!(msg.signer(), "someone");
        let mut unknown = any.clone();
        unknown.value.extend([0x7a, 0]);
        assert!(matches!(Msg::from_any(&unknown), Err(MsgError::Malformed(_))), "{type_url}");
        let mut cut = any;
        cut.value.pop();
        assert!(matches!(Msg::from_any(&cut), Err(MsgError::Malformed(_))), "{type_url}");
    }
}

#[test]
fn packet_messages_have_the_published_fields() {
    let bytes = |message| Call { signer: "s".into(), message }.to_any().value;
    let encoded = packet().to_protobuf();
    let field = |tag: u8, content: &[u8]| {
        [vec![tag, u8::try_from(content.len()).unwrap()], content.to_vec()].concat()
    };
    let [packet, proof, height] =
        [field(0x0a, &encoded), field(0x12, &[4]), field(0x1a, &[8, 1, 0x10, 9])];
    let mut calls = calls().into_iter().map(|(_, message)| message);
    let receive = calls.find(|m| matches!(m, Message::ReceivePacket(_))).unwrap();
    let expected = [packet.clone(), proof.clone(), height.clone(), field(0x22, b"s")].concat();
    assert_eq!(bytes(receive), expected);
    let timeout = calls.find(|m| matches!(m, Message::TimeoutPacket(_))).unwrap();
    assert_eq!(bytes(timeout), [packet, proof, height, field(0x2a, b"s")].concat());
}

#[test]
fn a_published_send_is_read() {
    // `MsgSend` of the transactions in the tests beside.
    let value = "0a2d636f736d6f7331706b707472653766646b6c366766727a6c65736a6a766878686c6333723467\
        6d6d6b38727336122d636f736d6f7331717970717870713971637273737a673270767871367273307a716733\
        797963356c7a763778751a100a0575636f736d120731323334353637";
    let value = hex::decode(value.replace(' ', "")).unwrap();
    let any = Any::new(bank::SEND, value);
    let msg = Msg::from_any(&any).unwrap();
    let expected = Send {
        from: "cosmos1pkptre7fdkl6gfrzlesjjvhxhlc3r4gmmk8rs6".into(),
        to: "cosmos1qypqxpq9qcrsszg2pvxq6rs0zqg3yyc5lzv7xu".into(),
        amount: vec![Coin { denom: "ucosm".into(), amount: Amount::from(1_234_567_u64) }],
    };
    assert_eq!(msg, Msg::Send(expected));
    assert_eq!(msg.to_any(), any);
}

#[test]
fn transfers_name_a_client_and_no_height() {
    let transfer = Transfer {
        source_port: PortId::new("transfer").unwrap(),
        source_client: client(3),
        token: Coin { denom: "stake".into(), amount: Amount::from(5_u64) },
        sender: "alice".into(),
        receiver: "bob".into(),
        timeout_timestamp: 1_700_000_000,
        memo: "hello".into(),
        encoding: String::new(),
    };
    let any = transfer.to_any();
    assert_eq!(Msg::from_any(&any).unwrap(), Msg::Transfer(transfer));
    // The empty height is written, as in every transfer.
    let at = any.value.windows(2).position(|pair| pair == [0x32, 0]).unwrap();
    let mut with_height = any;
    with_height.value.splice(at..at + 2, [0x32, 2, 0x10, 1]);
    let Err(MsgError::Malformed(error)) = Msg::from_any(&with_height) else { panic!() };
    assert!(error.reason().contains("timeout height"), "{error}");
}

#[test]
fn calls_of_contracts_have_the_published_fields() {
    let call = SendCall {
        source_client: client(3),
        sender: "a".into(),
        receiver: "b".into(),
        salt: vec![4],
        payload: vec![5],
        timeout_timestamp: 6,
        memo: "m".into(),
        encoding: "e".into(),
    };
    let any = call.to_any();
    let expected = [
        b"\x0a\x08client-3\x12\x01a\x1a\x01b".as_slice(),
        b"\x22\x01\x04\x2a\x01\x05\x30\x06\x3a\x01m\x42\x01e",
    ];
    assert_eq!(any.value, expected.concat());
    assert_eq!(Msg::from_any(&any).unwrap(), Msg::SendCall(call));
}

#[test]
fn decisions_come_back() {
    let client_id = client(0);
    let limit = |window_secs, most_out| Decision::SetRateLimit {
        client_id: client(0),
        denom: "stake".into(),
        window_secs,
        most_out,
        most_in: None,
    };
    for decision in [
        Decision::UpdateValidators(vec![([7; 32], 0), ([8; 32], 5)]),
        Decision::SetPaused { client_id: client_id.clone(), is_paused: true },
        Decision::SetPaused { client_id, is_paused: false },
        limit(60, Some(Amount::from(7_u64))),
        limit(0, None),
    ] {
        let msg = Msg::Govern(Govern { authority: "gov".into(), decision });
        assert_eq!(Msg::from_any(&msg.to_any()).unwrap(), msg);
        assert_eq!(msg.signer(), "gov");
    }
    for (type_url, value) in [
        (govern::UPDATE_VALIDATORS, &[0x0a, 1, b'g'][..]),
        (govern::UPDATE_VALIDATORS, &[0x12, 3, 0x0a, 1, 7]),
        (govern::SET_PAUSED, &[0x0a, 1, b'g']),
        (govern::SET_RATE_LIMIT, b"\x12\x08client-0\x2a\x0201"),
    ] {
        let any = Any::new(type_url, value.to_vec());
        assert!(matches!(Msg::from_any(&any), Err(MsgError::Malformed(_))), "{type_url}");
    }
}

#[test]
fn unknown_types_are_named() {
    let any = Any::new("/cosmos.gov.v1.MsgVote", Vec::new());
    let got = "/cosmos.gov.v1.MsgVote".to_owned();
    assert_eq!(Msg::from_any(&any), Err(MsgError::UnknownType { got }));
}

#[test]
fn answers_come_back_and_say_what_they_answer() {
    use PacketResult::{Failure, NoOp, Success};
    for (message, response, value) in [
        (ibc::CREATE_CLIENT, Response::ClientCreated(client(5)), &b"\x0a\x08client-5"[..]),
        (ibc::SEND_PACKET, Response::PacketSent(Sequence::FIRST), &[8, 1]),
        (bank::TRANSFER, Response::PacketSent(Sequence::FIRST), &[8, 1]),
        (ibc::RECV_PACKET, Response::Packet(Failure), &[8, 3]),
        (ibc::ACKNOWLEDGEMENT, Response::Packet(Success), &[8, 2]),
        (ibc::TIMEOUT, Response::Packet(NoOp), &[8, 1]),
        (ibc::RECV_PACKETS, Response::Packets(vec![Success, NoOp]), &[10, 2, 2, 1]),
        (ibc::UPDATE_CLIENT, Response::Done, &[]),
    ] {
        let any = response_to_any(message, &response);
        assert_eq!(any, Any::new(format!("{message}Response"), value.to_vec()));
        assert_eq!(response_from_any(&any).unwrap(), response);
    }
    for (type_url, value) in [
        ("/ibc.core.channel.v2.MsgRecvPacketResponse", &[8, 4][..]),
        ("/ibc.core.channel.v2.MsgRecvPacketResponse", &[]),
        ("/ibc.core.channel.v2.MsgSendPacketResponse", &[]),
        ("/ibc.core.client.v1.MsgUpdateClientResponse", &[8, 1]),
        ("/ibc.core.client.v1.MsgUpdateClient", &[]),
        ("/some.MsgResponse", &[]),
    ] {
        let error = response_from_any(&Any::new(type_url, value.to_vec())).unwrap_err();
        assert_eq!(error.what(), "response", "{type_url}");
    }
}
