//! One route, and what goes along it.

use core::time::Duration;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use anyhow::anyhow;
use causeway_core::transfer::Denom;
use causeway_core::{Amount, DecodeError, Message, Payload};
use causeway_relayer_daemon::work::WorkError;
use causeway_relayer_endpoints::EndpointError;

use crate::account::ChainKey;
use crate::commands::keys::random_key;
use crate::config::{ChainConfig, Config};
use crate::crossing::{self, Timeout, Tokens, Way};
use crate::families;
use crate::keys::PassphraseArgs;
use crate::output::{Failure, Output};
use crate::relaying;

/// How long packets may take: long enough for chains and relayers that are killed meanwhile.
const TIMEOUT: Duration = Duration::from_hours(2);

/// How long a timeout is used for new packets.
const FRESH: Duration = Duration::from_mins(5);

/// How long a chain that does not answer is left alone before it is asked again.
const PAUSE: Duration = Duration::from_millis(500);

/// One route, and what goes along it: transfers of one unit each, to an account that was made for
/// this run, so that what it has in the end is what arrived.
pub(super) struct Course {
    pub(super) way: Way,
    payload: Payload,
    receiver: String,
    /// What a unit becomes on the other side.
    voucher: Denom,
    started: Instant,
    timeout: Mutex<Option<(u64, Duration)>>,
}

impl Course {
    /// Finds the way, and makes the receiver.
    pub(super) async fn find(
        config: &Config,
        (from, to): (&str, &str),
        (key, passphrase): (&str, &PassphraseArgs),
    ) -> Result<Self, Failure> {
        let usage = |reason: String| Failure::Usage(anyhow!(reason));
        let (here, there) = (config.chain(from).map_err(usage)?, config.chain(to).map_err(usage)?);
        let named = ChainKey { chain: from.to_owned(), key: Some(key.to_owned()) };
        let (_, name, owner) = named.resolve(config)?;
        let sender = address(here, &owner.public_key()?)?;
        let receiver = address(there, random_key()?.verifying_key())?;
        let way = Way::find(config, (from, owner.unlock(&name, passphrase)?), to).await?;
        let denom = token(here).map_err(usage)?;
        let voucher = format!("transfer/{}/{denom}", way.destination.client);
        let voucher = voucher.parse().map_err(|error: DecodeError| Failure::usage(error))?;
        let (amount, memo) = (Amount::from(1_u64), String::new());
        let tokens = Tokens { denom, amount, sender, receiver: receiver.clone(), memo };
        let encoding = crossing::encoding(here, there).map_err(usage)?;
        let payload = tokens.payload(encoding).map_err(Failure::usage)?;
        Ok(Self {
            way,
            payload,
            receiver,
            voucher,
            started: Instant::now(),
            timeout: Mutex::default(),
        })
    }

    /// The route, as the command line names it.
    pub(super) fn route(&self) -> String {
        format!("{}:{}", self.way.source.alias, self.way.destination.alias)
    }

    /// How long the run has been going on.
    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Tells how it goes.
    pub(super) fn tell(&self, message: &str) {
        let (secs, route) = (self.elapsed().as_secs_f64(), self.route());
        Output::progress(&format!("{secs:>7.1} s  {route}: {message}"));
    }

    /// What sends so many packets.
    pub(super) async fn messages(&self, count: usize) -> Result<Vec<Message>, Failure> {
        let now = self.elapsed();
        let known = *self.timeout.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = known.filter(|(_, since)| now.saturating_sub(*since) < FRESH);
        let timeout = if let Some((timeout, _)) = fresh {
            timeout
        } else {
            let timeout = Timeout::resolve(Some(Timeout::In(TIMEOUT)), &self.way).await?;
            let mut place = self.timeout.lock().unwrap_or_else(PoisonError::into_inner);
            *place = Some((timeout, now));
            timeout
        };
        let message = self.way.message(vec![self.payload.clone()], timeout);
        Ok(vec![message; count])
    }

    /// What arrived, by what the receiver has.
    pub(super) async fn received(&self) -> Result<Amount, EndpointError> {
        let held = self.way.destination.endpoint.balances(&self.receiver).await?;
        let found = held.into_iter().find(|holding| holding.denom == self.voucher);
        Ok(found.map_or(Amount::ZERO, |holding| holding.amount))
    }
}

/// Asks until there is an answer; chains that do not answer are asked again.
pub(super) async fn insist<T, F: Future<Output = Result<T, EndpointError>>>(
    course: &Course,
    ask: impl Fn() -> F,
) -> T {
    let mut was_told = false;
    loop {
        match ask().await {
            Ok(answer) => return answer,
            Err(error) => {
                if !was_told {
                    course.tell(&format!("asking again: {error}"));
                    was_told = true;
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// The same for work on chains.
pub(super) async fn insist_on_work<T, F: Future<Output = Result<T, WorkError>>>(
    course: &Course,
    ask: impl Fn() -> F,
) -> Result<T, Failure> {
    loop {
        match ask().await {
            Ok(answer) => return Ok(answer),
            Err(error @ WorkError::Endpoint { error: EndpointError::Transport(_), .. }) => {
                course.tell(&format!("asking again: {error}"));
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) => return Err(relaying::failure(error)),
        }
    }
}

fn address(chain: &ChainConfig, key: &k256::ecdsa::VerifyingKey) -> Result<String, Failure> {
    let family = chain.family().map_err(|reason| Failure::Usage(anyhow!(reason)))?;
    let address = family.address(families::prefix(family, chain), key);
    address.map_err(|reason| Failure::Usage(anyhow!(reason)))
}

/// What packets call a token of a chain; the native coin where it has no others. The first token of
/// a chain that has some wraps its native coin, of which nobody has some from the beginning.
fn token(chain: &ChainConfig) -> Result<Denom, String> {
    let token = chain.tokens.get(1).map_or(&chain.native, |token| token);
    let name = chain.family()?.denom_in_packets(&token.denom)?;
    name.parse().map_err(|error: DecodeError| error.to_string())
}
