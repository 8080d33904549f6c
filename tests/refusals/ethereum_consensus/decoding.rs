//! Bytes and text that are not what they should be.

use alloy_primitives::B256;
use causeway_client_ethereum::chain::{Fork, ForkSchedule, Preset, Version};
use causeway_client_ethereum::client::{ClientMessage, ClientState, ConsensusState, Header};
use causeway_client_ethereum::containers::{
    BeaconBlockHeader, Dated, ExecutionPayloadHeader, LightClientBootstrap,
    LightClientFinalityUpdate, LightClientHeader, LightClientOptimisticUpdate, LightClientUpdate,
    SyncAggregate, SyncCommittee,
};
use causeway_core::Any;
use causeway_light_client::AnyCodec;
use causeway_wire_ethereum::beacon::{MAX_UPDATES, Reader};
use causeway_wire_ethereum::config::NetworkConfig;

use super::{Bridge, START, beacon, code, start};
use crate::Case;

pub(crate) const CASES: &[Case] = &[
    Case { code: "malformed_beacon_block_header", provoke: ssz::<BeaconBlockHeader> },
    Case { code: "malformed_execution_payload_header", provoke: ssz::<ExecutionPayloadHeader> },
    Case { code: "malformed_light_client_header", provoke: ssz::<LightClientHeader> },
    Case { code: "malformed_sync_committee", provoke: ssz::<SyncCommittee> },
    Case { code: "malformed_sync_aggregate", provoke: ssz::<SyncAggregate> },
    Case { code: "malformed_bootstrap", provoke: ssz::<LightClientBootstrap> },
    Case { code: "malformed_bootstrap", provoke: json_bootstrap_without_branch },
    Case { code: "malformed_light_client_update", provoke: ssz::<LightClientUpdate> },
    Case { code: "malformed_light_client_update", provoke: json_update_with_a_short_branch },
    Case { code: "malformed_finality_update", provoke: ssz::<LightClientFinalityUpdate> },
    Case { code: "malformed_optimistic_update", provoke: ssz::<LightClientOptimisticUpdate> },
    Case { code: "malformed_light_client_updates", provoke: chunk_of_another_fork },
    Case { code: "malformed_light_client_updates", provoke: too_many_updates },
    Case { code: "malformed_optimistic_update", provoke: form_of_a_later_fork },
    Case { code: "malformed_fork_schedule", provoke: schedule_without_altair },
    Case { code: "malformed_config", provoke: configuration_without_preset },
    Case { code: "malformed_client_state", provoke: client_state_of_no_preset },
    Case { code: "malformed_consensus_state", provoke: short_state_root },
    Case { code: "malformed_header", provoke: header_without_update },
    Case { code: "malformed_misbehaviour", provoke: evidence_of_one_header },
];

/// One byte is not an object of any kind.
fn ssz<T: FromSsz>() -> String {
    T::refuse(&[1])
}

trait FromSsz {
    fn refuse(bytes: &[u8]) -> String;
}

macro_rules! from_ssz {
    ($($type:ident),+) => {$(
        impl FromSsz for $type {
            fn refuse(bytes: &[u8]) -> String {
                code(Self::from_ssz(bytes, Fork::Fulu, Preset::MINIMAL))
            }
        }
    )+};
}

from_ssz!(
    BeaconBlockHeader,
    ExecutionPayloadHeader,
    LightClientHeader,
    SyncCommittee,
    SyncAggregate,
    LightClientBootstrap,
    LightClientUpdate,
    LightClientFinalityUpdate,
    LightClientOptimisticUpdate
);

fn json_bootstrap_without_branch() -> String {
    let config = beacon().config;
    let reader = Reader { config: &config, blobs: &[], fork: None };
    code(reader.bootstrap(br#"{"version":"fulu","data":{"header":{}}}"#))
}

fn json_update_with_a_short_branch() -> String {
    let config = beacon().config;
    let reader = Reader { config: &config, blobs: &[], fork: None };
    let zero = format!("\"0x{}\"", "00".repeat(32));
    let json = format!(
        r#"[{{"attested_header":{{"beacon":{{"slot":"80","proposer_index":"0","parent_root":{zero},
        "state_root":{zero},"body_root":{zero}}}}},"sync_aggregate":{{
        "sync_committee_bits":"0x00000000","sync_committee_signature":"0x{}"}},
        "signature_slot":"81","finality_branch":[{zero}]}}]"#,
        "00".repeat(96)
    );
    code(reader.updates(json.as_bytes()))
}

