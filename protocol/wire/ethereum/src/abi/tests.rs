use alloy_primitives::hex;
use alloy_sol_types::{SolCall, SolError, SolEvent};
use causeway_core::{
    AcknowledgePacket, Acknowledgement, Any, ClientId, Counterparty, CreateClient, Event, Height,
    MerklePrefix, Message, Packet, Payload, PortId, ReceivePacket, ReceivePackets, RecoverClient,
    RegisterCounterparty, SendPacket, Sequence, SubmitMisbehaviour, TimeoutPacket, UpdateClient,
};

use super::sol::{Erc20, Errors, Gmp, Helper, LightClient, Router, Transfer};
use super::*;

#[test]
fn selectors_are_the_published_ones() {
    for (selector, published) in [
        (Router::sendPacketCall::SELECTOR, "4d6e7ce3"),
        (Router::recvPacketCall::SELECTOR, "5ebd10ca"),
        (Router::ackPacketCall::SELECTOR, "1bca011a"),
        (Router::timeoutPacketCall::SELECTOR, "b98c330a"),
        (Router::multicallCall::SELECTOR, "ac9650d8"),
        (Router::updateClientCall::SELECTOR, "6fbf8079"),
        (Router::submitMisbehaviourCall::SELECTOR, "9e2e5c83"),
        (Router::getClientCall::SELECTOR, "7eb78932"),
        (Router::getCounterpartyCall::SELECTOR, "b0777bfa"),
        (Router::getNextClientSeqCall::SELECTOR, "27f146f3"),
        (Router::getCommitmentCall::SELECTOR, "7795820c"),
        (Router::getIBCAppCall::SELECTOR, "2447af29"),
        (Router::authorityCall::SELECTOR, "bf7e214f"),
        (LightClient::getClientStateCall::SELECTOR, "ef913a4b"),
        (Transfer::sendTransferCall::SELECTOR, "2ac3dc38"),
        (Transfer::getEscrowCall::SELECTOR, "969631d5"),
        (Transfer::ibcERC20ContractCall::SELECTOR, "a50ee2b4"),
        (Transfer::ibcERC20DenomCall::SELECTOR, "e163b1af"),
        (Transfer::ics26Call::SELECTOR, "d413227d"),
        (Gmp::sendCallCall::SELECTOR, "7e5a6566"),
        (Gmp::getOrComputeAccountAddressCall::SELECTOR, "8746a243"),
        (Helper::isPacketReceivedCall::SELECTOR, "7ecfb0c2"),
        (Helper::isPacketReceiveSuccessfulCall::SELECTOR, "ede05f16"),
        (Helper::queryPacketReceiptCall::SELECTOR, "0bb1774c"),
        (Helper::queryPacketCommitmentCall::SELECTOR, "dfdcf16d"),
        (Helper::queryAckCommitmentCall::SELECTOR, "db8b4b63"),
        (Erc20::balanceOfCall::SELECTOR, "70a08231"),
        (Erc20::transferCall::SELECTOR, "a9059cbb"),
        (Erc20::approveCall::SELECTOR, "095ea7b3"),
        (Erc20::transferFromCall::SELECTOR, "23b872dd"),
        (Erc20::allowanceCall::SELECTOR, "dd62ed3e"),
        (Erc20::totalSupplyCall::SELECTOR, "18160ddd"),
        (Erc20::nameCall::SELECTOR, "06fdde03"),
        (Erc20::symbolCall::SELECTOR, "95d89b41"),
        (Erc20::decimalsCall::SELECTOR, "313ce567"),
        (Errors::IBCInvalidClientId::SELECTOR, "4870bd74"),
        (Errors::IBCClientNotFound::SELECTOR, "a0db16fe"),
        (Errors::IBCCounterpartyClientNotFound::SELECTOR, "df95155a"),
        (Errors::IBCPacketCommitmentMismatch::SELECTOR, "3f87a2ec"),
        (Errors::IBCInvalidTimeoutTimestamp::SELECTOR, "65d30129"),
        (Errors::IBCInvalidTimeoutDuration::SELECTOR, "715fed60"),
        (Errors::IBCInvalidCounterparty::SELECTOR, "9fff831f"),
        (Errors::IBCAppNotFound::SELECTOR, "a09dbf59"),
        (Errors::IBCUnauthorizedSender::SELECTOR, "be2f2b45"),
        (Errors::ICS20InvalidAmount::SELECTOR, "4f6df8d0"),
        (Errors::ICS20InvalidAddress::SELECTOR, "3fed5d87"),
        (Errors::ICS20DenomNotFound::SELECTOR, "e1275e2f"),
        (Errors::ICS27PayloadEmpty::SELECTOR, "a0125628"),
        (Errors::ICS27InvalidReceiver::SELECTOR, "ba44cf0f"),
        (Errors::AccessManagedUnauthorized::SELECTOR, "068ca9d8"),
        (Errors::EnforcedPause::SELECTOR, "d93c0665"),
        (Errors::RateLimitExceeded::SELECTOR, "5f713586"),
        (Errors::ERC20InsufficientBalance::SELECTOR, "e450d38c"),
        (Errors::ERC20InsufficientAllowance::SELECTOR, "fb8f41b2"),
        (Errors::Error::SELECTOR, "08c379a0"),
    ] {
        assert_eq!(hex::encode(selector), published);
    }
}

