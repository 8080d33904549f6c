//! `causeway verify ics23`.

use crate::binary::{causeway, causeway_with_input};

#[test]
fn the_command_explains_itself() {
    let run = causeway(&["verify", "ics23", "--help"]);
    assert_eq!(run.code, 0);
    assert!(run.stdout.contains("Usage: causeway verify ics23"), "{run:?}");
}

#[test]
fn an_unknown_option_is_a_usage_error() {
    let run = causeway_with_input(&["verify", "ics23", "--no-such-option"], b"unread");
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("--no-such-option"), "{run:?}");
}
