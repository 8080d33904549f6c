//! All participants and the network among them.

use causeway_chain::{Network, PeerId};
use causeway_client_cometbft::DuplicateVoteEvidence;
use causeway_core::Timestamp;

use super::participant::Outgoing;
use super::{Application, Message, Participant};

/// A participant was asked for blocks that it no longer has at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OlderBlocks {
    /// Whose they are.
    pub from: PeerId,
    /// Who needs them.
    pub to: PeerId,
    /// The first of them.
    pub height: u64,
}

/// The participants of one chain, in the order of their peer ids.
#[derive(Clone, Debug)]
pub struct Participants<A> {
    members: Vec<Participant<A>>,
    network: Network<Message>,
    now: Timestamp,
}

impl<A: Application> Participants<A> {
    /// These participants over this network; the first is peer 0.
    pub const fn new(
        members: Vec<Participant<A>>,
        network: Network<Message>,
        now: Timestamp,
    ) -> Self {
        Self { members, network, now }
    }

    /// The participants, by peer id.
    pub fn members(&self) -> &[Participant<A>] {
        &self.members
    }

    /// One of them, to be given transactions or to misbehave.
    pub fn member_mut(&mut self, peer: PeerId) -> Option<&mut Participant<A>> {
        self.members.get_mut(usize::try_from(peer.0).ok()?)
    }

    /// Puts another in the place of a participant: itself, after a restart.
    pub fn replace(&mut self, peer: PeerId, participant: Participant<A>) {
        if let Some(member) = self.member_mut(peer) {
            *member = participant;
        }
    }

    /// Gives evidence from outside to the first participant that runs; true when it takes it.
    pub fn accuse(&mut self, item: &DuplicateVoteEvidence, now: Timestamp) -> bool {
        self.now = self.now.max(now);
        let Some((peer, _)) = self.running().next() else { return false };
        let takes = self.member_mut(peer).is_some_and(|member| member.accuse(item));
        self.flush(peer);
        takes
    }

    /// The network.
    pub const fn network(&self) -> &Network<Message> {
        &self.network
    }

    /// The network, to be broken, or to forge messages on.
    pub const fn network_mut(&mut self) -> &mut Network<Message> {
        &mut self.network
    }

    /// Requests for blocks that have to be looked up, since the last call.
    pub fn take_sought(&mut self) -> Vec<OlderBlocks> {
        let peers: Vec<_> = self.peers().collect();
        let mut sought = Vec::new();
        for (from, member) in peers.into_iter().zip(&mut self.members) {
            let asked = member.take_sought().into_iter();
            sought.extend(asked.map(|(to, height)| OlderBlocks { from, to, height }));
        }
        sought
    }

    /// Lets time pass without anything being done: what was due in it will be done late.
    pub fn sleep(&mut self, until: Timestamp) {
        self.now = self.now.max(until);
    }

    /// When something is due.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let timers = self.running().map(|(_, member)| member.deadline());
        timers.chain(self.network.next_arrival()).min()
    }

    /// Does all that is due until `now`, in the order of time.
    pub fn advance(&mut self, now: Timestamp) {
        while let Some(due) = self.next_deadline().filter(|due| *due <= now) {
            // What was due while its participant was stopped happens late, not in the past.
            self.now = self.now.max(due);
            let at = self.now;
            while let Some(delivery) = self.network.receive(at) {
                let to = delivery.to;
                if let Some(member) = self.member_mut(to) {
                    member.receive(delivery.from, delivery.message, at);
                }
                self.flush(to);
            }
            let due: Vec<_> =
                self.running().filter(|(_, member)| member.deadline() <= at).collect();
            let due: Vec<_> = due.into_iter().map(|(peer, _)| peer).collect();
            for peer in due {
                if let Some(member) = self.member_mut(peer) {
                    member.tick(at);
                }
                self.flush(peer);
            }
        }
        self.now = self.now.max(now);
    }

    fn peers(&self) -> impl Iterator<Item = PeerId> + use<A> {
        let count = u32::try_from(self.members.len()).unwrap_or(u32::MAX);
        (0..count).map(PeerId)
    }

    fn running(&self) -> impl Iterator<Item = (PeerId, &Participant<A>)> {
        let members = self.peers().zip(&self.members);
        members.filter(|(peer, _)| !self.network.is_stopped(*peer))
    }

    fn flush(&mut self, from: PeerId) {
        let outgoing = self.member_mut(from).map(Participant::take_outgoing).unwrap_or_default();
        let peers: Vec<_> = self.peers().collect();
        for Outgoing { to, message } in outgoing {
            match to {
                Some(to) => self.network.send(from, to, message, self.now),
                None => {
                    self.network.broadcast(from, peers.iter().copied(), &message, self.now);
                }
            }
        }
    }
}
