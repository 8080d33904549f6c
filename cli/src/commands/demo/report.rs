//! What the demonstration says in the end.

use causeway_relayer_daemon::work::{Balance, SolvencyRow};
use serde::Serialize;
use serde_json::json;

use crate::output::Answer;

/// A transaction on one of the chains.
#[derive(Clone, Debug, Serialize)]
pub(super) struct RowTransaction {
    /// What it did.
    pub(super) kind: String,
    /// Where.
    pub(super) chain: String,
    /// Its name there.
    pub(super) hash: String,
    /// The block that has it.
    pub(super) height: Option<u64>,
}

/// One thing that was shown.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Row {
    /// What was tried.
    pub(super) what: String,
    /// From where to where.
    pub(super) route: String,
    /// How much of what.
    pub(super) amount: String,
    /// The packet.
    pub(super) packet: Option<String>,
    /// What was on the chains.
    pub(super) transactions: Vec<RowTransaction>,
    /// How long it took.
    pub(super) seconds: f64,
    /// Whether it went as it must.
    pub(super) holds: bool,
    /// In words.
    pub(super) verdict: String,
}

impl Row {
    /// A row of something that has not happened yet.
    pub(super) fn new(what: &str, route: String, amount: String) -> Self {
        Self {
            what: what.to_owned(),
            route,
            amount,
            packet: None,
            transactions: Vec::new(),
            seconds: 0.0,
            holds: false,
            verdict: String::new(),
        }
    }

    /// Something that could not even be tried.
    pub(super) fn broken(what: &str, verdict: String) -> Self {
        Self { verdict, ..Self::new(what, String::new(), String::new()) }
    }

    /// Says whether it went as it must.
    pub(super) fn judged(mut self, verdict: Result<String, String>) -> Self {
        self.holds = verdict.is_ok();
        self.verdict = verdict.unwrap_or_else(|reason| reason);
        self
    }
}

/// All that was shown.
pub(super) struct Report {
    pub(super) rows: Vec<Row>,
    /// The books of all paths, or why they could not be read.
    pub(super) books: Result<Vec<SolvencyRow>, String>,
    pub(super) secs: f64,
}

impl Report {
    fn holds(&self) -> bool {
        let balance = |row: &SolvencyRow| row.balance == Balance::Holds;
        self.rows.iter().all(|row| row.holds)
            && self.books.as_ref().is_ok_and(|books| !books.is_empty() && books.iter().all(balance))
    }

    pub(super) fn answer(&self) -> Answer {
        let books = self.books.as_ref().map(|books| books.iter().map(book).collect::<Vec<_>>());
        let document = json!({
            "holds": self.holds(),
            "seconds": self.secs,
            "lines": self.rows,
            "conservation": books.as_ref().ok(),
            "conservation_error": books.as_ref().err(),
        });
        Answer { document, text: self.text(), is_yes: self.holds() }
    }

    fn text(&self) -> String {
        let mut lines = vec![format!(
            "{:<26} {:<20} {:<26} {:>7}  verdict",
            "line", "route", "amount", "seconds"
        )];
        for row in &self.rows {
            let mark = if row.holds { "" } else { "FAILED: " };
            lines.push(format!(
                "{:<26} {:<20} {:<26} {:>7.1}  {mark}{}",
                row.what, row.route, row.amount, row.seconds, row.verdict
            ));
            for it in &row.transactions {
                let height = it.height.map(|height| format!("{height}")).unwrap_or_default();
                let hash = shown(&it.hash);
                lines.push(format!("    {:<12} {:<5} {height:>7}  {hash}", it.kind, it.chain));
            }
        }
        lines.push("\nconservation: escrowed = issued + in flight, from the chains' states".into());
        match &self.books {
            Ok(books) => lines.extend(books.iter().map(book_text)),
            Err(reason) => lines.push(format!("  FAILED: {reason}")),
        }
        let held = self.rows.iter().filter(|row| row.holds).count();
        let verdict = if self.holds() { "all holds" } else { "NOT all holds" };
        let (all, secs) = (self.rows.len(), self.secs);
        lines.push(format!("\n{held} of {all} lines held in {secs:.0} s: {verdict}"));
        lines.join("\n")
    }
}

/// Some chains need several transactions for what was asked; the last is the one that did it.
fn shown(hash: &str) -> String {
    match hash.rsplit_once('+') {
        Some((before, last)) => {
            format!("{last} (and {} before it)", before.split('+').count())
        }
        None => hash.to_owned(),
    }
}

fn book(row: &SolvencyRow) -> serde_json::Value {
    json!({
        "home": { "chain": row.home.chain, "client": row.home.client.to_string() },
        "abroad": { "chain": row.abroad.chain, "client": row.abroad.client.to_string() },
        "denom": row.denom.to_string(),
        "escrowed": row.escrowed.to_string(),
        "issued": row.issued.to_string(),
        "in_flight_out": row.in_flight_out.to_string(),
        "in_flight_home": row.in_flight_home.to_string(),
        "holds": row.balance == Balance::Holds,
    })
}

fn book_text(row: &SolvencyRow) -> String {
    let mark = if row.balance == Balance::Holds { "holds" } else { "FAILED" };
    let SolvencyRow { escrowed, issued, in_flight_out, in_flight_home, denom, .. } = row;
    let (home, abroad) = (&row.home.chain, &row.abroad.chain);
    format!(
        "  {mark:<6} {home:>5} -> {abroad:<5} {escrowed} = {issued} + {in_flight_out} + \
         {in_flight_home}  {denom}"
    )
}
