//! A server that does not tell the truth.

use std::collections::BTreeMap;

use causeway_chain::Random;
use causeway_relayer_endpoints::{Call, Reply};
use serde_json::Value;

/// Ways to lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lie {
    /// A byte is another.
    Flip,
    /// A list has an entry that was never there: a packet, an event, a transaction.
    Invent,
    /// An entry of a list is hidden.
    Hide,
    /// What was true once: old heads, old states.
    Stale,
    /// What was asked of something else.
    Mistake,
}

impl Lie {
    pub(crate) const ALL: [Self; 5] =
        [Self::Flip, Self::Invent, Self::Hide, Self::Stale, Self::Mistake];
}

/// What it takes for a question, to remember its answer.
type Question = (u8, String, Vec<u8>);

/// Answers relayers in the place of a chain's own server, falsely now and then.
pub(crate) struct Liar {
    lie: Lie,
    /// One in so many answers is false.
    one_in: u64,
    /// An earlier answer to each question.
    earlier: BTreeMap<Question, Vec<u8>>,
    /// The last answer that was given, whatever was asked.
    last: Vec<u8>,
    /// How many answers were not the truth.
    pub(crate) told: u64,
}

impl Liar {
    pub(crate) const fn new(lie: Lie, one_in: u64) -> Self {
        Self { lie, one_in, earlier: BTreeMap::new(), last: Vec::new(), told: 0 }
    }

    pub(crate) fn spoil(&mut self, random: &mut Random, call: &Call, reply: &mut Reply) {
        let question = (call.api.0, call.path.clone(), call.body.clone());
        let earlier = self.earlier.entry(question).or_insert_with(|| reply.body.clone());
        let (earlier, truth) = (earlier.clone(), reply.body.clone());
        if random.below(self.one_in) == 0 {
            match self.lie {
                Lie::Flip => flip(random, &mut reply.body),
                Lie::Invent => with_list(random, &mut reply.body, invent),
                Lie::Hide => with_list(random, &mut reply.body, hide),
                Lie::Stale => reply.body = earlier,
                Lie::Mistake => reply.body.clone_from(&self.last),
            }
        }
        self.told += u64::from(reply.body != truth);
        self.last = truth;
    }
}

fn pick(random: &mut Random, len: usize) -> usize {
    usize::try_from(random.below(len as u64)).unwrap()
}

/// Most answers are hex, base64 and numbers: a changed digit stays well-formed.
fn flip(random: &mut Random, body: &mut [u8]) {
    let digits: Vec<_> = (0..body.len()).filter(|at| body[*at].is_ascii_hexdigit()).collect();
    if digits.is_empty() {
        return;
    }
    let at = digits[pick(random, digits.len())];
    body[at] = if body[at] == b'1' { b'2' } else { b'1' };
}

fn hide(random: &mut Random, list: &mut Vec<Value>) {
    list.remove(pick(random, list.len()));
}

/// The same again, but for a digit.
fn invent(random: &mut Random, list: &mut Vec<Value>) {
    let mut text = list[pick(random, list.len())].to_string().into_bytes();
    flip(random, &mut text);
    if let Ok(entry) = serde_json::from_slice(&text) {
        list.push(entry);
    }
}

/// Changes one of the lists in a document, if there is any.
fn with_list(
    random: &mut Random,
    body: &mut Vec<u8>,
    change: impl FnOnce(&mut Random, &mut Vec<Value>),
) {
    let Ok(mut document) = serde_json::from_slice::<Value>(body) else { return };
    let count = count_lists(&document);
    if count == 0 {
        return;
    }
    let mut left = pick(random, count);
    if let Some(list) = nth_list(&mut document, &mut left) {
        change(random, list);
        *body = document.to_string().into_bytes();
    }
}

fn is_full(value: &Value) -> bool {
    value.as_array().is_some_and(|list| !list.is_empty())
}

fn count_lists(value: &Value) -> usize {
    let own = usize::from(is_full(value));
    let inner: usize = match value {
        Value::Array(list) => list.iter().map(count_lists).sum(),
        Value::Object(fields) => fields.values().map(count_lists).sum(),
        _ => 0,
    };
    own + inner
}

fn nth_list<'a>(value: &'a mut Value, left: &mut usize) -> Option<&'a mut Vec<Value>> {
    if is_full(value) {
        if *left == 0 {
            return value.as_array_mut();
        }
        *left -= 1;
    }
    match value {
        Value::Array(list) => list.iter_mut().find_map(|value| nth_list(value, left)),
        Value::Object(fields) => fields.values_mut().find_map(|value| nth_list(value, left)),
        _ => None,
    }
}
