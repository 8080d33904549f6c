//! The faults that users can ask for, by name, and when each of them ends.

use std::time::Duration;

use causeway_chain::{Fault, RpcFault};
use causeway_core::Timestamp;

/// How late answers come when nobody says how late.
const DEFAULT_DELAY: Duration = Duration::from_secs(2);

/// What else a fault takes than its name.
#[derive(Clone, Debug)]
enum Form {
    Plain(Fault),
    Depth(fn(u32) -> Fault),
    Count(fn(u32) -> Fault),
    Delay(fn(Duration) -> Fault),
}

/// A fault by its name.
#[derive(Clone, Debug)]
pub struct FaultKind {
    /// What users call it.
    pub name: &'static str,
    /// What it does, in one line.
    pub about: &'static str,
    form: Form,
    /// True when it goes on until it is ended.
    lasts: bool,
}

const fn kind(name: &'static str, lasts: bool, form: Form, about: &'static str) -> FaultKind {
    FaultKind { name, about, form, lasts }
}

/// All kinds of fault.
pub const FAULT_KINDS: [FaultKind; 13] = [
    kind("halt", true, Form::Plain(Fault::Halt), "make no more blocks"),
    kind("resume", false, Form::Plain(Fault::Resume), "end every lasting fault"),
    kind("partition", true, Form::Plain(Fault::Partition), "split the participants in two groups"),
    kind("stop", true, Form::Count(|count| Fault::Stop { count }), "stop --count participants"),
    kind(
        "reorg",
        false,
        Form::Depth(|depth| Fault::Reorg { depth }),
        "replace the newest --depth blocks by a rival branch",
    ),
    kind(
        "fork",
        false,
        Form::Depth(|depth| Fault::Fork { depth }),
        "grow a branch of --depth blocks that does not win",
    ),
    kind("stop-finality", true, Form::Plain(Fault::StopFinality), "let nothing become final"),
    kind(
        "equivocate",
        false,
        Form::Plain(Fault::Equivocate),
        "sign two contradicting things, and publish the evidence",
    ),
    kind(
        "change-set",
        false,
        Form::Count(|count| Fault::ChangeSet { count }),
        "change the set of participants by --count",
    ),
    kind("rpc-lie", true, Form::Plain(Fault::Rpc(RpcFault::Lie)), "answer with wrong digits"),
    kind(
        "rpc-delay",
        true,
        Form::Delay(|delay| Fault::Rpc(RpcFault::Delay(delay))),
        "answer late by --delay",
    ),
    kind("rpc-errors", true, Form::Plain(Fault::Rpc(RpcFault::Errors)), "answer with errors"),
    kind("rpc-honest", false, Form::Plain(Fault::Rpc(RpcFault::Honest)), "answer well again"),
];

/// What a user asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FaultRequest {
    /// How many blocks.
    pub depth: Option<u32>,
    /// How many participants.
    pub count: Option<u32>,
    /// How late answers come.
    pub delay: Option<Duration>,
    /// After how much chain time it ends by itself.
    pub lasting: Option<Duration>,
}

/// A fault, and after how much chain time it ends by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultOrder {
    pub(crate) kind: &'static str,
    pub(crate) fault: Fault,
    pub(crate) lasts: bool,
    pub(crate) lasting: Option<Duration>,
}

/// Why a fault cannot be asked for like that.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultRequestError {
    /// There is no such kind.
    #[error("there is no fault {got:?}; there are {}", names())]
    UnknownKind {
        /// What was asked for.
        got: String,
    },
    /// The kind has no use for it.
    #[error("{kind} takes no {option}")]
    NotTaken {
        /// The kind.
        kind: &'static str,
        /// What it does not take.
        option: &'static str,
    },
    /// Nothing would happen.
    #[error("{option} must be at least 1")]
    Zero {
        /// What was zero.
        option: &'static str,
    },
    /// There is nothing to end.
    #[error("{kind} happens at once, so it takes no --for")]
    DoesNotLast {
        /// The kind.
        kind: &'static str,
    },
}

fn names() -> String {
    FAULT_KINDS.map(|kind| kind.name).join(", ")
}