#[test]
fn topics_are_the_published_ones() {
    for (topic, published) in [
        (
            Router::SendPacket::SIGNATURE_HASH,
            "ab3a4458a269be61dfa43faa33aa7b1f5d570716f83ad078bc2ba5dab039abae",
        ),
        (
            Router::WriteAcknowledgement::SIGNATURE_HASH,
            "76765590e2b799b0506100f8a6610cfecab2c71e8e1f8aa981b099aff0dfdb74",
        ),
        (
            Router::AckPacket::SIGNATURE_HASH,
            "f9bab74bcdb634f4d3dd064cc42a13df056598e1c0336905d2f5750fbfb08b7b",
        ),
        (
            Router::TimeoutPacket::SIGNATURE_HASH,
            "01e5ed58494819ef3f6480dd08e433b7c08ed75c7abdf2c22c6f04b71340a168",
        ),
        (
            Router::Noop::SIGNATURE_HASH,
            "d08bf58b0e4eec5bfc697a4fdbb6839057fbf4dd06f1b1ce07445c0e5a654caf",
        ),
        (
            Router::IBCAppRecvPacketCallbackError::SIGNATURE_HASH,
            "b9edb487876e8be10f54e377c1a815a54ad92a6db1c9561dfe8fad2f0d1da84f",
        ),
        (
            Router::ICS02ClientAdded::SIGNATURE_HASH,
            "0ecded31ecd211a73abf0fb3bc09150bbe321a05550fbe29ea0f16b6e25fbfa8",
        ),
        (
            Router::ICS02ClientUpdated::SIGNATURE_HASH,
            "87bbef2779889a19f0435ddca81fda94132c06ffddb0ea73def256307a293aef",
        ),
        (
            Router::ICS02MisbehaviourSubmitted::SIGNATURE_HASH,
            "a263f0a976b2937a51fd2e416491cf0ca724d5499fa870715929dfde4ee4a430",
        ),
        (
            Transfer::IBCERC20ContractCreated::SIGNATURE_HASH,
            "6031fab685dd6d86e4dbac9a69eae347145f332c95b3a0d728d3730fc5233d62",
        ),
        (
            Erc20::Transfer::SIGNATURE_HASH,
            "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef",
        ),
        (
            Erc20::Approval::SIGNATURE_HASH,
            "8c5be1e5ebec7d5bd14f71427d1e84f3dd0314c0f7b2291e5b200ac8c7c3b925",
        ),
    ] {
        assert_eq!(hex::encode(topic), published);
    }
}

fn client(id: &str) -> ClientId {
    ClientId::new(id).unwrap()
}

fn payload(value: u8) -> Payload {
    Payload {
        source_port: PortId::new("transfer").unwrap(),
        dest_port: PortId::new("transfer").unwrap(),
        version: "ics20-1".into(),
        encoding: "application/x-solidity-abi".into(),
        value: vec![value; 40],
    }
}

fn packet(payloads: u8) -> Packet {
    Packet {
        sequence: Sequence::new(7).unwrap(),
        source_client: client("client-0"),
        dest_client: client("07-tendermint-1"),
        timeout_timestamp: 1_900_000_000,
        payloads: (1..=payloads).map(payload).collect(),
    }
}

fn answers(count: u8) -> Acknowledgement {
    Acknowledgement::new((1..=count).map(|answer| vec![answer]).collect()).unwrap()
}

