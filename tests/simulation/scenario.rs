//! From an outline and a seed to a verdict: trouble first, then peace, in which all must end.

use core::time::Duration;

use causeway_chain::Fault;
use causeway_relayer_engine::{Outcome, Side};

use super::audit::{Fate, check_count};
use super::net::Weather;
use super::plan::{Act, Outline, Plan, Trouble};
use super::traffic::{self, Kind};
use super::world::World;

/// How long packets may take once nothing is wrong any more: longer than the longest timeout.
const PEACE: Duration = Duration::from_mins(20);

/// Runs one scenario; gives what it has come to, or what is wrong.
pub(crate) fn run(outline: &Outline, seed: u64) -> Result<String, String> {
    let mut world = World::new(outline.families, seed, outline.relayers);
    let plan = Plan::draw(outline, seed);
    let result = trouble(&mut world, &plan, outline)
        .and_then(|()| {
            peace(&mut world, !outline.troubles.contains(&Trouble::Lie) || seed.is_multiple_of(2))
        })
        .and_then(|()| verdict(&world));
    match result {
        Ok(fates) => Ok(summary(&world, &fates)),
        Err(reason) => Err(format!("{reason}\n{outline:?}\n{plan:#?}")),
    }
}

fn trouble(world: &mut World, plan: &Plan, outline: &Outline) -> Result<(), String> {
    let begin = world.now();
    for (at, act) in &plan.0 {
        let at = begin.saturating_add(*at);
        while world.now() < at {
            world.step()?;
        }
        act.happen(world);
        world.auditor.check_conservation()?;
    }
    let end = begin.saturating_add(Duration::from_secs(outline.secs));
    while world.now() < end {
        world.step()?;
    }
    Ok(())
}

/// Everything is mended, relayers come back, and every packet ends.
pub(crate) fn peace(world: &mut World, keeps_disks: bool) -> Result<(), String> {
    Act::Weather(Weather { slowest: 20, ..Weather::default() }).happen(world);
    for me in [0, 1] {
        Act::Cut(me, false).happen(world);
        Act::Lie(me, None).happen(world);
        Act::Break(me, Fault::Resume).happen(world);
    }
    world.revive(keeps_disks);
    world.finish(PEACE)
}

/// How many packets ended in each way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fates {
    pub(crate) taken: u32,
    pub(crate) refused: u32,
    pub(crate) timed_out: u32,
}

/// What must be true at the end.
pub(crate) fn verdict(world: &World) -> Result<Fates, String> {
    world.auditor.check_conservation()?;
    let fates = [world.auditor.fates(0)?, world.auditor.fates(1)?];
    let mut all = Fates::default();
    // What bob has on each chain.
    let mut vouchers = [0_i128; 2];
    for (me, side) in [(0, Side::A), (1, Side::B)] {
        check_count(&fates[me])?;
        for (packet, fate) in &fates[me] {
            let (kind, amount) = traffic::read(&packet.payloads);
            if kind.is_refused() && matches!(fate, Fate::Taken(_)) {
                return Err(format!("chain {me}: {kind:?} was taken"));
            }
            match fate {
                Fate::Taken(_) => all.taken += 1,
                Fate::Refused => all.refused += 1,
                Fate::TimedOut => all.timed_out += 1,
            }
            match (kind, fate) {
                (Kind::Transfer | Kind::Both, Fate::Taken(_)) => {
                    vouchers[1 - me] += i128::from(amount);
                }
                (Kind::Return, Fate::Taken(_)) => vouchers[me] -= i128::from(amount),
                _ => {}
            }
            for life in &world.lives {
                let known = life.relayer.as_ref().map_or(&life.disk, |it| &it.disk);
                let known = known
                    .packets
                    .iter()
                    .find(|(key, _)| key.source == side && key.sequence == packet.sequence);
                if let Some(outcome) = known.and_then(|(_, record)| record.outcome)
                    && !fits(outcome, fate)
                {
                    let sequence = packet.sequence;
                    return Err(format!("packet {sequence} of {me}: {outcome:?}, not {fate:?}"));
                }
            }
        }
    }
    for me in [0, 1] {
        let denom = traffic::voucher(&world.auditor.ends[me].client, &world.members[1 - me]);
        let has = world.auditor.balance(me, &world.user(me, "bob").account(), &denom);
        if has != vouchers[me] {
            return Err(format!("on chain {me} bob has {has}, not {}", vouchers[me]));
        }
    }
    Ok(all)
}

/// True when the relayer believes what happened.
fn fits(outcome: Outcome, fate: &Fate) -> bool {
    match outcome {
        Outcome::Settled => true,
        Outcome::Acknowledged => matches!(fate, Fate::Taken(_)),
        Outcome::Rejected => *fate == Fate::Refused,
        Outcome::Refunded => *fate == Fate::TimedOut,
    }
}

fn summary(world: &World, fates: &Fates) -> String {
    let Fates { taken, refused, timed_out } = fates;
    let lives = world.lives.iter().map(|life| {
        let steps = life.steps + life.relayer.as_ref().map_or(0, |it| it.steps);
        format!("; {steps} steps, {} kills", life.kills)
    });
    let unsent = world.refused(0) + world.refused(1);
    format!(
        "{taken} taken, {refused} refused, {timed_out} timed out, {unsent} not sent; {} lies{}",
        world.lies,
        lives.collect::<String>()
    )
}
