//! The JSON of answers.

use core::fmt;

use alloy_primitives::{Address, B256, Bloom};
use causeway_client_ethereum::chain::{Fork, MAX_COMMITTEE_SIZE, Slot};
use causeway_client_ethereum::containers::{
    BeaconBlockHeader, Branch, ExecutionPayloadHeader, ExtraData, Leaf, LightClientBootstrap,
    LightClientHeader, LightClientUpdate, MAX_EXTRA_DATA_LEN, ParticipationBits, PublicKeyBytes,
    PublicKeys, SignatureBytes, SyncAggregate, SyncCommittee,
};
use causeway_core::DecodeError;
use serde::de::{DeserializeOwned, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::{MAX_UPDATES, Reader};
use crate::text::{BigDecimal, Decimal, Hex, HexUpTo};

/// Bytes of the participation bits of the largest committee.
const MAX_BITS_LEN: usize = MAX_COMMITTEE_SIZE / 8;

/// True for text that begins as a JSON object or array.
pub(super) fn is_json(bytes: &[u8]) -> bool {
    let begins = matches!(bytes.trim_ascii_start(), [b'{' | b'[', ..]);
    begins && core::str::from_utf8(bytes).is_ok()
}

pub(super) fn bootstrap(
    bytes: &[u8],
    reader: &Reader<'_>,
) -> Result<LightClientBootstrap, DecodeError> {
    const WHAT: &str = "bootstrap";
    let bootstrap: BootstrapJson = data(WHAT, from_slice(WHAT, bytes)?)?;
    let shape = Shape { what: WHAT, fork: fork(reader, &bootstrap.header), reader };
    Ok(LightClientBootstrap {
        header: shape.header(bootstrap.header)?,
        current_sync_committee: shape.committee(bootstrap.current_sync_committee)?,
        current_sync_committee_branch: shape.branch(bootstrap.current_sync_committee_branch)?,
    })
}

pub(super) fn updates(
    bytes: &[u8],
    reader: &Reader<'_>,
) -> Result<Vec<LightClientUpdate>, DecodeError> {
    const WHAT: &str = "light_client_update";
    let answers: Vec<&RawValue> = if bytes.trim_ascii_start().starts_with(b"[") {
        from_slice::<Answers<'_>>(WHAT, bytes)?.0
    } else {
        vec![from_slice(WHAT, bytes)?]
    };
    super::check_count(answers.len())?;
    let update = |answer| {
        let update: UpdateJson = data(WHAT, answer)?;
        let fork = fork(reader, &update.attested_header);
        Shape { what: WHAT, fork, reader }.update(update)
    };
    answers.into_iter().map(update).collect()
}

fn from_slice<'a, T: Deserialize<'a>>(
    what: &'static str,
    bytes: &'a [u8],
) -> Result<T, DecodeError> {
    serde_json::from_slice(bytes).map_err(|error| DecodeError::new(what, error.to_string()))
}

/// The object in an answer, which is bare or beside its version. Answers are looked at as text
/// until it is known what is to be in them: any other form takes many times the memory of its text.
fn data<T: DeserializeOwned>(what: &'static str, answer: &RawValue) -> Result<T, DecodeError> {
    #[derive(Deserialize)]
    struct Envelope<'a> {
        #[serde(borrow)]
        data: Option<&'a RawValue>,
    }
    let envelope: Envelope<'_> = from_slice(what, answer.get().as_bytes())?;
    from_slice(what, envelope.data.unwrap_or(answer).get().as_bytes())
}

/// Answers of a list, of which no more are kept than are allowed and one.
struct Answers<'a>(Vec<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Answers<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct List;

        impl<'de> Visitor<'de> for List {
            type Value = Answers<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of updates")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut answers = Vec::new();
                while answers.len() <= MAX_UPDATES {
                    let Some(answer) = list.next_element()? else { return Ok(Answers(answers)) };
                    answers.push(answer);
                }
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Answers(answers))
            }
        }

        from.deserialize_seq(List)
    }
}

/// The fork whose form the object has: its own slot's. What the answer says of its version is a
/// claim, and nothing depends on it.
fn fork(reader: &Reader<'_>, header: &HeaderJson) -> Fork {
    let own = reader.config.fork(Slot::new(header.beacon.slot.0));
    let newest = Fork::all().next_back().unwrap_or(Fork::Altair);
    reader.fork.or(own).unwrap_or(newest)
}

#[derive(Deserialize)]
struct BootstrapJson {
    header: HeaderJson,
    current_sync_committee: CommitteeJson,
    current_sync_committee_branch: Vec<Hex<32>>,
}

/// An update of any kind: a part that is missing, or null, is all zero.
#[derive(Deserialize)]
struct UpdateJson {
    attested_header: HeaderJson,
    next_sync_committee: Option<CommitteeJson>,
    next_sync_committee_branch: Option<Vec<Hex<32>>>,
    finalized_header: Option<HeaderJson>,
    finality_branch: Option<Vec<Hex<32>>>,
    sync_aggregate: AggregateJson,
    signature_slot: Decimal,
}

#[derive(Deserialize)]
struct HeaderJson {
    beacon: BeaconJson,
    execution: Option<ExecutionJson>,
    execution_branch: Option<Vec<Hex<32>>>,
}

#[derive(Deserialize)]
struct BeaconJson {
    slot: Decimal,
    proposer_index: Decimal,
    parent_root: Hex<32>,
    state_root: Hex<32>,
    body_root: Hex<32>,
}

