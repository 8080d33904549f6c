//! `causeway packet show`.

use causeway_relayer_daemon::rpc::types::{PacketJson, PacketParams};
use clap::Args;

use super::on_chains::{PacketId, by_id};
use super::text;
use crate::asking::{AskError, RelayerArgs};
use crate::config::ConfigArgs;
use crate::output::{Answer, Failure, Output};

/// Arguments of `causeway packet show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The packet: CHAIN/CLIENT/SEQUENCE of its source.
    #[arg(value_name = "PACKET")]
    id: PacketId,

    #[command(flatten)]
    relayer: RelayerArgs,

    #[command(flatten)]
    config: ConfigArgs,
}

impl ShowArgs {
    /// Asks the relayer, or else the chains.
    pub(super) fn run(self) -> Result<Answer, Failure> {
        let config = self.config.load()?;
        self.id.check(&config)?;
        crate::commands::runtime()?.block_on(async {
            let params = PacketParams { id: self.id.to_string() };
            let asked = match self.relayer.reading(&config) {
                Ok(relayer) => relayer.ask("packet", params).await,
                Err(failure) => Err(AskError::Absent(failure)),
            };
            let packet: PacketJson = match asked {
                Ok(packet) => packet,
                Err(AskError::Absent(failure)) => {
                    Output::progress(&format!("{failure}; asking the chains"));
                    by_id(&config, &self.id).await?
                }
                Err(AskError::Unknown(_)) => by_id(&config, &self.id).await?,
                Err(AskError::Other(failure)) => return Err(failure),
            };
            let document = serde_json::to_value(&packet).map_err(Failure::environment)?;
            Ok(Answer::new(document, text(&packet)))
        })
    }
}
