//! A chain of one validator, whose blocks are real, and who uses it.

use std::collections::BTreeMap;
use std::time::Duration;

use causeway_chain::{DurableView, Link, Network, PeerId, developer_key};
use causeway_chain_cometbft::app::{
    ADDRESS_PREFIX, ALIAS, App, AppConfig, BlockOutcome, MAX_BLOCK_GAS, MIN_FEE_PER_GAS,
    NATIVE_DENOM, QueryResult, TxOutcome,
};
use causeway_chain_cometbft::consensus::{
    DecidedBlock, Genesis, Participant, Participants, Resume, State, Timing, ValidatorKey,
    ValidatorUpdate,
};
use causeway_client_cometbft::ics07::{ClientMessage, ClientState, ConsensusState, Header};
use causeway_client_cometbft::{ChainId, SignedHeader, TrustLevel};
use causeway_core::{Amount, Any, Height, Timestamp};
use causeway_ics23::{CommitmentProof, MerkleProof, ibc_specs};
use causeway_light_client::AnyCodec;
use causeway_wire_cometbft::msg::Msg;
use causeway_wire_cometbft::query::{
    BASE_ACCOUNT, BaseAccount, QueryAccount, QueryAccountResponse, QueryBalance,
    QueryBalanceResponse, path,
};
use causeway_wire_cometbft::tx::{Body, Coin, Fee, SignMode, Signer, SigningKey, Transaction};
use prost::Message;

pub(crate) const START: Timestamp = Timestamp::from_nanos(1_800_000_000_000_000_000);
pub(crate) const SEED: u64 = 7;

/// What a transaction of the tests may take, unless it says otherwise.
pub(crate) const GAS: u64 = 2_000_000;

pub(crate) struct Net {
    pub(crate) chain_id: ChainId,
    pub(crate) participants: Participants<App>,
    pub(crate) now: Timestamp,
    pub(crate) store: BTreeMap<Vec<u8>, Vec<u8>>,
    pub(crate) outcomes: Vec<BlockOutcome>,
    window: u64,
}

/// Somebody with a key.
#[derive(Clone)]
pub(crate) struct User {
    pub(crate) key: SigningKey,
    pub(crate) address: String,
}

pub(crate) fn user(name: &str) -> User {
    of_key(SigningKey::from_bytes(&developer_key(ALIAS, name, SEED).to_bytes().into()).unwrap())
}

pub(crate) fn of_key(key: SigningKey) -> User {
    let address = key.public_key().address().to_bech32(ADDRESS_PREFIX).unwrap();
    User { key, address }
}

pub(crate) fn coin(amount: u64, denom: &str) -> Coin {
    Coin { denom: denom.into(), amount: Amount::from(amount) }
}

pub(crate) fn fee(gas: u64) -> Fee {
    let amount = MIN_FEE_PER_GAS.of(gas);
    let amount = vec![Coin { denom: NATIVE_DENOM.into(), amount }];
    Fee { amount, gas_limit: gas, ..Fee::default() }
}

fn validator() -> ValidatorKey {
    ValidatorKey::from_bytes(&[1; 32])
}

fn genesis(chain_id: &ChainId, app: &App) -> State {
    let update = ValidatorUpdate { public_key: validator().public_key(), power: 10 };
    State::genesis(&Genesis {
        chain_id: chain_id.clone(),
        time: START.into(),
        validators: vec![update],
        app_hash: app.genesis_app_hash(),
        max_gas: MAX_BLOCK_GAS.cast_signed(),
    })
    .unwrap()
}

impl Net {
    pub(crate) fn new(chain_id: &str) -> Self {
        Self::with_window(chain_id, 500)
    }

    pub(crate) fn with_window(chain_id: &str, window: u64) -> Self {
        let chain_id = ChainId::new(chain_id).unwrap();
        let app = open(&chain_id, window, &BTreeMap::new());
        let state = genesis(&chain_id, &app);
        let member = Participant::new(validator(), app, state, Timing::default(), START);
        let mut net = Self {
            participants: network(member, START),
            chain_id,
            now: START,
            store: BTreeMap::new(),
            outcomes: Vec::new(),
            window,
        };
        net.blocks(2);
        net
    }

