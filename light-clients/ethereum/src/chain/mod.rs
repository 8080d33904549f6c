//! One network as a light client knows it: its units of time, its forks, its constants.

mod fork;
mod networks;
mod schedule;
mod slot;

pub use fork::{ExecutionLayout, Fork, Layout};
pub use networks::{NETWORKS, Network};
pub use schedule::{
    BlobParameters, ChainConfig, ForkActivation, ForkDigest, ForkSchedule, MAX_BLOB_CHANGES,
    MAX_FORKS, Version,
};
pub use slot::{Epoch, MAX_COMMITTEE_SIZE, Period, Preset, Slot};
