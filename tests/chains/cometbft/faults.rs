//! The chain, broken on purpose and mended.

use causeway_chain::{Chain, Fault, FaultError, RpcFault};

use super::driver::Driver;

#[test]
fn a_halted_chain_makes_no_block_until_it_is_resumed() {
    let mut driver = Driver::new(51);
    driver.run(3_000);
    driver.inject(&Fault::Halt);
    let head = driver.head();
    assert_eq!(driver.chain.next_deadline(), None);
    assert_eq!(driver.chain.summary().conditions, ["halted"]);
    driver.run(60_000);
    assert_eq!(driver.head(), head);
    driver.inject(&Fault::Resume);
    driver.run(5_000);
    let resumed = driver.head();
    // The pause is not made up for.
    assert!((head + 2..head + 8).contains(&resumed), "{head} {resumed}");
    let block = |driver: &mut Driver, height: u64| {
        driver.call("header", serde_json::json!({ "height": height }))["header"]["time"].clone()
    };
    assert!(block(&mut driver, head).as_str() < block(&mut driver, head + 1).as_str());
}

#[test]
fn no_half_decides_and_two_of_four_are_too_few() {
    for fault in [Fault::Partition, Fault::Stop { count: 2 }] {
        let mut driver = Driver::new(52);
        driver.run(3_000);
        driver.inject(&fault);
        driver.run(2_000);
        let head = driver.head();
        driver.run(30_000);
        assert_eq!(driver.head(), head, "{fault:?}");
        assert!(!driver.chain.summary().conditions.is_empty());
        driver.inject(&Fault::Resume);
        driver.run(30_000);
        assert!(driver.head() > head + 10, "{fault:?} {} {head}", driver.head());
        assert!(driver.chain.summary().conditions.is_empty());
        let heights: Vec<_> =
            driver.chain.participants().members().iter().map(|m| m.state().height()).collect();
        assert!(heights.iter().all(|height| *height + 1 >= driver.head()), "{heights:?}");
    }
}

#[test]
fn one_of_four_stopped_for_long_catches_up() {
    let mut driver = Driver::new(53);
    driver.run(2_000);
    driver.inject(&Fault::Stop { count: 1 });
    assert_eq!(driver.chain.summary().participants, (3, 4));
    // All at once, as after a long sleep of the process that runs it.
    driver.run(200_000);
    let head = driver.head();
    assert!(head > 120, "{head}");
    driver.inject(&Fault::Resume);
    driver.run(4_000);
    let members = driver.chain.participants().members();
    let heights: Vec<_> = members.iter().map(|member| member.state().height()).collect();
    assert!(heights.iter().all(|height| *height + 1 >= driver.head()), "{heights:?}");
}

#[test]
fn sets_change_as_often_as_one_likes() {
    let mut driver = Driver::new(54);
    driver.run(2_000);
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..6 {
        driver.inject(&Fault::ChangeSet { count: 1 });
        driver.run(5_000);
        let validators = driver.call("validators", serde_json::json!({}));
        assert_eq!(validators["total"], "4");
        seen.insert(validators["validators"].to_string());
    }
    assert!(seen.len() >= 6, "{}", seen.len());
    assert_eq!(driver.chain.summary().participants, (4, 4));
}

#[test]
fn what_this_chain_cannot_do_it_says() {
    let mut driver = Driver::new(55);
    driver.run(1_000);
    let now = driver.now;
    for fault in [
        Fault::Reorg { depth: 1 },
        Fault::Fork { depth: 1 },
        Fault::StopFinality,
        Fault::Rpc(RpcFault::Lie),
    ] {
        let error = driver.chain.inject(&fault, now).unwrap_err();
        assert!(matches!(error, FaultError::NotHere { alias: "pbft", .. }), "{fault:?}");
    }
    for fault in [
        Fault::Stop { count: 0 },
        Fault::Stop { count: 5 },
        Fault::ChangeSet { count: 0 },
        Fault::ChangeSet { count: 3 },
    ] {
        let error = driver.chain.inject(&fault, now).unwrap_err();
        assert!(matches!(error, FaultError::OutOfRange { .. }), "{fault:?}");
    }
}
