//! Transactions as they travel: strict, and without copying.

use causeway_core::DecodeError;
use sha2::{Digest, Sha256};

use crate::{Txid, Wtxid};

/// The most bytes of a transaction: the weight limit of a block, at one unit a witness byte.
pub const MAX_TRANSACTION_LEN: usize = 4_000_000;

/// All money there can be, in the smallest unit; no output and no sum of outputs is above it.
pub const MAX_MONEY: u64 = 2_100_000_000_000_000;

/// The output index of a coinbase's only input.
const NULL_INDEX: u32 = u32::MAX;

/// The bytes of a coinbase's input script, by consensus.
const COINBASE_SCRIPT_LENS: core::ops::RangeInclusive<usize> = 2..=100;

/// An output that is spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outpoint {
    /// The transaction.
    pub txid: Txid,
    /// Which of its outputs.
    pub index: u32,
}

/// An input, without its witness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Input<'a> {
    /// What is spent.
    pub outpoint: Outpoint,
    /// The input script.
    pub script: &'a [u8],
    /// The sequence number.
    pub sequence: u32,
}

/// An output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Output<'a> {
    /// Amount in the smallest unit.
    pub value: u64,
    /// The output script.
    pub script: &'a [u8],
}

/// A decoded transaction, whose scripts are slices of the bytes it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction<'a> {
    /// The version.
    pub version: i32,
    /// At least one.
    pub inputs: Vec<Input<'a>>,
    /// At least one.
    pub outputs: Vec<Output<'a>>,
    /// The lock time.
    pub lock_time: u32,
    /// The identity, without the witness.
    pub txid: Txid,
    /// The identity with the witness.
    pub wtxid: Wtxid,
    /// Bytes without the witness.
    pub stripped_len: usize,
    /// The first input's witness, when the bytes have witnesses.
    pub first_witness: Option<Witness<'a>>,
}

/// What is kept of a witness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Witness<'a> {
    /// How many items it has.
    pub items: usize,
    /// The first of them; empty when there is none.
    pub first: &'a [u8],
}

impl<'a> Transaction<'a> {
    /// Decodes a whole buffer in canonical form: minimal lengths, no witness marker without a
    /// witness, amounts in range.
    pub fn from_bytes(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let transaction = Self::parse(bytes)?;
        transaction.check_amounts()?;
        Ok(transaction)
    }

    /// Decodes without judging the amounts.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        if bytes.len() > MAX_TRANSACTION_LEN {
            return Err(malformed(format!(
                "{} bytes, at most {MAX_TRANSACTION_LEN} are allowed",
                bytes.len()
            )));
        }
        let mut reader = Reader::new("bitcoin_transaction", bytes);
        let version = reader.array::<4>()?;
        let marked = reader.rest.starts_with(&[0, 1]);
        if marked {
            reader.take(2)?;
        }
        let body = reader.rest;
        let inputs = read_inputs(&mut reader)?;
        let outputs = read_outputs(&mut reader)?;
        let body_len = body.len().saturating_sub(reader.rest.len());
        let first_witness =
            marked.then(|| read_witnesses(&mut reader, inputs.len())).transpose()?;
        let lock_time = reader.array::<4>()?;
        reader.finish()?;
        let stripped = [version.as_slice(), body.get(..body_len).unwrap_or_default(), &lock_time];
        Ok(Self {
            version: i32::from_le_bytes(version),
            inputs,
            outputs,
            lock_time: u32::from_le_bytes(lock_time),
            txid: Txid(sha256d_parts(&stripped)),
            wtxid: Wtxid(sha256d_parts(&[bytes])),
            stripped_len: body_len.saturating_add(8),
            first_witness,
        })
    }

    fn check_amounts(&self) -> Result<(), DecodeError> {
        let mut total = 0_u64;
        for output in &self.outputs {
            total = total.saturating_add(output.value);
            if output.value > MAX_MONEY || total > MAX_MONEY {
                return Err(malformed("outputs of more than all money".into()));
            }
        }
        Ok(())
    }

    /// True when it creates money: one input, which spends nothing, with a script of 2 to 100
    /// bytes.
    pub fn is_coinbase(&self) -> bool {
        let [Input { outpoint, script, .. }] = self.inputs.as_slice() else { return false };
        *outpoint == Outpoint { txid: Txid::default(), index: NULL_INDEX }
            && COINBASE_SCRIPT_LENS.contains(&script.len())
    }
}

fn malformed(reason: String) -> DecodeError {
    DecodeError::new("bitcoin_transaction", reason)
}

fn sha256d_parts(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    Sha256::digest(hasher.finalize()).into()
}

fn read_inputs<'a>(reader: &mut Reader<'a>) -> Result<Vec<Input<'a>>, DecodeError> {
    /// Outpoint, empty script with its length, sequence.
    const MIN_INPUT_LEN: usize = 41;
    let count = reader.count(MIN_INPUT_LEN)?;
    let mut inputs = Vec::with_capacity(count);
    for _ in 0..count {
        let txid = Txid(reader.array()?);
        let index = u32::from_le_bytes(reader.array()?);
        let script = reader.sized()?;
        let sequence = u32::from_le_bytes(reader.array()?);
        inputs.push(Input { outpoint: Outpoint { txid, index }, script, sequence });
    }
    Ok(inputs)
}

fn read_outputs<'a>(reader: &mut Reader<'a>) -> Result<Vec<Output<'a>>, DecodeError> {
    /// Amount, empty script with its length.
    const MIN_OUTPUT_LEN: usize = 9;
    let count = reader.count(MIN_OUTPUT_LEN)?;
    let mut outputs = Vec::with_capacity(count);
    for _ in 0..count {
        let value = u64::from_le_bytes(reader.array()?);
        outputs.push(Output { value, script: reader.sized()? });
    }
    Ok(outputs)
}

