//! The applications' own methods: token transfer and message passing.

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolCall;
use causeway_contracts::apps::transfer::{RateLimit, Transfer as App};
use causeway_contracts::{Account, AppError, Context, Work};
use causeway_core::gmp::{AccountIdentifier, GmpPacketData};
use causeway_core::transfer::{Denom, FungibleTokenPacketData};
use causeway_core::{Amount, ClientId, Encoding, Message, Payload, Response, SendPacket};
use causeway_wire_ethereum::abi::Reverted;
use causeway_wire_ethereum::abi::sol::{Errors, Gmp, Transfer};
use causeway_wire_ethereum::contracts::{ROUTER, TRANSFER, voucher_address};

use super::list;
use super::router::escrow;
use super::{Answer, Call, answer, decode, handle, no_such_method};
use crate::execution::code::Contract;
use crate::execution::host::{derived_account, token_name};
use crate::execution::machine::{Failure, Machine};

/// Calls of token transfer.
pub(super) fn call(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Answer {
    match call.selector().unwrap_or_default() {
        Transfer::sendTransferCall::SELECTOR => send_transfer(machine, call),
        Transfer::setPausedCall::SELECTOR => {
            let args: Transfer::setPausedCall = decode(call.input)?;
            let client = ClientId::new(args.clientId)?;
            let signer = Account(call.caller.to_vec());
            with_context(machine, |ctx| App::set_paused(ctx, &signer, &client, args.paused))?;
            Ok(Vec::new())
        }
        Transfer::setRateLimitCall::SELECTOR => set_rate_limit(machine, call),
        _ => view(machine, call),
    }
}

pub(super) fn with_context<T>(
    machine: &mut Machine<'_, '_>,
    call: impl FnOnce(&mut Context<'_>) -> Result<T, AppError>,
) -> Result<T, Failure> {
    Ok(Context::new(machine).attempt(call)?)
}

fn view(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Answer {
    machine.pay(Work::Read)?;
    match call.selector().unwrap_or_default() {
        Transfer::getEscrowCall::SELECTOR => {
            let args: Transfer::getEscrowCall = decode(call.input)?;
            answer::<Transfer::getEscrowCall>(&escrow(machine, &args.clientId)?)
        }
        Transfer::ibcERC20ContractCall::SELECTOR => {
            let args: Transfer::ibcERC20ContractCall = decode(call.input)?;
            let address = voucher_address(&args.denom);
            if machine.work.account(&address).contract() != Some(Contract::Voucher) {
                return Err(unknown_denom(args.denom));
            }
            answer::<Transfer::ibcERC20ContractCall>(&address)
        }
        Transfer::ibcERC20DenomCall::SELECTOR => {
            let args: Transfer::ibcERC20DenomCall = decode(call.input)?;
            let denom = voucher_path(machine, &args.token)?;
            let denom = denom.map_or_else(String::new, |denom| denom.to_string());
            answer::<Transfer::ibcERC20DenomCall>(&denom)
        }
        Transfer::ics26Call::SELECTOR => answer::<Transfer::ics26Call>(&ROUTER),
        Transfer::getRateLimitCall::SELECTOR => {
            let args: Transfer::getRateLimitCall = decode(call.input)?;
            let (client, token) = (ClientId::new(args.clientId)?, token_name(&args.token));
            let limit = with_context(machine, |ctx| App::rate_limit(ctx, &client, &token))?;
            let bound = |most: Option<Amount>| most.map_or(U256::MAX, Into::into);
            let limit = limit.map_or((0, U256::MAX, U256::MAX), |limit| {
                (limit.window_secs.get(), bound(limit.most_out), bound(limit.most_in))
            });
            answer::<Transfer::getRateLimitCall>(&limit.into())
        }
        Transfer::escrowedCall::SELECTOR => {
            let args: Transfer::escrowedCall = decode(call.input)?;
            let (client, token) = (ClientId::new(args.clientId)?, token_name(&args.token));
            let amount = with_context(machine, |ctx| App::escrowed(ctx, &client, &token))?;
            answer::<Transfer::escrowedCall>(&amount.into())
        }
        Transfer::issuedCall::SELECTOR => {
            let args: Transfer::issuedCall = decode(call.input)?;
            let (client, token) = (ClientId::new(args.clientId)?, token_name(&args.token));
            let amount = with_context(machine, |ctx| App::issued(ctx, &client, &token))?;
            answer::<Transfer::issuedCall>(&amount.into())
        }
        _ => list::call(machine, call),
    }
}

fn unknown_denom(denom: String) -> Failure {
    Reverted::with(&Errors::ICS20DenomNotFound { denom }).into()
}

/// The path of a voucher; `None` for what is none.
fn voucher_path(machine: &mut Machine<'_, '_>, token: &Address) -> Result<Option<Denom>, Failure> {
    let name = token_name(token);
    with_context(machine, |ctx| App::denom_of(ctx, &name))
}

/// Windows of no length take the limit away; the greatest amount is none.
fn set_rate_limit(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Answer {
    let args: Transfer::setRateLimitCall = decode(call.input)?;
    let (client, token) = (ClientId::new(args.clientId)?, token_name(&args.token));
    let bound = |most: U256| (most != U256::MAX).then(|| Amount::from(most));
    let limit = core::num::NonZeroU64::new(args.windowSeconds).map(|window_secs| RateLimit {
        window_secs,
        most_out: bound(args.mostOut),
        most_in: bound(args.mostIn),
    });
    let signer = Account(call.caller.to_vec());
    with_context(machine, |ctx| App::set_rate_limit(ctx, &signer, &client, &token, limit))?;
    Ok(Vec::new())
}

/// As published: the caller must have allowed this contract to move the tokens.
fn send_transfer(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Answer {
    let msg = decode::<Transfer::sendTransferCall>(call.input)?.msg_;
    if msg.amount.is_zero() {
        return Err(Reverted::with(&Errors::ICS20InvalidAmount { amount: msg.amount }).into());
    }
    let is_token = |contract: Contract| contract.is_token();
    if !machine.work.account(&msg.denom).contract().is_some_and(is_token) {
        return Err(unknown_denom(token_name(&msg.denom).0));
    }
    let denom = match voucher_path(machine, &msg.denom)? {
        Some(path) => path,
        None => Denom::native(token_name(&msg.denom).0)?,
    };
    machine.spend_allowance(msg.denom, call.caller, TRANSFER, msg.amount)?;
    check_balance(machine, &msg.denom, &call.caller, msg.amount)?;
    let sender = token_name(&call.caller).0;
    let data =
        FungibleTokenPacketData::new(denom, msg.amount.into(), sender, msg.receiver, msg.memo)?;
    let payload = data.to_payload(Encoding::Abi)?;
    let sequence = send(machine, call, msg.sourceClient, msg.timeoutTimestamp, payload)?;
    answer::<Transfer::sendTransferCall>(&sequence)
}

fn check_balance(
    machine: &mut Machine<'_, '_>,
    token: &Address,
    sender: &Address,
    needed: U256,
) -> Result<(), Failure> {
    machine.pay(Work::Read)?;
    let (sender, balance) = (*sender, machine.tokens_of(token, sender));
    if balance >= needed {
        return Ok(());
    }
    Err(Reverted::with(&Errors::ERC20InsufficientBalance { sender, balance, needed }).into())
}

/// Sends one payload for the caller.
fn send(
    machine: &mut Machine<'_, '_>,
    call: &Call<'_>,
    source_client: String,
    timeout_timestamp: u64,
    payload: Payload,
) -> Result<u64, Failure> {
    let message = Message::SendPacket(SendPacket {
        source_client: ClientId::new(source_client)?,
        timeout_timestamp,
        payloads: vec![payload],
    });
    match handle(machine, &message, &call.caller)? {
        Response::PacketSent(sequence) => Ok(sequence.get()),
        // Sending answers with nothing else.
        _ => Err(super::reverted()),
    }
}

/// Calls of message passing.
pub(super) fn call_gmp(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Answer {
    match call.selector().unwrap_or_default() {
        Gmp::sendCallCall::SELECTOR => {
            let msg = decode::<Gmp::sendCallCall>(call.input)?.msg_;
            if msg.payload.is_empty() {
                return Err(Reverted::with(&Errors::ICS27PayloadEmpty {}).into());
            }
            let sender = call.caller.to_checksum(None);
            let (salt, payload) = (msg.salt.to_vec(), msg.payload.to_vec());
            let data = GmpPacketData::new(sender, msg.receiver, salt, payload, msg.memo)?;
            let payload = data.to_payload(Encoding::Abi)?;
            let sequence = send(machine, call, msg.sourceClient, msg.timeoutTimestamp, payload)?;
            answer::<Gmp::sendCallCall>(&sequence)
        }
        Gmp::getOrComputeAccountAddressCall::SELECTOR => {
            let id = decode::<Gmp::getOrComputeAccountAddressCall>(call.input)?.accountId;
            machine.pay(Work::Hash(id.sender.len()))?;
            let client = ClientId::new(id.clientId)?;
            let owner = AccountIdentifier::new(client, id.sender, id.salt.to_vec())?;
            answer::<Gmp::getOrComputeAccountAddressCall>(&derived_account(&owner))
        }
        _ => no_such_method(),
    }
}
