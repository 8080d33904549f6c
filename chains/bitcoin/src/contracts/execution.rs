//! Carrying out calls.

use std::num::NonZeroU64;
use std::sync::Arc;

use causeway_client_bitcoin::Txid;
use causeway_contracts::apps::transfer::{RateLimit, Transfer};
use causeway_contracts::{Account, AppError, Context, HandleError, Ibc, OutOfGas, Token};
use causeway_core::{Refusal, Timestamp};
use causeway_store::{Snapshot, StoreError, Tree, Version};
use causeway_wire_bitcoin::state::{CallFailure, CallResult};
use causeway_wire_bitcoin::{Action, CallParts, KeyHash, MAX_BLOCK_GAS};

use super::host::CallHost;
use super::state::Writes;
use super::{Contracts, accounts, gas};

/// Where calls are carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BlockInfo {
    /// The block's height.
    pub(crate) height: u64,
    /// Median time past of its parent.
    pub(crate) time: Timestamp,
}

/// A call in a transaction whose first input is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreparedCall {
    /// The transaction.
    pub txid: Txid,
    /// Whom its first input spends from.
    pub caller: KeyHash,
    /// The call, and what it brings along.
    pub parts: Arc<CallParts>,
}

/// Native coins that the payout pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Whom.
    pub to: KeyHash,
    /// How much.
    pub value: u64,
}

/// What the calls of one block did.
#[derive(Clone, Debug)]
pub struct Executed {
    snapshot: Snapshot,
    calls: Vec<CallResult>,
    payments: Vec<Payment>,
    size: usize,
}

/// Memory of a written entry besides key and value: a leaf, and the nodes above that are not shared
/// with the state before.
const ENTRY_SIZE: usize = 400;
/// Memory of an event, most of which have a packet.
const EVENT_SIZE: usize = 1000;

fn size_of<'w>(writes: impl Iterator<Item = &'w Writes>, calls: &[CallResult]) -> usize {
    let entry = |(key, value): &(Vec<u8>, Option<Vec<u8>>)| {
        let value = value.as_ref().map_or(0, Vec::len);
        key.len().saturating_add(value).saturating_add(ENTRY_SIZE)
    };
    let written = writes.flatten().map(entry).fold(0, usize::saturating_add);
    let events = calls.iter().map(|call| call.events.len().saturating_add(1));
    written.saturating_add(events.sum::<usize>().saturating_mul(EVENT_SIZE))
}

impl Executed {
    /// The state of a first block.
    pub(crate) fn genesis(snapshot: Snapshot) -> Self {
        Self { snapshot, calls: Vec::new(), payments: Vec::new(), size: 0 }
    }

    /// A block without calls.
    pub(super) fn of_nothing(parent: &Snapshot) -> Result<Self, StoreError> {
        Ok(Self::genesis(commit(Tree::going_on_from(parent), parent)?))
    }

    pub(super) fn of_steps(parent: &Snapshot, steps: &[Arc<Step>]) -> Result<Self, StoreError> {
        let tree = steps.last().map_or_else(|| Tree::going_on_from(parent), |s| s.tree.clone());
        let calls: Vec<_> = steps.iter().map(|step| step.result.clone()).collect();
        let payments = steps.iter().flat_map(|step| step.payments.iter().copied()).collect();
        let size = size_of(steps.iter().map(|step| &step.writes), &calls);
        Ok(Self { snapshot: commit(tree, parent)?, calls, payments, size })
    }

    /// As it was written down.
    pub(super) fn of_writes(
        parent: &Snapshot,
        writes: &Writes,
        calls: Vec<CallResult>,
        payments: Vec<Payment>,
    ) -> Result<Self, StoreError> {
        let mut tree = Tree::going_on_from(parent);
        for (key, value) in writes {
            match value {
                Some(value) => tree.insert(key, value)?,
                None => drop(tree.remove(key)),
            }
        }
        let size = size_of(core::iter::once(writes), &calls);
        Ok(Self { snapshot: commit(tree, parent)?, calls, payments, size })
    }

    /// The state after them.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// What became of each, in order.
    pub fn calls(&self) -> &[CallResult] {
        &self.calls
    }

    /// About how much memory its changes take.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Whom the payout pays, in order.
    pub fn payments(&self) -> &[Payment] {
        &self.payments
    }
}

fn commit(mut tree: Tree, parent: &Snapshot) -> Result<Snapshot, StoreError> {
    let version = Version::new(parent.version().get().saturating_add(1))?;
    tree.commit(version)?;
    tree.at(version)
}

/// What one call did.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// The state after it.
    pub(super) tree: Tree,
    pub(super) writes: Writes,
    pub(crate) result: CallResult,
    pub(super) payments: Vec<Payment>,
}

/// Why a call fails that is not refused by the contracts.
enum Failure {
    Core(HandleError),
    App(AppError),
    OutOfGas,
    /// Coins were brought that the call has no use for.
    CoinsNotUsed(u64),
    /// There is no such account.
    NoSuchAccount,
    State(StoreError),
}

