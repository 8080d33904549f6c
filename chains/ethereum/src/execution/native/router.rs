//! The router: packets, and the clients behind it.

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolEvent};
use causeway_contracts::{Account, Accounts, Context, HandleError, Ibc, StoredClient, Work};
use causeway_core::{ClientId, Message, Response, Sequence};
use causeway_light_client::{RawView, Status};
use causeway_wire_ethereum::abi::sol::{self, Errors, Router};
use causeway_wire_ethereum::abi::{Reverted, decode_message, error_text};
use causeway_wire_ethereum::contracts::{
    CLIENT_SLOT, COMMITMENT_SLOT, GMP, ROUTER, TRANSFER, offset_slot, text_slot,
};

use super::{Answer, Call, answer, decode, handle, no_such_method};
use crate::execution::machine::{Failure, Machine};

/// The most calls of one `multicall`; gas bounds it sooner.
const MAX_CALLS: usize = 256;

/// The most heights that one call lists.
const MAX_HEIGHTS: u64 = 256;

/// `UpdateResult` of published clients.
const UPDATE: u8 = 0;
const MISBEHAVIOUR: u8 = 1;
const NO_OP: u8 = 2;

pub(super) fn call(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Answer {
    match call.selector().unwrap_or_default() {
        Router::multicallCall::SELECTOR => multicall(machine, call),
        Router::sendPacketCall::SELECTOR => {
            // Only the application at a port sends what is published: ours send for their callers.
            Err(Reverted::with(&Errors::IBCUnauthorizedSender { caller: call.caller }).into())
        }
        _ => single(machine, call),
    }
}

fn single(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Answer {
    let Some(message) = decode_message(call.input)? else { return view(machine, call) };
    let first_log = machine.logs.len();
    let response = handle(machine, &message, &call.caller)?;
    match response {
        Response::ClientCreated(client_id) => {
            answer::<Router::createClientCall>(&client_id.to_string())
        }
        Response::PacketSent(sequence) => answer::<Router::sendPayloadsCall>(&sequence.get()),
        _ if matches!(message, Message::UpdateClient(_)) => {
            answer::<Router::updateClientCall>(&update_result(machine, first_log))
        }
        _ => Ok(Vec::new()),
    }
}

/// What an update was, as the events of the call tell.
fn update_result(machine: &Machine<'_, '_>, first_log: usize) -> u8 {
    for log in machine.logs.iter().skip(first_log) {
        match log.topics.first() {
            Some(&Router::ICS02MisbehaviourSubmitted::SIGNATURE_HASH) => return MISBEHAVIOUR,
            Some(&Router::ICS02ClientUpdated::SIGNATURE_HASH) => {
                // The words are: offset of the text, result, the text.
                return log.data.get(63).copied().unwrap_or(UPDATE);
            }
            _ => {}
        }
    }
    NO_OP
}

/// All of the calls happen, or none.
fn multicall(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Answer {
    let args: Router::multicallCall = decode(call.input)?;
    if args.data.len() > MAX_CALLS {
        let reason = format!("batch_size: {} calls, at most {MAX_CALLS}", args.data.len());
        return Err(Failure::Reverted(error_text(&reason).into()));
    }
    let mut results = Vec::with_capacity(args.data.len());
    for input in &args.data {
        machine.pay(Work::Callback)?;
        results.push(Bytes::from(single(machine, &Call { input, ..*call })?));
    }
    answer::<Router::multicallCall>(&results)
}

fn view(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Answer {
    machine.pay(Work::Read)?;
    match call.selector().unwrap_or_default() {
        Router::getCommitmentCall::SELECTOR => {
            let args: Router::getCommitmentCall = decode(call.input)?;
            let preimage = [args.hashedPath, COMMITMENT_SLOT].concat();
            let word = machine.word(&ROUTER, &alloy_primitives::keccak256(preimage));
            answer::<Router::getCommitmentCall>(&B256::from(word))
        }
        Router::getNextClientSeqCall::SELECTOR => {
            let next = machine.word(&ROUTER, &offset_slot(&CLIENT_SLOT, 2));
            answer::<Router::getNextClientSeqCall>(&next)
        }
        Router::getClientCall::SELECTOR => {
            let args: Router::getClientCall = decode(call.input)?;
            let word = machine.word(&ROUTER, &text_slot(&CLIENT_SLOT, 0, &args.clientId));
            if word.is_zero() {
                return Err(not_found(args.clientId));
            }
            answer::<Router::getClientCall>(&Address::from_word(word.into()))
        }
        Router::getIBCAppCall::SELECTOR => {
            let args: Router::getIBCAppCall = decode(call.input)?;
            let app = match args.portId.as_str() {
                causeway_core::transfer::PORT => TRANSFER,
                causeway_core::gmp::PORT => GMP,
                _ => {
                    let error = Errors::IBCAppNotFound { portId: args.portId };
                    return Err(Reverted::with(&error).into());
                }
            };
            answer::<Router::getIBCAppCall>(&app)
        }
        Router::authorityCall::SELECTOR => {
            answer::<Router::authorityCall>(&machine.rules.authority)
        }
        _ => view_client(machine, call),
    }
}

fn not_found(client_id: String) -> Failure {
    Reverted::with(&Errors::IBCClientNotFound { clientId: client_id }).into()
}

/// Runs `read` on a stored client, which costs what its state has of bytes.
pub(super) fn with_client<T>(
    machine: &mut Machine<'_, '_>,
    client_id: &str,
    read: impl FnOnce(&StoredClient<'_>) -> T,
) -> Result<T, Failure> {
    machine.pay(Work::Read)?;
    let id = ClientId::new(client_id)?;
    let found = StoredClient::open(machine, &id).map(|client| {
        let len = client.client_state().value.len();
        (read(&client), len)
    });
    let (value, len) = found.ok_or_else(|| not_found(client_id.into()))?;
    machine.pay(Work::ReadBytes(len))?;
    Ok(value)
}

#[expect(clippy::redundant_closure_for_method_calls, reason = "methods fix the lifetime")]
fn view_client(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Answer {
    match call.selector().unwrap_or_default() {
        Router::getCounterpartyCall::SELECTOR => {
            let args: Router::getCounterpartyCall = decode(call.input)?;
            let found = with_client(machine, &args.clientId, |c| c.counterparty())?;
            let clientless = || {
                let counterpartyless = Errors::IBCCounterpartyClientNotFound {
                    counterpartyClientId: args.clientId.clone(),
                };
                Failure::from(Reverted::with(&counterpartyless))
            };
            let info = sol::CounterpartyInfo::from(&found.ok_or_else(clientless)?);
            answer::<Router::getCounterpartyCall>(&info)
        }
        Router::getClientTypeCall::SELECTOR => {
            let args: Router::getClientTypeCall = decode(call.input)?;
            let kind = with_client(machine, &args.clientId, |c| c.client_type().to_owned())?;
            answer::<Router::getClientTypeCall>(&kind)
        }
        Router::getClientStateCall::SELECTOR => {
            let args: Router::getClientStateCall = decode(call.input)?;
            let state = with_client(machine, &args.clientId, |c| c.client_state())?;
            answer::<Router::getClientStateCall>(&super::views::envelope(&state))
        }
        Router::getClientStatusCall::SELECTOR => {
            let args: Router::getClientStatusCall = decode(call.input)?;
            answer::<Router::getClientStatusCall>(&status(machine, &args.clientId)?)
        }
        Router::getConsensusStateCall::SELECTOR => {
            let args: Router::getConsensusStateCall = decode(call.input)?;
            let height = args.height.into();
            let found = with_client(machine, &args.clientId, |c| c.consensus_state(height))?;
            let bytes = found.as_ref().map(super::views::envelope).unwrap_or_default();
            answer::<Router::getConsensusStateCall>(&bytes)
        }
        Router::getConsensusHeightsCall::SELECTOR => {
            let args: Router::getConsensusHeightsCall = decode(call.input)?;
            let limit = usize::try_from(args.limit.min(MAX_HEIGHTS)).unwrap_or_default();
            machine.pay(Work::Scan(limit))?;
            let after = Some(args.after_.into());
            let heights = with_client(machine, &args.clientId, |c| c.heights(after, limit))?;
            let heights: Vec<sol::Height> = heights.into_iter().map(Into::into).collect();
            answer::<Router::getConsensusHeightsCall>(&heights)
        }
        Router::getNextSequenceSendCall::SELECTOR => {
            let args: Router::getNextSequenceSendCall = decode(call.input)?;
            let next = with_client(machine, &args.clientId, |c| c.next_sequence_send())?;
            answer::<Router::getNextSequenceSendCall>(&next.map_or(0, Sequence::get))
        }
        _ => no_such_method(),
    }
}

fn status(machine: &mut Machine<'_, '_>, client_id: &str) -> Result<String, Failure> {
    let id = ClientId::new(client_id)?;
    let rules = machine.rules;
    let ibc = Ibc::new(&rules.clients, &rules.router);
    let status = ibc.client_status(&mut Context::new(machine), &id);
    Ok(match status.map_err(HandleError::from)? {
        Status::Active => "Active",
        Status::Expired => "Expired",
        Status::Frozen => "Frozen",
    }
    .into())
}

/// The account that locks what leaves through a client.
pub(super) fn escrow(machine: &Machine<'_, '_>, client_id: &str) -> Result<Address, Failure> {
    let port = causeway_core::PortId::new(causeway_core::transfer::PORT)?;
    let Account(bytes) = machine.escrow_account(&port, &ClientId::new(client_id)?);
    Ok(crate::execution::host::address_of(&Account(bytes)).unwrap_or_default())
}

/// The word at a trace's path, zero for nothing.
pub(super) fn trace(machine: &mut Machine<'_, '_>, slot: B256) -> Result<U256, Failure> {
    machine.pay(Work::Read)?;
    Ok(machine.word(&ROUTER, &slot))
}
