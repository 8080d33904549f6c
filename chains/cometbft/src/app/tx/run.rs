//! A transaction from beginning to end.

use causeway_contracts::{OutOfGas, Router};
use causeway_core::{Any, Height, Timestamp};
use causeway_light_client::ClientRegistry;
use causeway_wire_cometbft::TxEvent;
use causeway_wire_cometbft::msg::TxMsgData;
use causeway_wire_cometbft::tx::{AccountAddress, TxRefusal};
use prost::Message as _;

use super::admission::{Admission, Mode, text};
use super::{Host, Parsed, Rejection, messages};
use crate::app::TxOutcome;
use crate::app::gas::GasMeter;
use crate::app::state::Working;
use crate::consensus::ValidatorUpdate;

/// What does not change from block to block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chain<'a> {
    pub(crate) id: &'a str,
    pub(crate) authority: &'a AccountAddress,
    pub(crate) clients: &'a ClientRegistry,
    pub(crate) router: &'a Router,
}

/// The block under execution.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block {
    pub(crate) height: Height,
    pub(crate) time: Timestamp,
}

/// What became of a transaction in a block.
pub(crate) struct Outcome {
    pub(crate) tx: TxOutcome,
    pub(crate) updates: Vec<ValidatorUpdate>,
}

/// One that is not even a transaction.
impl From<Rejection> for Outcome {
    fn from(rejection: Rejection) -> Self {
        Self { tx: rejection.into_outcome(0, 0), updates: Vec::new() }
    }
}

/// What a transaction's messages gave.
struct Executed {
    responses: Vec<Any>,
    events: Vec<TxEvent>,
    updates: Vec<ValidatorUpdate>,
}

/// Admits a transaction: takes its fee and counts it. Nothing remains of one that is refused.
pub(crate) fn admit(
    chain: &Chain<'_>,
    state: &mut Working,
    block: Block,
    parsed: &Parsed,
    mode: Mode,
) -> TxOutcome {
    let gas_wanted = parsed.tx.fee.gas_limit;
    let mut meter = GasMeter::new(gas_wanted);
    state.begin();
    let mut admission = Admission {
        state,
        meter: &mut meter,
        chain_id: chain.id,
        height: block.height.height(),
        mode,
    };
    let admitted = admission.admit(parsed);
    state.end(admitted.is_ok());
    match admitted {
        Err(rejection) => explain(rejection, &meter).into_outcome(gas_wanted, meter.used()),
        Ok(events) => {
            TxOutcome { gas_wanted, gas_used: meter.used(), events, ..TxOutcome::default() }
        }
    }
}

/// Executes a transaction. One that is not admitted leaves nothing behind; one whose messages fail
/// leaves its fee and the count of it.
pub(crate) fn execute(
    chain: &Chain<'_>,
    state: &mut Working,
    block: Block,
    parsed: &Parsed,
    mode: Mode,
) -> Outcome {
    let mut meter = GasMeter::new(parsed.tx.fee.gas_limit);
    run(chain, state, block, parsed, (mode, &mut meter))
}

/// Executes a transaction whose gas limit does not matter, on a state that is thrown away.
pub(crate) fn simulate(
    chain: &Chain<'_>,
    mut state: Working,
    block: Block,
    parsed: &Parsed,
) -> TxOutcome {
    let mut meter = GasMeter::of_a_block();
    run(chain, &mut state, block, parsed, (Mode::Simulated, &mut meter)).tx
}

fn run(
    chain: &Chain<'_>,
    state: &mut Working,
    block: Block,
    parsed: &Parsed,
    (mode, meter): (Mode, &mut GasMeter),
) -> Outcome {
    let gas_wanted = parsed.tx.fee.gas_limit;
    state.begin();
    let height = block.height.height();
    let chain_id = chain.id;
    let admitted = Admission { state, meter, chain_id, height, mode }.admit(parsed);
    state.end(admitted.is_ok());
    let mut events = match admitted {
        Ok(events) => events,
        Err(rejection) => {
            let tx = explain(rejection, meter).into_outcome(gas_wanted, meter.used());
            return Outcome { tx, updates: Vec::new() };
        }
    };
    state.begin();
    let executed = execute_all(chain, state, meter, block, parsed);
    state.end(executed.is_ok());
    let gas_used = meter.used();
    match executed {
        Err(rejection) => {
            let tx = explain(rejection, meter).into_outcome(gas_wanted, gas_used);
            Outcome { tx: TxOutcome { events, ..tx }, updates: Vec::new() }
        }
        Ok(executed) => {
            events.extend(executed.events);
            let data = TxMsgData { msg_responses: executed.responses }.encode_to_vec();
            let tx = TxOutcome { data, gas_wanted, gas_used, events, ..TxOutcome::default() };
            Outcome { tx, updates: executed.updates }
        }
    }
}

/// Says how much gas there was, where there was too little.
fn explain(rejection: Rejection, meter: &GasMeter) -> Rejection {
    if rejection.code != TxRefusal::OutOfGas.code() || rejection.codespace != "sdk" {
        return rejection;
    }
    rejection.within(format!("gasWanted: {}, gasUsed: {}", meter.limit(), meter.used()))
}

fn execute_all(
    chain: &Chain<'_>,
    state: &mut Working,
    meter: &mut GasMeter,
    block: Block,
    parsed: &Parsed,
) -> Result<Executed, Rejection> {
    let mut done = Executed { responses: Vec::new(), events: Vec::new(), updates: Vec::new() };
    for (index, message) in parsed.messages.iter().enumerate() {
        let mut host = Host {
            state,
            meter,
            block,
            authority: chain.authority,
            is_timeout: false,
            events: vec![announced(&message.type_url, &message.signer)],
        };
        let response =
            messages::execute(chain, &mut host, message, &mut done.updates).map_err(|it| {
                it.within(format!("failed to execute message; message index: {index}"))
            })?;
        if host.meter.is_exhausted() {
            return Err(OutOfGas.into());
        }
        let number = index.to_string();
        done.events.extend(host.events.into_iter().map(|it| it.with("msg_index", number.clone())));
        done.responses.push(response);
    }
    Ok(done)
}

/// The event before those of a message. The module is the second part of the type's name, as SDK
/// chains have it.
fn announced(type_url: &str, signer: &AccountAddress) -> TxEvent {
    let event = TxEvent::new("message").with("action", type_url).with("sender", text(signer));
    match type_url.split('.').nth(1) {
        Some(module) => event.with("module", module),
        None => event,
    }
}
