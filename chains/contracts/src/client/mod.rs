//! The clients of a chain (ICS-02): created by anyone, moved by proofs alone.

mod error;
mod keys;
mod proof;
mod recover;
mod stored;
mod write;

use causeway_core::{
    Any, ClientId, CreateClient, Event, Height, RecoverClient, RegisterCounterparty,
    SubmitMisbehaviour, UpdateClient,
};
use causeway_light_client::{ErasedClient, RawAdvance, RawVerdict, Status};

pub use error::{ClientError, ClientRefusal};
pub use stored::StoredClient;

pub(crate) use keys::next_sequence_send;
pub(crate) use proof::{Claim, ProofAt};
pub(crate) use write::counterparty;

use crate::context::Context;
use crate::entry::check_entry;
use crate::host::{Account, Work};
use crate::ibc::Ibc;

/// The first sequence of a client's packets.
const FIRST_SEQUENCE: u64 = 1;

impl Ibc<'_> {
    /// Starts to follow another chain (ICS-02 `createClient`). Trust in the starting state is the
    /// creator's, who alone can bind the client to a counterparty.
    pub(crate) fn create_client(
        &self,
        ctx: &mut Context<'_>,
        message: &CreateClient,
        signer: &Account,
    ) -> Result<ClientId, ClientError> {
        check_entry(ctx)?;
        let CreateClient { client_state, consensus_state } = message;
        charge_message(ctx, &[client_state, consensus_state])?;
        let light = self
            .clients
            .by_client_state(client_state)
            .ok_or_else(|| ClientError::UnknownClientType { got: client_state.type_url.clone() })?;
        let advance = light.initialise(client_state, consensus_state, ctx.now())?;
        check_start(light, &advance)?;
        let client_id = write::name_client(ctx, light.client_type())?;
        let height = advance.latest_height;
        let client_type = light.client_type();
        ctx.set(&keys::client_type(&client_id), client_type.into())?;
        ctx.set(&keys::creator(&client_id), signer.0.clone())?;
        write::apply(ctx, &client_id, advance)?;
        self.check_active(ctx, &client_id)?;
        let client_type = client_type.to_owned();
        ctx.emit(Event::ClientCreated { client_id: client_id.clone(), client_type, height })?;
        Ok(client_id)
    }

    /// Brings a client forward; a header that contradicts what it verified freezes it.
    pub(crate) fn update_client(
        &self,
        ctx: &mut Context<'_>,
        message: &UpdateClient,
    ) -> Result<(), ClientError> {
        let UpdateClient { client_id, client_message } = message;
        match self.judge(ctx, client_id, client_message)? {
            RawVerdict::Advance(advance) => self.advance(ctx, client_id, advance),
            RawVerdict::AlreadyKnown => self.report_update(ctx, client_id, Vec::new()),
            RawVerdict::Misbehaviour(frozen) => self.freeze(ctx, client_id, &frozen),
        }
    }

    /// Freezes a client whose chain contradicted itself; refuses what does not prove that.
    pub(crate) fn submit_misbehaviour(
        &self,
        ctx: &mut Context<'_>,
        message: &SubmitMisbehaviour,
    ) -> Result<(), ClientError> {
        let SubmitMisbehaviour { client_id, misbehaviour } = message;
        match self.judge(ctx, client_id, misbehaviour)? {
            RawVerdict::Misbehaviour(frozen) => self.freeze(ctx, client_id, &frozen),
            RawVerdict::Advance(_) | RawVerdict::AlreadyKnown => {
                Err(ClientError::NotMisbehaviour { client_id: client_id.clone() })
            }
        }
    }

    /// Lets an expired or frozen client take over the whole state of an active one of the same
    /// chain (ICS-02 `recoverClient`).
    pub(crate) fn recover_client(
        &self,
        ctx: &mut Context<'_>,
        message: &RecoverClient,
        signer: &Account,
    ) -> Result<(), ClientError> {
        check_entry(ctx)?;
        if !ctx.is_authority(signer) {
            let signer = ctx.format_account(signer);
            return Err(ClientError::SignerNotAuthority { signer });
        }
        recover::recover(self, ctx, message)?;
        let RecoverClient { subject, substitute } = message.clone();
        Ok(ctx.emit(Event::ClientRecovered { subject, substitute })?)
    }

    /// Whether a client may be used at the time of this block.
    pub fn client_status(
        &self,
        ctx: &mut Context<'_>,
        client_id: &ClientId,
    ) -> Result<Status, ClientError> {
        ctx.as_core(|ctx| {
            let now = ctx.now();
            let (light, stored) = self.open(ctx, client_id)?;
            Ok(light.status(&stored, now)?)
        })
    }

    /// The light client behind a stored client, and its state.
    fn open<'c>(
        &self,
        ctx: &'c mut Context<'_>,
        client_id: &ClientId,
    ) -> Result<(&dyn ErasedClient, StoredClient<'c>), ClientError> {
        // Type, state, and the consensus state that status depends on.
        for _ in 0..3 {
            ctx.charge(Work::Read)?;
        }
        let stored = StoredClient::open(ctx.host(), client_id)
            .ok_or_else(|| ClientError::ClientNotFound { client_id: client_id.clone() })?;
        let light = self.clients.by_type(stored.client_type()).ok_or_else(|| {
            ClientError::UnknownClientType { got: stored.client_type().to_owned() }
        })?;
        Ok((light, stored))
    }

    /// Refuses a client that is expired or frozen.
    pub(crate) fn check_active(
        &self,
        ctx: &mut Context<'_>,
        client_id: &ClientId,
    ) -> Result<(), ClientError> {
        match self.client_status(ctx, client_id)? {
            Status::Active => Ok(()),
            status => {
                let client_id = client_id.clone();
                Err(ClientError::ClientNotActive { client_id, status: format!("{status:?}") })
            }
        }
    }

    fn judge(
        &self,
        ctx: &mut Context<'_>,
        client_id: &ClientId,
        message: &Any,
    ) -> Result<RawVerdict, ClientError> {
        check_entry(ctx)?;
        charge_message(ctx, &[message])?;
        self.check_active(ctx, client_id)?;
        let now = ctx.now();
        let (light, stored) = self.open(ctx, client_id)?;
        Ok(light.verify_client_message(&stored, message, now)?)
    }

    fn advance(
        &self,
        ctx: &mut Context<'_>,
        client_id: &ClientId,
        advance: RawAdvance,
    ) -> Result<(), ClientError> {
        let trusted = advance.consensus_states.iter().filter(|(_, state)| state.is_some());
        let heights: Vec<_> = trusted.map(|(height, _)| *height).collect();
        write::apply(ctx, client_id, advance)?;
        self.prune(ctx, client_id, heights.len())?;
        self.report_update(ctx, client_id, heights)
    }

    fn report_update(
        &self,
        ctx: &mut Context<'_>,
        client_id: &ClientId,
        heights: Vec<Height>,
    ) -> Result<(), ClientError> {
        let client_type = self.open(ctx, client_id)?.0.client_type().to_owned();
        let client_id = client_id.clone();
        Ok(ctx.emit(Event::ClientUpdated { client_id, client_type, heights })?)
    }

    fn freeze(
        &self,
        ctx: &mut Context<'_>,
        client_id: &ClientId,
        frozen: &Any,
    ) -> Result<(), ClientError> {
        write::set_client_state(ctx, client_id, frozen)?;
        let client_type = self.open(ctx, client_id)?.0.client_type().to_owned();
        Ok(ctx.emit(Event::MisbehaviourFound { client_id: client_id.clone(), client_type })?)
    }
}

