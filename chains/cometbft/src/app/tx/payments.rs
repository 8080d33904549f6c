//! Moving coins, with the bank's events (`x/bank`).

use causeway_wire_cometbft::TxEvent;
use causeway_wire_cometbft::tx::{AccountAddress, Coin, TxRefusal};

use super::Rejection;
use super::admission::text;
use super::parse::{amount as sum, coins};
use crate::app::state::Working;

/// Moves coins from one account to another, which comes into being where it is not.
pub(crate) fn pay(
    state: &mut Working,
    from: &AccountAddress,
    to: &AccountAddress,
    amount: &[Coin],
) -> Result<Vec<TxEvent>, Rejection> {
    for coin in amount {
        if !state.take(from.as_bytes(), &coin.denom, coin.amount) {
            let got = sum(state.balance(from.as_bytes(), &coin.denom), &coin.denom);
            let expected = sum(coin.amount, &coin.denom);
            let detail = format!("spendable balance {got} is smaller than {expected}");
            return Err(Rejection::sdk(TxRefusal::InsufficientFunds, detail));
        }
        // What was taken fits: no balance exceeds the supply.
        state.add(to.as_bytes(), &coin.denom, coin.amount);
    }
    state.ensure_account(to);
    Ok(moved(&text(from), &text(to), &coins(amount)).to_vec())
}

/// The events of coins that moved.
pub(crate) fn moved(from: &str, to: &str, amount: &str) -> [TxEvent; 4] {
    [
        TxEvent::new("coin_spent").with("spender", from).with("amount", amount),
        TxEvent::new("coin_received").with("receiver", to).with("amount", amount),
        TxEvent::new("transfer").with("recipient", to).with("sender", from).with("amount", amount),
        TxEvent::new("message").with("sender", from),
    ]
}

/// The events of coins that were made.
pub(crate) fn minted(to: &str, amount: &str) -> [TxEvent; 2] {
    [
        TxEvent::new("coinbase").with("minter", to).with("amount", amount),
        TxEvent::new("coin_received").with("receiver", to).with("amount", amount),
    ]
}

/// The events of coins that were unmade.
pub(crate) fn burned(from: &str, amount: &str) -> [TxEvent; 2] {
    [
        TxEvent::new("coin_spent").with("spender", from).with("amount", amount),
        TxEvent::new("burn").with("burner", from).with("amount", amount),
    ]
}
