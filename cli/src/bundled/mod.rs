//! The chains that `causeway up` runs: what each of them is made from, and what the outside needs
//! to know of it. Shared code asks [`BUNDLED`]; only the modules below it know chains.

mod pbft;
mod pos;
mod pow;

use causeway_chain::{AUTHORITY, DEVELOPERS, Listener, developer_key};
use causeway_node::OpenChain;

use crate::config::Denomination;

/// All bundled chains.
pub(crate) const BUNDLED: [&dyn BundledChain; 3] = [&pow::Pow, &pos::Pos, &pbft::Pbft];

/// Where the control API answers, from the base port on.
pub(crate) const CONTROL_PORT_OFFSET: u16 = 5;

/// One API of a chain.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BundledApi {
    /// What configurations call it.
    pub(crate) name: &'static str,
    /// Which of the chain's listeners it is.
    pub(crate) listener: Listener,
    /// Where it answers, from the base port on.
    pub(crate) port_offset: u16,
}

/// A bundled chain.
pub(crate) trait BundledChain: Sync {
    /// The name users know it by.
    fn alias(&self) -> &'static str;

    /// Its family.
    fn family(&self) -> &'static str;

    /// Its APIs.
    fn apis(&self) -> &'static [BundledApi];

    /// True when its APIs want credentials.
    fn wants_login(&self) -> bool {
        false
    }

    /// Makes it, with the credentials that its APIs accept.
    fn open(&self, seed: u64, credentials: Vec<String>) -> OpenChain;

    /// What its addresses begin with, where the family has a choice.
    fn address_prefix(&self) -> Option<&'static str> {
        None
    }

    /// Its native coin.
    fn native(&self) -> Denomination;

    /// The most that a transaction should cost, in the native coin's smallest unit.
    fn max_fee(&self) -> &'static str;

    /// The price of gas, where the chain itself does not say.
    fn gas_price(&self) -> Option<&'static str> {
        None
    }

    /// How far its time may be behind the clock, as configurations have it.
    fn clock_drift(&self) -> &'static str;

    /// How long its clients trust their newest state, where it is not the family's usual share.
    fn trusting_period(&self) -> Option<&'static str> {
        None
    }

    /// What configurations must say of it in its family's own terms. `network` is what the chain
    /// says of itself.
    fn parameters(&self, _network: Option<&str>) -> Option<toml::Table> {
        None
    }

    /// The fault that makes it contradict itself, and how many blocks that takes where it matters.
    fn misbehaviour(&self) -> (&'static str, Option<u32>) {
        ("equivocate", None)
    }

    /// Its other tokens.
    fn tokens(&self) -> Vec<Denomination> {
        Vec::new()
    }

    /// Addresses of its contracts by name.
    fn contracts(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

/// The key of a developer's account on a bundled chain.
pub(crate) fn dev_key(alias: &str, name: &str, seed: u64) -> Option<k256::ecdsa::SigningKey> {
    let is_bundled = BUNDLED.iter().any(|chain| chain.alias() == alias);
    (is_bundled && is_dev_name(name)).then(|| developer_key(alias, name, seed))
}

/// The names of developers' accounts, that of the chain's authority among them.
pub(crate) fn dev_names() -> impl Iterator<Item = &'static str> {
    DEVELOPERS.into_iter().chain([AUTHORITY])
}

/// True for the names of developers' accounts.
pub(crate) fn is_dev_name(name: &str) -> bool {
    dev_names().any(|known| known == name)
}
