//! Light clients that follow the chain through its RPC: tendermint-rs's, and our own.

use std::sync::Arc;
use std::time::Duration;

use causeway_chain::Fault;
use causeway_client_cometbft::{
    Conflict, PreparedValidatorSet, TrustLevel, TrustOptions, TrustedBlock, verify,
};
use causeway_core::Timestamp;
use causeway_wire_cometbft::LightBlockDocument;
use serde_json::json;
use tendermint::block::Height;
use tendermint::trust_threshold::TrustThresholdFraction;
use tendermint::validator::Set;
use tendermint_light_client_verifier::options::Options;
use tendermint_light_client_verifier::types::{TrustedBlockState, UntrustedBlockState};
use tendermint_light_client_verifier::{ProdVerifier, Verdict, Verifier};

use tendermint_rpc::endpoint::{commit, validators};

use super::driver::Driver;

const PERIOD: Duration = Duration::from_hours(24);

/// A height as tendermint-rs reads it.
struct Peer {
    signed: tendermint::block::signed_header::SignedHeader,
    validators: Set,
    next_validators: Set,
}

fn fetch(driver: &mut Driver, path: &str, number: u64) -> Peer {
    let at = |number| Height::try_from(number).unwrap();
    let signed = driver.ask_at(path, commit::Request::new(at(number))).unwrap().signed_header;
    let mut set = |number| {
        let request = validators::Request::new(Some(at(number)), None, None);
        Set::without_proposer(driver.ask_at(path, request).unwrap().validators)
    };
    Peer { validators: set(number), next_validators: set(number + 1), signed }
}

fn judge(trusted: &Peer, untrusted: &Peer, now: Timestamp) -> Verdict {
    let header = &trusted.signed.header;
    let trusted = TrustedBlockState {
        chain_id: &header.chain_id,
        header_time: header.time,
        height: header.height,
        next_validators: &trusted.next_validators,
        next_validators_hash: header.next_validators_hash,
    };
    let untrusted = UntrustedBlockState {
        signed_header: &untrusted.signed,
        validators: &untrusted.validators,
        next_validators: Some(&untrusted.next_validators),
    };
    let options = Options {
        trust_threshold: TrustThresholdFraction::ONE_THIRD,
        trusting_period: PERIOD,
        clock_drift: Duration::from_secs(5),
    };
    let now = (tendermint::Time::unix_epoch() + Duration::from_nanos(now.nanos())).unwrap();
    ProdVerifier::default().verify_update_header(untrusted, trusted, &options, now)
}

/// The light block of a height as our own wire crate reads it.
fn document(driver: &mut Driver, path: &str, number: u64) -> LightBlockDocument {
    let mut get = |method: &str| {
        let answer = driver.answer(path, method, json!({ "height": number.to_string() }));
        answer["result"].clone()
    };
    let (mut merged, set) = (get("commit"), get("validators"));
    merged["validators"] = set["validators"].clone();
    merged["total"] = set["total"].clone();
    LightBlockDocument::from_json(merged.to_string().as_bytes()).unwrap()
}

fn prepared(document: &LightBlockDocument) -> Arc<PreparedValidatorSet> {
    Arc::new(PreparedValidatorSet::new(document.validators.as_ref().unwrap()).unwrap())
}

const OPTIONS: TrustOptions = TrustOptions {
    trust_level: TrustLevel::ONE_THIRD,
    trusting_period: PERIOD,
    max_clock_drift: Duration::from_secs(5),
};

