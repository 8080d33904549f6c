//! Chains started together, and stopped together.

use std::error::Error;
use std::io;
use std::thread;
use std::time::Duration;

use causeway_chain::{Chain, DurableView, Listener};
use causeway_core::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;

use crate::clock::{ChainClock, ClockSetting};
use crate::control;
use crate::data_dir::{Cookie, DataDir, DataDirError};
use crate::handle::ChainHandle;
use crate::runner::Runner;
use crate::server;
use crate::store::{ChainStore, StoreError};

/// How long open connections may take to end once the network stops.
const CONNECTION_GRACE: Duration = Duration::from_millis(300);

/// How long a chain may take to finish what it is doing once the network stops.
const CHAIN_GRACE: Duration = Duration::from_millis(1500);

/// Whatever goes wrong in a chain's own constructor.
pub type OpenError = Box<dyn Error + Send + Sync>;

/// Makes a chain from what it wrote earlier, at a chain time.
pub type OpenChain =
    Box<dyn FnOnce(&dyn DurableView, Timestamp) -> Result<Box<dyn Chain>, OpenError> + Send>;

/// One chain to be started.
pub struct Member {
    /// The name users know it by.
    pub alias: &'static str,
    /// On which port each of its listeners answers.
    pub ports: Vec<(Listener, u16)>,
    /// Makes it.
    pub open: OpenChain,
}

/// How a network is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// How chain time relates to the wall clock.
    pub clock: ClockSetting,
    /// Moves the wall clock that is read.
    pub clock_shift: Duration,
    /// Where faults can be asked for, if anywhere.
    pub control: Option<Control>,
}

/// The control API: where it answers, and to whom.
#[derive(Clone, Debug)]
pub struct Control {
    /// The port.
    pub port: u16,
    /// What a client must know.
    pub cookie: Cookie,
}

/// Why a network does not start, or does not go on.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// A socket.
    #[error("port {port} is in use by another process: choose another --base-port")]
    PortInUse {
        /// The port.
        port: u16,
    },
    /// A socket cannot be opened for another reason.
    #[error("cannot listen on port {port}: {source}")]
    Listen {
        /// The port.
        port: u16,
        /// Why not.
        source: io::Error,
    },
    /// The data directory.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// A database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A chain does not start from what is stored.
    #[error("{alias} does not start: {source}")]
    Open {
        /// The chain.
        alias: &'static str,
        /// Why not.
        source: OpenError,
    },
    /// No thread.
    #[error("the machine gives no {what}: {source}")]
    Machine {
        /// What was asked for.
        what: &'static str,
        /// Why there is none.
        source: io::Error,
    },
    /// A chain's thread ended by itself: a defect.
    #[error("{alias} ended unexpectedly")]
    Ended {
        /// The chain.
        alias: &'static str,
    },
}

