//! `causeway verify ics23`.

use crate::binary::causeway;

#[test]
fn the_command_explains_itself() {
    let run = causeway(&["verify", "ics23", "--help"]);
    assert_eq!(run.code, 0);
    assert!(run.stdout.contains("Usage: causeway verify ics23"), "{run:?}");
}
