//! SSZ objects, Beacon API documents, configurations, tries, blocks and `eth_getProof` answers.

use std::sync::OnceLock;

use alloy_primitives::{B256, keccak256};
use causeway_client_ethereum::chain::{Fork, Preset, Slot};
use causeway_client_ethereum::containers::{
    LightClientBootstrap, LightClientFinalityUpdate, LightClientOptimisticUpdate, LightClientUpdate,
};
use causeway_client_ethereum::execution::block::{Header, Receipt};
use causeway_client_ethereum::execution::rlp::{Item, Items};
use causeway_client_ethereum::execution::trie::{MAX_STATE_NODE_LEN, Nibbles, find};
use causeway_core::{Event, Message, SendPacket};
use causeway_wire_ethereum::abi::{calldata, decode_event, decode_message, encode_event};
use causeway_wire_ethereum::beacon::Reader;
use causeway_wire_ethereum::config::NetworkConfig;
use causeway_wire_ethereum::proof::AccountProof;
use causeway_wire_ethereum::transaction::{SignedTransaction, Transaction};
use k256::ecdsa::SigningKey;

use super::{is_canonical, packets::packet};
use crate::makers::ethereum::Beacon;
use crate::makers::ethereum_execution::{RouterState, execution_header};

const FORKS: [Fork; 6] =
    [Fork::Altair, Fork::Bellatrix, Fork::Capella, Fork::Deneb, Fork::Electra, Fork::Fulu];

const SLOT: Slot = Slot::new(9);

fn network() -> &'static Beacon {
    static BEACON: OnceLock<Beacon> = OnceLock::new();
    BEACON.get_or_init(|| Beacon::new(1, 1_700_000_000, 12))
}

/// An object in the form of the fork that the first byte selects.
pub(super) fn ssz(bytes: &[u8]) {
    let Some((selector, bytes)) = bytes.split_first() else { return };
    let fork = FORKS[usize::from(*selector) % FORKS.len()];
    let preset = network().config.preset;
    macro_rules! check {
        ($($object:ident)*) => {$(
            let read = $object::from_ssz(bytes, fork, preset);
            if let Ok(object) = &read {
                let _ = object.hash_tree_root(fork, preset);
            }
            is_canonical(read, |object| object.to_ssz(fork, preset), bytes);
        )*};
    }
    check!(LightClientUpdate LightClientBootstrap LightClientFinalityUpdate
        LightClientOptimisticUpdate);
    assert_ne!(preset, Preset::MAINNET, "the seeds are of a small committee");
}

pub(super) fn ssz_seeds() -> Vec<Vec<u8>> {
    let preset = network().config.preset;
    let selector = FORKS.len() - 1;
    let update = network().update(SLOT, B256::repeat_byte(1)).to_ssz(Fork::Fulu, preset);
    let (_, bootstrap) = network().bootstrap(SLOT, B256::repeat_byte(1));
    let seed = |bytes| [vec![u8::try_from(selector).unwrap()], bytes].concat();
    vec![seed(update), seed(bootstrap.to_ssz(Fork::Fulu, preset))]
}

/// Answers of the Beacon API, JSON or SSZ.
pub(super) fn beacon(bytes: &[u8]) {
    let reader = Reader { config: &network().config, blobs: &[], fork: None };
    let _ = reader.bootstrap(bytes);
    if let Ok(updates) = reader.updates(bytes) {
        assert!(updates.len() <= causeway_wire_ethereum::beacon::MAX_UPDATES);
    }
}

