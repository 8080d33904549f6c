//! The light client sync protocol (consensus-specs `specs/altair/light-client/sync-protocol.md`
//! and what later forks changed in it): the rules for one update, and the store of a wallet.

mod error;
mod rank;
mod store;
mod validate;

pub use error::{BootstrapError, HeaderRole, UpdateError};
pub use rank::is_better_update;
pub use store::LightClientStore;
pub use validate::{
    PlausibleUpdate, Signer, Trusted, ValidUpdate, has_two_thirds, validate_bootstrap,
    validate_update,
};
