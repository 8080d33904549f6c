//! `causeway keys export`.

use anyhow::anyhow;
use clap::Args;
use serde_json::json;

use crate::keys::{KeyName, KeyRing, Owner, PassphraseArgs};
use crate::output::{Answer, Failure};

/// Arguments of `causeway keys export`.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// The key.
    name: KeyName,

    /// Yes, print the private key in the clear.
    #[arg(long)]
    reveal: bool,

    #[command(flatten)]
    passphrase: PassphraseArgs,
}

impl ExportArgs {
    pub(super) fn run(self) -> Result<Answer, Failure> {
        let name = self.name.as_str();
        if !self.reveal {
            let reason = "this prints the private key in the clear: say --reveal if you mean it";
            return Err(Failure::Usage(anyhow!(reason)));
        }
        let file = KeyRing::of_home()?.file(&self.name)?;
        let file = file.ok_or_else(|| Failure::Usage(anyhow!("there is no key {name}")))?;
        let key = Owner::User(file).unlock(name, &self.passphrase)?;
        let secret = hex::encode(key.to_bytes());
        Ok(Answer::new(json!({ "name": name, "private_key": secret }), secret))
    }
}
