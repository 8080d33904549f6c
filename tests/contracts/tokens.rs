//! Tokens and calls between chains of whatever families: what the tests of both need.

use causeway_contracts::apps::gmp::{Call, Contract, Counter, Gmp};
use causeway_contracts::apps::transfer::Transfer;
use causeway_contracts::{Account, Accounts, AppError, Bank, Context, Router, Token};
use causeway_core::gmp::{self, GmpPacketData};
use causeway_core::transfer::{self, Denom, FungibleTokenPacketData};
use causeway_core::{Amount, ClientId, Encoding, Event, Payload};
use causeway_tests::harness::{Coordinator, Endpoint, Kind, Path, TestChain};
use causeway_tests::host::account;

use crate::script::port;

pub(crate) const COIN: &str = "coin";

/// The chains' applications.
pub(crate) fn apps() -> Router {
    let contracts = Gmp::new().with(account("counter"), Counter).with(account("spender"), Spender);
    Router::new().with(port(transfer::PORT), Transfer).with(port(gmp::PORT), contracts)
}

/// Two chains, whose users have a thousand coins each.
pub(crate) fn open(kinds: (Kind, Kind)) -> (Coordinator, Path) {
    let (mut c, path) = Coordinator::pair(kinds, apps);
    c.chains.iter_mut().for_each(fund);
    (c, path)
}

pub(crate) fn fund(chain: &mut TestChain) {
    let user = chain.user.clone();
    chain.host.fund(&user, &Token(COIN.into()), 1_000);
}

/// Pays everything that its payload names from the caller to the account "shop", and gives back
/// how much that was.
struct Spender;

impl Contract for Spender {
    fn call(&self, call: &mut Call<'_, '_>) -> Result<Vec<u8>, AppError> {
        let payload = String::from_utf8(call.payload().to_vec()).unwrap();
        let (amount, token) = payload.split_once(' ').unwrap();
        let amount: Amount = amount.parse()?;
        call.pay_from_caller(&account("shop"), &Token(token.into()), amount)?;
        Ok(amount.to_be_bytes().to_vec())
    }
}

/// What chains here call an account of the other one is not known to them: its own text.
pub(crate) fn text(chain: &TestChain, account: &Account) -> String {
    chain.host.format_account(account)
}

/// A transfer from the user of one chain to an account of another, by its text.
pub(crate) fn transfer_payload(from: &TestChain, denom: &Denom, amount: u64, to: &str) -> Payload {
    let sender = text(from, &from.user);
    let amount = Amount::from(amount);
    let data = FungibleTokenPacketData::new(denom.clone(), amount, sender, to, "memo").unwrap();
    data.to_payload(Encoding::Json).unwrap()
}

/// A call by the user of one chain to a contract of another, by its text.
pub(crate) fn call_payload(from: &TestChain, to: &str, salt: &[u8], payload: &[u8]) -> Payload {
    let (sender, salt, payload) = (text(from, &from.user), salt.to_vec(), payload.to_vec());
    let data = GmpPacketData::new(sender, to, salt, payload, "").unwrap();
    data.to_payload(Encoding::Abi).unwrap()
}

pub(crate) fn coin() -> Denom {
    Denom::native(COIN).unwrap()
}

/// A denomination after one more hop.
pub(crate) fn behind(end: &Endpoint, denom: &Denom) -> Denom {
    format!("{}/{}/{denom}", transfer::PORT, end.client_id).parse().unwrap()
}

/// What somebody has of a token, by its denomination.
pub(crate) fn has(chain: &TestChain, account: &Account, denom: &Denom) -> Amount {
    chain.balance(account, &chain.host.token(denom))
}

/// What the user has of a token.
pub(crate) fn user_has(chain: &TestChain, denom: &Denom) -> Amount {
    has(chain, &chain.user, denom)
}

pub(crate) fn amount(amount: u64) -> Amount {
    Amount::from(amount)
}

/// Escrow and debt of a client, in the books.
pub(crate) fn books(chain: &mut TestChain, client: &ClientId, denom: &Denom) -> (Amount, Amount) {
    let token = chain.host.token(denom);
    let mut ctx = Context::new(&mut chain.host);
    let escrowed = Transfer::escrowed(&mut ctx, client, &token).unwrap();
    (escrowed, Transfer::issued(&mut ctx, client, &token).unwrap())
}

/// How often the application reported an event of this name.
pub(crate) fn reported(chain: &TestChain, wanted: &str) -> usize {
    let is_wanted = |event: &&Event| matches!(event, Event::App(event) if event.name == wanted);
    chain.host.events.iter().filter(is_wanted).count()
}
