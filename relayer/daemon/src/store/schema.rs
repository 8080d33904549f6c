//! The file and its tables.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

use super::StoreError;

/// The number of the layout below, kept in the file.
const LAYOUT: i64 = 2;

const TABLES: &str = "
CREATE TABLE paths (
  id INTEGER PRIMARY KEY,
  a_chain TEXT NOT NULL, a_client TEXT NOT NULL,
  b_chain TEXT NOT NULL, b_client TEXT NOT NULL,
  UNIQUE (a_chain, a_client, b_chain, b_client));
CREATE TABLE networks (chain TEXT PRIMARY KEY, network TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE cursors (
  path INTEGER NOT NULL, side INTEGER NOT NULL, height INTEGER NOT NULL,
  PRIMARY KEY (path, side)) WITHOUT ROWID;
CREATE TABLE packets (
  path INTEGER NOT NULL, source INTEGER NOT NULL, sequence INTEGER NOT NULL,
  resume INTEGER NOT NULL, revision INTEGER NOT NULL, height INTEGER NOT NULL,
  outcome INTEGER, since INTEGER NOT NULL,
  transaction_name TEXT, failure TEXT,
  sender TEXT COLLATE NOCASE, receiver TEXT COLLATE NOCASE,
  answer BLOB, body BLOB, way TEXT,
  PRIMARY KEY (path, source, sequence));
CREATE INDEX open_packets ON packets (path, source, sequence) WHERE outcome IS NULL;
CREATE INDEX ended_packets ON packets (since) WHERE outcome IS NOT NULL;
CREATE INDEX senders ON packets (sender) WHERE sender IS NOT NULL;
CREATE INDEX receivers ON packets (receiver) WHERE receiver IS NOT NULL;
CREATE TABLE steps (
  path INTEGER NOT NULL, source INTEGER NOT NULL, sequence INTEGER NOT NULL,
  transaction_name TEXT NOT NULL COLLATE NOCASE,
  kind INTEGER NOT NULL, height INTEGER, at INTEGER NOT NULL,
  PRIMARY KEY (path, source, sequence, transaction_name)) WITHOUT ROWID;
CREATE INDEX step_transactions ON steps (transaction_name);
CREATE TABLE submissions (
  path INTEGER NOT NULL, batch INTEGER NOT NULL, offer INTEGER NOT NULL, side INTEGER NOT NULL,
  transaction_name TEXT NOT NULL, updates INTEGER NOT NULL, items BLOB NOT NULL, raw BLOB NOT NULL,
  PRIMARY KEY (path, batch, offer)) WITHOUT ROWID;
CREATE TABLE evidence (
  chain TEXT NOT NULL, client TEXT NOT NULL, at INTEGER NOT NULL,
  type_url TEXT NOT NULL, value BLOB NOT NULL, result TEXT);
CREATE INDEX evidence_clients ON evidence (chain, client);
";

/// Keeps other daemons from the file: for as long as the answer lives, or this process.
pub(super) fn lock(file: &Path) -> Result<File, StoreError> {
    let path = file.with_added_extension("lock");
    let wrap = |error: std::io::Error| StoreError::Sqlite {
        path: path.clone(),
        reason: error.to_string(),
    };
    let lock = File::create(&path).map_err(wrap)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse(file.to_owned())),
        Err(TryLockError::Error(error)) => Err(wrap(error)),
    }
}

/// Opens or makes the file for the one that writes.
pub(super) fn open(file: &Path) -> Result<Connection, StoreError> {
    let wrap = |error: rusqlite::Error| StoreError::Sqlite {
        path: file.to_owned(),
        reason: error.to_string(),
    };
    let mut connection = Connection::open(file).map_err(wrap)?;
    connection.busy_timeout(Duration::from_secs(5)).map_err(wrap)?;
    connection.pragma_update(None, "journal_mode", "WAL").map_err(wrap)?;
    connection.pragma_update(None, "synchronous", "NORMAL").map_err(wrap)?;
    let layout: i64 =
        connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(wrap)?;
    match layout {
        LAYOUT => {}
        0 => {
            let transaction = connection.transaction().map_err(wrap)?;
            transaction.execute_batch(TABLES).map_err(wrap)?;
            transaction.pragma_update(None, "user_version", LAYOUT).map_err(wrap)?;
            transaction.commit().map_err(wrap)?;
        }
        other => {
            return Err(StoreError::Sqlite {
                path: file.to_owned(),
                reason: format!(
                    "its layout is {other}, this program reads {LAYOUT}: choose another file"
                ),
            });
        }
    }
    Ok(connection)
}
