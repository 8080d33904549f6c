//! `causeway client`: light clients on chains, and what can be done for them. No relayer is asked.

mod create;
mod list;
mod misbehaviour;
mod recover;
mod show;
mod subject;
mod update;

use std::process::ExitCode;

use causeway_chain::AUTHORITY;
use causeway_core::ClientId;
use causeway_relayer_daemon::work::WorkError;
use clap::Subcommand;
use serde_json::json;

use crate::account::ChainKey;
use crate::config::Config;
use crate::output::{Answer, Failure, Output};
use crate::relaying;

/// What can be done with clients.
#[derive(Debug, Subcommand)]
pub(crate) enum ClientCommand {
    /// Start a new client of one chain on another; `causeway path create` connects two chains.
    Create(create::CreateArgs),
    /// Show the clients on chains.
    List(list::ListArgs),
    /// Show one client, and what is to be done about it.
    Show(show::ShowArgs),
    /// Bring a client to the newest final height of the chain that it follows.
    Update(update::UpdateArgs),
    /// Freeze a client whose chain contradicts itself, by evidence.
    Misbehaviour(misbehaviour::MisbehaviourArgs),
    /// Let a client that is frozen, expired or stranded go on, as the chain's authority.
    Recover(recover::RecoverArgs),
}

impl ClientCommand {
    pub(crate) fn run(self, output: &Output) -> Result<ExitCode, Failure> {
        match self {
            Self::Create(args) => output.answer(&args.run()?),
            Self::List(args) => args.run(output),
            Self::Show(args) => output.answer(&args.run()?),
            Self::Update(args) => output.answer(&args.run()?),
            Self::Misbehaviour(args) => output.answer(&args.run()?),
            Self::Recover(args) => output.answer(&args.run()?),
        }
    }
}

/// The id of a client on the command line.
fn parse_id(text: &str) -> Result<ClientId, String> {
    ClientId::new(text).map_err(|error| error.to_string())
}

/// Who pays. On the bundled network that is the authority where nobody is named: the account that
/// the configuration names is the running relayer's, which signs one transaction after the other.
fn payer(who: &ChainKey, config: &Config) -> ChainKey {
    let of_network = config.network.as_ref().map(|_| AUTHORITY.to_owned());
    ChainKey { chain: who.chain.clone(), key: who.key.clone().or(of_network) }
}

/// A chain that says no has answered; what else went wrong is no answer.
fn refused(what: &str, error: WorkError) -> Result<Answer, Failure> {
    if !relaying::is_refusal(&error) {
        return Err(relaying::failure(error));
    }
    let document =
        json!({ "status": "refused", "code": error.code(), "reason": error.to_string() });
    Ok(Answer { document, text: format!("refused: {what}\n  {error}"), is_yes: false })
}
