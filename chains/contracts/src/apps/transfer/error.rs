//! Why a transfer is refused.

use causeway_core::{Amount, ClientId, Sequence, refusals};

use crate::host::Token;

/// Why a transfer is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransferError {
    /// IBC v2 moves no token whose own name has a slash.
    #[error("where the hops of {denom} end is not certain")]
    AmbiguousDenom {
        /// The denomination.
        denom: String,
    },
    /// A voucher is sent by its path.
    #[error("{token} is a voucher, to be sent by the path of its denomination")]
    VoucherByName {
        /// Its name in the bank.
        token: Token,
    },
    /// Nobody by that name can be paid.
    #[error("{receiver:?} is no account that can be paid")]
    NoSuchReceiver {
        /// The receiver by the payload.
        receiver: String,
    },
    /// The chain's authority stopped transfers through this client.
    #[error("transfers through {client} are paused")]
    Paused {
        /// The client.
        client: ClientId,
    },
    /// More than the window's quota.
    #[error("{got} of {token} in this window, at most {limit} are allowed")]
    RateLimitExceeded {
        /// What moves.
        token: Token,
        /// How much would have moved.
        got: Amount,
        /// The quota.
        limit: Amount,
    },
    /// An escrow never pays more than was locked in it, and no more vouchers come back than were
    /// issued.
    #[error("the {pot} holds {got} of {token}, {expected} are asked for")]
    InsufficientPot {
        /// Which pot.
        pot: String,
        /// What moves.
        token: Token,
        /// What it holds.
        got: Amount,
        /// What it should pay.
        expected: Amount,
    },
    /// More than can be counted.
    #[error("the {pot} cannot count {amount} more of {token}")]
    PotOverflow {
        /// Which pot.
        pot: String,
        /// What moves.
        token: Token,
        /// How much of it.
        amount: Amount,
    },
    /// A transfer is answered with the one success, or with the error acknowledgement.
    #[error("{got:?} answers no transfer")]
    UnexpectedAcknowledgement {
        /// The answer.
        got: String,
    },
    /// Nothing of the kind is on its way.
    #[error("packet {sequence} of {client} carries no {amount} of {token}")]
    NotInFlight {
        /// The source client.
        client: ClientId,
        /// The packet's sequence.
        sequence: Sequence,
        /// What should be on its way.
        token: Token,
        /// How much of it.
        amount: Amount,
    },
    /// Only the chain's authority sets pauses and limits.
    #[error("{got} does not govern this chain")]
    NotTheAuthority {
        /// The signer.
        got: String,
    },
}

refusals! {
    TransferError {
        AmbiguousDenom { denom } => "ambiguous_denom", Reject;
        VoucherByName { token } => "voucher_by_name", Reject;
        NoSuchReceiver { receiver } => "no_such_receiver", Reject;
        Paused { client } => "transfers_paused", Wait;
        RateLimitExceeded { token, got, limit } => "rate_limit_exceeded", Wait;
        InsufficientPot { pot, token, got, expected } => "insufficient_pot", Reject;
        PotOverflow { pot, token, amount } => "pot_overflow", Reject;
        UnexpectedAcknowledgement { got } => "unexpected_acknowledgement", Reject;
        NotInFlight { client, sequence, token, amount } => "not_in_flight", Reject;
        NotTheAuthority { got } => "not_the_authority", Reject;
    }
}
