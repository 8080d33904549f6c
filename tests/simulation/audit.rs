//! What must hold whatever happens, read from the chains' own states at one moment.

use core::task::{Context, Poll, Waker};
use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::sync::Arc;

use causeway_core::gmp::GmpAcknowledgement;
use causeway_core::transfer::{Denom, FungibleTokenPacketData, PORT, Passage};
use causeway_core::{Acknowledgement, ClientId, Encoding, Packet, PacketPath, PortId, Sequence};
use causeway_relayer_endpoints::{ChainEvent, Endpoint, Holding, MAX_LOOKUP};
use causeway_relayer_engine::ClientReport;

use super::relayer::End;
use super::traffic::{self, Kind};

/// Amounts by denomination. The simulation sends little.
type Amounts = BTreeMap<String, i128>;

/// Reads both chains without any time passing.
pub(crate) struct Auditor {
    pub(crate) ends: [End; 2],
}

/// How a packet ended, as the states have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Taken(Acknowledgement),
    Refused,
    TimedOut,
}

/// Answers come at once.
fn at_once<T>(work: impl Future<Output = T>) -> T {
    match pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => panic!("the auditor's questions are answered at once"),
    }
}

fn amounts(holdings: &[Holding]) -> Amounts {
    let amount = |held: &Holding| held.amount.to_string().parse().unwrap();
    holdings.iter().map(|held| (held.denom.to_string(), amount(held))).collect()
}

fn hop(client: &ClientId) -> causeway_core::transfer::Hop {
    causeway_core::transfer::Hop::new(PortId::new(PORT).unwrap(), client.clone()).unwrap()
}

/// The tokens in a packet, by their name where they were sent from.
fn tokens(packet: &Packet) -> Vec<(Denom, i128)> {
    let transfers = packet.payloads.iter().filter(|it| it.source_port.as_str() == PORT);
    let read = transfers.map(|payload| {
        let encoding = Encoding::of(payload).unwrap();
        let data = FungibleTokenPacketData::decode(&payload.value, encoding).unwrap();
        (data.denom().clone(), data.amount().to_string().parse().unwrap())
    });
    read.collect()
}

impl Auditor {
    fn endpoint(&self, me: usize) -> &Arc<dyn Endpoint> {
        &self.ends[me].endpoint
    }

    fn client(&self, me: usize) -> &ClientId {
        &self.ends[me].client
    }

    /// The client on a chain.
    pub(crate) fn client_report(&self, me: usize) -> ClientReport {
        at_once(self.endpoint(me).client(self.client(me))).unwrap().report
    }

    pub(crate) fn head(&self, me: usize) -> u64 {
        at_once(self.endpoint(me).observe()).unwrap().head.height()
    }

    /// The packets that a chain is committed to.
    pub(crate) fn committed(&self, me: usize) -> Vec<Packet> {
        let (endpoint, client) = (self.endpoint(me), self.client(me));
        let (mut packets, mut from) = (Vec::new(), Some(Sequence::FIRST));
        while let Some(first) = from {
            let page = at_once(endpoint.outstanding(client, first)).unwrap();
            for sequences in page.sequences.chunks(MAX_LOOKUP) {
                let sent = at_once(endpoint.sent(client, sequences)).unwrap();
                packets.extend(sent.into_iter().map(|it| it.expect("a body to each commitment").0));
            }
            from = page.next;
        }
        packets
    }

    /// Which of the packets of a chain the other one took, all payloads of them.
    fn taken(&self, me: usize, packets: &[Packet]) -> BTreeSet<Sequence> {
        let client = self.client(1 - me);
        let path = |it: &Packet| PacketPath::acknowledgement(client.clone(), it.sequence);
        let paths: Vec<_> = packets.iter().map(path).collect();
        let answers = at_once(self.endpoint(1 - me).traces(&paths)).unwrap();
        let refusal = Acknowledgement::error().commitment();
        let took = |answer: &Option<Vec<u8>>| {
            answer.as_deref().is_some_and(|commitment| commitment != refusal.0)
        };
        let pairs = packets.iter().zip(answers);
        pairs.filter(|(_, answer)| took(answer)).map(|(packet, _)| packet.sequence).collect()
    }

