//! Execution states with a router contract, built with `alloy-trie`, and proofs of what is there.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256, b256, keccak256};
use alloy_trie::proof::ProofRetainer;
use alloy_trie::{EMPTY_ROOT_HASH, HashBuilder, Nibbles, TrieAccount};
use causeway_client_ethereum::execution::block::{BlobFields, Header};
use causeway_client_ethereum::execution::proof::{BatchProof, StateProof};
use causeway_client_ethereum::execution::router::storage_key;
use serde_json::{Value, json};

/// Where deployed routers keep their commitments (ERC-7201 of `ibc.storage.IBCStore`).
pub const BASE_SLOT: B256 =
    b256!("0x1260944489272988d9df285149b5aa1b0f48f2136d6f416159f840a3e0747600");

/// The nodes of one key's path, root first, as `eth_getProof` lists them.
pub type Nodes = Vec<Vec<u8>>;

/// A Merkle-Patricia trie by its entries. No key may be a prefix of another.
#[derive(Clone, Debug, Default)]
pub struct Trie {
    entries: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Trie {
    /// Puts `value` at `key`, as the trie has it (hashed, where the trie hashes keys).
    pub fn insert(&mut self, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) {
        self.entries.insert(key.into(), value.into());
    }

    /// Takes away what is at `key`.
    pub fn remove(&mut self, key: &[u8]) {
        self.entries.remove(key);
    }

    /// Every key with its value, in order.
    pub fn entries(&self) -> impl Iterator<Item = (&Vec<u8>, &Vec<u8>)> {
        self.entries.iter()
    }

    /// The root.
    pub fn root(&self) -> B256 {
        self.prove(&[]).0
    }

    /// The root, and for each of `keys`, present or absent, the nodes of its path.
    pub fn prove(&self, keys: &[&[u8]]) -> (B256, Vec<Nodes>) {
        let targets: Vec<Nibbles> = keys.iter().map(Nibbles::unpack).collect();
        let mut builder =
            HashBuilder::default().with_proof_retainer(ProofRetainer::new(targets.clone()));
        for (key, value) in &self.entries {
            builder.add_leaf(Nibbles::unpack(key), value);
        }
        let root = builder.root();
        let retained = builder.take_proof_nodes();
        let path = |target: &Nibbles| -> Nodes {
            let nodes = retained.matching_nodes_sorted(target).into_iter();
            // Below the root, a node of less than 32 bytes is inside its parent.
            nodes
                .filter(|(path, node)| path.is_empty() || node.len() >= 32)
                .map(|(_, node)| node.to_vec())
                .collect()
        };
        let proofs = if root == EMPTY_ROOT_HASH {
            vec![Nodes::new(); keys.len()]
        } else {
            targets.iter().map(path).collect()
        };
        (root, proofs)
    }
}

/// A state in which a router keeps words under paths, beside other accounts and other slots that
/// give the tries a natural depth.
#[derive(Clone, Debug)]
pub struct RouterState {
    /// The router.
    pub contract: Address,
    /// Base slot of its mapping from hashed paths to words.
    pub base_slot: B256,
    storage: Trie,
    other_accounts: Trie,
}

impl Default for RouterState {
    fn default() -> Self {
        Self::with_neighbours(64, 64)
    }
}

impl RouterState {
    /// A router without words, among `accounts` other accounts, with `slots` other slots.
    pub fn with_neighbours(accounts: u64, slots: u64) -> Self {
        let mut other_accounts = Trie::default();
        for number in 0..accounts {
            let account = TrieAccount { nonce: number, ..TrieAccount::default() };
            let address = Address::left_padding_from(&number.to_be_bytes());
            other_accounts.insert(keccak256(address).as_slice(), alloy_rlp::encode(account));
        }
        let mut storage = Trie::default();
        for number in 0..slots {
            let key = keccak256(U256::from(number).to_be_bytes::<32>());
            let value = alloy_rlp::encode(U256::from_be_bytes(key.0));
            storage.insert(keccak256(key).as_slice(), value);
        }
        let contract = Address::repeat_byte(0xc0);
        Self { contract, base_slot: BASE_SLOT, storage, other_accounts }
    }

    fn trie_key(&self, path: &[u8]) -> B256 {
        keccak256(storage_key(&self.base_slot, path))
    }

    /// Keeps `word` under `path`; the zero word takes away what is there.
    pub fn set(&mut self, path: &[u8], word: [u8; 32]) {
        let (key, number) = (self.trie_key(path), U256::from_be_bytes(word));
        if number.is_zero() {
            self.storage.remove(key.as_slice());
        } else {
            self.storage.insert(key.as_slice(), alloy_rlp::encode(number));
        }
    }

