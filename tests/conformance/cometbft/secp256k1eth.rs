//! Updates and misbehaviour with secp256k1eth keys.

use std::collections::BTreeMap;
use std::time::Duration;

use causeway_client_cometbft::ics07::{ClientMessage, ConsensusState, Header as ClientHeader};
use causeway_client_cometbft::{
    Hash, SignedHeader, ValidatorSet, commit_sign_bytes, proto, verify,
};
use causeway_core::{Height, Timestamp};
use causeway_light_client::Verdict;
use causeway_tests::makers::cometbft_client::{Host, client_state, misbehaviour as evidence};
use causeway_tests::vectors::Vectors;
use serde_json::Value;

use super::{Outcome, code, hex, list, options, outcome, prepared, text};

fn int<T: TryFrom<i64>>(json: &Value) -> T {
    T::try_from(json.as_i64().unwrap()).ok().unwrap()
}

fn block_id(json: &Value) -> proto::BlockId {
    let parts = &json["partSetHeader"];
    let part_set_header =
        proto::PartSetHeader { total: int(&parts["total"]), hash: hex(&parts["hash"]) };
    proto::BlockId { hash: hex(&json["hash"]), part_set_header: Some(part_set_header) }
}

fn header(json: &Value) -> proto::Header {
    let hash = |field| hex(&json[field]);
    let version =
        proto::Consensus { block: int(&json["versionBlock"]), app: int(&json["versionApp"]) };
    proto::Header {
        version: Some(version),
        chain_id: text(&json["chainId"]).into(),
        height: int(&json["height"]),
        time: Some(proto::Timestamp {
            seconds: int(&json["timeSeconds"]),
            nanos: int(&json["timeNanos"]),
        }),
        last_block_id: Some(block_id(&json["lastBlockId"])),
        last_commit_hash: hash("lastCommitHash"),
        data_hash: hash("dataHash"),
        validators_hash: hash("validatorsHash"),
        next_validators_hash: hash("nextValidatorsHash"),
        consensus_hash: hash("consensusHash"),
        app_hash: hash("appHash"),
        last_results_hash: hash("lastResultsHash"),
        evidence_hash: hash("evidenceHash"),
        proposer_address: hash("proposerAddress"),
    }
}

fn commit(json: &Value) -> proto::Commit {
    let signatures = list(&json["blockIdFlags"]).iter().enumerate().map(|(i, flag)| {
        let timestamp = proto::Timestamp {
            seconds: int(&json["timestampSeconds"][i]),
            nanos: int(&json["timestampNanos"][i]),
        };
        proto::CommitSig {
            block_id_flag: int(flag),
            validator_address: hex(&json["validatorAddresses"][i]),
            timestamp: Some(timestamp),
            signature: hex(&json["signatures"][i]),
        }
    });
    proto::Commit {
        height: int(&json["height"]),
        round: int(&json["round"]),
        block_id: Some(block_id(&json["blockId"])),
        signatures: signatures.collect(),
    }
}

fn signed_header(json: &Value) -> SignedHeader {
    let (header, commit) = (Some(header(&json["header"])), Some(commit(&json["commit"])));
    proto::SignedHeader { header, commit }.try_into().unwrap()
}

fn validator_set(json: &Value) -> ValidatorSet {
    let validators = list(&json["addresses"]).iter().enumerate().map(|(i, address)| {
        let key = proto::public_key::Sum::Secp256k1Eth(hex(&json["publicKeys"][i]));
        proto::Validator {
            address: hex(address),
            pub_key: Some(proto::PublicKey { sum: Some(key) }),
            voting_power: int(&json["votingPowers"][i]),
            proposer_priority: 0,
        }
    });
    let set = proto::ValidatorSet { validators: validators.collect(), ..Default::default() };
    set.try_into().unwrap()
}

fn consensus_state(json: &Value) -> ConsensusState {
    ConsensusState {
        timestamp: Timestamp::from_nanos(json["timestamp"].as_u64().unwrap()),
        root: hex(&json["root"]),
        next_validators_hash: Hash::from_slice(&hex(&json["nextValidatorsHash"])),
    }
}

fn client_header(part: &Value, trusted_height: u64, trusted: &Value, own: &Value) -> ClientHeader {
    ClientHeader {
        signed_header: signed_header(part),
        validator_set: validator_set(own),
        trusted_height: Height::new(1, trusted_height),
        trusted_validators: validator_set(trusted),
    }
}