    /// Stops it and starts it again from what was written.
    pub(crate) fn restart(&mut self) {
        let app = open(&self.chain_id, self.window, &self.store);
        let member = &self.participants.members()[0];
        let resume = Resume {
            state: member.state().clone(),
            last_commit: member.last_commit().cloned(),
            evidence: member.evidence().clone(),
            memory: causeway_chain_cometbft::consensus::Memory::default(),
        };
        let timing = Timing::default();
        let member = Participant::resume(validator(), app, resume, timing, self.now);
        self.participants = network(member, self.now);
    }

    pub(crate) fn app(&self) -> &App {
        self.participants.members()[0].application()
    }

    pub(crate) fn height(&self) -> u64 {
        self.participants.members()[0].state().height()
    }

    /// Makes so many blocks.
    pub(crate) fn blocks(&mut self, count: u64) {
        let target = self.height() + count;
        while self.height() < target {
            self.now = self.now.saturating_add(Duration::from_millis(200));
            self.participants.advance(self.now);
            for write in self.app().take_writes() {
                match write.value {
                    Some(value) => self.store.insert(write.key, value),
                    None => self.store.remove(&write.key),
                };
            }
            let outcomes = self.app().take_outcomes();
            self.outcomes.extend(outcomes);
        }
    }

    pub(crate) fn decided(&self, height: u64) -> std::sync::Arc<DecidedBlock> {
        self.participants.members()[0].decided(height).unwrap().clone()
    }

    pub(crate) fn query<Q: Message, A: Message + Default>(&self, path: &str, question: &Q) -> A {
        let result = self.app().query(path, &question.encode_to_vec(), 0, false);
        assert_eq!(result.code, 0, "{}", result.log);
        A::decode(result.value.as_slice()).unwrap()
    }

    pub(crate) fn account(&self, address: &str) -> Option<BaseAccount> {
        let question = QueryAccount { address: address.into() };
        let result = self.app().query(path::ACCOUNT, &question.encode_to_vec(), 0, false);
        let answer = QueryAccountResponse::decode(result.value.as_slice()).unwrap();
        Some(answer.account?.unpack("account", BASE_ACCOUNT).unwrap())
    }

    pub(crate) fn balance(&self, address: &str, denom: &str) -> u64 {
        let question = QueryBalance { address: address.into(), denom: denom.into() };
        let answer: QueryBalanceResponse = self.query(path::BALANCE, &question);
        answer.balance.unwrap().amount.parse().unwrap()
    }

    /// A transaction as its one signer would send it now.
    pub(crate) fn tx(&self, user: &User, msgs: &[Msg]) -> Transaction {
        let sequence = self.account(&user.address).map_or(0, |account| account.sequence);
        self.tx_at(user, msgs, sequence, fee(GAS))
    }

    pub(crate) fn tx_at(&self, user: &User, msgs: &[Msg], sequence: u64, fee: Fee) -> Transaction {
        let number = self.account(&user.address).map_or(0, |account| account.account_number);
        let public_key = Some(user.key.public_key());
        let signer = Signer { public_key, mode: SignMode::Direct, sequence };
        let messages = msgs.iter().map(Msg::to_any).collect();
        let body = Body { messages, ..Body::default() };
        let mut tx = Transaction::new(body, vec![signer], fee);
        tx.sign(&user.key, self.chain_id.as_str(), number);
        tx
    }

    pub(crate) fn check(&self, tx: &Transaction) -> TxOutcome {
        self.app().check_tx(&tx.encode()).unwrap()
    }

    /// Sends a transaction, waits for its block, and gives what became of it.
    pub(crate) fn deliver(&mut self, user: &User, msgs: &[Msg]) -> TxOutcome {
        let checked = self.check(&self.tx(user, msgs));
        assert_eq!(checked.code, 0, "{}", checked.log);
        let before = self.outcomes.len();
        while self.outcomes[before..].iter().all(|block| block.txs.is_empty()) {
            self.blocks(1);
        }
        self.outcomes.last().unwrap().txs[0].clone()
    }

