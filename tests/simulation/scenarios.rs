//! What is tried, and from how many seeds.

use core::time::Duration;

use super::families::Family::{self, Pbft, Pos, Pow, Regtest};
use super::plan::{Act, Outline, Trouble};
use super::scenario::{Fates, peace, run, verdict};
use super::seeds;
use super::traffic::{Kind, Parcel};
use super::world::World;

/// Everything that users send, each way, in good weather: what ends how is known.
fn there_and_back(families: [Family; 2], seed: u64) -> Result<String, String> {
    let mut world = World::new(families, seed, 1);
    for me in [0, 1] {
        world.send(me, Parcel { kind: Kind::Transfer, amount: 1000, patience_secs: 600 });
    }
    peace(&mut world, true)?;
    for me in [0, 1] {
        for (kind, amount) in Kind::ALL.into_iter().zip(100..) {
            world.send(me, Parcel { kind, amount, patience_secs: 600 });
        }
    }
    peace(&mut world, true)?;
    world.kill(0, None);
    for me in [0, 1] {
        world.send(me, Parcel { kind: Kind::Both, amount: 10, patience_secs: 20 });
    }
    world.pass(Duration::from_mins(1))?;
    peace(&mut world, true)?;
    let fates = verdict(&world)?;
    // Transfers, what comes home, calls and both; what no application takes; and what was sent
    // while nobody relayed.
    let expected = Fates { taken: 10, refused: 6, timed_out: 2 };
    if fates == expected { Ok(format!("{fates:?}")) } else { Err(format!("{fates:?}")) }
}

#[test]
fn pow_and_pbft_exchange_all_that_users_send() {
    seeds::each("pow_and_pbft_exchange_all", 1, |seed| there_and_back([Pow, Pbft], seed));
}

#[test]
fn pow_and_pos_exchange_all_that_users_send() {
    seeds::each("pow_and_pos_exchange_all", 1, |seed| there_and_back([Pow, Pos], seed));
}

#[test]
fn pos_and_pbft_exchange_all_that_users_send() {
    seeds::each("pos_and_pbft_exchange_all", 1, |seed| there_and_back([Pos, Pbft], seed));
}

/// The ways between relayers and chains, and the relayers themselves.
const RELAYING: &[Trouble] = &[Trouble::Weather, Trouble::Cut, Trouble::Kill];

/// The chains themselves, beside those.
const CHAINS: &[Trouble] =
    &[Trouble::Weather, Trouble::Kill, Trouble::Restart, Trouble::Chain, Trouble::Chain];

const CHEAP: Outline = Outline {
    families: [Regtest, Pbft],
    relayers: 1,
    troubles: RELAYING,
    secs: 14,
    packets: 7,
    faults: 5,
};

/// Chains whose blocks cost more, or become final later.
const UNLIKE: [Outline; 2] = [
    Outline { families: [Regtest, Pos], secs: 40, ..CHEAP },
    Outline { families: [Pos, Pbft], secs: 40, ..CHEAP },
];

#[test]
fn losses_and_kills() {
    seeds::each("losses_and_kills", 50, |seed| run(&CHEAP, seed));
}

#[test]
fn losses_and_kills_between_unlike_chains() {
    for outline in UNLIKE {
        seeds::each("losses_and_kills_between_unlike_chains", 2, |seed| run(&outline, seed));
    }
}

#[test]
fn two_relayers_on_one_path() {
    let outline = Outline { relayers: 2, ..CHEAP };
    seeds::each("two_relayers_on_one_path", 16, |seed| run(&outline, seed));
}

#[test]
fn chains_break_and_are_mended() {
    let outline = Outline { troubles: CHAINS, ..CHEAP };
    seeds::each("chains_break_and_are_mended", 50, |seed| run(&outline, seed));
}

#[test]
fn unlike_chains_break_and_are_mended() {
    for outline in UNLIKE {
        let outline = Outline { troubles: CHAINS, ..outline };
        seeds::each("unlike_chains_break_and_are_mended", 2, |seed| run(&outline, seed));
    }
}

/// False answers cost time, and nothing else: every balance is what it would have been.
#[test]
fn servers_lie() {
    let outline = Outline { troubles: &[Trouble::Lie], ..CHEAP };
    seeds::each("servers_lie", 40, |seed| run(&outline, seed));
}

#[test]
fn servers_of_unlike_chains_lie() {
    for outline in UNLIKE {
        let outline = Outline { troubles: &[Trouble::Lie], ..outline };
        seeds::each("servers_of_unlike_chains_lie", 2, |seed| run(&outline, seed));
    }
}

/// The relayer is killed at each effect and at each answer in turn: at every third one of the
/// first hundred, or with more seeds at those between and beyond.
#[test]
fn a_relayer_is_killed_at_any_step() {
    seeds::each("a_relayer_is_killed_at_any_step", 34, |seed| {
        let nth = 1 + seed * 3 % 100 + seed / 100 * 100;
        let mut world = World::new([Regtest, Pbft], 1, 1);
        for me in [0, 1] {
            world.send(me, Parcel { kind: Kind::Both, amount: 5, patience_secs: 600 });
        }
        world.pass(Duration::from_millis(1))?;
        Act::Kill(0, nth).happen(&mut world);
        world.finish(Duration::from_mins(10))?;
        let killed = if world.lives[0].kills > 0 { "killed at" } else { "ended before" };
        Ok(format!("{killed} step {nth}: {:?}", verdict(&world)?))
    });
}