/// A host of the fixture's client. Heights there have revision 0 although the chain id ends in
/// "-1": ours have the revision of the chain id.
fn host(case: &Value) -> Host {
    let latest = case["trustedHeight"].as_u64().unwrap();
    let mut client_state = client_state(text(&case["chainId"]), latest);
    client_state.max_clock_drift = Duration::from_secs(case["maxClockDrift"].as_u64().unwrap());
    let mut host = Host { client_state, consensus_states: BTreeMap::new() };
    let consensus = consensus_state(&case["trustedConsensusState"]);
    host.consensus_states.insert(Height::new(1, latest), consensus);
    host
}

fn now(case: &Value) -> Timestamp {
    Timestamp::from_secs(case["proofNow"].as_u64().unwrap()).unwrap()
}

pub(super) fn update(vectors: &Vectors, file: &str) {
    let case = vectors.json(file);
    let expected = &case["expected"];
    let signed = signed_header(&case);
    let (own, trusted) =
        (validator_set(&case["validators"]), validator_set(&case["trustedValidators"]));
    assert_eq!(signed.header.hash().unwrap().0.to_vec(), hex(&expected["headerHash"]));
    assert_eq!(own.hash().0.to_vec(), hex(&expected["validatorSetHash"]));
    assert_eq!(trusted.hash().0.to_vec(), hex(&expected["trustedValidatorSetHash"]));
    for (sig, bytes) in signed.commit.signatures.iter().zip(list(&expected["voteSignBytes"])) {
        let vote = sig.for_block().unwrap();
        let message = commit_sign_bytes(&signed.header.chain_id, &signed.commit, vote);
        assert_eq!(message, hex(bytes));
    }
    let mut host = host(&case);
    let trusted_height = case["trustedHeight"].as_u64().unwrap();
    let header =
        client_header(&case, trusted_height, &case["trustedValidators"], &case["validators"]);
    let verdict = host.submit(&ClientMessage::Header(header), now(&case));
    if file.contains("insufficient") {
        assert_eq!(code(&verdict.unwrap_err()), "not_enough_trust");
    } else {
        assert!(matches!(verdict, Ok(Verdict::Advance(_))), "{verdict:?}");
    }
    // The same outside of a client.
    let state = causeway_client_cometbft::TrustedState {
        chain_id: signed.header.chain_id.clone(),
        height: trusted_height,
        time: consensus_state(&case["trustedConsensusState"]).timestamp,
        next_validators_hash: trusted.hash(),
    };
    let block = causeway_client_cometbft::TrustedBlock::new(state, prepared(&trusted)).unwrap();
    let options = options(Duration::from_hours(336), Duration::from_secs(30));
    let verdict = verify(&block, &signed, &prepared(&own), &options, now(&case), &mut ());
    let is_short = file.contains("insufficient");
    let expected = if is_short { Outcome::NotEnoughTrust } else { Outcome::Accept };
    assert_eq!(outcome(&verdict), expected);
}

pub(super) fn misbehaviour(vectors: &Vectors, file: &str) {
    let case = vectors.json(file);
    let update = vectors.json("tendermint/secp256k1eth/native_update_fixture.json");
    let set = &case["validators"];
    let honest = client_header(&update, 1, &update["trustedValidators"], &update["validators"]);
    let double = client_header(&case["doubleSign"], 1, set, set);
    let violation = client_header(&case["timeViolation"], 2, set, set);
    let expected = &case["expected"];
    let hash = |header: &ClientHeader| header.signed_header.header.hash().unwrap().0.to_vec();
    assert_eq!(hash(&double), hex(&expected["doubleSignHeaderHash"]));
    assert_eq!(hash(&violation), hex(&expected["timeViolationHeaderHash"]));

    let mut host = host(&case);
    let at_2 = consensus_state(&case["timeViolation"]["trustedConsensusState"]);
    host.consensus_states.insert(Height::new(1, 2), at_2);
    let freezes = |one: &ClientHeader, two: &ClientHeader| {
        let message = evidence(one.clone(), two.clone());
        host.clone().submit(&message, now(&case))
    };
    for (one, two) in [(&double, &honest), (&honest, &double), (&violation, &honest)] {
        let verdict = freezes(one, two);
        assert!(matches!(verdict, Ok(Verdict::Misbehaviour(_))), "{verdict:?}");
    }
    let error = freezes(&honest, &honest).unwrap_err();
    assert_eq!(code(&error), "misbehaviour_no_conflict");
    let error = freezes(&honest, &violation).unwrap_err();
    assert_eq!(code(&error), "misbehaviour_heights_out_of_order");
}
