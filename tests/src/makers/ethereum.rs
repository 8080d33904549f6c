//! Beacon blocks by slot, with sync committees that really sign. A block is a function of its slot
//! and of the execution state under it, so that any of them can be made when it is asked for, and
//! a [`Draft`] says in what an update differs from the usual one.

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

/// Different members, each with several seats: members are drawn with replacement.
const MEMBERS: u64 = 4;
/// Committees before they come again.
const COMMITTEES: u64 = 3;

/// The tag of sync committee signatures.
const DST: &[u8] = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";

struct Committee {
    secrets: Vec<SecretKey>,
    keys: SyncCommittee,
}

impl Committee {
    fn new(seed: u64, seats: usize) -> Self {
        let secret = |member: u64| {
            let seed = keccak256([seed.to_be_bytes(), member.to_be_bytes()].concat());
            SecretKey::key_gen(seed.as_slice(), &[]).unwrap()
        };
        let secrets: Vec<_> = (0..MEMBERS).map(secret).collect();
        let members: Vec<PublicKey> = secrets.iter().map(SecretKey::sk_to_pk).collect();
        let seats: Vec<PublicKey> = members.iter().cycle().take(seats).copied().collect();
        let sum = AggregatePublicKey::aggregate(&seats.iter().collect::<Vec<_>>(), false);
        let bytes = |key: &PublicKey| PublicKeyBytes::new(key.compress());
        let keys = SyncCommittee {
            pubkeys: PublicKeys(seats.iter().map(bytes).collect()),
            aggregate_pubkey: bytes(&sum.unwrap().to_public_key()),
        };
        Self { secrets, keys }
    }

    /// What the members of the first seats sign; of none, the point at infinity.
    fn sign(&self, message: B256, participants: usize) -> SyncAggregate {
        let sign = |secret: &SecretKey| secret.sign(message.as_slice(), DST, &[]);
        let signatures: Vec<Signature> = self.secrets.iter().map(sign).collect();
        let seats: Vec<_> = signatures.iter().cycle().take(participants).collect();
        let mut infinity = SignatureBytes::ZERO;
        infinity.0[0] = 0xc0;
        let sum = AggregateSignature::aggregate(&seats, false)
            .map_or(infinity, |sum| SignatureBytes::new(sum.to_signature().compress()));
        let mut bits = vec![0; self.keys.pubkeys.0.len() / 8];
        for seat in 0..participants {
            bits[seat / 8] |= 1 << (seat % 8);
        }
        SyncAggregate {
            sync_committee_bits: ParticipationBits(bits),
            sync_committee_signature: sum,
        }
    }
}

