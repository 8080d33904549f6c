//! What must be refused, each sent to a chain as a real transaction.

use core::time::Duration;
use std::sync::Arc;

use causeway_core::{
    AcknowledgePacket, ClientId, Height, Message, Packet, PacketPath, PacketResult, ReceivePacket,
    Response, Sequence, Timestamp, UpdateClient,
};
use causeway_relayer_daemon::work::WorkError;
use causeway_relayer_endpoints::{Endpoint, EndpointError, HostedClient, Update};
use causeway_relayer_engine::Destination;

use super::Line;
use super::cast::{Account, Trial};
use super::crossings::{call, or_broken, tokens};
use super::report::Row;
use super::stage::Stage;
use crate::crossing::{Sent, Timeout, Way};

/// How often a chain is asked for something new.
const POLL: Duration = Duration::from_millis(300);

/// The lines.
pub(super) fn lines(stage: &Arc<Stage>) -> Vec<Line> {
    let all: [fn(Arc<Stage>) -> Line; 4] = [
        |stage| Box::pin(async move { or_broken("forged header", header(&stage).await) }),
        |stage| Box::pin(async move { or_broken("forged proof", proof(&stage).await) }),
        |stage| Box::pin(async move { or_broken("replayed packet", replay(&stage).await) }),
        |stage| Box::pin(async move { or_broken("other's acknowledgement", answer(&stage).await) }),
    ];
    all.into_iter().map(|line| line(stage.clone())).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "errors come from `map_err`")]
fn said(error: EndpointError) -> String {
    error.to_string()
}

/// A header of `pow`, changed in its last byte, for the client on `pbft`.
async fn header(stage: &Stage) -> Result<Vec<Row>, String> {
    let way = stage.way("pbft", "pow")?;
    let (host, followed) = (stage.account("pbft", "bob")?, &way.destination.endpoint);
    let client = &way.source.client;
    let mut forged = loop {
        let hosted = host.endpoint.client(client).await.map_err(said)?;
        let newest = newest(&**followed, &hosted).await?;
        if let Some(message) = newest.messages.into_iter().next_back() {
            break message;
        }
        tokio::time::sleep(POLL).await;
    };
    if let Some(last) = forged.value.last_mut() {
        *last ^= 1;
    }
    let message = UpdateClient { client_id: client.clone(), client_message: forged };
    let row = Row::new("forged header", "pow -> pbft".to_owned(), String::new());
    let rule = "above the target";
    Ok(vec![refused(stage, row, &host, Message::UpdateClient(message), rule).await])
}

/// What brings a client to the newest final height.
pub(super) async fn newest(
    followed: &dyn Endpoint,
    hosted: &HostedClient,
) -> Result<Update, String> {
    let from = (Height::new(0, 0), Timestamp::default());
    followed.update(hosted, from.0, from.1, true).await.map_err(said)
}

/// A packet that was never sent, with the proof of one that was.
async fn proof(stage: &Stage) -> Result<Vec<Row>, String> {
    let way = stage.way("pbft", "pos")?;
    let (alice, bob) = (stage.account("pbft", "alice")?, stage.account("pos", "bob")?);
    let friend = stage.account("pos", "alice")?.address();
    let denom = stage.token("pbft", 0)?;
    let payloads = vec![tokens(stage, &way, (&denom, 1), (&alice, friend))?];
    let (sent, packet, height) = send(stage, &way, &alice, payloads).await?;
    let hosted = bob.endpoint.client(&way.destination.client).await.map_err(said)?;
    let source = &way.source.endpoint;
    while source.observe().await.map_err(said)?.finalized < height {
        tokio::time::sleep(POLL).await;
    }
    let update = source.update(&hosted, height, Timestamp::default(), false).await.map_err(said)?;
    let path = PacketPath::commitment(way.source.client.clone(), sent.sequence);
    let proofs = source.prove(&hosted, update.height, &[path]).await.map_err(said)?;
    let forged = Packet {
        sequence: Sequence::new(1_000_000).ok_or("no such sequence")?,
        payloads: vec![tokens(stage, &way, (&denom, 1_000_000_000), (&alice, bob.address()))?],
        ..packet
    };
    for update in updates(&way.destination.client, update.messages) {
        let updated = bob.execute(&[update], Trial::First).await;
        updated.map_err(|error| error.to_string())?;
    }
    let message = Message::ReceivePacket(ReceivePacket {
        packet: forged,
        proof_commitment: proofs.into_iter().next().unwrap_or_default(),
        proof_height: update.height,
    });
    let row = Row::new("forged proof", "pbft -> pos".to_owned(), format!("1000000000 {denom}"));
    Ok(vec![refused(stage, row, &bob, message, "proof_key_mismatch").await])
}

/// The messages that bring updates.
pub(super) fn updates(client: &ClientId, messages: Vec<causeway_core::Any>) -> Vec<Message> {
    let update = |client_message| {
        Message::UpdateClient(UpdateClient { client_id: client.clone(), client_message })
    };
    messages.into_iter().map(update).collect()
}

