//! The transfer application in a world of three chains, any two of which are connected twice:
//! whatever is sent, delivered, refused, timed out, answered and repeated, every token is in
//! exactly one place.

use std::collections::BTreeMap;

use causeway_contracts::apps::transfer::{RateLimit, Transfer};
use causeway_contracts::{
    Account, Accounts, AppError, Bank, Context, Delivery, IbcApp, Reply, Token,
};
use causeway_core::transfer::{Denom, FungibleTokenPacketData, Hop, PORT};
use causeway_core::{Amount, ClientId, Encoding, Payload, PortId, Sequence, Timestamp};
use causeway_tests::host::{Customs, MemoryHost, account};
use proptest::collection::vec;
use proptest::prelude::*;

const CHAINS: usize = 3;
const LINKS: usize = 2;
const USERS: [&str; 3] = ["alice", "bob", "carol"];
const FUNDS: u64 = 1_000;

/// One end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct End {
    here: usize,
    there: usize,
    link: usize,
}

impl End {
    fn other(self) -> Self {
        Self { here: self.there, there: self.here, link: self.link }
    }

    fn client(self) -> ClientId {
        let Self { here, there, link } = self;
        ClientId::new(format!("client-{here}{there}{link}")).unwrap()
    }

    fn hop(self) -> Hop {
        Hop::new(port(), self.client()).unwrap()
    }

    fn all() -> impl Iterator<Item = Self> {
        let pairs = (0..CHAINS).flat_map(|here| (0..CHAINS).map(move |there| (here, there)));
        pairs
            .filter(|(here, there)| here != there)
            .flat_map(|(here, there)| (0..LINKS).map(move |link| Self { here, there, link }))
    }
}

/// What became of a packet on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Pending,
    Received,
    Refused,
}

#[derive(Clone, Debug)]
struct Sent {
    source: End,
    sequence: Sequence,
    denom: Denom,
    amount: u64,
    payload: Payload,
    outcome: Outcome,
}

struct World {
    hosts: Vec<MemoryHost>,
    sequences: BTreeMap<End, u64>,
    on_the_way: Vec<Sent>,
    /// What the last packet that ended was, to be repeated.
    ended: Option<Sent>,
}

fn port() -> PortId {
    PortId::new(PORT).unwrap()
}

fn coin(chain: usize) -> String {
    format!("coin{chain}")
}

fn wide(amount: u64) -> Amount {
    Amount::from(amount)
}

impl World {
    fn new() -> Self {
        let customs =
            Customs { address_prefix: "0x", client_prefix: Some("client"), receipt: |_| vec![1] };
        let host = |chain| {
            let mut host = MemoryHost::new(customs);
            for user in USERS {
                host.fund(&account(user), &Token(coin(chain)), FUNDS);
            }
            host
        };
        let hosts = (0..CHAINS).map(host).collect();
        Self { hosts, sequences: BTreeMap::new(), on_the_way: Vec::new(), ended: None }
    }

