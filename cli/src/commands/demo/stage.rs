//! The network that the demonstration is on, as its users reach it: through the chains' own RPC and
//! the relayer's.

use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use anyhow::anyhow;
use causeway_chain::AUTHORITY;
use causeway_core::transfer::Denom;
use causeway_core::{Amount, Encoding, Payload};
use causeway_relayer_daemon::rpc::client::RpcClient;
use causeway_relayer_daemon::rpc::types::{PacketJson, StepJson};
use causeway_relayer_daemon::work::{self, SolvencyRow};
use causeway_relayer_daemon::{Path, PathEnd};
use causeway_relayer_endpoints::ClientParameters;
use serde_json::json;
use tokio::sync::oneshot;

use super::cast::{Account, Trial};
use super::report::{Row, RowTransaction};
use crate::bundled::dev_key;
use crate::config::{Bundled, Config};
use crate::crossing::{self, End, Ending, Sent, Step, Timeout, Way};
use crate::families;
use crate::output::{Failure, Output};
use crate::relaying::{configured_paths, path_parameters};

/// How often the relayer is asked for what it has done with a packet.
const ASK_EVERY: Duration = Duration::from_millis(300);
const ASK_TIMES: usize = 30;

/// The network, and who is on it.
pub(super) struct Stage {
    config: Config,
    pub(super) network: Bundled,
    accounts: BTreeMap<(String, &'static str), Arc<Account>>,
    paths: Vec<Path>,
    relayer: RpcClient,
    started: Instant,
}

/// A packet that is to be carried, and what should become of it.
pub(super) struct Leg {
    pub(super) what: &'static str,
    pub(super) way: Way,
    pub(super) sender: Arc<Account>,
    pub(super) amount: String,
    pub(super) payloads: Vec<Payload>,
    pub(super) timeout: Option<Duration>,
    pub(super) expected: Expected,
}

/// What should become of a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// It is delivered.
    Delivered,
    /// It is delivered, and the call in it has this result.
    Result(Vec<u8>),
    /// Its destination says no.
    Refused,
    /// It does not arrive in time.
    TimedOut,
}

impl Stage {
    pub(super) fn new(config: &Config, started: Instant) -> Result<Self, Failure> {
        let usage = |reason: String| Failure::Usage(anyhow!(reason));
        let missing = || Failure::Environment(anyhow!("this is no bundled network"));
        let network = config.network.clone().ok_or_else(missing)?;
        let relayer = config.relayer.as_ref().ok_or_else(missing)?;
        let mut accounts = BTreeMap::new();
        for (alias, chain) in &config.chains {
            for name in ["alice", "bob", AUTHORITY] {
                let alias = alias.get_ref().clone();
                let key = dev_key(&alias, name, network.seed);
                let endpoint = families::endpoint(chain, key).map_err(usage)?;
                let account = Account::new(alias.clone(), endpoint);
                accounts.insert((alias, name), Arc::new(account));
            }
        }
        let url = format!("http://{}", relayer.listen.get_ref());
        let url = url.parse().map_err(Failure::usage)?;
        let paths = configured_paths(config)?;
        let (config, relayer) = (config.clone(), RpcClient::new(url, None));
        Ok(Self { config, network, accounts, paths, relayer, started })
    }