impl From<OutOfGas> for Failure {
    fn from(_: OutOfGas) -> Self {
        Self::OutOfGas
    }
}

impl Failure {
    fn is_out_of_gas(&self) -> bool {
        match self {
            Self::Core(error) => error.is_out_of_gas(),
            Self::App(AppError::OutOfGas) | Self::OutOfGas => true,
            _ => false,
        }
    }

    fn report(&self) -> CallFailure {
        let failure = |code: &str, reason: String| CallFailure { code: code.into(), reason };
        match self {
            Self::Core(error) => failure(&error.code(), error.to_string()),
            Self::App(AppError::Refused(error)) => failure(&error.code(), error.to_string()),
            Self::App(AppError::OutOfGas) | Self::OutOfGas => {
                failure("out_of_gas", OutOfGas.to_string())
            }
            Self::CoinsNotUsed(left) => {
                failure("coins_not_used", format!("{left} of the coins it brought are not used"))
            }
            Self::NoSuchAccount => failure("no_such_account", "nobody has that account".into()),
            Self::State(error) => failure("state", error.to_string()),
        }
    }
}

impl Contracts {
    /// Carries out one call. When it fails, the state is as before, and the coins go back.
    pub(super) fn run(&self, before: Tree, block: BlockInfo, call: &PreparedCall) -> Step {
        let limit = call.parts.call.gas_limit;
        let brought = call.parts.vault.map_or(0, |(_, value)| value);
        let mut host =
            CallHost::new(before.clone(), block, self.authority, call.caller, brought, limit);
        let outcome = self.act(&mut host, call);
        let gas_left = host.gas_left();
        let (payments, events, left) = (host.payments, host.events, host.brought);
        let outcome = outcome.and_then(|()| match left {
            0 => host.state.finish().map_err(Failure::State),
            left => Err(Failure::CoinsNotUsed(left)),
        });
        let is_exhausted = outcome.as_ref().err().is_some_and(Failure::is_out_of_gas);
        let mut result = CallResult {
            txid: call.txid,
            caller: accounts::format(&Account(call.caller.0.to_vec())),
            gas_limit: limit,
            gas_used: if is_exhausted { limit } else { limit.saturating_sub(gas_left) },
            failure: None,
            events: Vec::new(),
        };
        match outcome {
            Ok((tree, writes)) => {
                result.events = events;
                Step { tree, writes, result, payments }
            }
            Err(failure) => {
                result.failure = Some(failure.report());
                let back = Payment { to: call.caller, value: brought };
                let payments = (brought != 0).then_some(back).into_iter().collect();
                Step { tree: before, writes: Writes::new(), result, payments }
            }
        }
    }

    fn act(&self, host: &mut CallHost, call: &PreparedCall) -> Result<(), Failure> {
        let signer = Account(call.caller.0.to_vec());
        let call = &call.parts.call;
        host.take_gas(gas::intrinsic(call.to_bytes().len()))?;
        let mut ctx = Context::new(host);
        match &call.action {
            Action::Core(message) => Ibc::new(&self.clients, &self.router)
                .handle(&mut ctx, message, &signer)
                .map(drop)
                .map_err(Failure::Core),
            Action::SendTokens { to, token, amount } => {
                let to = Account(to.clone());
                if accounts::parse(&accounts::format(&to)).as_ref() != Some(&to) {
                    return Err(Failure::NoSuchAccount);
                }
                let token = Token(token.clone());
                let moved = ctx.attempt(|ctx| ctx.transfer(&signer, &to, &token, *amount));
                moved.map_err(Failure::App)
            }
            Action::SetPaused { client_id, is_paused } => ctx
                .attempt(|ctx| Transfer::set_paused(ctx, &signer, client_id, *is_paused))
                .map_err(Failure::App),
            Action::SetRateLimit { client_id, token, window_secs, most_out, most_in } => {
                let limit = NonZeroU64::new(*window_secs).map(|window_secs| RateLimit {
                    window_secs,
                    most_out: *most_out,
                    most_in: *most_in,
                });
                let token = Token(token.clone());
                let set = |ctx: &mut Context<'_>| {
                    Transfer::set_rate_limit(ctx, &signer, client_id, &token, limit)
                };
                ctx.attempt(set).map_err(Failure::App)
            }
        }
    }

    /// What calls would do on this state, one after the other, as far as a block has gas for them.
    /// Nothing is kept of it.
    pub(crate) fn dry_run(
        &self,
        state: &Snapshot,
        block: BlockInfo,
        calls: &[PreparedCall],
    ) -> Vec<CallResult> {
        let (mut tree, mut gas) = (Tree::going_on_from(state), 0_u64);
        let mut results = Vec::with_capacity(calls.len());
        for call in calls {
            let step = self.run(tree, block, call);
            gas = gas.saturating_add(step.result.gas_used);
            if gas > MAX_BLOCK_GAS {
                break;
            }
            tree = step.tree;
            results.push(step.result);
        }
        results
    }
}
