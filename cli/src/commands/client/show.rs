//! `causeway client show`.

use causeway_core::ClientId;
use clap::Args;
use serde_json::json;

use super::parse_id;
use super::subject::Subject;
use crate::config::ConfigArgs;
use crate::output::{Answer, Failure};
use crate::relaying::readers;

/// Arguments of `causeway client show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The chain that hosts it.
    #[arg(value_name = "CHAIN")]
    chain: String,

    /// The client there.
    #[arg(value_name = "CLIENT", value_parser = parse_id)]
    client: ClientId,

    #[command(flatten)]
    config: ConfigArgs,
}

impl ShowArgs {
    pub(super) fn run(self) -> Result<Answer, Failure> {
        let config = self.config.load()?;
        let endpoints = readers(&config)?;
        let runtime = crate::commands::runtime()?;
        let found = Subject::find(&endpoints, &self.chain, &self.client);
        let subject = runtime.block_on(found)?;
        let mut document = subject.document();
        if let Some(document) = document.as_object_mut() {
            let client = &subject.info.client;
            for (name, any) in [
                ("client_state", &client.client_state),
                ("consensus_state", &client.consensus_state),
            ] {
                let value =
                    json!({ "type_url": any.type_url, "value_hex": hex::encode(&any.value) });
                document.insert(name.to_owned(), value);
            }
        }
        Ok(Answer::new(document, subject.text()))
    }
}