/// Reads a witness for each input, of which at least one must have items; keeps the first.
fn read_witnesses<'a>(reader: &mut Reader<'a>, inputs: usize) -> Result<Witness<'a>, DecodeError> {
    let mut kept = None;
    let mut has_items = false;
    for _ in 0..inputs {
        let items = reader.compact_size()?;
        let mut first: &[u8] = &[];
        for item in 0..items {
            let bytes = reader.sized()?;
            if item == 0 {
                first = bytes;
            }
        }
        has_items |= items != 0;
        kept.get_or_insert(Witness { items, first });
    }
    match kept {
        Some(witness) if has_items => Ok(witness),
        _ => Err(malformed("marked as having witnesses, but has none".into())),
    }
}

/// Takes a buffer apart; `what` names the object in errors.
#[derive(Debug)]
pub struct Reader<'a> {
    what: &'static str,
    pub(crate) rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Over these bytes.
    pub fn new(what: &'static str, bytes: &'a [u8]) -> Self {
        Self { what, rest: bytes }
    }

    fn error(&self, reason: impl Into<String>) -> DecodeError {
        DecodeError::new(self.what, reason)
    }

    /// The next `len` bytes.
    pub fn take(&mut self, len: usize) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) =
            self.rest.split_at_checked(len).ok_or_else(|| self.error("cut short"))?;
        self.rest = rest;
        Ok(taken)
    }

    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or_else(|| self.error("cut short"))?;
        self.rest = rest;
        Ok(*taken)
    }

    /// The bytes that are not read yet.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// A `CompactSize`, in its shortest form.
    pub fn compact_size(&mut self) -> Result<usize, DecodeError> {
        let [first] = self.array()?;
        let (value, least) = match first {
            0xfd => (u64::from(u16::from_le_bytes(self.array()?)), 0xfd),
            0xfe => (u64::from(u32::from_le_bytes(self.array()?)), 0x1_0000),
            0xff => (u64::from_le_bytes(self.array()?), 0x1_0000_0000),
            short => (u64::from(short), 0),
        };
        if value < least {
            return Err(self.error("a length not in its shortest form"));
        }
        usize::try_from(value).map_err(|_| self.error("cut short"))
    }

    /// A number of things of at least `min_len` bytes each: at least one, and no more than the
    /// bytes left can hold, so that memory is bounded by the input.
    pub fn count(&mut self, min_len: usize) -> Result<usize, DecodeError> {
        let count = self.compact_size()?;
        if count == 0 {
            return Err(self.error("no inputs, or no outputs"));
        }
        if count.saturating_mul(min_len) > self.rest.len() {
            return Err(self.error("cut short"));
        }
        Ok(count)
    }

    /// Bytes with their length before them.
    pub fn sized(&mut self) -> Result<&'a [u8], DecodeError> {
        let len = self.compact_size()?;
        self.take(len)
    }

    /// Refuses bytes that are left over.
    pub fn finish(self) -> Result<(), DecodeError> {
        match self.rest.len() {
            0 => Ok(()),
            extra => Err(self.error(format!("{extra} bytes left over"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::hex;

    use super::*;

    /// One input, one output, no scripts.
    fn smallest() -> Vec<u8> {
        let mut bytes = hex!("01000000 01").to_vec();
        bytes.extend([5; 36]);
        bytes.extend(hex!("00 ffffffff 01 0100000000000000 00 00000000"));
        bytes
    }

    fn with_witness(witness: &[u8]) -> Vec<u8> {
        let plain = smallest();
        let (head, lock_time) = plain.split_at(plain.len() - 4);
        let (version, body) = head.split_at(4);
        [version, &[0, 1], body, witness, lock_time].concat()
    }

    #[test]
    fn the_witness_changes_only_the_wtxid() {
        let (plain, full) = (smallest(), with_witness(&[1, 2, 9, 9]));
        let plain = Transaction::from_bytes(&plain).unwrap();
        let full = Transaction::from_bytes(&full).unwrap();
        assert_eq!(plain.txid, full.txid);
        assert_eq!((plain.stripped_len, full.stripped_len), (60, 60));
        assert_eq!(plain.wtxid.0, plain.txid.0);
        assert_ne!(plain.wtxid, full.wtxid);
        assert_eq!(full.first_witness, Some(Witness { items: 1, first: &[9, 9] }));
    }

    #[test]
    fn only_the_canonical_form_decodes() {
        let good = smallest();
        let spoilt = |at: usize, byte: u8| {
            let mut bytes = good.clone();
            bytes[at] = byte;
            bytes
        };
        let mut long_count = good.clone();
        long_count.splice(4..5, [0xfd, 1, 0]);
        let cases = [
            ("empty", vec![]),
            ("trailing", [good.as_slice(), &[0]].concat()),
            ("no inputs", spoilt(4, 0)),
            ("no outputs", spoilt(46, 0)),
            ("too many inputs", spoilt(4, 0xfc)),
            ("a long count", long_count),
            ("too much money", spoilt(54, 0x7f)),
            ("a superfluous marker", with_witness(&[0])),
            ("an unfinished witness", with_witness(&[2, 0])),
        ];
        assert!(Transaction::from_bytes(&good).is_ok());
        for (what, bytes) in cases {
            assert!(Transaction::from_bytes(&bytes).is_err(), "{what}");
        }
        for len in 0..good.len() {
            assert!(Transaction::from_bytes(&good[..len]).is_err(), "cut at {len}");
        }
    }
}
