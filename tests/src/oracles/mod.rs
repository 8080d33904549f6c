//! Other implementations of the same rules, behind the types of this project.

pub mod ics23;
