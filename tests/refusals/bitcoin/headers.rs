//! Targets, parameters, anchors and headers. Changed headers are mined again wherever the rule
//! under test is another than proof of work.

use alloy_primitives::U256;
use causeway_client_bitcoin::{
    Anchor, Chain, CompactTarget, Header, LastTimes, Network, NetworkRules, Target, Work,
    split_headers,
};
use causeway_tests::makers::bitcoin::{
    Branch, EASY_LIMIT, fail_to_mine, mine, one_off, scaled, scaled_rules,
};

use super::code;
use crate::Case;

pub(crate) const CASES: &[Case] = &[
    Case { code: "malformed_bitcoin_headers", provoke: || code(split_headers(&[0; 81])) },
    Case { code: "target_negative", provoke: || target(0x1d80_ffff) },
    Case { code: "target_overflow", provoke: || target(0xff12_3456) },
    Case { code: "target_zero", provoke: || target(0x0180_3456) },
    Case { code: "target_above_limit", provoke: || target(0x207f_ffff) },
    Case { code: "network_interval_too_short", provoke: || network(|rules| rules.interval = 1) },
    Case {
        code: "network_timespan_out_of_range",
        provoke: || network(|rules| (rules.interval, rules.spacing) = (3, 1)),
    },
    Case {
        code: "network_limit_is_zero",
        provoke: || network(|rules| rules.limit = Target(U256::ZERO)),
    },
    Case {
        code: "network_limit_too_easy",
        provoke: || network(|rules| rules.limit = Target(U256::MAX / U256::from(319))),
    },
    Case { code: "genesis_mismatch", provoke: || anchor(0, |anchor| remine(anchor, |_| ())) },
    Case { code: "anchor_hash_above_target", provoke: || anchor(5, unmine) },
    Case {
        code: "anchor_chainwork_too_low",
        provoke: || anchor(5, |anchor| anchor.chainwork = Work(U256::from(20))),
    },
    Case {
        code: "anchor_times_missing",
        provoke: || {
            anchor(12, |anchor| {
                let times: Vec<_> = anchor.last_times.oldest_first().skip(1).collect();
                anchor.last_times = LastTimes::new(&times).unwrap();
            })
        },
    },
    Case {
        code: "anchor_times_differ",
        provoke: || anchor(12, |anchor| anchor.last_times.push(anchor.header.time + 1)),
    },
    Case {
        code: "anchor_period_start_bits",
        provoke: || anchor(12, |anchor| anchor.period_start.bits = one_off(anchor.header.bits)),
    },
    Case {
        code: "anchor_period_start_time",
        provoke: || anchor(8, |anchor| anchor.period_start.time -= 1),
    },
    Case {
        code: "anchor_real_bits",
        provoke: || anchor(12, |anchor| anchor.last_real_bits = one_off(anchor.header.bits)),
    },
    Case {
        code: "header_not_linked",
        provoke: || header(&scaled(), 3, 10, |header| header.prev.0[0] ^= 1),
    },
    Case {
        code: "wrong_bits",
        provoke: || header(&scaled(), 3, 10, |header| header.bits = one_off(header.bits)),
    },
    Case { code: "hash_above_target", provoke: not_mined },
    Case {
        code: "version_too_low",
        provoke: || header(&scaled(), 3, 10, |header| header.version = 3),
    },
    Case {
        code: "time_not_after_median",
        provoke: || {
            // Of the times 0, 10, …, 120 the last eleven have the median 70.
            header(&scaled(), 12, 10, |header| header.time -= 130 - 70)
        },
    },
    Case { code: "time_warp", provoke: time_warp },
    Case { code: "negative_period", provoke: negative_period },
    Case { code: "header_from_future", provoke: from_future },
];

fn target(bits: u32) -> String {
    code(CompactTarget(bits).target(Network::mainnet().rules().limit))
}

fn network(change: impl FnOnce(&mut NetworkRules)) -> String {
    let mut rules = scaled_rules();
    change(&mut rules);
    code(Network::new(rules))
}

/// The verdict on an anchor at some height, with a change.
fn anchor(height: usize, change: impl FnOnce(&mut Anchor)) -> String {
    let network = scaled();
    let mut anchor = Branch::new(&network).grow(height).tip;
    assert_eq!(anchor.validate(&network), Ok(()));
    change(&mut anchor);
    code(anchor.validate(&network))
}

/// Another header with the same fields but nonce and what `change` does.
fn remine(anchor: &mut Anchor, change: impl FnOnce(&mut Header)) {
    change(&mut anchor.header);
    anchor.header.nonce += 1;
    anchor.header = mine(anchor.header);
}

fn unmine(anchor: &mut Anchor) {
    anchor.header = fail_to_mine(anchor.header);
}

/// The verdict on a header on top of `below` others, changed and then mined.
fn header(
    network: &Network,
    below: usize,
    spacing: i64,
    change: impl FnOnce(&mut Header),
) -> String {
    let mut branch = Branch::new(network);
    branch.grow(below);
    let mut header = branch.draft(spacing);
    change(&mut header);
    judge(&branch, &mine(header), u64::MAX)
}

fn judge(branch: &Branch, header: &Header, latest_time: u64) -> String {
    let mut chain = Chain::new(&branch.network, branch.tip).unwrap();
    code(chain.extend(&[header.to_bytes()], latest_time))
}

fn not_mined() -> String {
    let mut branch = Branch::new(&scaled());
    branch.grow(3);
    judge(&branch, &fail_to_mine(branch.draft(10)), u64::MAX)
}

/// Exactly the grace is still allowed, a second more is not.
fn time_warp() -> String {
    let network = Network::new(NetworkRules { bip94: true, ..scaled_rules() }).unwrap();
    let mut branch = Branch::new(&network);
    branch.grow(6).push(2000);
    let at_the_edge = mine(branch.draft(-600));
    assert_eq!(judge(&branch, &at_the_edge, u64::MAX), "accepted");
    judge(&branch, &mine(branch.draft(-601)), u64::MAX)
}

/// A period that ends as it began is still allowed, one that ends a second before is not.
fn negative_period() -> String {
    let network = Network::new(NetworkRules { bip54: true, ..scaled_rules() }).unwrap();
    let mut branch = Branch::new(&network);
    branch.grow(7).push(5000);
    branch.push(-4000);
    for _ in 0..5 {
        branch.push(10);
    }
    let back_to_the_start =
        i64::from(branch.tip.period_start.time) - i64::from(branch.tip.header.time);
    let at_the_edge = mine(branch.draft(back_to_the_start));
    assert_eq!(judge(&branch, &at_the_edge, u64::MAX), "accepted");
    judge(&branch, &mine(branch.draft(back_to_the_start - 1)), u64::MAX)
}

/// The very second is still accepted.
fn from_future() -> String {
    let branch = Branch::new(&scaled());
    let header = mine(branch.draft(10));
    assert_eq!(header.bits, EASY_LIMIT.to_compact());
    assert_eq!(judge(&branch, &header, header.time.into()), "accepted");
    judge(&branch, &header, u64::from(header.time) - 1)
}
