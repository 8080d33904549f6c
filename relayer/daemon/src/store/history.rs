//! What others ask for: packets and their transactions.

use causeway_core::Timestamp;
use causeway_relayer_endpoints::Transaction;
use causeway_relayer_engine::{Outcome, PacketKey, PacketRecord, Side, Stage};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

use super::read::{Counts, PACKET, read_key, read_packet};
use super::{PathId, StepKind, Store, StoreError, rows};

/// A part of a transaction's name has so many characters at least.
const LEAST_NAME: usize = 16;

/// Which packets are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PacketFilter {
    /// Of this path.
    pub path: Option<PathId>,
    /// Sent from one of these sides of paths.
    pub sources: Option<Vec<(PathId, Side)>>,
    /// Not ended, or ended.
    pub open: Option<bool>,
    /// Ended like this.
    pub outcome: Option<Outcome>,
    /// Not ended, or ended in one of these ways.
    pub open_or: Option<Vec<Outcome>>,
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

    /// The packets that a transaction of ours had to do with, at most `limit`. Where one thing was
    /// done in several transactions, the name of each will do.
    pub async fn packets_of(
        &self,
        transaction: String,
        limit: usize,
    ) -> Result<Vec<(PathId, PacketKey)>, StoreError> {
        self.read(move |connection| {
            let read =
                |row: &Row<'_>| Ok((PathId(row.get(0)?), read_key(row.get(1)?, row.get(2)?)));
            let find = |condition: &str| -> rusqlite::Result<Vec<_>> {
                let sql = format!(
                    "SELECT DISTINCT path, source, sequence FROM steps WHERE {condition} LIMIT ?"
                );
                let mut select = connection.prepare_cached(&sql)?;
                let found =
                    select.query_map(params![transaction, rows::int(limit as u64)], read)?;
                found.collect()
            };
            let found = find("transaction_name = ?")?;
            if found.is_empty() && transaction.len() >= LEAST_NAME {
                return find("instr(lower(transaction_name), lower(?)) > 0");
            }
            Ok(found)
        })
        .await
    }

    /// The packets that an account sent or is to receive, those that have not ended and then the
    /// newest first, at most `limit`.
    pub async fn packets_with(
        &self,
        account: String,
        limit: usize,
    ) -> Result<Vec<PacketRow>, StoreError> {
        self.read(move |connection| {
            let mut select = connection.prepare_cached(&format!(
                "SELECT {PACKET}, path FROM packets WHERE sender = ?1 OR receiver = ?1
                 ORDER BY outcome IS NOT NULL, since DESC, sequence DESC LIMIT ?2"
            ))?;
            select.query_map(params![account, rows::int(limit as u64)], read_row)?.collect()
        })
        .await
    }

    /// The places in its life that a packet has come to, and since when.
    pub async fn way(
        &self,
        path: PathId,
        key: PacketKey,
    ) -> Result<Vec<(Stage, Timestamp)>, StoreError> {
        self.read(move |connection| {
            let mut select = connection.prepare_cached(
                "SELECT way FROM packets WHERE path = ? AND source = ? AND sequence = ?",
            )?;
            let key = params![path.0, rows::side(key.source), rows::int(key.sequence.get())];
            let way: Option<Option<String>> = select.query_row(key, |row| row.get(0)).optional()?;
            Ok(rows::read_stages(&way.flatten().unwrap_or_default()))
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
    let (conditions, mut values) = conditions(filter);
    let sql = format!(
        "SELECT {PACKET}, path FROM packets WHERE {conditions}
         ORDER BY path, source, sequence LIMIT ?"
    );
    values.push(rows::int(limit as u64).into());
    let mut select = connection.prepare_cached(&sql)?;
    select.query_map(params_from_iter(values), read_row)?.collect()
}

fn read_row(row: &Row<'_>) -> rusqlite::Result<PacketRow> {
    Ok(PacketRow { path: PathId(row.get(11)?), record: read_packet(row)? })
}

/// What a filter says, as SQL.
fn conditions(filter: &PacketFilter) -> (String, Vec<Value>) {
    let mut sql = String::from("TRUE");
    let mut values: Vec<Value> = Vec::new();
    let mut also = |condition: &str, given: Vec<Value>| {
        sql.push_str(" AND ");
        sql.push_str(condition);
        values.extend(given);
    };
    if let Some(path) = filter.path {
        also("path = ?", vec![path.0.into()]);
    }
    if let Some(sources) = &filter.sources {
        let places = vec!["(?, ?)"; sources.len()].join(", ");
        let given = sources.iter().flat_map(|(path, side)| [path.0, rows::side(*side)]);
        also(&format!("(path, source) IN (VALUES {places})"), given.map(Value::from).collect());
    }
    match filter.open {
        Some(true) => also("outcome IS NULL", vec![]),
        Some(false) => also("outcome IS NOT NULL", vec![]),
        None => {}
    }
    if let Some(outcome) = filter.outcome {
        also("outcome = ?", vec![rows::outcome(outcome).into()]);
    }
    if let Some(outcomes) = &filter.open_or {
        let places = vec!["?"; outcomes.len()].join(", ");
        let given = outcomes.iter().map(|it| rows::outcome(*it).into()).collect();
        also(&format!("(outcome IS NULL OR outcome IN ({places}))"), given);
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
    (sql, values)
}
