//! Executing one message.

use causeway_contracts::apps::transfer::{RateLimit, Transfer as TransferApp};
use causeway_contracts::{Account, Context, Ibc, Token};
use causeway_core::gmp::GmpPacketData;
use causeway_core::transfer::{Denom, FungibleTokenPacketData};
use causeway_core::{Amount, Any, DecodeError, Encoding, Message, Payload, Response, SendPacket};
use causeway_wire_cometbft::msg::{
    Decision, Govern, Msg, Send, SendCall, Transfer, response_to_any,
};
use causeway_wire_cometbft::tx::{AccountAddress, TxRefusal};

use super::admission::text;
use super::parse::{ParsedMessage, address};
use super::run::Chain;
use super::{Host, Rejection, payments};
use crate::app::config::fee_collector;
use crate::app::gas::MOVE_TOKENS;
use crate::consensus::ValidatorUpdate;

use causeway_client_cometbft::{MAX_TOTAL_POWER, PublicKey};
use core::num::NonZeroU64;

/// How the vouchers' names begin.
const VOUCHER: &str = "ibc/";

/// Executes a message, all or nothing up to the caller; gives its answer and, from the authority's
/// messages, changes of validators.
pub(crate) fn execute(
    chain: &Chain<'_>,
    host: &mut Host<'_>,
    message: &ParsedMessage,
    updates: &mut Vec<ValidatorUpdate>,
) -> Result<Any, Rejection> {
    let signer = Account(message.signer.as_bytes().to_vec());
    let response = match &message.msg {
        Msg::Send(send) => send_coins(host, &message.signer, send)?,
        Msg::Call(call) => handle(chain, host, &call.message, &signer)?,
        Msg::Transfer(transfer) => {
            let payload = transfer_payload(host, transfer, &signer)?;
            let (client, timeout) = (&transfer.source_client, transfer.timeout_timestamp);
            let packet = packet_of(client.clone(), timeout, payload);
            handle(chain, host, &packet, &signer)?
        }
        Msg::SendCall(call) => {
            let payload = call_payload(call).map_err(|error| invalid(&error))?;
            let packet = packet_of(call.source_client.clone(), call.timeout_timestamp, payload);
            handle(chain, host, &packet, &signer)?
        }
        Msg::Govern(govern) => {
            decide(host, govern, &message.signer, updates)?;
            Response::Done
        }
    };
    Ok(response_to_any(&message.type_url, &response))
}

fn invalid(error: &DecodeError) -> Rejection {
    Rejection::sdk(TxRefusal::InvalidRequest, error)
}

fn handle(
    chain: &Chain<'_>,
    host: &mut Host<'_>,
    message: &Message,
    signer: &Account,
) -> Result<Response, Rejection> {
    host.is_timeout = matches!(message, Message::TimeoutPacket(_));
    let mut context = Context::new(host);
    Ibc::new(chain.clients, chain.router)
        .handle(&mut context, message, signer)
        .map_err(|error| Rejection::of_call(&error, message))
}

fn send_coins(
    host: &mut Host<'_>,
    from: &AccountAddress,
    send: &Send,
) -> Result<Response, Rejection> {
    let to = address(&send.to)?;
    if to == fee_collector() {
        let detail = format!("{} is not allowed to receive funds", text(&to));
        return Err(Rejection::sdk(TxRefusal::Unauthorized, detail));
    }
    for _ in &send.amount {
        host.meter.take(MOVE_TOKENS)?;
    }
    let events = payments::pay(host.state, from, &to, &send.amount)?;
    host.events.extend(events);
    Ok(Response::Done)
}

fn packet_of(
    source_client: causeway_core::ClientId,
    timeout_timestamp: u64,
    payload: Payload,
) -> Message {
    Message::SendPacket(SendPacket { source_client, timeout_timestamp, payloads: vec![payload] })
}

/// What an encoding's name stands for; none stands for `default`.
fn encoding(name: &str, default: Encoding) -> Result<Encoding, DecodeError> {
    if name.is_empty() {
        return Ok(default);
    }
    let found = Encoding::ALL.into_iter().find(|encoding| encoding.as_str() == name);
    found.ok_or_else(|| DecodeError::new("encoding", format!("{name:?} is none")))
}

/// The payload of a transfer. Vouchers are named by their hash, which stands for a path; the
/// greatest amount stands for all that the sender has.
fn transfer_payload(
    host: &mut Host<'_>,
    transfer: &Transfer,
    signer: &Account,
) -> Result<Payload, Rejection> {
    let name = &transfer.token.denom;
    let token = Token(name.clone());
    let mut context = Context::new(host);
    let denom = if name.starts_with(VOUCHER) {
        TransferApp::denom_of(&mut context, &token)?.ok_or_else(|| Rejection {
            codespace: "transfer",
            code: 3,
            log: format!("{name} is no voucher of this chain"),
        })?
    } else {
        Denom::native(name.clone()).map_err(|error| invalid(&error))?
    };
    let mut amount = transfer.token.amount;
    if amount == Amount::MAX {
        amount = context.balance(signer, &token)?;
    }
    let payload = || {
        let data = FungibleTokenPacketData::new(
            denom,
            amount,
            transfer.sender.clone(),
            transfer.receiver.clone(),
            transfer.memo.clone(),
        )?;
        let mut payload = data.to_payload(encoding(&transfer.encoding, Encoding::Json)?)?;
        payload.source_port = transfer.source_port.clone();
        Ok(payload)
    };
    payload().map_err(|error: DecodeError| invalid(&error))
}

fn call_payload(call: &SendCall) -> Result<Payload, DecodeError> {
    GmpPacketData::new(
        call.sender.clone(),
        call.receiver.clone(),
        call.salt.clone(),
        call.payload.clone(),
        call.memo.clone(),
    )?
    .to_payload(encoding(&call.encoding, Encoding::Protobuf)?)
}

fn decide(
    host: &mut Host<'_>,
    govern: &Govern,
    signer: &AccountAddress,
    updates: &mut Vec<ValidatorUpdate>,
) -> Result<(), Rejection> {
    if signer != host.authority {
        let (expected, got) = (text(host.authority), text(signer));
        let detail = format!("invalid authority; expected {expected}, got {got}");
        return Err(Rejection::sdk(TxRefusal::Unauthorized, detail));
    }
    let account = Account(signer.as_bytes().to_vec());
    match &govern.decision {
        Decision::UpdateValidators(changes) => {
            for (key, power) in changes {
                if *power > MAX_TOTAL_POWER {
                    let detail = format!("power {power}, at most {MAX_TOTAL_POWER} is possible");
                    return Err(Rejection::sdk(TxRefusal::InvalidRequest, detail));
                }
                host.meter.take(MOVE_TOKENS)?;
                let public_key = PublicKey::Ed25519(*key);
                updates.retain(|update| update.public_key != public_key);
                updates.push(ValidatorUpdate { public_key, power: *power });
            }
            Ok(())
        }
        Decision::SetPaused { client_id, is_paused } => {
            let mut context = Context::new(host);
            Ok(TransferApp::set_paused(&mut context, &account, client_id, *is_paused)?)
        }
        Decision::SetRateLimit { client_id, denom, window_secs, most_out, most_in } => {
            let limit = NonZeroU64::new(*window_secs).map(|window_secs| RateLimit {
                window_secs,
                most_out: *most_out,
                most_in: *most_in,
            });
            let token = Token(denom.clone());
            let mut context = Context::new(host);
            Ok(TransferApp::set_rate_limit(&mut context, &account, client_id, &token, limit)?)
        }
    }
}
