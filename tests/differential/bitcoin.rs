//! Beside the `bitcoin` crate. Where the two differ, the test names the rule and who is right.

use alloy_primitives::U256;
use bitcoin::absolute::LockTime;
use bitcoin::block::{Header as PeerHeader, Version};
use bitcoin::consensus::{deserialize, serialize};
use bitcoin::hashes::Hash;
use bitcoin::merkle_tree::{MerkleBlock as PeerBlock, calculate_root};
use bitcoin::params::MAINNET;
use bitcoin::transaction::Version as TransactionVersion;
use bitcoin::{
    Amount, Block, CompactTarget as PeerBits, OutPoint, ScriptBuf, Sequence, Target as PeerTarget,
    Transaction as PeerTransaction, TxIn, TxMerkleNode, TxOut, Txid as PeerTxid, Witness,
};
use causeway_client_bitcoin::{
    CompactTarget, Header, MerkleBlock, MerkleNode, Network, Target, Transaction, hash_headers,
    merkle, retarget, witness_commitment,
};
use causeway_core::Refusal;
use causeway_tests::makers::bitcoin::{Branch, scaled};
use proptest::collection::vec;
use proptest::prelude::*;

fn ours(target: PeerTarget) -> Target {
    Target(U256::from_be_bytes(target.to_be_bytes()))
}

/// Bits whose size byte is near the interesting ones as often as not.
fn any_bits() -> impl Strategy<Value = u32> {
    prop_oneof![
        any::<u32>(),
        (0_u32..40, any::<u32>()).prop_map(|(size, digits)| { size << 24 | digits & 0x00ff_ffff })
    ]
}

