//! What endpoints say, in the engine's words.

use causeway_core::{ClientId, Height, PacketResult, Recourse, Response};
use causeway_relayer_engine::{BatchId, Failure, Input, ItemResult, PacketEvent, PacketKey, Side};

use crate::{ChainEvent, Endpoint, EndpointError, Events, Executed, MessageOutcome};

/// Reads the events of a range of heights of the chain on `side`, those of the path between `here`
/// and the client `there` only.
pub async fn scanned_input(
    side: Side,
    (from, to): (u64, u64),
    (endpoint, here): (&dyn Endpoint, &ClientId),
    there: &ClientId,
) -> Result<Input, EndpointError> {
    let Events { to: covered, events } = endpoint.events(here, from, to).await?;
    if !(from..=to).contains(&covered) {
        let reason = format!("up to {covered} of {from} to {to}");
        return Err(EndpointError::Nonsense { what: "events", reason });
    }
    let ours = |event: ChainEvent| match event {
        ChainEvent::Sent(packet) => {
            let is_ours = packet.source_client == *here && packet.dest_client == *there;
            is_ours.then_some(PacketEvent::Sent(packet))
        }
        ChainEvent::Answered(packet, answer) => {
            let is_ours = packet.dest_client == *here && packet.source_client == *there;
            is_ours.then_some(PacketEvent::Answered(packet, answer))
        }
        ChainEvent::Settled(sequence) => {
            Some(PacketEvent::Settled(PacketKey { source: side, sequence }))
        }
    };
    let ours = |(height, event): (Height, ChainEvent)| Some((height, ours(event)?));
    let events = events.into_iter().filter_map(ours).collect();
    Ok(Input::Scanned { side, from, to: covered, events })
}

/// What an executed transaction says of the packets of a batch. Of packets that it does not speak
/// of clearly nothing is said: they are looked up. `updates` messages stand before those of
/// `items`.
pub fn executed_input(
    id: BatchId,
    executed: Executed,
    updates: usize,
    items: &[Vec<PacketKey>],
) -> Input {
    let Executed { height, outcomes } = executed;
    let failed = |outcome: &MessageOutcome| match outcome {
        MessageOutcome::Failed(reason) => Some(reason.clone()),
        MessageOutcome::Handled(_) => None,
    };
    let failures: Vec<_> = outcomes.iter().filter_map(failed).collect();
    if let (Some(reason), true) = (failures.first(), failures.len() == outcomes.len()) {
        let (recourse, reason) = (Recourse::Reject, reason.clone());
        return Input::Failed { id, failure: Failure::Refused { recourse, reason } };
    }
    let about = outcomes.into_iter().skip(updates).zip(items);
    let results = about.flat_map(|(outcome, keys)| results_of(outcome, keys)).collect();
    Input::Confirmed { id, height, results }
}

fn results_of(outcome: MessageOutcome, keys: &[PacketKey]) -> Vec<(PacketKey, ItemResult)> {
    let all = |result: ItemResult| keys.iter().map(|key| (*key, result.clone())).collect();
    match outcome {
        MessageOutcome::Failed(reason) => all(ItemResult::Refused(reason)),
        MessageOutcome::Handled(Response::Packet(result)) => all(ItemResult::Handled(result)),
        MessageOutcome::Handled(Response::Packets(results)) => {
            let handled = |result: PacketResult| ItemResult::Handled(result);
            keys.iter().copied().zip(results.into_iter().map(handled)).collect()
        }
        MessageOutcome::Handled(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use causeway_core::{Height, Sequence};
    use causeway_relayer_engine::Side;

    use super::*;

    fn key(sequence: u64) -> PacketKey {
        PacketKey { source: Side::A, sequence: Sequence::new(sequence).unwrap() }
    }

    #[test]
    fn outcomes_are_told_packet_by_packet() {
        use MessageOutcome::{Failed, Handled};
        let (id, height) = (BatchId(1), Height::from_block(5));
        let items = [vec![key(1), key(2)], vec![key(3)], vec![key(4)]];
        let success = PacketResult::Success;
        let done = || Handled(Response::Done);
        let both = Handled(Response::Packets(vec![success, PacketResult::NoOp]));
        let one = Handled(Response::Packet(success));
        let handled = ItemResult::Handled;
        let refused = || ItemResult::Refused("no".into());
        let full = vec![
            (key(1), handled(success)),
            (key(2), handled(PacketResult::NoOp)),
            (key(3), handled(success)),
            (key(4), refused()),
        ];
        let confirmed = |results| Input::Confirmed { id, height, results };
        let failure = Failure::Refused { recourse: Recourse::Reject, reason: "no".into() };
        for (outcomes, expected) in [
            (vec![done(), both.clone(), one, Failed("no".into())], confirmed(full.clone())),
            (vec![done(), both], confirmed(full[..2].to_vec())),
            (vec![done(), done()], confirmed(vec![])),
            (vec![], confirmed(vec![])),
            (vec![Failed("no".into())], Input::Failed { id, failure }),
        ] {
            assert_eq!(executed_input(id, Executed { height, outcomes }, 1, &items), expected);
        }
    }
}
