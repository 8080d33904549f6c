//! Consensus among real participants, over a network that loses, delays, doubles, cuts and forges.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs,
    reason = "test code fails loudly"
)]

use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::Arc;

use causeway_chain::{Link, Network, PeerId};
use causeway_chain_cometbft::consensus::{
    Application, DecidedBlock, Executed, Genesis, Memory, Message, OlderBlocks, Participant,
    Participants, Proposal, Resume, State, Timing, ValidatorKey, ValidatorUpdate,
};
use causeway_chain_cometbft::{Block, TxResult, tx_hash};
use causeway_client_cometbft::{
    BlockId, ChainId, CommitSig, PreparedValidatorSet, SignedHeader, Time, TrustLevel,
    TrustOptions, TrustedBlock, Vote, VoteType, verify,
};
use causeway_core::Timestamp;

const START: Timestamp = Timestamp::from_nanos(1_700_000_000_000_000_000);

const LOSSY: Link = Link {
    delay: Duration::from_millis(5),
    jitter: Duration::from_millis(200),
    lost_per_mille: 150,
    doubled_per_mille: 100,
};

/// Hashes all transactions together; a transaction of 33 bytes, key and power, changes the set.
#[derive(Clone, Debug, Default)]
struct Chained {
    pending: Vec<Vec<u8>>,
    hash: Vec<u8>,
}

impl Application for Chained {
    fn propose(&self, height: u64, _: Time, _: usize) -> Vec<Vec<u8>> {
        let mut txs = self.pending.clone();
        txs.push(height.to_be_bytes().to_vec());
        txs
    }

    fn accepts(&self, txs: &[Vec<u8>]) -> bool {
        !txs.iter().any(|tx| tx == b"never")
    }

    fn execute(&mut self, block: &Block) -> Option<Executed> {
        let mut executed = Executed::default();
        for tx in &block.txs {
            self.hash = tx_hash(&[self.hash.as_slice(), tx].concat()).0.to_vec();
            let data = self.hash.clone();
            executed.results.push(TxResult { code: 0, data, gas_wanted: 1, gas_used: 1 });
            if let Ok([key @ .., power]) = <[u8; 33]>::try_from(tx.as_slice()) {
                let public_key = ValidatorKey::from_bytes(&key).public_key();
                executed.updates.push(ValidatorUpdate { public_key, power: power.into() });
            }
        }
        self.pending.retain(|tx| !block.txs.contains(tx));
        executed.app_hash.clone_from(&self.hash);
        Some(executed)
    }
}

fn key(number: u32) -> ValidatorKey {
    ValidatorKey::from_bytes(&[u8::try_from(number).unwrap() + 1; 32])
}

fn change(number: u32, power: u8) -> Vec<u8> {
    let mut tx = vec![u8::try_from(number).unwrap() + 1; 32];
    tx.push(power);
    tx
}

struct Net {
    participants: Participants<Chained>,
    now: Timestamp,
}

impl Net {
    /// `count` participants, of whom the first `validators` are in the genesis.
    fn new(count: u32, validators: u32, link: Link, seed: u64) -> Self {
        let update = |number| ValidatorUpdate { public_key: key(number).public_key(), power: 10 };
        let genesis = Genesis {
            chain_id: ChainId::new("test-1").unwrap(),
            time: START.into(),
            validators: (0..validators).map(update).collect(),
            app_hash: Vec::new(),
            max_gas: -1,
        };
        let state = State::genesis(&genesis).unwrap();
        let member = |number| {
            let timing = Timing::default();
            Participant::new(key(number), Chained::default(), state.clone(), timing, START)
        };
        let members = (0..count).map(member).collect();
        let participants = Participants::new(members, Network::new(link, seed), START);
        Self { participants, now: START }
    }

    fn four(seed: u64) -> Self {
        Self::new(4, 4, Link::reliable(Duration::from_millis(10)), seed)
    }

    fn run(&mut self, secs: u64) {
        self.now = self.now.saturating_add(Duration::from_secs(secs));
        self.participants.advance(self.now);
    }

    fn stop(&mut self, peer: u32, stopped: bool) {
        self.participants.network_mut().set_stopped(PeerId(peer), stopped);
    }

    fn submit(&mut self, tx: &[u8]) {
        for peer in 0..self.participants.members().len() {
            let peer = PeerId(u32::try_from(peer).unwrap());
            let member = self.participants.member_mut(peer).unwrap();
            member.application_mut().pending.push(tx.to_vec());
        }
    }

    fn height(&self, peer: usize) -> u64 {
        self.participants.members()[peer].state().height()
    }

    fn heights(&self) -> Vec<u64> {
        self.participants.members().iter().map(|member| member.state().height()).collect()
    }