proptest! {
    /// The peer differs on bits that no valid header has, and Bitcoin Core's `SetCompact` is right:
    /// with a size of three or less the peer shifts the sign bit along with the digits, which turns
    /// negative numbers into positive ones; and it has no notion of overflow.
    #[test]
    fn targets_agree_on_all_bits_that_are_targets(bits in any_bits()) {
        let peer = ours(PeerTarget::from_compact(PeerBits::from_consensus(bits)));
        let expansion = CompactTarget(bits).expand();
        let has_sign_bit = bits & 0x0080_0000 != 0;
        if has_sign_bit && bits >> 24 > 3 {
            prop_assert_eq!(peer.0, U256::ZERO, "the peer's way to say negative");
            prop_assert_eq!(expansion.negative, bits & 0x007f_ffff != 0);
        } else if has_sign_bit {
            let without = CompactTarget(bits & !0x0080_0000).expand();
            prop_assert_eq!(expansion.target, without.target);
        } else if !expansion.overflow {
            prop_assert_eq!(peer, expansion.target);
        }
    }

    #[test]
    fn compact_forms_and_work_agree(limbs in any::<[u64; 4]>(), shift in 0_usize..256) {
        let target = Target(U256::from_limbs(limbs).wrapping_shr(shift));
        let peer = PeerTarget::from_be_bytes(target.0.to_be_bytes());
        prop_assert_eq!(target.to_compact().0, peer.to_compact_lossy().to_consensus());
        // Of a target of one the peer says that its work is 2^256 - 1; the formula gives 2^255.
        if target.0 > U256::ONE {
            let work = U256::from_be_bytes(peer.to_work().to_be_bytes());
            prop_assert_eq!(target.work().0, work);
        }
    }

    /// The peer takes the timespan as an unsigned number: a period that ends before it began looks
    /// very long to it, and very short to Bitcoin Core, whose arithmetic is signed.
    #[test]
    fn retargets_agree_when_time_goes_forwards(
        digits in 0x8000_u32..0x80_0000,
        size in 4_u32..0x1d,
        first in any::<u32>(),
        elapsed in -10_000_000_i64..10_000_000,
    ) {
        let base = CompactTarget(size << 24 | digits);
        let last = u32::try_from((i64::from(first) + elapsed).clamp(0, u32::MAX.into())).unwrap();
        let elapsed = i64::from(last) - i64::from(first);
        let got = retarget(&Network::mainnet(), base, first, last);
        let peer = |span| {
            PeerBits::from_next_work_required(PeerBits::from_consensus(base.0), span, &MAINNET)
        };
        if let Ok(span) = u64::try_from(elapsed) {
            prop_assert_eq!(got.0, peer(span).to_consensus());
        } else {
            prop_assert_eq!(got.0, peer(0).to_consensus());
            let wrapped = peer(u64::from(last).wrapping_sub(first.into())).to_consensus();
            prop_assert_ne!(got.0, wrapped, "what the peer makes of it");
        }
    }

    #[test]
    fn headers_agree(raw in vec(any::<[u8; 32]>(), 1..40)) {
        let raw: Vec<[u8; 80]> = raw
            .iter()
            .map(|seed| core::array::from_fn(|i| seed[i % 32] ^ u8::try_from(i).unwrap()))
            .collect();
        let mut hashes = vec![causeway_client_bitcoin::BlockHash::default(); raw.len()];
        hash_headers(&raw, &mut hashes);
        for (raw, hash) in raw.iter().zip(hashes) {
            let peer: PeerHeader = deserialize(raw).unwrap();
            let header = Header::from_bytes(raw);
            prop_assert_eq!(peer.block_hash().to_byte_array(), hash.0);
            prop_assert_eq!(peer.block_hash().to_string(), header.hash().to_string());
            prop_assert_eq!(peer.version.to_consensus(), header.version);
            prop_assert_eq!(peer.merkle_root.to_byte_array(), header.merkle_root.0);
            prop_assert_eq!((peer.time, peer.nonce), (header.time, header.nonce));
            let meets = |target: Target| target.is_met_by(&hash);
            let target = PeerTarget::from_be_bytes(raw[..32].try_into().unwrap());
            prop_assert_eq!(target.is_met_by(peer.block_hash()), meets(ours(target)));
        }
    }

    #[test]
    fn merkle_roots_agree(leaves in vec(any::<[u8; 32]>(), 1..70)) {
        let peer = calculate_root(leaves.iter().map(|leaf| TxMerkleNode::from_byte_array(*leaf)));
        let leaves: Vec<_> = leaves.into_iter().map(MerkleNode).collect();
        prop_assert_eq!(merkle::root(&leaves).unwrap().0, peer.unwrap().to_byte_array());
    }

    /// Pruned trees as the peer makes them, and with a byte changed. Ours refuses three more, and
    /// accepts nothing that the peer refuses: padding other than zero (a second encoding of the
    /// same proof), a tree that shows nothing, and a node that is the hash of a transaction.
    #[test]
    fn merkleblocks_agree(
        (leaves, matches) in (1_usize..40).prop_flat_map(|count| {
            (vec(any::<[u8; 32]>(), count), vec(any::<bool>(), count))
        }),
        spoil in proptest::option::of((80_usize..4000, 1_u8..)),
    ) {
        let txids: Vec<_> = leaves.iter().map(|leaf| PeerTxid::from_byte_array(*leaf)).collect();
        let nodes: Vec<_> = leaves.iter().copied().map(MerkleNode).collect();
        let header = PeerHeader {
            version: Version::TWO,
            prev_blockhash: bitcoin::BlockHash::all_zeros(),
            merkle_root: TxMerkleNode::from_byte_array(merkle::root(&nodes).unwrap().0),
            time: 0,
            bits: PeerBits::from_consensus(0),
            nonce: 0,
        };
        let chosen = txids.iter().zip(&matches).filter(|(_, chosen)| **chosen);
        let shown: Vec<_> = chosen.map(|(txid, _)| *txid).collect();
        let peer = PeerBlock::from_header_txids_with_predicate(&header, &txids, |txid| {
            shown.contains(txid)
        });
        let mut bytes = serialize(&peer);
        if let Some((at, mask)) = spoil {
            let len = bytes.len();
            bytes[80 + at % (len - 80)] ^= mask;
        }
        let (mut txids, mut indexes) = (Vec::new(), Vec::new());
        let peer = deserialize::<PeerBlock>(&bytes)
            .ok()
            .and_then(|peer| peer.extract_matches(&mut txids, &mut indexes).ok());
        let ours = MerkleBlock::from_bytes(&bytes)
            .map_err(|error| error.code().into_owned())
            .and_then(|block| {
                block.verify(block.header(), &mut ()).map_err(|error| error.code().into_owned())
            });
        match (ours, peer) {
            (Ok(ours), Some(())) => {
                let got: Vec<_> = ours.iter().map(|m| (m.txid.0, m.index)).collect();
                let txids = txids.iter().map(|txid| txid.to_byte_array());
                prop_assert_eq!(got, txids.zip(indexes).collect::<Vec<_>>());
            }
            (Err(_), None) => (),
            (Err(code), Some(())) => {
                let stricter = [
                    "merkleblock_unused_flags",
                    "merkleblock_shows_nothing",
                    "merkle_inner_node_is_transaction",
                ];
                prop_assert!(stricter.contains(&&*code), "{}", code);
            }
            (Ok(_), None) => prop_assert!(false, "accepted what the peer refuses"),
        }
    }

    /// Transactions as the peer writes them, and with a byte changed. Ours refuses what no block
    /// can have: amounts beyond all money, and no outputs.
    #[test]
    fn transactions_agree(
        transaction in any_transaction(),
        spoil in proptest::option::of((any::<prop::sample::Index>(), 1_u8..)),
    ) {
        let mut bytes = serialize(&transaction);
        if let Some((at, mask)) = spoil {
            let at = at.index(bytes.len());
            bytes[at] ^= mask;
        }
        let peer = deserialize::<PeerTransaction>(&bytes);
        match (Transaction::from_bytes(&bytes), peer) {
            (Ok(ours), Ok(peer)) => {
                prop_assert_eq!(ours.txid.0, peer.compute_txid().to_byte_array());
                prop_assert_eq!(ours.wtxid.0, peer.compute_wtxid().to_byte_array());
                prop_assert_eq!(ours.stripped_len, peer.base_size());
                prop_assert_eq!(ours.lock_time, peer.lock_time.to_consensus_u32());
                let scripts: Vec<_> =
                    peer.output.iter().map(|output| output.script_pubkey.as_bytes()).collect();
                let got: Vec<_> = ours.outputs.iter().map(|output| output.script).collect();
                prop_assert_eq!(got, scripts);
            }
            (Err(_), Err(_)) => (),
            (Err(error), Ok(peer)) => {
                let most = Amount::MAX_MONEY.to_sat();
                let sum = peer.output.iter().try_fold(0_u64, |sum, output| {
                    sum.checked_add(output.value.to_sat()).filter(|sum| *sum <= most)
                });
                let impossible = peer.input.is_empty() || peer.output.is_empty() || sum.is_none();
                prop_assert!(impossible, "{}", error);
            }
            (Ok(_), Err(error)) => prop_assert!(false, "accepted what the peer refuses: {}", error),
        }
    }

    /// The witness commitment of a whole block of the peer's.
    #[test]
    fn witness_commitments_agree(mut spends in vec(any_transaction(), 0..9), reserved: [u8; 32]) {
        let mut witness = Witness::new();
        witness.push(reserved);
        let coinbase = PeerTransaction {
            version: TransactionVersion::TWO,
            lock_time: LockTime::ZERO,
            input: vec![TxIn {
                previous_output: OutPoint::null(),
                script_sig: ScriptBuf::from_bytes(vec![1, 1, 1]),
                sequence: Sequence::MAX,
                witness,
            }],
            output: vec![],
        };
        spends.insert(0, coinbase);
        let header: PeerHeader = deserialize(&scaled().rules().genesis.to_bytes()).unwrap();
        let mut block = Block { header, txdata: spends };
        let root = block.witness_root().unwrap();
        let commitment = Block::compute_witness_commitment(&root, &reserved);
        let mut script = vec![0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed];
        script.extend(commitment.to_byte_array());
        let decoy = [[0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed].as_slice(), &[7; 32]].concat();
        block.txdata[0].output = [decoy, script]
            .map(ScriptBuf::from_bytes)
            .map(|script_pubkey| TxOut { value: Amount::ZERO, script_pubkey })
            .to_vec();
        prop_assert!(block.check_witness_commitment());
        let bytes = serialize(&block.txdata[0]);
        let coinbase = Transaction::from_bytes(&bytes).unwrap();
        let ours = witness_commitment(&coinbase).unwrap();
        prop_assert_eq!(ours.committed.0, commitment.to_byte_array());
        prop_assert_eq!(ours.reserved, reserved);
        prop_assert_eq!(ours.of(MerkleNode(root.to_byte_array())), ours.committed);
    }
}

