//! `causeway verify cometbft header`: a light block, judged from a trusted header.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use causeway_client_cometbft::{
    PreparedValidatorSet, SignedHeader, TrustLevel, TrustOptions, TrustedBlock, TrustedState,
    verify,
};
use causeway_core::{Audit, BoxedRefusal, DecodeError, Recourse, Timestamp};
use causeway_light_client::Fraction;
use causeway_wire_cometbft::{LightBlockDocument, TrustedDocument};
use clap::{Args, Subcommand};

use crate::input;
use crate::output::{Failure, Report, Rules, Verdict};

/// What of this family can be verified.
#[derive(Debug, Subcommand)]
pub(crate) enum Cometbft {
    /// Judge a light block from a trusted header, adjacent or skipping.
    Header(HeaderArgs),
}

impl Cometbft {
    pub(crate) fn run(self, explain: bool) -> Result<Report, Failure> {
        match self {
            Self::Header(args) => args.run(explain),
        }
    }
}

/// Arguments of `causeway verify cometbft header`.
#[derive(Debug, Args)]
#[command(after_help = "\
A file is a light block {signed_header, validator_set, next_validator_set}, or the RPC's answers to
`commit` and `validators` merged into one object, with or without the JSON-RPC envelope; `-` reads
standard input. Of the trusted height, header and next validators suffice; when it has only
`validators`, these are taken for the next height's.

The verdict is `not_enough_trust` when too few of the trusted validators signed a header that is
not the next one: a height in between may bridge the gap.")]
pub(crate) struct HeaderArgs {
    /// The height that is trusted.
    #[arg(long, value_name = "FILE")]
    trusted: PathBuf,

    /// The height that is to be judged.
    #[arg(long, value_name = "FILE")]
    untrusted: PathBuf,

    /// The verifier's time; the system clock's when left out.
    #[arg(long, value_name = "RFC3339", value_parser = input::parse_time)]
    now: Option<Timestamp>,

    /// How long a header is trusted after its time.
    #[arg(long, value_name = "DURATION", default_value = "14days",
          value_parser = humantime::parse_duration)]
    trusting_period: Duration,

    /// How much of the trusted validators must have signed a header that is not the next one.
    #[arg(long, value_name = "FRACTION", default_value = "1/3")]
    trust_level: Level,

    /// How far a header may be ahead of the verifier's time.
    #[arg(long, value_name = "DURATION", default_value = "10s",
          value_parser = humantime::parse_duration)]
    clock_drift: Duration,
}

/// A trust level as text, such as `1/3`.
#[derive(Clone, Copy, Debug)]
struct Level(TrustLevel);

impl FromStr for Level {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts =
            text.split_once('/').and_then(|(n, d)| Some((n.parse().ok()?, d.parse().ok()?)));
        parts
            .and_then(|(numerator, denominator)| Fraction::new(numerator, denominator))
            .and_then(TrustLevel::new)
            .map(Self)
            .ok_or_else(|| "expected a fraction from 1/3 to 1/1".into())
    }
}

/// Everything that the caller vouches for.
struct Question {
    trusted: TrustedBlock,
    options: TrustOptions,
    now: Timestamp,
}

impl HeaderArgs {
    fn run(self, explain: bool) -> Result<Report, Failure> {
        let question = self.question()?;
        let bytes = input::judged(&self.untrusted, "light_block")?;
        let mut rules = Rules::new();
        let judged = bytes.map_err(BoxedRefusal::from).and_then(|bytes| {
            if explain {
                question.judge(&bytes, &mut rules)
            } else {
                question.judge(&bytes, &mut ())
            }
        });
        let report = match judged {
            Ok((signed, state)) => question.valid(&signed, &state),
            Err(refusal) if refusal.recourse() == Recourse::Retry => {
                Report::refused(&*refusal).with_verdict(Verdict::NotEnoughTrust)
            }
            Err(refusal) => Report::refused(&*refusal),
        };
        Ok(report.explained(explain.then_some(rules)))
    }

    fn question(&self) -> Result<Question, Failure> {
        let bytes = input::trusted(&self.trusted)?;
        let name = self.trusted.display().to_string();
        let trusted = trusted_block(&bytes).with_context(|| name).map_err(Failure::Usage)?;
        let now = match self.now {
            Some(now) => now,
            None => input::system_time()?,
        };
        let options = TrustOptions {
            trust_level: self.trust_level.0,
            trusting_period: self.trusting_period,
            max_clock_drift: self.clock_drift,
        };
        Ok(Question { trusted, options, now })
    }
}

fn trusted_block(json: &[u8]) -> anyhow::Result<TrustedBlock> {
    let document = TrustedDocument::from_json(json)?;
    let next_validators = Arc::new(PreparedValidatorSet::new(&document.next_validators)?);
    Ok(TrustedBlock::from_header(&document.header, next_validators)?)
}

impl Question {
    fn judge(
        &self,
        json: &[u8],
        audit: &mut impl Audit,
    ) -> Result<(SignedHeader, TrustedState), BoxedRefusal> {
        let document = LightBlockDocument::from_json(json)?;
        let validators = document
            .validators
            .ok_or_else(|| DecodeError::new("light_block", "there are no validators"))?;
        let validators = PreparedValidatorSet::new(&validators)?;
        let signed = document.signed_header;
        let state = verify(&self.trusted, &signed, &validators, &self.options, self.now, audit)?;
        if let Some(next) = document.next_validators {
            let next = Arc::new(PreparedValidatorSet::new(&next)?);
            TrustedBlock::new(state.clone(), next)?;
            audit.passed("next_validators_hash", || state.next_validators_hash.to_string());
        }
        Ok((signed, state))
    }

    fn valid(&self, signed: &SignedHeader, state: &TrustedState) -> Report {
        let trusted = self.trusted.state();
        let is_adjacent = trusted.height.checked_add(1) == Some(state.height);
        let way = if is_adjacent { "adjacent" } else { "skipping" };
        let header = &signed.header;
        Report::valid(format!("header {} of {}", state.height, state.chain_id))
            .with("height", state.height)
            .with("trusted_height", trusted.height)
            .with("verification", way)
            .with("header_hash", header.hash().unwrap_or_default().to_string())
            .with("app_hash", hex::encode_upper(&header.app_hash))
            .with("next_validators_hash", state.next_validators_hash.to_string())
            .with("time", state.time.to_string())
    }
}
