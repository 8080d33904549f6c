//! `causeway packet`: what is on its way, and what has arrived.

mod clear;
mod list;
mod on_chains;
mod show;
mod text;

use anyhow::anyhow;
use causeway_relayer_daemon::rpc::types::RouteJson;
use clap::Subcommand;

use crate::asking::{AskError, Relayer};
use crate::output::{Answer, Failure};

pub(super) use list::address;
pub(super) use on_chains::{PacketId, by_id, by_transaction};
pub(super) use text::text;

/// What can be done with packets.
#[derive(Debug, Subcommand)]
pub(crate) enum PacketCommand {
    /// Show the packets that a relayer knows.
    List(list::ListArgs),
    /// Show one packet.
    Show(show::ShowArgs),
    /// Have a relayer look at everything that is outstanding now.
    Clear(clear::ClearArgs),
}

impl PacketCommand {
    pub(crate) fn run(self) -> Result<Answer, Failure> {
        match self {
            Self::List(args) => args.run(),
            Self::Show(args) => args.run(),
            Self::Clear(args) => args.run(),
        }
    }
}

/// The routes of a relayer.
async fn routes(relayer: &Relayer) -> Result<Vec<RouteJson>, Failure> {
    relayer.ask("routes", ()).await.map_err(AskError::failure)
}

/// The numbers of the paths that `name` means: a number, or two chains as `CHAIN:CHAIN`.
fn paths(routes: &[RouteJson], name: &str) -> Result<Vec<i64>, Failure> {
    let ends = name.split_once(':');
    let is_it = |route: &RouteJson| match ends {
        Some((a, b)) => route.from.chain == a && route.to.chain == b,
        None => name.parse() == Ok(route.path),
    };
    let mut found: Vec<_> =
        routes.iter().filter(|route| is_it(route)).map(|route| route.path).collect();
    found.dedup();
    if found.is_empty() {
        let known =
            routes.iter().map(|it| format!("{} {}:{}", it.path, it.from.chain, it.to.chain));
        let known = known.collect::<Vec<_>>().join(", ");
        let reason = anyhow!("the relayer has no path {name:?}; it has {known}");
        return Err(Failure::Usage(reason));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use causeway_relayer_daemon::rpc::types::EndJson;

    use super::*;

    #[test]
    fn paths_are_known_by_number_and_by_chains() {
        let end = |chain: &str| EndJson { chain: chain.into(), client: "client-0".into() };
        let route = |path, from, to| RouteJson {
            path,
            from: end(from),
            to: end(to),
            outstanding: 0,
            trouble: None,
        };
        let routes = [route(1, "pow", "pos"), route(1, "pos", "pow"), route(2, "pow", "pbft")];
        for (name, expected) in [("1", 1), ("pow:pos", 1), ("pos:pow", 1), ("pow:pbft", 2)] {
            assert_eq!(paths(&routes, name).ok(), Some(vec![expected]));
        }
        for name in ["3", "pow:pow", "", ":", "one"] {
            assert!(matches!(paths(&routes, name), Err(Failure::Usage(_))), "{name}");
        }
    }
}
