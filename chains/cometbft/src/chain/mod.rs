//! The chain as the shell runs it: its participants, its application, its archive and its RPC.

mod config;
mod durable;
mod equivocation;
mod faults;
#[cfg(test)]
mod tests;

use core::time::Duration;
use std::collections::BTreeMap;

use causeway_chain::{
    Answer, Chain, DurableView, DurableWrite, Fault, FaultError, Listener, Network, PeerId, Push,
    Request, SessionId, Summary,
};
use causeway_core::{DecodeError, Timestamp};
use causeway_light_client::ClientRegistry;

pub use config::{CHAIN_ID, Config, MAX_PARTICIPANTS, MIN_VALIDATORS, POWER};
use durable::Kept;

use crate::app::{ALIAS, App, AppConfig, BlockOutcome, MAX_BLOCK_GAS};
use crate::archive::{Archive, Body};
use crate::consensus::{
    Genesis, Memory, Message, OlderBlocks, Participant, Participants, Resume, State,
};
use crate::rpc::{self, Context, Forks, Identity, Subscriptions, Waiting};

/// The most blocks sent at once to a participant that is behind.
const MAX_BLOCKS_AT_ONCE: u64 = 32;

/// Participants are run for so long at a time: in between, what they decided is put away, and who
/// is behind is helped.
const STRIDE: Duration = Duration::from_secs(10);

/// What the RPC answers from; a function would borrow more of the chain than these fields.
macro_rules! context {
    ($chain:ident) => {
        Context {
            identity: &$chain.identity,
            archive: &$chain.archive,
            app: &$chain.app,
            participants: &mut $chain.participants,
            forks: &$chain.forks,
            accepted: &mut $chain.accepted,
            witness: false,
            now: $chain.now,
        }
    };
}

