//! A chain that contradicts itself freezes its client, on every family.

use core::time::Duration;

use causeway_chain::Fault;
use causeway_core::{Any, ClientId, Message, SubmitMisbehaviour};
use causeway_relayer_endpoints::{Endpoint, EndpointError};
use causeway_relayer_engine::ClientStatus;

use super::chains::{CONFIRMATIONS, Family};
use super::world::{World, finish, read};

/// Which chain misbehaves, and where it is followed.
const PAIRS: [(Family, Family); 6] = [
    (Family::Pbft, Family::Pow),
    (Family::Pbft, Family::Pos),
    (Family::Pos, Family::Pow),
    (Family::Pos, Family::Pbft),
    (Family::Pow, Family::Pbft),
    (Family::Pow, Family::Pos),
];

fn fault_of(family: Family) -> Fault {
    match family {
        Family::Pbft | Family::Pos => Fault::Equivocate,
        // What was final, and some more.
        Family::Pow => Fault::Reorg { depth: CONFIRMATIONS + 8 },
    }
}

fn evidence(
    followed: &dyn Endpoint,
    host: &dyn Endpoint,
    client: &ClientId,
) -> Result<Option<Any>, EndpointError> {
    finish(followed.cross_check(&read(host, client), host))
}

fn freezes(world: &World, followed: &dyn Endpoint, host: &dyn Endpoint, client: &ClientId) {
    let mut found = None;
    world.until(|| {
        found = evidence(followed, host, client).unwrap();
        found.is_some()
    });
    let client_id = client.clone();
    let message = SubmitMisbehaviour { client_id, misbehaviour: found.unwrap() };
    world.execute(host, &[Message::SubmitMisbehaviour(message)]).unwrap();
    assert_eq!(read(host, client).report.status, ClientStatus::Frozen);
}

#[test]
fn a_chain_that_contradicts_itself_freezes_its_client() {
    for (family, on) in PAIRS {
        let world = World::new([family, on]);
        let (followed, host) = (world.endpoint(0, "relayer"), world.endpoint(1, "relayer"));
        let client = world.create(&*host, &*followed);
        // A branch starts from something that the client knows.
        world.pass(Duration::from_mins(1));
        world.update(&*host, &client, &*followed);
        assert_eq!(evidence(&*followed, &*host, &client), Ok(None), "{family:?} on {on:?}");
        world.break_it(0, &fault_of(family));
        freezes(&world, &*followed, &*host, &client);
    }
}

/// Evidence of something below the client's newest height is verified from below it.
#[test]
fn a_client_that_went_on_meanwhile_freezes_too() {
    for (family, on) in PAIRS {
        if family == Family::Pow {
            continue;
        }
        let world = World::new([family, on]);
        let (followed, host) = (world.endpoint(0, "relayer"), world.endpoint(1, "relayer"));
        let client = world.create(&*host, &*followed);
        world.update(&*host, &client, &*followed);
        world.break_it(0, &Fault::Equivocate);
        world.pass(Duration::from_secs(20));
        world.update(&*host, &client, &*followed);
        freezes(&world, &*followed, &*host, &client);
        // A client that begins above the contradiction has nothing to do with it.
        let later = world.create(&*host, &*followed);
        assert_eq!(evidence(&*followed, &*host, &later), Ok(None), "{family:?} on {on:?}");
    }
}

/// Where the client knows no block of the branch, nothing can be shown to it; and that is said.
#[test]
fn a_reorganisation_below_all_that_a_client_knows_is_reported() {
    let world = World::new([Family::Pow, Family::Pbft]);
    let (followed, host) = (world.endpoint(0, "relayer"), world.endpoint(1, "relayer"));
    let client = world.create(&*host, &*followed);
    world.break_it(0, &fault_of(Family::Pow));
    let mut found = Ok(None);
    world.until(|| {
        found = evidence(&*followed, &*host, &client);
        found != Ok(None)
    });
    assert!(matches!(found, Err(EndpointError::Missing { what: "header", .. })), "{found:?}");
}

/// A reorganisation of what was not final is none of the misbehaviour: the client follows it.
#[test]
fn a_shallow_reorganisation_is_followed() {
    let world = World::new([Family::Pow, Family::Pbft]);
    let (followed, host) = (world.endpoint(0, "relayer"), world.endpoint(1, "relayer"));
    let client = world.create(&*host, &*followed);
    world.update(&*host, &client, &*followed);
    world.break_it(0, &Fault::Reorg { depth: CONFIRMATIONS - 1 });
    assert_eq!(evidence(&*followed, &*host, &client), Ok(None));
    world.update(&*host, &client, &*followed);
    assert_eq!(read(&*host, &client).report.status, ClientStatus::Active);
}