/// A packet that was received, brought once more with a proof that holds.
async fn replay(stage: &Stage) -> Result<Vec<Row>, String> {
    let way = stage.way("pbft", "pow")?;
    let (bob, alice) = (stage.account("pbft", "bob")?, stage.account("pow", "alice")?);
    let payloads = vec![call(stage, &way, &bob, 0)?];
    let (sent, packet, _) = send(stage, &way, &bob, payloads).await?;
    loop {
        let finding = way.look(sent.sequence).await?;
        if matches!(finding.destination, Destination::Answered(..)) {
            break;
        }
        tokio::time::sleep(POLL).await;
    }
    let hosted = alice.endpoint.client(&way.destination.client).await.map_err(said)?;
    let path = PacketPath::commitment(way.source.client.clone(), sent.sequence);
    let height = hosted.report.latest;
    let proofs = way.source.endpoint.prove(&hosted, height, &[path]).await.map_err(said)?;
    let message = Message::ReceivePacket(ReceivePacket {
        packet,
        proof_commitment: proofs.into_iter().next().unwrap_or_default(),
        proof_height: height,
    });
    let began = stage.elapsed();
    let mut row = Row::new("replayed packet", "pbft -> pow".to_owned(), String::new());
    row.packet = Some(sent.id);
    let executed = alice.execute(&[message], Trial::Skipped).await;
    row.seconds = stage.elapsed() - began;
    let verdict = match executed {
        Ok((transaction, responses)) => {
            row.transactions = vec![alice.on_record("forgery", &transaction).await];
            match responses.as_slice() {
                [Response::Packet(PacketResult::NoOp)] => {
                    Ok("refused: it was received before, nothing changed".to_owned())
                }
                other => Err(format!("not refused: {other:?}")),
            }
        }
        Err(error) => Err(error.to_string()),
    };
    Ok(vec![row.judged(verdict)])
}

/// The answer to one packet, given as the answer to another.
async fn answer(stage: &Stage) -> Result<Vec<Row>, String> {
    let way = stage.way("pbft", "pos")?;
    let bob = stage.account("pbft", "bob")?;
    let (first, packet, _) = send(stage, &way, &bob, vec![call(stage, &way, &bob, 0)?]).await?;
    way.follow((first.sequence, packet.timeout_timestamp), |_| ()).await;
    let Destination::Answered(answer, _) = way.look(first.sequence).await?.destination else {
        return Err("the first packet has no answer".to_owned());
    };
    let (second, packet, _) = send(stage, &way, &bob, vec![call(stage, &way, &bob, 0)?]).await?;
    let hosted = bob.endpoint.client(&way.source.client).await.map_err(said)?;
    let timeout = packet.timeout_timestamp;
    let path = PacketPath::acknowledgement(way.destination.client.clone(), first.sequence);
    let height = hosted.report.latest;
    let proofs = way.destination.endpoint.prove(&hosted, height, &[path]).await.map_err(said)?;
    let message = Message::AcknowledgePacket(AcknowledgePacket {
        packet,
        acknowledgement: answer,
        proof_acked: proofs.into_iter().next().unwrap_or_default(),
        proof_height: height,
    });
    let mut row = Row::new("other's acknowledgement", "pos -> pbft".to_owned(), String::new());
    row.packet = Some(second.id);
    let row = refused(stage, row, &bob, message, "storage proof").await;
    way.follow((second.sequence, timeout), |_| ()).await;
    Ok(vec![row])
}

/// Sends a packet; with it comes its body and where it is.
async fn send(
    stage: &Stage,
    way: &Way,
    sender: &Account,
    payloads: Vec<causeway_core::Payload>,
) -> Result<(Sent, Packet, Height), String> {
    let timeout = Timeout::resolve(None, way).await.map_err(|failure| failure.to_string())?;
    let executed = sender.execute(&[way.message(payloads, timeout)], Trial::First).await;
    let sent = executed.and_then(|executed| way.sent(executed)).map_err(|it| it.to_string())?;
    stage.tell(&format!("{}: sent for a forgery", sent.id));
    loop {
        let found = way.source.endpoint.sent(&way.source.client, &[sent.sequence]).await;
        if let Some(Some((packet, height))) = found.map_err(said)?.pop() {
            return Ok((sent, packet, height));
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Sends what must be refused by a rule, without asking first.
async fn refused(
    stage: &Stage,
    mut row: Row,
    account: &Account,
    message: Message,
    rule: &str,
) -> Row {
    let began = stage.elapsed();
    let executed = account.execute(&[message], Trial::Skipped).await;
    row.seconds = stage.elapsed() - began;
    let verdict = match executed {
        Err(WorkError::Failed { transaction, reason, .. }) => {
            row.transactions = vec![account.on_record("forgery", &transaction).await];
            by_rule("refused", reason, rule)
        }
        Err(WorkError::Endpoint { error: EndpointError::Refused { reason, .. }, .. }) => {
            by_rule("refused at the door", reason, rule)
        }
        Err(error) => Err(error.to_string()),
        Ok((transaction, _)) => {
            row.transactions = vec![account.on_record("forgery", &transaction).await];
            Err("it was taken".to_owned())
        }
    };
    stage.tell(&format!("{} {}: {verdict:?}", row.what, row.route));
    row.judged(verdict)
}

/// A refusal for another reason shows nothing.
fn by_rule(how: &str, reason: String, rule: &str) -> Result<String, String> {
    if reason.contains(rule) { Ok(format!("{how}: {reason}")) } else { Err(reason) }
}
