//! The public networks (consensus-specs `configs/mainnet.yaml`, and the configurations that the
//! test networks publish).

use alloy_primitives::{B256, b256};

use super::{
    BlobParameters, ChainConfig, Epoch, Fork, ForkActivation, ForkSchedule, Preset, Version,
};

/// A network that is known by name.
#[derive(Clone, Copy, Debug)]
pub struct Network {
    /// Its usual name.
    pub name: &'static str,
    chain_id: u64,
    genesis_time: u64,
    genesis_validators_root: B256,
    genesis_version: u32,
    /// Epoch and version, Altair to Fulu.
    forks: [(u64, u32); 6],
    /// Epoch and blobs a block.
    blobs: [(u64, u64); 3],
}

/// All of them.
pub const NETWORKS: [Network; 4] = [
    Network {
        name: "mainnet",
        chain_id: 1,
        genesis_time: 1_606_824_023,
        genesis_validators_root: b256!(
            "4b363db94e286120d76eb905340fdd4e54bfe9f06bf33ff6cf5ad27f511bfe95"
        ),
        genesis_version: 0x0000_0000,
        forks: [
            (74_240, 0x0100_0000),
            (144_896, 0x0200_0000),
            (194_048, 0x0300_0000),
            (269_568, 0x0400_0000),
            (364_032, 0x0500_0000),
            (411_392, 0x0600_0000),
        ],
        blobs: [(364_032, 9), (412_672, 15), (419_072, 21)],
    },
    Network {
        name: "sepolia",
        chain_id: 11_155_111,
        genesis_time: 1_655_733_600,
        genesis_validators_root: b256!(
            "d8ea171f3c94aea21ebc42a1ed61052acf3f9209c00e4efbaaddac09ed9b8078"
        ),
        genesis_version: 0x9000_0069,
        forks: [
            (50, 0x9000_0070),
            (100, 0x9000_0071),
            (56_832, 0x9000_0072),
            (132_608, 0x9000_0073),
            (222_464, 0x9000_0074),
            (272_640, 0x9000_0075),
        ],
        blobs: [(222_464, 9), (274_176, 15), (275_712, 21)],
    },
    Network {
        name: "holesky",
        chain_id: 17_000,
        genesis_time: 1_695_902_400,
        genesis_validators_root: b256!(
            "9143aa7c615a7f7115e2b6aac319c03529df8242ae705fba9df39b79c59fa8b1"
        ),
        genesis_version: 0x0101_7000,
        forks: [
            (0, 0x0201_7000),
            (0, 0x0301_7000),
            (256, 0x0401_7000),
            (29_696, 0x0501_7000),
            (115_968, 0x0601_7000),
            (165_120, 0x0701_7000),
        ],
        blobs: [(115_968, 9), (166_400, 15), (167_936, 21)],
    },
    Network {
        name: "hoodi",
        chain_id: 560_048,
        genesis_time: 1_742_213_400,
        genesis_validators_root: b256!(
            "212f13fc4df078b6cb7db228f1c8307566dcecf900867401a92023d7ba99cb5f"
        ),
        genesis_version: 0x1000_0910,
        forks: [
            (0, 0x2000_0910),
            (0, 0x3000_0910),
            (0, 0x4000_0910),
            (0, 0x5000_0910),
            (2_048, 0x6000_0910),
            (50_688, 0x7000_0910),
        ],
        blobs: [(2_048, 9), (52_480, 15), (54_016, 21)],
    },
];

impl Network {
    /// The network of this name.
    pub fn by_name(name: &str) -> Option<&'static Self> {
        NETWORKS.iter().find(|network| network.name == name)
    }

    /// Its constants.
    pub fn config(&self) -> ChainConfig {
        let forks = Fork::all()
            .zip(self.forks)
            .map(|(fork, (epoch, version))| ForkActivation {
                number: fork.number(),
                epoch: Epoch::new(epoch),
                version: Version::from(version.to_be_bytes()),
            })
            .collect();
        ChainConfig {
            chain_id: self.chain_id,
            genesis_time: self.genesis_time,
            genesis_validators_root: self.genesis_validators_root,
            seconds_per_slot: 12,
            preset: Preset::MAINNET,
            forks: ForkSchedule::in_order(Version::from(self.genesis_version.to_be_bytes()), forks),
        }
    }

    /// Its blob parameters since Electra.
    pub fn blobs(&self) -> Vec<BlobParameters> {
        let parameters =
            |(epoch, max_blobs)| BlobParameters { epoch: Epoch::new(epoch), max_blobs };
        self.blobs.into_iter().map(parameters).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::Slot;

    #[test]
    fn every_schedule_is_in_order() {
        for network in &NETWORKS {
            let forks = network.config().forks;
            let checked = ForkSchedule::new(forks.genesis_version(), forks.forks().to_vec());
            assert_eq!(checked, Ok(forks), "{}", network.name);
        }
        assert!(Network::by_name("goerli").is_none());
    }

    /// The published digests of mainnet: Capella's from its light client data, the last of Fulu's
    /// from clients that follow EIP-7892.
    #[test]
    fn mainnet_digests_are_the_published_ones() {
        let mainnet = Network::by_name("mainnet").unwrap();
        let digest = |epoch| mainnet.config().fork_digest(Epoch::new(epoch), &mainnet.blobs());
        assert_eq!(digest(194_048).0, [0xbb, 0xa4, 0xda, 0x96]);
        assert_eq!(digest(419_072).0, [0x8c, 0x9f, 0x62, 0xfe]);
        assert_ne!(digest(411_392), digest(412_672));
    }

    /// A message of a fork to come is one, so that its slot can be refused for what it is.
    #[test]
    fn digests_of_unknown_forks_have_blob_parameters() {
        let mainnet = Network::by_name("mainnet").unwrap();
        let mut config = mainnet.config();
        let mut forks = config.forks.forks().to_vec();
        let version = Version::new([7, 0, 0, 0]);
        forks.push(ForkActivation { number: 7, epoch: Epoch::new(500_000), version });
        config.forks = ForkSchedule::new(config.forks.genesis_version(), forks).unwrap();
        let digest = |epoch| config.fork_digest(Epoch::new(epoch), &mainnet.blobs());
        let bare = config.fork_digest(Epoch::new(500_000), &[]);
        let parameters = digest(499_999) ^ config.fork_digest(Epoch::new(499_999), &[]);
        assert_eq!(digest(500_000), bare ^ parameters);
        assert_ne!(digest(500_000), bare);
    }

    #[test]
    fn slots_and_times_of_mainnet_agree() {
        let config = Network::by_name("mainnet").unwrap().config();
        let start = config.start_of(Slot::new(7_069_376));
        assert_eq!(config.slot_at(start), Slot::new(7_069_376));
        assert_eq!(config.slot_at(start - 1), Slot::new(7_069_375));
        assert_eq!(config.slot_at(0), Slot::new(0));
    }

    #[test]
    fn the_version_in_a_domain_is_that_of_the_slot_before() {
        let config = Network::by_name("mainnet").unwrap().config();
        let fork_slot = config.preset.first_slot(Epoch::new(144_896));
        let before = config.sync_committee_domain(fork_slot.previous());
        assert_eq!(config.sync_committee_domain(fork_slot), before);
        assert_ne!(config.sync_committee_domain(fork_slot.next()), before);
    }
}
