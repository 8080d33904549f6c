//! Refusals by the codespaces and numbers of Cosmos SDK and ibc-go.

use causeway_contracts::{AppError, ClientError, HandleError, OutOfGas, PacketError};
use causeway_core::{BoxedRefusal, Message, Refusal};
use causeway_wire_cometbft::tx::{CODESPACE, TxRefusal};

use crate::app::TxOutcome;

/// What ibc-go has no number for: refusals of our contracts.
const OWN: (&str, u32) = ("causeway", 1);

/// Why a transaction, or a message of it, is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rejection {
    pub(crate) codespace: &'static str,
    pub(crate) code: u32,
    pub(crate) log: String,
}

impl Rejection {
    /// A refusal of codespace `sdk`.
    pub(crate) fn sdk(refusal: TxRefusal, detail: impl core::fmt::Display) -> Self {
        Self { codespace: CODESPACE, code: refusal.code(), log: refusal.log(detail) }
    }

    /// A packet message of which nothing is left to do (`04-channel` `ErrRedundantTx`).
    pub(crate) fn redundant() -> Self {
        let log = "the packet messages of this transaction are redundant".into();
        Self { codespace: "channel", code: 22, log }
    }

    /// The same with something before it.
    pub(crate) fn within(mut self, context: impl core::fmt::Display) -> Self {
        self.log = format!("{context}: {}", self.log);
        self
    }

    /// The outcome of a transaction that this ended.
    pub(crate) fn into_outcome(self, gas_wanted: u64, gas_used: u64) -> TxOutcome {
        TxOutcome {
            code: self.code,
            codespace: self.codespace.into(),
            log: self.log,
            gas_wanted,
            gas_used,
            ..TxOutcome::default()
        }
    }
}

impl From<OutOfGas> for Rejection {
    fn from(error: OutOfGas) -> Self {
        Self::sdk(TxRefusal::OutOfGas, error)
    }
}

impl From<AppError> for Rejection {
    fn from(error: AppError) -> Self {
        match error {
            AppError::OutOfGas => OutOfGas.into(),
            AppError::Refused(refusal) => Self::of_app(&refusal),
        }
    }
}

impl Rejection {
    fn of_app(refusal: &BoxedRefusal) -> Self {
        let (codespace, code) = number(&refusal.code());
        Self { codespace, code, log: refusal.to_string() }
    }

    /// Why the packet core refused `message`.
    pub(crate) fn of_call(error: &HandleError, message: &Message) -> Self {
        let light = match error {
            HandleError::Client(ClientError::Light(_))
            | HandleError::Packet(PacketError::Client(ClientError::Light(_))) => {
                Some(of_light_client(message))
            }
            _ => None,
        };
        let (codespace, code) = light.unwrap_or_else(|| number(&error.code()));
        Self { codespace, code, log: error.to_string() }
    }
}

/// A light client's refusal, by what it was asked (`02-client` errors).
const fn of_light_client(message: &Message) -> (&'static str, u32) {
    let code = match message {
        Message::CreateClient(_) => 3,
        Message::SubmitMisbehaviour(_) => 13,
        Message::RecoverClient(_) => 27,
        Message::ReceivePacket(_) | Message::ReceivePackets(_) | Message::AcknowledgePacket(_) => {
            30
        }
        Message::TimeoutPacket(_) => 31,
        Message::UpdateClient(_) | Message::RegisterCounterparty(_) | Message::SendPacket(_) => 12,
    };
    ("client", code)
}

/// The number of a refusal, by the name of the broken rule.
fn number(rule: &str) -> (&'static str, u32) {
    match rule {
        "out_of_gas" => (CODESPACE, TxRefusal::OutOfGas.code()),
        "insufficient_balance" => (CODESPACE, TxRefusal::InsufficientFunds.code()),
        "client_starts_from_nothing" => ("client", 3),
        "client_not_found" => ("client", 4),
        "consensus_state_not_found" => ("client", 7),
        "client_type_unknown" => ("client", 9),
        "not_misbehaviour" => ("client", 13),
        "subject_active" => ("client", 24),
        "substitute_mismatch" => ("client", 27),
        "client_not_active" => ("client", 29),
        "counterparty_registered" | "counterparty_mismatch" => ("clientv2", 34),
        "counterparty_not_found" => ("clientv2", 35),
        "signer_not_creator"
        | "signer_not_authority"
        | "unauthorized_sender"
        | "not_the_authority" => ("ibc", 2),
        "packet_commitment_mismatch"
        | "batch_size"
        | "batch_of_several_clients"
        | "malformed_packet" => ("channelv2", 2),
        "unexpected_port" | "unexpected_version" | "unexpected_encoding" | "malformed_payload" => {
            ("channelv2", 3)
        }
        "sequences_exhausted" => ("channelv2", 4),
        "ack_count_mismatch" | "unexpected_acknowledgement" => ("channelv2", 5),
        "timeout_too_far" => ("channelv2", 8),
        "timeout_elapsed" | "timeout_elapsed_there" => ("channelv2", 9),
        "timeout_not_reached" => ("channelv2", 10),
        "port_not_bound" => ("port", 3),
        "ambiguous_denom" | "voucher_by_name" | "malformed_denom" => ("transfer", 3),
        "transfers_paused" => ("transfer", 7),
        malformed if malformed.starts_with("malformed_") => ("ibc", 8),
        _ => OWN,
    }
}
