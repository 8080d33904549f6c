//! Clients that cannot go on: packets wait until they can, or until the chain's authority recovers
//! the client; then every packet ends.

use core::time::Duration;

use causeway_chain::Fault;
use causeway_relayer_engine::ClientStatus;

use super::families::Family::{self, Pbft, Pos, Regtest};
use super::plan::Act;
use super::scenario::{peace, verdict};
use super::seeds;
use super::traffic::{Kind, Parcel};
use super::world::World;

const PATIENT: u64 = 3600;

/// Everything works, and something has been sent.
fn begun(families: [Family; 2], seed: u64) -> Result<World, String> {
    let mut world = World::new(families, seed, 1);
    send(&mut world);
    peace(&mut world, true)?;
    Ok(world)
}

fn send(world: &mut World) {
    for me in [0, 1] {
        world.send(me, Parcel { kind: Kind::Both, amount: 50, patience_secs: PATIENT });
    }
}

/// Time passes until the client on a chain has a status.
fn until(world: &mut World, me: usize, status: ClientStatus) -> Result<(), String> {
    for _ in 0..600 {
        if world.auditor.client_report(me).status == status {
            return Ok(());
        }
        world.pass(Duration::from_secs(1))?;
    }
    Err(format!(
        "the client on chain {me} is {:?}, not {status:?}",
        world.auditor.client_report(me).status
    ))
}

/// The client on a chain is recovered, and all that waited ends.
fn recovered(world: &mut World, me: usize) -> Result<String, String> {
    world.recover(me)?;
    peace(world, true)?;
    Ok(format!("{:?}", verdict(world)?))
}

fn waits(world: &World, expected: [usize; 2]) -> Result<(), String> {
    let committed = [0, 1].map(|me| world.auditor.committed(me).len());
    if committed == expected { Ok(()) } else { Err(format!("{committed:?} packets wait")) }
}

#[test]
fn packets_wait_while_finality_stops_and_then_go_on() {
    seeds::each("packets_wait_while_finality_stops", 1, |seed| {
        let mut world = begun([Pos, Pbft], seed)?;
        Act::Break(0, Fault::StopFinality).happen(&mut world);
        // What became final before may still be proven.
        world.pass(Duration::from_secs(12))?;
        send(&mut world);
        world.pass(Duration::from_secs(24))?;
        waits(&world, [1, 1])?;
        peace(&mut world, true)?;
        Ok(format!("{:?}", verdict(&world)?))
    });
}

#[test]
fn a_client_that_missed_a_committee_is_recovered() {
    seeds::each("a_client_that_missed_a_committee", 1, |seed| {
        let mut world = begun([Pos, Pbft], seed)?;
        Act::Break(0, Fault::StopFinality).happen(&mut world);
        world.pass(Duration::from_secs(12))?;
        send(&mut world);
        // Two periods, so that one of them has no finalized update at all.
        world.pass(Duration::from_secs(128))?;
        Act::Break(0, Fault::Resume).happen(&mut world);
        until(&mut world, 1, ClientStatus::Expired)?;
        waits(&world, [1, 1])?;
        recovered(&mut world, 1)
    });
}

#[test]
fn a_deep_reorganisation_freezes_the_client() {
    seeds::each("a_deep_reorganisation", 5, |seed| {
        let mut world = begun([Regtest, Pbft], seed)?;
        // Its answer brings the client on. No tokens: what comes of those is lost in the blocks
        // that are undone, and that nobody should undo.
        world.send(1, Parcel { kind: Kind::Call, amount: 50, patience_secs: PATIENT });
        peace(&mut world, true)?;
        let (head, client) = (world.auditor.head(0), world.auditor.client_report(1).latest);
        let depth = u32::try_from(head + 2 - client.height()).unwrap();
        Act::Break(0, Fault::Reorg { depth }).happen(&mut world);
        until(&mut world, 1, ClientStatus::Frozen)?;
        recovered(&mut world, 1)
    });
}

/// The first chain signs two things that contradict each other. What is sent there waits; over the
/// frozen client nothing is sent. The evidence stays, and does not freeze what was recovered.
fn equivocates(families: [Family; 2], seed: u64) -> Result<String, String> {
    let mut world = begun(families, seed)?;
    Act::Break(0, Fault::Equivocate).happen(&mut world);
    until(&mut world, 1, ClientStatus::Frozen)?;
    send(&mut world);
    world.pass(Duration::from_secs(6))?;
    waits(&world, [1, 0])?;
    let done = recovered(&mut world, 1)?;
    world.pass(Duration::from_secs(30))?;
    match world.auditor.client_report(1).status {
        ClientStatus::Active => Ok(done),
        status => Err(format!("the recovered client is {status:?}")),
    }
}

#[test]
fn equivocation_of_a_committee_freezes_the_client() {
    seeds::each("equivocation_of_a_committee", 1, |seed| equivocates([Pos, Pbft], seed));
}

#[test]
fn equivocation_of_validators_freezes_the_client() {
    seeds::each("equivocation_of_validators", 3, |seed| equivocates([Pbft, Regtest], seed));
}
