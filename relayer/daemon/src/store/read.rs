//! What a start needs.

use causeway_core::{Acknowledgement, ClientId, Height, Packet, Sequence, Timestamp};
use causeway_relayer_endpoints::Transaction;
use causeway_relayer_engine::{BatchId, PacketKey, PacketRecord, Record};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{PathId, Store, StoreError, Submission, rows};

/// The two ends of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathRow {
    /// Chain and client of the first end.
    pub a: (String, ClientId),
    /// Chain and client of the second end.
    pub b: (String, ClientId),
}

/// What a path goes on from.
#[derive(Clone, Debug, Default)]
pub struct Resumable {
    /// Cursors, and packets that have not ended.
    pub records: Vec<Record>,
    /// Transactions that may be out, by batch and offer.
    pub submissions: Vec<Submission>,
}

/// How many packets a path has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Not ended.
    pub open: u64,
    /// Ended and not yet forgotten.
    pub ended: u64,
}

impl Store {
    /// The number of a path; a new one is given to a path that is not known yet.
    pub fn path(&self, row: &PathRow) -> Result<PathId, StoreError> {
        let key = [&row.a.0, row.a.1.as_str(), &row.b.0, row.b.1.as_str()];
        let found = self.read_here(|connection| {
            connection
                .query_row(
                    "SELECT id FROM paths
                     WHERE a_chain = ? AND a_client = ? AND b_chain = ? AND b_client = ?",
                    key,
                    |row| row.get(0),
                )
                .optional()
        })?;
        match found {
            Some(id) => Ok(PathId(id)),
            None => self.write_here(|connection| {
                connection.execute(
                    "INSERT INTO paths (a_chain, a_client, b_chain, b_client) VALUES (?, ?, ?, ?)",
                    key,
                )?;
                Ok(PathId(connection.last_insert_rowid()))
            }),
        }
    }

    /// The network that was behind a chain's alias when it was first seen, now `network` if never.
    pub fn network(&self, chain: &str, network: &str) -> Result<String, StoreError> {
        self.write_here(|connection| {
            connection.execute(
                "INSERT INTO networks VALUES (?, ?) ON CONFLICT DO NOTHING",
                params![chain, network],
            )?;
            let select = "SELECT network FROM networks WHERE chain = ?";
            connection.query_row(select, params![chain], |row| row.get(0))
        })
    }

    /// A small change, beside the writing thread.
    fn write_here<T>(
        &self,
        write: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let open = || {
            let connection = Connection::open(&self.0.file)?;
            connection.busy_timeout(core::time::Duration::from_secs(5))?;
            write(&connection)
        };
        open().map_err(|error: rusqlite::Error| self.wrap(error.to_string()))
    }

    /// What a path goes on from.
    pub fn resume(&self, path: PathId) -> Result<Resumable, StoreError> {
        self.read_here(|connection| {
            let mut records = cursors(connection, path)?;
            let packets = open_packets(connection, path)?;
            records.extend(packets.into_iter().map(|it| Record::Packet(Box::new(it))));
            Ok(Resumable { records, submissions: submissions(connection, path)? })
        })
    }
}

fn cursors(connection: &Connection, path: PathId) -> rusqlite::Result<Vec<Record>> {
    let mut select =
        connection.prepare_cached("SELECT side, height FROM cursors WHERE path = ?")?;
    let cursor = |row: &Row<'_>| {
        let (side, height) = (rows::read_side(row.get(0)?), rows::uint(row.get(1)?));
        Ok(Record::Cursor { side, height })
    };
    select.query_map(params![path.0], cursor)?.collect()
}

/// The columns that [`read_packet`] reads.
pub(super) const PACKET: &str = "source, sequence, resume, revision, height, outcome, since,
    transaction_name, failure, answer, body";

/// A record. What an endpoint said is kept as it came: a body that no chain can have committed to
/// counts as unknown.
pub(super) fn read_packet(row: &Row<'_>) -> rusqlite::Result<PacketRecord> {
    let body: Option<Vec<u8>> = row.get(10)?;
    let answer: Option<Vec<u8>> = row.get(9)?;
    let height = Height::new(rows::uint(row.get(3)?), rows::uint(row.get(4)?));
    Ok(PacketRecord {
        key: read_key(row.get(0)?, row.get(1)?),
        packet: body.and_then(|bytes| Packet::from_protobuf(&bytes).ok()),
        acknowledgement: answer.and_then(|bytes| Acknowledgement::from_protobuf(&bytes).ok()),
        resume: rows::read_resume(row.get(2)?, height),
        outcome: row.get::<_, Option<i64>>(5)?.map(rows::read_outcome),
        transaction: row.get(7)?,
        since: Timestamp::from_nanos(rows::uint(row.get(6)?)),
        failure: row.get(8)?,
    })
}

/// Sequences are written from such as are not zero.
pub(super) fn read_key(source: i64, sequence: i64) -> PacketKey {
    let sequence = Sequence::new(rows::uint(sequence)).unwrap_or(Sequence::FIRST);
    PacketKey { source: rows::read_side(source), sequence }
}

fn open_packets(connection: &Connection, path: PathId) -> rusqlite::Result<Vec<PacketRecord>> {
    let mut select = connection.prepare_cached(&format!(
        "SELECT {PACKET} FROM packets WHERE outcome IS NULL AND path = ?"
    ))?;
    select.query_map(params![path.0], read_packet)?.collect()
}

fn submissions(connection: &Connection, path: PathId) -> rusqlite::Result<Vec<Submission>> {
    let mut select = connection.prepare_cached(
        "SELECT batch, offer, side, transaction_name, updates, items, raw FROM submissions
         WHERE path = ? ORDER BY batch, offer",
    )?;
    let read = |row: &Row<'_>| {
        let items: Vec<u8> = row.get(5)?;
        Ok(Submission {
            batch: BatchId(rows::uint(row.get(0)?)),
            offer: row.get(1)?,
            on: rows::read_side(row.get(2)?),
            transaction: Transaction(row.get(3)?),
            raw: row.get(6)?,
            updates: usize::try_from(rows::uint(row.get(4)?)).unwrap_or(usize::MAX),
            items: rows::read_items(&items).unwrap_or_default(),
        })
    };
    select.query_map(params![path.0], read)?.collect()
}