    /// Calls the application on one chain, all or nothing.
    fn call<T>(
        &mut self,
        chain: usize,
        call: impl FnOnce(&mut Context<'_>) -> Result<T, AppError>,
    ) -> Result<T, AppError> {
        let host = &mut self.hosts[chain];
        let before = host.clone();
        let result = Context::new(host).attempt(|ctx| ctx.as_app(&port(), call));
        if result.is_err() {
            assert!(*host == before, "a refusal left something behind");
        }
        result
    }

    /// Every denomination that anybody could hold on a chain: its own coin, and each voucher that
    /// was issued there.
    fn denoms(&mut self, chain: usize) -> Vec<Denom> {
        let host = &mut self.hosts[chain];
        let tokens: Vec<Token> = host.supplies.keys().cloned().collect();
        let mut denoms = vec![Denom::native(coin(chain)).unwrap()];
        for token in tokens {
            denoms.extend(Transfer::denom_of(&mut Context::new(host), &token).unwrap());
        }
        denoms
    }

    fn send(&mut self, source: End, from: &str, to: &str, denom: &Denom, amount: u64) -> bool {
        let sender = self.hosts[source.here].format_account(&account(from));
        let data =
            FungibleTokenPacketData::new(denom.clone(), wide(amount), sender, to, "").unwrap();
        let encoding = Encoding::ALL[usize::try_from(amount % 3).unwrap()];
        let next = self.sequences.entry(source).or_insert(0);
        *next += 1;
        let sent = Sent {
            source,
            sequence: Sequence::new(*next).unwrap(),
            denom: denom.clone(),
            amount,
            payload: data.to_payload(encoding).unwrap(),
            outcome: Outcome::Pending,
        };
        let result = self.call(source.here, |ctx| {
            sent.delivered(&account(from), |delivery| Transfer.on_send(ctx, delivery))
        });
        if result.is_ok() {
            self.on_the_way.push(sent);
        }
        result.is_ok()
    }

    fn deliver(&mut self, index: usize) {
        let sent = self.on_the_way[index].clone();
        if sent.outcome != Outcome::Pending {
            return;
        }
        let result = self.call(sent.source.there, |ctx| {
            sent.delivered(&account("relayer"), |delivery| Transfer.on_recv(ctx, delivery))
        });
        self.on_the_way[index].outcome = match result {
            Ok(Reply::Now(_)) => Outcome::Received,
            Ok(Reply::Later) => panic!("a transfer is answered at once"),
            Err(_) => Outcome::Refused,
        };
    }

    /// Ends a packet at its source, as what became of it demands.
    fn end(&mut self, index: usize) {
        let sent = self.on_the_way.remove(index);
        self.try_to_end(&sent).unwrap();
        self.ended = Some(sent);
    }

    fn try_to_end(&mut self, sent: &Sent) -> Result<(), AppError> {
        self.call(sent.source.here, |ctx| {
            sent.delivered(&account("relayer"), |delivery| match sent.outcome {
                Outcome::Pending => Transfer.on_timeout(ctx, delivery),
                Outcome::Refused => Transfer.on_acknowledge(ctx, delivery, None),
                Outcome::Received => {
                    let answer = causeway_core::transfer::SUCCESS_ACKNOWLEDGEMENT;
                    Transfer.on_acknowledge(ctx, delivery, Some(answer))
                }
            })
        })
    }

    fn escrowed(&mut self, end: End, denom: &Denom) -> Amount {
        let host = &mut self.hosts[end.here];
        let token = host.token(denom);
        Transfer::escrowed(&mut Context::new(host), &end.client(), &token).unwrap()
    }

    fn issued(&mut self, end: End, denom: &Denom) -> Amount {
        let host = &mut self.hosts[end.here];
        let token = host.token(denom);
        Transfer::issued(&mut Context::new(host), &end.client(), &token).unwrap()
    }

    fn check(&mut self) {
        for chain in 0..CHAINS {
            let minted = wide(FUNDS * USERS.len() as u64);
            assert_eq!(self.hosts[chain].supply(&Token(coin(chain))), minted, "coins are constant");
        }
        for end in End::all() {
            for denom in self.denoms(end.here) {
                self.check_end(end, &denom);
            }
        }
    }

    /// The books of one end agree with the bank, and with the books of the other end.
    fn check_end(&mut self, end: End, denom: &Denom) {
        let host = &self.hosts[end.here];
        let token = host.token(denom);
        let in_bank = host.balance(&host.escrow_account(&port(), &end.client()), &token);
        let supply = host.supply(&token);
        let escrowed = self.escrowed(end, denom);
        assert_eq!(in_bank, escrowed, "the escrow account holds what the books say");
        if denom.came_through(&end.hop()) {
            assert_eq!(supply, self.issued(end, denom), "a voucher is issued by one client alone");
            assert_eq!(escrowed, Amount::ZERO, "what an end issued it does not lock");
            return;
        }
        let there: Denom = format!("{}/{denom}", end.other().hop()).parse().unwrap();
        let mut expected = self.issued(end.other(), &there);
        for sent in &self.on_the_way {
            let leaves = sent.source == end && sent.denom == *denom;
            let returns = sent.source == end.other() && sent.denom == there;
            if sent.outcome != Outcome::Received && (leaves || returns) {
                expected = expected.checked_add(wide(sent.amount)).unwrap();
            }
        }
        assert_eq!(escrowed, expected, "what is locked is issued there, or on its way");
    }

    /// Lets everything on its way arrive, then brings all vouchers home.
    fn bring_everything_home(&mut self) {
        // Each round takes one hop off every voucher, and paths are as long as steps were taken.
        for _ in 0..64 {
            for index in (0..self.on_the_way.len()).rev() {
                self.deliver(index);
                self.end(index);
            }
            let mut moved = false;
            for chain in 0..CHAINS {
                for denom in self.denoms(chain) {
                    moved |= self.send_back(chain, &denom);
                }
            }
            if !moved {
                return;
            }
            self.check();
        }
        panic!("some voucher never comes home");
    }

    fn send_back(&mut self, chain: usize, denom: &Denom) -> bool {
        let Some(end) = End::all().find(|end| end.here == chain && denom.came_through(&end.hop()))
        else {
            return false;
        };
        let token = self.hosts[chain].token(denom);
        let mut moved = false;
        for user in USERS {
            let balance = self.hosts[chain].balance(&account(user), &token).to_string();
            let balance: u64 = balance.parse().unwrap();
            if balance > 0 {
                let to = self.hosts[end.there].format_account(&account(user));
                assert!(self.send(end, user, &to, denom, balance), "a voucher can go home");
                moved = true;
            }
        }
        moved
    }
}

impl Sent {
    fn delivered<T>(&self, signer: &Account, call: impl FnOnce(&Delivery<'_>) -> T) -> T {
        call(&Delivery {
            source_client: &self.source.client(),
            dest_client: &self.source.other().client(),
            sequence: self.sequence,
            timeout_timestamp: 1,
            payload: &self.payload,
            signer,
        })
    }
}

#[derive(Clone, Debug)]
enum Step {
    Send { from: usize, to: usize, route: usize, denom: usize, amount: u64, readable: bool },
    Deliver(usize),
    End(usize),
    Repeat,
}

fn step() -> impl Strategy<Value = Step> {
    let send = (0..3_usize, 0..3_usize, 0..12_usize, 0..50_usize, 1..1500_u64, 0..5_u8);
    prop_oneof![
        4 => send.prop_map(|(from, to, route, denom, amount, unreadable)| Step::Send {
            from, to, route, denom, amount, readable: unreadable > 0,
        }),
        3 => any::<usize>().prop_map(Step::Deliver),
        3 => any::<usize>().prop_map(Step::End),
        1 => Just(Step::Repeat),
    ]
}

impl World {
    fn take(&mut self, step: &Step) {
        let count = self.on_the_way.len();
        match *step {
            Step::Send { from, to, route, denom, amount, readable } => {
                let ends: Vec<_> = End::all().collect();
                let source = ends[route % ends.len()];
                let denoms = self.denoms(source.here);
                let denom = denoms[denom % denoms.len()].clone();
                let mut to = self.hosts[source.there].format_account(&account(USERS[to]));
                if !readable {
                    to.push('!');
                }
                self.send(source, USERS[from], &to, &denom, amount);
            }
            Step::Deliver(index) if count > 0 => self.deliver(index % count),
            Step::End(index) if count > 0 => self.end(index % count),
            Step::Repeat => {
                if let Some(sent) = self.ended.clone() {
                    self.try_to_end(&sent).unwrap_err();
                }
            }
            Step::Deliver(_) | Step::End(_) => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn tokens_are_conserved_whatever_happens(steps in vec(step(), 1..60)) {
        let mut world = World::new();
        for step in &steps {
            world.take(step);
            world.check();
        }
        world.bring_everything_home();
        for end in End::all() {
            let denom = Denom::native(coin(end.here)).unwrap();
            assert_eq!(world.escrowed(end, &denom), Amount::ZERO, "nothing is left in escrow");
        }
    }

    /// A quota holds in each of its windows, and refunds make room only in the window of the send.
    #[test]
    fn no_window_lets_more_out_than_its_quota(
        steps in vec((0..40_u64, 1..60_u64, any::<bool>()), 1..40),
    ) {
        const WINDOW_SECS: u64 = 100;
        const QUOTA: u64 = 100;
        let mut world = World::new();
        let source = End { here: 0, there: 1, link: 0 };
        let coin = Denom::native(coin(0)).unwrap();
        let limit = RateLimit {
            window_secs: WINDOW_SECS.try_into().unwrap(),
            most_out: Some(wide(QUOTA)),
            most_in: None,
        };
        let authority = world.hosts[0].authority.clone();
        let token = world.hosts[0].token(&coin);
        let mut ctx = Context::new(&mut world.hosts[0]);
        let client = source.client();
        Transfer::set_rate_limit(&mut ctx, &authority, &client, &token, Some(limit)).unwrap();

        let to = world.hosts[1].format_account(&account("bob"));
        let mut now = 1_000;
        // What left in each window and was not refunded within it.
        let mut left: BTreeMap<u64, u64> = BTreeMap::new();
        let mut windows = Vec::new();
        for (pause, amount, refund) in steps {
            now += pause;
            let window = now / WINDOW_SECS;
            world.hosts[0].now = Timestamp::from_secs(now).unwrap();
            if refund && !world.on_the_way.is_empty() {
                let amount = world.on_the_way[0].amount;
                world.end(0);
                if windows.remove(0) == window {
                    *left.get_mut(&window).unwrap() -= amount;
                }
                continue;
            }
            let used = left.entry(window).or_insert(0);
            let fits = *used + amount <= QUOTA;
            let has = world.hosts[0].balance(&account("alice"), &token) >= wide(amount);
            let sent = world.send(source, "alice", &to, &coin, amount);
            prop_assert_eq!(sent, fits && has);
            if sent {
                *used += amount;
                windows.push(window);
            }
        }
    }
}
