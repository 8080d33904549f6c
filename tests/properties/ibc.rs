//! Packets, application data and names: what is written is read back, and nothing else is read.

use causeway_core::caip::{AccountId, AssetId, AssetType, ChainId};
use causeway_core::gmp::{AccountIdentifier, GmpAcknowledgement, GmpPacketData};
use causeway_core::transfer::{Denom, FungibleTokenPacketData, Hop, Passage};
use causeway_core::{
    Acknowledgement, Amount, ClientId, Encoding, Packet, PacketClaim, PacketPath, Payload, PortId,
    Sequence,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

fn client() -> impl Strategy<Value = ClientId> {
    "[a-zA-Z0-9._+#<>\\[\\]-]{8,64}".prop_map(|text| ClientId::new(text).unwrap())
}

fn port() -> impl Strategy<Value = PortId> {
    "[a-zA-Z0-9._+#<>\\[\\]-]{2,128}".prop_map(|text| PortId::new(text).unwrap())
}

fn sequence() -> impl Strategy<Value = Sequence> {
    (1..=u64::MAX).prop_map(|sequence| Sequence::new(sequence).unwrap())
}

fn payload() -> impl Strategy<Value = Payload> {
    (port(), port(), "\\S{1,20}", "\\S{1,20}", vec(any::<u8>(), 1..64)).prop_map(
        |(source_port, dest_port, version, encoding, value)| Payload {
            source_port,
            dest_port,
            version,
            encoding,
            value,
        },
    )
}

fn packet() -> impl Strategy<Value = Packet> {
    (sequence(), client(), client(), 1..=u64::MAX, vec(payload(), 1..=3)).prop_map(
        |(sequence, source_client, dest_client, timeout_timestamp, payloads)| Packet {
            sequence,
            source_client,
            dest_client,
            timeout_timestamp,
            payloads,
        },
    )
}

fn hop() -> impl Strategy<Value = Hop> {
    ("[a-z]{2,12}", "[a-z][a-z0-9]{5,12}-(0|[1-9][0-9]{0,15})").prop_map(|(port, client)| {
        Hop::new(PortId::new(port).unwrap(), ClientId::new(client).unwrap()).unwrap()
    })
}

fn denom() -> impl Strategy<Value = Denom> {
    (vec(hop(), 0..4), "[a-z][a-z0-9]{0,15}").prop_map(|(hops, base)| {
        let path = hops.iter().map(|hop| format!("{hop}/")).chain([base]);
        path.collect::<String>().parse().unwrap()
    })
}

fn amount() -> impl Strategy<Value = Amount> {
    any::<[u8; 32]>().prop_map(Amount::from_be_bytes).prop_filter("not zero", |a| !a.is_zero())
}

fn transfer() -> impl Strategy<Value = FungibleTokenPacketData> {
    (denom(), amount(), "\\PC*\\S", "\\PC*\\S", any::<String>()).prop_map(
        |(denom, amount, sender, receiver, memo)| {
            FungibleTokenPacketData::new(denom, amount, sender, receiver, memo).unwrap()
        },
    )
}

fn call() -> impl Strategy<Value = GmpPacketData> {
    let bytes = |most| vec(any::<u8>(), 0..=most);
    ("\\PC*\\S", any::<String>(), bytes(32), bytes(200), any::<String>()).prop_map(
        |(sender, receiver, salt, payload, memo)| {
            GmpPacketData::new(sender, receiver, salt, payload, memo).unwrap()
        },
    )
}

fn encoding() -> impl Strategy<Value = Encoding> {
    proptest::sample::select(Encoding::ALL.to_vec())
}

/// One byte is changed, removed or added.
fn mutate(bytes: &mut Vec<u8>, at: Index, flip: u8, kind: u8) {
    let at = at.index(bytes.len());
    match kind {
        0 => bytes[at] ^= flip.max(1),
        1 => drop(bytes.remove(at)),
        2 => bytes.insert(at, flip),
        _ => bytes.truncate(at),
    }
}

proptest! {
    #[test]
    fn packets_are_read_back_as_they_were_written(packet in packet()) {
        let bytes = packet.to_protobuf();
        prop_assert_eq!(Packet::from_protobuf(&bytes).unwrap(), packet);
    }

    #[test]
    fn what_is_read_as_a_packet_is_written_back_the_same(
        packet in packet(), at: Index, flip: u8, kind in 0..4_u8,
    ) {
        let mut bytes = packet.to_protobuf();
        mutate(&mut bytes, at, flip, kind);
        if let Ok(other) = Packet::from_protobuf(&bytes) {
            prop_assert_eq!(other.to_protobuf(), bytes);
        }
    }

    /// Commitment and path together bind every field.
    #[test]
    fn two_packets_never_have_the_same_traces(a in packet(), b in packet()) {
        let traces = |packet: &Packet| {
            let path = PacketPath::commitment(packet.source_client.clone(), packet.sequence);
            (path.to_bytes(), packet.commitment())
        };
        prop_assert_eq!(traces(&a) == traces(&b), a == b);
    }

    #[test]
    fn a_packet_changed_in_one_byte_has_other_traces(packet in packet(), at: Index, flip: u8) {
        let traces = |packet: &Packet| {
            let path = PacketPath::commitment(packet.source_client.clone(), packet.sequence);
            (path.to_bytes(), packet.commitment())
        };
        let mut bytes = packet.to_protobuf();
        mutate(&mut bytes, at, flip, 0);
        if let Ok(other) = Packet::from_protobuf(&bytes) {
            prop_assert_ne!(traces(&other), traces(&packet));
        }
    }

    #[test]
    fn acknowledgements_are_read_back_and_commit_to_each_answer(
        answers in vec(vec(any::<u8>(), 1..40), 1..5), at: Index, flip: u8,
    ) {
        let acknowledgement = Acknowledgement::new(answers).unwrap();
        let mut bytes = acknowledgement.to_protobuf();
        prop_assert_eq!(&Acknowledgement::from_protobuf(&bytes).unwrap(), &acknowledgement);
        mutate(&mut bytes, at, flip, 0);
        if let Ok(other) = Acknowledgement::from_protobuf(&bytes) {
            prop_assert_ne!(other.commitment(), acknowledgement.commitment());
        }
    }

    #[test]
    fn transfers_are_read_back_as_they_were_written(data in transfer(), encoding in encoding()) {
        let bytes = data.encode(encoding).unwrap();
        prop_assert_eq!(FungibleTokenPacketData::decode(&bytes, encoding).unwrap(), data);
    }

    #[test]
    fn what_is_read_as_a_transfer_is_written_back_the_same(
        data in transfer(), encoding in encoding(), at: Index, flip: u8, kind in 0..4_u8,
    ) {
        let mut bytes = data.encode(encoding).unwrap();
        mutate(&mut bytes, at, flip, kind);
        if let Ok(other) = FungibleTokenPacketData::decode(&bytes, encoding) {
            prop_assert_eq!(other.encode(encoding).unwrap(), bytes);
        }
    }

    #[test]
    fn calls_are_read_back_as_they_were_written(call in call(), encoding in encoding()) {
        let bytes = call.encode(encoding).unwrap();
        prop_assert_eq!(GmpPacketData::decode(&bytes, encoding).unwrap(), call);
    }

    #[test]
    fn what_is_read_as_a_call_is_written_back_the_same(
        call in call(), encoding in encoding(), at: Index, flip: u8, kind in 0..4_u8,
    ) {
        let mut bytes = call.encode(encoding).unwrap();
        mutate(&mut bytes, at, flip, kind);
        if let Ok(other) = GmpPacketData::decode(&bytes, encoding) {
            prop_assert_eq!(other.encode(encoding).unwrap(), bytes);
        }
    }

    #[test]
    fn results_are_read_back_as_they_were_written(
        result in vec(any::<u8>(), 0..100), encoding in encoding(),
    ) {
        let answer = GmpAcknowledgement::new(result).unwrap();
        let bytes = answer.encode(encoding).unwrap();
        prop_assert_eq!(GmpAcknowledgement::decode(&bytes, encoding).unwrap(), answer);
    }

    #[test]
    fn no_bytes_make_a_decoder_panic(bytes in vec(any::<u8>(), 0..300)) {
        for encoding in Encoding::ALL {
            let _ = FungibleTokenPacketData::decode(&bytes, encoding);
            let _ = GmpPacketData::decode(&bytes, encoding);
            let _ = GmpAcknowledgement::decode(&bytes, encoding);
        }
        let _ = Packet::from_protobuf(&bytes);
        let _ = Acknowledgement::from_protobuf(&bytes);
        let _ = PacketClaim::from_json(&bytes);
    }

    /// Whatever the path says, what is read of it is the path again.
    #[test]
    fn a_denomination_is_its_path(path in "([a-z]{1,9}(-[0-9]{1,3})?/?){1,8}") {
        if let Ok(denom) = path.parse::<Denom>() {
            prop_assert_eq!(denom.to_string(), path);
        }
    }

    /// There and back again over any two chains, a token is what it was.
    #[test]
    fn a_token_that_comes_back_is_itself(denom in denom(), here in hop(), there in hop()) {
        prop_assume!(!denom.came_through(&here));
        let Passage::Arriving(away) = denom.clone().receive(&here, there.clone()).unwrap() else {
            panic!("it left through {here} for the first time");
        };
        prop_assert!(away.came_through(&there));
        prop_assert_eq!(away.receive(&there, here).unwrap(), Passage::Returning(denom));
    }

    #[test]
    fn derived_accounts_differ_where_their_owners_do(
        clients in [client(), client()], senders in ["[ab]{1,3}", "[ab]{1,3}"],
        salts in [vec(0..2_u8, 0..3), vec(0..2_u8, 0..3)],
    ) {
        let [first, second] = [0, 1].map(|at| {
            let client = clients[at].clone();
            AccountIdentifier::new(client, senders[at].clone(), salts[at].clone()).unwrap()
        });
        prop_assert_eq!(first.address() == second.address(), first == second);
    }

    #[test]
    fn chain_agnostic_names_are_read_back(
        chain in "[-a-z0-9]{3,8}:[-_a-zA-Z0-9]{1,32}", account in "[-.%a-zA-Z0-9]{1,128}",
        asset in "[-a-z0-9]{3,8}:[-.%a-zA-Z0-9]{1,128}", token in "[-.%a-zA-Z0-9]{1,78}",
    ) {
        prop_assert_eq!(chain.parse::<ChainId>().unwrap().to_string(), chain.clone());
        let account = format!("{chain}:{account}");
        prop_assert_eq!(account.parse::<AccountId>().unwrap().to_string(), account);
        let asset = format!("{chain}/{asset}");
        prop_assert_eq!(asset.parse::<AssetType>().unwrap().to_string(), asset.clone());
        let token = format!("{asset}/{token}");
        prop_assert_eq!(token.parse::<AssetId>().unwrap().to_string(), token);
    }
}
