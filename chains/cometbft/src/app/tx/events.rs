//! What applications report, in the words of ibc-go's applications.

use causeway_core::{AppEvent, Event};
use causeway_wire_cometbft::TxEvent;

const PACKET: &str = "fungible_token_packet";

/// How a success is written by the text form of acknowledgements.
const SUCCESS: &str = "result:\"\\001\" ";

/// The events that report `event`; `is_timeout` is true for those of a packet's end by timeout.
pub(crate) fn report(event: &Event, is_timeout: bool) -> Vec<TxEvent> {
    let Event::App(event) = event else { return TxEvent::report(event) };
    let module = TxEvent::new("message").with("module", "transfer");
    match event.name {
        "transfer_sent" => vec![described("ibc_transfer", event), module],
        "transfer_received" => {
            vec![described(PACKET, event).with("success", "true"), module]
        }
        "transfer_succeeded" => {
            let answered = described(PACKET, event).with("acknowledgement", SUCCESS);
            vec![answered, module, TxEvent::new(PACKET).with("success", "\u{1}")]
        }
        "transfer_refunded" if is_timeout => vec![timed_out(event), module],
        "transfer_refunded" => {
            let error = "the destination refused";
            let text = format!("error:\"{error}\" ");
            let answered = described(PACKET, event).with("acknowledgement", text);
            vec![answered, module, TxEvent::new(PACKET).with("error", error)]
        }
        _ => TxEvent::report(&Event::App(event.clone())),
    }
}

fn value<'a>(event: &'a AppEvent, key: &str) -> &'a str {
    let found = event.attributes.iter().find(|(name, _)| *name == key);
    found.map_or("", |(_, value)| value.as_str())
}

fn described(kind: &str, event: &AppEvent) -> TxEvent {
    let keys = ["sender", "receiver", "denom", "amount", "memo"];
    keys.iter().fold(TxEvent::new(kind), |told, key| told.with(*key, value(event, key)))
}

fn timed_out(event: &AppEvent) -> TxEvent {
    let token = format!(
        r#"{{"denom":{{"path":"{}"}},"amount":"{}"}}"#,
        value(event, "denom"),
        value(event, "amount")
    );
    TxEvent::new("timeout")
        .with("receiver", value(event, "sender"))
        .with("refund_tokens", token)
        .with("memo", value(event, "memo"))
}