    fn state(&self, storage_root: B256) -> Trie {
        let mut state = self.other_accounts.clone();
        let account = TrieAccount { nonce: 1, storage_root, ..TrieAccount::default() };
        state.insert(keccak256(self.contract).as_slice(), alloy_rlp::encode(account));
        state
    }

    /// Root of the router's storage.
    pub fn storage_root(&self) -> B256 {
        self.storage.root()
    }

    /// Root of the state.
    pub fn state_root(&self) -> B256 {
        self.state(self.storage_root()).root()
    }

    /// Nodes from the state root to `address`, present or absent.
    pub fn account_nodes(&self, address: &Address) -> Nodes {
        let state = self.state(self.storage_root());
        state.prove(&[keccak256(address).as_slice()]).1.remove(0)
    }

    /// Nodes from the storage root to what is under each path, present or absent.
    pub fn storage_nodes(&self, paths: &[&[u8]]) -> Vec<Nodes> {
        let keys: Vec<B256> = paths.iter().map(|path| self.trie_key(path)).collect();
        let keys: Vec<&[u8]> = keys.iter().map(B256::as_slice).collect();
        self.storage.prove(&keys).1
    }

    /// Proof of what is under `path`, or that nothing is.
    pub fn proof(&self, path: &[u8]) -> StateProof {
        let storage = self.storage_nodes(&[path]).remove(0);
        StateProof::new(self.account_nodes(&self.contract), storage)
    }

    /// One proof of what is under each of `paths`, in their order.
    pub fn batch_proof(&self, paths: &[&[u8]]) -> BatchProof {
        BatchProof::new(self.account_nodes(&self.contract), self.storage_nodes(paths))
    }

    /// The `eth_getProof` answer for the router and the slots of `paths`.
    pub fn answer(&self, paths: &[&[u8]]) -> Value {
        let nodes = |nodes: &Nodes| nodes.iter().map(|node| hex(node)).collect::<Vec<_>>();
        let slot = |(path, proof): (&&[u8], Nodes)| {
            let key = self.trie_key(path);
            let stored = self.storage.entries.get(key.as_slice());
            let word: U256 = stored.map_or(U256::ZERO, |rlp| alloy_rlp::decode_exact(rlp).unwrap());
            json!({
                "key": hex(storage_key(&self.base_slot, path).as_slice()),
                "value": format!("{word:#x}"),
                "proof": nodes(&proof),
            })
        };
        json!({
            "address": hex(self.contract.as_slice()),
            "accountProof": nodes(&self.account_nodes(&self.contract)),
            "balance": "0x0",
            "codeHash": hex(KECCAK256_EMPTY.as_slice()),
            "nonce": "0x1",
            "storageHash": hex(self.storage_root().as_slice()),
            "storageProof":
                paths.iter().zip(self.storage_nodes(paths)).map(slot).collect::<Value>(),
        })
    }

    /// A header of the Prague fork over this state.
    pub fn header(&self, number: u64, timestamp: u64) -> Header {
        execution_header(self.state_root(), number, timestamp)
    }
}

fn hex(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode(bytes))
}

/// A header of the Prague fork of an empty block.
pub fn execution_header(state_root: B256, number: u64, timestamp: u64) -> Header {
    Header {
        parent_hash: keccak256(number.to_be_bytes()),
        ommers_hash: keccak256([0xc0]),
        beneficiary: Address::repeat_byte(0xfe),
        state_root,
        transactions_root: EMPTY_ROOT_HASH,
        receipts_root: EMPTY_ROOT_HASH,
        logs_bloom: [0; 256].into(),
        difficulty: U256::ZERO,
        number,
        gas_limit: 36_000_000,
        gas_used: 0,
        timestamp,
        extra_data: Bytes::from_static(b"causeway"),
        mix_hash: keccak256(timestamp.to_be_bytes()),
        nonce: [0; 8].into(),
        base_fee_per_gas: Some(U256::from(7)),
        withdrawals_root: Some(EMPTY_ROOT_HASH),
        blob_fields: Some(BlobFields {
            blob_gas_used: 0,
            excess_blob_gas: 0,
            parent_beacon_block_root: B256::repeat_byte(0xbe),
        }),
        // SHA-256 of nothing: no requests (EIP-7685).
        requests_hash: Some(b256!(
            "0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        )),
    }
}
