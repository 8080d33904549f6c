//! An application that does what its payloads tell it.

use std::sync::Mutex;

use causeway_contracts::{AppError, Context, Delivery, Ibc, IbcApp, OutOfGas, Reply, Router, Work};
use causeway_core::{
    AppEvent, DecodeError, ERROR_ACKNOWLEDGEMENT, Event, Message, Payload, PortId, Refusal,
    Sequence,
};
use causeway_light_client::ClientRegistry;
use causeway_tests::harness::{TestChain, all_clients};
use causeway_tests::host::account;

pub(crate) const PORT: &str = "script";
/// A second application of the same kind.
pub(crate) const OTHER_PORT: &str = "script.two";

pub(crate) struct Script;

/// The chains' applications in tests of the core.
pub(crate) fn apps() -> Router {
    Router::new().with(port(PORT), Script).with(port(OTHER_PORT), Script)
}

pub(crate) fn port(text: &str) -> PortId {
    PortId::new(text).unwrap()
}

pub(crate) fn payload(value: &[u8]) -> Payload {
    payload_to(PORT, value)
}

pub(crate) fn payload_to(dest: &str, value: &[u8]) -> Payload {
    Payload {
        source_port: port(PORT),
        dest_port: port(dest),
        version: "script-1".into(),
        encoding: "text/plain".into(),
        value: value.to_vec(),
    }
}

fn refusal() -> AppError {
    DecodeError::new("script", "as told").into()
}

/// How often something happened, and with what.
fn note(ctx: &mut Context<'_>, what: &str, it: &Delivery<'_>, with: &[u8]) -> Result<(), OutOfGas> {
    let key = format!("{what}/{}/{}", it.sequence, String::from_utf8_lossy(&it.payload.value));
    ctx.emit(Event::App(AppEvent::new("noted").with("what", what)))?;
    let seen = ctx.get(key.as_bytes())?.map_or(0, |value| value[0]);
    ctx.set(key.as_bytes(), [&[seen + 1], with].concat())
}

/// What was noted on a chain: count and bytes.
pub(crate) fn noted(
    chain: &TestChain,
    port: &str,
    what: &str,
    sequence: Sequence,
    value: &str,
) -> Option<(u8, Vec<u8>)> {
    let key = format!("apps/{port}/{what}/{sequence}/{value}");
    let (count, with) = chain.host.entries.get(key.as_bytes())?.split_first().unwrap();
    Some((*count, with.to_vec()))
}

impl IbcApp for Script {
    fn on_send(&self, ctx: &mut Context<'_>, it: &Delivery<'_>) -> Result<(), AppError> {
        note(ctx, "send", it, &[])?;
        if it.payload.value == b"refuse send" { Err(refusal()) } else { Ok(()) }
    }

    fn on_recv(&self, ctx: &mut Context<'_>, it: &Delivery<'_>) -> Result<Reply, AppError> {
        note(ctx, "recv", it, &[])?;
        match it.payload.value.as_slice() {
            b"refuse" => Err(refusal()),
            b"later" => Ok(Reply::Later),
            b"empty" => Ok(Reply::Now(Vec::new())),
            b"error" => Ok(Reply::Now(ERROR_ACKNOWLEDGEMENT.to_vec())),
            b"spend" => loop {
                ctx.charge(Work::Application(1_000_000))?;
            },
            b"spend silently" => {
                while ctx.charge(Work::Application(1_000_000)).is_ok() {}
                Ok(Reply::Now(b"nothing happened".to_vec()))
            }
            value => Ok(Reply::Now([b"heard ", value].concat())),
        }
    }

    fn on_acknowledge(
        &self,
        ctx: &mut Context<'_>,
        it: &Delivery<'_>,
        acknowledgement: Option<&[u8]>,
    ) -> Result<(), AppError> {
        note(ctx, "acknowledge", it, acknowledgement.unwrap_or(b"error"))?;
        if it.payload.value == b"refuse answer" { Err(refusal()) } else { Ok(()) }
    }

    fn on_timeout(&self, ctx: &mut Context<'_>, it: &Delivery<'_>) -> Result<(), AppError> {
        note(ctx, "timeout", it, &[])?;
        if it.payload.value == b"refuse timeout" { Err(refusal()) } else { Ok(()) }
    }
}

/// An application that, in every callback, first tries to execute a message.
pub(crate) struct Reentrant {
    clients: ClientRegistry,
    router: Router,
    pub(crate) message: &'static Mutex<Option<Message>>,
    pub(crate) refusals: &'static Mutex<Vec<String>>,
}

impl Reentrant {
    pub(crate) fn new(
        message: &'static Mutex<Option<Message>>,
        refusals: &'static Mutex<Vec<String>>,
    ) -> Self {
        Self { clients: all_clients(), router: apps(), message, refusals }
    }

    fn strike(&self, ctx: &mut Context<'_>) {
        if let Some(message) = &*self.message.lock().unwrap() {
            let ibc = Ibc::new(&self.clients, &self.router);
            let result = ibc.handle(ctx, message, &account("thief"));
            let code =
                result.map_or_else(|error| error.code().into_owned(), |it| format!("{it:?}"));
            self.refusals.lock().unwrap().push(code);
        }
    }
}

impl IbcApp for Reentrant {
    fn on_send(&self, ctx: &mut Context<'_>, it: &Delivery<'_>) -> Result<(), AppError> {
        self.strike(ctx);
        Script.on_send(ctx, it)
    }

    fn on_recv(&self, ctx: &mut Context<'_>, it: &Delivery<'_>) -> Result<Reply, AppError> {
        self.strike(ctx);
        Script.on_recv(ctx, it)
    }

    fn on_acknowledge(
        &self,
        ctx: &mut Context<'_>,
        it: &Delivery<'_>,
        acknowledgement: Option<&[u8]>,
    ) -> Result<(), AppError> {
        self.strike(ctx);
        Script.on_acknowledge(ctx, it, acknowledgement)
    }

    fn on_timeout(&self, ctx: &mut Context<'_>, it: &Delivery<'_>) -> Result<(), AppError> {
        self.strike(ctx);
        Script.on_timeout(ctx, it)
    }
}
