//! Packets from end to end, whatever stops the daemon.

use super::faults::Faults;
use super::world::World;

#[tokio::test(start_paused = true)]
async fn packets_arrive_and_their_answers_come_home() {
    let mut world = World::new(1, [0, 3]);
    let daemon = world.daemon().await;
    for count in 1..=20 {
        world.send(0, 1, 600);
        world.send(1, 2, 600);
        if count % 5 == 0 {
            world.second().await;
        }
    }
    world.until_over(&daemon, 60).await;
    daemon.stop().await;
    assert_eq!((world.arrived(1), world.arrived(0)), (20, 40));
    assert_eq!((world.left(0), world.left(1)), (999_980, 999_960));
    let net = world.net.lock().unwrap();
    let transactions: Vec<_> = net.chains.iter().map(|chain| chain.transactions).collect();
    assert!(transactions.iter().all(|count| *count < 20 + 30), "{transactions:?}");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_arrive_comes_back() {
    let mut world = World::new(2, [2, 0]);
    world.net.lock().unwrap().chains[1].refuses = super::net::refuses_seven;
    let daemon = world.daemon().await;
    world.send(0, 7, 600);
    world.send(0, 1, 600);
    world.send(0, 5, 3);
    world.until_over(&daemon, 60).await;
    daemon.stop().await;
    assert_eq!((world.arrived(1), world.left(0)), (1, 999_999));
}

#[tokio::test(start_paused = true)]
async fn a_daemon_that_is_killed_goes_on_where_it_was() {
    for seed in 0..8 {
        let mut world = World::new(seed, [1, 3]);
        let mut daemon = world.daemon().await;
        let mut sent = [0, 0];
        for _ in 0..40 {
            let (side, amount, kill) = {
                let random = &mut world.net.lock().unwrap().random;
                (usize::from(random.chance(1, 2)), 1 + random.below(9), random.chance(1, 4))
            };
            world.send(side, amount, 600);
            sent[side] += amount;
            world.second().await;
            if kill {
                drop(daemon);
                daemon = world.daemon_after_kill().await;
            }
        }
        world.until_over(&daemon, 120).await;
        daemon.stop().await;
        assert_eq!([world.arrived(1), world.arrived(0)], sent, "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn bad_times_pass() {
    let bad = Faults { fails: 12, silent: 12, hangs: 200, lies: 0, forgets: 8, down: false };
    let lies = Faults { lies: 10, ..Faults::default() };
    let down = Faults { down: true, ..Faults::default() };
    for (seed, faults) in [(1, bad), (2, lies), (3, down), (4, Faults { lies: 15, ..bad })] {
        let mut world = World::new(seed, [1, 3]);
        let mut daemon = world.daemon().await;
        let mut sent = [0, 0];
        world.set(faults);
        for step in 0..60 {
            let (side, amount, chance) = {
                let random = &mut world.net.lock().unwrap().random;
                (usize::from(random.chance(1, 2)), 1 + random.below(9), random.below(12))
            };
            world.send(side, amount, 900);
            sent[side] += amount;
            if chance == 0 {
                world.net.lock().unwrap().reorganise(1, 2);
            }
            if step % 20 == 19 {
                drop(daemon);
                daemon = world.daemon_after_kill().await;
            }
            world.second().await;
        }
        world.set(Faults::default());
        world.until_over(&daemon, 300).await;
        daemon.stop().await;
        assert_eq!([world.arrived(1), world.arrived(0)], sent, "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn two_daemons_share_a_path() {
    let mut world = World::new(5, [0, 2]);
    let one = world.daemon().await;
    world.config.limits.stagger = core::time::Duration::from_secs(4);
    let two = world.daemon_of("other", "other.sqlite").await;
    for _ in 0..10 {
        for _ in 0..5 {
            world.send(0, 1, 600);
        }
        world.second().await;
    }
    world.until_over(&one, 120).await;
    world.until_over(&two, 120).await;
    let transactions: usize =
        world.net.lock().unwrap().chains.iter().map(|chain| chain.transactions).sum();
    one.stop().await;
    two.stop().await;
    assert_eq!(world.arrived(1), 50);
    assert!(transactions < 50 + 80, "{transactions} transactions");
}
