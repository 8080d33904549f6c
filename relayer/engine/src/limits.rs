//! How much, how long, how often.

use core::time::Duration;

/// The tuning of one path. The defaults suit chains with blocks every second or two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most items of one batch; less where a chain says that a batch was too large.
    pub batch_items: usize,
    /// How long a batch waits for company after its first item is ready.
    pub gather: Duration,
    /// The most batches under way to one chain.
    pub batches_in_flight: usize,
    /// After so long without confirmation a submission is offered again for a higher fee.
    pub bump_after: Duration,
    /// The most such offers of one batch.
    pub bumps: u32,
    /// After so long without confirmation a batch is given up and its packets are looked at again.
    pub give_up_after: Duration,
    /// First wait of a packet whose relaying failed; doubled at each failure.
    pub retry_first: Duration,
    /// The longest such wait.
    pub retry_longest: Duration,
    /// A packet is not delivered when its timeout is nearer than this: it would come too late.
    pub timeout_margin: Duration,
    /// A client is refreshed when this share of its trusting period is over, in percent.
    pub refresh_percent: u32,
    /// A client that does not expire is refreshed when it is more heights behind than this: what it
    /// misses may have to come header by header.
    pub refresh_lag: u64,
    /// How often all packets that the state says are outstanding are compared with those known.
    pub clear_every: Duration,
    /// The most pages of outstanding packets that are read in a row; the next round goes on
    /// where this one ended.
    pub pages: u32,
    /// The most packets under inspection at once.
    pub inspections: usize,
    /// The most packets that are followed at once; beyond it the backlog waits in the chain's
    /// state.
    pub packets: usize,
    /// The longest range of heights that is asked for in one scan.
    pub scan_range: u64,
    /// How long packets are left to another relayer that was faster with the like of them: lets
    /// several relayers share a path without doing everything twice. Longer than a relayer needs
    /// from a packet's turn to the block that has it.
    pub stagger: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            batch_items: 256,
            gather: Duration::from_millis(150),
            batches_in_flight: 16,
            bump_after: Duration::from_secs(20),
            bumps: 4,
            give_up_after: Duration::from_mins(2),
            retry_first: Duration::from_secs(1),
            retry_longest: Duration::from_mins(5),
            timeout_margin: Duration::from_secs(2),
            refresh_percent: 50,
            refresh_lag: 100,
            clear_every: Duration::from_secs(30),
            pages: 1000,
            inspections: 256,
            packets: 200_000,
            scan_range: 500,
            stagger: Duration::from_secs(4),
        }
    }
}
