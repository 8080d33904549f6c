//! What is tried, and from how many seeds.

use core::time::Duration;

use super::families::Family::{self, Pbft, Pos, Pow, Regtest};
use super::plan::{Outline, Trouble};
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
    seeds::each("pow_and_pbft_exchange", 1, |seed| there_and_back([Pow, Pbft], seed));
}

#[test]
fn pow_and_pos_exchange_all_that_users_send() {
    seeds::each("pow_and_pos_exchange", 1, |seed| there_and_back([Pow, Pos], seed));
}

#[test]
fn pos_and_pbft_exchange_all_that_users_send() {
    seeds::each("pos_and_pbft_exchange", 1, |seed| there_and_back([Pos, Pbft], seed));
}

/// The ways between relayers and chains, and the relayers themselves.
const RELAYING: &[Trouble] = &[Trouble::Weather, Trouble::Cut, Trouble::Kill];

const CHEAP: Outline = Outline {
    families: [Regtest, Pbft],
    relayers: 1,
    troubles: RELAYING,
    secs: 20,
    packets: 8,
    faults: 5,
};

#[test]
fn losses_and_kills_between_the_cheapest_chains() {
    seeds::each("losses_and_kills_between_the_cheapest", 60, |seed| run(&CHEAP, seed));
}

#[test]
fn two_relayers_on_one_path() {
    let outline = Outline { relayers: 2, ..CHEAP };
    seeds::each("two_relayers_on_one_path", 20, |seed| run(&outline, seed));
}

#[test]
fn losses_and_kills_between_unlike_chains() {
    for families in [[Pow, Pbft], [Pow, Pos], [Pos, Pbft]] {
        let outline = Outline { families, secs: 40, ..CHEAP };
        seeds::each("losses_and_kills_between_unlike", 2, |seed| run(&outline, seed));
    }
}

/// The chains themselves, beside the ways to them.
const CHAINS: &[Trouble] =
    &[Trouble::Weather, Trouble::Kill, Trouble::Restart, Trouble::Chain, Trouble::Chain];

#[test]
fn chains_break_and_are_mended() {
    let outline = Outline { troubles: CHAINS, ..CHEAP };
    seeds::each("chains_break_and_are_mended", 60, |seed| run(&outline, seed));
}

#[test]
fn unlike_chains_break_and_are_mended() {
    for families in [[Pow, Pbft], [Pow, Pos], [Pos, Pbft]] {
        let outline = Outline { families, secs: 40, troubles: CHAINS, ..CHEAP };
        seeds::each("unlike_chains_break", 2, |seed| run(&outline, seed));
    }
}

#[test]
fn servers_lie() {
    let outline = Outline { troubles: &[Trouble::Lie], ..CHEAP };
    seeds::each("servers_lie", 60, |seed| run(&outline, seed));
}
