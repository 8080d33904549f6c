//! One change to a block that was accepted: it must be refused.

use causeway_client_cometbft::{Address, CommitSig, Hash, SignedHeader, Time, ValidatorSet};
use causeway_tests::makers::cometbft::{Ballot, Chain, Committee, Made, SecretKey};
use causeway_tests::vectors::Vectors;
use causeway_wire_cometbft::LightBlockDocument;
use serde_json::Value;

use super::{Outcome, judge, light_block, list, outcome, text, trusted};

type Change = fn(&mut SignedHeader, &mut ValidatorSet);

const OTHER: Option<Hash> = Some(Hash([9; 32]));

/// The changes that need no keys, by their name in the list of cases.
const CHANGES: &[(&str, Change)] = &[
    ("header.version", |signed, _| signed.header.version.app += 1),
    ("header.chain_id", |signed, _| {
        signed.header.chain_id = causeway_client_cometbft::ChainId::new("other").unwrap();
    }),
    ("header.height", |signed, _| signed.header.height += 1),
    ("header.time", |signed, _| {
        let time = signed.header.time;
        signed.header.time = Time::new(time.secs(), time.nanos() ^ 1).unwrap();
    }),
    ("header.last_block_id", |signed, _| signed.header.last_block_id.hash = OTHER),
    ("header.last_commit_hash", |signed, _| signed.header.last_commit_hash = OTHER),
    ("header.data_hash", |signed, _| signed.header.data_hash = OTHER),
    ("header.consensus_hash", |signed, _| signed.header.consensus_hash = OTHER),
    ("header.app_hash", |signed, _| signed.header.app_hash.push(1)),
    ("header.last_results_hash", |signed, _| signed.header.last_results_hash = OTHER),
    ("header.evidence_hash", |signed, _| signed.header.evidence_hash = OTHER),
    ("header.proposer_address", |signed, _| signed.header.proposer_address = Address([9; 20])),
    ("validator_set replaced by another set", |_, set| {
        *set = Committee::equal(500..503).set().clone();
    }),
    ("commit.block_id", |signed, _| signed.commit.block_id.parts.total += 1),
    ("commit.round", |signed, _| signed.commit.round += 1),
    ("commit.height", |signed, _| signed.commit.height += 1),
    ("signatures emptied", |signed, _| signed.commit.signatures.clear()),
    ("one more signature, by a stranger", |signed, _| {
        let stranger = Committee::equal([501]).commit(&signed.header, |_| Ballot::Block);
        signed.commit.signatures.extend(stranger.signatures);
    }),
];

/// The changes after which somebody signs anew: see [`with_keys`].
const WITH_KEYS: &[&str] = &[
    "next_validator_set replaced by another set (where the verifier is given it)",
    "votes re-made with chain id \"wrong\"",
    "first validator of the signing set replaced by a stranger, commit re-made by that set, \
     commit.block_id.hash set to the header hash",
    "one commit vote turned into a valid nil vote, more than 6/7 of the power left",
];

pub(super) fn run(vectors: &Vectors, file: &str) {
    let mut done = 0;
    for case in list(&vectors.json(file)["mutations"]["cases"]) {
        let name = text(&case["change"]);
        if WITH_KEYS.contains(&name) {
            continue;
        }
        let (_, change) = CHANGES.iter().find(|(known, _)| *known == name).expect(name);
        on_real_blocks(vectors, *change);
        let chain = made_chain();
        check(&trusted_at(&chain, 1), chain.at(2), *change, name);
        done += 1;
    }
    assert_eq!(done, CHANGES.len());
    with_keys();
}

fn made_chain() -> Chain {
    let mut chain = Chain::new("mutant-1", &Committee::equal(0..10));
    chain.extend_to(3);
    chain
}

fn trusted_at(chain: &Chain, height: u64) -> causeway_client_cometbft::TrustedBlock {
    chain.at(height).trusted()
}

fn check(from: &causeway_client_cometbft::TrustedBlock, to: &Made, change: Change, name: &str) {
    let (mut signed, mut set) = (to.signed.clone(), to.validators.set().clone());
    assert_eq!(outcome(&judge(from, &signed, &set)), Outcome::Accept);
    change(&mut signed, &mut set);
    assert_eq!(outcome(&judge(from, &signed, &set)), Outcome::Reject, "{name}");
}

/// The 48 blocks of one validator: the second changed, seen from the first.
fn on_real_blocks(vectors: &Vectors, change: Change) {
    let document = vectors.json("tendermint/real/celestia-local.json");
    let blocks: &[Value] = list(&document["light_blocks"]);
    let [old, new]: [LightBlockDocument; 2] = [light_block(&blocks[0]), light_block(&blocks[1])];
    let from = trusted(&old.signed_header, &old.validators.unwrap());
    let (mut signed, mut set) = (new.signed_header, new.validators.unwrap());
    change(&mut signed, &mut set);
    assert_eq!(outcome(&judge(&from, &signed, &set)), Outcome::Reject);
}

fn with_keys() {
    let chain = made_chain();
    let (from, to) = (trusted_at(&chain, 1), chain.at(3));
    let set = to.validators.set();

    // The next set is used only as trusted set: there it must be the one that is named.
    let other = super::prepared(Committee::equal(500..503).set());
    causeway_client_cometbft::TrustedBlock::from_header(&to.signed.header, other).unwrap_err();

    // Votes for another chain.
    let mut elsewhere = to.signed.clone();
    elsewhere.header.chain_id = causeway_client_cometbft::ChainId::new("wrong").unwrap();
    to.validators.resign(&mut elsewhere);
    let mut signed = to.signed.clone();
    signed.commit.signatures = elsewhere.commit.signatures;
    assert_eq!(outcome(&judge(&from, &signed, set)), Outcome::Reject);

    // A stranger in place of the first validator, the header left as it is.
    let members = (1..10).map(SecretKey::ed25519).chain([SecretKey::ed25519(700)]);
    let strangers = Committee::new(members.map(|key| (key, 10)));
    let signed = strangers.sign(to.signed.header.clone());
    assert_eq!(outcome(&judge(&from, &signed, strangers.set())), Outcome::Reject);

    // A nil vote counts for nothing, and harms nothing.
    let nil = |index| if index == 4 { Ballot::Nil } else { Ballot::Block };
    let signed = to.validators.sign_as(to.signed.header.clone(), nil);
    assert!(matches!(signed.commit.signatures[4], CommitSig::Nil(_)));
    assert_eq!(outcome(&judge(&from, &signed, set)), Outcome::Accept);
}