    fn block(&self, peer: usize, height: u64) -> &Arc<DecidedBlock> {
        self.participants.members()[peer].decided(height).unwrap()
    }

    /// No two participants ever decided differently.
    fn assert_agreement(&self) {
        let mut decided = BTreeMap::new();
        for (peer, member) in self.participants.members().iter().enumerate() {
            for height in 1..=member.state().height() {
                let id = self.block(peer, height).commit.block_id;
                assert_eq!(*decided.entry(height).or_insert(id), id, "height {height}");
            }
        }
    }

    /// Follows the whole chain of one participant with the light client, each header from the one
    /// before it.
    fn follow(&self, peer: usize, sets: &[(u64, Vec<(u32, u8)>)]) {
        let prepared = |height: u64| {
            let (_, set) = sets.iter().rev().find(|(from, _)| *from <= height).unwrap();
            let updates: Vec<_> = set
                .iter()
                .map(|(number, power)| ValidatorUpdate {
                    public_key: key(*number).public_key(),
                    power: u64::from(*power),
                })
                .collect();
            let set = causeway_chain_cometbft::consensus::first_set(&updates).unwrap();
            Arc::new(PreparedValidatorSet::new(&set).unwrap())
        };
        let options = TrustOptions {
            trust_level: TrustLevel::ONE_THIRD,
            trusting_period: Duration::from_hours(24),
            max_clock_drift: Duration::from_secs(1),
        };
        let first = &self.block(peer, 1).block.header;
        let mut trusted = TrustedBlock::from_header(first, prepared(2)).unwrap();
        for height in 2..=self.height(peer) {
            let DecidedBlock { block, commit } = &**self.block(peer, height);
            let signed = SignedHeader { header: block.header.clone(), commit: commit.clone() };
            let set = prepared(height);
            let state = verify(&trusted, &signed, &set, &options, self.now, &mut ()).unwrap();
            trusted = TrustedBlock::new(state, prepared(height + 1)).unwrap();
        }
    }
}

fn four_of_ten() -> Vec<(u64, Vec<(u32, u8)>)> {
    vec![(1, vec![(0, 10), (1, 10), (2, 10), (3, 10)])]
}

#[test]
fn four_validators_decide_a_block_a_second_and_take_turns() {
    let mut net = Net::four(1);
    net.run(30);
    assert!(net.heights().iter().all(|height| *height >= 25), "{:?}", net.heights());
    net.assert_agreement();
    net.follow(0, &four_of_ten());
    let mut proposers = BTreeMap::new();
    for height in 1..=24 {
        let DecidedBlock { block, commit } = &**net.block(0, height);
        assert_eq!(commit.round, 0);
        *proposers.entry(block.header.proposer_address).or_insert(0) += 1;
    }
    assert_eq!(proposers.into_values().collect::<Vec<_>>(), [6; 4]);
    // Votes that come after the decision are in the next block's commit.
    let last_commit = net.block(0, 10).block.last_commit.clone().unwrap();
    assert!(last_commit.signatures.iter().all(|sig| sig.for_block().is_some()));
}

#[test]
fn blocks_survive_their_encoding_and_name_their_contents() {
    let mut net = Net::four(2);
    net.run(5);
    let DecidedBlock { block, commit } = &**net.block(0, 3);
    let decoded = Block::decode(&block.encode()).unwrap();
    assert_eq!(decoded, **block);
    assert_eq!(decoded.id(), Some(commit.block_id));
    assert_eq!(block.txs, [3_u64.to_be_bytes()]);
}

#[test]
fn loss_delay_and_doubling_cost_rounds_but_no_agreement() {
    for seed in 0..6 {
        let mut net = Net::new(4, 4, LOSSY, seed);
        net.run(120);
        net.assert_agreement();
        net.participants.network_mut().set_link(Link::reliable(Duration::from_millis(10)));
        let before = net.heights().into_iter().max().unwrap();
        assert!(before > 10, "seed {seed}: {before}");
        net.run(20);
        let after = net.heights();
        assert!(after.iter().all(|height| *height > before + 10), "seed {seed}: {after:?}");
        net.assert_agreement();
        net.follow(1, &four_of_ten());
    }
}

#[test]
fn one_stopped_validator_is_absent_and_comes_back() {
    let mut net = Net::four(3);
    net.run(5);
    net.stop(2, true);
    net.run(60);
    let head = net.height(0);
    assert!(head > 30, "{head}");
    assert!(net.height(2) < 8);
    let last_commit = net.block(0, head).block.last_commit.clone().unwrap();
    let absent = last_commit.signatures.iter().filter(|sig| **sig == CommitSig::Absent);
    assert_eq!(absent.count(), 1);
    net.follow(0, &four_of_ten());
    net.stop(2, false);
    net.run(15);
    assert!(net.height(2) + 1 >= net.height(0) && net.height(0) > head + 10);
    net.assert_agreement();
}

