//! What an operator chooses.

use core::net::SocketAddr;
use core::time::Duration;

use causeway_core::ClientId;
use causeway_relayer_engine::Limits;

/// How the daemon treats one chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainSettings {
    /// How often the chain is observed where no stream tells of new blocks.
    pub poll: Duration,
    /// How often it is observed all the same where a stream does.
    pub poll_streaming: Duration,
    /// The longest wait for one answer of the endpoint.
    pub answer: Duration,
    /// The longest pause between two tries when the chain does not answer.
    pub longest_pause: Duration,
    /// How often a client is read and compared with the chain that it follows, at least.
    pub check_every: Duration,
    /// How long a transaction may be unknown to the chain before it is offered again.
    pub unknown: Duration,
}

impl Default for ChainSettings {
    fn default() -> Self {
        Self {
            poll: Duration::from_millis(400),
            poll_streaming: Duration::from_secs(2),
            answer: Duration::from_secs(60),
            longest_pause: Duration::from_secs(10),
            check_every: Duration::from_secs(3),
            unknown: Duration::from_secs(6),
        }
    }
}

/// One end of a path: a client of the other chain, on this one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PathEnd {
    /// The chain's alias.
    pub chain: String,
    /// The client on it.
    pub client: ClientId,
}

/// Two chains, each with its client of the other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path {
    /// The first end.
    pub a: PathEnd,
    /// The second end.
    pub b: PathEnd,
}

impl core::fmt::Display for Path {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { a, b } = self;
        write!(f, "{}/{}:{}/{}", a.chain, a.client, b.chain, b.client)
    }
}

/// Where the daemon's RPC listens, and whom it lets in.
#[derive(Clone, PartialEq, Eq)]
pub struct RpcSettings {
    /// The address; beyond loopback only with a token.
    pub listen: SocketAddr,
    /// What a caller must bring to change something: `Authorization: Bearer …`. Without one,
    /// nothing can be changed. Beyond loopback, looking needs it too.
    pub token: Option<String>,
}

impl core::fmt::Debug for RpcSettings {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let token = self.token.as_ref().map(|_| "…");
        f.debug_struct("RpcSettings").field("listen", &self.listen).field("token", &token).finish()
    }
}

/// What an operator chooses.
#[derive(Clone, Debug)]
pub struct Config {
    /// The tuning of paths.
    pub limits: Limits,
    /// How chains are treated.
    pub chain: ChainSettings,
    /// Of packets that have ended, so many are kept.
    pub history: usize,
    /// The RPC, if there is to be one.
    pub rpc: Option<RpcSettings>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            chain: ChainSettings::default(),
            history: 100_000,
            rpc: None,
        }
    }
}
