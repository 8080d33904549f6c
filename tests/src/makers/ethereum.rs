//! Makers for this family.
