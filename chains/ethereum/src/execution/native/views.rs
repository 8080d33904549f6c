//! Contracts that only answer questions.

use alloy_primitives::{B256, Bytes, U256, hex};
use alloy_sol_types::SolCall;
use causeway_contracts::Work;
use causeway_core::{Acknowledgement, Any, ClientId, Packet, PacketPath, Sequence};
use causeway_light_client::RawView;
use causeway_wire_ethereum::abi::packet_hash;
use causeway_wire_ethereum::abi::sol::{Counter, Helper, LightClient};
use causeway_wire_ethereum::contracts::{COUNTER, trace_slot};
use prost::Message as _;

use super::router::{trace, with_client};
use super::{Answer, Call, answer, decode, no_such_method, reverted};
use crate::execution::host::client_at;
use crate::execution::machine::{Failure, Machine};

/// An envelope as bytes.
pub(super) fn envelope(any: &Any) -> Bytes {
    any.encode_to_vec().into()
}

/// Calls of the view of packets' traces.
pub(super) fn call_helper(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Answer {
    match call.selector().unwrap_or_default() {
        Helper::isPacketReceivedCall::SELECTOR => {
            let packet = decode::<Helper::isPacketReceivedCall>(call.input)?.packet;
            let received = is_received(machine, &packet.try_into()?)?;
            answer::<Helper::isPacketReceivedCall>(&received)
        }
        Helper::isPacketReceiveSuccessfulCall::SELECTOR => {
            let packet = decode::<Helper::isPacketReceiveSuccessfulCall>(call.input)?.packet;
            let packet = packet.try_into()?;
            let successful = is_received(machine, &packet)? && is_answered_well(machine, &packet)?;
            answer::<Helper::isPacketReceiveSuccessfulCall>(&successful)
        }
        Helper::queryPacketReceiptCall::SELECTOR => {
            let args: Helper::queryPacketReceiptCall = decode(call.input)?;
            query(machine, args.clientId, args.sequence, PacketPath::receipt)
        }
        Helper::queryPacketCommitmentCall::SELECTOR => {
            let args: Helper::queryPacketCommitmentCall = decode(call.input)?;
            query(machine, args.clientId, args.sequence, PacketPath::commitment)
        }
        Helper::queryAckCommitmentCall::SELECTOR => {
            let args: Helper::queryAckCommitmentCall = decode(call.input)?;
            query(machine, args.clientId, args.sequence, PacketPath::acknowledgement)
        }
        _ => no_such_method(),
    }
}

fn query(
    machine: &mut Machine<'_, '_>,
    client_id: String,
    sequence: u64,
    path: impl FnOnce(ClientId, Sequence) -> PacketPath,
) -> Answer {
    let sequence = Sequence::new(sequence).ok_or_else(reverted)?;
    let path = path(ClientId::new(client_id)?, sequence);
    let word = trace(machine, trace_slot(&path))?;
    // The three queries answer alike.
    answer::<Helper::queryPacketReceiptCall>(&B256::from(word))
}

fn is_received(machine: &mut Machine<'_, '_>, packet: &Packet) -> Result<bool, Failure> {
    let path = PacketPath::receipt(packet.dest_client.clone(), packet.sequence);
    Ok(trace(machine, trace_slot(&path))? == U256::from_be_bytes(packet_hash(packet).0))
}

fn is_answered_well(machine: &mut Machine<'_, '_>, packet: &Packet) -> Result<bool, Failure> {
    let path = PacketPath::acknowledgement(packet.dest_client.clone(), packet.sequence);
    let word = trace(machine, trace_slot(&path))?;
    let failure = U256::from_be_bytes(Acknowledgement::error().commitment().0);
    Ok(!word.is_zero() && word != failure)
}

/// Calls of the example contract; other chains call it through message passing.
pub(super) fn call_counter(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Answer {
    if call.selector() != Some(Counter::countCall::SELECTOR) {
        return no_such_method();
    }
    let args: Counter::countCall = decode(call.input)?;
    machine.pay(Work::Read)?;
    let prefix = format!("apps/{}/{}/", causeway_core::gmp::PORT, hex::encode(COUNTER));
    let stored = machine.work.record(&[prefix.as_bytes(), args.account.as_slice()].concat());
    let number = stored.and_then(|bytes| bytes.try_into().ok().map(u64::from_be_bytes));
    answer::<Counter::countCall>(&number.unwrap_or_default())
}

/// Calls of a client's own contract.
pub(super) fn call_client(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Answer {
    if call.selector() != Some(LightClient::getClientStateCall::SELECTOR) {
        return no_such_method();
    }
    machine.pay(Work::Read)?;
    let client_id = machine.work.record(&client_at(&call.to)).ok_or_else(reverted)?;
    let client_id = String::from_utf8_lossy(&client_id).into_owned();
    let state = with_client(machine, &client_id, |client| client.client_state())?;
    answer::<LightClient::getClientStateCall>(&envelope(&state))
}
