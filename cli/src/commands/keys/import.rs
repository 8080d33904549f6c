//! `causeway keys import`.

use std::io::Read;
use std::path::PathBuf;

use anyhow::{Context, anyhow};
use clap::Args;
use zeroize::Zeroizing;

use super::{addresses, entry, lines};
use crate::config::ConfigArgs;
use crate::input;
use crate::keys::{self, KeyName, KeyRing, PassphraseArgs};
use crate::output::{Answer, Failure};

/// The longest file with a key that is read: keystores have less than a kilobyte.
const MAX_LEN: u64 = 64 << 10;

/// Arguments of `causeway keys import`.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// What the key will be called.
    name: KeyName,

    /// A file with 64 hexadecimal digits, a key in wallet import format, or an Ethereum keystore
    /// (version 3); - for standard input.
    #[arg(value_name = "FILE")]
    source: PathBuf,

    /// A file whose first line is the passphrase of the keystore [default: that of the new file].
    #[arg(long, value_name = "FILE")]
    keystore_passphrase_file: Option<PathBuf>,

    #[command(flatten)]
    passphrase: PassphraseArgs,

    #[command(flatten)]
    config: ConfigArgs,
}

impl ImportArgs {
    pub(super) fn run(self) -> Result<Answer, Failure> {
        let ring = KeyRing::of_home()?;
        ring.check_free(&self.name)?;
        let config = self.config.load_if_there()?;
        let shown = self.source.display();
        let mut text = Zeroizing::new(String::new());
        input::open(&self.source)?
            .take(MAX_LEN)
            .read_to_string(&mut text)
            .with_context(|| format!("cannot read {shown}"))
            .map_err(Failure::Usage)?;
        let name = self.name.as_str();
        let imported = keys::import(&text, || match &self.keystore_passphrase_file {
            Some(file) => keys::passphrase_from_file(file),
            None => self.passphrase.known(&format!("the keystore {shown}")),
        })?;
        let imported = imported.map_err(|reason| Failure::Usage(anyhow!("{shown}: {reason}")))?;
        let passphrase = self.passphrase.new_one(name)?;
        ring.store(&self.name, &imported.key, &passphrase)?;
        let public = imported.key.verifying_key();
        let addresses = addresses(public, config.as_ref());
        let mut document = entry(name, "file", Some(public), &addresses);
        if let Some(fields) = document.as_object_mut() {
            fields.insert("form".to_owned(), imported.form.into());
        }
        Ok(Answer::new(document, lines(name, "file", &addresses)))
    }
}
