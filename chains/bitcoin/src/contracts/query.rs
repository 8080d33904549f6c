//! Questions about a state.

use causeway_contracts::apps::transfer::Transfer;
use causeway_contracts::{Context, Ibc, StoredClient, Token};
use causeway_core::{ClientId, Height, PacketPath, PacketTrace, Sequence};
use causeway_light_client::{RawView, Status};
use causeway_store::{Snapshot, Tree};
use causeway_wire_bitcoin::KeyHash;
use causeway_wire_bitcoin::state::{AccountState, Balance, ClientReport, TracePage};

use super::execution::BlockInfo;
use super::host::CallHost;
use super::{Contracts, accounts};

/// The most balances of one answer.
const MAX_BALANCES: usize = 1000;
/// Who asks: nobody signs a question.
const NOBODY: KeyHash = KeyHash([0; 20]);
/// The most traces of one answer.
const MAX_TRACES: usize = 1000;

/// Which of a client's consensus states is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsensusAt {
    /// That of its latest height.
    Latest,
    /// That of this height.
    Height(Height),
    /// That of its greatest height below this one.
    Below(Height),
}

/// Why a question has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum QueryError {
    /// The text is no address of this chain.
    #[error("Invalid address: {0}")]
    Address(String),
    /// There is no such client.
    #[error("Client not found: {0}")]
    Client(ClientId),
    /// The client has no such consensus state.
    #[error("No consensus state of {0} {1}")]
    ConsensusState(ClientId, ConsensusAt),
}

impl core::fmt::Display for ConsensusAt {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Latest => f.write_str("at its latest height"),
            Self::Height(height) => write!(f, "at {height}"),
            Self::Below(height) => write!(f, "below {height}"),
        }
    }
}

impl Contracts {
    pub(super) fn reader(&self, state: &Snapshot, block: BlockInfo) -> CallHost {
        let tree = Tree::going_on_from(state);
        CallHost::new(tree, block, self.authority, NOBODY, 0, u64::MAX)
    }

    /// What the state holds for an address.
    pub(crate) fn account(
        &self,
        state: &Snapshot,
        block: BlockInfo,
        address: &str,
    ) -> Result<AccountState, QueryError> {
        let unknown = || QueryError::Address(address.to_owned());
        let account = accounts::parse(address).ok_or_else(unknown)?;
        let mut host = self.reader(state, block);
        let balances = host.state.balances(&account, MAX_BALANCES);
        let mut ctx = Context::new(&mut host);
        let mut described = |(token, amount): (Token, _)| {
            let denom = Transfer::denom_of(&mut ctx, &token).ok().flatten();
            Balance { token: token.0, amount, denom: denom.map(|denom| denom.to_string()) }
        };
        let balances = balances.into_iter().map(&mut described).collect();
        Ok(AccountState { address: address.into(), height: state.version().get(), balances })
    }

    /// A client, with one of its consensus states.
    pub(crate) fn client(
        &self,
        state: &Snapshot,
        block: BlockInfo,
        client_id: &ClientId,
        at: ConsensusAt,
    ) -> Result<ClientReport, QueryError> {
        let unknown = || QueryError::Client(client_id.clone());
        let mut host = self.reader(state, block);
        let status = Ibc::new(&self.clients, &self.router)
            .client_status(&mut Context::new(&mut host), client_id)
            .map_err(|_| unknown())?;
        let stored = StoredClient::open(&host, client_id).ok_or_else(unknown)?;
        let client_state = stored.client_state();
        let light = self.clients.by_type(stored.client_type()).ok_or_else(unknown)?;
        let latest_height = light.latest_height(&client_state).map_err(|_| unknown())?;
        let of = |height| stored.consensus_state(height).map(|state| (height, state));
        let consensus_state = match at {
            ConsensusAt::Latest => of(latest_height),
            ConsensusAt::Height(height) => of(height),
            ConsensusAt::Below(height) => stored.previous_consensus_state(height),
        };
        if at != ConsensusAt::Latest && consensus_state.is_none() {
            return Err(QueryError::ConsensusState(client_id.clone(), at));
        }
        Ok(ClientReport {
            client_id: client_id.clone(),
            height: state.version().get(),
            client_type: stored.client_type().into(),
            status: describe(status).into(),
            latest_height,
            client_state,
            consensus_state,
            counterparty: stored.counterparty(),
            next_sequence: stored.next_sequence_send(),
        })
    }

    /// A page of a client's traces of one kind, behind `after`.
    pub(crate) fn traces(
        &self,
        state: &Snapshot,
        block: BlockInfo,
        (client_id, kind): (&ClientId, PacketTrace),
        after: Option<Sequence>,
        limit: usize,
    ) -> TracePage {
        let limit = limit.clamp(1, MAX_TRACES);
        let host = self.reader(state, block);
        let path = |sequence| PacketPath { trace: kind, client: client_id.clone(), sequence };
        let first = path(Sequence::FIRST).to_bytes();
        let prefix = first.get(..first.len().saturating_sub(SEQUENCE_LEN)).unwrap_or_default();
        let after = after.map(|sequence| path(sequence).to_bytes());
        let wanted = limit.saturating_add(1);
        let mut found = host.state.raw_entries(prefix, after.as_deref(), wanted);
        let has_more = found.len() > limit;
        found.truncate(limit);
        let trace = |(key, value): (Vec<u8>, Vec<u8>)| {
            let number = u64::from_be_bytes(*key.last_chunk()?);
            Some((Sequence::new(number)?, value))
        };
        let traces = found.into_iter().filter_map(trace).collect();
        TracePage { height: state.version().get(), traces, has_more }
    }

    /// All native coins that the state holds for accounts.
    pub(crate) fn native_total(state: &Snapshot) -> u64 {
        super::state::native_total(state)
    }
}

/// A path ends with the sequence in eight bytes.
const SEQUENCE_LEN: usize = 8;

fn describe(status: Status) -> &'static str {
    match status {
        Status::Active => "Active",
        Status::Expired => "Expired",
        Status::Frozen => "Frozen",
    }
}
