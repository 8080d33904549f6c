//! The daemon as a whole.

use core::time::Duration;
use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use causeway_relayer_endpoints::Endpoint;
use causeway_relayer_engine::{Limits, PerSide};
use jsonrpsee::server::ServerHandle;
use tokio::sync::{broadcast, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::chain::{self, Chain};
use crate::clock::Clock;
use crate::config::{Config, Path, RpcSettings};
use crate::evidence::Accuser;
use crate::path::{self, Listeners, PacketChange, PathHandle};
use crate::rpc::{self, Metrics, RpcError};
use crate::store::{Store, StoreError};

/// How long tasks may take to end: as long as an endpoint may need to answer, and no longer than
/// an operator waits.
const GRACE: Duration = Duration::from_secs(20);

/// How many changes of packets are kept for a subscriber that is slow.
const CHANGES: usize = 4096;

/// Why the daemon does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A path names a chain that is not configured.
    #[error("path {path}: there is no chain {chain:?}; known are {known}")]
    UnknownChain {
        /// The path.
        path: String,
        /// What it names.
        chain: String,
        /// What there is.
        known: String,
    },
    /// Its RPC cannot listen.
    #[error(transparent)]
    Rpc(#[from] RpcError),
    /// A path leads from a client to itself.
    #[error("path {0}: both ends are the same client")]
    Loop(String),
}

/// What the tasks of a daemon share.
pub(crate) struct Shared {
    pub(crate) chains: BTreeMap<String, Chain>,
    pub(crate) paths: Vec<PathHandle>,
    pub(crate) store: Store,
    pub(crate) changes: broadcast::Sender<PacketChange>,
    pub(crate) metrics: Arc<Metrics>,
    /// The longest wait for one answer of an endpoint.
    pub(crate) answer: Duration,
    pub(crate) limits: Limits,
}

/// A running relayer. Dropping it without [`Daemon::stop`] is as good as killing it: nothing is
/// lost, and the next one goes on from the store.
pub struct Daemon {
    pub(crate) shared: Arc<Shared>,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
    rpc: Option<(SocketAddr, ServerHandle)>,
}

impl core::fmt::Debug for Daemon {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let chains: Vec<_> = self.shared.chains.keys().collect();
        f.debug_struct("Daemon").field("chains", &chains).finish_non_exhaustive()
    }
}

impl Daemon {
    /// Starts to relay on `paths`, between chains that are reached through `endpoints`, by alias.
    /// Chains need not answer for this: each begins when it does. `store` is a file, made if need
    /// be.
    pub async fn start(
        config: Config,
        endpoints: BTreeMap<String, Arc<dyn Endpoint>>,
        paths: &[Path],
        store: &FilePath,
    ) -> Result<Self, StartError> {
        check(&endpoints, paths)?;
        let listener = config.rpc.as_ref().map(rpc::bind).transpose()?;
        let clock = Clock::start();
        let file: PathBuf = store.to_owned();
        let keep = config.history;
        let open = tokio::task::spawn_blocking(move || Store::open(&file, keep));
        let store = open.await.map_err(|_| StoreError::Closed)??;
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let mut chains = BTreeMap::new();
        for (alias, endpoint) in endpoints {
            let settings = &config.chain;
            let chain =
                chain::start(&alias, endpoint, settings, &store, clock, &stopped, &mut tasks);
            chains.insert(alias, chain);
        }
        let (changes, _) = broadcast::channel(CHANGES);
        let metrics = Arc::new(Metrics::new());
        let (accuser, found) = mpsc::unbounded_channel();
        let accuse = Accuser::new(&chains, &store, clock, config.chain.answer);
        tasks.spawn(accuse.run(found, stopped.clone()));
        let listeners = Listeners { changes: changes.clone(), metrics: metrics.clone(), accuser };
        let mut handles = Vec::new();
        for path in paths {
            let ends = PerSide { a: &path.a.chain, b: &path.b.chain };
            let (Some(a), Some(b)) = (chains.get(ends.a), chains.get(ends.b)) else { continue };
            let ends = PerSide { a: a.clone(), b: b.clone() };
            let (handle, task) = path::new(path, ends, &config, &store, clock, listeners.clone())?;
            let outstanding = handle.view.borrow().outstanding;
            tracing::info!(code = "path_started", %path, outstanding);
            tasks.spawn(task.run(stopped.clone()));
            handles.push(handle);
        }
        let answer = config.chain.answer;
        let limits = config.limits.clone();
        let shared = Shared { chains, paths: handles, store, changes, metrics, answer, limits };
        let shared = Arc::new(shared);
        let rpc = match (listener, &config.rpc) {
            (Some(listener), Some(settings)) => Some(listen(listener, &shared, settings)?),
            _ => None,
        };
        Ok(Self { shared, stop, tasks, rpc })
    }

    /// Where the RPC listens, if it does.
    pub fn rpc_address(&self) -> Option<SocketAddr> {
        self.rpc.as_ref().map(|(address, _)| *address)
    }

    /// The names of all methods of the RPC.
    pub fn rpc_methods(&self) -> Vec<&'static str> {
        rpc::method_names(self.shared.clone())
    }

    /// Stops: what is being signed or broadcast is finished, what is out is on record, and the
    /// store is closed.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        if let Some((_, server)) = self.rpc.take() {
            let _ = server.stop();
        }
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if timeout(GRACE, all).await.is_err() {
            tracing::warn!(code = "stop_forced", "something took longer than {GRACE:?} to stop");
            self.tasks.shutdown().await;
        }
        let store = self.shared.store.clone();
        let _ = tokio::task::spawn_blocking(move || store.close()).await;
        tracing::info!(code = "stopped", "the relayer has stopped");
    }
}

fn listen(
    listener: TcpListener,
    shared: &Arc<Shared>,
    settings: &RpcSettings,
) -> Result<(SocketAddr, ServerHandle), RpcError> {
    let failed = |error| RpcError::Listen { address: settings.listen, error };
    let address = listener.local_addr().map_err(failed)?;
    let handle = rpc::serve(listener, shared.clone(), settings).map_err(failed)?;
    tracing::info!(code = "rpc_listens", %address, "JSON-RPC, /metrics, /livez and /readyz");
    Ok((address, handle))
}

fn check(
    endpoints: &BTreeMap<String, Arc<dyn Endpoint>>,
    paths: &[Path],
) -> Result<(), StartError> {
    for path in paths {
        if path.a == path.b {
            return Err(StartError::Loop(path.to_string()));
        }
        for end in [&path.a, &path.b] {
            if !endpoints.contains_key(&end.chain) {
                let known: Vec<_> = endpoints.keys().map(String::as_str).collect();
                return Err(StartError::UnknownChain {
                    path: path.to_string(),
                    chain: end.chain.clone(),
                    known: known.join(", "),
                });
            }
        }
    }
    Ok(())
}
