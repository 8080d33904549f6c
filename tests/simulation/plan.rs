//! What goes wrong and when: drawn from the seed before anything begins.

use core::time::Duration;

use causeway_chain::{Fault, Random};

use super::families::Family;
use super::lies::{Liar, Lie};
use super::net::Weather;
use super::traffic::{Kind, Parcel};
use super::world::World;

/// What a scenario may suffer from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Requests are lost, doubled, late, and overtake each other.
    Weather,
    /// Relayers do not reach a chain for a while.
    Cut,
    /// A relayer is killed at some step, and goes on from its disk.
    Kill,
    /// A chain's process is killed, and goes on from its durable writes.
    Restart,
    /// A chain's own troubles: those of its participants and of its consensus.
    Chain,
    /// A chain's server lies to relayers.
    Lie,
}

/// Something that happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Send(usize, Parcel),
    Weather(Weather),
    Cut(usize, bool),
    /// So many steps later.
    Kill(usize, u64),
    Restart(usize),
    Break(usize, Fault),
    Lie(usize, Option<Lie>),
}

/// All that happens, by time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan(pub(crate) Vec<(Duration, Act)>);

/// What a plan is drawn from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outline {
    pub(crate) families: [Family; 2],
    pub(crate) relayers: usize,
    pub(crate) troubles: &'static [Trouble],
    /// How long there is trouble.
    pub(crate) secs: u64,
    /// How many packets are sent.
    pub(crate) packets: u64,
    /// How many things go wrong.
    pub(crate) faults: u64,
}

/// One in so many answers of a liar is false.
const LIES: u64 = 4;

impl Plan {
    pub(crate) fn draw(outline: &Outline, seed: u64) -> Self {
        // Apart from what the net draws from the same seed.
        let random = &mut Random::new(seed ^ 0x706c_616e);
        let mut plan = Self::default();
        for _ in 0..outline.packets {
            let at = some_time(random, outline.secs);
            let parcel = parcel(random);
            plan.at(at, Act::Send(pick(random, 2), parcel));
        }
        for _ in 0..outline.faults {
            let trouble = outline.troubles[pick(random, outline.troubles.len())];
            plan.add(outline, random, trouble);
        }
        plan.0.sort_by_key(|(at, _)| *at);
        plan
    }

    fn at(&mut self, time: Duration, act: Act) {
        self.0.push((time, act));
    }

    fn add(&mut self, outline: &Outline, random: &mut Random, trouble: Trouble) {
        let begin = some_time(random, outline.secs);
        let end = begin + Duration::from_secs(1 + random.below(9));
        let chain = pick(random, 2);
        match trouble {
            Trouble::Weather => {
                let (lost, doubled) = (8 + random.below(40), 5 + random.below(20));
                let weather = Weather { lost, doubled, slowest: 50 + random.below(1500) };
                self.at(begin, Act::Weather(weather));
                self.at(end, Act::Weather(Weather::default()));
            }
            Trouble::Cut => {
                self.at(begin, Act::Cut(chain, true));
                self.at(end, Act::Cut(chain, false));
            }
            Trouble::Kill => {
                let steps = 1 + random.below(60);
                self.at(begin, Act::Kill(pick(random, outline.relayers), steps));
            }
            Trouble::Restart => self.at(begin, Act::Restart(chain)),
            Trouble::Chain => {
                let (fault, most_secs) = fault(outline.families[chain], random);
                let end = end.min(begin + Duration::from_secs(most_secs));
                self.at(begin, Act::Break(chain, fault));
                self.at(end, Act::Break(chain, Fault::Resume));
            }
            Trouble::Lie => {
                let lie = Lie::ALL[pick(random, Lie::ALL.len())];
                self.at(begin, Act::Lie(chain, Some(lie)));
                self.at(end, Act::Lie(chain, None));
            }
        }
    }
}

fn some_time(random: &mut Random, secs: u64) -> Duration {
    Duration::from_millis(random.below(secs * 1000))
}

fn pick(random: &mut Random, len: usize) -> usize {
    usize::try_from(random.below(len as u64)).unwrap()
}

fn parcel(random: &mut Random) -> Parcel {
    // Transfers are what vouchers to return come from.
    let kind = match random.below(10) {
        number @ 0..7 => Kind::ALL[usize::try_from(number).unwrap()],
        _ => Kind::Transfer,
    };
    // Some cannot be relayed in time.
    let patience_secs = if random.chance(1, 4) { 5 + random.below(20) } else { 900 };
    Parcel { kind, amount: 1 + random.below(1000), patience_secs }
}

/// A fault that a chain's clients live through, and how long it may last.
fn fault(family: Family, random: &mut Random) -> (Fault, u64) {
    let count = 1 + u32::try_from(random.below(2)).unwrap();
    match (family, random.below(5)) {
        (Family::Pow | Family::Regtest, 0) => (Fault::Reorg { depth: count }, 1),
        (Family::Pow | Family::Regtest, 1) => (Fault::Fork { depth: count }, 1),
        // Longer, and each side would bury its own branch.
        (Family::Pow | Family::Regtest, 2) => (Fault::Partition, 2),
        (Family::Pos, 0 | 1) => (Fault::StopFinality, 12),
        (Family::Pbft, 0 | 1) => (Fault::ChangeSet { count }, 1),
        (Family::Pos | Family::Pbft, 2) => (Fault::Partition, 10),
        (_, 3) => (Fault::Halt, 10),
        _ => (Fault::Stop { count }, 10),
    }
}

impl Act {
    pub(crate) fn happen(&self, world: &mut World) {
        let now = world.now();
        let net = world.net.clone();
        match self {
            Self::Send(me, parcel) => world.send(*me, *parcel),
            Self::Weather(weather) => net.lock().unwrap().weather = *weather,
            Self::Cut(me, is_cut) => net.lock().unwrap().hosts[*me].is_cut = *is_cut,
            Self::Kill(number, steps) => {
                if let Some(relayer) = &mut world.lives[*number].relayer {
                    relayer.fatal_step = Some(relayer.steps + steps);
                }
            }
            Self::Restart(me) => net.lock().unwrap().hosts[*me].restart(now),
            Self::Break(me, fault) => {
                // What cannot be broken any further is left as it is.
                let _ = net.lock().unwrap().hosts[*me].chain.inject(fault, now);
            }
            Self::Lie(me, lie) => {
                let liar = lie.map(|lie| Liar::new(lie, LIES));
                let before = core::mem::replace(&mut net.lock().unwrap().hosts[*me].liar, liar);
                world.lies += before.map_or(0, |liar| liar.told);
            }
        }
    }
}
