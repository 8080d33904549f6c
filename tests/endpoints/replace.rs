//! Offering a transaction again for a higher fee.

use core::time::Duration;

use causeway_core::Amount;
use causeway_relayer_endpoints::{EndpointError, TransactionState};

use super::chains::Family;
use super::relay::Path;
use super::world::finish;

/// The one that pays more takes the place of the other, with all that was asked of it.
#[test]
fn what_pays_more_takes_the_place_of_what_waits() {
    let path = Path::new([Family::Pos, Family::Pbft]);
    let user = &*path.users[0];
    let message = path.transfer(0, &Family::Pos.denom(), 5, "");
    let first = finish(user.sign(core::slice::from_ref(&message))).unwrap();
    finish(user.broadcast(&first.raw)).unwrap();
    assert_eq!(finish(user.state(&first.transaction)), Ok(TransactionState::Pending));
    let second = finish(user.replace(&first)).unwrap();
    assert_ne!(second.transaction, first.transaction);
    finish(user.broadcast(&second.raw)).unwrap();
    let executed = path.world.settle(user, &second);
    assert_eq!(executed.outcomes.len(), 1);
    assert_eq!(finish(user.state(&first.transaction)), Ok(TransactionState::Unknown));
    // Once: nothing of the first is left, and the account goes on behind the second.
    path.world.execute(user, &[message]).unwrap();
    let locked = finish(user.books(&path.clients[0])).unwrap().escrowed;
    let amounts: Vec<_> = locked.iter().map(|it| it.amount).collect();
    assert_eq!(amounts, [Amount::from(10_u64)]);
}

/// It never pays more than it may: the offer stands as it is.
#[test]
fn a_replacement_stays_below_what_may_be_spent() {
    let path = Path::new([Family::Pos, Family::Pbft]);
    let user = &*path.users[0];
    let message = path.transfer(0, &Family::Pos.denom(), 5, "");
    let mut offer = finish(user.sign(&[message])).unwrap();
    let refused = (0..100).find_map(|_| match finish(user.replace(&offer)) {
        Ok(next) => {
            offer = next;
            None
        }
        Err(error) => Some(error),
    });
    assert!(matches!(refused, Some(EndpointError::Refused { .. })), "{refused:?}");
    finish(user.broadcast(&offer.raw)).unwrap();
    path.world.settle(user, &offer);
}

/// Where nothing that waits can be replaced, that is said, and it is executed all the same.
#[test]
fn what_cannot_be_replaced_keeps_its_place() {
    let path = Path::new([Family::Pow, Family::Pbft]);
    for me in [0, 1] {
        let user = &*path.users[me];
        let message = path.transfer(me, &path.families[me].denom(), 5, "");
        let offer = finish(user.sign(&[message])).unwrap();
        finish(user.broadcast(&offer.raw)).unwrap();
        let refused = finish(user.replace(&offer));
        assert!(matches!(refused, Err(EndpointError::Unsupported { .. })), "{refused:?}");
        // Offered again it changes nothing.
        finish(user.broadcast(&offer.raw)).unwrap();
        path.world.settle(user, &offer);
        finish(user.broadcast(&offer.raw)).unwrap();
        path.world.pass(Duration::from_secs(5));
        let locked = finish(user.books(&path.clients[me])).unwrap().escrowed;
        let amounts: Vec<_> = locked.iter().map(|it| it.amount).collect();
        assert_eq!(amounts, [Amount::from(5_u64)]);
    }
}
