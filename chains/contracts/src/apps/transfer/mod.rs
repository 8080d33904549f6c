//! Token transfer (ICS-20): tokens are locked where they are at home and stand elsewhere as
//! vouchers.
//!
//! The [`Ledger`] moves tokens between an account and a [`Pot`]: the escrow of a client, or what
//! was issued through a client. Who paid for what is on its way is recorded as well, so that a
//! refund needs nothing but the packet's end.

mod error;
mod flight;
mod ledger;
mod limit;
mod list;
mod settings;

use causeway_core::transfer::{
    Denom, FungibleTokenPacketData, Hop, PORT, Passage, SUCCESS_ACKNOWLEDGEMENT, VERSION,
};
use causeway_core::{Amount, AppEvent, ClientId, DecodeError, PortId};

use super::payload::{charge_decoding, check_sender, emit, encoding};
use crate::app::{AppError, Delivery, IbcApp, Reply};
use crate::context::Context;
use crate::host::{Account, Token};

pub use error::TransferError;
pub use ledger::{Ledger, Pot};
pub use limit::RateLimit;
pub use list::Pots;

use flight::Flight;
use limit::Direction;

/// The application at port `transfer`. It has no state of its own.
#[derive(Clone, Copy, Debug, Default)]
pub struct Transfer;

impl IbcApp for Transfer {
    /// Takes the tokens from the sender, who must be the signer.
    fn on_send(&self, ctx: &mut Context<'_>, delivery: &Delivery<'_>) -> Result<(), AppError> {
        let data = decode(ctx, delivery)?;
        check_sender(ctx, data.sender(), delivery.signer)?;
        settings::check_not_paused(ctx, delivery.source_client)?;
        // The other end must be able to name the way back.
        dest_hop(delivery)?;
        let source = source_hop(delivery)?;
        let token = sendable_token(ctx, data.denom())?;
        let window =
            limit::count(ctx, delivery.source_client, &token, Direction::Out, data.amount())?;
        let pot = Pot::left_through(data.denom(), &source, &token);
        Ledger::new(ctx).collect(&pot, delivery.signer, data.amount())?;
        flight::depart(
            ctx,
            delivery,
            Flight { payer: delivery.signer.clone(), token, amount: data.amount(), window },
        )?;
        Ok(emit(ctx, described("transfer_sent", &data))?)
    }

    /// Gives the receiver what the payload says: released when it comes home, else minted.
    fn on_recv(&self, ctx: &mut Context<'_>, delivery: &Delivery<'_>) -> Result<Reply, AppError> {
        let data = decode(ctx, delivery)?;
        let client = delivery.dest_client;
        settings::check_not_paused(ctx, client)?;
        let receiver = receiver(ctx, client, data.receiver())?;
        let dest = dest_hop(delivery)?;
        let passage = data.denom().clone().receive(&source_hop(delivery)?, dest)?;
        let (token, pot) = match &passage {
            Passage::Returning(denom) => {
                let token = ctx.token(denom)?;
                (token.clone(), Pot::Escrow { client, token })
            }
            Passage::Arriving(denom) => {
                let token = issue_token(ctx, denom)?;
                (token.clone(), Pot::Issued { client, token })
            }
        };
        limit::count(ctx, client, &token, Direction::In, data.amount())?;
        Ledger::new(ctx).pay(&pot, &receiver, data.amount())?;
        emit(ctx, described("transfer_received", &data).with("token", token.to_string()))?;
        Ok(Reply::Now(SUCCESS_ACKNOWLEDGEMENT.to_vec()))
    }

    fn on_acknowledge(
        &self,
        ctx: &mut Context<'_>,
        delivery: &Delivery<'_>,
        acknowledgement: Option<&[u8]>,
    ) -> Result<(), AppError> {
        match acknowledgement {
            None => refund(ctx, delivery),
            Some(SUCCESS_ACKNOWLEDGEMENT) => {
                let data = decode(ctx, delivery)?;
                let token = ctx.token(data.denom())?;
                flight::arrive(ctx, delivery, &token, data.amount())?;
                Ok(emit(ctx, described("transfer_succeeded", &data))?)
            }
            Some(other) => {
                let got = String::from_utf8_lossy(other).into_owned();
                Err(TransferError::UnexpectedAcknowledgement { got }.into())
            }
        }
    }

    fn on_timeout(&self, ctx: &mut Context<'_>, delivery: &Delivery<'_>) -> Result<(), AppError> {
        refund(ctx, delivery)
    }
}

