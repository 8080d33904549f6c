//! Owns time and the chains.

use std::time::Duration;

use causeway_contracts::Router;
use causeway_core::Timestamp;
use causeway_light_client::ClientRegistry;

use super::bitcoin::Bitcoin;
use super::cometbft::Cometbft;
use super::ethereum::Ethereum;
use super::listing::Listing;
use super::{Family, Path, TestChain, assert_conserved};

/// Longer than any test lasts on its own.
const TRUSTING_PERIOD: Duration = Duration::from_hours(14 * 24);

/// Where all clocks start.
const START: Timestamp = Timestamp::from_nanos(1_700_000_000_000_000_000);

/// Time between blocks of one chain.
const BLOCK_TIME: Duration = Duration::from_secs(5);

/// The families that chains can be of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Listing,
    Bitcoin,
    Cometbft,
    Ethereum,
}

impl Kind {
    /// The families of real networks.
    pub const FAMILIES: [Self; 3] = [Self::Bitcoin, Self::Cometbft, Self::Ethereum];

    /// What to try a chain of this kind beside: all families, and the plainest kind beside itself.
    pub fn partners(self) -> Vec<Self> {
        if self == Self::Listing { vec![self] } else { Self::FAMILIES.to_vec() }
    }

    fn family(self, index: usize) -> Box<dyn Family> {
        let number = u8::try_from(index).unwrap();
        match self {
            Self::Listing => Box::new(Listing::new(number.into())),
            Self::Bitcoin => Box::new(Bitcoin::new(number)),
            Self::Cometbft => Box::new(Cometbft::new(number)),
            Self::Ethereum => Box::new(Ethereum::new(number)),
        }
    }
}

pub struct Coordinator {
    pub now: Timestamp,
    pub chains: Vec<TestChain>,
    /// All that were opened, for tokens to be counted on.
    pub paths: Vec<Path>,
    /// Of clients that are created from now on.
    pub trusting_period: Duration,
}

/// All light clients under test.
pub fn all_clients() -> ClientRegistry {
    causeway_client_registry::all().with::<super::listing::Client>()
}

impl Coordinator {
    /// Chains of the given families, each with its own set of applications.
    pub fn new(kinds: &[Kind], apps: fn() -> Router) -> Self {
        let chain = |(index, kind): (usize, &Kind)| {
            TestChain::new(kind.family(index), all_clients(), apps())
        };
        let chains = kinds.iter().enumerate().map(chain).collect();
        let mut coordinator =
            Self { now: START, chains, paths: Vec::new(), trusting_period: TRUSTING_PERIOD };
        for index in 0..kinds.len() {
            coordinator.commit(index);
        }
        coordinator
    }

    /// Two chains, each with an active client of the other.
    pub fn pair(kinds: (Kind, Kind), apps: fn() -> Router) -> (Self, Path) {
        let mut coordinator = Self::new(&[kinds.0, kinds.1], apps);
        let path = Path::open(&mut coordinator, 0, 1);
        (coordinator, path)
    }

    /// Makes a chain's writes provable; no token may be missing or doubled then.
    pub fn commit(&mut self, chain: usize) {
        assert_conserved(self);
        let now = self.now.saturating_add(BLOCK_TIME);
        let now = self.chains[chain].commit(now);
        self.move_to(now);
    }

    /// Lets time pass on all chains.
    pub fn advance(&mut self, duration: Duration) {
        self.move_to(self.now.saturating_add(duration));
        for chain in 0..self.chains.len() {
            self.commit(chain);
        }
    }

    fn move_to(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
        for chain in &mut self.chains {
            chain.begin_block(self.now);
        }
    }
}
