//! Calls of contracts: what rides in a transaction's `OP_RETURN` output.
//!
//! The output has no value, and its script is one minimal push of magic (4), version (1) and
//! `causeway.bitcoin.v1.Call` in canonical protobuf. A transaction has at most one such output and
//! then no other `OP_RETURN`; it may have one output to the vault, with the coins that the call
//! brings along. The caller is the account that the first input spends.

mod proto;

use causeway_core::{Amount, ClientId, DecodeError, Message, decode_protobuf};

use crate::script::{first_push, is_minimal_data};
use crate::{OwnedOutput, OwnedTransaction, Script, data_script};

/// What the payload of a call begins with.
pub const CALL_MAGIC: [u8; 4] = *b"cwcl";
/// The version of the payload, behind the magic.
pub const CALL_VERSION: u8 = 1;
/// The most bytes of a payload behind the version: what a block of data alone could hold.
pub const MAX_CALL_LEN: usize = 1_000_000;

/// What a call is named in errors.
const WHAT: &str = "bitcoin_call";

/// A call of the chain's contracts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The most gas that it may use; the transaction's fee pays for all of it.
    pub gas_limit: u64,
    /// What is called.
    pub action: Action,
}

/// What a call asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// A message for the message core.
    Core(Message),
    /// The caller's vouchers go to another account.
    SendTokens {
        /// The account: a key's hash, or 32 bytes of one that no key can spend.
        to: Vec<u8>,
        /// The token's name in the chain's bank.
        token: String,
        /// How much, in the smallest unit.
        amount: Amount,
    },
    /// Transfers through a client stop, or go on; for the chain's authority.
    SetPaused {
        /// The client.
        client_id: ClientId,
        /// Whether they stop.
        is_paused: bool,
    },
    /// So much of a token may pass through a client; for the chain's authority.
    SetRateLimit {
        /// The client.
        client_id: ClientId,
        /// The token's name in the chain's bank.
        token: String,
        /// Length of a window in seconds; zero takes the limit away.
        window_secs: u64,
        /// The most that may leave in one window; `None` is as much as anyone likes.
        most_out: Option<Amount>,
        /// The most that may come in one window; `None` is as much as anyone likes.
        most_in: Option<Amount>,
    },
}

impl From<Message> for Action {
    fn from(message: Message) -> Self {
        Self::Core(message)
    }
}

/// A call with what its transaction says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallParts {
    /// The call.
    pub call: Call,
    /// The output to the vault, when the call brings coins along: its index and its value.
    pub vault: Option<(u32, u64)>,
}

impl Call {
    /// Encodes as a payload's protobuf part.
    pub fn to_bytes(&self) -> Vec<u8> {
        proto::encode(self)
    }

    /// Decodes the protobuf part of a payload, in canonical form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        proto::read(decode_protobuf(WHAT, bytes, MAX_CALL_LEN)?)
    }

    /// The output that carries the call.
    pub fn to_output(&self) -> OwnedOutput {
        let payload = [&CALL_MAGIC[..], &[CALL_VERSION], &self.to_bytes()].concat();
        OwnedOutput { value: 0, script: data_script(&payload) }
    }

    /// The call of a transaction; `None` when it claims to carry none. Whatever carries the magic
    /// claims to, in whichever form it is pushed, and is then refused unless it is canonical.
    pub fn of(transaction: &OwnedTransaction) -> Result<Option<CallParts>, DecodeError> {
        let outputs = &transaction.outputs;
        if !outputs.iter().any(carries_magic) {
            return Ok(None);
        }
        let mut data = outputs.iter().filter(|output| Script::of(&output.script) == Script::Data);
        let (Some(output), None) = (data.next(), data.next()) else {
            return Err(DecodeError::new(WHAT, "more than one OP_RETURN output"));
        };
        let call = Self::from_output(output)?;
        let mut vault = (0..).zip(outputs).filter(|(_, output)| is_vault(output));
        match (vault.next(), vault.next()) {
            (None, _) => Ok(Some(CallParts { call, vault: None })),
            (Some((_, output)), None) if output.value == 0 => {
                Err(DecodeError::new(WHAT, "an output to the vault without value"))
            }
            (Some((index, output)), None) => {
                Ok(Some(CallParts { call, vault: Some((index, output.value)) }))
            }
            _ => Err(DecodeError::new(WHAT, "more than one output to the vault")),
        }
    }

    fn from_output(output: &OwnedOutput) -> Result<Self, DecodeError> {
        if output.value != 0 {
            return Err(DecodeError::new(WHAT, "an OP_RETURN output with value"));
        }
        let push = first_push(&output.script).filter(|_| is_minimal_data(&output.script));
        let payload = push.and_then(|push| push.strip_prefix(&CALL_MAGIC));
        match payload.and_then(<[u8]>::split_first) {
            Some((&CALL_VERSION, bytes)) => Self::from_bytes(bytes),
            Some((version, _)) => {
                let reason = format!("version {version}, expected {CALL_VERSION}");
                Err(DecodeError::new(WHAT, reason))
            }
            None => Err(DecodeError::new(WHAT, "not one minimal push of magic, version and call")),
        }
    }
}

