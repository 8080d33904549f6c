//! The double-entry ledger: every movement is between one account and one pot, takes from the one
//! exactly what it gives to the other, and is possible only when there is as much.
//!
//! It follows that an escrow never falls below what was locked through its client, that no more of
//! a voucher comes back than was issued, and that the tokens of two clients never mix.

use causeway_core::transfer::{Denom, Hop, PORT};
use causeway_core::{Amount, ClientId, DecodeError, PortId};

use super::{Pots, TransferError};
use crate::app::AppError;
use crate::context::Context;
use crate::host::{Account, OutOfGas, Token};

/// The other side of every movement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pot<'a> {
    /// What is locked here for those who hold its voucher behind `client`. It is in the bank, in
    /// the client's escrow account.
    Escrow {
        /// The client through which it left.
        client: &'a ClientId,
        /// What is locked.
        token: Token,
    },
    /// What was issued here for that which is locked behind `client`. It is a debt: paying from
    /// it mints, collecting into it burns.
    Issued {
        /// The client through which it came.
        client: &'a ClientId,
        /// The voucher.
        token: Token,
    },
}

impl<'a> Pot<'a> {
    /// Where a token goes that leaves through `source`: back to its issuer when it came through
    /// there, else into escrow.
    pub(super) fn left_through(denom: &Denom, source: &'a Hop, token: &Token) -> Self {
        let (client, token) = (source.client(), token.clone());
        if denom.came_through(source) {
            Self::Issued { client, token }
        } else {
            Self::Escrow { client, token }
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Escrow { client, .. } => format!("escrow of {client}"),
            Self::Issued { client, .. } => format!("debt to {client}"),
        }
    }

    fn token(&self) -> &Token {
        match self {
            Self::Escrow { token, .. } | Self::Issued { token, .. } => token,
        }
    }

    /// Client ids have no slash, so that no two pots share a key.
    fn key(&self) -> Vec<u8> {
        let (pots, client, token) = match self {
            Self::Escrow { client, token } => (Pots::Escrows, client, token),
            Self::Issued { client, token } => (Pots::Issues, client, token),
        };
        format!("{}{token}", pots_of(client, pots)).into_bytes()
    }
}

/// What the keys of a client's pots of one kind begin with.
pub(super) fn pots_of(client: &ClientId, pots: Pots) -> String {
    let kind = match pots {
        Pots::Escrows => "escrow",
        Pots::Issues => "issued",
    };
    format!("{kind}/{client}/")
}

/// The books of the transfer application.
#[derive(Debug)]
pub struct Ledger<'a, 'c> {
    ctx: &'a mut Context<'c>,
}

impl<'a, 'c> Ledger<'a, 'c> {
    /// The books, kept in the keys of this context.
    pub(super) fn new(ctx: &'a mut Context<'c>) -> Self {
        Self { ctx }
    }

    /// What the pot holds, or owes.
    pub(super) fn content(&mut self, pot: &Pot<'_>) -> Result<Amount, AppError> {
        let stored = self.ctx.get(&pot.key())?;
        let bytes = stored.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        Ok(bytes.map_or(Amount::ZERO, Amount::from_be_bytes))
    }

    /// Takes `amount` from `payer`: into the escrow, or off the debt.
    pub(super) fn collect(
        &mut self,
        pot: &Pot<'_>,
        payer: &Account,
        amount: Amount,
    ) -> Result<(), AppError> {
        match pot {
            Pot::Escrow { client, token } => {
                let escrow = self.escrow_account(client)?;
                self.ctx.transfer(payer, &escrow, token, amount)?;
                self.raise(pot, amount)
            }
            Pot::Issued { token, .. } => {
                self.lower(pot, amount)?;
                self.ctx.burn(payer, token, amount)
            }
        }
    }

    /// Gives `amount` to `payee`: out of the escrow, or onto the debt.
    pub(super) fn pay(
        &mut self,
        pot: &Pot<'_>,
        payee: &Account,
        amount: Amount,
    ) -> Result<(), AppError> {
        match pot {
            Pot::Escrow { client, token } => {
                self.lower(pot, amount)?;
                let escrow = self.escrow_account(client)?;
                self.ctx.transfer(&escrow, payee, token, amount)
            }
            Pot::Issued { token, .. } => {
                self.raise(pot, amount)?;
                self.ctx.mint(payee, token, amount)
            }
        }
    }

    fn raise(&mut self, pot: &Pot<'_>, amount: Amount) -> Result<(), AppError> {
        let raised = self.content(pot)?.checked_add(amount).ok_or_else(|| {
            let (pot, token) = (pot.name(), pot.token().clone());
            TransferError::PotOverflow { pot, token, amount }
        })?;
        Ok(self.write(pot, raised)?)
    }

    fn lower(&mut self, pot: &Pot<'_>, amount: Amount) -> Result<(), AppError> {
        let got = self.content(pot)?;
        let lowered = got.checked_sub(amount).ok_or_else(|| {
            let (pot, token) = (pot.name(), pot.token().clone());
            TransferError::InsufficientPot { pot, token, got, expected: amount }
        })?;
        Ok(self.write(pot, lowered)?)
    }

    fn write(&mut self, pot: &Pot<'_>, content: Amount) -> Result<(), OutOfGas> {
        if content.is_zero() {
            return self.ctx.delete(&pot.key());
        }
        self.ctx.set(&pot.key(), content.to_be_bytes().to_vec())
    }

    fn escrow_account(&self, client: &ClientId) -> Result<Account, DecodeError> {
        Ok(self.ctx.escrow_account(&PortId::new(PORT)?, client))
    }
}