/// The end of a chain's thread.
type End = (&'static str, Result<(), NetworkError>);

/// A running network. Dropping it stops the chains without waiting for them.
#[derive(Debug)]
pub struct Network {
    _directory: DataDir,
    handles: Vec<ChainHandle>,
    servers: JoinSet<io::Result<()>>,
    ends: mpsc::Receiver<End>,
    stop: watch::Sender<bool>,
}

impl Network {
    /// Opens all sockets, then all chains at once, and returns when each of them answers.
    pub async fn start(
        directory: DataDir,
        options: Options,
        members: Vec<Member>,
    ) -> Result<Self, NetworkError> {
        let mut sockets = Vec::new();
        for (listener, port) in members.iter().flat_map(|member| &member.ports) {
            sockets.push((*listener, bind(*port).await?));
        }
        let mut sockets = sockets.into_iter();
        let control = match &options.control {
            Some(control) => Some((bind(control.port).await?, control.cookie.credentials.clone())),
            None => None,
        };
        let mut stores = Vec::new();
        for member in &members {
            stores.push(directory.chain(member.alias)?);
        }
        let clock = start_clock(&stores, &options)?;

        let (stop, stopped) = watch::channel(false);
        let (ended, ends) = mpsc::channel(members.len().max(1));
        let mut network = Self {
            _directory: directory,
            handles: Vec::new(),
            servers: JoinSet::new(),
            ends,
            stop,
        };
        let mut openings = Vec::new();
        for (member, store) in members.into_iter().zip(stores) {
            let ports = member.ports.len();
            let thread = ChainThread {
                member,
                store,
                clock: clock.clone(),
                stop: stopped.clone(),
                ended: ended.clone(),
            };
            let (handle, opening) = thread.spawn()?;
            for (listener, socket) in sockets.by_ref().take(ports) {
                let serving = server::serve(socket, handle.clone(), listener, stopped.clone());
                network.servers.spawn(serving);
            }
            openings.push((handle.alias(), opening));
            network.handles.push(handle);
        }
        for (alias, opening) in openings {
            opening.await.unwrap_or(Err(NetworkError::Ended { alias }))?;
        }
        if let Some((socket, cookie)) = control {
            let handles = network.handles.clone();
            network.servers.spawn(control::serve(socket, handles, cookie, stopped));
        }
        Ok(network)
    }

    /// The running chains, in the order in which they were given.
    pub fn chains(&self) -> &[ChainHandle] {
        &self.handles
    }

    /// Waits until a chain or a server fails, which none of them should.
    pub async fn failure(&mut self) -> NetworkError {
        match self.ends.recv().await {
            Some((_, Err(error))) => error,
            Some((alias, Ok(()))) => NetworkError::Ended { alias },
            // There is no chain that could fail.
            None => std::future::pending().await,
        }
    }

    /// Stops everything within two seconds: chains finish what they are doing and write it down. An
    /// error when one of them could not.
    pub async fn stop(mut self) -> Result<(), NetworkError> {
        // Whoever listens hears of it; when nobody does, nothing runs.
        let _ = self.stop.send(true);
        let servers = async { while self.servers.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(CONNECTION_GRACE, servers).await;
        self.servers.abort_all();
        let mut result = Ok(());
        let chains = async {
            for _ in 0..self.handles.len() {
                let Some((_, end)) = self.ends.recv().await else { break };
                result = std::mem::replace(&mut result, Ok(())).and(end);
            }
        };
        let _ = tokio::time::timeout(CHAIN_GRACE, chains).await;
        result
    }
}

/// Chain time goes on from the last that any of the chains has written down.
fn start_clock(stores: &[ChainStore], options: &Options) -> Result<ChainClock, StoreError> {
    let mut last = None;
    for store in stores {
        last = last.max(store.last_time()?);
    }
    Ok(ChainClock::start(options.clock, last, options.clock_shift))
}

async fn bind(port: u16) -> Result<TcpListener, NetworkError> {
    server::bind(port).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => NetworkError::PortInUse { port },
        _ => NetworkError::Listen { port, source },
    })
}

/// What a chain's thread begins with.
struct ChainThread {
    member: Member,
    store: ChainStore,
    clock: ChainClock,
    stop: watch::Receiver<bool>,
    ended: mpsc::Sender<End>,
}

impl ChainThread {
    /// Starts the thread. The second value comes when the chain is open, or is not.
    fn spawn(
        self,
    ) -> Result<(ChainHandle, oneshot::Receiver<Result<(), NetworkError>>), NetworkError> {
        let Self { member: Member { alias, open, .. }, store, clock, stop, ended } = self;
        let machine = |what| move |source| NetworkError::Machine { what, source };
        let (handle, commands) = ChainHandle::new(alias);
        let (opened, opening) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .map_err(machine("runtime"))?;
        let run = move || {
            let chain = match open(&store, clock.now()) {
                Ok(chain) => chain,
                Err(source) => {
                    let _ = opened.send(Err(NetworkError::Open { alias, source }));
                    return Ok(());
                }
            };
            let _ = opened.send(Ok(()));
            let runner = Runner::new(chain, store, clock);
            Ok(runtime.block_on(runner.run(commands, stop))?)
        };
        thread::Builder::new()
            .name(alias.to_owned())
            .spawn(move || {
                let end = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run));
                let end = end.unwrap_or(Err(NetworkError::Ended { alias }));
                let _ = ended.blocking_send((alias, end));
            })
            .map_err(machine("thread"))?;
        Ok((handle, opening))
    }
}