pub(super) fn beacon_seeds() -> Vec<Vec<u8>> {
    let bare = ssz_seeds().into_iter().map(|seed| seed[1..].to_vec());
    let json = [&br#"{"version":"fulu","data":{}}"#[..], b"[]", b"[{}]"];
    bare.chain(json.map(<[u8]>::to_vec)).collect()
}

/// Network configurations.
pub(super) fn config(bytes: &[u8]) {
    let _ = NetworkConfig::read(bytes, B256::repeat_byte(1));
}

const CONFIG: &str = "PRESET_BASE: 'minimal'
SECONDS_PER_SLOT: 6
MIN_GENESIS_TIME: 1578009600
GENESIS_DELAY: 300
GENESIS_FORK_VERSION: 0x00000001
ALTAIR_FORK_VERSION: 0x01000001
ALTAIR_FORK_EPOCH: 0
FULU_FORK_VERSION: 0x06000001
FULU_FORK_EPOCH: 18446744073709551615
DEPOSIT_CHAIN_ID: 5
";

pub(super) fn config_seeds() -> Vec<Vec<u8>> {
    vec![CONFIG.into(), br#"{"data":{"SECONDS_PER_SLOT":"12","BLOB_SCHEDULE":[]}}"#.to_vec()]
}

/// Splits the input into nodes: one byte says where the key ends, two how long each node is.
fn key_and_nodes(bytes: &[u8]) -> (&[u8], Vec<&[u8]>) {
    let Some((key_len, rest)) = bytes.split_first() else { return (&[], Vec::new()) };
    let (key, mut rest) = rest.split_at(usize::from(key_len % 33).min(rest.len()));
    let mut nodes = Vec::new();
    while let [high, low, after @ ..] = rest {
        let len = usize::from(u16::from_be_bytes([*high, *low])).min(after.len());
        let (node, after) = after.split_at(len);
        nodes.push(node);
        rest = after;
    }
    (key, nodes)
}

/// Nodes under the root that they themselves make: only decoding and the walk can refuse. What a
/// proof shows, fewer nodes do not show.
pub(super) fn trie(bytes: &[u8]) {
    let (key, nodes) = key_and_nodes(bytes);
    let Some(first) = nodes.first() else { return };
    let root = keccak256(first);
    let shown = find(&root, Nibbles::of(key), &nodes, MAX_STATE_NODE_LEN);
    if shown.is_ok() {
        let fewer = &nodes[..nodes.len() - 1];
        assert!(find(&root, Nibbles::of(key), fewer, MAX_STATE_NODE_LEN).is_err());
    }
    for node in nodes {
        let _ = find(&keccak256(node), Nibbles::of(key), &[node], MAX_STATE_NODE_LEN);
    }
}

fn router() -> &'static RouterState {
    static ROUTER: OnceLock<RouterState> = OnceLock::new();
    ROUTER.get_or_init(|| {
        let mut router = RouterState::with_neighbours(20, 3);
        router.set(PATH, [5; 32]);
        router
    })
}

const PATH: &[u8] = b"client-0\x01\0\0\0\0\0\0\0\x01";

pub(super) fn trie_seeds() -> Vec<Vec<u8>> {
    let contract = router().contract;
    let key = keccak256(contract);
    let mut seed = vec![32];
    seed.extend(key);
    for node in router().account_nodes(&contract) {
        seed.extend(u16::try_from(node.len()).unwrap().to_be_bytes());
        seed.extend(node);
    }
    // A branch of two embedded leaves.
    let small = b"\x01\x12\x00\x17\xd6\x80\xc2\x32\x07\xc2\x33\x08\
        \x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80";
    vec![seed, small.to_vec()]
}

/// Headers, receipts, and RLP as such.
pub(super) fn block(bytes: &[u8]) {
    is_canonical(Header::decode(bytes), Header::encode, bytes);
    is_canonical(Receipt::decode(bytes), Receipt::encode, bytes);
    if let Ok(Item::List(payload)) = Item::decode("item", bytes) {
        let (mut items, mut read) = (Items::new("item", payload), 0);
        while let Ok((encoding, _)) = items.next_item() {
            read += encoding.len();
        }
        assert!(read <= payload.len());
    }
}

pub(super) fn block_seeds() -> Vec<Vec<u8>> {
    use causeway_client_ethereum::execution::block::{Log, Outcome, TxType};
    let header = execution_header(B256::repeat_byte(1), 9, 1_700_000_000);
    let london = Header { withdrawals_root: None, ..header.clone() };
    let receipt = Receipt {
        tx_type: TxType::DynamicFee,
        outcome: Outcome::Success,
        cumulative_gas_used: 21_000,
        logs_bloom: [0; 256].into(),
        logs: vec![Log {
            address: [9; 20].into(),
            topics: vec![B256::repeat_byte(2); 2],
            data: vec![3; 40].into(),
        }],
    };
    vec![header.encode(), london.encode(), receipt.encode()]
}

/// An answer under a trusted state root proves what it says, or nothing.
pub(super) fn answer(bytes: &[u8]) {
    static HONEST: OnceLock<(B256, AccountProof)> = OnceLock::new();
    let (root, honest) = HONEST.get_or_init(|| {
        let answer = router().answer(&[PATH]).to_string();
        (router().state_root(), AccountProof::from_json(answer.as_bytes()).unwrap())
    });
    let Ok(proof) = AccountProof::from_json(bytes) else { return };
    let Ok(proven) = proof.verify(root, &mut ()) else { return };
    if proof.address == honest.address {
        assert_eq!(proof.claimed, honest.claimed);
    }
    for (key, word) in proven.storage {
        if key == honest.storage[0].key {
            assert_eq!(word, Some(B256::repeat_byte(5)));
        }
    }
}

pub(super) fn answer_seeds() -> Vec<Vec<u8>> {
    let answer = router().answer(&[PATH, b"absent"]);
    let proof = AccountProof::from_json(answer.to_string().as_bytes()).unwrap();
    proof.verify(&router().state_root(), &mut ()).unwrap();
    let envelope = serde_json::json!({"jsonrpc": "2.0", "id": 1, "result": answer});
    vec![answer.to_string().into(), envelope.to_string().into()]
}

/// Signed transactions.
pub(super) fn transaction(bytes: &[u8]) {
    is_canonical(SignedTransaction::decode(bytes), SignedTransaction::encode, bytes);
}

pub(super) fn transaction_seeds() -> Vec<Vec<u8>> {
    let key = SigningKey::from_slice(&[7; 32]).unwrap();
    let signed = |input: &[u8]| {
        let input = input.to_vec().into();
        let transaction = Transaction { chain_id: 1, gas_limit: 21_000, input, ..sent() };
        transaction.sign(&key).unwrap().encode()
    };
    vec![signed(&[]), signed(&calldata(&sending()))]
}

fn sent() -> Transaction {
    Transaction { to: Some([9; 20].into()), ..Transaction::default() }
}

/// Calls of the router and logs of it, which begin with three topics.
pub(super) fn call(bytes: &[u8]) {
    if let Ok(Some(message)) = decode_message(bytes) {
        assert_eq!(decode_message(&calldata(&message)).unwrap(), Some(message));
    }
    let Some((topics, data)) = bytes.split_at_checked(96) else { return };
    let topics: Vec<B256> = topics.chunks(32).map(B256::from_slice).collect();
    if let Ok(Some(event)) = decode_event(&topics, data) {
        let logs = encode_event(&event);
        assert_eq!(logs.len(), 1);
        assert_eq!((logs[0].topics(), &logs[0].data[..]), (&topics[..], data));
    }
}

fn sending() -> Message {
    Message::SendPacket(SendPacket {
        source_client: packet().source_client,
        timeout_timestamp: 9,
        payloads: packet().payloads,
    })
}

pub(super) fn call_seeds() -> Vec<Vec<u8>> {
    let log = encode_event(&Event::PacketSent { packet: packet() }).remove(0);
    let topics: Vec<u8> = log.topics().iter().flat_map(|topic| topic.0).collect();
    vec![calldata(&sending()), [topics, log.data.to_vec()].concat()]
}
