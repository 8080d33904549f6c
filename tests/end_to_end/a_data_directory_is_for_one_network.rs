//! Data directories and ports that cannot be used.

use std::fs;
use std::net::TcpListener;

use crate::network::{Home, free_ports};

#[test]
fn a_data_directory_in_use_and_a_port_in_use_are_refused() {
    let home = Home::new();
    let network = home.up(&["--seed", "3"]);
    let port = free_ports().to_string();
    let run = home.run(&["up", "--no-relayer", "--base-port", &port]);
    assert_eq!(run.code, 3, "{run:?}");
    assert!(run.stderr.contains("in use by another process"), "{run:?}");

    let other = home.path().join("other");
    let other = other.to_str().unwrap();
    let taken = network.base_port.to_string();
    let run = home.run(&["up", "--no-relayer", "--data-dir", other, "--base-port", &taken]);
    assert_eq!(run.code, 3, "{run:?}");
    let named = format!("port {}", network.base_port + 1);
    assert!(run.stderr.contains(&named), "{run:?}");
    assert_eq!(network.stop("-INT"), Some(0));

    let run = home.run(&["up", "--no-relayer", "--base-port", &port, "--seed", "4"]);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.contains("seed 3, not 4"), "{run:?}");
}

#[test]
fn a_data_directory_of_another_version_is_refused() {
    let home = Home::new();
    let place = home.path().join("data");
    fs::create_dir(&place).unwrap();
    let file = place.join("network.json");
    let args = ["up", "--no-relayer", "--data-dir", place.to_str().unwrap()];
    for text in [r#"{"format":"causeway-network","version":99,"seed":1}"#, "{}", ""] {
        fs::write(&file, text).unwrap();
        let run = home.run(&args);
        assert_eq!(run.code, 3, "{text}: {run:?}");
        assert!(run.stderr.contains("--reset"), "{text}: {run:?}");
        assert_eq!(fs::read_to_string(&file).unwrap(), text);
    }
}

#[test]
fn the_last_port_leaves_room_for_the_others() {
    let home = Home::new();
    for port in ["0", "65531", "99999", "x"] {
        let run = home.run(&["up", "--no-relayer", "--base-port", port]);
        assert_eq!(run.code, 2, "{port}: {run:?}");
    }
    // A port that is taken before anything is there leaves no network behind.
    let base = free_ports();
    let _taken = TcpListener::bind(("127.0.0.1", base + 3)).unwrap();
    let run = home.run(&["up", "--no-relayer", "--base-port", &base.to_string()]);
    assert_eq!(run.code, 3, "{run:?}");
    assert!(run.stderr.contains(&format!("port {}", base + 3)), "{run:?}");
    assert!(!home.path().join("config.toml").exists());
}
