//! What commands that send a packet answer.

use anyhow::anyhow;
use causeway_core::gmp::{self, GmpAcknowledgement};
use causeway_core::{Acknowledgement, Encoding, Payload};
use causeway_relayer_daemon::work::WorkError;
use serde_json::{Value, json};

use crate::crossing::{Ending, Sent, Way};
use crate::output::{Answer, Failure, Output};
use crate::relaying;
use crate::signals::told_to_stop;

/// A packet that is to be sent.
pub(super) struct Question {
    /// What was asked for, with addresses for names.
    pub(super) asked: Value,
    /// The same in words.
    pub(super) what: String,
    /// What the packet carries.
    pub(super) payloads: Vec<Payload>,
    /// Until when it may arrive, in seconds since 1970.
    pub(super) timeout: u64,
}

/// Sends a packet, waits for its end if that is wanted, and tells.
pub(super) async fn carry(way: &Way, question: Question, wait: bool) -> Result<Answer, Failure> {
    let told = told_to_stop()?;
    tokio::pin!(told);
    let Question { asked, what, payloads, timeout } = question;
    let sent = tokio::select! {
        sent = way.send(payloads.clone(), timeout) => sent,
        () = &mut told => {
            let (chain, account) = (&way.source.alias, way.source.endpoint.account());
            let reason = anyhow!(
                "stopped; what went out may still be executed: `causeway trace {account}` tells, \
                 `causeway balance {chain}:{account}` too"
            );
            return Err(Failure::Environment(reason));
        }
    };
    let sent = match sent {
        Ok(sent) => sent,
        Err(error) => return refused(asked, &what, error),
    };
    let Sent { id, transaction, .. } = &sent;
    if !wait {
        let text = format!("sent: {what}\n  packet {id}\n  transaction {}", transaction.0);
        return Ok(Answer::new(document(asked, "sent", &sent, timeout), text));
    }
    Output::progress(&format!("{id}: transaction {}", transaction.0));
    let ending = tokio::select! {
        ending = way.follow((sent.sequence, timeout), |step| {
            Output::progress(&format!("{id}: {step}"));
        }) => ending,
        () = &mut told => {
            let reason = anyhow!("stopped waiting; {id} goes on without: `causeway trace {id}`");
            return Err(Failure::Environment(reason));
        }
    };
    Ok(ended(asked, &what, &sent, (timeout, &payloads), &ending))
}

/// A chain that says no has answered; what else went wrong is no answer.
fn refused(mut asked: Value, what: &str, error: WorkError) -> Result<Answer, Failure> {
    if !relaying::is_refusal(&error) {
        return Err(relaying::failure(error));
    }
    if let Some(document) = asked.as_object_mut() {
        document.insert("status".into(), "refused".into());
        document.insert("code".into(), error.code().into());
        document.insert("reason".into(), error.to_string().into());
    }
    Ok(Answer { document: asked, text: format!("refused: {what}\n  {error}"), is_yes: false })
}

fn document(mut asked: Value, status: &str, sent: &Sent, timeout: u64) -> Value {
    if let Some(document) = asked.as_object_mut() {
        document.insert("status".into(), status.into());
        document.insert("packet".into(), sent.id.clone().into());
        document.insert("sequence".into(), sent.sequence.to_string().into());
        document.insert("transaction".into(), sent.transaction.0.clone().into());
        document.insert("timeout".into(), timeout.into());
    }
    asked
}

fn ended(
    asked: Value,
    what: &str,
    sent: &Sent,
    (timeout, payloads): (u64, &[Payload]),
    ending: &Ending,
) -> Answer {
    let mut document = document(asked, ending.name(), sent, timeout);
    let mut lines = vec![format!("{}: {what}", ending.name())];
    lines.push(format!("  packet {}", sent.id));
    lines.push(format!("  transaction {}", sent.transaction.0));
    let mut add = |name: &str, value: Value| {
        document.as_object_mut().map(|it| it.insert(name.to_owned(), value));
    };
    match ending {
        Ending::Acknowledged { acknowledgement, received_at } => {
            add("received_at", (*received_at).into());
            lines.push(format!("  received at height {received_at}"));
            if let Some(result) = result(payloads, acknowledgement) {
                lines.push(format!("  result {result}"));
                add("result", json!(result));
            }
        }
        Ending::Refused { received_at } => {
            add("received_at", (*received_at).into());
            lines.push("  the other chain said no; what was taken is back".to_owned());
        }
        Ending::TimedOut => {
            lines.push("  it did not arrive in time; what was taken is back".to_owned());
        }
    }
    let is_yes = matches!(ending, Ending::Acknowledged { .. });
    Answer { document, text: lines.join("\n"), is_yes }
}

/// The result of the first call that a packet carried, in hexadecimal.
pub(super) fn result(payloads: &[Payload], acknowledgement: &Acknowledgement) -> Option<String> {
    let answers = payloads.iter().zip(acknowledgement.app_acknowledgements());
    let (payload, answer) =
        answers.into_iter().find(|(payload, _)| payload.dest_port.as_str() == gmp::PORT)?;
    let answer = GmpAcknowledgement::decode(answer, Encoding::of(payload)?).ok()?;
    Some(hex::encode(answer.result()))
}
