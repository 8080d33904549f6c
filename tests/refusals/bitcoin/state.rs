//! State roots in coinbases, and proofs under them. The blocks are mined with what is wrong in
//! them, so that coinbase and branch are the header's own.

use causeway_client_bitcoin::{
    BatchProof, BitcoinClient, ConsensusState, StateProof, StateRoot, commitment_script,
};
use causeway_core::{Height, MerklePath};
use causeway_light_client::{Entry, ProofCodec, ProofContext, ProofVerifier};
use causeway_tests::makers::bitcoin::{
    MAGIC, Outputs, StateChain, client_state, one_entry, outputs, scaled,
};

use super::code;
use crate::Case;

pub(crate) const CASES: &[Case] = &[
    Case {
        code: "malformed_bitcoin_state_proof",
        provoke: || {
            let batch = code(BatchProof::from_bytes(&[1]));
            assert_eq!(batch, code(StateProof::from_bytes(&[1])));
            batch
        },
    },
    Case {
        code: "state_path_length",
        provoke: || {
            state(outputs, |question| question.path = vec![b"store".to_vec(), b"key".to_vec()])
        },
    },
    Case {
        code: "height_with_revision",
        provoke: || state(outputs, |question| question.height = Height::new(1, 2)),
    },
    Case {
        code: "coinbase_with_witness",
        provoke: || {
            state(outputs, |question| {
                let coinbase = &mut question.proof.root.coinbase;
                let lock_time = coinbase.split_off(coinbase.len() - 4);
                coinbase.splice(4..4, [0, 1]);
                coinbase.extend([&[1, 32], [0; 32].as_slice(), &lock_time].concat());
            })
        },
    },
    Case {
        code: "coinbase_height_mismatch",
        provoke: || state(outputs, |question| question.height = Height::from_block(3)),
    },
    Case {
        code: "state_commitment_absent",
        provoke: || state(|root| outputs(root)[..1].to_vec(), |_| ()),
    },
    Case {
        code: "state_commitment_repeated",
        provoke: || state(|root| [outputs(root), outputs(root)].concat(), |_| ()),
    },
    Case {
        code: "state_commitment_other_form",
        provoke: || {
            let long = state(with_script(|script| script.push(0)), |_| ());
            let pushed_otherwise = state(
                with_script(|script| {
                    script.splice(1..2, [0x4c, 37]);
                }),
                |_| (),
            );
            assert_eq!(long, pushed_otherwise);
            long
        },
    },
    Case {
        code: "state_commitment_other_version",
        provoke: || state(with_script(|script| script[6] = 2), |_| ()),
    },
    Case {
        code: "state_root_is_zero",
        provoke: || state(|_| outputs(StateRoot::default()), |_| ()),
    },
];

/// The usual outputs with the committing script changed.
fn with_script(change: impl Fn(&mut Vec<u8>)) -> impl Fn(StateRoot) -> Outputs {
    move |root| {
        let mut script = commitment_script(MAGIC, root).to_vec();
        change(&mut script);
        vec![(1, vec![9; 22]), (0, script)]
    }
}

/// What is asked of the client about the state at height 2.
struct Question {
    height: Height,
    proof: StateProof,
    path: Vec<Vec<u8>>,
}

/// The verdict on a block with the outputs that `make` gives for a state, and a changed question.
fn state(make: impl Fn(StateRoot) -> Outputs, change: impl FnOnce(&mut Question)) -> String {
    assert_eq!(ask(outputs, |_| ()), "accepted");
    ask(make, change)
}

fn ask(make: impl Fn(StateRoot) -> Outputs, change: impl FnOnce(&mut Question)) -> String {
    let network = scaled();
    let (root, proof) = one_entry(b"key", b"value");
    let mut chain = StateChain::new(&network);
    chain.commit(root);
    let height = chain.mine(&make(root));
    let mut question = Question {
        height: Height::from_block(height),
        proof: StateProof { root: chain.coinbase_proof(height), proof },
        path: vec![b"key".to_vec()],
    };
    change(&mut question);
    let context = ProofContext {
        client_state: &client_state(&network, chain.branch.tip),
        height: question.height,
        consensus_state: &ConsensusState::from(&chain.branch.tip),
    };
    let path = MerklePath::new(question.path).unwrap();
    let entry = Entry { path, value: b"value".to_vec() };
    code(BitcoinClient::verify_membership(&context, &question.proof, &entry))
}
