//! Beacon blocks by slot, with sync committees that really sign. A block is a function of its slot
//! and of the execution state under it, so that any of them can be made when it is asked for.

use alloy_primitives::{B256, keccak256};
use blst::min_pk::{AggregatePublicKey, AggregateSignature, PublicKey, SecretKey, Signature};
use causeway_client_ethereum::chain::{
    ChainConfig, Epoch, Fork, ForkActivation, ForkSchedule, Preset, Slot, Version,
};
use causeway_client_ethereum::containers::{
    BeaconBlockHeader, Branch, ExecutionPayloadHeader, LightClientBootstrap, LightClientHeader,
    LightClientUpdate, ParticipationBits, PublicKeyBytes, PublicKeys, SignatureBytes,
    SyncAggregate, SyncCommittee,
};
use sha2::{Digest, Sha256};

/// Seats of a committee under the minimal preset.
const SEATS: usize = 32;
/// Different members, each with several seats: members are drawn with replacement.
const MEMBERS: u64 = 4;
/// Committees before they come again.
const COMMITTEES: u64 = 3;

/// The tag of sync committee signatures.
const DST: &[u8] = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";

/// The newest fork.
const FORK: Fork = Fork::Fulu;

struct Committee {
    secrets: Vec<SecretKey>,
    keys: SyncCommittee,
}

impl Committee {
    fn new(seed: u64) -> Self {
        let secret = |member: u64| {
            let seed = keccak256([seed.to_be_bytes(), member.to_be_bytes()].concat());
            SecretKey::key_gen(seed.as_slice(), &[]).unwrap()
        };
        let secrets: Vec<_> = (0..MEMBERS).map(secret).collect();
        let seats: Vec<PublicKey> =
            secrets.iter().cycle().take(SEATS).map(SecretKey::sk_to_pk).collect();
        let sum = AggregatePublicKey::aggregate(&seats.iter().collect::<Vec<_>>(), false);
        let bytes = |key: &PublicKey| PublicKeyBytes::new(key.compress());
        let keys = SyncCommittee {
            pubkeys: PublicKeys(seats.iter().map(bytes).collect()),
            aggregate_pubkey: bytes(&sum.unwrap().to_public_key()),
        };
        Self { secrets, keys }
    }

    /// What all of them sign.
    fn sign(&self, message: B256) -> SyncAggregate {
        let sign = |secret: &SecretKey| secret.sign(message.as_slice(), DST, &[]);
        let signatures: Vec<Signature> = self.secrets.iter().map(sign).collect();
        let seats: Vec<_> = signatures.iter().cycle().take(SEATS).collect();
        let sum = AggregateSignature::aggregate(&seats, false).unwrap().to_signature();
        SyncAggregate {
            sync_committee_bits: ParticipationBits(vec![0xff; SEATS / 8]),
            sync_committee_signature: SignatureBytes::new(sum.compress()),
        }
    }
}

/// A network and its committees.
pub struct Beacon {
    pub config: ChainConfig,
    committees: Vec<Committee>,
    strangers: Committee,
}

impl Beacon {
    /// A network on which period 1 begins at `start`, with slots of this length.
    pub fn new(number: u8, start: u64, seconds_per_slot: u64) -> Self {
        let preset = Preset::MINIMAL;
        let fork = |(number, fork): (u32, Fork)| ForkActivation {
            number: fork.number(),
            epoch: Epoch::new(0),
            version: Version::new([fork.name().as_bytes()[0], 0, 0, number.try_into().unwrap()]),
        };
        let config = ChainConfig {
            chain_id: 1_000 + u64::from(number),
            genesis_time: start - seconds_per_slot * preset.slots_per_period(),
            genesis_validators_root: keccak256([number]),
            seconds_per_slot,
            preset,
            forks: ForkSchedule::new(Version::ZERO, (1..).zip(Fork::all()).map(fork).collect())
                .unwrap(),
        };
        let seed = u64::from(number) * 1_000;
        let committees = (0..COMMITTEES).map(|it| Committee::new(seed + it)).collect();
        Self { config, committees, strangers: Committee::new(seed + 999) }
    }

    fn committee_at(&self, period: u64) -> &Committee {
        &self.committees[usize::try_from(period % COMMITTEES).unwrap()]
    }

    fn period(&self, slot: Slot) -> u64 {
        self.config.preset.period(slot).get()
    }

    fn committee_root(&self, period: u64) -> B256 {
        self.committee_at(period).keys.hash_tree_root(FORK, self.config.preset)
    }

    /// Root of the committee that signs at a slot.
    pub fn current_committee(&self, slot: Slot) -> B256 {
        self.committee_root(self.period(slot))
    }

    /// The keys of the committee that signs at a slot.
    pub fn current_keys(&self, slot: Slot) -> SyncCommittee {
        self.committee_at(self.period(slot)).keys.clone()
    }

