//! Keys: encrypted files in the home directory, and the developers' keys of the bundled network,
//! which everybody knows.

mod file;
mod import;
mod keystore;
mod name;
mod passphrase;
mod ring;

pub(crate) use import::import;
pub(crate) use name::KeyName;
pub(crate) use passphrase::{Passphrase, PassphraseArgs, from_file as passphrase_from_file};
pub(crate) use ring::{KeyRing, Owner};
