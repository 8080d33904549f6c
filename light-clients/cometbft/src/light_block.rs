//! All that verification needs of one height.

use std::sync::Arc;

use crate::{PreparedValidatorSet, SignedHeader};

/// A signed header with its validators and those of the next one. Nothing is verified but that
/// each set is valid in itself.
#[derive(Clone, Debug)]
pub struct LightBlock {
    /// The header and its commit.
    pub signed_header: SignedHeader,
    /// Who signs this header.
    pub validators: Arc<PreparedValidatorSet>,
    /// Who signs the next header.
    pub next_validators: Arc<PreparedValidatorSet>,
}

impl LightBlock {
    /// The header's height.
    pub const fn height(&self) -> u64 {
        self.signed_header.header.height
    }
}
