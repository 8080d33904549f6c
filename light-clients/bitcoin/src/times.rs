//! Median time past.

/// How many headers the median is over.
pub const MEDIAN_SPAN: usize = 11;

/// Places in the ring: whole vectors of the processor; those past the span stay free.
const RING: usize = 16;

/// The times of the last headers of a branch, up to [`MEDIAN_SPAN`] of them.
///
/// A ring whose free places hold the greatest number. To be later than the median is to be later
/// than more than half of the times, so that a header is judged by counting, without sorting.
#[derive(Clone, Copy, Debug)]
pub struct LastTimes {
    ring: [u32; RING],
    len: usize,
    /// Where the next time goes.
    next: usize,
}

impl LastTimes {
    /// The times of a branch, oldest first; `None` unless 1 to [`MEDIAN_SPAN`] are given.
    pub fn new(times: &[u32]) -> Option<Self> {
        if times.is_empty() || times.len() > MEDIAN_SPAN {
            return None;
        }
        let mut last = Self { ring: [u32::MAX; RING], len: 0, next: 0 };
        for time in times {
            last.push(*time);
        }
        Some(last)
    }

    /// The time of a chain's first header.
    pub fn first(time: u32) -> Self {
        let mut last = Self { ring: [u32::MAX; RING], len: 0, next: 0 };
        last.push(time);
        last
    }

    /// Adds the newest time; the oldest of a full ring makes room.
    pub fn push(&mut self, time: u32) {
        if let Some(place) = self.ring.get_mut(self.next) {
            *place = time;
        }
        self.next = self.next.wrapping_add(1);
        if self.next == MEDIAN_SPAN {
            self.next = 0;
        }
        if self.len < MEDIAN_SPAN {
            self.len = self.len.wrapping_add(1);
        }
    }

    /// The median: the middle one of the sorted times, the later of two in the middle.
    pub fn median(&self) -> u32 {
        let mut sorted = self.ring;
        sorted.sort_unstable();
        sorted.get(self.len / 2).copied().unwrap_or(u32::MAX)
    }

    /// True when `time` is later than the median.
    pub fn median_is_before(&self, time: u32) -> bool {
        let earlier: u32 = self.ring.iter().map(|past| u32::from(*past < time)).sum();
        usize::try_from(earlier).is_ok_and(|earlier| earlier > self.len / 2)
    }

    /// The times, oldest first.
    pub fn oldest_first(&self) -> impl Iterator<Item = u32> + '_ {
        let skipped = if self.len < MEDIAN_SPAN { 0 } else { self.next };
        self.ring.iter().take(MEDIAN_SPAN).cycle().skip(skipped).take(self.len).copied()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.len
    }

    /// The newest time.
    pub fn newest(&self) -> u32 {
        self.oldest_first().last().unwrap_or(u32::MAX)
    }
}

/// Equal when the times are, wherever the ring begins.
impl PartialEq for LastTimes {
    fn eq(&self, other: &Self) -> bool {
        self.oldest_first().eq(other.oldest_first())
    }
}

impl Eq for LastTimes {}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rule as it is written: sort, take the one at half.
    fn median(times: &[u32]) -> u32 {
        let mut sorted = times.to_vec();
        sorted.sort_unstable();
        sorted[sorted.len() / 2]
    }

    #[test]
    fn counting_agrees_with_sorting() {
        let mut all = vec![100];
        let mut last = LastTimes::first(100);
        for n in 0..200_u32 {
            let window = &all[all.len().saturating_sub(MEDIAN_SPAN)..];
            assert_eq!(last.oldest_first().collect::<Vec<_>>(), window);
            assert_eq!(LastTimes::new(window).unwrap().median(), median(window));
            assert_eq!(last.median(), median(window));
            assert_eq!((last.count(), last.newest()), (window.len(), window[window.len() - 1]));
            for time in 90..140 {
                assert_eq!(last.median_is_before(time), time > median(window), "{window:?} {time}");
            }
            all.push(100 + n.wrapping_mul(2_654_435_761) % 31);
            last.push(all[all.len() - 1]);
        }
    }

    #[test]
    fn the_latest_representable_time_counts_as_any_other() {
        let last = LastTimes::new(&[u32::MAX, 1, 2]).unwrap();
        assert_eq!(last.median(), 2);
        assert!(last.median_is_before(3) && !last.median_is_before(2));
        assert!(!LastTimes::first(u32::MAX).median_is_before(u32::MAX));
    }

    #[test]
    fn one_to_eleven_times_are_wanted() {
        assert_eq!(LastTimes::new(&[]), None);
        assert_eq!(LastTimes::new(&[0; 12]), None);
    }
}