/// Both follow from the first height, block by block.
fn assert_followed(driver: &mut Driver) {
    let head = driver.head();
    let mut theirs = fetch(driver, "/", 1);
    let first = document(driver, "/", 1);
    let second = document(driver, "/", 2);
    let mut ours =
        TrustedBlock::from_header(&first.signed_header.header, prepared(&second)).unwrap();
    for number in 2..=head {
        let next = fetch(driver, "/", number);
        assert_eq!(judge(&theirs, &next, driver.now), Verdict::Success, "{number}");
        theirs = next;
        let next = document(driver, "/", number);
        let set = prepared(&next);
        let state =
            verify(&ours, &next.signed_header, &set, &OPTIONS, driver.now, &mut ()).unwrap();
        if number < head {
            let after = prepared(&document(driver, "/", number + 1));
            ours = TrustedBlock::new(state, after).unwrap();
        }
    }
    // From the beginning to the end at once, where enough of the first validators are left.
    let (first, last) = (fetch(driver, "/", 1), fetch(driver, "/", head));
    assert_eq!(judge(&first, &last, driver.now), Verdict::Success);
}

#[test]
fn light_clients_follow_with_a_validator_stopped_and_through_a_change_of_the_set() {
    let mut driver = Driver::new(41);
    driver.run(2_000);
    driver.inject(&Fault::Stop { count: 1 });
    driver.run(20_000);
    let absent = |driver: &mut Driver, number: u64| {
        let commit = driver.call("commit", json!({ "height": number.to_string() }));
        let signatures = commit["signed_header"]["commit"]["signatures"].as_array().unwrap();
        signatures.iter().filter(|sig| sig["block_id_flag"] == 1).count()
    };
    let head = driver.head();
    assert!(head > 8, "{head}");
    assert_eq!(absent(&mut driver, head - 1), 1);
    driver.inject(&Fault::Resume);
    driver.run(5_000);
    driver.inject(&Fault::ChangeSet { count: 2 });
    driver.run(8_000);
    let head = driver.head();
    assert_eq!(absent(&mut driver, head - 1), 0);
    let mut set = |number| fetch(&mut driver, "/", number).validators.hash();
    assert_ne!(set(1), set(head));
    assert_followed(&mut driver);
}

#[test]
fn clients_that_are_shown_a_rival_block_can_prove_it() {
    let mut driver = Driver::new(42);
    driver.run(3_000);
    let before = driver.head();
    driver.inject(&Fault::Equivocate);
    driver.run(4_000);
    let forked = before + 1;
    let (honest, rival) =
        (document(&mut driver, "/", forked), document(&mut driver, "/witness", forked));
    assert_ne!(honest.signed_header.commit.block_id, rival.signed_header.commit.block_id);
    // Whoever trusts the block before believes either.
    let trusted = fetch(&mut driver, "/", before);
    for path in ["/", "/witness"] {
        let block = fetch(&mut driver, path, forked);
        assert_eq!(judge(&trusted, &block, driver.now), Verdict::Success, "{path}");
    }
    let header = document(&mut driver, "/", before).signed_header.header;
    let trusted = TrustedBlock::from_header(&header, prepared(&honest)).unwrap();
    for document in [&honest, &rival] {
        let set = prepared(document);
        verify(&trusted, &document.signed_header, &set, &OPTIONS, driver.now, &mut ()).unwrap();
    }
    let _ = core::any::type_name::<Conflict>();
    // The witness agrees on everything else, and serves the rival under its own hash alone.
    for number in (1..=driver.head()).filter(|number| *number != forked) {
        assert_eq!(document(&mut driver, "/", number), document(&mut driver, "/witness", number));
    }
    let block = driver.answer("/witness", "block", json!({ "height": forked.to_string() }));
    let hash = block["result"]["block_id"]["hash"].as_str().unwrap();
    let bytes = hex::decode(hash).unwrap();
    let hash = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes);
    let params = json!({ "hash": hash });
    let by_hash = driver.answer("/witness", "block_by_hash", params.clone());
    assert_eq!(by_hash["result"], block["result"]);
    assert_eq!(driver.call("block_by_hash", params)["block"], json!(null));
    // The one who voted twice is accused in a block.
    let accused = |driver: &mut Driver, number: u64| {
        let block = driver.call("block", json!({ "height": number.to_string() }));
        block["block"]["evidence"]["evidence"].as_array().unwrap().len()
    };
    let head = driver.head();
    let pieces: usize = (1..=head).map(|number| accused(&mut driver, number)).sum();
    assert_eq!(pieces, 1);
}
