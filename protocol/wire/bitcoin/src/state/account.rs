//! Accounts and clients: the answers of `getaccount`.

use causeway_core::{Amount, Any, ClientId, Counterparty, DecodeError, Height, Sequence};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::event::CounterpartyShape;
use super::{bytes, shape, value};

const WHAT: &str = "bitcoin_account";

/// What an account has of one token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance {
    /// The token's name in the chain's bank.
    pub token: String,
    /// How much, in the smallest unit.
    pub amount: Amount,
    /// The denomination by which packets call a voucher, its route included; `None` for the
    /// chain's own coin.
    pub denom: Option<String>,
}

/// What the state holds for an account: vouchers, and coins of accounts that no key can spend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountState {
    /// The account's address.
    pub address: String,
    /// Height of the state.
    pub height: u64,
    /// In the order of the tokens' names; none is zero.
    pub balances: Vec<Balance>,
}

/// A light client as the chain keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientReport {
    /// Its name.
    pub client_id: ClientId,
    /// Height of the state that this is of.
    pub height: u64,
    /// Its kind.
    pub client_type: String,
    /// `Active`, `Expired` or `Frozen`, at the time of the next block.
    pub status: String,
    /// The greatest height that it verified.
    pub latest_height: Height,
    /// Its state.
    pub client_state: Any,
    /// Its consensus state at the height that was asked for, or at the latest one.
    pub consensus_state: Option<(Height, Any)>,
    /// Its other end, once it is registered.
    pub counterparty: Option<Counterparty>,
    /// The sequence of the next packet to be sent through it, once it has a counterparty.
    pub next_sequence: Option<Sequence>,
}

/// A page of the traces of packets through one client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TracePage {
    /// Height of the state that this is of.
    pub height: u64,
    /// Sequences, rising, each with what is stored.
    pub traces: Vec<(Sequence, Vec<u8>)>,
    /// True when there are more behind the last one.
    pub has_more: bool,
}

