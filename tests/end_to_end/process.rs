//! A process that goes on until it is told to stop, and what it says meanwhile.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long anything may take. Nothing is measured here: machines may be slow.
pub(crate) const PATIENCE: Duration = Duration::from_mins(3);

/// How often is looked whether something has happened.
const POLL: Duration = Duration::from_millis(50);

/// Looks until there is something; `what` says what there should be, and what there is instead.
pub(crate) fn wait_until<T>(mut look: impl FnMut() -> Option<T>, what: impl Fn() -> String) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "waited in vain: {}", what());
        thread::sleep(POLL);
    }
}

/// A running `causeway`; it is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    stdout: Lines,
    stderr: Lines,
}

impl Process {
    /// Starts a command whose output is piped.
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.spawn().expect("the binary starts");
        let stderr = Lines::of(child.stderr.take().unwrap());
        let stdout = Lines::of(child.stdout.take().unwrap());
        Self { child, stdout, stderr }
    }

    /// Waits for the document that it prints first.
    pub(crate) fn document(&mut self) -> Value {
        let Self { child, stdout, stderr } = self;
        let look = || {
            if let Some(line) = stdout.lines().first() {
                return Some(serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")));
            }
            if let Some(status) = child.try_wait().unwrap() {
                panic!("it ended with {status}: {:?}", stderr.lines());
            }
            None
        };
        wait_until(look, || format!("no document: {:?}", stderr.lines()))
    }

    /// What it has said so far on standard error.
    pub(crate) fn log(&self) -> Vec<String> {
        self.stderr.lines()
    }

    /// Waits until it says something on standard error, and gives the line.
    pub(crate) fn wait_for_line(&self, what: &str, is: impl Fn(&str) -> bool) -> String {
        let look = || self.log().into_iter().find(|line| is(line));
        wait_until(look, || format!("{what}: {:#?}", self.log()))
    }

    /// Sends a signal and waits for the end; gives the exit code.
    pub(crate) fn stop(mut self, signal: &str) -> Option<i32> {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args([signal, &pid]).status().unwrap();
        assert!(sent.success());
        let Self { child, stderr, .. } = &mut self;
        let ended = || child.try_wait().unwrap();
        wait_until(ended, || format!("it does not stop: {:?}", stderr.lines())).code()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The lines that a process writes, as they come.
#[derive(Debug, Clone)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    fn of(pipe: impl Read + Send + 'static) -> Self {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&lines);
        thread::spawn(move || {
            for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                sink.lock().unwrap().push(line);
            }
        });
        Self(lines)
    }

    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}