/// True when an output's script is `OP_RETURN` and pushes the magic first, in whichever form.
pub fn carries_magic(output: &OwnedOutput) -> bool {
    first_push(&output.script).is_some_and(|data| data.starts_with(&CALL_MAGIC))
}

/// True for an output to the vault.
pub fn is_vault(output: &OwnedOutput) -> bool {
    Script::of(&output.script) == Script::Vault
}

#[cfg(test)]
mod tests {
    use causeway_client_bitcoin::{Outpoint, Txid};
    use causeway_core::{ClientId, Payload, RecoverClient, SendPacket};

    use super::*;
    use crate::{KeyHash, OwnedInput, vault_script};

    fn call() -> Call {
        let payload = Payload {
            source_port: "transfer".parse().unwrap(),
            dest_port: "transfer".parse().unwrap(),
            version: "ics20-1".into(),
            encoding: "application/json".into(),
            value: vec![1, 2, 3],
        };
        let source_client = ClientId::new("07-tendermint-0").unwrap();
        let message = SendPacket { source_client, timeout_timestamp: 9, payloads: vec![payload] };
        Call { gas_limit: 70_000, action: Message::SendPacket(message).into() }
    }

    fn transaction(outputs: Vec<OwnedOutput>) -> OwnedTransaction {
        let outpoint = Outpoint { txid: Txid([7; 32]), index: 0 };
        let inputs =
            vec![OwnedInput { outpoint, script: vec![], sequence: u32::MAX, witness: vec![] }];
        OwnedTransaction { version: 2, inputs, outputs, lock_time: 0 }
    }

    fn pays(value: u64, script: Vec<u8>) -> OwnedOutput {
        OwnedOutput { value, script }
    }

    #[test]
    fn what_a_transaction_carries_is_read() {
        let change = pays(5, KeyHash([1; 20]).script());
        let plain = transaction(vec![change.clone(), pays(0, data_script(b"hello"))]);
        assert_eq!(Call::of(&plain), Ok(None));
        let carried = transaction(vec![change.clone(), call().to_output()]);
        assert_eq!(Call::of(&carried), Ok(Some(CallParts { call: call(), vault: None })));
        let brings = transaction(vec![call().to_output(), change, pays(70, vault_script())]);
        let expected = CallParts { call: call(), vault: Some((2, 70)) };
        assert_eq!(Call::of(&brings), Ok(Some(expected)));
    }

    #[test]
    fn what_is_not_canonical_is_refused() {
        let good = call().to_output();
        let script = good.script.clone();
        let mut long_push = script.clone();
        long_push.splice(1..3, [0x4d, script[2], 0]);
        let mut other_version = script.clone();
        other_version[7] = 2;
        let twice = vec![good.clone(), good.clone()];
        let beside = vec![good.clone(), pays(0, data_script(b"hello"))];
        let two_vaults = vec![good.clone(), pays(1, vault_script()), pays(1, vault_script())];
        let cases = [
            twice,
            beside,
            two_vaults,
            vec![good, pays(0, vault_script())],
            vec![pays(1, script.clone())],
            vec![pays(0, long_push)],
            vec![pays(0, other_version)],
            vec![pays(0, [script.as_slice(), &[0]].concat())],
            vec![pays(0, script[..script.len() - 1].to_vec())],
            vec![pays(0, data_script(&CALL_MAGIC))],
        ];
        for outputs in cases {
            let refused = Call::of(&transaction(outputs.clone()));
            assert_eq!(refused.map_err(|error| error.what()), Err(WHAT), "{outputs:?}");
        }
    }

    #[test]
    fn bytes_that_follow_a_call_or_come_twice_are_refused() {
        let bytes = call().to_bytes();
        assert_eq!(Call::from_bytes(&bytes), Ok(call()));
        for len in 0..bytes.len() {
            assert!(Call::from_bytes(&bytes[..len]).is_err(), "cut at {len}");
        }
        let other = Call {
            gas_limit: 0,
            action: Action::Core(Message::RecoverClient(RecoverClient {
                subject: ClientId::new("client-10").unwrap(),
                substitute: ClientId::new("client-11").unwrap(),
            })),
        };
        assert!(Call::from_bytes(&[bytes, other.to_bytes()].concat()).is_err());
    }

    #[test]
    fn every_action_is_read_as_it_was_written() {
        let client_id = ClientId::new("client-10").unwrap();
        let limit = |window_secs, most_out| Action::SetRateLimit {
            client_id: client_id.clone(),
            token: "sat".into(),
            window_secs,
            most_out,
            most_in: Some(Amount::from(7_u64)),
        };
        let send = |to| Action::SendTokens { to, token: "x".into(), amount: Amount::MAX };
        for action in [
            Action::SetPaused { client_id: client_id.clone(), is_paused: true },
            Action::SetPaused { client_id: client_id.clone(), is_paused: false },
            limit(60, None),
            limit(0, Some(Amount::ZERO)),
            send(vec![1; 20]),
            send(vec![1; 32]),
        ] {
            let call = Call { gas_limit: 1, action };
            assert_eq!(Call::from_bytes(&call.to_bytes()), Ok(call));
        }
        let odd = Call { gas_limit: 1, action: send(vec![1; 21]) };
        assert!(Call::from_bytes(&odd.to_bytes()).is_err());
    }
}
