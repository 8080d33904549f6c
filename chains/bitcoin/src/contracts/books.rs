//! Lists of what the contracts have: clients, and what transfers through one have left.

use causeway_contracts::apps::transfer::Transfer;
use causeway_contracts::{Account, Context, Token};
use causeway_core::transfer::PORT;
use causeway_core::{Amount, ClientId, PortId};
use causeway_store::Snapshot;
use causeway_wire_bitcoin::escrow_account;
use causeway_wire_bitcoin::state::{Balance, ClientBooks};

use super::Contracts;
use super::execution::BlockInfo;
use super::host::CallHost;

/// The most clients, and the most tokens, of one answer.
const MAX_LISTED: usize = 1000;

impl Contracts {
    /// The names of all clients, in the order in which they were created.
    pub(crate) fn client_ids(&self, state: &Snapshot, block: BlockInfo) -> Vec<ClientId> {
        let host = self.reader(state, block);
        let prefix = [super::state::STORAGE, b"clients/"].concat();
        let (mut ids, mut after) = (Vec::<ClientId>::new(), None::<Vec<u8>>);
        while ids.len() < MAX_LISTED {
            let Some((key, _)) = host.state.raw_entries(&prefix, after.as_deref(), 1).pop() else {
                break;
            };
            let rest = key.strip_prefix(&*prefix).unwrap_or_default();
            let name = rest.split(|byte| *byte == b'/').next().unwrap_or_default();
            // Behind all that belongs to this client: no key of one goes on with the highest byte.
            after = Some([&prefix, name, b"/\xff"].concat());
            let name = core::str::from_utf8(name).ok();
            ids.extend(name.and_then(|name| ClientId::new(name).ok()));
        }
        // Names end with a number that counts all clients.
        ids.sort_by_key(|id| {
            id.as_str().rsplit('-').next().and_then(|number| number.parse::<u64>().ok())
        });
        ids
    }

    /// What transfers through a client have left: what is locked for it, and the vouchers that
    /// came through it.
    pub(crate) fn books(
        &self,
        state: &Snapshot,
        block: BlockInfo,
        client_id: &ClientId,
    ) -> ClientBooks {
        let mut host = self.reader(state, block);
        let Ok(port) = PortId::new(PORT) else {
            return ClientBooks { height: 0, escrowed: Vec::new(), issued: Vec::new() };
        };
        let escrow = Account(escrow_account(&port, client_id).to_vec());
        let locked = host.state.balances(&escrow, MAX_LISTED);
        let vouchers = host.state.tokens(MAX_LISTED);
        let escrowed =
            entries(&mut host, locked.into_iter().map(|(token, _)| token), |ctx, token| {
                Transfer::escrowed(ctx, client_id, token).ok()
            });
        let issued = entries(&mut host, vouchers.into_iter(), |ctx, token| {
            Transfer::issued(ctx, client_id, token).ok()
        });
        ClientBooks { height: state.version().get(), escrowed, issued }
    }
}

/// The tokens of which there is something.
fn entries(
    host: &mut CallHost,
    tokens: impl Iterator<Item = Token>,
    amount: impl Fn(&mut Context<'_>, &Token) -> Option<Amount>,
) -> Vec<Balance> {
    let mut ctx = Context::new(host);
    let mut found = Vec::new();
    for token in tokens {
        let amount = amount(&mut ctx, &token).filter(|amount| !amount.is_zero());
        let Some(amount) = amount else { continue };
        let denom = Transfer::denom_of(&mut ctx, &token).ok().flatten();
        found.push(Balance { token: token.0, amount, denom: denom.map(|denom| denom.to_string()) });
    }
    found
}
