//! Two chains that make blocks, users who send packets, and daemons that come and go.

use core::time::Duration;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use causeway_core::{Message, SendPacket};
use causeway_relayer_daemon::store::StoreError;
use causeway_relayer_daemon::{Config, Daemon, Path, PathEnd, StartError};
use causeway_relayer_endpoints::Endpoint;
use causeway_relayer_engine::Limits;
use tempfile::TempDir;
use tokio::time::sleep;

use super::endpoint::Model;
use super::faults::Faults;
use super::net::{Net, RELAYER, Shared, id, payload};

pub(crate) struct World {
    pub(crate) net: Shared,
    pub(crate) faults: Arc<Mutex<Faults>>,
    pub(crate) config: Config,
    pub(crate) folder: TempDir,
    /// Chain time, in seconds.
    pub(crate) now: u64,
}

impl World {
    pub(crate) fn new(seed: u64, depths: [usize; 2]) -> Self {
        let limits = Limits {
            give_up_after: Duration::from_secs(40),
            bump_after: Duration::from_secs(10),
            retry_longest: Duration::from_secs(20),
            clear_every: Duration::from_secs(15),
            ..Limits::default()
        };
        let mut config = Config { limits, ..Config::default() };
        config.chain.answer = Duration::from_secs(20);
        Self {
            net: Net::new(seed, depths),
            faults: Arc::default(),
            config,
            folder: tempfile::tempdir().unwrap(),
            now: 1,
        }
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn endpoints(&self, account: &str) -> BTreeMap<String, Arc<dyn Endpoint>> {
        let endpoint = |me| {
            let model = Model::new(&self.net, me, account, &self.faults);
            Arc::new(model) as Arc<dyn Endpoint>
        };
        BTreeMap::from([("left".to_owned(), endpoint(0)), ("right".to_owned(), endpoint(1))])
    }

    pub(crate) fn path() -> Path {
        let end = |chain: &str| PathEnd { chain: chain.into(), client: id("client-0") };
        Path { a: end("left"), b: end("right") }
    }

    pub(crate) async fn daemon(&self) -> Daemon {
        self.daemon_of(RELAYER, "relayer.sqlite").await
    }

    pub(crate) async fn daemon_of(&self, account: &str, file: &str) -> Daemon {
        let endpoints = self.endpoints(account);
        let paths = [Self::path()];
        Daemon::start(self.config.clone(), endpoints, &paths, &self.file(file)).await.unwrap()
    }

    /// The next daemon, as soon as the last one's file is free: what was killed may still be
    /// letting go of it.
    pub(crate) async fn daemon_after_kill(&self) -> Daemon {
        loop {
            let (endpoints, paths) = (self.endpoints(RELAYER), [Self::path()]);
            let file = self.file("relayer.sqlite");
            match Daemon::start(self.config.clone(), endpoints, &paths, &file).await {
                Ok(daemon) => return daemon,
                Err(StartError::Store(StoreError::InUse(_))) => tokio::task::yield_now().await,
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// A packet of alice's, with some seconds to arrive.
    pub(crate) fn send(&self, me: usize, amount: u64, secs: u64) {
        self.send_many(me, amount, secs, 1);
    }

    /// So many of them at once.
    pub(crate) fn send_many(&self, me: usize, amount: u64, secs: u64, count: usize) {
        let message = Message::SendPacket(SendPacket {
            source_client: id("client-0"),
            timeout_timestamp: self.now + secs,
            payloads: vec![payload(amount)],
        });
        self.net.lock().unwrap().all_at_once(me, "alice", vec![message; count]);
    }

    /// Both chains make a block, and some time passes.
    pub(crate) async fn second(&mut self) {
        self.now += 1;
        {
            let mut net = self.net.lock().unwrap();
            for me in 0..2 {
                net.mine(me, self.now);
            }
            net.check();
        }
        sleep(Duration::from_secs(1)).await;
    }

    /// Seconds pass until every packet has ended.
    pub(crate) async fn until_over(&mut self, daemon: &Daemon, most: u64) {
        for _ in 0..most {
            self.second().await;
            if self.net.lock().unwrap().is_over() && daemon.outstanding() == 0 {
                return;
            }
        }
        let net = self.net.lock().unwrap();
        let open: Vec<_> = net.chains.iter().map(|it| it.newest().traces.keys()).collect();
        panic!("{} packets have not ended: {open:#?}", daemon.outstanding());
    }

    /// What bob has of vouchers on a chain.
    pub(crate) fn arrived(&self, me: usize) -> u64 {
        let voucher = ("transfer/client-0/coin".to_owned(), "bob".to_owned());
        let net = self.net.lock().unwrap();
        net.chains[me].newest().balances.get(&voucher).copied().unwrap_or_default()
    }

    /// What alice has left on a chain.
    pub(crate) fn left(&self, me: usize) -> u64 {
        let coins = ("coin".to_owned(), "alice".to_owned());
        self.net.lock().unwrap().chains[me].newest().balances[&coins]
    }

    pub(crate) fn set(&self, faults: Faults) {
        *self.faults.lock().unwrap() = faults;
    }
}