fn messages() -> Vec<Message> {
    let any = || Any::new("/a.B", vec![1, 2, 3]);
    let proof_height = Height::new(1, 99);
    let prefix = MerklePrefix::new(vec![b"ibc".to_vec(), Vec::new()]).unwrap();
    let counterparty = Counterparty { client_id: client("07-tendermint-1"), prefix };
    let client_id = client("client-0");
    let acknowledge = |count| {
        Message::AcknowledgePacket(AcknowledgePacket {
            packet: packet(count),
            acknowledgement: answers(count),
            proof_acked: vec![9; 33],
            proof_height,
        })
    };
    vec![
        Message::CreateClient(CreateClient { client_state: any(), consensus_state: any() }),
        Message::RegisterCounterparty(RegisterCounterparty {
            client_id: client_id.clone(),
            counterparty,
        }),
        Message::UpdateClient(UpdateClient { client_id: client_id.clone(), client_message: any() }),
        Message::SubmitMisbehaviour(SubmitMisbehaviour {
            client_id: client_id.clone(),
            misbehaviour: any(),
        }),
        Message::RecoverClient(RecoverClient {
            subject: client_id.clone(),
            substitute: client("client-1"),
        }),
        Message::SendPacket(SendPacket {
            source_client: client_id,
            timeout_timestamp: 5,
            payloads: vec![payload(1), payload(2)],
        }),
        Message::ReceivePacket(ReceivePacket {
            packet: packet(1),
            proof_commitment: vec![8; 31],
            proof_height,
        }),
        Message::ReceivePackets(ReceivePackets {
            packets: vec![packet(1), packet(2)],
            proof_commitments: vec![8; 65],
            proof_height,
        }),
        acknowledge(1),
        acknowledge(3),
        Message::TimeoutPacket(TimeoutPacket {
            packet: packet(2),
            proof_unreceived: vec![7],
            proof_height,
        }),
    ]
}

#[test]
fn every_message_is_a_call_in_one_form() {
    for message in messages() {
        let bytes = calldata(&message);
        assert_eq!(decode_message(&bytes).unwrap(), Some(message));
        for end in [bytes.len() - 1, bytes.len() / 2, 5] {
            decode_message(&bytes[..end]).unwrap_err();
        }
        decode_message(&[&bytes[..], &[0; 32]].concat()).unwrap_err();
    }
    assert_eq!(decode_message(&[]).unwrap(), None);
    assert_eq!(decode_message(&[1, 2, 3, 4, 5]).unwrap(), None);
}

/// Two thousand offsets to one packet, with two thousand offsets to one payload.
#[test]
fn offsets_cannot_make_more_of_a_call_than_there_is() {
    const COUNT: u64 = 2_000;
    let word = |number: u64| alloy_primitives::U256::from(number).to_be_bytes::<32>().to_vec();
    let mut bytes = Router::recvPacketsCall::SELECTOR.to_vec();
    // The message; in it the packets, the proof and the height.
    bytes.extend([word(32), word(128), word(0), word(0), word(0)].concat());
    bytes.extend(word(COUNT));
    (0..COUNT).for_each(|_| bytes.extend(word(32 * COUNT)));
    bytes.extend([word(1), word(160), word(160), word(1), word(160)].concat());
    bytes.extend(word(COUNT));
    (0..COUNT).for_each(|_| bytes.extend(word(0)));
    bytes.extend([0; 256]);
    decode_message(&bytes).unwrap_err();
}

#[test]
fn packet_events_are_read_as_they_were_written() {
    let events = [
        Event::PacketSent { packet: packet(2) },
        Event::AcknowledgementWritten { packet: packet(1), acknowledgement: answers(1) },
        Event::PacketAcknowledged { packet: packet(1), acknowledgement: answers(1) },
        Event::PacketAcknowledged { packet: packet(3), acknowledgement: answers(3) },
        Event::PacketTimedOut { packet: packet(1) },
    ];
    for event in events {
        let logs = encode_event(&event);
        let [log] = logs.as_slice() else { panic!("{logs:?}") };
        assert_eq!(decode_event(log.topics(), &log.data).unwrap(), Some(event));
        let mut topics = log.topics().to_vec();
        topics[2].0[31] ^= 1;
        decode_event(&topics, &log.data).unwrap_err();
        decode_event(log.topics(), &log.data[..log.data.len() - 1]).unwrap_err();
    }
    let redundant = encode_event(&Event::PacketRedundant { packet: packet(1) });
    assert_eq!(decode_event(redundant[0].topics(), &redundant[0].data).unwrap(), None);
    assert_eq!(encode_event(&Event::PacketReceived { packet: packet(1) }), []);
}
