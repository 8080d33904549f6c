//! The Beacon API's light client objects, as JSON and as SSZ, from answers and from files.

mod json;
mod ssz;

use causeway_client_ethereum::chain::{BlobParameters, ChainConfig, Fork};
use causeway_client_ethereum::containers::{
    Dated, LightClientBootstrap, LightClientFinalityUpdate, LightClientOptimisticUpdate,
    LightClientUpdate,
};
use causeway_core::DecodeError;

/// The most updates in one answer (`MAX_REQUEST_LIGHT_CLIENT_UPDATES`).
pub const MAX_UPDATES: usize = 128;

/// Name of an answer with updates in errors.
const UPDATES: &str = "light_client_updates";

fn check_count(got: usize) -> Result<(), DecodeError> {
    if got <= MAX_UPDATES {
        return Ok(());
    }
    let reason = format!("{got} updates, at most {MAX_UPDATES} are allowed");
    Err(DecodeError::new(UPDATES, reason))
}

/// How to read objects of one network.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    /// The network.
    pub config: &'a ChainConfig,
    /// Its blob parameters since Electra: they are in the digests of SSZ chunks.
    pub blobs: &'a [BlobParameters],
    /// The fork whose form the objects have; by default that of their own slots.
    pub fork: Option<Fork>,
}

impl Reader<'_> {
    /// A bootstrap, as JSON (in `{version, data}` or bare) or as SSZ.
    pub fn bootstrap(&self, bytes: &[u8]) -> Result<LightClientBootstrap, DecodeError> {
        if json::is_json(bytes) {
            return json::bootstrap(bytes, self);
        }
        self.object(bytes)
    }

    /// Updates in order. JSON: one update of any of the three kinds, in `{version, data}` or bare,
    /// or an array of them. SSZ: chunks as `light_client/updates` answers, or one object of any
    /// kind, bare.
    pub fn updates(&self, bytes: &[u8]) -> Result<Vec<LightClientUpdate>, DecodeError> {
        if json::is_json(bytes) {
            return json::updates(bytes, self);
        }
        match ssz::chunks(bytes) {
            Some(chunks) => ssz::updates(&chunks, self),
            None => Ok(vec![self.update(bytes)?]),
        }
    }

    /// One update of any of the three kinds, in bare SSZ. Their forms cannot be mistaken for each
    /// other: the first offset is the length of the fixed part, or the lengths differ.
    fn update(&self, bytes: &[u8]) -> Result<LightClientUpdate, DecodeError> {
        let finality = || self.object::<LightClientFinalityUpdate>(bytes).map(Into::into);
        let optimistic = || self.object::<LightClientOptimisticUpdate>(bytes).map(Into::into);
        self.object(bytes).or_else(|error| finality().or_else(|_| optimistic()).or(Err(error)))
    }

    fn object<T: Dated>(&self, bytes: &[u8]) -> Result<T, DecodeError> {
        match self.fork {
            Some(fork) => T::from_ssz_of(bytes, fork, self.config),
            None => T::from_own_ssz(bytes, self.config),
        }
    }
}
