//! What others ask for: packets and their transactions.

use causeway_relayer_endpoints::Transaction;
use causeway_relayer_engine::{Outcome, PacketKey, PacketRecord, Side};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

use super::read::{Counts, PACKET, read_key, read_packet};
use super::{PathId, StepKind, Store, StoreError, rows};

/// Which packets are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PacketFilter {
    /// Of this path.
    pub path: Option<PathId>,
    /// Sent from this side.
    pub source: Option<Side>,
    /// Not ended, or ended.
    pub open: Option<bool>,
    /// Ended like this.
    pub outcome: Option<Outcome>,
    /// Sent or received by this account.
    pub account: Option<String>,
    /// Behind this one, in the order of path, source and sequence.
    pub after: Option<(PathId, PacketKey)>,
}

/// A packet as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PacketRow {
    /// Its path.
    pub path: PathId,
    /// What is known of it.
    pub record: PacketRecord,
}

/// A transaction that had to do with a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionRow {
    /// What it was to do.
    pub kind: StepKind,
    /// Its name.
    pub transaction: Transaction,
    /// The block that has it.
    pub height: Option<u64>,
    /// When it was sent out, by the daemon's clock, in nanoseconds.
    pub at: u64,
}

impl Store {
    /// At most `limit` packets, in the order of path, source and sequence.
    pub async fn packets(
        &self,
        filter: PacketFilter,
        limit: usize,
    ) -> Result<Vec<PacketRow>, StoreError> {
        self.read(move |connection| select_packets(connection, &filter, limit)).await
    }

    /// One packet.
    pub async fn packet(
        &self,
        path: PathId,
        key: PacketKey,
    ) -> Result<Option<PacketRecord>, StoreError> {
        self.read(move |connection| {
            let mut select = connection.prepare_cached(&format!(
                "SELECT {PACKET} FROM packets WHERE path = ? AND source = ? AND sequence = ?"
            ))?;
            let key = params![path.0, rows::side(key.source), rows::int(key.sequence.get())];
            select.query_row(key, read_packet).optional()
        })
        .await
    }

    /// The transactions that had to do with a packet, oldest first.
    pub async fn transactions(
        &self,
        path: PathId,
        key: PacketKey,
    ) -> Result<Vec<TransactionRow>, StoreError> {
        self.read(move |connection| {
            let mut select = connection.prepare_cached(
                "SELECT kind, transaction_name, height, at FROM steps
                 WHERE path = ? AND source = ? AND sequence = ? ORDER BY at",
            )?;
            let read = |row: &Row<'_>| {
                Ok(TransactionRow {
                    kind: rows::read_step(row.get(0)?),
                    transaction: Transaction(row.get(1)?),
                    height: row.get::<_, Option<i64>>(2)?.map(rows::uint),
                    at: rows::uint(row.get(3)?),
                })
            };
            let key = params![path.0, rows::side(key.source), rows::int(key.sequence.get())];
            select.query_map(key, read)?.collect()
        })
        .await
    }

    /// The packets that a transaction of ours had to do with, at most `limit`.
    pub async fn packets_of(
        &self,
        transaction: String,
        limit: usize,
    ) -> Result<Vec<(PathId, PacketKey)>, StoreError> {
        self.read(move |connection| {
            let mut select = connection.prepare_cached(
                "SELECT path, source, sequence FROM steps WHERE transaction_name = ? LIMIT ?",
            )?;
            let read =
                |row: &Row<'_>| Ok((PathId(row.get(0)?), read_key(row.get(1)?, row.get(2)?)));
            select.query_map(params![transaction, rows::int(limit as u64)], read)?.collect()
        })
        .await
    }

    /// How many packets a path has.
    pub async fn counts(&self, path: PathId) -> Result<Counts, StoreError> {
        self.read(move |connection| {
            let mut select = connection.prepare_cached(
                "SELECT count(*) FILTER (WHERE outcome IS NULL),
                   count(*) FILTER (WHERE outcome IS NOT NULL) FROM packets WHERE path = ?",
            )?;
            select.query_row(params![path.0], |row| {
                Ok(Counts { open: rows::uint(row.get(0)?), ended: rows::uint(row.get(1)?) })
            })
        })
        .await
    }
}

fn select_packets(
    connection: &Connection,
    filter: &PacketFilter,
    limit: usize,
) -> rusqlite::Result<Vec<PacketRow>> {
    let mut sql = format!("SELECT {PACKET}, path FROM packets WHERE TRUE");
    let mut values: Vec<Value> = Vec::new();
    let mut also = |condition: &str, given: Vec<Value>| {
        sql.push_str(" AND ");
        sql.push_str(condition);
        values.extend(given);
    };
    if let Some(path) = filter.path {
        also("path = ?", vec![path.0.into()]);
    }
    if let Some(source) = filter.source {
        also("source = ?", vec![rows::side(source).into()]);
    }
    match filter.open {
        Some(true) => also("outcome IS NULL", vec![]),
        Some(false) => also("outcome IS NOT NULL", vec![]),
        None => {}
    }
    if let Some(outcome) = filter.outcome {
        also("outcome = ?", vec![rows::outcome(outcome).into()]);
    }
    if let Some(account) = &filter.account {
        let account = Value::from(account.clone());
        also("(sender = ? OR receiver = ?)", vec![account.clone(), account]);
    }
    if let Some((path, key)) = filter.after {
        let (source, sequence) = (rows::side(key.source), rows::int(key.sequence.get()));
        let place = vec![path.0.into(), source.into(), sequence.into()];
        also("(path, source, sequence) > (?, ?, ?)", place);
    }
    sql.push_str(" ORDER BY path, source, sequence LIMIT ?");
    values.push(rows::int(limit as u64).into());
    let mut select = connection.prepare_cached(&sql)?;
    let read =
        |row: &Row<'_>| Ok(PacketRow { path: PathId(row.get(11)?), record: read_packet(row)? });
    select.query_map(params_from_iter(values), read)?.collect()
}