    /// Seconds since the beginning.
    pub(super) fn elapsed(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    /// Tells the audience.
    pub(super) fn tell(&self, message: &str) {
        Output::progress(&format!("{:>6.1} s  {message}", self.elapsed()));
    }

    /// The names of the chains.
    pub(super) fn chains(&self) -> Vec<String> {
        self.config.chains.keys().map(|alias| alias.get_ref().clone()).collect()
    }

    /// What a new client of a way's destination is given at its source.
    pub(super) fn client_parameters(&self, way: &Way) -> Result<ClientParameters, String> {
        let host = self.config.chain(&way.source.alias)?;
        let followed = self.config.chain(&way.destination.alias)?;
        Ok(path_parameters(host, followed).client_on_a)
    }

    /// One of the accounts; every chain has all.
    pub(super) fn account(&self, chain: &str, name: &'static str) -> Result<Arc<Account>, String> {
        let found = self.accounts.get(&(chain.to_owned(), name));
        found.cloned().ok_or_else(|| format!("there is no {name} on {chain}"))
    }

    /// The way from one chain to another.
    pub(super) fn way(&self, from: &str, to: &str) -> Result<Way, String> {
        let ends = |path: &Path| {
            let (a, b) = (path.a.clone(), path.b.clone());
            [(a.clone(), b.clone()), (b, a)]
        };
        let mut ways = self.paths.iter().flat_map(ends);
        let found = ways.find(|(here, there)| here.chain == from && there.chain == to);
        let (here, there) = found.ok_or_else(|| format!("no path from {from} to {to}"))?;
        let end = |PathEnd { chain, client }| {
            let endpoint = self.account(&chain, "alice")?.endpoint.clone();
            Ok::<_, String>(End { alias: chain, client, endpoint })
        };
        Ok(Way { source: end(here)?, destination: end(there)? })
    }

    /// The encoding of payloads between two chains.
    pub(super) fn encoding(&self, way: &Way) -> Result<Encoding, String> {
        let chain = |end: &End| self.config.chain(&end.alias);
        crossing::encoding(chain(&way.source)?, chain(&way.destination)?)
    }

    /// A denomination as people call it.
    pub(super) fn shown(&self, denom: &Denom) -> String {
        let tokens = self.config.chains.values().flat_map(|chain| &chain.tokens);
        let mut known = tokens.filter(|token| token.denom.eq_ignore_ascii_case(denom.base()));
        known.next().map_or_else(|| denom.base().to_owned(), |token| token.symbol.clone())
    }

    /// What packets call a token of a chain; the native coin where it has no others.
    pub(super) fn token(&self, chain: &str, number: usize) -> Result<Denom, String> {
        let settings = self.config.chain(chain)?;
        // The first token of a chain that has some wraps its native coin.
        let token = settings.tokens.get(number).map_or(&settings.native, |token| token);
        let name = settings.family()?.denom_in_packets(&token.denom)?;
        name.parse().map_err(|error: causeway_core::DecodeError| error.to_string())
    }

    /// The address of a contract.
    pub(super) fn contract(&self, chain: &str, name: &str) -> Result<String, String> {
        let found = self.config.chain(chain)?.contracts.get(name);
        found.cloned().ok_or_else(|| format!("{chain} has no contract {name}"))
    }

    /// What an account has of a denomination.
    pub(super) async fn balance(&self, account: &Account, denom: &Denom) -> Result<Amount, String> {
        let held = account.endpoint.balances(&account.address()).await;
        let held = held.map_err(|error| error.to_string())?;
        let found = held.into_iter().find(|it| it.denom == *denom);
        Ok(found.map_or(Amount::ZERO, |it| it.amount))
    }

    /// Sends a packet and follows it to its end; `received` hears of its arrival.
    pub(super) async fn carry(&self, leg: Leg, received: Option<oneshot::Sender<()>>) -> Row {
        let Leg { what, way, sender, amount, payloads, timeout, expected } = leg;
        let route = format!("{} -> {}", way.source.alias, way.destination.alias);
        let began = self.elapsed();
        let mut row = Row::new(what, route, amount);
        let (sent, timeout) = match self.send(&way, &sender, &payloads, timeout).await {
            Ok(sent) => sent,
            Err(reason) => return row.judged(Err(reason)),
        };
        let mut received = received;
        let name = format!("{}: {what}", sent.id);
        let told = |step: Step| {
            if matches!(step, Step::Received { .. })
                && let Some(received) = received.take()
            {
                let _ = received.send(());
            }
            self.tell(&format!("{name}: {step}"));
        };
        let ending = way.follow((sent.sequence, timeout), told).await;
        self.tell(&format!("{name}: {}", ending.name()));
        row.seconds = self.elapsed() - began;
        row.transactions = self.transactions(&way, &sent).await;
        row.packet = Some(sent.id);
        row.judged(judge(&expected, &payloads, &ending))
    }

    async fn send(
        &self,
        way: &Way,
        sender: &Account,
        payloads: &[Payload],
        wish: Option<Duration>,
    ) -> Result<(Sent, u64), String> {
        let timeout = Timeout::resolve(wish.map(Timeout::In), way).await;
        let timeout = timeout.map_err(|failure| failure.to_string())?;
        let message = way.message(payloads.to_vec(), timeout);
        let executed = sender.execute(&[message], Trial::First).await;
        let sent = executed.and_then(|executed| way.sent(executed));
        sent.map(|sent| (sent, timeout)).map_err(|error| error.to_string())
    }

    /// What was on the chains for a packet that has ended: what sent it, and what the relayer did.
    async fn transactions(&self, way: &Way, sent: &Sent) -> Vec<RowTransaction> {
        let is_last =
            |step: &StepJson| !["send", "receive"].contains(&&*step.kind) && step.height.is_some();
        let sender = Account::new(way.source.alias.clone(), way.source.endpoint.clone());
        let mut known = vec![sender.on_record("send", &sent.transaction).await];
        for _ in 0..ASK_TIMES {
            let params = json!({ "id": sent.id });
            let packet: Result<PacketJson, _> = self.relayer.call("causeway_packet", params).await;
            if let Ok(packet) = packet
                && packet.steps.iter().any(is_last)
            {
                let others = packet.steps.into_iter().filter(|step| step.kind != "send");
                known.extend(others.map(|step| RowTransaction {
                    kind: step.kind,
                    chain: step.chain,
                    hash: step.transaction,
                    height: step.height,
                }));
                break;
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
        known
    }

    /// The books of all paths, from the chains' states.
    pub(super) async fn books(&self) -> Result<Vec<SolvencyRow>, String> {
        let mut rows = Vec::new();
        for Path { a, b } in &self.paths {
            let (on_a, on_b) = (self.account(&a.chain, "alice")?, self.account(&b.chain, "alice")?);
            let read = work::solvency((on_a.named(), &a.client), (on_b.named(), &b.client));
            rows.extend(read.await.map_err(|error| error.to_string())?);
        }
        Ok(rows)
    }
}

fn judge(expected: &Expected, payloads: &[Payload], ending: &Ending) -> Result<String, String> {
    match (expected, ending) {
        (Expected::Delivered, Ending::Acknowledged { .. }) => Ok("delivered".to_owned()),
        (Expected::Result(wanted), Ending::Acknowledged { acknowledgement, .. }) => {
            let got = crate::commands::packet_answer::result(payloads, acknowledgement);
            if got == Some(hex::encode(wanted)) {
                Ok(format!("delivered, result {}", hex::encode(wanted)))
            } else {
                Err(format!("delivered, result {got:?} instead of {}", hex::encode(wanted)))
            }
        }
        (Expected::Refused, Ending::Refused { .. }) => {
            Ok("refused by the destination, refunded".to_owned())
        }
        (Expected::TimedOut, Ending::TimedOut) => Ok("timed out, refunded".to_owned()),
        (_, other) => Err(format!("{} instead of {expected:?}", other.name())),
    }
}
