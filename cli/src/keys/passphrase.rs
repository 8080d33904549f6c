//! Passphrases of key files.

use std::env;
use std::fmt;
use std::fs::File;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use clap::Args;
use zeroize::Zeroizing;

use crate::output::Failure;

/// Where the passphrase is when nobody can be asked for it.
const VARIABLE: &str = "CAUSEWAY_PASSPHRASE";

/// The longest passphrase file that is read.
const MAX_LEN: u64 = 4096;

/// A passphrase, wiped from memory after use.
pub(crate) struct Passphrase(Zeroizing<String>);

impl Passphrase {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(…)")
    }
}

#[cfg(test)]
impl From<&str> for Passphrase {
    fn from(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }
}

/// Where a command gets the passphrase from.
#[derive(Debug, Default, Args)]
pub(crate) struct PassphraseArgs {
    /// A file whose first line is the passphrase of the key file [default: the variable
    /// `CAUSEWAY_PASSPHRASE`, or a question].
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

impl PassphraseArgs {
    /// The passphrase of a key that is there.
    pub(crate) fn known(&self, name: &str) -> Result<Passphrase, Failure> {
        match self.given()? {
            Some(given) => Ok(given),
            None => ask(&format!("Passphrase of {name}: ")),
        }
    }

    /// A passphrase for a new key; at a terminal it is asked for twice.
    pub(crate) fn new_one(&self, name: &str) -> Result<Passphrase, Failure> {
        let passphrase = self.given()?.map_or_else(|| ask_twice(name), Ok)?;
        if passphrase.0.is_empty() {
            return Err(Failure::Usage(anyhow!("an empty passphrase protects nothing")));
        }
        Ok(passphrase)
    }

    fn given(&self) -> Result<Option<Passphrase>, Failure> {
        match &self.passphrase_file {
            Some(path) => from_file(path).map(Some),
            None => Ok(env::var(VARIABLE).ok().map(|text| Passphrase(Zeroizing::new(text)))),
        }
    }
}

/// The first line of a file.
pub(crate) fn from_file(path: &Path) -> Result<Passphrase, Failure> {
    let mut text = Zeroizing::new(String::new());
    File::open(path)
        .and_then(|file| file.take(MAX_LEN).read_to_string(&mut text))
        .with_context(|| format!("cannot read {}", path.display()))
        .map_err(Failure::Usage)?;
    Ok(Passphrase(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned())))
}

fn ask_twice(name: &str) -> Result<Passphrase, Failure> {
    let first = ask(&format!("New passphrase for {name}: "))?;
    let again = ask("The same again: ")?;
    if first.0 != again.0 {
        return Err(Failure::Usage(anyhow!("the two passphrases differ")));
    }
    Ok(first)
}

fn ask(prompt: &str) -> Result<Passphrase, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::Usage(anyhow!(
            "there is no terminal to ask for the passphrase: give --passphrase-file or {VARIABLE}"
        )));
    }
    let text = rpassword::prompt_password(prompt);
    let text = text.context("cannot read the passphrase").map_err(Failure::Environment)?;
    Ok(Passphrase(Zeroizing::new(text)))
}
