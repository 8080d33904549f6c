//! The scenarios on the plainest family.

all_scenarios!(Listing);
