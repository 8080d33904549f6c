//! Questions about the state (`abci_query`): to a store by key, with proof, or by the methods of
//! the modules' query services.

mod auth;
mod bank;
mod channel;
mod client;
mod failure;
mod page;
mod store;
mod transfer;
mod view;

use causeway_wire_cometbft::query::{GasInfo, Simulate, SimulateResponse, SimulateResult, path};
use causeway_wire_cometbft::tx::TxRefusal;
use prost::Message;

use super::TxOutcome;
use super::shared::Shared;
use super::tx::Rejection;
use failure::Failure;
use view::View;

/// The answer to a query (`ResponseQuery`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueryResult {
    /// Zero for an answer; else a number of [`Self::codespace`].
    pub code: u32,
    /// Whose number the code is; empty for an answer.
    pub codespace: String,
    /// What went wrong, in words.
    pub log: String,
    /// The key that was asked for; of questions to a store only.
    pub key: Vec<u8>,
    /// The answer; empty where there is none.
    pub value: Vec<u8>,
    /// Proof of the answer under the app hash of [`Self::height`], which the header above it has.
    pub proof_ops: Vec<ProofOp>,
    /// The height after whose block the state is.
    pub height: u64,
}

/// One step of a proof (`tendermint.crypto.ProofOp`), lowest tree first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofOp {
    /// `ics23:iavl` or `ics23:simple`.
    pub kind: &'static str,
    /// The key in that tree.
    pub key: Vec<u8>,
    /// An encoded ICS-23 proof.
    pub data: Vec<u8>,
}

/// A question.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question<'a> {
    pub(crate) path: &'a str,
    pub(crate) data: &'a [u8],
    pub(crate) height: i64,
    pub(crate) prove: bool,
}

impl From<Rejection> for QueryResult {
    fn from(rejection: Rejection) -> Self {
        let Rejection { codespace, code, log } = rejection;
        Self { code, codespace: codespace.into(), log, ..Self::default() }
    }
}

/// Answers a question; one that has no answer is answered by a code.
pub(crate) fn answer(app: &mut Shared, question: &Question<'_>) -> QueryResult {
    let path = question.path.trim_start_matches('/');
    let height = height(app, question.height);
    let answered = match path.split_once('/') {
        Some(("store", rest)) => {
            height.and_then(|height| store::answer(app, rest, question, height))
        }
        Some(("app", "simulate")) => simulated(&app.simulate(question.data), height),
        _ if format!("/{path}") == path::SIMULATE => simulate(app, question.data, height),
        _ => height.and_then(|height| by_method(app, path, question.data, height)),
    };
    answered.unwrap_or_else(Into::into)
}

/// The height that is asked about: 0 is the newest.
fn height(app: &Shared, height: i64) -> Result<u64, Rejection> {
    let latest = app.history.latest().height;
    let hint = "please provide a valid height";
    match u64::try_from(height) {
        Err(_) => {
            let detail = format!("cannot query with height < 0; {hint}");
            Err(Rejection::sdk(TxRefusal::InvalidRequest, detail))
        }
        Ok(height) if height > latest => {
            let detail = format!("cannot query with height in the future; {hint}");
            Err(Rejection::sdk(TxRefusal::InvalidHeight, detail))
        }
        Ok(0) => Ok(latest),
        Ok(height) => Ok(height),
    }
}

fn by_method(
    app: &mut Shared,
    path: &str,
    data: &[u8],
    height: u64,
) -> Result<QueryResult, Rejection> {
    let view = View::at(app, height)?;
    let answered = auth::answer(&view, path, data)
        .or_else(|| bank::answer(&view, path, data))
        .or_else(|| client::answer(&view, path, data))
        .or_else(|| channel::answer(&view, path, data))
        .or_else(|| transfer::answer(&view, path, data));
    let unknown = || Rejection::sdk(TxRefusal::UnknownRequest, "unknown query path");
    let value = answered.ok_or_else(unknown)?.map_err(Rejection::from)?;
    Ok(QueryResult { value, height, ..QueryResult::default() })
}

fn simulate(
    app: &Shared,
    data: &[u8],
    height: Result<u64, Rejection>,
) -> Result<QueryResult, Rejection> {
    let request: Simulate = failure::decode(data)?;
    simulated(&app.simulate(&request.tx_bytes), height)
}

fn simulated(
    outcome: &TxOutcome,
    height: Result<u64, Rejection>,
) -> Result<QueryResult, Rejection> {
    let TxOutcome { gas_wanted, gas_used, .. } = *outcome;
    if !outcome.is_ok() {
        let text = format!("{} with gas used: '{gas_used}'", outcome.log);
        return Err(Failure::Unknown(text).into());
    }
    let responses = causeway_wire_cometbft::msg::TxMsgData::decode(outcome.data.as_slice());
    let response = SimulateResponse {
        gas_info: Some(GasInfo { gas_wanted, gas_used }),
        result: Some(SimulateResult {
            data: outcome.data.clone(),
            log: String::new(),
            events: outcome.events.iter().map(Into::into).collect(),
            msg_responses: responses.map(|it| it.msg_responses).unwrap_or_default(),
        }),
    };
    let value = response.encode_to_vec();
    Ok(QueryResult { value, height: height?, ..QueryResult::default() })
}
