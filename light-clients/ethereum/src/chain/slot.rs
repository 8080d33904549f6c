//! The beacon chain's units of time, and the preset that relates them.

use core::fmt;
use core::num::NonZeroU64;

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u64);

        impl $name {
            /// The one with this number.
            pub const fn new(number: u64) -> Self {
                Self(number)
            }

            /// Its number, counted from genesis.
            pub const fn get(self) -> u64 {
                self.0
            }

            /// The one after it; the last stays the last.
            #[must_use]
            pub const fn next(self) -> Self {
                Self(self.0.saturating_add(1))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

counters! {
    /// A slot: the time of one block. Slots may be empty.
    Slot;
    /// An epoch: the slots between two checkpoints.
    Epoch;
    /// A sync committee period: the epochs that one committee signs.
    Period;
}

impl Slot {
    /// The slot before it; the genesis slot stays the genesis slot.
    #[must_use]
    pub const fn previous(self) -> Self {
        Self(self.0.saturating_sub(1))
    }
}

/// The largest committee of any preset, mainnet's.
pub const MAX_COMMITTEE_SIZE: usize = 512;

/// The sizes that differ between mainnet and the minimal test networks (consensus-specs
/// `presets/`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    sync_committee_size: usize,
    slots_per_epoch: NonZeroU64,
    epochs_per_period: NonZeroU64,
}

impl Preset {
    /// Mainnet and the public test networks.
    pub const MAINNET: Self = match Self::new(512, 32, 256) {
        Some(preset) => preset,
        None => Self::SMALLEST,
    };
    /// Local test networks and the specification's tests.
    pub const MINIMAL: Self = match Self::new(32, 8, 8) {
        Some(preset) => preset,
        None => Self::SMALLEST,
    };
    const SMALLEST: Self = Self {
        sync_committee_size: 8,
        slots_per_epoch: NonZeroU64::MIN,
        epochs_per_period: NonZeroU64::MIN,
    };

    /// A preset; `None` unless the committee size is a power of two from 8 to
    /// [`MAX_COMMITTEE_SIZE`], and the counts are from 1 to 2^16, so that no product overflows.
    pub const fn new(
        sync_committee_size: usize,
        slots_per_epoch: u64,
        epochs_per_period: u64,
    ) -> Option<Self> {
        const MAX_COUNT: u64 = 1 << 16;
        let size_fits = sync_committee_size.is_power_of_two()
            && sync_committee_size >= 8
            && sync_committee_size <= MAX_COMMITTEE_SIZE;
        if !size_fits || slots_per_epoch > MAX_COUNT || epochs_per_period > MAX_COUNT {
            return None;
        }
        match (NonZeroU64::new(slots_per_epoch), NonZeroU64::new(epochs_per_period)) {
            (Some(slots_per_epoch), Some(epochs_per_period)) => {
                Some(Self { sync_committee_size, slots_per_epoch, epochs_per_period })
            }
            _ => None,
        }
    }

    /// How many keys a sync committee has.
    pub const fn sync_committee_size(self) -> usize {
        self.sync_committee_size
    }

    /// How many slots an epoch has.
    pub const fn slots_per_epoch(self) -> u64 {
        self.slots_per_epoch.get()
    }

    /// How many epochs one committee signs.
    pub const fn epochs_per_period(self) -> u64 {
        self.epochs_per_period.get()
    }

    /// How many slots one committee signs; a wallet waits as long before it forces an update
    /// (`UPDATE_TIMEOUT`).
    pub const fn slots_per_period(self) -> u64 {
        self.slots_per_epoch.get().saturating_mul(self.epochs_per_period.get())
    }

    /// The epoch of a slot.
    pub fn epoch(self, slot: Slot) -> Epoch {
        Epoch(slot.0 / self.slots_per_epoch)
    }

    /// The first slot of an epoch; the last slot of all where it does not fit.
    pub fn first_slot(self, epoch: Epoch) -> Slot {
        Slot(epoch.0.saturating_mul(self.slots_per_epoch.get()))
    }

    /// The sync committee period of a slot (`compute_sync_committee_period_at_slot`).
    pub fn period(self, slot: Slot) -> Period {
        Period(self.epoch(slot).0 / self.epochs_per_period)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_are_the_specified_ones() {
        assert_eq!(Preset::MAINNET.sync_committee_size(), 512);
        assert_eq!(Preset::MAINNET.slots_per_period(), 8192);
        assert_eq!(Preset::MINIMAL.sync_committee_size(), 32);
        assert_eq!(Preset::MINIMAL.slots_per_period(), 64);
    }

    #[test]
    fn periods_change_at_their_first_slot() {
        let preset = Preset::MAINNET;
        assert_eq!(preset.period(Slot(8191)), Period(0));
        assert_eq!(preset.period(Slot(8192)), Period(1));
        assert_eq!(preset.epoch(Slot(31)), Epoch(0));
        assert_eq!(preset.first_slot(Epoch(1)), Slot(32));
        assert_eq!(preset.first_slot(Epoch(u64::MAX)), Slot(u64::MAX));
    }

    #[test]
    fn odd_sizes_are_no_presets() {
        assert!(Preset::new(0, 8, 8).is_none() && Preset::new(24, 8, 8).is_none());
        assert!(Preset::new(1024, 8, 8).is_none() && Preset::new(32, 0, 8).is_none());
        assert!(Preset::new(32, 8, 0).is_none() && Preset::new(32, 8, u64::MAX).is_none());
    }
}