    /// A block over an execution state, whose state holds another block final.
    fn block(&self, slot: Slot, state_root: B256, finalized: B256) -> (LightClientHeader, Tree) {
        let preset = self.config.preset;
        let execution = ExecutionPayloadHeader {
            parent_hash: keccak256(slot.get().to_be_bytes()),
            state_root,
            block_number: slot.get(),
            gas_limit: 36_000_000,
            timestamp: self.config.start_of(slot),
            block_hash: keccak256([state_root.0, B256::from(keccak256([7])).0].concat()),
            ..ExecutionPayloadHeader::default()
        };
        let layout = FORK.layout();
        let payload = layout.execution.unwrap().payload.get();
        let body = Tree::new(&[(payload, execution.hash_tree_root(FORK, preset))]);
        let period = self.period(slot);
        let state = Tree::new(&[
            (layout.finalized_root.get(), finalized),
            (layout.current_sync_committee.get(), self.committee_root(period)),
            (layout.next_sync_committee.get(), self.committee_root(period + 1)),
        ]);
        let beacon = BeaconBlockHeader {
            slot,
            proposer_index: slot.get() % 64,
            parent_root: keccak256([b"parent", &slot.get().to_be_bytes()[..]].concat()),
            state_root: state.root(),
            body_root: body.root(),
        };
        let execution_branch = Branch::new(body.branch(payload));
        (LightClientHeader { beacon, execution, execution_branch }, state)
    }

    /// What a client starts from at a slot: the trusted root, and the rest.
    pub fn bootstrap(&self, slot: Slot, state_root: B256) -> (B256, LightClientBootstrap) {
        let (header, state) = self.block(slot, state_root, B256::repeat_byte(1));
        let root = header.beacon.block_root();
        let leaf = FORK.layout().current_sync_committee.get();
        let bootstrap = LightClientBootstrap {
            header,
            current_sync_committee: self.current_keys(slot),
            current_sync_committee_branch: Branch::new(state.branch(leaf)),
        };
        (root, bootstrap)
    }

    /// An update that finalizes the block of a slot: attested in the slot after, signed in the one
    /// after that, by the committee of all three slots' period.
    pub fn update(&self, slot: Slot, state_root: B256) -> LightClientUpdate {
        self.update_by(self.committee_at(self.period(slot)), slot, state_root)
    }

    /// The same by others than the committee.
    pub fn forged_update(&self, slot: Slot, state_root: B256) -> LightClientUpdate {
        self.update_by(&self.strangers, slot, state_root)
    }

    fn update_by(&self, signers: &Committee, slot: Slot, state_root: B256) -> LightClientUpdate {
        let layout = FORK.layout();
        let (finalized_header, _) = self.block(slot, state_root, B256::repeat_byte(1));
        let finalized = finalized_header.beacon.block_root();
        let (attested_header, state) = self.block(slot.next(), state_root, finalized);
        let signature_slot = slot.next().next();
        assert_eq!(self.period(slot), self.period(signature_slot), "an update of one period");
        let domain = self.config.sync_committee_domain(signature_slot);
        let message = hash(attested_header.beacon.block_root(), domain);
        LightClientUpdate {
            attested_header,
            next_sync_committee: self.committee_at(self.period(slot) + 1).keys.clone(),
            next_sync_committee_branch: Branch::new(state.branch(layout.next_sync_committee.get())),
            finalized_header,
            finality_branch: Branch::new(state.branch(layout.finalized_root.get())),
            sync_aggregate: signers.sign(message),
            signature_slot,
        }
    }
}

fn hash(left: B256, right: B256) -> B256 {
    B256::new(Sha256::digest([left.0, right.0].concat()).into())
}

/// A Merkle tree of which some leaves are known, and all else is made up.
struct Tree {
    leaves: Vec<(u64, B256)>,
}

impl Tree {
    fn new(leaves: &[(u64, B256)]) -> Self {
        Self { leaves: leaves.to_vec() }
    }

    fn root(&self) -> B256 {
        self.node(1)
    }

    fn node(&self, index: u64) -> B256 {
        if let Some((_, leaf)) = self.leaves.iter().find(|(at, _)| *at == index) {
            return *leaf;
        }
        let is_below = |at: u64| {
            at.leading_zeros() < index.leading_zeros()
                && at >> (index.leading_zeros() - at.leading_zeros()) == index
        };
        if self.leaves.iter().any(|(at, _)| is_below(*at)) {
            return hash(self.node(2 * index), self.node(2 * index + 1));
        }
        keccak256(index.to_be_bytes())
    }

    /// Siblings from a leaf upwards.
    fn branch(&self, leaf: u64) -> Vec<B256> {
        let up = std::iter::successors(Some(leaf), |index| Some(index / 2));
        up.take_while(|index| *index > 1).map(|index| self.node(index ^ 1)).collect()
    }
}
