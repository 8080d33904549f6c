//! Ways to break the chain on purpose.

use core::ops::RangeInclusive;

use causeway_chain::{Fault, FaultError, PeerId};
use causeway_core::Timestamp;

use crate::Miners;
use crate::chain::ALIAS;
use crate::miner::Rival;

/// Blocks that a rival branch replaces or stands beside. They are really mined, while everybody
/// waits: a hundred take seconds at the most.
const RIVAL_DEPTHS: RangeInclusive<u32> = 1..=100;

pub(crate) fn inject(
    miners: &mut Miners,
    fault: &Fault,
    now: Timestamp,
) -> Result<String, FaultError> {
    match fault {
        Fault::Halt => {
            miners.set_halted(true);
            Ok("nobody mines".into())
        }
        Fault::Resume => {
            miners.resume(now);
            Ok("all miners mine and hear each other".into())
        }
        Fault::Partition => Ok(partition(miners)),
        Fault::Stop { count } => stop(miners, *count),
        Fault::Reorg { depth } => {
            let grown = grow_rival(miners, *depth, Rival::Overtaking, now)?;
            Ok(format!("{grown} blocks of a rival branch replace the newest {depth}"))
        }
        Fault::Fork { depth } => {
            let grown = grow_rival(miners, *depth, Rival::Beside, now)?;
            Ok(format!("a branch of {grown} blocks stands beside the newest {depth}"))
        }
        _ => Err(FaultError::NotHere {
            alias: ALIAS,
            reason: "it can halt, resume, be partitioned, have miners stopped, grow a fork and \
                     reorganise"
                .into(),
        }),
    }
}

fn partition(miners: &mut Miners) -> String {
    let (_, all) = miners.running();
    let half = all.div_ceil(2);
    miners.network_mut().partition((half..all).map(|id| (PeerId(id), 1)));
    format!("the first {half} miners do not hear the other {}", all.saturating_sub(half))
}

/// The last ones stop; the first goes on in any case.
fn stop(miners: &mut Miners, count: u32) -> Result<String, FaultError> {
    let (_, all) = miners.running();
    if !(1..all).contains(&count) {
        let allowed = format!("1 to {} of {all} miners can be stopped", all.saturating_sub(1));
        return Err(FaultError::OutOfRange { got: count, allowed });
    }
    for id in all.saturating_sub(count)..all {
        miners.network_mut().set_stopped(PeerId(id), true);
    }
    Ok(format!("{count} of {all} miners are stopped"))
}

fn grow_rival(
    miners: &mut Miners,
    depth: u32,
    rival: Rival,
    now: Timestamp,
) -> Result<usize, FaultError> {
    let height = miners.serving().map_or(0, crate::Miner::height);
    if !RIVAL_DEPTHS.contains(&depth) || u64::from(depth) > height {
        let most = height.min(u64::from(*RIVAL_DEPTHS.end()));
        let allowed = format!("1 to {most} of the newest blocks can have a rival branch");
        return Err(FaultError::OutOfRange { got: depth, allowed });
    }
    Ok(miners.grow_rival(depth.into(), rival, now))
}

#[cfg(test)]
mod tests {
    use causeway_light_client::ClientRegistry;
    use causeway_wire_bitcoin::rpc::TipStatus;

    use super::*;
    use crate::{Config, Miner};

    fn time(secs: u64) -> Timestamp {
        Timestamp::from_secs(1_800_000_000 + secs).unwrap()
    }

    fn miners() -> Miners {
        let mut miners = Miners::new(&Config::new(5, time(0)), ClientRegistry::default()).unwrap();
        miners.advance(time(200));
        inject(&mut miners, &Fault::Halt, time(200)).unwrap();
        miners.advance(time(210));
        miners
    }

    fn serving(miners: &Miners) -> &Miner {
        miners.serving().unwrap()
    }

    #[test]
    fn halted_and_stopped_miners_come_back() {
        let mut miners = miners();
        let height = serving(&miners).height();
        assert_eq!(miners.next_deadline(), None);
        miners.advance(time(300));
        assert_eq!(serving(&miners).height(), height);
        inject(&mut miners, &Fault::Partition, time(300)).unwrap();
        assert!(miners.is_partitioned());
        inject(&mut miners, &Fault::Resume, time(300)).unwrap();
        assert!(!miners.is_halted() && !miners.is_partitioned());
        inject(&mut miners, &Fault::Stop { count: 2 }, time(300)).unwrap();
        assert_eq!(miners.running(), (2, 4));
        miners.advance(time(360));
        assert!(serving(&miners).height() > height + 5);
    }

    #[test]
    fn a_reorganisation_replaces_exactly_the_newest_blocks_of_all() {
        for depth in [1, 3, 40] {
            let mut miners = miners();
            let old: Vec<_> = serving(&miners).blocks().map(|b| b.header.hash()).collect();
            inject(&mut miners, &Fault::Reorg { depth }, time(210)).unwrap();
            assert!(miners.next_deadline().is_some());
            miners.advance(time(212));
            let kept = old.len() - depth as usize;
            for miner in miners.miners() {
                let new: Vec<_> = miner.blocks().map(|b| b.header.hash()).collect();
                assert_eq!(new[..kept], old[..kept]);
                assert!(new[kept..].iter().all(|hash| !old.contains(hash)));
                assert!(new.len() > kept);
                assert!(miner.tips().iter().any(|tip| {
                    tip.hash == *old.last().unwrap()
                        && tip.status == TipStatus::ValidFork
                        && tip.branch_len == u64::from(depth)
                }));
            }
        }
    }

    #[test]
    fn a_fork_stands_beside_and_nobody_follows_it() {
        let mut miners = miners();
        let before = serving(&miners).tip_hash();
        inject(&mut miners, &Fault::Fork { depth: 3 }, time(210)).unwrap();
        miners.advance(time(212));
        for miner in miners.miners() {
            assert_eq!(miner.tip_hash(), before);
            let fork = miner.tips().into_iter().find(|tip| tip.branch_len > 0).unwrap();
            assert!(matches!(fork.status, TipStatus::ValidHeaders | TipStatus::ValidFork));
            assert!(fork.branch_len == 3 && fork.height == miner.height());
        }
        inject(&mut miners, &Fault::Resume, time(213)).unwrap();
        miners.advance(time(260));
        let kept = serving(&miners).blocks().any(|block| block.header.hash() == before);
        assert!(kept);
    }

    #[test]
    fn what_is_out_of_range_or_not_of_this_chain_is_refused() {
        let mut miners = miners();
        for fault in [
            Fault::Stop { count: 0 },
            Fault::Stop { count: 4 },
            Fault::Reorg { depth: 0 },
            Fault::Reorg { depth: 101 },
            Fault::Fork { depth: 0 },
        ] {
            let refused = inject(&mut miners, &fault, time(210));
            assert!(matches!(refused, Err(FaultError::OutOfRange { .. })), "{fault:?}");
        }
        let refused = inject(&mut miners, &Fault::StopFinality, time(210));
        assert!(matches!(refused, Err(FaultError::NotHere { .. })));
    }
}
