//! `causeway keys new`.

use anyhow::Context;
use clap::Args;
use k256::ecdsa::SigningKey;
use zeroize::Zeroizing;

use super::{addresses, entry, lines};
use crate::config::ConfigArgs;
use crate::keys::{KeyName, KeyRing, PassphraseArgs};
use crate::output::{Answer, Failure};

/// Arguments of `causeway keys new`.
#[derive(Debug, Args)]
pub(crate) struct NewArgs {
    /// What the key is called.
    name: KeyName,

    #[command(flatten)]
    passphrase: PassphraseArgs,

    #[command(flatten)]
    config: ConfigArgs,
}

impl NewArgs {
    pub(super) fn run(self) -> Result<Answer, Failure> {
        let ring = KeyRing::of_home()?;
        ring.check_free(&self.name)?;
        let config = self.config.load_if_there()?;
        let passphrase = self.passphrase.new_one(self.name.as_str())?;
        let key = random_key()?;
        ring.store(&self.name, &key, &passphrase)?;
        let (name, public) = (self.name.as_str(), key.verifying_key());
        let addresses = addresses(public, config.as_ref());
        let document = entry(name, "file", Some(public), &addresses);
        Ok(Answer::new(document, lines(name, "file", &addresses)))
    }
}

/// A key of fresh random bytes. Almost every number of 256 bits is one.
pub(crate) fn random_key() -> Result<SigningKey, Failure> {
    loop {
        let mut secret = Zeroizing::new([0; 32]);
        getrandom::fill(secret.as_mut_slice())
            .context("the machine gives no random bytes")
            .map_err(Failure::Environment)?;
        if let Ok(key) = SigningKey::from_slice(secret.as_slice()) {
            return Ok(key);
        }
    }
}