#[derive(Deserialize)]
struct ExecutionJson {
    parent_hash: Hex<32>,
    fee_recipient: Hex<20>,
    state_root: Hex<32>,
    receipts_root: Hex<32>,
    logs_bloom: Hex<256>,
    prev_randao: Hex<32>,
    block_number: Decimal,
    gas_limit: Decimal,
    gas_used: Decimal,
    timestamp: Decimal,
    extra_data: HexUpTo<MAX_EXTRA_DATA_LEN>,
    base_fee_per_gas: BigDecimal,
    block_hash: Hex<32>,
    transactions_root: Hex<32>,
    withdrawals_root: Hex<32>,
    blob_gas_used: Option<Decimal>,
    excess_blob_gas: Option<Decimal>,
}

#[derive(Deserialize)]
struct CommitteeJson {
    pubkeys: Vec<Hex<48>>,
    aggregate_pubkey: Hex<48>,
}

#[derive(Deserialize)]
struct AggregateJson {
    sync_committee_bits: HexUpTo<MAX_BITS_LEN>,
    sync_committee_signature: Hex<96>,
}

/// What an object must look like.
struct Shape<'a> {
    what: &'static str,
    fork: Fork,
    reader: &'a Reader<'a>,
}

impl Shape<'_> {
    fn update(&self, update: UpdateJson) -> Result<LightClientUpdate, DecodeError> {
        let next_committee = update.next_sync_committee.map(|json| self.committee(json));
        let next_branch = update.next_sync_committee_branch.map(|json| self.branch(json));
        let finalized = update.finalized_header.map(|json| self.header(json));
        let finality_branch = update.finality_branch.map(|json| self.branch(json));
        Ok(LightClientUpdate {
            attested_header: self.header(update.attested_header)?,
            next_sync_committee: next_committee.transpose()?.unwrap_or_default(),
            next_sync_committee_branch: next_branch.transpose()?.unwrap_or_default(),
            finalized_header: finalized.transpose()?.unwrap_or_default(),
            finality_branch: finality_branch.transpose()?.unwrap_or_default(),
            sync_aggregate: self.aggregate(update.sync_aggregate)?,
            signature_slot: Slot::new(update.signature_slot.0),
        })
    }

    fn header(&self, header: HeaderJson) -> Result<LightClientHeader, DecodeError> {
        let beacon = header.beacon;
        let has_execution = self.fork.layout().execution.is_some();
        if has_execution != header.execution.is_some() {
            return Err(self.malformed(format!("execution header present or not in {}", self.fork)));
        }
        Ok(LightClientHeader {
            beacon: BeaconBlockHeader {
                slot: Slot::new(beacon.slot.0),
                proposer_index: beacon.proposer_index.0,
                parent_root: B256::new(beacon.parent_root.0),
                state_root: B256::new(beacon.state_root.0),
                body_root: B256::new(beacon.body_root.0),
            },
            execution: header.execution.map(execution).unwrap_or_default(),
            execution_branch: self.branch(header.execution_branch.unwrap_or_default())?,
        })
    }

    fn committee(&self, committee: CommitteeJson) -> Result<SyncCommittee, DecodeError> {
        let size = self.reader.config.preset.sync_committee_size();
        self.check_len("pubkeys", committee.pubkeys.len(), size)?;
        let keys = committee.pubkeys.into_iter().map(|key| PublicKeyBytes::new(key.0));
        Ok(SyncCommittee {
            pubkeys: PublicKeys(keys.collect()),
            aggregate_pubkey: PublicKeyBytes::new(committee.aggregate_pubkey.0),
        })
    }

    fn aggregate(&self, aggregate: AggregateJson) -> Result<SyncAggregate, DecodeError> {
        let bits = aggregate.sync_committee_bits.0;
        let size = self.reader.config.preset.sync_committee_size();
        self.check_len("bytes of sync_committee_bits", bits.len(), size / 8)?;
        Ok(SyncAggregate {
            sync_committee_bits: ParticipationBits(bits),
            sync_committee_signature: SignatureBytes::new(aggregate.sync_committee_signature.0),
        })
    }

    fn branch<L: Leaf>(&self, nodes: Vec<Hex<32>>) -> Result<Branch<L>, DecodeError> {
        let len = Branch::<L>::len_in(self.fork.layout());
        self.check_len("branch nodes", nodes.len(), len)?;
        Ok(Branch::new(nodes.into_iter().map(|node| B256::new(node.0)).collect()))
    }

    fn check_len(&self, of: &str, got: usize, expected: usize) -> Result<(), DecodeError> {
        if got == expected {
            return Ok(());
        }
        Err(self.malformed(format!("{got} {of}, expected {expected} in {}", self.fork)))
    }

    fn malformed(&self, reason: String) -> DecodeError {
        DecodeError::new(self.what, reason)
    }
}

fn execution(json: ExecutionJson) -> ExecutionPayloadHeader {
    ExecutionPayloadHeader {
        parent_hash: B256::new(json.parent_hash.0),
        fee_recipient: Address::new(json.fee_recipient.0),
        state_root: B256::new(json.state_root.0),
        receipts_root: B256::new(json.receipts_root.0),
        logs_bloom: Bloom::new(json.logs_bloom.0),
        prev_randao: B256::new(json.prev_randao.0),
        block_number: json.block_number.0,
        gas_limit: json.gas_limit.0,
        gas_used: json.gas_used.0,
        timestamp: json.timestamp.0,
        extra_data: ExtraData(json.extra_data.0),
        base_fee_per_gas: json.base_fee_per_gas.0,
        block_hash: B256::new(json.block_hash.0),
        transactions_root: B256::new(json.transactions_root.0),
        withdrawals_root: B256::new(json.withdrawals_root.0),
        blob_gas_used: json.blob_gas_used.map_or(0, |gas| gas.0),
        excess_blob_gas: json.excess_blob_gas.map_or(0, |gas| gas.0),
    }
}
