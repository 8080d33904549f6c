//! Two chains, their users and relayers, one step after the other.

use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::collections::VecDeque;
use std::pin::pin;
use std::sync::Arc;

use causeway_core::{Message, Response, SendPacket, Timestamp};
use causeway_relayer_endpoints::Endpoint;

use super::audit::Auditor;
use super::families::{Family, Member};
use super::net::{Host, Line, Net, Shared, Way};
use super::path;
use super::relayer::{Disk, End, Relayer};
use super::traffic::{Parcel, Route};

/// 2026-11-24.
const START_SECS: u64 = 1_795_500_000;

/// Relayers pay from these accounts.
const RELAYERS: [&str; 2] = ["relayer", "authority"];

/// How much later than the first the second relayer takes up a packet.
const STAGGER: Duration = Duration::from_secs(2);

type Sending = Pin<Box<dyn Future<Output = Result<Response, String>>>>;

/// Whoever sends from one chain: one packet after the other.
#[derive(Default)]
struct Users {
    parcels: VecDeque<Parcel>,
    sending: Option<Sending>,
    /// What the chain would not take.
    refused: u32,
}

/// A relayer, from one kill to the next.
pub(crate) struct Life {
    pub(crate) relayer: Option<Relayer>,
    /// When it comes back after a kill; never, if it does not.
    back_at: Option<Timestamp>,
    pub(crate) disk: Disk,
    pub(crate) kills: u32,
    /// Of all its lives.
    pub(crate) steps: u64,
}

pub(crate) struct World {
    pub(crate) net: Shared,
    pub(crate) members: [Member; 2],
    pub(crate) auditor: Auditor,
    pub(crate) lives: Vec<Life>,
    users: [Users; 2],
    audited: u64,
    /// How many lies relayers were told.
    pub(crate) lies: u64,
}

fn poll<T>(work: Pin<&mut (impl Future<Output = T> + ?Sized)>) -> Option<T> {
    match work.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => Some(done),
        Poll::Pending => None,
    }
}

fn connect(net: &Shared, member: &Member, me: usize, line: Line, name: &str) -> Arc<dyn Endpoint> {
    let way = Way { net: net.clone(), chain: me, line };
    (member.connect)(Arc::new(way), name)
}

