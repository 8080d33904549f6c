//! What accounts have, and what transfers leave behind.

use causeway_core::{Amount, ClientId};
use causeway_relayer_endpoints::{Endpoint, Holding};

use super::chains::Family;
use super::relay::Path;
use super::world::finish;

type Held = Vec<(String, Amount)>;

fn held(endpoint: &dyn Endpoint) -> Held {
    let account = endpoint.account();
    let holdings = finish(endpoint.balances(&account)).unwrap();
    holdings.into_iter().map(|it| (it.denom.to_string(), it.amount)).collect()
}

fn books(endpoint: &dyn Endpoint, client: &ClientId) -> (Held, Held) {
    let books = finish(endpoint.books(client)).unwrap();
    let seen = finish(endpoint.observe()).unwrap();
    // The state is the newest, or what the next header proves.
    assert!((0..=1).contains(&(books.height.height() - seen.head.height())), "{books:?} {seen:?}");
    let named =
        |list: Vec<Holding>| list.into_iter().map(|it| (it.denom.to_string(), it.amount)).collect();
    (named(books.escrowed), named(books.issued))
}

/// Out, and a part of it back: what is locked is what was issued, and what is held.
fn there_and_a_part_back(path: &Path, home: usize) {
    let abroad = 1 - home;
    let denom = path.families[home].denom();
    let (out, proven) = path.send(home, &[path.transfer(home, &denom, 1000, "")]);
    path.deliver(home, &out, proven);
    let voucher = format!("transfer/{}/{denom}", path.clients[abroad]);
    let issued = |number: u64| vec![(voucher.clone(), Amount::from(number))];
    let books_of = |end: usize| books(&*path.relayers[end], &path.clients[end]);
    assert_eq!(books_of(abroad).1, issued(1000));

    let (back, proven) = path.send(abroad, &[path.transfer(abroad, &voucher, 400, "")]);
    path.deliver(abroad, &back, proven);
    assert_eq!(books_of(abroad).1, issued(600));
    assert_eq!(books_of(home).0, [(denom, Amount::from(600_u64))]);
    let has = held(&*path.users[abroad]);
    assert!(has.contains(&issued(600)[0]), "{has:?}");
    let nobody = held(&*path.relayers[abroad]);
    assert!(nobody.iter().all(|(denom, _)| *denom != voucher), "{nobody:?}");
}

#[test]
fn books_of_both_ends_add_up() {
    for families in [[Family::Pow, Family::Pos], [Family::Pos, Family::Pbft]] {
        let path = Path::new(families);
        there_and_a_part_back(&path, 0);
        there_and_a_part_back(&path, 1);
    }
}
