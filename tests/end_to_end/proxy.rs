//! A server between a client and a chain's API, which passes on, lies, or is gone.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::lies::{Liar, Lie};
use crate::process::PATIENCE;

/// How often is looked whether the server is to end.
const BREATH: Duration = Duration::from_millis(20);

/// One request, as it came.
#[derive(Debug)]
struct Request {
    head: String,
    body: Vec<u8>,
}

/// The lines of a head, with names in lower case.
fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    head.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then_some(value.trim())
    })
}

fn read_head(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 16 << 10];
    loop {
        if let Some(end) = bytes.windows(4).position(|it| it == b"\r\n\r\n") {
            let rest = bytes.split_off(end + 4);
            return Some((String::from_utf8(bytes).ok()?, rest));
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
        }
    }
}

impl Request {
    fn read(stream: &mut TcpStream) -> Option<Self> {
        let (head, mut body) = read_head(stream)?;
        let len = header(&head, "content-length").map_or(0, |it| it.parse().unwrap());
        let missing = u64::try_from(len - body.len()).unwrap();
        stream.take(missing).read_to_end(&mut body).ok()?;
        (body.len() == len).then_some(Self { head, body })
    }

    fn is_stream(&self) -> bool {
        header(&self.head, "upgrade").is_some()
            || header(&self.head, "accept").is_some_and(|it| it.contains("text/event-stream"))
    }

    fn path(&self) -> &str {
        self.head.split(' ').nth(1).unwrap()
    }

    /// The same for a connection that ends with the answer.
    fn closing(&self) -> Vec<u8> {
        let is_kept =
            |line: &&str| !line.is_empty() && !line.to_ascii_lowercase().starts_with("connection:");
        let lines: Vec<_> = self.head.split("\r\n").filter(is_kept).collect();
        let head = format!("{}\r\nConnection: close\r\n\r\n", lines.join("\r\n"));
        [head.as_bytes(), &self.body].concat()
    }
}

/// What the server and those who steer it share.
#[derive(Debug)]
struct Shared {
    upstream: u16,
    is_open: AtomicBool,
    has_ended: AtomicBool,
    liar: Mutex<Liar>,
    streams: Mutex<Vec<TcpStream>>,
}

/// The server; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Proxy {
    pub(crate) port: u16,
    shared: Arc<Shared>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Proxy {
    /// A server before the one at `upstream`, on a port of its own.
    pub(crate) fn before(upstream: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            upstream,
            is_open: AtomicBool::new(true),
            has_ended: AtomicBool::new(false),
            liar: Mutex::new(Liar::new(upstream.into())),
            streams: Mutex::default(),
        });
        let server = Arc::clone(&shared);
        thread::spawn(move || {
            while !server.has_ended.load(Ordering::SeqCst) {
                let Ok((stream, _)) = listener.accept() else {
                    thread::sleep(BREATH);
                    continue;
                };
                let server = Arc::clone(&server);
                thread::spawn(move || server.answer(stream));
            }
        });
        Self { port, shared }
    }

    /// From now on, answers are changed in this way.
    pub(crate) fn tell(&self, lie: Lie) {
        locked(&self.shared.liar).lie = lie;
        self.shared.cut();
    }

    /// How many answers were changed so far.
    pub(crate) fn lies_told(&self) -> usize {
        locked(&self.shared.liar).told
    }

    /// Cuts all connections off, and takes no new ones until it is opened again.
    pub(crate) fn close(&self) {
        self.shared.is_open.store(false, Ordering::SeqCst);
        self.shared.cut();
    }

    pub(crate) fn open(&self) {
        self.shared.is_open.store(true, Ordering::SeqCst);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.has_ended.store(true, Ordering::SeqCst);
        self.shared.cut();
    }
}

impl Shared {
    /// Ends what goes on for long.
    fn cut(&self) {
        for stream in locked(&self.streams).drain(..) {
            // It may have ended already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// What goes wrong here goes wrong for the client, which is nothing new to it.
    fn answer(&self, mut stream: TcpStream) {
        if !self.is_open.load(Ordering::SeqCst) || stream.set_nonblocking(false).is_err() {
            return;
        }
        let Some(request) = Request::read(&mut stream) else { return };
        let Ok(mut upstream) = TcpStream::connect(("127.0.0.1", self.upstream)) else { return };
        if request.is_stream() {
            self.tunnel(stream, upstream, &request);
            return;
        }
        let _ = upstream.set_read_timeout(Some(PATIENCE));
        let mut answer = Vec::new();
        if upstream.write_all(&request.closing()).is_err()
            || upstream.read_to_end(&mut answer).is_err()
            || !self.is_open.load(Ordering::SeqCst)
        {
            return;
        }
        let Some(end) = answer.windows(4).position(|it| it == b"\r\n\r\n") else { return };
        let body = answer.split_off(end + 4);
        let head = String::from_utf8(answer).unwrap();
        assert!(header(&head, "transfer-encoding").is_none(), "answers have a length: {head}");
        let body = locked(&self.liar).change(request.path(), &request.body, body);
        let is_kept = |line: &&str| {
            let name = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
            !line.is_empty() && name != "content-length" && name != "connection"
        };
        let lines: Vec<_> = head.split("\r\n").filter(is_kept).collect();
        let head = format!(
            "{}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            lines.join("\r\n"),
            body.len()
        );
        let _ = stream.write_all(&[head.as_bytes(), &body].concat());
    }

    /// Streams are passed on as they are, and only while nothing else is changed: they tell of
    /// nothing but new blocks.
    fn tunnel(&self, mut client: TcpStream, mut upstream: TcpStream, request: &Request) {
        if locked(&self.liar).lie != Lie::Nothing {
            return;
        }
        let request = [request.head.as_bytes(), &request.body].concat();
        let (Ok(mut from), Ok(mut to)) = (client.try_clone(), upstream.try_clone()) else { return };
        let clones = [client.try_clone(), upstream.try_clone()];
        locked(&self.streams).extend(clones.into_iter().flatten());
        if upstream.write_all(&request).is_err() {
            return;
        }
        thread::spawn(move || {
            let _ = std::io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Both);
        });
        let _ = std::io::copy(&mut upstream, &mut client);
        let _ = client.shutdown(Shutdown::Both);
    }
}
