//! `causeway verify packet`.

use std::path::PathBuf;

use causeway_core::gmp::{self, GmpAcknowledgement, GmpPacketData};
use causeway_core::transfer::{self, FungibleTokenPacketData};
use causeway_core::{DecodeError, Encoding, Packet, PacketClaim, PacketPath, Payload};
use clap::Args;
use serde_json::{Value, json};

use crate::input;
use crate::output::{Failure, Report, Rules};

const FILE_FORMAT: &str = r#"The packet file is JSON, of which the last two parts are optional:

  {"packet": {"sequence": 1, "source_client": "client-0", "dest_client": "client-1",
              "timeout_timestamp": 1777901289,
              "payloads": [{"source_port": "transfer", "dest_port": "transfer",
                            "version": "ics20-1", "encoding": "application/json",
                            "value": BYTES}]},
   "acknowledgements": [BYTES],
   "expect": {"commitment": BYTES, "ack_commitment": BYTES}}

BYTES are hexadecimal, with or without 0x, or base64 where they are not that; "value_hex" or
"value_base64" in place of "value" leaves no doubt. Numbers may be strings. Answers stand in the
order of the payloads. The packet is invalid when it does not have what is expected of it."#;

/// Computes what both chains keep of a packet and of its answer, and compares.
#[derive(Debug, Args)]
#[command(after_help = FILE_FORMAT)]
pub(crate) struct PacketArgs {
    /// The packet file, `-` for standard input.
    #[arg(long)]
    file: PathBuf,
}

impl PacketArgs {
    pub(crate) fn run(self, explain: bool) -> Result<Report, Failure> {
        let file = input::judged(&self.file, "packet_file")?;
        let claim = match file.and_then(|bytes| PacketClaim::from_json(&bytes)) {
            Ok(claim) => claim,
            Err(error) => return Ok(Report::refused(&error)),
        };
        let mut rules = Rules::new();
        rules.push(("packet_well_formed", format!("{} payloads", claim.packet.payloads.len())));
        let report = match claim.verify(&mut rules) {
            Ok(()) => described(&claim),
            Err(error) => Report::refused(&error),
        };
        Ok(report.explained(explain.then_some(rules)))
    }
}

/// Everything that follows from the packet and its answer.
fn described(claim: &PacketClaim) -> Report {
    let packet = &claim.packet;
    let message = format!(
        "packet {} from {} to {}",
        packet.sequence, packet.source_client, packet.dest_client
    );
    let mut report = Report::valid(message)
        .with("commitment", hex::encode(packet.commitment().0))
        .with("commitment_path", source_path(packet))
        .with("receipt_path", dest_path(packet, PacketPath::receipt))
        .with("ack_path", dest_path(packet, PacketPath::acknowledgement));
    let mut answers = Vec::new();
    if let Some(acknowledgement) = &claim.acknowledgement {
        report = report
            .with("ack_commitment", hex::encode(acknowledgement.commitment().0))
            .with("ack_is_error", acknowledgement.is_error());
        if !acknowledgement.is_error() {
            answers.extend(acknowledgement.app_acknowledgements());
        }
    }
    let mut answers = answers.into_iter();
    let payloads = packet.payloads.iter().map(|payload| {
        let mut shown = shown_payload(payload);
        if let (Some(answer), Some(map)) = (answers.next(), shown.as_object_mut()) {
            map.insert("answer".into(), shown_answer(payload, answer));
        }
        shown
    });
    let payloads: Value = payloads.collect();
    report.with("payloads", payloads)
}

fn source_path(packet: &Packet) -> String {
    hex::encode(PacketPath::commitment(packet.source_client.clone(), packet.sequence).to_bytes())
}

fn dest_path(
    packet: &Packet,
    path: fn(causeway_core::ClientId, causeway_core::Sequence) -> PacketPath,
) -> String {
    hex::encode(path(packet.dest_client.clone(), packet.sequence).to_bytes())
}

/// The application that a payload is for, as far as this command knows it, and its encoding.
enum Known {
    Transfer(Encoding),
    Message(Encoding),
    Other,
}

fn known(payload: &Payload) -> Known {
    let Some(encoding) = Encoding::of(payload) else { return Known::Other };
    match (payload.dest_port.as_str(), payload.version.as_str()) {
        (transfer::PORT, transfer::VERSION) => Known::Transfer(encoding),
        (gmp::PORT, gmp::VERSION) => Known::Message(encoding),
        _ => Known::Other,
    }
}

/// The payload's data in words. A packet is valid whatever its applications will make of it, so
/// that data which does not decode is shown as such.
fn shown_payload(payload: &Payload) -> Value {
    let data = match known(payload) {
        Known::Transfer(encoding) => {
            FungibleTokenPacketData::decode(&payload.value, encoding).map(|data| {
                json!({
                    "denom": data.denom().to_string(),
                    "amount": data.amount().to_string(),
                    "sender": data.sender(),
                    "receiver": data.receiver(),
                    "memo": data.memo(),
                })
            })
        }
        Known::Message(encoding) => GmpPacketData::decode(&payload.value, encoding).map(|data| {
            json!({
                "sender": data.sender(),
                "receiver": data.receiver(),
                "salt": hex::encode(data.salt()),
                "payload": hex::encode(data.payload()),
                "memo": data.memo(),
            })
        }),
        Known::Other => Ok(Value::Null),
    };
    json!({
        "source_port": payload.source_port.as_str(),
        "dest_port": payload.dest_port.as_str(),
        "version": payload.version,
        "encoding": payload.encoding,
        "value": hex::encode(&payload.value),
        "data": data.unwrap_or_else(|error| undecodable(&error)),
    })
}

fn shown_answer(payload: &Payload, answer: &[u8]) -> Value {
    let meaning = match known(payload) {
        Known::Transfer(_) if answer == transfer::SUCCESS_ACKNOWLEDGEMENT => json!("success"),
        Known::Transfer(_) => {
            undecodable(&DecodeError::new("acknowledgement", "no answer of a transfer"))
        }
        Known::Message(encoding) => GmpAcknowledgement::decode(answer, encoding).map_or_else(
            |error| undecodable(&error),
            |answer| json!({"result": hex::encode(answer.result())}),
        ),
        Known::Other => Value::Null,
    };
    json!({"bytes": hex::encode(answer), "meaning": meaning})
}

fn undecodable(error: &DecodeError) -> Value {
    json!({"undecodable": error.to_string()})
}