    /// The same, when it must succeed; gives its answers.
    pub(crate) fn succeed(&mut self, user: &User, msgs: &[Msg]) -> Vec<Any> {
        let outcome = self.deliver(user, msgs);
        assert_eq!(outcome.code, 0, "{}", outcome.log);
        let data = causeway_wire_cometbft::msg::TxMsgData::decode(outcome.data.as_slice());
        data.unwrap().msg_responses
    }

    fn revision(&self, height: u64) -> Height {
        Height::new(self.chain_id.revision(), height)
    }

    /// What a client of this chain starts from.
    pub(crate) fn client(&self) -> (Any, Any) {
        let header = self.decided(self.height()).block.header.clone();
        let state = ClientState {
            chain_id: self.chain_id.clone(),
            trust_level: TrustLevel::ONE_THIRD,
            trusting_period: Duration::from_hours(14 * 24),
            unbonding_period: Duration::from_hours(21 * 24),
            max_clock_drift: Duration::from_mins(1),
            frozen_height: Height::new(0, 0),
            latest_height: self.revision(header.height),
            proof_specs: ibc_specs().to_vec(),
            upgrade_path: vec!["upgrade".into(), "upgradedIBCState".into()],
            allow_update_after_expiry: false,
            allow_update_after_misbehaviour: false,
        };
        let consensus = ConsensusState {
            timestamp: header.timestamp().unwrap(),
            root: header.app_hash.clone(),
            next_validators_hash: header.next_validators_hash,
        };
        (state.to_any(), consensus.to_any())
    }

    /// The header at the newest height, for a client that is at `trusted`.
    pub(crate) fn header_from(&self, trusted: u64) -> (Any, u64) {
        let height = self.height();
        let member = &self.participants.members()[0];
        let commit = member.last_commit().unwrap().clone();
        let header = self.decided(height).block.header.clone();
        let mut set = member.state().validators().clone();
        set.proposer = set.validators.first().cloned();
        let message = ClientMessage::Header(Header {
            signed_header: SignedHeader { header, commit },
            validator_set: set.clone(),
            trusted_height: self.revision(trusted),
            trusted_validators: set,
        });
        (message.to_any(), height)
    }

    pub(crate) fn store_query(
        &self,
        store: &str,
        key: &[u8],
        height: u64,
        prove: bool,
    ) -> QueryResult {
        let path = format!("/store/{store}/key");
        self.app().query(&path, key, i64::try_from(height).unwrap(), prove)
    }

    /// The proof of a key under the app hash in the header of `height`.
    pub(crate) fn proof(&self, store: &str, key: &[u8], height: u64) -> (MerkleProof, Vec<u8>) {
        let result = self.store_query(store, key, height - 1, true);
        assert_eq!(result.code, 0, "{}", result.log);
        assert_eq!(result.height, height - 1);
        let kinds: Vec<_> = result.proof_ops.iter().map(|op| op.kind).collect();
        assert_eq!(kinds, ["ics23:iavl", "ics23:simple"]);
        assert_eq!(result.proof_ops[0].key, key);
        assert_eq!(result.proof_ops[1].key, store.as_bytes());
        let proofs = result.proof_ops.iter().map(|op| CommitmentProof::from_bytes(&op.data));
        (MerkleProof { proofs: proofs.collect::<Result<_, _>>().unwrap() }, result.value)
    }
}

fn open(chain_id: &ChainId, window: u64, view: &dyn DurableView) -> App {
    let config = AppConfig { proof_window: window, ..AppConfig::new(chain_id.clone(), SEED) };
    App::open(config, causeway_client_registry::all(), view).unwrap()
}

fn network(member: Participant<App>, now: Timestamp) -> Participants<App> {
    let network = Network::new(Link::reliable(Duration::from_millis(1)), 1);
    let mut participants = Participants::new(vec![member], network, now);
    assert!(participants.member_mut(PeerId(0)).is_some());
    participants
}
