//! What survives a stop, in one SQLite file: paths, packets, cursors, and the transactions that
//! are out. One connection writes, what waits for it together; readers have their own.

mod evidence;
mod history;
mod read;
mod rows;
mod schema;
mod writer;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use causeway_core::Timestamp;
use causeway_relayer_endpoints::Transaction;
use causeway_relayer_engine::{BatchId, PacketKey, PacketRecord, Side, Stage};
use rusqlite::{Connection, OpenFlags};
use tokio::sync::oneshot;

pub use evidence::EvidenceRow;
pub use history::{PacketFilter, PacketRow, TransactionRow};
pub use read::{Counts, PathRow, Resumable};

use writer::{Job, Writer};

/// The disk, or what is on it, is not as it should be.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// Another daemon has the file.
    #[error("{0} is in use by another relayer: stop that one, or choose another file")]
    InUse(PathBuf),
    /// SQLite said no.
    #[error("{path}: {reason}")]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// Its words.
        reason: String,
    },
    /// The store is closed.
    #[error("the store is closed")]
    Closed,
}

/// Names a path in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathId(pub i64);

/// A transaction that is about to go out, and what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// The batch.
    pub batch: BatchId,
    /// Which offer of that batch: each pays more than the one before.
    pub offer: u32,
    /// The chain.
    pub on: Side,
    /// Its name there.
    pub transaction: Transaction,
    /// What goes out.
    pub raw: Vec<u8>,
    /// How many client updates stand before the messages about packets.
    pub updates: usize,
    /// Which packets each further message is about.
    pub items: Vec<Vec<PacketKey>>,
}

/// Something that was done for a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// It was offered to the destination.
    Receive,
    /// Its answer was offered to the source.
    Acknowledge,
    /// Its timeout was offered to the source.
    Timeout,
}

/// One change.
#[derive(Clone, Debug)]
pub enum Write {
    /// All packet events of a path's chain up to this height were handled.
    Cursor {
        /// The path.
        path: PathId,
        /// The chain.
        side: Side,
        /// The height.
        height: u64,
    },
    /// What is known of a packet.
    Packet {
        /// Its path.
        path: PathId,
        /// What is kept.
        record: Box<PacketRecord>,
        /// The place in its life that it has come to, and when, by the daemon's clock; `None`
        /// where it has ended.
        stage: Option<(Stage, Timestamp)>,
    },
    /// A transaction is about to go out.
    Submission(PathId, Submission),
    /// What became of a batch is known.
    BatchOver(PathId, BatchId),
    /// A transaction had to do with a packet; its height, once it has one.
    Step {
        /// The path.
        path: PathId,
        /// The packet.
        key: PacketKey,
        /// What it was to do.
        kind: StepKind,
        /// The transaction.
        transaction: Transaction,
        /// The block that has it.
        height: Option<u64>,
        /// When, by the daemon's clock, in nanoseconds.
        at: u64,
    },
    /// A chain contradicted itself: to be told to a client of it. Known evidence is not written
    /// again.
    Evidence {
        /// The chain that hosts the client.
        chain: String,
        /// The client.
        client: String,
        /// The evidence, as a protobuf `Any`: type URL, then value.
        evidence: (String, Vec<u8>),
        /// When, by the daemon's clock, in nanoseconds.
        at: u64,
    },
    /// What became of evidence.
    EvidenceOver {
        /// The chain that hosts the client.
        chain: String,
        /// The client.
        client: String,
        /// The evidence.
        evidence: (String, Vec<u8>),
        /// The transaction that has it, or why the chain does not take it.
        result: String,
    },
}

/// The relayer's durable state. Clones share it.
#[derive(Clone, Debug)]
pub struct Store(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    file: PathBuf,
    queue: Mutex<Vec<Job>>,
    /// `None` when the store is closed.
    writer: Mutex<Option<Writer>>,
    readers: Mutex<Vec<Connection>>,
    /// Held for as long as the store is open.
    lock: Mutex<Option<File>>,
}

/// The most reading connections that are kept.
const MAX_READERS: usize = 4;

impl Store {
    /// Opens or makes the file. Of packets that have ended, the newest `keep` are kept.
    pub fn open(file: &Path, keep: usize) -> Result<Self, StoreError> {
        let lock = schema::lock(file)?;
        let connection = schema::open(file)?;
        Ok(Self(Arc::new(Shared {
            file: file.to_owned(),
            queue: Mutex::new(Vec::new()),
            writer: Mutex::new(Some(Writer::new(connection, keep))),
            readers: Mutex::new(Vec::new()),
            lock: Mutex::new(Some(lock)),
        })))
    }

    /// Makes changes durable, all or none.
    pub async fn commit(&self, writes: impl Into<Arc<[Write]>>) -> Result<(), StoreError> {
        let writes = writes.into();
        if writes.is_empty() {
            return Ok(());
        }
        let (reply, done) = oneshot::channel();
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner).push(Job { writes, reply });
        let store = self.clone();
        // Whoever comes first writes for all that wait; the others find nothing left to do.
        tokio::task::spawn_blocking(move || store.write_queued());
        done.await.map_err(|_| StoreError::Closed)?.map_err(|reason| self.wrap(reason))
    }

    fn write_queued(&self) {
        let mut writer = self.0.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let queue =
            || core::mem::take(&mut *self.0.queue.lock().unwrap_or_else(PoisonError::into_inner));
        // Without a writer the replies are dropped, and the store counts as closed.
        let jobs = queue();
        if let Some(writer) = writer.as_mut()
            && !jobs.is_empty()
        {
            writer.run(jobs);
        }
    }

    /// Writes what is left, and closes the file.
    pub fn close(&self) {
        self.write_queued();
        let writer = self.0.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = writer {
            writer.close();
        }
        self.0.readers.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.0.lock.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Reads, on a thread that may wait for the disk.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let store = self.clone();
        let done = tokio::task::spawn_blocking(move || store.read_here(read));
        done.await.map_err(|_| StoreError::Closed)?
    }

    /// Reads on this thread.
    pub(crate) fn read_here<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let kept = self.0.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match kept {
            Some(connection) => connection,
            None => {
                let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                Connection::open_with_flags(&self.0.file, flags)
                    .map_err(|error| self.wrap(error.to_string()))?
            }
        };
        let result = read(&connection).map_err(|error| self.wrap(error.to_string()));
        let mut readers = self.0.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if readers.len() < MAX_READERS {
            readers.push(connection);
        }
        result
    }

    fn wrap(&self, reason: String) -> StoreError {
        StoreError::Sqlite { path: self.0.file.clone(), reason }
    }
}
