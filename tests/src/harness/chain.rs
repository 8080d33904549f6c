//! One chain: contracts over a host in memory, under the consensus of its family.

use causeway_contracts::{Account, Context, HandleError, Ibc, Router, StoredClient, Token};
use causeway_core::{
    Acknowledgement, ClientId, Event, Height, Message, Packet, PacketPath, Response, Timestamp,
};
use causeway_light_client::{ClientRegistry, RawView, Status};

use super::{Family, Traces};
use crate::host::{MemoryHost, account};

pub struct TestChain {
    pub host: MemoryHost,
    pub family: Box<dyn Family>,
    pub clients: ClientRegistry,
    pub router: Router,
    /// Who relays and sends unless the test says otherwise.
    pub user: Account,
    /// What was provable last.
    committed: Traces,
}

impl TestChain {
    pub fn new(family: Box<dyn Family>, clients: ClientRegistry, router: Router) -> Self {
        let host = MemoryHost::new(family.customs());
        let committed = Traces::new();
        Self { host, family, clients, router, user: account("user"), committed }
    }

    /// Commits what the contracts wrote since the last block, and goes on from there.
    pub(super) fn commit(&mut self, now: Timestamp) -> Timestamp {
        self.committed.clone_from(&self.host.traces);
        let now = self.family.commit(&self.committed, now);
        self.begin_block(now);
        now
    }

    /// The block under execution is at this time.
    pub(super) fn begin_block(&mut self, now: Timestamp) {
        self.host.now = self.family.chain_time(now);
        let head = self.family.head();
        self.host.height = Height::new(head.revision(), head.height() + 1);
    }

    /// Executes a message in the block under way; a refusal must leave no mark.
    pub fn execute_as(
        &mut self,
        signer: &Account,
        message: &Message,
    ) -> Result<Response, HandleError> {
        let before = self.host.clone();
        let ibc = Ibc::new(&self.clients, &self.router);
        let result = ibc.handle(&mut Context::new(&mut self.host), message, signer);
        if result.is_err() {
            assert!(self.host == before, "a refused message left something behind");
            assert_eq!(self.host.events, before.events, "a refused message reported something");
        }
        result
    }

    pub fn execute(&mut self, message: &Message) -> Result<Response, HandleError> {
        self.execute_as(&self.user.clone(), message)
    }

    /// A call of an application's own, in the block under way, undone when it fails.
    pub fn call<T, E: From<causeway_contracts::OutOfGas>>(
        &mut self,
        call: impl FnOnce(&Ibc<'_>, &mut Context<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let ibc = Ibc::new(&self.clients, &self.router);
        Context::new(&mut self.host).attempt(|ctx| call(&ibc, ctx))
    }

    pub fn status(&mut self, client_id: &ClientId) -> Status {
        let ibc = Ibc::new(&self.clients, &self.router);
        ibc.client_status(&mut Context::new(&mut self.host), client_id).unwrap()
    }

    pub fn stored(&self, client_id: &ClientId) -> StoredClient<'_> {
        StoredClient::open(&self.host, client_id).unwrap()
    }

    /// The greatest height that a client here verified.
    pub fn latest_height(&self, client_id: &ClientId) -> Height {
        let stored = self.stored(client_id);
        let light = self.clients.by_type(stored.client_type()).unwrap();
        light.latest_height(&stored.client_state()).unwrap()
    }

    pub fn balance(&self, account: &Account, token: &Token) -> causeway_core::Amount {
        causeway_contracts::Bank::balance(&self.host, account, token)
    }

    pub fn trace(&self, path: &PacketPath) -> Option<&Vec<u8>> {
        self.host.traces.get(path)
    }

    /// The answer that was written for a packet here, as the event told.
    pub fn acknowledgement(&self, wanted: &Packet) -> Option<Acknowledgement> {
        self.host.events.iter().find_map(|event| match event {
            Event::AcknowledgementWritten { packet, acknowledgement } if packet == wanted => {
                Some(acknowledgement.clone())
            }
            _ => None,
        })
    }

    /// The packets that were sent from here, as events told.
    pub fn sent_packets(&self) -> Vec<Packet> {
        let events = self.host.events.iter();
        events
            .filter_map(|event| match event {
                Event::PacketSent { packet } => Some(packet.clone()),
                _ => None,
            })
            .collect()
    }
}
