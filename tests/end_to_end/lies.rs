//! What a lying server makes of a chain's answers.

use std::collections::HashMap;

use serde_json::{Value, json};

/// Ways to lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lie {
    /// Answers are passed on.
    Nothing,
    /// Digits and letters of every other answer are changed.
    FlippedBytes,
    /// Beside each packet there is one more, which brings more, and each answer to a packet is
    /// an error.
    InventedEvents,
    /// There are no packets.
    HiddenEvents,
    /// What was asked before is answered as it was then.
    StaleHeights,
}

/// An amount that invented packets bring, as text and as a word.
const AMOUNTS: [(&str, &str); 2] = [
    // 424242 becomes 999999, in text written as hexadecimal digits.
    ("343234323432", "393939393939"),
    ("0000000000067932", "00000000000f423f"),
];

/// The number that is invented; the real ones of a test are few.
const INVENTED: u64 = 99;

/// What a failed packet is answered, and what a transfer is (ICS-04 v2, ICS-20).
const ERROR: &str = "4774d4a575993f963b1c06573736617a457abef8589178db8d10c94b4ab511ab";
const SUCCESS: &str = "7b22726573756c74223a2241513d3d227d";

/// One server's way to lie.
#[derive(Debug)]
pub(crate) struct Liar {
    pub(crate) lie: Lie,
    pub(crate) told: usize,
    random: u64,
    remembered: HashMap<String, Value>,
}

impl Liar {
    pub(crate) fn new(seed: u64) -> Self {
        let random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        Self { lie: Lie::Nothing, told: 0, random, remembered: HashMap::new() }
    }

    /// What is answered in place of `answer`.
    pub(crate) fn change(&mut self, path: &str, question: &[u8], answer: Vec<u8>) -> Vec<u8> {
        let Ok(truth) = serde_json::from_slice::<Value>(&answer) else { return answer };
        let asked: Value = serde_json::from_slice(question).unwrap_or_default();
        let lie = match self.lie {
            Lie::Nothing => truth.clone(),
            Lie::FlippedBytes => return self.flip(answer),
            Lie::InventedEvents => changed(&truth, &invent),
            Lie::HiddenEvents => changed(&truth, &|events| events.retain(|it| !is_told(it))),
            Lie::StaleHeights => self.remember(path, &asked, &truth),
        };
        if self.lie != Lie::StaleHeights {
            self.remembered.insert(key(path, &asked), truth.clone());
        }
        if lie == truth {
            return answer;
        }
        self.told += 1;
        lie.to_string().into_bytes()
    }

    fn next(&mut self) -> usize {
        // xorshift64.
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        usize::try_from(self.random >> 16).unwrap()
    }

    fn flip(&mut self, mut answer: Vec<u8>) -> Vec<u8> {
        if answer.is_empty() || self.next().is_multiple_of(2) {
            return answer;
        }
        self.told += 1;
        for _ in 0..=answer.len() / 512 {
            let at = self.next() % answer.len();
            // Another of the same kind, so that most answers can still be read.
            answer[at] = match answer[at] {
                digit @ b'0'..=b'9' => b'0' + (digit - b'0' + 1) % 10,
                letter @ b'a'..=b'f' => b'a' + (letter - b'a' + 1) % 6,
                letter @ b'A'..=b'F' => b'A' + (letter - b'A' + 1) % 6,
                other => other,
            };
        }
        answer
    }

    /// The answer to the same question at an earlier time.
    fn remember(&mut self, path: &str, asked: &Value, truth: &Value) -> Value {
        let known = self.remembered.entry(key(path, asked)).or_insert_with(|| truth.clone());
        let mut known = known.clone();
        if let (Some(known), Some(id)) = (known.as_object_mut(), truth.get("id")) {
            known.insert("id".to_owned(), id.clone());
        }
        known
    }
}

/// A question without its number.
fn key(path: &str, asked: &Value) -> String {
    let mut asked = asked.clone();
    if let Some(asked) = asked.as_object_mut() {
        asked.remove("id");
    }
    format!("{path} {asked}")
}

/// An answer with each list in it changed.
fn changed(answer: &Value, change: &impl Fn(&mut Vec<Value>)) -> Value {
    match answer {
        Value::Array(list) => {
            let mut list: Vec<_> = list.iter().map(|it| changed(it, change)).collect();
            change(&mut list);
            Value::Array(list)
        }
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| (name.clone(), changed(value, change));
            Value::Object(fields.iter().map(field).collect())
        }
        other => other.clone(),
    }
}

/// True for what tells of a packet: an event, or a log of a contract.
fn is_told(it: &Value) -> bool {
    let kinds = ["send_packet", "write_acknowledgement", "acknowledge_packet", "timeout_packet"];
    it["type"].as_str().is_some_and(|kind| kinds.contains(&kind))
        || it["topics"].as_array().is_some_and(|topics| topics.len() > 2)
}

/// One more packet beside each, and errors for all answers.
fn invent(events: &mut Vec<Value>) {
    for event in events.iter_mut().filter(|it| is_told(it)) {
        *event = replaced(event, &[(SUCCESS, ERROR)]);
    }
    let more: Vec<_> = events.iter().filter(|it| is_told(it)).map(another).collect();
    events.extend(more);
}

/// The event of a packet that was never sent.
fn another(event: &Value) -> Value {
    let mut event = replaced(event, &AMOUNTS);
    if event["packet"]["sequence"].is_u64() {
        event["packet"]["sequence"] = INVENTED.into();
    }
    for attribute in event["attributes"].as_array_mut().into_iter().flatten() {
        if attribute["key"] == "packet_sequence" {
            attribute["value"] = INVENTED.to_string().into();
        }
        if attribute["key"] == "encoded_packet_hex" {
            // The sequence is the first field, and small.
            let packet = attribute["value"].as_str().unwrap();
            attribute["value"] = format!("08{INVENTED:02x}{}", &packet[4..]).into();
        }
    }
    if let Some(topic) = event.pointer_mut("/topics/2") {
        *topic = json!(format!("0x{INVENTED:064x}"));
    }
    event
}

/// The same with texts replaced in all its texts.
fn replaced(value: &Value, pairs: &[(&str, &str)]) -> Value {
    let text = value.to_string();
    let text = pairs.iter().fold(text, |text, (from, to)| text.replace(from, to));
    serde_json::from_str(&text).unwrap()
}
