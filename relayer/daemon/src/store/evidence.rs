//! Evidence that chains contradicted themselves, and what became of it.

use rusqlite::{Row, Transaction, params};

use super::{Store, StoreError, Write, rows};

/// The most pieces of evidence that are read at once.
const MAX_EVIDENCE: usize = 1000;

/// Evidence against the chain that a client follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceRow {
    /// The chain that hosts the client.
    pub chain: String,
    /// The client.
    pub client: String,
    /// The evidence, as a protobuf `Any`: type URL, then value.
    pub evidence: (String, Vec<u8>),
    /// When it was found, by the daemon's clock, in nanoseconds.
    pub at: u64,
    /// The transaction that has it, or why the chain does not take it; `None` while that is open.
    pub result: Option<String>,
}

impl Store {
    /// The newest evidence, oldest first.
    pub async fn evidence(&self) -> Result<Vec<EvidenceRow>, StoreError> {
        self.read(|connection| {
            let mut select = connection.prepare_cached(
                "SELECT chain, client, type_url, value, at, result FROM evidence
                 ORDER BY rowid DESC LIMIT ?",
            )?;
            let read = |row: &Row<'_>| {
                Ok(EvidenceRow {
                    chain: row.get(0)?,
                    client: row.get(1)?,
                    evidence: (row.get(2)?, row.get(3)?),
                    at: rows::uint(row.get(4)?),
                    result: row.get(5)?,
                })
            };
            let newest = select.query_map(params![rows::int(MAX_EVIDENCE as u64)], read)?;
            let mut newest: Vec<_> = newest.collect::<rusqlite::Result<_>>()?;
            newest.reverse();
            Ok(newest)
        })
        .await
    }
}

pub(super) fn put(to: &Transaction<'_>, change: &Write) -> rusqlite::Result<()> {
    match change {
        Write::Evidence { chain, client, evidence: (type_url, value), at } => {
            to.prepare_cached(
                "INSERT INTO evidence SELECT ?1, ?2, ?3, ?4, ?5, NULL WHERE NOT EXISTS (
                   SELECT 1 FROM evidence
                   WHERE chain = ?1 AND client = ?2 AND type_url = ?4 AND value = ?5)",
            )?
            .execute(params![chain, client, rows::int(*at), type_url, value])?;
        }
        Write::EvidenceOver { chain, client, evidence: (type_url, value), result } => {
            to.prepare_cached(
                "UPDATE evidence SET result = ?5
                 WHERE chain = ?1 AND client = ?2 AND type_url = ?3 AND value = ?4",
            )?
            .execute(params![chain, client, type_url, value, result])?;
        }
        _ => {}
    }
    Ok(())
}
