//! Lists of what the contracts have: clients, and what transfers through one have left.

use causeway_contracts::apps::transfer::{Pots, Transfer};
use causeway_contracts::{Context, Token};
use causeway_core::{Amount, ClientId};
use causeway_store::Snapshot;
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
        let mut listed = |pots| entries(&mut host, client_id, pots);
        let (escrowed, issued) = (listed(Pots::Escrows), listed(Pots::Issues));
        ClientBooks { height: state.version().get(), escrowed, issued }
    }
}

/// The tokens of which there is something.
fn entries(host: &mut CallHost, client_id: &ClientId, pots: Pots) -> Vec<Balance> {
    let mut ctx = Context::new(host);
    let found = Transfer::pots(&mut ctx, (client_id, pots), None, MAX_LISTED).unwrap_or_default();
    let balance = |(token, amount): (Token, Amount)| {
        let denom = Transfer::denom_of(&mut ctx, &token).ok().flatten();
        Balance { token: token.0, amount, denom: denom.map(|denom| denom.to_string()) }
    };
    found.into_iter().map(balance).collect()
}
