//! Refusals of this family.

use crate::Case;

pub(crate) const CASES: &[Case] = &[];