impl World {
    /// Two chains with a path, and so many relayers that have not begun.
    pub(crate) fn new(families: [Family; 2], seed: u64, relayers: usize) -> Self {
        let now = Timestamp::from_secs(START_SECS).unwrap();
        let net = Net::new(seed, now);
        let members = families.map(|family| {
            let (chain, open, member) = family.found(seed, now);
            net.lock().unwrap().hosts.push(Host::new(chain, open));
            member
        });
        let user = |me: usize| connect(&net, &members[me], me, Line::User, "relayer");
        let ends = [user(0), user(1)];
        let periods = [0, 1].map(|me| members[me].trusting_period);
        let clients = finish(&net, path::connect(&net, [&*ends[0], &*ends[1]], periods));
        let ends = [0, 1].map(|me| End {
            endpoint: connect(&net, &members[me], me, Line::Auditor, "alice"),
            client: clients[me].clone(),
        });
        let life = || Life {
            relayer: None,
            back_at: Some(now),
            disk: Disk::default(),
            kills: 0,
            steps: 0,
        };
        Self {
            net,
            members,
            auditor: Auditor { ends },
            lives: core::iter::repeat_with(life).take(relayers).collect(),
            users: Default::default(),
            audited: 0,
            lies: 0,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.net.lock().unwrap().now
    }

    pub(crate) fn user(&self, me: usize, name: &str) -> Arc<dyn Endpoint> {
        connect(&self.net, &self.members[me], me, Line::User, name)
    }

    pub(crate) fn send(&mut self, me: usize, parcel: Parcel) {
        self.users[me].parcels.push_back(parcel);
    }

    /// How many parcels a chain would not take.
    pub(crate) fn refused(&self, me: usize) -> u32 {
        self.users[me].refused
    }

    fn post(&self, me: usize, parcel: Parcel) -> Sending {
        let sender = self.user(me, parcel.kind.sender());
        let receiver = match parcel.kind.sender() {
            "alice" => "bob",
            _ => "alice",
        };
        let client = &self.auditor.ends[me].client;
        let payloads = parcel.payloads(&Route {
            from: &self.members[me],
            to: &self.members[1 - me],
            client,
            sender: sender.account(),
            receiver: self.user(1 - me, receiver).account(),
        });
        let timeout_timestamp = self.now().secs() + parcel.patience_secs;
        let source_client = client.clone();
        let message =
            Message::SendPacket(SendPacket { source_client, timeout_timestamp, payloads });
        let net = self.net.clone();
        Box::pin(async move { path::execute(&net, &*sender, message).await })
    }

    fn run_users(&mut self) {
        for me in [0, 1] {
            if self.users[me].sending.is_none()
                && let Some(parcel) = self.users[me].parcels.pop_front()
            {
                self.users[me].sending = Some(self.post(me, parcel));
            }
            let users = &mut self.users[me];
            if let Some(sending) = &mut users.sending
                && let Some(sent) = poll(sending.as_mut())
            {
                users.sending = None;
                users.refused += u32::from(sent.is_err());
            }
        }
    }

    fn begin(&self, number: usize, disk: Disk) -> Relayer {
        let ends = [0, 1].map(|me| End {
            endpoint: connect(&self.net, &self.members[me], me, Line::Relayer, RELAYERS[number]),
            client: self.auditor.ends[me].client.clone(),
        });
        Relayer::new(&self.net, ends, disk, STAGGER * u32::try_from(number).unwrap())
    }

    fn run_relayers(&mut self) {
        let now = self.now();
        for number in 0..self.lives.len() {
            let life = &self.lives[number];
            if life.relayer.is_none() && life.back_at.is_some_and(|at| at <= now) {
                let relayer = self.begin(number, life.disk.clone());
                self.lives[number].relayer = Some(relayer);
            }
            if let Some(relayer) = &mut self.lives[number].relayer {
                relayer.run();
                if relayer.is_dead() {
                    self.kill(number, Some(Duration::from_secs(1)));
                }
            }
        }
    }

    /// Ends a relayer at once; it comes back after a while, or not by itself.
    pub(crate) fn kill(&mut self, number: usize, back_after: Option<Duration>) {
        let now = self.now();
        let life = &mut self.lives[number];
        life.back_at = back_after.map(|pause| now.saturating_add(pause));
        if let Some(relayer) = life.relayer.take() {
            life.kills += 1;
            life.steps += relayer.steps;
            life.disk = relayer.disk;
        }
    }

    /// Lets all come back, from what they have, or from nothing.
    pub(crate) fn revive(&mut self, keeps_disk: bool) {
        let now = self.now();
        for number in 0..self.lives.len() {
            if !keeps_disk {
                self.kill(number, None);
                self.lives[number].disk = Disk::default();
            }
            self.lives[number].back_at = Some(now);
            if let Some(relayer) = &mut self.lives[number].relayer {
                relayer.fatal_step = None;
            }
        }
    }

    /// Goes on to the next moment at which something happens. What must always hold is looked at
    /// every other second.
    pub(crate) fn step(&mut self) -> Result<(), String> {
        self.run_users();
        self.run_relayers();
        self.net.lock().unwrap().step();
        let now = self.now().secs();
        if now > self.audited + 1 {
            self.audited = now;
            self.auditor.check_conservation()?;
        }
        Ok(())
    }

    pub(crate) fn pass(&mut self, time: Duration) -> Result<(), String> {
        let end = self.now().saturating_add(time);
        while self.now() < end {
            self.step()?;
        }
        Ok(())
    }

    /// True when nobody has anything left to do.
    pub(crate) fn is_quiet(&self) -> bool {
        let sent = self.users.iter().all(|it| it.sending.is_none() && it.parcels.is_empty());
        let idle =
            |life: &Life| life.relayer.as_ref().is_some_and(|it| it.engine.outstanding() == 0);
        sent && self.lives.iter().all(idle)
            && [0, 1].iter().all(|me| self.auditor.committed(*me).is_empty())
    }

    /// Time passes until every packet has ended.
    pub(crate) fn finish(&mut self, most: Duration) -> Result<(), String> {
        let end = self.now().saturating_add(most);
        while !self.is_quiet() {
            if self.now() >= end {
                return Err(self.describe());
            }
            self.step()?;
        }
        // What a state shows already, events show with the next blocks.
        self.pass(Duration::from_secs(5))
    }

    fn describe(&self) -> String {
        let relayers = self.lives.iter().filter_map(|life| life.relayer.as_ref());
        let left: Vec<_> = relayers.flat_map(|it| it.engine.statuses()).collect();
        let committed = [0, 1].map(|me| self.auditor.committed(me));
        let hosts = &self.net.lock().unwrap().hosts;
        let summaries: Vec<_> = hosts.iter().map(|host| host.chain.summary()).collect();
        format!("not all packets ended: {left:#?}\n{committed:?}\n{summaries:?}")
    }

    /// The authority of a chain lets the client there go on from a new one.
    pub(crate) fn recover(&mut self, me: usize) -> Result<(), String> {
        let (host, followed) = (self.user(me, "authority"), self.user(1 - me, "authority"));
        let (net, period) = (self.net.clone(), self.members[1 - me].trusting_period);
        let subject = self.auditor.ends[me].client.clone();
        self.wait_for(async move {
            let substitute = path::create(&net, &*host, &*followed, period).await?;
            path::recover(&net, &*host, &subject, &substitute).await
        })?
    }

    /// Carries out work of a user while everything goes on.
    fn wait_for<T>(&mut self, work: impl Future<Output = T>) -> Result<T, String> {
        let mut work = pin!(work);
        loop {
            if let Some(done) = poll(work.as_mut()) {
                return Ok(done);
            }
            self.step()?;
        }
    }
}

/// Lets time pass until something is done.
fn finish<T>(net: &Shared, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    loop {
        if let Some(done) = poll(work.as_mut()) {
            return done;
        }
        net.lock().unwrap().step();
    }
}
