//! Durable state: one SQLite file a chain, in one data directory a network.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use causeway_chain::{DurableView, DurableWrite};
use causeway_core::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

/// The layout of data directories that this program reads and writes.
const FORMAT: &str = "causeway network 1\n";

/// Why a data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// Another process has it.
    #[error("{0} is in use by another process: stop that one, or choose another --data-dir")]
    InUse(PathBuf),
    /// It was written by another version, or by something else.
    #[error(
        "{path} has the format {got:?}, this program reads {FORMAT:?}: choose another --data-dir, \
         or start afresh with --reset"
    )]
    OtherFormat {
        /// The directory.
        path: PathBuf,
        /// What its format file says.
        got: String,
    },
    /// The disk.
    #[error("{path}: {source}")]
    Disk {
        /// Where.
        path: PathBuf,
        /// What.
        source: io::Error,
    },
}

/// A data directory, locked for as long as this lives.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    _lock: File,
}

impl DataDir {
    /// Opens or makes a data directory. With `reset`, what a network left there is removed first.
    pub fn open(path: &Path, reset: bool) -> Result<Self, DataDirError> {
        let disk = |source| DataDirError::Disk { path: path.to_owned(), source };
        fs::create_dir_all(path).map_err(disk)?;
        let lock = File::create(path.join("lock")).map_err(disk)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(DataDirError::InUse(path.to_owned())),
            Err(TryLockError::Error(source)) => return Err(disk(source)),
        }
        let format = path.join("format");
        match fs::read_to_string(&format) {
            Ok(got) if got != FORMAT && !reset => {
                return Err(DataDirError::OtherFormat { path: path.to_owned(), got });
            }
            Ok(_) if reset => Self::clear(path).map_err(disk)?,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(disk(source)),
        }
        fs::write(&format, FORMAT).map_err(disk)?;
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    fn clear(path: &Path) -> io::Result<()> {
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().contains(".sqlite") {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The store of one chain.
    pub fn chain(&self, alias: &str) -> Result<ChainStore, StoreError> {
        ChainStore::open(&self.path.join(format!("{alias}.sqlite")))
    }
}

/// SQLite said no.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {source}")]
pub struct StoreError {
    path: PathBuf,
    source: rusqlite::Error,
}

/// Durable keys and values of one chain, and the last chain time.
#[derive(Debug)]
pub struct ChainStore {
    path: PathBuf,
    connection: Connection,
}

impl ChainStore {
    fn open(path: &Path) -> Result<Self, StoreError> {
        let open = || {
            let connection = Connection::open(path)?;
            connection.pragma_update(None, "journal_mode", "WAL")?;
            connection.pragma_update(None, "synchronous", "NORMAL")?;
            connection.execute_batch(
                "CREATE TABLE IF NOT EXISTS state (key BLOB PRIMARY KEY, value BLOB NOT NULL)
                   WITHOUT ROWID;
                 CREATE TABLE IF NOT EXISTS time (id INTEGER PRIMARY KEY CHECK (id = 0),
                   nanos INTEGER NOT NULL);",
            )?;
            Ok(connection)
        };
        match open() {
            Ok(connection) => Ok(Self { path: path.to_owned(), connection }),
            Err(source) => Err(StoreError { path: path.to_owned(), source }),
        }
    }

    fn wrap(&self, source: rusqlite::Error) -> StoreError {
        StoreError { path: self.path.clone(), source }
    }

    /// Makes writes durable, all or none, together with the chain time they belong to.
    pub fn commit(&mut self, writes: &[DurableWrite], time: Timestamp) -> Result<(), StoreError> {
        self.write(writes, time).map_err(|source| self.wrap(source))
    }

    fn write(&mut self, writes: &[DurableWrite], time: Timestamp) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction()?;
        {
            let mut set = transaction.prepare_cached("REPLACE INTO state VALUES (?1, ?2)")?;
            let mut delete = transaction.prepare_cached("DELETE FROM state WHERE key = ?1")?;
            for write in writes {
                match &write.value {
                    Some(value) => set.execute(params![write.key, value])?,
                    None => delete.execute(params![write.key])?,
                };
            }
            let nanos = i64::try_from(time.nanos()).unwrap_or(i64::MAX);
            transaction
                .prepare_cached("REPLACE INTO time VALUES (0, ?1)")?
                .execute(params![nanos])?;
        }
        transaction.commit()
    }

    /// The chain time of the last commit.
    pub fn last_time(&self) -> Result<Option<Timestamp>, StoreError> {
        let nanos: Option<i64> = self
            .connection
            .query_row("SELECT nanos FROM time", [], |row| row.get(0))
            .optional()
            .map_err(|source| self.wrap(source))?;
        Ok(nanos.and_then(|nanos| u64::try_from(nanos).ok()).map(Timestamp::from_nanos))
    }

    fn pairs(&self, prefix: &[u8]) -> rusqlite::Result<Vec<(Vec<u8>, Vec<u8>)>> {
        let mut select = self
            .connection
            .prepare_cached("SELECT key, value FROM state WHERE key >= ?1 ORDER BY key")?;
        let mut rows = select.query(params![prefix])?;
        let mut pairs = Vec::new();
        while let Some(row) = rows.next()? {
            let key: Vec<u8> = row.get(0)?;
            if !key.starts_with(prefix) {
                break;
            }
            pairs.push((key, row.get(1)?));
        }
        Ok(pairs)
    }
}

/// A read that fails counts as nothing there: the chain then refuses to start from half a state.
impl DurableView for ChainStore {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.connection
            .prepare_cached("SELECT value FROM state WHERE key = ?1")
            .and_then(|mut select| select.query_row(params![key], |row| row.get(0)).optional())
            .inspect_err(
                |error| tracing::error!(%error, path = %self.path.display(), "read failed"),
            )
            .ok()
            .flatten()
    }

    fn scan(&self, prefix: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
        self.pairs(prefix)
            .inspect_err(
                |error| tracing::error!(%error, path = %self.path.display(), "read failed"),
            )
            .unwrap_or_default()
    }
}
