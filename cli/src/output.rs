//! What the command prints: the result on standard output, everything else on standard error.

use std::process::ExitCode;

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

/// Why a command gave no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line, a missing file, or bad trusted input: the caller can mend it.
    Usage(anyhow::Error),
    /// The machine: disk, memory, network.
    Environment(anyhow::Error),
}

impl Failure {
    pub(crate) fn usage(error: impl Into<anyhow::Error>) -> Self {
        Self::Usage(error.into())
    }
}

/// Prints results in the form that was asked for, and gives the exit code.
#[derive(Debug)]
pub(crate) struct Output {
    json: bool,
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "the one place that prints")]
impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// Prints the verdict: exit code 0 for valid, 1 otherwise.
    pub(crate) fn report(&self, report: &Report) -> ExitCode {
        if self.json {
            println!("{}", report.to_json());
        } else {
            Self::report_as_text(report);
        }
        ExitCode::from(u8::from(report.verdict != Verdict::Valid))
    }

    fn report_as_text(report: &Report) {
        for (rule, values) in report.rules.iter().flatten() {
            println!("held    {rule}: {values}");
        }
        match (&report.code, report.verdict) {
            (Some(code), verdict) if code != verdict.as_str() => {
                println!("{} {code}: {}", verdict.as_str(), report.message);
            }
            (_, verdict) => println!("{}: {}", verdict.as_str(), report.message),
        }
        for (name, value) in &report.detail {
            match value {
                Value::String(text) => println!("  {name}: {text}"),
                other => println!("  {name}: {other}"),
            }
        }
    }

    /// Prints why there is no answer: exit code 2 or 3.
    pub(crate) fn failure(failure: &Failure) -> ExitCode {
        let (code, error) = match failure {
            Failure::Usage(error) => (2, error),
            Failure::Environment(error) => (3, error),
        };
        eprintln!("error: {error:#}");
        ExitCode::from(code)
    }
}
