//! Work on chains that needs no daemon, only endpoints: what the command line does when no relayer
//! runs, and the relayer's RPC when one does.

mod clients;
mod execute;
mod path;
mod solvency;

pub use clients::{
    ClientInfo, list_clients, read_client, recover_client, submit_misbehaviour, update_client,
};
pub use execute::{WorkError, execute, offer, outcome};
pub use path::{NewPath, PathParameters, create_client, create_path, create_paths, find_path};
pub use solvency::{Balance, SolvencyRow, solvency};

/// An endpoint and the name that its user knows it by.
#[derive(Clone, Copy)]
pub struct Named<'a> {
    /// The chain's alias.
    pub alias: &'a str,
    /// The endpoint.
    pub endpoint: &'a dyn causeway_relayer_endpoints::Endpoint,
}

impl core::fmt::Debug for Named<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Named").field("alias", &self.alias).finish_non_exhaustive()
    }
}