impl FaultOrder {
    /// The fault of that kind and size.
    pub fn new(kind: &str, request: FaultRequest) -> Result<Self, FaultRequestError> {
        let FaultRequest { depth, count, delay, lasting } = request;
        let found = FAULT_KINDS.into_iter().find(|known| known.name == kind);
        let kind = found.ok_or_else(|| FaultRequestError::UnknownKind { got: kind.to_owned() })?;
        let size = |size: Option<u32>, option| match size {
            Some(0) => Err(FaultRequestError::Zero { option }),
            size => Ok(size.unwrap_or(1)),
        };
        let not_taken = |option| FaultRequestError::NotTaken { kind: kind.name, option };
        let fault = match (kind.form, depth, count, delay) {
            (Form::Plain(fault), None, None, None) => fault,
            (Form::Depth(fault), depth, None, None) => fault(size(depth, "--depth")?),
            (Form::Count(fault), None, count, None) => fault(size(count, "--count")?),
            (Form::Delay(fault), None, None, delay) => fault(delay.unwrap_or(DEFAULT_DELAY)),
            (Form::Depth(_), _, Some(_), _) => return Err(not_taken("--count")),
            (Form::Count(_) | Form::Delay(_), Some(_), ..) => return Err(not_taken("--depth")),
            (Form::Delay(_), _, Some(_), _) => return Err(not_taken("--count")),
            (Form::Plain(_), Some(_), ..) => return Err(not_taken("--depth")),
            (Form::Plain(_), _, Some(_), _) => return Err(not_taken("--count")),
            (Form::Plain(_) | Form::Depth(_) | Form::Count(_), _, _, Some(_)) => {
                return Err(not_taken("--delay"));
            }
        };
        if lasting.is_some() && !kind.lasts {
            return Err(FaultRequestError::DoesNotLast { kind: kind.name });
        }
        Ok(Self { kind: kind.name, fault, lasts: kind.lasts, lasting })
    }
}

/// The lasting faults that a chain has.
#[derive(Debug, Default)]
pub(crate) struct Lasting(Vec<(FaultOrder, Option<Timestamp>)>);

impl Lasting {
    /// Takes note of a fault that the chain now has.
    pub(crate) fn note(&mut self, order: &FaultOrder, now: Timestamp) {
        let is_rpc = |fault: &Fault| matches!(fault, Fault::Rpc(_));
        match order.fault {
            Fault::Resume => self.0.clear(),
            // Answers go wrong in one way at a time.
            Fault::Rpc(_) => self.0.retain(|(noted, _)| !is_rpc(&noted.fault)),
            _ => self.0.retain(|(noted, _)| noted.kind != order.kind),
        }
        if order.lasts {
            let until = order.lasting.map(|lasting| now.saturating_add(lasting));
            self.0.push((order.clone(), until));
        }
    }

    /// When the next one ends by itself.
    pub(crate) fn next_end(&self) -> Option<Timestamp> {
        self.0.iter().filter_map(|(_, until)| *until).min()
    }

    /// Forgets those that have ended by `now`; true when there were any.
    pub(crate) fn end(&mut self, now: Timestamp) -> bool {
        let before = self.0.len();
        self.0.retain(|(_, until)| until.is_none_or(|until| until > now));
        self.0.len() < before
    }

    /// Those that are left.
    pub(crate) fn faults(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter().map(|(order, _)| &order.fault)
    }

    /// Their names.
    pub(crate) fn kinds(&self) -> Vec<&'static str> {
        self.0.iter().map(|(order, _)| order.kind).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: FaultRequest =
        FaultRequest { depth: None, count: None, delay: None, lasting: None };

    #[test]
    fn faults_take_what_they_have_a_use_for() {
        let some = FaultRequest { depth: Some(3), ..NOTHING };
        let reorg = FaultOrder::new("reorg", some).unwrap();
        assert_eq!(reorg.fault, Fault::Reorg { depth: 3 });
        assert_eq!(FaultOrder::new("stop", NOTHING).unwrap().fault, Fault::Stop { count: 1 });
        for kind in FAULT_KINDS {
            FaultOrder::new(kind.name, NOTHING).unwrap();
            let all = FaultRequest { depth: Some(1), count: Some(1), ..NOTHING };
            FaultOrder::new(kind.name, all).unwrap_err();
            let second = Some(Duration::from_secs(1));
            let lasting = FaultOrder::new(kind.name, FaultRequest { lasting: second, ..NOTHING });
            assert_eq!(lasting.is_ok(), kind.lasts, "{}", kind.name);
        }
        for (kind, request) in [
            ("explode", NOTHING),
            ("reorg", FaultRequest { depth: Some(0), ..NOTHING }),
            ("stop", FaultRequest { count: Some(0), ..NOTHING }),
            ("halt", FaultRequest { delay: Some(DEFAULT_DELAY), ..NOTHING }),
        ] {
            FaultOrder::new(kind, request).unwrap_err();
        }
    }

    #[test]
    fn faults_end_one_by_one() {
        let at = |secs| Timestamp::from_secs(secs).unwrap();
        let order = |kind: &str, secs| {
            let lasting = Some(Duration::from_secs(secs));
            FaultOrder::new(kind, FaultRequest { lasting, ..NOTHING }).unwrap()
        };
        let mut lasting = Lasting::default();
        lasting.note(&order("halt", 10), at(0));
        lasting.note(&order("rpc-lie", 5), at(0));
        lasting.note(&FaultOrder::new("partition", NOTHING).unwrap(), at(0));
        assert_eq!(lasting.next_end(), Some(at(5)));
        assert!(!lasting.end(at(4)) && lasting.end(at(5)));
        assert_eq!(lasting.kinds(), ["halt", "partition"]);
        lasting.note(&order("halt", 30), at(5));
        assert_eq!(lasting.next_end(), Some(at(35)));
        lasting.note(&FaultOrder::new("resume", NOTHING).unwrap(), at(6));
        assert!(lasting.kinds().is_empty() && lasting.next_end().is_none());
    }
}
