//! A proof-of-work chain beside a chain of every family.

all_scenarios!(Bitcoin);
