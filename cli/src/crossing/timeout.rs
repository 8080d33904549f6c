//! Until when a packet may arrive.

use core::str::FromStr;
use core::time::Duration;

use anyhow::anyhow;
use causeway_relayer_endpoints::EndpointError;
use causeway_relayer_engine::Observation;

use super::{End, Way};
use crate::output::Failure;
use crate::relaying;

/// Chains take no packet whose timeout is further ahead (ibc-go's limit).
const MAX_AHEAD_SECS: u64 = 86_400;

/// The least default: a relayer may have to be started first.
const LEAST_SECS: u64 = 300;

/// By default, a packet may take so many times as long as both chains need to make a block final.
const FINALITIES: u64 = 20;

/// Until when a packet may arrive, by the time of the chain that it goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timeout {
    /// So long from now.
    In(Duration),
    /// Seconds since 1970.
    At(u64),
}

impl FromStr for Timeout {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(at) = text.parse() {
            return Ok(Self::At(at));
        }
        let length = humantime::parse_duration(text);
        length.map(Self::In).map_err(|_| {
            format!("{text:?}: expected a length of time such as 10m, or seconds since 1970")
        })
    }
}

/// How long a chain takes to make a block final, in seconds.
fn finality(seen: &Observation) -> u64 {
    seen.head_time.secs().saturating_sub(seen.finalized_time.secs())
}

impl Timeout {
    /// The second after which a packet on `way` cannot arrive any more; without a wish, one that
    /// follows from the finality of both chains.
    pub(crate) async fn resolve(wish: Option<Self>, way: &Way) -> Result<u64, Failure> {
        let source = observe(&way.source).await?;
        let destination = observe(&way.destination).await?;
        let now = source.head_time.max(destination.head_time).secs();
        let latest = source.head_time.secs().saturating_add(MAX_AHEAD_SECS);
        let at = match wish {
            Some(Self::At(at)) => at,
            // A day is a day, whichever chain's clock is ahead.
            Some(Self::In(length)) if length.as_secs() == MAX_AHEAD_SECS => latest,
            Some(Self::In(length)) => now.saturating_add(length.as_secs()),
            None => {
                let both = finality(&source).saturating_add(finality(&destination));
                let ahead = LEAST_SECS.saturating_add(both.saturating_mul(FINALITIES));
                latest.min(now.saturating_add(ahead))
            }
        };
        let (from, to) = (&way.source.alias, &way.destination.alias);
        if at <= now {
            let reason = anyhow!("timeout {at} is past: it is {now} on {from} or {to}");
            return Err(Failure::Usage(reason));
        }
        if at > latest {
            let reason = anyhow!(
                "timeout {at} is too far ahead: {from} takes at most {latest}, a day from now"
            );
            return Err(Failure::Usage(reason));
        }
        Ok(at)
    }
}

async fn observe(end: &End) -> Result<Observation, Failure> {
    let on = |error: EndpointError| causeway_relayer_daemon::work::WorkError::Endpoint {
        chain: end.alias.clone(),
        error,
    };
    end.endpoint.observe().await.map_err(|error| relaying::failure(on(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_times_are_told_apart() {
        assert_eq!("1764000000".parse(), Ok(Timeout::At(1_764_000_000)));
        assert_eq!("90s".parse(), Ok(Timeout::In(Duration::from_secs(90))));
        for text in ["", "-5", "soon", "1.5"] {
            text.parse::<Timeout>().unwrap_err();
        }
    }
}
