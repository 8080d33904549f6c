//! Durable state: one SQLite file a chain.

use std::path::{Path, PathBuf};

use causeway_chain::{DurableView, DurableWrite};
use causeway_core::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

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
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
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
