//! A bundled network in a temporary home, and how to drive it.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::binary::{Run, binary};
use crate::process::{PATIENCE, Process};

/// The ports of a network, from the base port on.
const PORTS: u16 = 6;

/// The chains of the bundled network.
pub(crate) const CHAINS: [&str; 3] = ["pow", "pos", "pbft"];

/// So many networks at a time: one that runs needs little, one that starts a core.
const TOGETHER: usize = 4;

/// The networks that there are now.
static TURNS: (Mutex<usize>, Condvar) = (Mutex::new(0), Condvar::new());

/// The right to run a network.
#[derive(Debug)]
struct Turn;

impl Turn {
    fn take() -> Self {
        let (taken, given_back) = &TURNS;
        let taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
        let free = given_back.wait_while(taken, |taken| *taken >= TOGETHER);
        *free.unwrap_or_else(PoisonError::into_inner) += 1;
        Self
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let (taken, given_back) = &TURNS;
        *taken.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        given_back.notify_one();
    }
}

/// A home directory of its own.
#[derive(Debug)]
pub(crate) struct Home {
    folder: TempDir,
    _turn: Turn,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self { _turn: Turn::take(), folder: tempfile::tempdir().unwrap() }
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

    /// Starts the chains alone, and waits for the first document.
    pub(crate) fn up(&self, args: &[&str]) -> Network {
        self.up_at(free_ports(), &[&["--no-relayer"], args].concat())
    }

    /// Starts the network with its relayer, and waits for its first document.
    pub(crate) fn up_with_relayer(&self, args: &[&str]) -> Network {
        self.up_at(free_ports(), args)
    }

    /// Starts a network on the ports from `base_port` on.
    pub(crate) fn up_at(&self, base_port: u16, args: &[&str]) -> Network {
        let port = base_port.to_string();
        let fixed = ["up", "--json", "--base-port", &port];
        let mut process = Process::start(&mut self.command(&[&fixed, args].concat()));
        let document = process.document();
        Network { process, document, base_port }
    }

    /// Starts a relayer of its own, and waits until it relays.
    pub(crate) fn relay(&self, args: &[&str]) -> Relayer {
        let mut process = Process::start(&mut self.command(&[&["relay", "--json"], args].concat()));
        let document = process.document();
        Relayer { process, document }
    }

    /// A configuration for a relayer of its own beside chains that run alone, with the relayer's
    /// API where that of `up` would be. The store is in the home directory.
    pub(crate) fn relayer_config(&self, network: &Network) -> String {
        let text = std::fs::read_to_string(network.file("/config")).unwrap();
        let text = format!("{text}\n[relayer]\nlisten = \"127.0.0.1:{}\"\n", network.base_port);
        let file = self.path().join("relay.toml");
        std::fs::write(&file, text).unwrap();
        file.to_str().unwrap().to_owned()
    }

    /// Makes a path between each two chains.
    pub(crate) fn connect_all(&self, config: &str) {
        for (a, b) in [("pow", "pos"), ("pos", "pbft"), ("pbft", "pow")] {
            self.ask(&["path", "create", a, b, "--config", config]);
        }
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

/// A relayer on its own; it is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Relayer {
    pub(crate) process: Process,
    /// What it has said first.
    pub(crate) document: Value,
}

/// A running network; it is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Network {
    pub(crate) process: Process,
    /// The first document of `up --json`.
    pub(crate) document: Value,
    pub(crate) base_port: u16,
}

impl Network {
    /// What it has said so far.
    pub(crate) fn progress(&self) -> Vec<String> {
        self.process.log()
    }

    /// Sends a signal and waits for the end; gives the exit code.
    pub(crate) fn stop(self, signal: &str) -> Option<i32> {
        self.process.stop(signal)
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

/// A base port whose ports are all free now, below those that systems give out by themselves.
pub(crate) fn free_ports() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Other processes of this test begin elsewhere.
    let start = std::process::id() % 997 * 16;
    for _ in 0..1000 {
        let number = NEXT.fetch_add(PORTS, Ordering::Relaxed);
        let base = u16::try_from(start).unwrap().wrapping_add(number) % 16_000 + 12_000;
        let is_free = |port| TcpListener::bind(("127.0.0.1", port)).is_ok();
        if (base..base + PORTS).all(is_free) {
            return base;
        }
    }
    panic!("no free ports");
}
