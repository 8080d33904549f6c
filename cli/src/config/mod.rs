//! The configuration of network commands: which chains there are, where they answer, who pays.

mod gas_price;
mod length;
mod model;
mod place;

pub(crate) use gas_price::GasPrice;
pub(crate) use length::Length;
pub(crate) use model::{
    Bundled, ChainConfig, Config, Denomination, PathConfig, PathEnd, RelayerConfig, VERSION,
};
pub(crate) use place::{CONFIG_FILE, ConfigArgs, home};