/// What an update is made of.
#[derive(Clone, Debug)]
pub struct Draft {
    pub finalized: Slot,
    pub attested: Slot,
    pub signature: Slot,
    /// The execution state of both blocks.
    pub state_root: B256,
    /// Seconds by which the finalized block's timestamp is off its slot.
    pub timestamp_shift: u64,
    pub participants: usize,
    pub has_finality: bool,
    pub has_next_committee: bool,
    /// The period whose committee signs next, where it is not the one after the attested slot's.
    pub next_period: Option<u64>,
    /// Tells blocks of one slot apart.
    pub graffiti: u8,
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
        Self::with_preset(Preset::MINIMAL, number, start, seconds_per_slot)
    }

    /// The same with other sizes.
    pub fn with_preset(preset: Preset, number: u8, start: u64, seconds_per_slot: u64) -> Self {
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
        let seats = preset.sync_committee_size();
        let committees = (0..COMMITTEES).map(|it| Committee::new(seed + it, seats)).collect();
        Self { config, committees, strangers: Committee::new(seed + 999, seats) }
    }

    fn committee_at(&self, period: u64) -> &Committee {
        &self.committees[usize::try_from(period % COMMITTEES).unwrap()]
    }

    fn period(&self, slot: Slot) -> u64 {
        self.config.preset.period(slot).get()
    }

    /// The fork at a slot; the newest known one after it.
    pub fn fork(&self, slot: Slot) -> Fork {
        self.config.fork(slot).unwrap_or(Fork::Fulu)
    }

    fn committee_root(&self, period: u64) -> B256 {
        self.committee_at(period).keys.hash_tree_root(Fork::Altair, self.config.preset)
    }

    /// Root of the committee that signs at a slot.
    pub fn current_committee(&self, slot: Slot) -> B256 {
        self.committee_root(self.period(slot))
    }

    /// The keys of the committee that signs at a slot.
    pub fn current_keys(&self, slot: Slot) -> SyncCommittee {
        self.committee_at(self.period(slot)).keys.clone()
    }

    /// Moves the forks to other epochs: pairs of number and epoch, Altair first.
    #[must_use]
    pub fn with_forks(mut self, forks: &[(u32, u64)]) -> Self {
        let fork = |(number, epoch): &(u32, u64)| ForkActivation {
            number: *number,
            epoch: Epoch::new(*epoch),
            version: Version::from(number.to_be_bytes()),
        };
        self.config.forks =
            ForkSchedule::new(Version::ZERO, forks.iter().map(fork).collect()).unwrap();
        self
    }

    /// A block over an execution state, whose state holds another block final and hands over to
    /// the committee of `next_period`.
    fn block(
        &self,
        slot: Slot,
        draft: &Draft,
        finalized: B256,
        next_period: u64,
    ) -> (LightClientHeader, Tree) {
        let preset = self.config.preset;
        let fork = self.fork(slot);
        let layout = fork.layout();
        let state = Tree::new(&[
            (layout.finalized_root.get(), finalized),
            (layout.current_sync_committee.get(), self.current_committee(slot)),
            (layout.next_sync_committee.get(), self.committee_root(next_period)),
        ]);
        let mut header = LightClientHeader::default();
        let mut body_root = B256::repeat_byte(draft.graffiti);
        if let Some(execution) = layout.execution {
            header.execution = self.execution(slot, draft);
            let leaf = execution.payload.get();
            let body = Tree::new(&[(leaf, header.execution.hash_tree_root(fork, preset))]);
            header.execution_branch = Branch::new(body.branch(leaf));
            body_root = body.root();
        }
        header.beacon = BeaconBlockHeader {
            slot,
            proposer_index: slot.get() % 64,
            parent_root: keccak256([b"parent", &slot.get().to_be_bytes()[..]].concat()),
            state_root: state.root(),
            body_root,
        };
        (header, state)
    }

    fn execution(&self, slot: Slot, draft: &Draft) -> ExecutionPayloadHeader {
        ExecutionPayloadHeader {
            parent_hash: keccak256(slot.get().to_be_bytes()),
            state_root: draft.state_root,
            prev_randao: B256::repeat_byte(draft.graffiti),
            block_number: slot.get(),
            gas_limit: 36_000_000,
            timestamp: self.config.start_of(slot) + draft.timestamp_shift,
            block_hash: keccak256([draft.state_root.0, B256::from(keccak256([7])).0].concat()),
            ..ExecutionPayloadHeader::default()
        }
    }

    /// What a client starts from at a slot: the trusted root, and the rest.
    pub fn bootstrap(&self, slot: Slot, state_root: B256) -> (B256, LightClientBootstrap) {
        let draft = self.draft(slot, state_root);
        let period = self.period(slot);
        let (header, state) = self.block(slot, &draft, B256::repeat_byte(1), period + 1);
        let root = header.beacon.block_root();
        let leaf = self.fork(slot).layout().current_sync_committee.get();
        let bootstrap = LightClientBootstrap {
            header,
            current_sync_committee: self.current_keys(slot),
            current_sync_committee_branch: Branch::new(state.branch(leaf)),
        };
        (root, bootstrap)
    }

    /// The usual update that finalizes the block of a slot: attested in the slot after, signed in
    /// the one after that by everybody, with the next committee.
    pub fn draft(&self, finalized: Slot, state_root: B256) -> Draft {
        Draft {
            finalized,
            attested: finalized.next(),
            signature: finalized.next().next(),
            state_root,
            timestamp_shift: 0,
            participants: self.config.preset.sync_committee_size(),
            has_finality: true,
            has_next_committee: true,
            next_period: None,
            graffiti: 0,
        }
    }

    /// The usual update of one period.
    pub fn update(&self, slot: Slot, state_root: B256) -> LightClientUpdate {
        let draft = self.draft(slot, state_root);
        assert_eq!(self.period(slot), self.period(draft.signature), "an update of one period");
        self.make(&draft)
    }

    /// The same by others than the committee.
    pub fn forged_update(&self, slot: Slot, state_root: B256) -> LightClientUpdate {
        let mut update = self.update(slot, state_root);
        update.sync_aggregate =
            self.strangers.sign(self.signing_root(&update), update.participants());
        update
    }

    /// An update as drafted, signed by the committee of its signature slot.
    pub fn make(&self, draft: &Draft) -> LightClientUpdate {
        let period = self.period(draft.finalized);
        let (finalized_header, _) =
            self.block(draft.finalized, draft, B256::repeat_byte(1), period + 1);
        let finalized = finalized_header.beacon.block_root();
        let next_period = draft.next_period.unwrap_or(self.period(draft.attested) + 1);
        let honest = Draft { timestamp_shift: 0, ..draft.clone() };
        let (attested_header, state) = self.block(draft.attested, &honest, finalized, next_period);
        let layout = self.fork(draft.attested).layout();
        let mut update = LightClientUpdate {
            attested_header,
            signature_slot: draft.signature,
            ..LightClientUpdate::default()
        };
        if draft.has_next_committee {
            update.next_sync_committee = self.committee_at(next_period).keys.clone();
            let leaf = layout.next_sync_committee.get();
            update.next_sync_committee_branch = Branch::new(state.branch(leaf));
        }
        if draft.has_finality {
            update.finalized_header = finalized_header;
            update.finality_branch = Branch::new(state.branch(layout.finalized_root.get()));
        }
        self.sign(&mut update, draft.participants);
        update
    }

    /// Signs the attested header of an update by the first seats of its committee.
    pub fn sign(&self, update: &mut LightClientUpdate, participants: usize) {
        let signers = self.committee_at(self.period(update.signature_slot));
        update.sync_aggregate = signers.sign(self.signing_root(update), participants);
    }

    fn signing_root(&self, update: &LightClientUpdate) -> B256 {
        let domain = self.config.sync_committee_domain(update.signature_slot);
        hash(update.attested_header.beacon.block_root(), domain)
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
