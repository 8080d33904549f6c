//! What methods take and give. Times are seconds since 1970; heights and amounts are text, since
//! JSON numbers are exact only to 53 bits elsewhere.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why something does not go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TroubleJson {
    /// A stable name.
    pub code: String,
    /// In words.
    pub reason: String,
}

/// A chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChainJson {
    /// Its name here.
    pub alias: String,
    /// Its CAIP-2 name.
    pub network: Option<String>,
    /// The type of clients that follow it.
    pub client_type: Option<String>,
    /// The account that the relayer pays from there.
    pub account: String,
    /// Its newest block.
    pub head: Option<String>,
    /// The time of that block.
    pub head_time: Option<u64>,
    /// Its newest final block.
    pub finalized: Option<String>,
    /// The time of that block.
    pub finalized_time: Option<u64>,
    /// True while a stream tells of new blocks.
    pub streaming: bool,
    /// How many reorganisations were seen since the start.
    pub reorganisations: u64,
    /// When it last answered, by the relayer's clock.
    pub answered_at: Option<u64>,
    /// Why it does not answer.
    pub trouble: Option<TroubleJson>,
}

/// One end of a route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EndJson {
    /// The chain's name here.
    pub chain: String,
    /// The client on it.
    pub client: String,
}

/// One direction of a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RouteJson {
    /// The number of the path that it is a direction of.
    pub path: i64,
    /// Where packets are sent.
    pub from: EndJson,
    /// Where they are received.
    pub to: EndJson,
    /// Packets that have not ended, of both directions of the path.
    pub outstanding: usize,
    /// Why nothing can be relayed.
    pub trouble: Option<TroubleJson>,
}

/// A client of a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClientJson {
    /// The chain that hosts it.
    pub chain: String,
    /// Its id there.
    pub client: String,
    /// The chain that it follows.
    pub follows: String,
    /// `active`, `expired`, `frozen` or `stranded`; unknown until it was read.
    pub status: Option<String>,
    /// Why it can take nothing, where it can't.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What is to be done about that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// The newest final height of the chain that it follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub followed_height: Option<String>,
    /// The time of its host's newest block, by which it expires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_time: Option<u64>,
    /// The newest height that it has.
    pub latest: Option<String>,
    /// The time of that height.
    pub latest_time: Option<u64>,
    /// How long that may be trusted, in seconds.
    pub trusting_period: Option<u64>,
    /// When it expires, by its host's time, if it is not updated.
    pub expires_at: Option<u64>,
    /// From when on this relayer updates it for that reason alone, by its host's time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_at: Option<u64>,
}

/// A transfer in a payload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TransferJson {
    /// The denomination, by the source's name.
    pub denom: String,
    /// How much, in the smallest unit.
    pub amount: String,
    /// Who sends.
    pub sender: String,
    /// Who receives.
    pub receiver: String,
    /// What is said beside it.
    pub memo: String,
}

/// A payload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PayloadJson {
    /// Port of the sending application.
    pub source_port: String,
    /// Port of the receiving application.
    pub dest_port: String,
    /// Version of the application's protocol.
    pub version: String,
    /// How the value is encoded.
    pub encoding: String,
    /// The value, hexadecimal.
    pub value_hex: String,
    /// The value as a transfer, if it is one.
    pub transfer: Option<TransferJson>,
}

/// A place in a packet's life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StageJson {
    /// `seen`, `source-final`, `client-updated`, `provable`, `submitted`, `executed`,
    /// `acknowledged`, `timed-out`, `refunded`, `rejected` or `held`.
    pub stage: String,
    /// Since when, by the relayer's clock; none where it was not there to see it.
    pub since: Option<u64>,
    /// The chain on which it came to that.
    pub chain: String,
    /// The height there.
    pub height: Option<u64>,
    /// The transaction there.
    pub transaction: Option<String>,
    /// What it means.
    pub why: String,
}

/// A transaction that had to do with a packet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StepJson {
    /// `send`, `receive`, `acknowledge` or `timeout`; `end` for one of the last two by somebody
    /// else.
    pub kind: String,
    /// The chain it is on.
    pub chain: String,
    /// Its name there.
    pub transaction: String,
    /// The block that has it.
    pub height: Option<u64>,
    /// When it went out, where this relayer sent it.
    pub at: Option<u64>,
}

