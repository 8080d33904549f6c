//! Refusals of packets and of what applications put into them.

use causeway_core::gmp::{GmpAcknowledgement, GmpPacketData};
use causeway_core::transfer::FungibleTokenPacketData;
use causeway_core::{Acknowledgement, DecodeError, Encoding, PacketClaim, Refusal};
use serde_json::{Value, json};

use crate::Case;

pub(crate) const CASES: &[Case] = &[
    Case { code: "malformed_packet_file", provoke: || read(|file| file["expected"] = json!({})) },
    Case {
        code: "malformed_packet",
        provoke: || read(|file| file["packet"]["sequence"] = json!(0)),
    },
    Case {
        code: "malformed_payload",
        provoke: || read(|file| file["packet"]["payloads"][0]["version"] = json!(" ")),
    },
    Case {
        code: "malformed_client_id",
        provoke: || read(|file| file["packet"]["dest_client"] = json!("client/0")),
    },
    Case {
        code: "malformed_port_id",
        provoke: || read(|file| file["packet"]["payloads"][0]["dest_port"] = json!("p")),
    },
    Case {
        code: "malformed_acknowledgement",
        provoke: || read(|file| file["acknowledgements"] = json!([])),
    },
    Case {
        code: "packet_commitment_mismatch",
        provoke: || judge(|claim| claim.packet.timeout_timestamp += 1),
    },
    Case {
        code: "ack_count_mismatch",
        provoke: || {
            judge(|claim| {
                let answers = Acknowledgement::new(vec![vec![1], vec![2]]).unwrap();
                claim.ack_commitment = Some(answers.commitment());
                claim.acknowledgement = Some(answers);
            })
        },
    },
    Case {
        code: "ack_commitment_mismatch",
        provoke: || judge(|claim| claim.acknowledgement = Some(Acknowledgement::error())),
    },
    Case { code: "malformed_transfer_data", provoke: || transfer("receiver", " ") },
    Case { code: "malformed_denom", provoke: || transfer("denom", "transfer/client-0/ ") },
    Case { code: "malformed_amount", provoke: || transfer("amount", "01") },
    Case {
        code: "malformed_gmp_data",
        provoke: || {
            let call = GmpPacketData::new("sender", "", vec![0; 33], vec![], "");
            code(call)
        },
    },
    Case {
        code: "malformed_gmp_acknowledgement",
        provoke: || code(GmpAcknowledgement::decode(br#"{"result": "AQ=="}"#, Encoding::Json)),
    },
];

fn code<T: std::fmt::Debug>(result: Result<T, impl Refusal>) -> String {
    result.unwrap_err().code().into_owned()
}

fn file() -> Value {
    json!({
        "packet": {
            "sequence": 1,
            "source_client": "client-0",
            "dest_client": "client-1",
            "timeout_timestamp": 1_700_000_000,
            "payloads": [{
                "source_port": "transfer",
                "dest_port": "transfer",
                "version": "ics20-1",
                "encoding": "application/json",
                "value": "0x01",
            }],
        },
        "acknowledgements": ["02"],
    })
}

/// The code with which the changed file is refused; unchanged it is accepted.
fn read(change: fn(&mut Value)) -> String {
    let from = |file: &Value| PacketClaim::from_json(file.to_string().as_bytes());
    let mut file = file();
    from(&file).unwrap();
    change(&mut file);
    code(from(&file))
}

/// The code with which the changed claim is refused; unchanged it holds.
fn judge(change: fn(&mut PacketClaim)) -> String {
    let mut claim = PacketClaim::from_json(file().to_string().as_bytes()).unwrap();
    claim.commitment = Some(claim.packet.commitment());
    claim.ack_commitment = claim.acknowledgement.as_ref().map(Acknowledgement::commitment);
    claim.verify(&mut ()).unwrap();
    change(&mut claim);
    code(claim.verify(&mut ()))
}

/// The code with which transfer data with one changed field is refused.
fn transfer(field: &str, value: &str) -> String {
    let decode = |change: Option<(&str, &str)>| -> Result<FungibleTokenPacketData, DecodeError> {
        let of = |name: &str, plain: &str| {
            let changed = change.filter(|(field, _)| *field == name).map(|(_, value)| value);
            format!("{name:?}:{:?}", changed.unwrap_or(plain))
        };
        let fields =
            [of("denom", "uatom"), of("amount", "1"), of("sender", "alice"), of("receiver", "bob")];
        let json = format!("{{{}}}", fields.join(","));
        FungibleTokenPacketData::decode(json.as_bytes(), Encoding::Json)
    };
    decode(None).unwrap();
    code(decode(Some((field, value))))
}
