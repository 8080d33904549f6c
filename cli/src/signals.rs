//! Being told to stop.

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};

use crate::output::Failure;

/// Listens for SIGINT and SIGTERM from now on; what is returned ends at the first of them.
pub(crate) fn told_to_stop() -> Result<impl Future<Output = ()>, Failure> {
    let listen =
        |kind| signal(kind).context("cannot listen for signals").map_err(Failure::Environment);
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut terminate = listen(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => (),
            _ = terminate.recv() => (),
        }
    })
}
