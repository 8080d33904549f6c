//! A wallet and a bridge side by side.

use std::collections::BTreeMap;
use std::time::Duration;

use alloy_primitives::{Address, B256};
use causeway_client_ethereum::chain::{ChainConfig, Fork, Slot};
use causeway_client_ethereum::client::{
    ClientError, ClientMessage, ClientState, ConsensusState, EthereumClient, Header, UpdateBytes,
};
use causeway_client_ethereum::containers::{
    LightClientBootstrap, LightClientFinalityUpdate, LightClientHeader, LightClientUpdate,
    SyncCommittee,
};
use causeway_client_ethereum::sync::{LightClientStore, UpdateError, has_two_thirds};
use causeway_core::Timestamp;
use causeway_light_client::Verdict;
use causeway_tests::client_host::MemoryHost;

/// The wallet's store. Every update that it judges is judged by a bridge as well, which trusts
/// what the store trusts.
pub(crate) struct Pair {
    pub(crate) wallet: LightClientStore,
    committees: BTreeMap<B256, SyncCommittee>,
    /// How many updates the bridge took.
    pub(crate) taken: usize,
    /// How many made it freeze.
    pub(crate) frozen: usize,
}

impl Pair {
    pub(crate) fn start(
        chain: ChainConfig,
        trusted_root: B256,
        bootstrap: LightClientBootstrap,
    ) -> Self {
        let committee = bootstrap.current_sync_committee.clone();
        let store = LightClientStore::from_bootstrap(chain, trusted_root, bootstrap, &mut ());
        Self::resume(store.unwrap(), [committee])
    }

    pub(crate) fn resume(
        wallet: LightClientStore,
        committees: impl IntoIterator<Item = SyncCommittee>,
    ) -> Self {
        let mut pair = Self { wallet, committees: BTreeMap::new(), taken: 0, frozen: 0 };
        committees.into_iter().for_each(|committee| pair.learn(committee));
        pair
    }

    pub(crate) fn committee(&self, root: B256) -> SyncCommittee {
        self.committees[&root].clone()
    }

    fn learn(&mut self, committee: SyncCommittee) {
        let root = committee.hash_tree_root(Fork::Altair, self.wallet.config().preset);
        self.committees.insert(root, committee);
    }

    /// Lets both judge an update, and holds the bridge to the protocol.
    pub(crate) fn process(
        &mut self,
        update: &LightClientUpdate,
        current_slot: Slot,
    ) -> Result<(), UpdateError> {
        if update.has_next_committee() {
            self.learn(update.next_sync_committee.clone());
        }
        let before = self.wallet.clone();
        let result = self.wallet.process_update(update, current_slot, &mut ());
        if let Some(mut bridge) = bridge_of(&before) {
            let message = self.message(&before, update);
            let now = time_of(&bridge.client_state.chain, current_slot);
            let verdict = bridge.submit(&message, now);
            self.compare(&bridge.client_state.chain, &before, update, &result, verdict);
        }
        result
    }

    fn compare(
        &mut self,
        chain: &ChainConfig,
        before: &LightClientStore,
        update: &LightClientUpdate,
        protocol: &Result<(), UpdateError>,
        bridge: Result<Verdict<EthereumClient>, ClientError>,
    ) {
        match (protocol, bridge) {
            (Ok(()), Ok(Verdict::Advance(advance))) => {
                let state = advance.consensus_states[0].1.as_ref().unwrap();
                assert_eq!(*state, consensus_state_of(&self.wallet));
                self.taken += 1;
            }
            (Ok(()), Ok(Verdict::AlreadyKnown)) => {
                assert_eq!(consensus_state_of(&self.wallet), consensus_state_of(before));
            }
            (Ok(()), Err(error)) => {
                let is_stricter = !matches!(error, ClientError::Update(_) | ClientError::Decode(_));
                assert!(is_stricter, "{error}");
                assert!(!must_take(chain, before, update), "{error}");
            }
            (Err(UpdateError::NextCommitteeMismatch { .. }), Ok(Verdict::Misbehaviour(_))) => {
                self.frozen += 1;
            }
            (Err(ours), Err(ClientError::Update(theirs))) => assert_eq!(*ours, theirs),
            (Err(_), Err(_)) => {}
            (ours, theirs) => panic!("wallet {ours:?}, bridge {theirs:?}"),
        }
    }

