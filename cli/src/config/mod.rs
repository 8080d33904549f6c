//! The configuration of network commands: which chains there are, where they answer, who pays.

mod gas_price;
mod model;
mod place;

pub(crate) use gas_price::GasPrice;
pub(crate) use model::{Bundled, ChainConfig, Config, Denomination, VERSION};
pub(crate) use place::{CONFIG_FILE, ConfigArgs, home};
