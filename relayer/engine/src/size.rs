//! How many items a batch may have, by experience: chains bound transactions by bytes and by gas,
//! and say so only when one is too large.

/// After so many full batches in a row a larger one is tried.
const TRIED_AFTER: u32 = 16;

/// What is added then: this part of the size.
const GROWTH: usize = 8;

/// The size of batches for one chain.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BatchSize {
    most: usize,
    now: usize,
    /// The largest size that was taken since one was refused.
    good: usize,
    /// Full batches in a row that were taken.
    full: u32,
}

impl BatchSize {
    pub(crate) fn new(most: usize) -> Self {
        let most = most.max(1);
        Self { most, now: most, good: 0, full: 0 }
    }

    /// The most items of the next batch.
    pub(crate) const fn get(&self) -> usize {
        self.now
    }

    /// A batch of so many items was taken.
    pub(crate) fn took(&mut self, items: usize) {
        self.good = self.good.max(items);
        if items < self.now || self.now == self.most {
            return;
        }
        self.full = self.full.saturating_add(1);
        if self.full >= TRIED_AFTER {
            self.full = 0;
            let growth = self.now.div_euclid(GROWTH).saturating_add(1);
            self.now = self.now.saturating_add(growth).min(self.most);
        }
    }

    /// A batch of so many items was too large. What was taken before is tried first, unless that
    /// was of no use either.
    pub(crate) fn refused(&mut self, items: usize) {
        let half = items.div_ceil(2).max(1);
        if self.good >= items {
            self.good = 0;
        }
        self.now = self.now.min(half.max(self.good));
        self.full = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A chain that takes so many.
    fn settle(size: &mut BatchSize, limit: usize, batches: usize) -> usize {
        let mut refusals = 0;
        for _ in 0..batches {
            if size.get() > limit {
                size.refused(size.get());
                refusals += 1;
            } else {
                size.took(size.get());
            }
        }
        refusals
    }

    #[test]
    fn sizes_come_close_to_what_a_chain_takes_and_stay_there() {
        for limit in [1, 2, 3, 50, 100, 129, 255, 256, 1000] {
            let mut size = BatchSize::new(256);
            settle(&mut size, limit, 200);
            let refusals = settle(&mut size, limit, 500);
            assert!(refusals <= 30, "{limit}: {refusals}");
            let fair = limit.min(256);
            assert!(size.get() * 5 >= fair * 4, "{limit}: {size:?}");
            settle(&mut size, limit.div_ceil(4), 10);
            assert!(size.get() <= limit.div_ceil(4), "{limit}: {size:?}");
        }
    }
}