    /// The update as a relayer submits it to a bridge that trusts what `store` does.
    pub(crate) fn message(
        &self,
        store: &LightClientStore,
        update: &LightClientUpdate,
    ) -> ClientMessage {
        ClientMessage::Header(self.header(store, update))
    }

    pub(crate) fn header(&self, store: &LightClientStore, update: &LightClientUpdate) -> Header {
        let chain = store.config();
        let preset = chain.preset;
        let finalized = store.finalized_header().beacon.slot;
        let is_current = preset.period(update.signature_slot) == preset.period(finalized);
        let current = store.current_committee();
        let signer = if is_current { current } else { store.next_committee().unwrap_or(current) };
        let fork = chain.fork(update.attested_header.beacon.slot).unwrap_or(Fork::Fulu);
        let leaves_committee_out =
            !update.has_next_committee() && update.next_sync_committee.is_zero();
        let update = if leaves_committee_out {
            let finality = LightClientFinalityUpdate::from(update.clone());
            UpdateBytes::Finality(finality.to_ssz(fork, preset))
        } else {
            UpdateBytes::Full(update.to_ssz(fork, preset))
        };
        let sync_committee = self.committees[&signer].to_ssz(Fork::Altair, preset);
        Header { trusted_slot: finalized, update, sync_committee }
    }
}

/// A bridge that trusts what the store does; none while the store knows no execution state.
pub(crate) fn bridge_of(store: &LightClientStore) -> Option<MemoryHost<EthereumClient>> {
    let finalized = store.finalized_header();
    if finalized.has_no_execution() {
        return None;
    }
    let mut chain = store.config().clone();
    chain.genesis_time = genesis_time(&chain, finalized);
    let client_state = ClientState {
        trusting_period: Duration::from_secs(1 << 30),
        max_clock_drift: Duration::ZERO,
        router_address: Address::repeat_byte(1),
        commitment_slot: B256::repeat_byte(2),
        latest_slot: finalized.beacon.slot,
        frozen: false,
        chain,
    };
    let now = time_of(&client_state.chain, finalized.beacon.slot);
    let consensus_state = consensus_state_of(store);
    Some(MemoryHost::create(client_state, consensus_state, now).unwrap())
}

/// The genesis time that a header's timestamp shows: configurations do not have it.
pub(crate) fn genesis_time(chain: &ChainConfig, header: &LightClientHeader) -> u64 {
    header.execution.timestamp - header.beacon.slot.get() * chain.seconds_per_slot
}

pub(crate) fn time_of(chain: &ChainConfig, slot: Slot) -> Timestamp {
    Timestamp::from_secs(chain.start_of(slot)).unwrap()
}

fn consensus_state_of(store: &LightClientStore) -> ConsensusState {
    let finalized = store.finalized_header();
    ConsensusState {
        slot: finalized.beacon.slot,
        state_root: finalized.execution.state_root,
        timestamp: finalized.execution.timestamp,
        current_committee: store.current_committee(),
        next_committee: store.next_committee(),
    }
}

/// True for a valid update that a bridge has no reason to refuse: it moves finality, or completes
/// the committees, with two thirds, and shows a state at the time of its slot.
fn must_take(chain: &ChainConfig, store: &LightClientStore, update: &LightClientUpdate) -> bool {
    let shown = &update.finalized_header.execution;
    let period = |slot| store.config().preset.period(slot);
    let finalized = update.finalized_header.beacon.slot;
    let trusted = store.finalized_header().beacon.slot;
    let stays_in_period = period(finalized) == period(trusted);
    let gives_committee = update.has_next_committee()
        && period(update.attested_header.beacon.slot) == period(finalized);
    let moves = finalized > trusted && (stays_in_period || gives_committee);
    let completes = store.next_committee().is_none() && stays_in_period && gives_committee;
    has_two_thirds(store.config(), update)
        && !update.finalized_header.has_no_execution()
        && shown.timestamp == chain.start_of(finalized)
        && (moves || completes)
}
