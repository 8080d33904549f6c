//! The plainest family there could be, for rules of the contracts that no real family reaches: a
//! header is good when it knows a word, a state root is the hash of everything, and a proof lists
//! everything.

use std::collections::BTreeMap;
use std::time::Duration;

use causeway_core::{
    Any, CreateClient, DecodeError, Height, MerklePath, MerklePrefix, PacketPath, Recourse,
    Refusal, Timestamp, decode_protobuf,
};
use causeway_light_client::{
    Advance, AnyCodec, ClientTypes, ClientView, Entry, LightClient, ProofCodec, ProofContext,
    ProofVerifier, Status, Verdict,
};
use prost::Message;
use sha2::{Digest, Sha256};

use super::{Family, Traces};
use crate::host::Customs;

#[derive(Clone, PartialEq, Eq, Message)]
pub struct ClientState {
    #[prost(uint64, tag = "1")]
    pub chain: u64,
    #[prost(uint64, tag = "2")]
    pub latest: u64,
    #[prost(uint64, tag = "3")]
    pub trusting_period_secs: u64,
    #[prost(bool, tag = "4")]
    pub is_frozen: bool,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub struct ConsensusState {
    #[prost(bytes = "vec", tag = "1")]
    pub root: Vec<u8>,
    #[prost(uint64, tag = "2")]
    pub nanos: u64,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub struct Header {
    #[prost(uint64, tag = "1")]
    pub chain: u64,
    #[prost(uint64, tag = "2")]
    pub height: u64,
    #[prost(message, optional, tag = "3")]
    pub state: Option<ConsensusState>,
    #[prost(bytes = "vec", tag = "4")]
    pub seal: Vec<u8>,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub struct Proof {
    #[prost(bytes = "vec", repeated, tag = "1")]
    pub keys: Vec<Vec<u8>>,
    #[prost(bytes = "vec", repeated, tag = "2")]
    pub values: Vec<Vec<u8>>,
}

macro_rules! any_codec {
    ($($name:ident: $url:literal),+) => {$(
        impl AnyCodec for $name {
            fn from_any(any: &Any) -> Result<Self, DecodeError> {
                any.unpack("listing", $url)
            }

            fn to_any(&self) -> Any {
                Any::pack($url, self)
            }
        }
    )+};
}

any_codec! {
    ClientState: "/listing.ClientState",
    ConsensusState: "/listing.ConsensusState",
    Header: "/listing.Header"
}

impl ProofCodec for Proof {
    fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        decode_protobuf("listing_proof", bytes, 1 << 20)
    }

    fn to_bytes(&self) -> Vec<u8> {
        self.encode_to_vec()
    }
}

/// Why something is refused.
#[derive(Debug, thiserror::Error)]
#[error("listing: {0}")]
pub struct Refused(String);

impl Refusal for Refused {
    fn code(&self) -> std::borrow::Cow<'static, str> {
        self.0.clone().into()
    }

    fn recourse(&self) -> Recourse {
        Recourse::Reject
    }

    fn detail(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

impl From<DecodeError> for Refused {
    fn from(error: DecodeError) -> Self {
        Self(error.code().into_owned())
    }
}

fn refuse<T>(code: &str) -> Result<T, Refused> {
    Err(Refused(code.into()))
}

impl Header {
    fn expected_seal(&self) -> Vec<u8> {
        let unsealed = Self { seal: Vec::new(), ..self.clone() };
        Sha256::digest([b"the word", &*unsealed.encode_to_vec()].concat()).to_vec()
    }

    #[must_use]
    pub fn seal(mut self) -> Self {
        self.seal = self.expected_seal();
        self
    }
}

impl Proof {
    fn of(listing: &BTreeMap<Vec<u8>, Vec<u8>>) -> Self {
        Self {
            keys: listing.keys().cloned().collect(),
            values: listing.values().cloned().collect(),
        }
    }

    fn root(&self) -> Vec<u8> {
        Sha256::digest(self.encode_to_vec()).to_vec()
    }

    fn open(&self, root: &[u8], path: &MerklePath) -> Result<Option<Vec<u8>>, Refused> {
        if self.root() != root || self.keys.len() != self.values.len() {
            return refuse("listing_root_mismatch");
        }
        let [key] = path.elements() else {
            return refuse("listing_path");
        };
        let index = self.keys.iter().position(|other| other == key);
        Ok(index.map(|index| self.values[index].clone()))
    }
}

#[derive(Debug)]
pub struct Client;

impl ClientTypes for Client {
    const CLIENT_TYPE: &'static str = "00-listing";
    type ClientState = ClientState;
    type ConsensusState = ConsensusState;
    type ClientMessage = Header;
    type StateProof = Proof;
    type BatchProof = Proof;
    type Error = Refused;

    fn latest_height(client_state: &ClientState) -> Height {
        Height::from_block(client_state.latest)
    }

    fn timestamp(consensus_state: &ConsensusState) -> Timestamp {
        Timestamp::from_nanos(consensus_state.nanos)
    }

    fn trusting_period(state: &ClientState) -> Option<Duration> {
        Some(Duration::from_secs(state.trusting_period_secs))
    }
}

impl LightClient for Client {
    fn initialise(
        client_state: ClientState,
        consensus_state: ConsensusState,
        _now: Timestamp,
    ) -> Result<Advance<Self>, Refused> {
        // An empty root stands for a client that forgets to say where it starts.
        let height = Height::from_block(client_state.latest);
        let start = (!consensus_state.root.is_empty()).then_some(consensus_state);
        Ok(Advance { client_state, consensus_states: vec![(height, start)], records: Vec::new() })
    }

    fn status(view: &impl ClientView<Self>, now: Timestamp) -> Status {
        let state = view.client_state();
        let latest = view.consensus_state(Height::from_block(state.latest));
        match latest {
            _ if state.is_frozen => Status::Frozen,
            Some(latest) if !Self::is_expired(state, &latest, now) => Status::Active,
            _ => Status::Expired,
        }
    }

    fn verify_client_message(
        view: &impl ClientView<Self>,
        header: &Header,
        _now: Timestamp,
    ) -> Result<Verdict<Self>, Refused> {
        let mut state = view.client_state().clone();
        let known = view.consensus_state(Height::from_block(header.height));
        if header.chain != state.chain || header.seal != header.expected_seal() {
            return refuse("listing_seal_mismatch");
        }
        if known.is_some() && known == header.state {
            return Ok(Verdict::AlreadyKnown);
        }
        if known.is_some() {
            state.is_frozen = true;
            return Ok(Verdict::Misbehaviour(state));
        }
        state.latest = state.latest.max(header.height);
        let height = Height::from_block(header.height);
        Ok(Verdict::Advance(Advance {
            client_state: state,
            consensus_states: vec![(height, header.state.clone())],
            records: Vec::new(),
        }))
    }

    fn recover(subject: &ClientState, substitute: &ClientState) -> Result<ClientState, Refused> {
        if subject.chain != substitute.chain {
            return refuse("listing_other_chain");
        }
        Ok(substitute.clone())
    }
}

impl ProofVerifier for Client {
    fn verify_membership(
        context: &ProofContext<'_, Self>,
        proof: &Proof,
        entry: &Entry,
    ) -> Result<(), Refused> {
        match proof.open(&context.consensus_state.root, &entry.path)? {
            Some(value) if value == entry.value => Ok(()),
            Some(_) => refuse("listing_value_mismatch"),
            None => refuse("listing_key_absent"),
        }
    }

    fn verify_non_membership(
        context: &ProofContext<'_, Self>,
        proof: &Proof,
        path: &MerklePath,
    ) -> Result<(), Refused> {
        match proof.open(&context.consensus_state.root, path)? {
            Some(_) => refuse("listing_key_present"),
            None => Ok(()),
        }
    }

    fn verify_memberships(
        context: &ProofContext<'_, Self>,
        proof: &Proof,
        entries: &[Entry],
    ) -> Result<(), Refused> {
        entries.iter().try_for_each(|entry| Self::verify_membership(context, proof, entry))
    }
}

/// What was provable, and when.
struct Block {
    listing: BTreeMap<Vec<u8>, Vec<u8>>,
    time: Timestamp,
}

/// A chain of this family: a block for each commit.
pub struct Listing {
    chain: u64,
    blocks: Vec<Block>,
}

impl Listing {
    pub fn new(chain: u64) -> Self {
        Self { chain, blocks: Vec::new() }
    }

    fn proof(&self, height: Height) -> Proof {
        Proof::of(&self.block(height.height()).listing)
    }

    fn block(&self, height: u64) -> &Block {
        &self.blocks[usize::try_from(height).unwrap() - 1]
    }

    pub fn header(&self, height: u64) -> Header {
        let time = self.block(height).time;
        let root = self.proof(Height::from_block(height)).root();
        let state = Some(ConsensusState { root, nanos: time.nanos() });
        Header { chain: self.chain, height, state, seal: Vec::new() }.seal()
    }
}

impl Family for Listing {
    fn customs(&self) -> Customs {
        Customs { address_prefix: "list1", client_prefix: None, receipt: |_| vec![2] }
    }

    fn prefix(&self) -> MerklePrefix {
        MerklePrefix::new(vec![b"listing/".to_vec()]).unwrap()
    }

    fn commit(&mut self, traces: &Traces, now: Timestamp) -> Timestamp {
        let key = |path: &PacketPath| [b"listing/", &*path.to_bytes()].concat();
        let listing = traces.iter().map(|(path, value)| (key(path), value.clone())).collect();
        self.blocks.push(Block { listing, time: now });
        now
    }

    fn head(&self) -> Height {
        Height::from_block(self.blocks.len() as u64)
    }

    fn chain_time(&self, now: Timestamp) -> Timestamp {
        now
    }

    fn new_client(&self, trusting_period: Duration) -> CreateClient {
        let latest = self.head().height();
        let client_state = ClientState {
            chain: self.chain,
            latest,
            trusting_period_secs: trusting_period.as_secs(),
            is_frozen: false,
        };
        let consensus_state = self.header(latest).state.unwrap();
        CreateClient {
            client_state: client_state.to_any(),
            consensus_state: consensus_state.to_any(),
        }
    }

    fn updates(&self, trusted: Height) -> Vec<Any> {
        let is_new = trusted < self.head();
        is_new.then(|| self.header(self.head().height()).to_any()).into_iter().collect()
    }

    fn membership(&self, height: Height, _path: &PacketPath) -> Vec<u8> {
        self.proof(height).to_bytes()
    }

    fn non_membership(&self, height: Height, _path: &PacketPath) -> Vec<u8> {
        self.proof(height).to_bytes()
    }

    fn memberships(&self, height: Height, _paths: &[PacketPath]) -> Vec<u8> {
        self.proof(height).to_bytes()
    }

    fn forged_update(&self, _trusted: Height) -> Any {
        let mut header = self.header(self.head().height());
        header.height += 1;
        header.to_any()
    }

    fn misbehaviour(&self, trusted: Height) -> Vec<Any> {
        let mut header = self.header(trusted.height());
        header.state.as_mut().unwrap().root[0] ^= 1;
        vec![header.seal().to_any()]
    }
}