    /// Every token that left a chain is escrowed there, and is either a voucher on the other one
    /// or in a packet of which the states say that it is on its way.
    pub(crate) fn check_conservation(&self) -> Result<(), String> {
        let committed = [0, 1].map(|me| self.committed(me));
        let taken = [0, 1].map(|me| self.taken(me, &committed[me]));
        for me in [0, 1] {
            let other = 1 - me;
            let escrowed = at_once(self.endpoint(me).books(self.client(me))).unwrap().escrowed;
            let issued = at_once(self.endpoint(other).books(self.client(other))).unwrap().issued;
            let mut abroad = Amounts::new();
            let through = hop(self.client(other));
            for (denom, amount) in amounts(&issued) {
                match home(&denom.parse().unwrap(), &through) {
                    Some(base) => *abroad.entry(base).or_default() += amount,
                    None => return Err(format!("{denom} was issued through another client")),
                }
            }
            let on_the_way = |sender: usize| -> Vec<_> {
                let taken = &taken[sender];
                let open = committed[sender].iter();
                open.filter(|it| !taken.contains(&it.sequence)).flat_map(tokens).collect()
            };
            let leaving = on_the_way(me).into_iter().filter(|(denom, _)| denom.is_native());
            for (denom, amount) in leaving {
                *abroad.entry(denom.to_string()).or_default() += amount;
            }
            for (denom, amount) in on_the_way(other) {
                if let Some(base) = home(&denom, &through) {
                    *abroad.entry(base).or_default() += amount;
                }
            }
            let mut escrowed = amounts(&escrowed);
            escrowed.retain(|_, amount| *amount != 0);
            abroad.retain(|_, amount| *amount != 0);
            if escrowed != abroad {
                return Err(format!(
                    "chain {me} has {escrowed:?} in escrow; {abroad:?} is abroad or on its way: \
                     {committed:?}, of which taken {taken:?}"
                ));
            }
        }
        Ok(())
    }

    /// What bob has of the other chain's tokens.
    pub(crate) fn balance(&self, me: usize, account: &str, denom: &Denom) -> i128 {
        let held = amounts(&at_once(self.endpoint(me).balances(account)).unwrap());
        held.get(&denom.to_string()).copied().unwrap_or_default()
    }

    /// All packets that the chain ever committed to, and how they ended. Nothing may have happened
    /// twice.
    pub(crate) fn fates(&self, me: usize) -> Result<Vec<(Packet, Fate)>, String> {
        let sent = self.once(me, |event| match event {
            ChainEvent::Sent(packet) => Some((packet.sequence, packet)),
            _ => None,
        })?;
        let mut answers = self.once(1 - me, |event| match event {
            ChainEvent::Answered(packet, answer) => Some((packet.sequence, answer)),
            _ => None,
        })?;
        let settled = self.once(me, |event| match event {
            ChainEvent::Settled(sequence) => Some((sequence, ())),
            _ => None,
        })?;
        if sent.keys().ne(settled.keys()) {
            return Err(format!("{:?} were sent, {:?} ended", sent.keys(), settled.keys()));
        }
        let fate = |(sequence, packet): (Sequence, Packet)| {
            let fate = match answers.remove(&sequence) {
                Some(answer) if answer.is_error() => Fate::Refused,
                Some(answer) => Fate::Taken(answer),
                None => Fate::TimedOut,
            };
            (packet, fate)
        };
        Ok(sent.into_iter().map(fate).collect())
    }

    /// The events of one kind, which come once for each packet.
    fn once<T>(
        &self,
        me: usize,
        pick: impl Fn(ChainEvent) -> Option<(Sequence, T)>,
    ) -> Result<BTreeMap<Sequence, T>, String> {
        let head = self.head(me);
        let (mut found, mut from) = (BTreeMap::new(), 1);
        while from <= head {
            let events = at_once(self.endpoint(me).events(self.client(me), from, head)).unwrap();
            for (sequence, thing) in events.events.into_iter().filter_map(|(_, it)| pick(it)) {
                if found.insert(sequence, thing).is_some() {
                    return Err(format!("packet {sequence}: twice on chain {me}"));
                }
            }
            from = events.to + 1;
        }
        Ok(found)
    }
}

/// The name at home of a voucher that came through a hop.
fn home(denom: &Denom, through: &causeway_core::transfer::Hop) -> Option<String> {
    if !denom.came_through(through) {
        return None;
    }
    match denom.clone().receive(through, through.clone()).unwrap() {
        Passage::Returning(base) => Some(base.to_string()),
        Passage::Arriving(_) => None,
    }
}

/// What a contract that counts must have come to, by the calls that it took and by its answers.
pub(crate) fn check_count(fates: &[(Packet, Fate)]) -> Result<(), String> {
    let (mut sum, mut highest) = (0, 0);
    for (packet, fate) in fates {
        let (kind, amount) = traffic::read(&packet.payloads);
        let Fate::Taken(answer) = fate else { continue };
        if !matches!(kind, Kind::Call | Kind::Both) {
            continue;
        }
        sum += amount;
        let encoding = Encoding::of(&packet.payloads[0]).unwrap();
        let answer = answer.app_acknowledgements().last().unwrap();
        let answer = GmpAcknowledgement::decode(answer, encoding).unwrap();
        highest = highest.max(u64::from_be_bytes(answer.result().try_into().unwrap()));
    }
    if sum == highest { Ok(()) } else { Err(format!("{sum} was to be counted, not {highest}")) }
}
