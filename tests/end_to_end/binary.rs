//! The binary under test, built once, and how to drive it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// What a run of the binary came to.
#[derive(Debug)]
pub(crate) struct Run {
    /// The exit code.
    pub(crate) code: i32,
    /// All of standard output.
    pub(crate) stdout: String,
    /// All of standard error.
    pub(crate) stderr: String,
}

impl Run {
    /// Standard output as one JSON document.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Runs `causeway` with these arguments and nothing on standard input.
pub(crate) fn causeway<S: AsRef<str>>(args: &[S]) -> Run {
    causeway_with_input(args, &[])
}

/// Runs `causeway` with these arguments and these bytes on standard input. It need not read them.
pub(crate) fn causeway_with_input<S: AsRef<str>>(args: &[S], input: &[u8]) -> Run {
    let mut child = Command::new(binary())
        .args(args.iter().map(AsRef::as_ref))
        .current_dir(repository())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut stdin = child.stdin.take().expect("standard input is piped");
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("the binary ends");
    // A binary that stops reading early breaks the pipe: that is its right.
    let _ = writer.join().expect("the writer ends");
    Run {
        code: output.status.code().expect("no signal ended the binary"),
        stdout: String::from_utf8(output.stdout).expect("text"),
        stderr: String::from_utf8(output.stderr).expect("text"),
    }
}

/// The root of the repository, in which the binary is run.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the repository")
}

/// The binary, built by the first who asks, in the profile of this test.
pub(crate) fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(build)
}

/// Test executables lie in `<target>/<profile>/deps`; the binary belongs into `<target>/<profile>`.
fn build() -> PathBuf {
    let test = std::env::current_exe().expect("this test is a file");
    let profile_dir = test.ancestors().nth(2).expect("cargo's layout");
    let target_dir = profile_dir.parent().expect("cargo's layout");
    let profile = match profile_dir.file_name().and_then(|name| name.to_str()) {
        Some("debug") => "dev",
        Some(name) => name,
        None => panic!("{} is not in cargo's layout", test.display()),
    };
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--package", "causeway-cli", "--profile", profile])
        .arg("--target-dir")
        .arg(target_dir)
        .current_dir(repository())
        .status()
        .expect("cargo starts");
    assert!(status.success(), "the binary does not build");
    profile_dir.join(format!("causeway{}", std::env::consts::EXE_SUFFIX))
}
