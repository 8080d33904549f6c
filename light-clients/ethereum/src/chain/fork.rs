//! What a hard fork changes for a light client, as data: where the leaves are, and which fields
//! the containers have.

use crate::ssz::Gindex;

/// A fork since light clients exist. Ordered by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fork {
    /// Sync committees.
    Altair,
    /// The merge; nothing changes for light clients.
    Bellatrix,
    /// Execution headers in light client headers.
    Capella,
    /// Blob gas in execution headers.
    Deneb,
    /// A state of more than 32 fields: one level deeper.
    Electra,
    /// Blob schedules in fork digests.
    Fulu,
}

/// The execution part of a light client header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExecutionLayout {
    /// `execution_payload` in `BeaconBlockBody`.
    pub payload: Gindex,
    /// Whether the header has the two fields of EIP-4844.
    pub has_blob_gas: bool,
}

/// Where things are in the states and blocks of one fork.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// `finalized_checkpoint.root` in `BeaconState`.
    pub finalized_root: Gindex,
    /// `current_sync_committee` in `BeaconState`.
    pub current_sync_committee: Gindex,
    /// `next_sync_committee` in `BeaconState`.
    pub next_sync_committee: Gindex,
    /// The execution part of headers, if they have one.
    pub execution: Option<ExecutionLayout>,
}

const ALTAIR: Layout = Layout {
    finalized_root: Gindex::new(105),
    current_sync_committee: Gindex::new(54),
    next_sync_committee: Gindex::new(55),
    execution: None,
};

const CAPELLA: Layout = Layout {
    execution: Some(ExecutionLayout { payload: Gindex::new(25), has_blob_gas: false }),
    ..ALTAIR
};

const DENEB: Layout = Layout {
    execution: Some(ExecutionLayout { payload: Gindex::new(25), has_blob_gas: true }),
    ..CAPELLA
};

const ELECTRA: Layout = Layout {
    finalized_root: Gindex::new(169),
    current_sync_committee: Gindex::new(86),
    next_sync_committee: Gindex::new(87),
    ..DENEB
};

/// Every known fork, oldest first: name, and layout (consensus-specs
/// `specs/*/light-client/sync-protocol.md`). The next fork is one more line.
const FORKS: [(Fork, &str, Layout); 6] = [
    (Fork::Altair, "altair", ALTAIR),
    (Fork::Bellatrix, "bellatrix", ALTAIR),
    (Fork::Capella, "capella", CAPELLA),
    (Fork::Deneb, "deneb", DENEB),
    (Fork::Electra, "electra", ELECTRA),
    (Fork::Fulu, "fulu", ELECTRA),
];

impl Fork {
    /// Every known fork, oldest first.
    pub fn all() -> impl DoubleEndedIterator<Item = Self> {
        FORKS.iter().map(|(fork, ..)| *fork)
    }

    /// The fork of this lower-case name.
    pub fn from_name(name: &str) -> Option<Self> {
        FORKS.iter().find(|(_, known, _)| *known == name).map(|(fork, ..)| *fork)
    }

    /// Its lower-case name.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// Where things are in its states and blocks.
    pub fn layout(self) -> &'static Layout {
        &self.row().2
    }

    /// Its number on the wire: 1 for Altair, counting up. Later forks have numbers too, of which
    /// a program that does not know them can still read that they exist.
    pub fn number(self) -> u32 {
        FORKS.iter().zip(1..).find(|((fork, ..), _)| *fork == self).map_or(0, |(_, n)| n)
    }

    /// The known fork of this number.
    pub fn from_number(number: u32) -> Option<Self> {
        Self::all().find(|fork| fork.number() == number)
    }

    fn row(self) -> &'static (Self, &'static str, Layout) {
        let [altair, ..] = &FORKS;
        FORKS.iter().find(|(fork, ..)| *fork == self).unwrap_or(altair)
    }
}

impl core::fmt::Display for Fork {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_lead_back() {
        for fork in Fork::all() {
            assert_eq!(Fork::from_name(fork.name()), Some(fork));
            assert_eq!(Fork::from_number(fork.number()), Some(fork));
        }
        assert_eq!((Fork::Altair.number(), Fork::Fulu.number()), (1, 6));
        assert_eq!((Fork::from_name("gloas"), Fork::from_number(7)), (None, None));
    }

    #[test]
    fn branches_are_as_long_as_specified() {
        let depths = |fork: Fork| {
            let layout = fork.layout();
            (layout.finalized_root.depth(), layout.next_sync_committee.depth())
        };
        assert_eq!(depths(Fork::Deneb), (6, 5));
        assert_eq!(depths(Fork::Electra), (7, 6));
    }
}
