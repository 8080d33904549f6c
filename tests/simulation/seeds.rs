//! Which seeds are run, and what is said of one that fails.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// Runs this seed alone.
const ONE: &str = "CAUSEWAY_SIM_SEED";
/// Runs so many seeds of each test.
const HOW_MANY: &str = "CAUSEWAY_SIM_SEEDS";

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text} is no number")))
}

/// Runs a scenario from the first `count` seeds. What it gives is what it has come to.
pub(crate) fn each(test: &str, count: u64, run: impl Fn(u64) -> Result<String, String>) {
    let seeds = match number(ONE) {
        Some(seed) => seed..seed + 1,
        None => 0..number(HOW_MANY).unwrap_or(count),
    };
    for seed in seeds {
        let replay = || {
            eprintln!(
                "{test} fails from seed {seed}; again:\n  {ONE}={seed} cargo test -p \
                 causeway-relayer-endpoints --test simulation {test}"
            );
        };
        match catch_unwind(AssertUnwindSafe(|| run(seed))) {
            Ok(Ok(done)) => eprintln!("{test} {seed}: {done}"),
            Ok(Err(reason)) => {
                replay();
                panic!("{reason}");
            }
            Err(panic) => {
                replay();
                resume_unwind(panic);
            }
        }
    }
}
