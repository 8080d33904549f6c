//! How targets follow the pace of the headers (Bitcoin Core `CalculateNextWorkRequired`).

use alloy_primitives::U256;

use crate::{CompactTarget, Network, Target};

/// The target of a new period, from that of the old one and the times of the old period's first
/// and last header.
///
/// The times may run backwards, so that the difference is signed. It spans one interval less than
/// the timespan it is compared with: so it is in the protocol.
pub fn retarget(
    network: &Network,
    base: CompactTarget,
    first_time: u32,
    last_time: u32,
) -> CompactTarget {
    let timespan = network.timespan();
    let elapsed = i64::from(last_time).saturating_sub(i64::from(first_time));
    let elapsed = u32::try_from(elapsed).unwrap_or(0);
    let elapsed = elapsed.clamp(timespan / 4, timespan.saturating_mul(4));
    scale(network, base, elapsed, timespan)
}

/// A target times `numerator / denominator`, capped at the limit, in compact form. The product
/// fits: [`Network::new`] saw to it.
fn scale(
    network: &Network,
    base: CompactTarget,
    numerator: u32,
    denominator: u32,
) -> CompactTarget {
    let product = base.expand().target.0.saturating_mul(U256::from(numerator));
    let scaled = product.checked_div(U256::from(denominator)).unwrap_or_default();
    Target(scaled.min(network.rules().limit.0)).to_compact()
}

/// Whether bits `new` at `height` can follow bits `old`, whatever the times: equal within a
/// period, and within a factor of four at its edge. Says nothing on networks with the rule for late
/// headers (Bitcoin Core `PermittedDifficultyTransition`).
pub fn is_permitted_transition(
    network: &Network,
    height: u64,
    old: CompactTarget,
    new: CompactTarget,
) -> bool {
    if network.rules().min_difficulty {
        return true;
    }
    if network.position(height) != 0 {
        return old == new;
    }
    let easiest = scale(network, old, 4, 1).expand().target;
    let hardest = scale(network, old, 1, 4).expand().target;
    (hardest..=easiest).contains(&new.expand().target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_that_ends_before_it_began_counts_as_the_shortest() {
        let network = Network::mainnet();
        let base = CompactTarget(0x1c05_a3f4);
        let shortest = retarget(&network, base, 0, 302_400);
        assert_eq!(retarget(&network, base, 1_000_000, 999_999), shortest);
        assert_eq!(retarget(&network, base, u32::MAX, 0), shortest);
        assert_ne!(retarget(&network, base, 0, 303_000), shortest);
    }
}