fn charge_message(ctx: &mut Context<'_>, parts: &[&Any]) -> Result<(), ClientError> {
    let bytes = parts.iter().fold(0_usize, |sum, any| sum.saturating_add(any.value.len()));
    Ok(ctx.charge(Work::ClientMessage(bytes))?)
}

/// A client starts from something: nothing unset is ever trusted.
fn check_start(light: &dyn ErasedClient, advance: &RawAdvance) -> Result<(), ClientError> {
    let height = advance.latest_height;
    if height.is_zero() {
        return Err(ClientError::StartsFromNothing { missing: "height" });
    }
    let at_start = advance.consensus_states.iter().find(|(at, _)| *at == height);
    let Some((_, Some(state))) = at_start else {
        return Err(ClientError::StartsFromNothing { missing: "consensus state" });
    };
    if light.timestamp(state)?.nanos() == 0 {
        return Err(ClientError::StartsFromNothing { missing: "time" });
    }
    Ok(())
}

/// Binds a client to its other end (ICS-02 v2 `registerCounterparty`); from now on it sends.
pub(crate) fn register_counterparty(
    ctx: &mut Context<'_>,
    message: &RegisterCounterparty,
    signer: &Account,
) -> Result<(), ClientError> {
    check_entry(ctx)?;
    let RegisterCounterparty { client_id, counterparty } = message;
    write::check_exists(ctx, client_id)?;
    if ctx.get(&keys::creator(client_id))?.as_deref() != Some(&signer.0) {
        let signer = ctx.format_account(signer);
        return Err(ClientError::SignerNotCreator { client_id: client_id.clone(), signer });
    }
    if ctx.get(&keys::counterparty(client_id))?.is_some() {
        return Err(ClientError::CounterpartyRegistered { client_id: client_id.clone() });
    }
    write::set_counterparty(ctx, client_id, counterparty)?;
    ctx.set(&next_sequence_send(client_id), FIRST_SEQUENCE.to_be_bytes().to_vec())?;
    let (client_id, counterparty) = (client_id.clone(), counterparty.clone());
    Ok(ctx.emit(Event::CounterpartyRegistered { client_id, counterparty })?)
}
