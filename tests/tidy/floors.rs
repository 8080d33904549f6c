//! A crate depends only on lower floors.

use std::collections::BTreeMap;

use cargo_metadata::{DependencyKind, MetadataCommand};

/// The floor of each folder; everything below the line between 4 and 5 is pure.
const FLOORS: &[(&str, u32)] = &[
    ("protocol/core", 0),
    ("light-clients/interface", 1),
    ("light-clients/ics23", 1),
    ("light-clients/registry", 3),
    ("light-clients/", 2),
    ("protocol/wire/", 3),
    ("chains/contracts", 3),
    ("chains/interface", 1),
    ("chains/store", 3),
    ("chains/node", 5),
    ("chains/", 4),
    ("relayer/engine", 3),
    ("relayer/endpoints", 4),
    ("relayer/daemon", 5),
    ("cli", 6),
    ("tests", 6),
];

/// The first floor that may do I/O.
const IO_FLOOR: u32 = 5;

/// Crates that only belong above the line.
const IO_CRATES: &[&str] = &["tokio", "rusqlite", "jsonrpsee", "axum", "hyper", "reqwest"];

fn floor_of(folder: &str) -> u32 {
    let floor = FLOORS.iter().find(|(prefix, _)| folder.starts_with(prefix));
    floor.unwrap_or_else(|| panic!("{folder} stands on no floor: add it to FLOORS")).1
}

#[test]
fn crates_depend_only_on_lower_floors() {
    let metadata = MetadataCommand::new().no_deps().exec().unwrap();
    let folders: BTreeMap<_, _> = metadata
        .packages
        .iter()
        .map(|package| {
            let folder = package.manifest_path.parent().unwrap();
            let folder = folder.strip_prefix(&metadata.workspace_root).unwrap();
            (package.name.to_string(), folder.to_string())
        })
        .collect();
    assert!(folders.len() > 10, "the workspace has shrunk to {}", folders.len());

    for package in &metadata.packages {
        let folder = &folders[package.name.as_str()];
        let floor = floor_of(folder);
        let binding = package.dependencies.iter().filter(|d| d.kind != DependencyKind::Development);
        for dependency in binding {
            let name = dependency.name.as_str();
            if let Some(below) = folders.get(name) {
                assert!(
                    floor_of(below) < floor,
                    "{folder} (floor {floor}) must not depend on {below} ({})",
                    floor_of(below)
                );
            }
            assert!(
                floor >= IO_FLOOR || !IO_CRATES.contains(&name),
                "{folder} is pure and must not depend on {name}"
            );
            let crosses = folder.starts_with("relayer/") && name.starts_with("causeway-chain-");
            assert!(!crosses, "{folder} must not depend on the chain crate {name}");
        }
    }
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    for (path, text) in crate::texts("", "Cargo.toml") {
        let inherits = text.contains("[lints]\nworkspace = true");
        // Above the I/O line a shorter list is enough.
        let above = ["chains/node/", "relayer/daemon/"];
        let own = text.contains("[lints.clippy]") && above.iter().any(|it| path.starts_with(it));
        let is_crate = path != "Cargo.toml" && !path.starts_with("fuzz/");
        assert!(inherits || own || !is_crate, "{path} takes no lints");
    }
}