fn any_transaction() -> impl Strategy<Value = PeerTransaction> {
    let witness = prop_oneof![Just(vec![]), vec(vec(any::<u8>(), 0..80), 0..4)];
    let input = (any::<[u8; 32]>(), any::<u32>(), vec(any::<u8>(), 0..300), witness).prop_map(
        |(txid, vout, script, witness)| TxIn {
            previous_output: OutPoint { txid: PeerTxid::from_byte_array(txid), vout },
            script_sig: ScriptBuf::from_bytes(script),
            sequence: Sequence::MAX,
            witness: Witness::from_slice(&witness),
        },
    );
    let output =
        (0_u64..2_100_000_000_000_000, vec(any::<u8>(), 0..300)).prop_map(|(value, script)| {
            TxOut { value: Amount::from_sat(value), script_pubkey: ScriptBuf::from_bytes(script) }
        });
    (vec(input, 1..4), vec(output, 1..4), any::<u32>()).prop_map(|(input, output, lock_time)| {
        PeerTransaction {
            version: TransactionVersion::TWO,
            lock_time: LockTime::from_consensus(lock_time),
            input,
            output,
        }
    })
}

/// Our maker's headers are headers to the peer, with work and difficulty that it agrees with.
#[test]
fn mined_headers_are_the_peers_too() {
    let mut branch = Branch::new(&scaled());
    branch.grow(20);
    let mut sum = U256::from_be_bytes(
        deserialize::<PeerHeader>(&scaled().rules().genesis.to_bytes())
            .unwrap()
            .work()
            .to_be_bytes(),
    );
    for raw in &branch.headers {
        let peer: PeerHeader = deserialize(raw).unwrap();
        assert!(peer.validate_pow(peer.target()).is_ok());
        sum += U256::from_be_bytes(peer.work().to_be_bytes());
    }
    assert_eq!(sum, branch.tip.chainwork.0);
}
