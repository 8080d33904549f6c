//! Message passing (ICS-27 GMP): contracts of this chain, called for a sender of another one.
//!
//! A call is made by an account derived from client, sender and salt, and from no other. It reaches
//! contracts only, which are handed a [`Call`]: neither the packet core nor another account is
//! within their reach.

mod contract;
mod counter;

use std::collections::BTreeMap;

use causeway_core::gmp::{AccountIdentifier, GmpAcknowledgement, GmpPacketData, PORT, VERSION};
use causeway_core::{AppEvent, Encoding, refusals};

use super::payload::{charge_decoding, check_sender, emit, encoding};
use crate::app::{AppError, Delivery, IbcApp, Reply};
use crate::context::Context;
use crate::host::Account;

pub use contract::{Call, Contract};
pub use counter::{Counter, CounterError};

/// The application at port `gmpport`, and the contracts that can be called through it: fixed when
/// the chain is built.
#[derive(Default)]
pub struct Gmp(BTreeMap<Account, Box<dyn Contract>>);

impl core::fmt::Debug for Gmp {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Why a call is not made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GmpError {
    /// There is no contract by that name.
    #[error("{receiver:?} is no contract")]
    NoSuchContract {
        /// The receiver by the payload.
        receiver: String,
    },
    /// An acknowledgement is never empty, and this encoding writes an empty result as nothing.
    #[error("the result is empty, which {encoding} cannot say")]
    EmptyAnswer {
        /// The encoding of the call.
        encoding: &'static str,
    },
}

refusals! {
    GmpError {
        NoSuchContract { receiver } => "no_such_contract", Reject;
        EmptyAnswer { encoding } => "empty_answer", Reject;
    }
}

impl Gmp {
    /// No contracts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts `contract` at `address`, in place of an earlier one. The chain must read the address's
    /// text as this account.
    #[must_use]
    pub fn with(mut self, address: Account, contract: impl Contract + 'static) -> Self {
        self.0.insert(address, Box::new(contract));
        self
    }

    fn execute(
        &self,
        ctx: &mut Context<'_>,
        delivery: &Delivery<'_>,
        data: &GmpPacketData,
    ) -> Result<Vec<u8>, AppError> {
        let found = ctx.parse_account(data.receiver()).and_then(|at| self.0.get_key_value(&at));
        let Some((address, contract)) = found else {
            let receiver = data.receiver().into();
            return Err(GmpError::NoSuchContract { receiver }.into());
        };
        let owner = AccountIdentifier::of_call(delivery.dest_client.clone(), data);
        let caller = ctx.derived_account(&owner);
        let mut call = Call::new(ctx, address, &caller, data.payload());
        contract.call(&mut call)
    }
}

impl IbcApp for Gmp {
    /// A sender speaks for nobody else.
    fn on_send(&self, ctx: &mut Context<'_>, delivery: &Delivery<'_>) -> Result<(), AppError> {
        let (data, _) = decode(ctx, delivery)?;
        check_sender(ctx, data.sender(), delivery.signer)?;
        let event = AppEvent::new("call_sent")
            .with("sender", data.sender())
            .with("receiver", data.receiver());
        Ok(emit(ctx, event)?)
    }

    /// Makes the call, and answers with its result.
    fn on_recv(&self, ctx: &mut Context<'_>, delivery: &Delivery<'_>) -> Result<Reply, AppError> {
        let (data, encoding) = decode(ctx, delivery)?;
        let result = self.execute(ctx, delivery, &data)?;
        let event = AppEvent::new("call_executed")
            .with("sender", data.sender())
            .with("receiver", data.receiver());
        emit(ctx, event)?;
        let answer = GmpAcknowledgement::new(result)?.encode(encoding)?;
        if answer.is_empty() {
            return Err(GmpError::EmptyAnswer { encoding: encoding.as_str() }.into());
        }
        Ok(Reply::Now(answer))
    }

    /// Reports the answer. Nothing here depends on it, so that one that does not decode is no
    /// reason to leave the packet without an end.
    fn on_acknowledge(
        &self,
        ctx: &mut Context<'_>,
        delivery: &Delivery<'_>,
        acknowledgement: Option<&[u8]>,
    ) -> Result<(), AppError> {
        let (data, encoding) = decode(ctx, delivery)?;
        let answer =
            acknowledgement.and_then(|bytes| GmpAcknowledgement::decode(bytes, encoding).ok());
        let name = if acknowledgement.is_some() { "call_answered" } else { "call_failed" };
        let mut event = AppEvent::new(name).with("sender", data.sender());
        if let Some(answer) = answer {
            event = event.with("result", hex(answer.result()));
        }
        Ok(emit(ctx, event)?)
    }

    fn on_timeout(&self, ctx: &mut Context<'_>, delivery: &Delivery<'_>) -> Result<(), AppError> {
        let (data, _) = decode(ctx, delivery)?;
        Ok(emit(ctx, AppEvent::new("call_timed_out").with("sender", data.sender()))?)
    }
}

fn decode(
    ctx: &mut Context<'_>,
    delivery: &Delivery<'_>,
) -> Result<(GmpPacketData, Encoding), AppError> {
    charge_decoding(ctx, delivery)?;
    let encoding = encoding(delivery.payload, PORT, VERSION)?;
    Ok((GmpPacketData::decode(&delivery.payload.value, encoding)?, encoding))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}