/// Gives back what was taken, to whom it was taken from. Neither a pause nor a rate limit nor what
/// the sender's name reads as today can stand in the way.
fn refund(ctx: &mut Context<'_>, delivery: &Delivery<'_>) -> Result<(), AppError> {
    let data = decode(ctx, delivery)?;
    let token = ctx.token(data.denom())?;
    let flight = flight::arrive(ctx, delivery, &token, data.amount())?;
    limit::give_back(ctx, delivery.source_client, &flight)?;
    let source = source_hop(delivery)?;
    let pot = Pot::left_through(data.denom(), &source, &token);
    Ledger::new(ctx).pay(&pot, &flight.payer, flight.amount)?;
    let payer = ctx.format_account(&flight.payer);
    Ok(emit(ctx, described("transfer_refunded", &data).with("payer", payer))?)
}

/// The payload's data, whose base has no slash: where the hops end is then beyond doubt.
fn decode(
    ctx: &mut Context<'_>,
    delivery: &Delivery<'_>,
) -> Result<FungibleTokenPacketData, AppError> {
    charge_decoding(ctx, delivery)?;
    let encoding = encoding(delivery.payload, PORT, VERSION)?;
    let data = FungibleTokenPacketData::decode(&delivery.payload.value, encoding)?;
    if !data.denom().has_plain_base() {
        return Err(TransferError::AmbiguousDenom { denom: data.denom().to_string() }.into());
    }
    Ok(data)
}

fn source_hop(delivery: &Delivery<'_>) -> Result<Hop, DecodeError> {
    Hop::new(delivery.payload.source_port.clone(), delivery.source_client.clone())
}

fn dest_hop(delivery: &Delivery<'_>) -> Result<Hop, DecodeError> {
    Hop::new(delivery.payload.dest_port.clone(), delivery.dest_client.clone())
}

/// The token that a sender pays with. A voucher goes by its path: sent under its name in the bank,
/// it would arrive as if it were at home here.
fn sendable_token(ctx: &mut Context<'_>, denom: &Denom) -> Result<Token, AppError> {
    let token = ctx.token(denom)?;
    if denom.is_native() && settings::stored_denom(ctx, &token)?.is_some() {
        return Err(TransferError::VoucherByName { token }.into());
    }
    Ok(token)
}

/// The voucher for `denom`, whose path is kept for those who know only its name.
fn issue_token(ctx: &mut Context<'_>, denom: &Denom) -> Result<Token, AppError> {
    let token = ctx.token(denom)?;
    settings::store_denom(ctx, &token, denom)?;
    Ok(token)
}

/// Who gets the tokens. The escrow does not: what it was paid could never leave it.
fn receiver(ctx: &Context<'_>, client: &ClientId, text: &str) -> Result<Account, AppError> {
    let port = PortId::new(PORT)?;
    ctx.parse_account(text)
        .filter(|account| *account != ctx.escrow_account(&port, client))
        .ok_or_else(|| TransferError::NoSuchReceiver { receiver: text.into() }.into())
}

fn described(name: &'static str, data: &FungibleTokenPacketData) -> AppEvent {
    AppEvent::new(name)
        .with("sender", data.sender())
        .with("receiver", data.receiver())
        .with("denom", data.denom().to_string())
        .with("amount", data.amount().to_string())
        .with("memo", data.memo())
}

/// What there is to know about the application's state.
impl Transfer {
    /// How much of `token` lies in the escrow of `client`.
    pub fn escrowed(
        ctx: &mut Context<'_>,
        client: &ClientId,
        token: &Token,
    ) -> Result<Amount, AppError> {
        let token = token.clone();
        at_home(ctx, |ctx| Ledger::new(ctx).content(&Pot::Escrow { client, token }))
    }

    /// How much of the voucher `token` was issued through `client` and has not come back.
    pub fn issued(
        ctx: &mut Context<'_>,
        client: &ClientId,
        token: &Token,
    ) -> Result<Amount, AppError> {
        let token = token.clone();
        at_home(ctx, |ctx| Ledger::new(ctx).content(&Pot::Issued { client, token }))
    }

    /// The denomination by which packets must call the voucher `token`; `None` when it is none.
    pub fn denom_of(ctx: &mut Context<'_>, token: &Token) -> Result<Option<Denom>, AppError> {
        at_home(ctx, |ctx| settings::stored_denom(ctx, token))
    }
}

/// Runs `call` on the application's own keys.
fn at_home<T>(
    ctx: &mut Context<'_>,
    call: impl FnOnce(&mut Context<'_>) -> Result<T, AppError>,
) -> Result<T, AppError> {
    ctx.as_app(&PortId::new(PORT)?, call)
}
