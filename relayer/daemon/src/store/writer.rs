//! The one connection that writes.

use causeway_core::Timestamp;
use causeway_relayer_engine::{PacketRecord, Stage};
use rusqlite::{Connection, Transaction, params};
use std::sync::Arc;
use tokio::sync::oneshot;

use super::{PathId, Submission, Write, rows};

/// Changes to make durable together, and who wants to know.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) writes: Arc<[Write]>,
    pub(super) reply: oneshot::Sender<Result<(), String>>,
}

/// How many more ended packets than are to be kept there may be before some are removed.
const SLACK: usize = 1000;

/// The connection that writes.
#[derive(Debug)]
pub(super) struct Writer {
    connection: Connection,
    /// How many ended packets are kept.
    keep: usize,
    ended_since_pruned: usize,
}

impl Writer {
    pub(super) const fn new(connection: Connection, keep: usize) -> Self {
        Self { connection, keep, ended_since_pruned: SLACK }
    }

    /// Writes all in one transaction, and tells.
    pub(super) fn run(&mut self, jobs: Vec<Job>) {
        let result = write(&mut self.connection, &jobs).map_err(|error| error.to_string());
        if let Err(reason) = &result {
            tracing::error!(code = "store_failed", reason, "nothing was written");
        }
        self.ended_since_pruned += jobs.iter().flat_map(|job| &*job.writes).filter(ends).count();
        for job in jobs {
            let _ = job.reply.send(result.clone());
        }
        if self.ended_since_pruned >= SLACK {
            self.ended_since_pruned = 0;
            if let Err(error) = prune(&mut self.connection, self.keep) {
                tracing::warn!(code = "store_prune_failed", %error);
            }
        }
    }

    pub(super) fn close(self) {
        let last = "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA optimize";
        if let Err(error) = self.connection.execute_batch(last) {
            tracing::warn!(code = "store_checkpoint_failed", %error);
        }
    }
}

fn ends(write: &&Write) -> bool {
    matches!(write, Write::Packet { record, .. } if record.outcome.is_some())
}

fn write(connection: &mut Connection, jobs: &[Job]) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    for change in jobs.iter().flat_map(|job| &*job.writes) {
        apply(&transaction, change)?;
    }
    transaction.commit()
}

fn apply(to: &Transaction<'_>, change: &Write) -> rusqlite::Result<()> {
    match change {
        Write::Cursor { path, side, height } => {
            to.prepare_cached("REPLACE INTO cursors VALUES (?, ?, ?)")?.execute(params![
                path.0,
                rows::side(*side),
                rows::int(*height)
            ])?;
        }
        Write::Packet { path, record, stage } => put_packet(to, *path, record, *stage)?,
        Write::Submission(path, submission) => put_submission(to, *path, submission)?,
        Write::BatchOver(path, batch) => {
            to.prepare_cached("DELETE FROM submissions WHERE path = ? AND batch = ?")?
                .execute(params![path.0, rows::int(batch.0)])?;
        }
        Write::Step { path, key, kind, transaction, height, at } => {
            to.prepare_cached(
                "INSERT INTO steps (path, source, sequence, transaction_name, kind, height, at)
                 VALUES (?, ?, ?, ?, ?, ?, ?)
                 ON CONFLICT DO UPDATE SET height = excluded.height",
            )?
            .execute(params![
                path.0,
                rows::side(key.source),
                rows::int(key.sequence.get()),
                transaction.0,
                rows::step(*kind),
                height.map(rows::int),
                rows::int(*at)
            ])?;
        }
        Write::Evidence { .. } | Write::EvidenceOver { .. } => super::evidence::put(to, change)?,
    }
    Ok(())
}

/// The packet as it is now. Its way grows by the place that it has come to; of a long way the
/// beginning and the newest part are kept (an entry has [`rows::STAGE_LEN`] characters).
fn put_packet(
    to: &Transaction<'_>,
    path: PathId,
    record: &PacketRecord,
    stage: Option<(Stage, Timestamp)>,
) -> rusqlite::Result<()> {
    let (resume, height) = rows::resume(record.resume);
    let accounts = record.packet.as_ref().and_then(rows::accounts);
    let (sender, receiver) = accounts.unzip();
    to.prepare_cached(
        "INSERT INTO packets (path, source, sequence, resume, revision, height, outcome, since,
           transaction_name, failure, sender, receiver, answer, body, way)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
         ON CONFLICT DO UPDATE SET resume = ?4, revision = ?5, height = ?6, outcome = ?7,
           since = ?8, transaction_name = ?9, failure = ?10, sender = coalesce(?11, sender),
           receiver = coalesce(?12, receiver), answer = coalesce(?13, answer),
           body = coalesce(?14, body), way = CASE
             WHEN ?15 IS NULL OR substr(way, -14, 1) = substr(?15, 1, 1) THEN way
             WHEN length(way) > 880 THEN substr(way, 1, 112) || substr(way, -756) || ?15
             ELSE coalesce(way, '') || ?15 END",
    )?
    .execute(params![
        path.0,
        rows::side(record.key.source),
        rows::int(record.key.sequence.get()),
        resume,
        rows::int(height.revision()),
        rows::int(height.height()),
        record.outcome.map(rows::outcome),
        rows::int(record.since.nanos()),
        record.transaction,
        record.failure,
        sender,
        receiver,
        record.acknowledgement.as_ref().map(|answer| answer.to_protobuf()),
        record.packet.as_ref().map(|packet| packet.to_protobuf()),
        stage.map(|(stage, at)| rows::stage(stage, at)),
    ])?;
    Ok(())
}

fn put_submission(to: &Transaction<'_>, path: PathId, it: &Submission) -> rusqlite::Result<()> {
    to.prepare_cached("REPLACE INTO submissions VALUES (?, ?, ?, ?, ?, ?, ?, ?)")?.execute(
        params![
            path.0,
            rows::int(it.batch.0),
            it.offer,
            rows::side(it.on),
            it.transaction.0,
            rows::int(it.updates as u64),
            rows::items(&it.items),
            it.raw
        ],
    )?;
    Ok(())
}

/// Removes the packets that ended longest ago.
fn prune(connection: &mut Connection, keep: usize) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    let oldest: Option<i64> = {
        let mut select = transaction.prepare_cached(
            "SELECT since FROM packets WHERE outcome IS NOT NULL ORDER BY since DESC
             LIMIT 1 OFFSET ?",
        )?;
        let mut rows = select.query(params![rows::int(keep as u64)])?;
        rows.next()?.map(|row| row.get(0)).transpose()?
    };
    if let Some(oldest) = oldest {
        transaction.execute(
            "DELETE FROM steps WHERE (path, source, sequence) IN (
               SELECT path, source, sequence FROM packets
               WHERE outcome IS NOT NULL AND since <= ?)",
            params![oldest],
        )?;
        transaction.execute(
            "DELETE FROM packets WHERE outcome IS NOT NULL AND since <= ?",
            params![oldest],
        )?;
    }
    transaction.commit()
}
