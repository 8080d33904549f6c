//! Reading files and arguments, within bounds.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, anyhow};
use causeway_core::{DecodeError, Timestamp};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::output::Failure;

/// The most bytes of a file that is read whole. The largest real one, a light block of a thousand
/// validators in JSON, is a tenth of this.
pub(crate) const MAX_FILE_LEN: u64 = 8 << 20;

/// A path that may be `-` for standard input, which can be read once.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Read>, Failure> {
    static STDIN_TAKEN: AtomicBool = AtomicBool::new(false);
    if path.as_os_str() == "-" {
        if STDIN_TAKEN.swap(true, Ordering::Relaxed) {
            return Err(Failure::Usage(anyhow!("only one input can be standard input")));
        }
        return Ok(Box::new(io::stdin().lock()));
    }
    let cannot_open = || format!("cannot open {}", path.display());
    let file = File::open(path).with_context(cannot_open).map_err(Failure::Usage)?;
    if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return Err(Failure::Usage(anyhow!("{} is a directory", path.display())));
    }
    Ok(Box::new(file))
}

/// What came out of a file that is under judgement.
#[derive(Debug)]
pub(crate) enum Contents {
    /// All of it.
    Whole(Vec<u8>),
    /// More than [`MAX_FILE_LEN`]: malformed whatever it is.
    TooLong,
}

fn read(path: &Path) -> Result<Contents, Failure> {
    let mut bytes = Vec::new();
    open(path)?
        .take(MAX_FILE_LEN.saturating_add(1))
        .read_to_end(&mut bytes)
        .with_context(|| format!("cannot read {}", path.display()))
        .map_err(Failure::Environment)?;
    let within = u64::try_from(bytes.len()).is_ok_and(|len| len <= MAX_FILE_LEN);
    Ok(if within { Contents::Whole(bytes) } else { Contents::TooLong })
}

/// Reads a file under judgement: too long a file is malformed (`what` names the object), a missing
/// one is the caller's mistake.
pub(crate) fn judged(
    path: &Path,
    what: &'static str,
) -> Result<Result<Vec<u8>, DecodeError>, Failure> {
    Ok(match read(path)? {
        Contents::Whole(bytes) => Ok(bytes),
        Contents::TooLong => Err(DecodeError::new(what, too_long())),
    })
}

/// Reads a file that the caller trusts: anything wrong with it is the caller's mistake.
pub(crate) fn trusted(path: &Path) -> Result<Vec<u8>, Failure> {
    match read(path)? {
        Contents::Whole(bytes) => Ok(bytes),
        Contents::TooLong => Err(Failure::Usage(anyhow!("{}: {}", path.display(), too_long()))),
    }
}

fn too_long() -> String {
    format!("more than {MAX_FILE_LEN} bytes")
}

/// An argument that is hexadecimal text itself, or the path of a file.
#[derive(Clone, Debug)]
pub(crate) enum HexOrFile {
    Hex(Vec<u8>),
    File(PathBuf),
}

impl std::str::FromStr for HexOrFile {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match parse_hex(text) {
            Ok(bytes) if !text.is_empty() => Self::Hex(bytes),
            _ => Self::File(text.into()),
        })
    }
}

/// Hexadecimal text, with or without `0x`.
pub(crate) fn parse_hex(text: &str) -> Result<Vec<u8>, hex::FromHexError> {
    hex::decode(text.strip_prefix("0x").unwrap_or(text))
}

/// A time of RFC 3339, from 1970 to 2554.
pub(crate) fn parse_time(text: &str) -> Result<Timestamp, String> {
    let time = OffsetDateTime::parse(text, &Rfc3339)
        .map_err(|_| "expected a time such as 2026-11-24T12:00:00Z".to_owned())?;
    u64::try_from(time.unix_timestamp_nanos())
        .map(Timestamp::from_nanos)
        .map_err(|_| "expected a time between 1970 and 2554".to_owned())
}

/// The system clock's time.
pub(crate) fn system_time() -> Result<Timestamp, Failure> {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    let time = since_epoch.ok().and_then(|d| Timestamp::default().checked_add(d));
    time.context("the system clock is not between 1970 and 2554").map_err(Failure::Environment)
}
