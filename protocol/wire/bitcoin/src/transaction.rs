//! Transactions with their whole witness, to be built, signed and sent.

use causeway_client_bitcoin::{Outpoint, Reader, Txid, Wtxid, sha256d};
use causeway_core::DecodeError;

/// What a transaction is called in errors.
const WHAT: &str = "bitcoin_transaction";

/// The output index of a coinbase's only input.
const NULL_INDEX: u32 = u32::MAX;

/// The most witness items of an input: a spend of this family's forms has two, and no script that
/// nodes relay has more than a hundred.
const MAX_WITNESS_ITEMS: usize = 500;

/// What a transaction spends, and by what right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedInput {
    /// The output that is spent.
    pub outpoint: Outpoint,
    /// The input script: empty for witness programs.
    pub script: Vec<u8>,
    /// The sequence number.
    pub sequence: u32,
    /// The witness items.
    pub witness: Vec<Vec<u8>>,
}

/// What a transaction pays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedOutput {
    /// Amount in the smallest unit.
    pub value: u64,
    /// The output script.
    pub script: Vec<u8>,
}

/// A transaction. Decoding is strict about form and silent about amounts, which are judged where
/// the reasons for a refusal are told apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedTransaction {
    /// The version.
    pub version: i32,
    /// What is spent.
    pub inputs: Vec<OwnedInput>,
    /// What is paid.
    pub outputs: Vec<OwnedOutput>,
    /// The lock time.
    pub lock_time: u32,
}

impl OwnedTransaction {
    /// Decodes a whole buffer in canonical form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(WHAT, bytes);
        let transaction = Self::read(&mut reader)?;
        reader.finish()?;
        Ok(transaction)
    }

    /// Decodes the next transaction of a buffer, in canonical form.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let version = i32::from_le_bytes(reader.array()?);
        let is_marked = reader.rest().starts_with(&[0, 1]);
        if is_marked {
            reader.take(2)?;
        }
        let mut inputs = read_inputs(reader)?;
        let outputs = read_outputs(reader)?;
        if is_marked {
            for input in &mut inputs {
                input.witness = read_witness(reader)?;
            }
            if inputs.iter().all(|input| input.witness.is_empty()) {
                return Err(DecodeError::new(WHAT, "marked as having witnesses, but has none"));
            }
        }
        let lock_time = u32::from_le_bytes(reader.array()?);
        Ok(Self { version, inputs, outputs, lock_time })
    }

    /// The bytes on the wire, with the witness where there is one.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.encode(self.has_witness())
    }

    /// The bytes without the witness, of which the transaction id is the hash.
    pub fn to_stripped_bytes(&self) -> Vec<u8> {
        self.encode(false)
    }

    fn has_witness(&self) -> bool {
        self.inputs.iter().any(|input| !input.witness.is_empty())
    }

    fn encode(&self, with_witness: bool) -> Vec<u8> {
        let mut bytes = self.version.to_le_bytes().to_vec();
        if with_witness {
            bytes.extend([0, 1]);
        }
        push_size(&mut bytes, self.inputs.len());
        for input in &self.inputs {
            bytes.extend(outpoint_bytes(&input.outpoint));
            push_sized(&mut bytes, &input.script);
            bytes.extend(input.sequence.to_le_bytes());
        }
        push_size(&mut bytes, self.outputs.len());
        for output in &self.outputs {
            bytes.extend(output.to_bytes());
        }
        for input in self.inputs.iter().filter(|_| with_witness) {
            push_size(&mut bytes, input.witness.len());
            input.witness.iter().for_each(|item| push_sized(&mut bytes, item));
        }
        bytes.extend(self.lock_time.to_le_bytes());
        bytes
    }

    /// The identity, which no change of a witness changes.
    pub fn txid(&self) -> Txid {
        Txid(sha256d(&self.to_stripped_bytes()))
    }

    /// The identity with the witness (BIP141).
    pub fn wtxid(&self) -> Wtxid {
        Wtxid(sha256d(&self.to_bytes()))
    }

    /// The weight: four units for each byte but those of the witness, which count one (BIP141).
    pub fn weight(&self) -> usize {
        let stripped = self.to_stripped_bytes().len();
        stripped.saturating_mul(3).saturating_add(self.to_bytes().len())
    }

    /// True when it creates money: its only input spends nothing.
    pub fn is_coinbase(&self) -> bool {
        matches!(self.inputs.as_slice(), [input] if is_null(&input.outpoint))
    }
}

impl OwnedOutput {
    /// The bytes on the wire.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.value.to_le_bytes().to_vec();
        push_sized(&mut bytes, &self.script);
        bytes
    }
}

impl OwnedInput {
    /// The input of a coinbase, whose witness is the reserved value of BIP141: 32 zero bytes.
    pub fn coinbase(script: Vec<u8>, sequence: u32) -> Self {
        let outpoint = Outpoint { txid: Txid::default(), index: NULL_INDEX };
        Self { outpoint, script, sequence, witness: vec![vec![0; 32]] }
    }
}

