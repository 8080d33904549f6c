//! A proof-of-stake chain beside a chain of every family.

all_scenarios!(Ethereum);
