//! A PBFT chain beside a chain of every family.

all_scenarios!(Cometbft);
