//! A bundled network in a temporary home, and how to drive it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::binary::{Run, binary};

/// How long anything may take. Nothing is measured here: machines may be slow.
const PATIENCE: Duration = Duration::from_mins(3);

/// The ports of a network, from the base port on.
const PORTS: u16 = 6;

/// The chains of the bundled network.
pub(crate) const CHAINS: [&str; 3] = ["pow", "pos", "pbft"];

/// One network at a time: several would share two cores.
static TURN: Mutex<()> = Mutex::new(());

/// A home directory of its own.
#[derive(Debug)]
pub(crate) struct Home {
    folder: TempDir,
    _turn: MutexGuard<'static, ()>,
}

impl Home {
    pub(crate) fn new() -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        Self { folder: tempfile::tempdir().unwrap(), _turn: turn }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command
            .args(args)
            .env("CAUSEWAY_HOME", self.path())
            .env("CAUSEWAY_PASSPHRASE", "correct horse")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Run {
        Self::finish(&mut self.command(args))
    }

    /// Runs a command with another environment.
    pub(crate) fn run_with(&self, args: &[&str], change: impl FnOnce(&mut Command)) -> Run {
        let mut command = self.command(args);
        change(&mut command);
        Self::finish(&mut command)
    }

    fn finish(command: &mut Command) -> Run {
        let output = command.output().expect("the binary starts");
        Run {
            code: output.status.code().expect("no signal ended the binary"),
            stdout: String::from_utf8(output.stdout).expect("text"),
            stderr: String::from_utf8(output.stderr).expect("text"),
        }
    }

    /// Runs a command that must succeed, and gives its document.
    pub(crate) fn ask(&self, args: &[&str]) -> Value {
        let run = self.run(&[args, &["--json"]].concat());
        assert_eq!(run.code, 0, "{args:?}: {run:?}");
        run.json()
    }

    /// Starts the network, and waits for its first document.
    pub(crate) fn up(&self, args: &[&str]) -> Network {
        let base_port = free_ports();
        let port = base_port.to_string();
        let fixed = ["up", "--no-relayer", "--json", "--base-port", &port];
        let mut child = self.command(&[&fixed, args].concat()).spawn().expect("the binary starts");
        let stderr = Lines::of(child.stderr.take().unwrap());
        let stdout = Lines::of(child.stdout.take().unwrap());
        let started = Instant::now();
        let document = loop {
            if let Some(line) = stdout.lines().first() {
                break serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
            }
            if let Some(status) = child.try_wait().unwrap() {
                panic!("the network ended with {status}: {:?}", stderr.lines());
            }
            assert!(started.elapsed() < PATIENCE, "no document: {:?}", stderr.lines());
            thread::sleep(Duration::from_millis(50));
        };
        Network { child, document, stderr, base_port }
    }

    /// The status of one chain.
    pub(crate) fn status(&self, chain: &str) -> Value {
        self.ask(&["chain", "status", chain])["chains"][0].clone()
    }

    /// Waits until a chain's status is as wanted.
    pub(crate) fn wait_for(&self, chain: &str, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        let started = Instant::now();
        loop {
            let status = self.status(chain);
            if is(&status) {
                return status;
            }
            assert!(started.elapsed() < PATIENCE, "{chain}: no {what}: {status}");
            thread::sleep(Duration::from_millis(200));
        }
    }

    /// Waits for so many more blocks.
    pub(crate) fn wait_for_blocks(&self, chain: &str, count: u64) -> u64 {
        let head = |status: &Value| status["head"].as_u64().unwrap();
        let from = head(&self.status(chain));
        head(&self.wait_for(chain, "block", |status| head(status) >= from + count))
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

/// A running network; it is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Network {
    child: Child,
    /// The first document of `up --json`.
    pub(crate) document: Value,
    stderr: Lines,
    pub(crate) base_port: u16,
}

impl Network {
    /// What it has said so far.
    pub(crate) fn progress(&self) -> Vec<String> {
        self.stderr.lines()
    }

    /// Sends a signal and waits for the end; gives the exit code.
    pub(crate) fn stop(mut self, signal: &str) -> Option<i32> {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args([signal, &pid]).status().unwrap();
        assert!(sent.success());
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(started.elapsed() < PATIENCE, "it does not stop: {:?}", self.stderr.lines());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// A path of the document.
    pub(crate) fn file(&self, pointer: &str) -> PathBuf {
        self.document.pointer(pointer).and_then(Value::as_str).expect(pointer).into()
    }

    /// Calls a JSON-RPC method of the API at `base port + offset`.
    pub(crate) fn call(&self, offset: u16, method: &str, params: &Value) -> Value {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let cookie = (offset == 1)
            .then(|| std::fs::read_to_string(self.file("/chains/pow/cookie_file")).unwrap());
        let (status, answer) = self.post(offset, &body.to_string(), cookie.as_deref());
        let answer: Value =
            serde_json::from_str(&answer).unwrap_or_else(|e| panic!("{e}: {status} {answer}"));
        assert!(answer["error"].is_null(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// Posts a body to the API at `base port + offset`; gives status and body.
    pub(crate) fn post(&self, offset: u16, body: &str, login: Option<&str>) -> (u16, String) {
        let login = login
            .map(|login| format!("Authorization: Basic {}\r\n", STANDARD.encode(login.trim())));
        let login = login.unwrap_or_default();
        let head = format!("POST / HTTP/1.1\r\n{login}Content-Length: {}\r\n", body.len());
        self.send(offset, &head, body)
    }

    /// Gets a path of the API at `base port + offset`.
    pub(crate) fn get(&self, offset: u16, path: &str) -> (u16, String) {
        self.send(offset, &format!("GET {path} HTTP/1.1\r\n"), "")
    }

    fn send(&self, offset: u16, head: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.base_port + offset)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let rest = "Host: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n";
        stream.write_all(format!("{head}{rest}{body}").as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").expect("an HTTP answer");
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
        (status, body.to_owned())
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A base port whose ports are all free now.
pub(crate) fn free_ports() -> u16 {
    for _ in 0..100 {
        let probe = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let base = probe.local_addr().unwrap().port();
        let Some(end) = base.checked_add(PORTS) else { continue };
        let is_free = |port| TcpListener::bind(("127.0.0.1", port)).is_ok();
        if (base + 1..end).all(is_free) {
            return base;
        }
    }
    panic!("no free ports");
}
