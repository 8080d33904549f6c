//! `causeway chain fault`: what is broken shows, and is mended.

use std::fs;

use serde_json::{Value, json};

use crate::network::{CHAINS, Home};

fn has(status: &Value, fault: &str) -> bool {
    status["faults"].as_array().unwrap().iter().any(|it| it == fault)
}

fn head(status: &Value) -> u64 {
    status["head"].as_u64().unwrap()
}

#[test]
fn what_is_broken_shows_and_is_mended() {
    let home = Home::new();
    let network = home.up(&["--faults"]);
    let fault = |args: &[&str]| home.ask(&[&["chain", "fault"], args].concat());

    for chain in CHAINS {
        // Halted: no blocks, until it is told to go on.
        fault(&[chain, "halt"]);
        let halted = home.status(chain);
        assert!(has(&halted, "halt"), "{halted}");
        std::thread::sleep(std::time::Duration::from_secs(5));
        let later = home.status(chain);
        assert!(head(&later) <= head(&halted) + 1, "{chain}: {halted} {later}");
        fault(&[chain, "resume"]);
        home.wait_for_blocks(chain, 1);
        assert!(!has(&home.status(chain), "halt"));

        // A partition shows, and ends by itself.
        fault(&[chain, "partition", "--for", "3s"]);
        let split = home.status(chain);
        assert!(has(&split, "partition"), "{split}");
        assert!(!split["conditions"].as_array().unwrap().is_empty(), "{split}");
        home.wait_for(chain, "end of the partition", |status| !has(status, "partition"));

        // One participant fewer, and the chain goes on.
        fault(&[chain, "stop"]);
        let stopped = home.status(chain);
        let running = |status: &Value| status["participants"]["running"].as_u64().unwrap();
        let all = stopped["participants"]["all"].as_u64().unwrap();
        assert_eq!(running(&stopped), all - 1);
        home.wait_for_blocks(chain, 1);
        fault(&[chain, "resume"]);
        assert_eq!(running(&home.status(chain)), all);
    }

    // Answers that are errors, late, and wrong.
    for chain in CHAINS {
        fault(&[chain, "rpc-errors"]);
        let run = home.run(&["chain", "status", chain]);
        assert_eq!(run.code, 3, "{run:?}");
        fault(&[chain, "rpc-honest"]);
        home.status(chain);
    }
    let call = r#"{"id":1,"method":"getblockhash","params":[1]}"#;
    let cookie = fs::read_to_string(network.file("/chains/pow/cookie_file")).unwrap();
    let ask = || network.post(1, call, Some(&cookie)).1;
    let truth = ask();
    assert_eq!(ask(), truth);
    fault(&["pow", "rpc-lie"]);
    assert_ne!(ask(), truth);
    fault(&["pow", "rpc-delay", "--delay", "10ms"]);
    assert_eq!(ask(), truth);
    fault(&["pow", "resume"]);

    // The owner of the data directory, and nobody else, may break things.
    assert_eq!(network.post(5, "{}", None).0, 401);
    let cookie = fs::read_to_string(network.file("/control/cookie_file")).unwrap();
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "causeway_status", "params": {}});
    let (status, body) = network.post(5, &call.to_string(), Some(&cookie));
    assert_eq!(status, 200, "{body}");

    for args in [
        &["pow", "explode"][..],
        &["nowhere", "halt"],
        &["pow", "halt", "--depth", "3"],
        &["pow", "stop", "--count", "0"],
        &["pow", "stop", "--count", "99"],
        &["pow", "resume", "--for", "3s"],
        &["pow", "stop-finality"],
    ] {
        let run = home.run(&[&["chain", "fault"], args].concat());
        assert_eq!(run.code, 2, "{args:?}: {run:?}");
    }
}

#[test]
fn nothing_breaks_unless_it_was_asked_for() {
    let home = Home::new();
    let network = home.up(&[]);
    let run = home.run(&["chain", "fault", "pow", "halt"]);
    assert_eq!(run.code, 3, "{run:?}");
    assert!(run.stderr.contains("--faults"), "{run:?}");
    assert!(network.document["control"].is_null());
    assert!(home.status("pow")["faults"].is_null());
}