#[test]
fn two_stopped_validators_halt_the_chain_until_they_are_back() {
    let mut net = Net::four(4);
    net.run(5);
    net.stop(1, true);
    net.stop(3, true);
    net.run(5);
    let halted = net.height(0);
    net.run(600);
    assert_eq!(net.height(0), halted);
    net.stop(1, false);
    net.run(30);
    assert!(net.height(0) > halted + 10, "{:?}", net.heights());
    net.stop(3, false);
    net.run(10);
    net.assert_agreement();
    assert!(net.height(3) + 1 >= net.height(0));
}

#[test]
fn no_half_of_a_partition_decides() {
    let mut net = Net::four(5);
    net.run(5);
    net.participants.network_mut().partition([(PeerId(0), 1), (PeerId(1), 1)]);
    net.run(3);
    let before = net.heights();
    net.run(60);
    assert_eq!(net.heights(), before);
    net.participants.network_mut().heal();
    net.run(30);
    assert!(net.heights().iter().all(|height| *height > before[0] + 10), "{:?}", net.heights());
    net.assert_agreement();
}

#[test]
fn who_votes_twice_is_accused_in_a_block_once() {
    let mut net = Net::four(6);
    net.run(5);
    net.participants.member_mut(PeerId(1)).unwrap().equivocate(1);
    net.run(20);
    net.assert_agreement();
    let culprit = key(1).address();
    let evidence: Vec<_> = (1..=net.height(0))
        .flat_map(|height| net.block(0, height).block.evidence.clone())
        .collect();
    assert_eq!(evidence.len(), 1);
    assert_eq!(evidence[0].vote_a.validator_address, culprit);
    let height = evidence[0].vote_a.height;
    assert_eq!(evidence[0].timestamp, net.block(0, height).block.header.time);
    net.follow(2, &four_of_ten());
}

#[test]
fn one_liar_on_a_bad_network_divides_nobody() {
    for seed in 0..4 {
        let mut net = Net::new(4, 4, LOSSY, seed);
        net.participants.member_mut(PeerId(3)).unwrap().equivocate(u32::MAX);
        net.run(60);
        net.assert_agreement();
        net.participants.network_mut().set_link(Link::reliable(Duration::from_millis(10)));
        let before = net.heights().into_iter().max().unwrap();
        net.run(20);
        assert!(net.heights()[..3].iter().all(|height| *height > before + 5), "seed {seed}");
        net.assert_agreement();
        net.follow(0, &four_of_ten());
    }
}

#[test]
fn a_changed_set_decides_two_heights_later() {
    let mut net = Net::new(5, 4, Link::reliable(Duration::from_millis(10)), 7);
    net.run(5);
    net.submit(&change(4, 10));
    net.submit(&change(0, 0));
    net.run(20);
    let changed = (1..=net.height(1))
        .find(|height| net.block(1, *height).block.txs.contains(&change(4, 10)))
        .unwrap();
    let header = |height| net.block(1, height).block.header.clone();
    let first = header(1).validators_hash;
    assert_eq!(header(changed + 1).validators_hash, first);
    assert_ne!(header(changed + 1).next_validators_hash, first);
    assert_ne!(header(changed + 2).validators_hash, first);
    let joined = key(4).address();
    let signers = &net.block(1, net.height(1)).commit.signatures;
    let is_joined =
        |sig: &CommitSig| sig.for_block().is_some_and(|vote| vote.validator_address == joined);
    assert!(signers.iter().any(is_joined) && signers.len() == 4);
    let mut sets = four_of_ten();
    sets.push((changed + 2, vec![(1, 10), (2, 10), (3, 10), (4, 10)]));
    net.follow(0, &sets);
    net.assert_agreement();
}

#[test]
fn blocks_that_the_application_refuses_are_never_decided() {
    let mut net = Net::four(8);
    let liar = net.participants.member_mut(PeerId(0)).unwrap();
    liar.application_mut().pending.push(b"never".to_vec());
    net.run(40);
    assert!(net.height(1) > 10);
    let is_bad = |height| net.block(1, height).block.txs.contains(&b"never".to_vec());
    assert!(!(1..=net.height(1)).any(is_bad));
    assert!((1..=net.height(1)).any(|height| net.block(1, height).commit.round > 0));
    net.assert_agreement();
}