/// True for the outpoint that stands for no output.
fn is_null(outpoint: &Outpoint) -> bool {
    outpoint.txid == Txid::default() && outpoint.index == NULL_INDEX
}

pub(crate) fn outpoint_bytes(outpoint: &Outpoint) -> Vec<u8> {
    let mut bytes = outpoint.txid.0.to_vec();
    bytes.extend(outpoint.index.to_le_bytes());
    bytes
}

/// Writes a `CompactSize`.
pub(crate) fn push_size(bytes: &mut Vec<u8>, size: usize) {
    if let Some(short) = u8::try_from(size).ok().filter(|short| *short < 0xfd) {
        bytes.push(short);
    } else if let Ok(size) = u16::try_from(size) {
        bytes.push(0xfd);
        bytes.extend(size.to_le_bytes());
    } else if let Ok(size) = u32::try_from(size) {
        bytes.push(0xfe);
        bytes.extend(size.to_le_bytes());
    } else {
        bytes.push(0xff);
        bytes.extend(u64::try_from(size).unwrap_or(u64::MAX).to_le_bytes());
    }
}

pub(crate) fn push_sized(bytes: &mut Vec<u8>, part: &[u8]) {
    push_size(bytes, part.len());
    bytes.extend(part);
}

fn read_inputs(reader: &mut Reader<'_>) -> Result<Vec<OwnedInput>, DecodeError> {
    /// Outpoint, empty script with its length, sequence.
    const MIN_INPUT_LEN: usize = 41;
    let count = reader.count(MIN_INPUT_LEN)?;
    let mut inputs = Vec::with_capacity(count);
    for _ in 0..count {
        let txid = Txid(reader.array()?);
        let index = u32::from_le_bytes(reader.array()?);
        let script = reader.sized()?.to_vec();
        let sequence = u32::from_le_bytes(reader.array()?);
        let outpoint = Outpoint { txid, index };
        inputs.push(OwnedInput { outpoint, script, sequence, witness: Vec::new() });
    }
    Ok(inputs)
}

fn read_outputs(reader: &mut Reader<'_>) -> Result<Vec<OwnedOutput>, DecodeError> {
    /// Amount, empty script with its length.
    const MIN_OUTPUT_LEN: usize = 9;
    let count = reader.count(MIN_OUTPUT_LEN)?;
    let mut outputs = Vec::with_capacity(count);
    for _ in 0..count {
        let value = u64::from_le_bytes(reader.array()?);
        outputs.push(OwnedOutput { value, script: reader.sized()?.to_vec() });
    }
    Ok(outputs)
}

fn read_witness(reader: &mut Reader<'_>) -> Result<Vec<Vec<u8>>, DecodeError> {
    let count = reader.compact_size()?;
    if count > MAX_WITNESS_ITEMS {
        let reason = format!("{count} witness items, at most {MAX_WITNESS_ITEMS} are allowed");
        return Err(DecodeError::new(WHAT, reason));
    }
    (0..count).map(|_| Ok(reader.sized()?.to_vec())).collect()
}

#[cfg(test)]
mod tests {
    use causeway_client_bitcoin::Transaction;

    use super::*;

    fn sample(witness: Vec<Vec<u8>>) -> OwnedTransaction {
        let outpoint = Outpoint { txid: Txid([7; 32]), index: 1 };
        let input = OwnedInput { outpoint, script: vec![], sequence: u32::MAX, witness };
        let outputs = vec![OwnedOutput { value: 5, script: vec![0x6a; 300] }];
        OwnedTransaction { version: 2, inputs: vec![input], outputs, lock_time: 9 }
    }

    #[test]
    fn what_is_written_is_read_and_the_light_client_agrees_on_the_identities() {
        for witness in [vec![], vec![vec![1, 2], vec![]]] {
            let transaction = sample(witness);
            let bytes = transaction.to_bytes();
            assert_eq!(OwnedTransaction::from_bytes(&bytes).as_ref(), Ok(&transaction));
            let read = Transaction::from_bytes(&bytes).unwrap();
            assert_eq!((read.txid, read.wtxid), (transaction.txid(), transaction.wtxid()));
            assert_eq!(read.stripped_len * 3 + bytes.len(), transaction.weight());
            for len in 0..bytes.len() {
                assert!(OwnedTransaction::from_bytes(&bytes[..len]).is_err(), "cut at {len}");
            }
        }
    }

    #[test]
    fn a_witness_is_bounded_and_not_superfluous() {
        let many = sample(vec![vec![]; MAX_WITNESS_ITEMS + 1]);
        assert!(OwnedTransaction::from_bytes(&many.to_bytes()).is_err());
        let none = sample(vec![]).encode(true);
        assert!(OwnedTransaction::from_bytes(&none).is_err());
    }
}