/// A packet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PacketJson {
    /// `chain/client/sequence`, of the source.
    pub id: String,
    /// The number of its path.
    pub path: i64,
    /// Where it was sent.
    pub from: EndJson,
    /// Where it is received.
    pub to: EndJson,
    /// Its number there.
    pub sequence: u64,
    /// Destination time from which it may no longer be received.
    pub timeout: Option<u64>,
    /// What it carries, once known.
    pub payloads: Vec<PayloadJson>,
    /// The destination's answers, hexadecimal, once known.
    pub acknowledgement: Option<Vec<String>>,
    /// `acknowledged`, `rejected`, `refunded` or `settled`; none while it has not ended.
    pub outcome: Option<String>,
    /// Its place in its life: see [`StageJson`]; of what has ended in a way that was not seen,
    /// `settled`.
    pub stage: Option<String>,
    /// Since when.
    pub since: u64,
    /// What it waits for.
    pub waits_for: Option<String>,
    /// Who can bring that about.
    pub who: Option<String>,
    /// What went wrong last.
    pub failure: Option<String>,
    /// The last transaction that had to do with it.
    pub transaction: Option<String>,
    /// The client that keeps it waiting, where that is the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<ClientJson>,
    /// The places in its life that it has come to; only when it is traced, or asked for alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub way: Vec<StageJson>,
    /// Transactions that had to do with it, on both chains; only then, too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<StepJson>,
}

/// Which packets are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PacketsParams {
    /// Of the path with this number.
    pub path: Option<i64>,
    /// Sent on this chain.
    pub from: Option<String>,
    /// `open` or `ended`.
    pub state: Option<String>,
    /// In this place of their life: see [`StageJson`]. A page may then have fewer packets than
    /// asked for, or none, and more follow all the same: as long as there is a `next`.
    pub stage: Option<String>,
    /// `acknowledged`, `rejected`, `refunded` or `settled`.
    pub outcome: Option<String>,
    /// Sent or received by this account.
    pub account: Option<String>,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// At most so many.
    pub limit: Option<usize>,
}

/// A page of packets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PacketsJson {
    /// In the order of path, source and sequence.
    pub packets: Vec<PacketJson>,
    /// Where the next page begins; none at the end.
    pub next: Option<String>,
}

/// One packet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PacketParams {
    /// `chain/client/sequence`, of the source.
    pub id: String,
}

/// Anything that leads to packets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TraceParams {
    /// The id of a packet, a transaction, an account, or a sequence.
    pub what: String,
}

/// What something leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TraceJson {
    /// What it was taken for: `packet`, `transaction`, `account` or `sequence`.
    pub kind: String,
    /// What else is known of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The packets, with their way.
    pub packets: Vec<PacketJson>,
}

/// What an estimate is wanted of: sending a packet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EstimateParams {
    /// The chain that would send it.
    pub chain: String,
    /// The client of the destination, there.
    pub client: String,
    /// Destination time from which it may no longer be received.
    pub timeout: u64,
    /// What it would carry.
    pub payloads: Vec<PayloadParams>,
}

/// A payload to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PayloadParams {
    /// Port of the sending application.
    pub source_port: String,
    /// Port of the receiving application.
    pub dest_port: String,
    /// Version of the application's protocol.
    pub version: String,
    /// How the value is encoded.
    pub encoding: String,
    /// The value, hexadecimal.
    pub value_hex: String,
}

/// What a transaction would cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EstimateJson {
    /// How much, in the smallest unit.
    pub amount: String,
    /// Of what.
    pub denom: String,
    /// By the chain's own measure.
    pub gas: u64,
}

/// A transaction to be submitted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubmitParams {
    /// The chain.
    pub chain: String,
    /// The signed transaction, hexadecimal, in the chain's own form.
    pub transaction_hex: String,
}

/// A submitted transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SubmittedJson {
    /// Its name.
    pub transaction: String,
    /// `pending`, `executed` or `unknown`.
    pub state: String,
    /// The block that has it.
    pub height: Option<String>,
}

/// One denomination's books on one path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SolvencyJson {
    /// Where it is locked.
    pub home: EndJson,
    /// Where its vouchers are.
    pub abroad: EndJson,
    /// The denomination, by its home's name.
    pub denom: String,
    /// Locked at home.
    pub escrowed: String,
    /// Issued abroad.
    pub issued: String,
    /// On its way out, or back to its sender at home.
    pub in_flight_out: String,
    /// On its way home, or back to its sender abroad.
    pub in_flight_home: String,
    /// `holds` when the first is the sum of the others, `broken` when it is not, `moving` when
    /// the chains went on so fast that the figures are not all of one moment.
    pub verdict: String,
    /// True when the verdict is `holds`.
    pub holds: bool,
}

/// Which books are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SolvencyParams {
    /// Of the path with this number only.
    pub path: Option<i64>,
}

/// How the relayer is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HealthJson {
    /// `ok` when nothing is in the way, `degraded` otherwise.
    pub status: String,
    /// What is in the way.
    pub troubles: Vec<TroubleJson>,
    /// Packets that have not ended.
    pub outstanding: usize,
}

/// A path to be cleared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClearParams {
    /// Its number.
    pub path: i64,
}

/// A path that is being cleared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClearedJson {
    /// Packets that have not ended, as far as they were known.
    pub outstanding: usize,
}

/// A new head, or a newer final block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BlockJson {
    /// The chain's name here.
    pub chain: String,
    /// Its newest block.
    pub head: String,
    /// The time of that block.
    pub head_time: u64,
    /// Its newest final block.
    pub finalized: String,
}
