//! See `causeway_tests::fuzz_targets`.
#![no_main]

use causeway_tests::fuzz_targets::run;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| run("ethereum_call", bytes));