/// Why a chain does not start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The configuration gives no chain.
    #[error(
        "{validators} validators and {spares} spares: at least {MIN_VALIDATORS} validators are \
         needed, and at most {MAX_PARTICIPANTS} participants are allowed"
    )]
    Participants {
        /// The validators.
        validators: u32,
        /// The spares.
        spares: u32,
    },
    /// The application's part of what was stored cannot be used.
    #[error(transparent)]
    App(#[from] crate::app::OpenError),
    /// What an earlier run wrote cannot be read.
    #[error("what was stored cannot be read: {0}")]
    Stored(#[from] DecodeError),
    /// What an earlier run wrote is of another chain.
    #[error("what was stored is of {got}, not of {expected}")]
    OtherChain {
        /// The stored chain's id.
        got: String,
        /// The id in the configuration.
        expected: String,
    },
    /// The application and the blocks do not end at the same height.
    #[error("the application is at height {app}, the blocks are at {blocks}")]
    HeightMismatch {
        /// The application's height.
        app: u64,
        /// The newest block's.
        blocks: u64,
    },
}

/// The chain.
#[derive(Debug)]
pub struct CometbftChain {
    config: Config,
    identity: Identity,
    app: App,
    participants: Participants<App>,
    archive: Archive,
    /// Outcomes of blocks that are not in the archive yet.
    outcomes: BTreeMap<u64, BlockOutcome>,
    subscriptions: Subscriptions,
    waiting: Waiting,
    forks: Forks,
    /// Transactions that were taken in and are not written down yet.
    accepted: Vec<Vec<u8>>,
    /// Whether the next block gets a rival.
    equivocates: bool,
    is_halted: bool,
    pushes: Vec<Push>,
    kept: Kept,
    now: Timestamp,
}

impl CometbftChain {
    /// A chain that goes on where the writes in `view` end, or that begins at `now` when there are
    /// none.
    pub fn open(
        config: Config,
        clients: ClientRegistry,
        view: &dyn DurableView,
        now: Timestamp,
    ) -> Result<Self, OpenError> {
        let Config { validators, spares, .. } = config;
        if validators < MIN_VALIDATORS || config.participants() > MAX_PARTICIPANTS {
            return Err(OpenError::Participants { validators, spares });
        }
        let app_config = AppConfig::new(config.chain_id.clone(), config.seed);
        let app = App::open(app_config, clients, view)?;
        let mut kept = Kept::default();
        let genesis = Genesis {
            chain_id: config.chain_id.clone(),
            time: kept.genesis_time(view, now)?,
            validators: config.genesis_validators(),
            app_hash: app.genesis_app_hash(),
            max_gas: i64::try_from(MAX_BLOCK_GAS).unwrap_or(i64::MAX),
        };
        let archive = match Archive::open(view)? {
            Some(archive) => archive,
            None => State::genesis(&genesis)
                .map(Archive::genesis)
                .ok_or(OpenError::Participants { validators, spares })?,
        };
        let stored = archive.state().chain_id();
        if *stored != config.chain_id {
            let (got, expected) = (stored.as_str().to_owned(), config.chain_id.as_str().to_owned());
            return Err(OpenError::OtherChain { got, expected });
        }
        if app.height() != archive.height() {
            let (app, blocks) = (app.height(), archive.height());
            return Err(OpenError::HeightMismatch { app, blocks });
        }
        kept.take_in_again(&app, view);
        let participants = kept.participants(&config, &app, &archive, view, now)?;
        let identity = Identity::new(&genesis, &config.key(0));
        let forks = durable::forks(view)?;
        let mut chain = Self {
            config,
            identity,
            app,
            participants,
            archive,
            outcomes: BTreeMap::new(),
            subscriptions: Subscriptions::default(),
            waiting: Waiting::default(),
            forks,
            accepted: Vec::new(),
            equivocates: false,
            is_halted: false,
            pushes: Vec::new(),
            kept,
            now,
        };
        chain.advance(now);
        Ok(chain)
    }

    /// The participants.
    pub const fn participants(&self) -> &Participants<App> {
        &self.participants
    }

    /// The application.
    pub const fn app(&self) -> &App {
        &self.app
    }

    /// The network among the participants, to be broken.
    pub const fn network_mut(&mut self) -> &mut Network<Message> {
        self.participants.network_mut()
    }

    /// Puts away what was decided, helps who is behind, and tells whoever subscribed.
    fn collect(&mut self) {
        for sought in self.participants.take_sought() {
            self.help(sought);
        }
        for outcome in self.app.take_outcomes() {
            self.outcomes.insert(outcome.height, outcome);
        }
        while self.archive_next() {}
        self.revive();
        let waiting = &mut self.waiting;
        let context = context!(self);
        waiting.settle(&context, &mut self.pushes);
    }

    fn archive_next(&mut self) -> bool {
        let height = self.archive.height().saturating_add(1);
        let mut members = self.participants.members().iter();
        let Some(decided) = members.find_map(|member| member.decided(height)) else {
            return false;
        };
        let decided = decided.clone();
        let Some(outcome) = self.outcomes.remove(&height) else { return false };
        let body = Body {
            txs: decided.block.txs.clone(),
            evidence: decided.block.evidence.clone(),
            outcome: outcome.clone(),
        };
        let block_id = decided.commit.block_id;
        self.kept.forget_candidates(height);
        self.kept.forget_waiting(&decided.block.txs, &self.app);
        self.archive.push(&decided, outcome);
        if core::mem::take(&mut self.equivocates) {
            self.fork(&decided);
        }
        rpc::announce(&self.subscriptions, (&decided.block, block_id), &body, &mut self.pushes);
        true
    }

    fn help(&mut self, OlderBlocks { from, to, height }: OlderBlocks) {
        let now = self.now;
        for height in height..height.saturating_add(MAX_BLOCKS_AT_ONCE) {
            let Some(decided) = self.archive.decided(height) else { break };
            let message = Message::Decided(decided.into());
            self.participants.network_mut().send(from, to, message, now);
        }
        if self.archive.decided(height).is_none() && height <= self.archive.height() {
            self.sync_state(to);
        }
    }

    /// Starts a participant anew from the newest block: one whose next block nobody has any more.
    /// It has signed nothing at that height.
    fn sync_state(&mut self, peer: PeerId) {
        let newest = self.archive.height();
        let members = self.participants.members();
        let height = |member: &Participant<App>| member.state().height();
        let Some(ahead) = members.iter().find(|member| height(member) == newest) else { return };
        let resume = Resume {
            state: ahead.state().clone(),
            last_commit: ahead.last_commit().cloned(),
            evidence: ahead.evidence().clone(),
            memory: Memory::default(),
        };
        let place = usize::try_from(peer.0).ok();
        if place.and_then(|place| members.get(place)).is_none_or(|own| height(own) >= newest) {
            return;
        }
        let (key, timing) = (self.config.key(peer.0), self.config.timing);
        let again = Participant::resume(key, self.app.clone(), resume, timing, self.now);
        self.participants.replace(peer, again);
    }

    /// Participants whose application could not follow start anew.
    fn revive(&mut self) {
        let stopped: Vec<_> = (0..)
            .map(PeerId)
            .zip(self.participants.members())
            .filter(|(_, member)| member.is_stopped())
            .map(|(peer, _)| peer)
            .collect();
        for peer in stopped {
            self.sync_state(peer);
        }
    }
}

impl Chain for CometbftChain {
    fn alias(&self) -> &'static str {
        ALIAS
    }

    fn advance(&mut self, now: Timestamp) {
        if self.is_halted {
            self.participants.sleep(now);
            self.now = self.now.max(now);
        }
        loop {
            let until = self.now.saturating_add(STRIDE).min(now).max(self.now);
            self.now = until;
            self.participants.advance(until);
            self.collect();
            if until >= now {
                return;
            }
        }
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        let participants = self.participants.next_deadline().filter(|_| !self.is_halted);
        participants.into_iter().chain(self.waiting.next_deadline(self.now)).min()
    }

    fn request(&mut self, _: Listener, request: &Request, now: Timestamp) -> Answer {
        self.now = self.now.max(now);
        let (subscriptions, waiting) = (&mut self.subscriptions, &mut self.waiting);
        let mut context = context!(self);
        rpc::request(&mut context, subscriptions, waiting, request)
    }

    fn receive(&mut self, session: SessionId, message: &[u8]) {
        let (subscriptions, waiting) = (&mut self.subscriptions, &mut self.waiting);
        let mut context = context!(self);
        let message = (session, message);
        rpc::receive(&mut context, subscriptions, waiting, message, &mut self.pushes);
    }

    fn close(&mut self, session: SessionId) {
        self.subscriptions.close(session);
        self.waiting.close(session);
    }

    fn take_pushes(&mut self) -> Vec<Push> {
        core::mem::take(&mut self.pushes)
    }

    fn take_writes(&mut self) -> Vec<DurableWrite> {
        for tx in core::mem::take(&mut self.accepted) {
            self.kept.note_waiting(&tx);
        }
        let mut writes = self.kept.take_writes(&mut self.participants);
        writes.extend(self.archive.take_writes());
        writes.extend(self.app.take_writes());
        writes
    }

    /// A decided block is final.
    fn summary(&self) -> Summary {
        let newest = self.archive.height();
        let time = self.archive.state().time().to_timestamp();
        Summary {
            network_id: format!("cosmos:{}", self.config.chain_id.as_str()),
            parameters: None,
            head: newest,
            finalized: newest,
            time: time.unwrap_or(self.now),
            participants: self.running(),
            conditions: self.conditions(),
        }
    }

    fn inject(&mut self, fault: &Fault, now: Timestamp) -> Result<String, FaultError> {
        self.advance(now);
        self.break_or_mend(fault)
    }
}