#[test]
fn forged_messages_change_nothing() {
    let mut net = Net::four(9);
    for _ in 0..20 {
        net.run(1);
        let height = net.height(0) + 1;
        let validators = net.participants.members()[0].state().validators().clone();
        let last = net.block(0, height - 1).clone();
        let now = net.now;
        let network = net.participants.network_mut();
        for (index, validator) in validators.validators.iter().enumerate() {
            let vote = Vote {
                vote_type: VoteType::Precommit,
                height,
                round: 0,
                block_id: BlockId::default(),
                timestamp: now.into(),
                validator_address: validator.address,
                validator_index: u32::try_from(index).unwrap(),
                signature: vec![7; 64],
                extension: Vec::new(),
                extension_signature: Vec::new(),
            };
            network.broadcast(PeerId(9), (0..4).map(PeerId), &Message::Vote(vote), now);
        }
        let mut block = (*last.block).clone();
        block.header.height = height;
        let block_id = block.id().unwrap();
        let block = Arc::new(block);
        let proposal = Proposal {
            height,
            round: 0,
            valid_round: None,
            block_id,
            timestamp: now.into(),
            signature: vec![7; 64],
        };
        let forged = Message::Proposal(proposal, block.clone());
        network.broadcast(PeerId(9), (0..4).map(PeerId), &forged, now);
        let mut commit = last.commit.clone();
        (commit.height, commit.block_id) = (height, block_id);
        let forged = Message::Decided(Arc::new(DecidedBlock { block, commit }));
        network.broadcast(PeerId(9), (0..4).map(PeerId), &forged, now);
    }
    assert!(net.height(0) > 15);
    net.assert_agreement();
    net.follow(0, &four_of_ten());
    let rounds = (1..=net.height(0)).map(|height| net.block(0, height).commit.round);
    assert_eq!(rounds.max(), Some(0));
}

#[test]
fn one_seed_gives_one_history() {
    let history = |seed| {
        let mut net = Net::new(4, 4, LOSSY, seed);
        net.run(40);
        net.participants.members()[0].state().clone()
    };
    assert_eq!(history(1), history(1));
    assert_ne!(history(1), history(2));
}

/// Kills a participant every few steps and starts it again from what it had written down, its
/// own votes forgotten or not; gives how many pieces of evidence reached blocks.
fn restarts(seed: u64, forgets: bool) -> usize {
    let slow = Link { jitter: Duration::from_millis(900), lost_per_mille: 50, ..LOSSY };
    let mut net = Net::new(4, 4, slow, seed);
    let mut kept = vec![Memory::default(); 4];
    let mut random = causeway_chain::Random::new(seed);
    let mut blocks = BTreeMap::new();
    for _ in 0..4_000 {
        net.now = net.now.saturating_add(Duration::from_millis(20));
        net.participants.advance(net.now);
        let members = net.participants.members();
        let following = |blocks: &BTreeMap<_, _>| {
            let height = blocks.len() as u64 + 1;
            members
                .iter()
                .find_map(|member| member.decided(height))
                .map(|block| (height, block.clone()))
        };
        while let Some((height, block)) = following(&blocks) {
            blocks.insert(height, block);
        }
        for OlderBlocks { from, to, height } in net.participants.take_sought() {
            for (_, block) in blocks.range(height..) {
                let message = Message::Decided(block.clone());
                net.participants.network_mut().send(from, to, message, net.now);
            }
        }
        for (peer, kept) in (0..).zip(&mut kept) {
            let member = net.participants.member_mut(PeerId(peer)).unwrap();
            if let Some(memory) = member.take_memory() {
                let decoded = Memory::decode(&memory.encode(), |id| {
                    let mut proposals = memory.proposals.iter();
                    proposals.find(|(p, _)| p.block_id == *id).map(|(_, block)| block.clone())
                });
                assert_eq!(decoded.as_ref(), Ok(&memory));
                *kept = memory;
            }
        }
        if random.chance(1, 60) {
            let peer = u32::try_from(random.below(4)).unwrap();
            let member = net.participants.member_mut(PeerId(peer)).unwrap();
            let state = member.state();
            assert_eq!(State::decode(&state.encode()).as_ref(), Ok(state));
            let memory = if forgets { Memory::default() } else { kept[peer as usize].clone() };
            let resume = Resume {
                state: state.clone(),
                last_commit: member.last_commit().cloned(),
                evidence: member.evidence().clone(),
                memory,
            };
            let application = member.application().clone();
            let again =
                Participant::resume(key(peer), application, resume, Timing::default(), net.now);
            net.participants.replace(PeerId(peer), again);
        }
    }
    assert!(blocks.len() > 10, "{}", blocks.len());
    blocks.values().map(|decided| decided.block.evidence.len()).sum()
}

#[test]
fn who_restarts_signs_nothing_twice_unless_it_forgets() {
    assert_eq!((0..4).map(|seed| restarts(seed, false)).sum::<usize>(), 0);
    assert_ne!((0..4).map(|seed| restarts(seed, true)).sum::<usize>(), 0);
}
