//! What tasks report while a command runs, on standard error.

use std::io;

use clap::{Args, ValueEnum};
use tracing::level_filters::LevelFilter;

/// How much is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
}

/// How much a command reports.
#[derive(Debug, Default, Args)]
pub(crate) struct LogArgs {
    /// What is reported on standard error while the command runs.
    #[arg(long, value_name = "LEVEL", value_enum, env = "CAUSEWAY_LOG")]
    log: Option<LogLevel>,
}

impl LogArgs {
    /// Begins to report what is at least as grave as was asked for, or as `default`.
    pub(crate) fn start(&self, default: LogLevel) {
        let level = match self.log.unwrap_or(default) {
            LogLevel::Error => LevelFilter::ERROR,
            LogLevel::Warn => LevelFilter::WARN,
            LogLevel::Info => LevelFilter::INFO,
            LogLevel::Debug => LevelFilter::DEBUG,
        };
        let lines = tracing_subscriber::fmt()
            .with_writer(io::stderr)
            .with_ansi(false)
            .with_target(false)
            .with_max_level(level);
        // Whoever has set another before keeps it.
        let _ = lines.try_init();
    }
}
