//! What the command prints: the result on standard output, everything else on standard error.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Context;
use causeway_core::Refusal;
use serde_json::{Map, Value, json};

/// The answer to a question of validity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Valid,
    Invalid,
    /// Well formed, but too little of the trusted validators signed: try a height in between.
    NotEnoughTrust,
}

impl Verdict {
    fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::NotEnoughTrust => "not_enough_trust",
        }
    }
}

/// The rules that held, in the order of checking, each with its values.
pub(crate) type Rules = Vec<(&'static str, String)>;

/// A verdict with its reasons.
#[derive(Debug)]
pub(crate) struct Report {
    verdict: Verdict,
    code: Option<String>,
    message: String,
    detail: Map<String, Value>,
    rules: Option<Rules>,
}

impl Report {
    /// Everything held.
    pub(crate) fn valid(message: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Valid,
            code: None,
            message: message.into(),
            detail: Map::new(),
            rules: None,
        }
    }

    /// A rule was broken.
    pub(crate) fn refused(refusal: &dyn Refusal) -> Self {
        let detail = refusal.detail().into_iter().map(|(name, value)| (name.into(), value.into()));
        Self {
            verdict: Verdict::Invalid,
            code: Some(refusal.code().into_owned()),
            message: refusal.to_string(),
            detail: detail.collect(),
            rules: None,
        }
    }

    /// The same refusal with another verdict than "invalid".
    pub(crate) fn with_verdict(mut self, verdict: Verdict) -> Self {
        self.verdict = verdict;
        self
    }

    /// Adds a value to the detail.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.detail.insert(name.into(), value.into());
        self
    }

    /// Adds the rules that held, when they were asked for.
    pub(crate) fn explained(mut self, rules: Option<Rules>) -> Self {
        self.rules = rules;
        self
    }

    fn to_json(&self) -> Value {
        let mut document = json!({
            "verdict": self.verdict.as_str(),
            "code": self.code,
            "detail": self.detail,
        });
        let document_map = document.as_object_mut();
        if let (Some(map), Some(rules)) = (document_map, &self.rules) {
            let held = rules.iter().map(|(rule, values)| json!({"rule": rule, "values": values}));
            map.insert("rules_held".into(), held.collect());
        }
        document
    }
}

/// The result of a command that judges nothing: one document, and the same in words.
#[derive(Debug)]
pub(crate) struct Answer {
    /// For `--json`.
    pub(crate) document: Value,
    /// For people.
    pub(crate) text: String,
    /// False when the answer is no.
    pub(crate) is_yes: bool,
}

impl Answer {
    /// Done.
    pub(crate) fn new(document: Value, text: impl Into<String>) -> Self {
        Self { document, text: text.into(), is_yes: true }
    }
}

/// Why a command gave no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line, a missing file, or bad trusted input: the caller can mend it.
    Usage(anyhow::Error),
    /// The machine: disk, memory, network.
    Environment(anyhow::Error),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Self::Usage(error) | Self::Environment(error)) = self;
        write!(f, "{error:#}")
    }
}

impl Failure {
    pub(crate) fn usage(error: impl Into<anyhow::Error>) -> Self {
        Self::Usage(error.into())
    }

    pub(crate) fn environment(error: impl Into<anyhow::Error>) -> Self {
        Self::Environment(error.into())
    }
}

/// Prints results in the form that was asked for, and gives the exit code.
#[derive(Debug)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// Prints the verdict: exit code 0 for valid, 1 otherwise. A verdict that cannot be written
    /// is none: the environment failed.
    pub(crate) fn report(&self, report: &Report) -> ExitCode {
        let mut stdout = io::stdout().lock();
        let written = if self.json {
            writeln!(stdout, "{}", report.to_json())
        } else {
            write_as_text(&mut stdout, report)
        };
        match written.and_then(|()| stdout.flush()).context("cannot write the verdict") {
            Ok(()) => ExitCode::from(u8::from(report.verdict != Verdict::Valid)),
            Err(error) => Self::failure(&Failure::Environment(error)),
        }
    }

    /// Prints an answer: exit code 0 for yes, 1 for no.
    pub(crate) fn answer(&self, answer: &Answer) -> Result<ExitCode, Failure> {
        let mut stdout = io::stdout().lock();
        let written = if self.json {
            writeln!(stdout, "{}", answer.document)
        } else {
            writeln!(stdout, "{}", answer.text.trim_end())
        };
        let written = written.and_then(|()| stdout.flush()).context("cannot write the answer");
        written.map_err(Failure::Environment)?;
        Ok(ExitCode::from(u8::from(!answer.is_yes)))
    }

    /// Tells the user how it goes, on standard error. Where nobody can be told, it goes on.
    pub(crate) fn progress(message: &str) {
        let _ = writeln!(io::stderr(), "{message}");
    }

    /// Prints why there is no answer: exit code 2 or 3.
    pub(crate) fn failure(failure: &Failure) -> ExitCode {
        let (code, error) = match failure {
            Failure::Usage(error) => (2, error),
            Failure::Environment(error) => (3, error),
        };
        // Where nobody can be told, the exit code still tells.
        let _ = writeln!(io::stderr(), "error: {error:#}");
        ExitCode::from(code)
    }
}

fn write_as_text(out: &mut impl Write, report: &Report) -> io::Result<()> {
    for (rule, values) in report.rules.iter().flatten() {
        writeln!(out, "held    {rule}: {values}")?;
    }
    match (&report.code, report.verdict) {
        (Some(code), verdict) if code != verdict.as_str() => {
            writeln!(out, "{} {code}: {}", verdict.as_str(), report.message)?;
        }
        (_, verdict) => writeln!(out, "{}: {}", verdict.as_str(), report.message)?,
    }
    for (name, value) in &report.detail {
        match value {
            Value::String(text) => writeln!(out, "  {name}: {text}")?,
            other => writeln!(out, "  {name}: {other}")?,
        }
    }
    Ok(())
}