/// What transfers through one client have left on the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientBooks {
    /// Height of the state.
    pub height: u64,
    /// What is locked for the client's other end; no zeros.
    pub escrowed: Vec<Balance>,
    /// The vouchers that came through the client; no zeros.
    pub issued: Vec<Balance>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BalanceShape {
    token: String,
    amount: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    denom: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountShape {
    address: String,
    height: u64,
    balances: Vec<BalanceShape>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AnyShape {
    type_url: String,
    value: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConsensusShape {
    height: String,
    state: AnyShape,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClientShape {
    client_id: String,
    height: u64,
    client_type: String,
    status: String,
    latest_height: String,
    client_state: AnyShape,
    consensus_state: Option<ConsensusShape>,
    counterparty: Option<CounterpartyShape>,
    next_sequence: Option<u64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BooksShape {
    height: u64,
    escrowed: Vec<BalanceShape>,
    issued: Vec<BalanceShape>,
}

impl From<&Balance> for BalanceShape {
    fn from(balance: &Balance) -> Self {
        Self {
            token: balance.token.clone(),
            amount: balance.amount.to_string(),
            denom: balance.denom.clone(),
        }
    }
}

impl TryFrom<BalanceShape> for Balance {
    type Error = DecodeError;

    fn try_from(shape: BalanceShape) -> Result<Self, DecodeError> {
        Ok(Self { token: shape.token, amount: shape.amount.parse()?, denom: shape.denom })
    }
}

impl ClientBooks {
    /// The answer as JSON.
    pub fn to_json(&self) -> Value {
        let shapes = |balances: &[Balance]| balances.iter().map(Into::into).collect();
        let (escrowed, issued) = (shapes(&self.escrowed), shapes(&self.issued));
        value(&BooksShape { height: self.height, escrowed, issued })
    }

    /// Reads the answer.
    pub fn from_json(value: &Value) -> Result<Self, DecodeError> {
        let BooksShape { height, escrowed, issued } = shape(WHAT, value)?;
        let balances = |shapes: Vec<BalanceShape>| {
            shapes.into_iter().map(TryInto::try_into).collect::<Result<_, DecodeError>>()
        };
        Ok(Self { height, escrowed: balances(escrowed)?, issued: balances(issued)? })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TraceShape {
    sequence: u64,
    value: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PageShape {
    height: u64,
    traces: Vec<TraceShape>,
    has_more: bool,
}

impl From<&Any> for AnyShape {
    fn from(any: &Any) -> Self {
        Self { type_url: any.type_url.clone(), value: hex::encode(&any.value) }
    }
}

impl TryFrom<AnyShape> for Any {
    type Error = DecodeError;

    fn try_from(shape: AnyShape) -> Result<Self, DecodeError> {
        Ok(Self::new(shape.type_url, bytes(WHAT, &shape.value)?))
    }
}

fn sequence(number: u64) -> Result<Sequence, DecodeError> {
    Sequence::new(number).ok_or_else(|| DecodeError::new(WHAT, "sequence 0"))
}

impl AccountState {
    /// The answer as JSON.
    pub fn to_json(&self) -> Value {
        let balances = self.balances.iter().map(Into::into).collect();
        value(&AccountShape { address: self.address.clone(), height: self.height, balances })
    }

    /// Reads the answer.
    pub fn from_json(value: &Value) -> Result<Self, DecodeError> {
        let AccountShape { address, height, balances } = shape(WHAT, value)?;
        let balances = balances.into_iter().map(TryInto::try_into);
        let balances = balances.collect::<Result<_, DecodeError>>()?;
        Ok(Self { address, height, balances })
    }
}

impl ClientReport {
    /// The answer as JSON.
    pub fn to_json(&self) -> Value {
        let consensus = |(height, state): &(Height, Any)| ConsensusShape {
            height: height.to_string(),
            state: state.into(),
        };
        value(&ClientShape {
            client_id: self.client_id.to_string(),
            height: self.height,
            client_type: self.client_type.clone(),
            status: self.status.clone(),
            latest_height: self.latest_height.to_string(),
            client_state: (&self.client_state).into(),
            consensus_state: self.consensus_state.as_ref().map(consensus),
            counterparty: self.counterparty.as_ref().map(Into::into),
            next_sequence: self.next_sequence.map(Sequence::get),
        })
    }

    /// Reads the answer.
    pub fn from_json(value: &Value) -> Result<Self, DecodeError> {
        let client: ClientShape = shape(WHAT, value)?;
        let consensus = |shape: ConsensusShape| {
            Ok::<_, DecodeError>((shape.height.parse()?, shape.state.try_into()?))
        };
        Ok(Self {
            client_id: client.client_id.parse()?,
            height: client.height,
            client_type: client.client_type,
            status: client.status,
            latest_height: client.latest_height.parse()?,
            client_state: client.client_state.try_into()?,
            consensus_state: client.consensus_state.map(consensus).transpose()?,
            counterparty: client.counterparty.map(TryInto::try_into).transpose()?,
            next_sequence: client.next_sequence.map(sequence).transpose()?,
        })
    }
}

impl TracePage {
    /// The answer as JSON.
    pub fn to_json(&self) -> Value {
        let trace = |(sequence, value): &(Sequence, Vec<u8>)| TraceShape {
            sequence: sequence.get(),
            value: hex::encode(value),
        };
        let traces = self.traces.iter().map(trace).collect();
        value(&PageShape { height: self.height, traces, has_more: self.has_more })
    }

    /// Reads the answer: sequences rise.
    pub fn from_json(value: &Value) -> Result<Self, DecodeError> {
        let PageShape { height, traces, has_more } = shape(WHAT, value)?;
        let trace = |shape: TraceShape| Ok((sequence(shape.sequence)?, bytes(WHAT, &shape.value)?));
        let traces = traces.into_iter().map(trace).collect::<Result<Vec<_>, DecodeError>>()?;
        if !traces.is_sorted_by(|(left, _), (right, _)| left < right) {
            return Err(DecodeError::new(WHAT, "sequences do not rise"));
        }
        Ok(Self { height, traces, has_more })
    }
}
