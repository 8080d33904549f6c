//! Whether many points are all in the group, for less than one check each.
//!
//! A point outside the prime-order subgroup has a component of small order. If some of the points
//! have one, a random half of the points sums to a point outside the subgroup with probability at
//! least one half: with everything else drawn, the one coin of a stray point moves the sum in or
//! out. After 128 independent draws a stray point stays unseen with probability at most 2^-128.
//! The coins come from a hash of all the points, so that whoever chooses the points cannot choose
//! the coins.

use blst::min_pk::{AggregatePublicKey, PublicKey};
use blst::{MultiPoint, blst_p1, blst_p1_affine, p1_affines};
use sha2::{Digest, Sha256};

use super::BlsError;

/// Draws; each halves the chance of a stray point.
const DRAWS: u32 = 128;
/// Below this many points, one check for each is faster.
const WORTHWHILE: usize = 192;
/// Points whose subset sums are looked up instead of added: one for each of a coin's four bits.
const GROUP: usize = 4;

/// Refuses unless every point is in the group and none is infinity.
pub(super) fn validate(keys: &[PublicKey]) -> Result<(), BlsError> {
    if keys.len() < WORTHWHILE {
        return keys.iter().try_for_each(|key| key.validate().map_err(|_| BlsError::PublicKey));
    }
    let infinity = PublicKey::from(blst_p1_affine::default());
    if keys.contains(&infinity) {
        return Err(BlsError::PublicKey);
    }
    let sums = subset_sums(keys);
    let seed = seed(keys);
    let is_stray = |draw| {
        let sum = random_sum(&sums, &seed, draw);
        // Infinity is in the group: the sum of a draw may well be it.
        sum != infinity && sum.validate().is_err()
    };
    if (0..DRAWS).any(is_stray) { Err(BlsError::PublicKey) } else { Ok(()) }
}

/// A hash that commits to every point.
fn seed(keys: &[PublicKey]) -> Sha256 {
    let mut hasher = Sha256::new();
    hasher.update(b"causeway: coins for subgroup membership");
    for key in keys {
        hasher.update(key.serialize());
    }
    hasher
}

/// For each group of points, the sums of its subsets, ordered by the bits of the subset.
fn subset_sums(keys: &[PublicKey]) -> p1_affines {
    let mut sums: Vec<blst_p1> = Vec::with_capacity(keys.len().saturating_mul(1 << GROUP));
    for group in keys.chunks(GROUP) {
        let mut subsets = vec![AggregatePublicKey::from(blst_p1::default())];
        for key in group {
            let with_key: Vec<_> = subsets.iter().map(|subset| plus(*subset, key)).collect();
            subsets.extend(with_key);
        }
        sums.extend(subsets.into_iter().map(blst_p1::from));
    }
    p1_affines::from(&sums)
}

fn plus(mut sum: AggregatePublicKey, key: &PublicKey) -> AggregatePublicKey {
    // Fails only for a key that it is asked to validate.
    let _ = sum.add_public_key(key, false);
    sum
}

/// The sum of a random subset of all points.
fn random_sum(sums: &p1_affines, seed: &Sha256, draw: u32) -> PublicKey {
    let groups = sums.as_slice().chunks(1 << GROUP);
    let chosen: Vec<_> = groups
        .zip(coins(seed, draw))
        .filter_map(|(subsets, coin)| {
            let subset = usize::from(coin).checked_rem(subsets.len())?;
            subsets.get(subset).copied()
        })
        .collect();
    AggregatePublicKey::from(chosen.add()).to_public_key()
}

/// Numbers from 0 to 15, four fair coins each, without end.
fn coins(seed: &Sha256, draw: u32) -> impl Iterator<Item = u8> {
    (0_u32..).flat_map(move |block| {
        let mut hasher = seed.clone();
        hasher.update(draw.to_le_bytes());
        hasher.update(block.to_le_bytes());
        let bytes: [u8; 32] = hasher.finalize().into();
        bytes.into_iter().flat_map(|byte| [byte & 15, byte >> 4])
    })
}

#[cfg(test)]
mod tests {
    use blst::min_pk::SecretKey;

    use super::*;

    fn members(count: u8) -> Vec<PublicKey> {
        (0..count).map(|n| SecretKey::key_gen(&[n; 32], &[]).unwrap().sk_to_pk()).collect()
    }

    /// A point of the curve that is not in the group: 3 is the first x that gives one.
    fn stray() -> PublicKey {
        let mut bytes = [0; 48];
        (bytes[0], bytes[47]) = (0x80, 4);
        let point = PublicKey::uncompress(&bytes).unwrap();
        point.validate().unwrap_err();
        point
    }

    #[test]
    fn members_of_the_group_pass_and_one_stray_point_does_not() {
        for count in [3, 195, 250] {
            let mut keys = members(count);
            assert_eq!(validate(&keys), Ok(()));
            keys[1] = stray();
            assert_eq!(validate(&keys), Err(BlsError::PublicKey));
            let last = keys.len() - 1;
            keys.swap(1, last);
            assert_eq!(validate(&keys), Err(BlsError::PublicKey));
        }
    }

    #[test]
    fn stray_points_that_cancel_out_do_not_pass() {
        let mut keys = members(200);
        let mut bytes = stray().compress();
        bytes[0] ^= 0x20;
        keys[0] = stray();
        keys[1] = PublicKey::uncompress(&bytes).unwrap();
        assert_eq!(validate(&keys), Err(BlsError::PublicKey));
    }

    #[test]
    fn points_that_repeat_or_cancel_out_pass() {
        let mut keys = members(200);
        let mut bytes = keys[0].compress();
        bytes[0] ^= 0x20;
        keys[1] = PublicKey::uncompress(&bytes).unwrap();
        keys[3] = keys[2];
        assert_eq!(validate(&keys), Ok(()));
    }

    #[test]
    fn infinity_is_no_key() {
        for count in [3, 200] {
            let mut keys = members(count);
            keys[2] = blst_p1_affine::default().into();
            assert_eq!(validate(&keys), Err(BlsError::PublicKey));
        }
    }
}