fn update_bytes(bridge: &Bridge) -> Vec<u8> {
    let update = bridge.beacon.make(&bridge.draft(80));
    update.to_ssz(Fork::Fulu, bridge.beacon.config.preset)
}

fn chunk_of_another_fork() -> String {
    let bridge = Bridge::new();
    let object = update_bytes(&bridge);
    let len = (object.len() as u64 + 4).to_le_bytes();
    let reader = Reader { config: &bridge.beacon.config, blobs: &[], fork: None };
    code(reader.updates(&[&len[..], &[1, 2, 3, 4], &object].concat()))
}

fn too_many_updates() -> String {
    let config = beacon().config;
    let reader = Reader { config: &config, blobs: &[], fork: None };
    let chunk = [4, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4];
    code(reader.updates(&chunk.repeat(MAX_UPDATES + 1)))
}

/// An update in the form of Deneb and later, from before Deneb.
fn form_of_a_later_fork() -> String {
    let bridge = Bridge::new();
    let update = bridge.beacon.make(&bridge.draft(80));
    let optimistic = LightClientOptimisticUpdate {
        attested_header: update.attested_header,
        sync_aggregate: update.sync_aggregate,
        signature_slot: update.signature_slot,
    };
    let bytes = optimistic.to_ssz(Fork::Deneb, Preset::MINIMAL);
    let older = beacon().with_forks(&[(1, 0), (3, 0), (4, 1_000)]);
    let decoded = LightClientOptimisticUpdate::from_own_ssz(&bytes, &older.config);
    assert!(decoded.as_ref().is_err_and(|error| error.reason().contains("but of slot 81")));
    code(decoded)
}

fn schedule_without_altair() -> String {
    code(ForkSchedule::new(Version::ZERO, Vec::new()))
}

fn configuration_without_preset() -> String {
    code(NetworkConfig::read(b"SECONDS_PER_SLOT: 12", B256::ZERO))
}

/// The envelope with one byte changed, which must still be protobuf.
fn tampered(any: &Any, from: &[u8], to: &[u8]) -> Any {
    let at = any.value.windows(from.len()).position(|window| window == from).unwrap();
    let mut any = any.clone();
    any.value.splice(at..at + from.len(), to.iter().copied());
    any
}

fn client_state_of_no_preset() -> String {
    let any = start(&beacon(), START).0.to_any();
    // Field 6, the committee size: 32 becomes 33.
    code(ClientState::from_any(&tampered(&any, &[0x30, 32, 0x38, 8], &[0x30, 33, 0x38, 8])))
}

fn short_state_root() -> String {
    let any = start(&beacon(), START).1.to_any();
    // Field 2: its length, and its first byte taken away.
    code(ConsensusState::from_any(&tampered(&any, &[0x12, 32, 5], &[0x12, 31])))
}

fn header_without_update() -> String {
    let bridge = Bridge::new();
    let mut header = bridge.header(&bridge.beacon.make(&bridge.draft(80)));
    header.update = causeway_client_ethereum::client::UpdateBytes::Full(Vec::new());
    let any = ClientMessage::Header(header).to_any();
    code(ClientMessage::from_any(&any))
}

fn evidence_of_one_header() -> String {
    let bridge = Bridge::new();
    let header: Header = bridge.header(&bridge.beacon.make(&bridge.draft(80)));
    let whole = ClientMessage::Header(header).to_any().value;
    let len = whole.len();
    // Field 1 alone, its length in two groups of seven bits.
    let groups = [len & 0x7f | 0x80, len >> 7].map(|group| u8::try_from(group).unwrap());
    let value = [&[0x0a, groups[0], groups[1]], whole.as_slice()].concat();
    let url = "/causeway.lightclients.ethereum.v1.Misbehaviour";
    code(ClientMessage::from_any(&Any::new(url, value)))
}
