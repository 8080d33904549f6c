//! What becomes of a packet, by the states of both chains.

use core::time::Duration;

use causeway_core::{Acknowledgement, Sequence};
use causeway_relayer_endpoints::inspect;
use causeway_relayer_engine::{Destination, Finding, PacketKey, Side};

use super::Way;

/// How often both chains are asked.
const POLL: Duration = Duration::from_millis(400);

/// Something that happened to a packet on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A block of its source has it.
    Sent { height: u64 },
    /// That block is final: the packet can be proven.
    SourceFinal,
    /// Its destination has it, and has answered.
    Received { height: u64 },
    /// It is not known at the moment.
    Unknown { reason: String },
}

/// How a packet ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It was delivered, and its source knows.
    Acknowledged { acknowledgement: Acknowledgement, received_at: u64 },
    /// Its destination said no, and its source has given back what it took.
    Refused { received_at: u64 },
    /// It did not arrive in time, and its source has given back what it took.
    TimedOut,
}

impl Ending {
    /// The name of the outcome in documents.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Acknowledged { .. } => "acknowledged",
            Self::Refused { .. } => "refused",
            Self::TimedOut => "timed_out",
        }
    }
}

impl Way {
    /// Waits until a packet with this timeout has ended; `told` hears of each step once. Chains
    /// that do not answer are asked again.
    pub(crate) async fn follow(
        &self,
        (sequence, timeout): (Sequence, u64),
        mut told: impl FnMut(Step),
    ) -> Ending {
        let mut heard = Heard::default();
        loop {
            match self.look(sequence).await {
                Ok(finding) => match self.judge(finding, &mut heard, &mut told).await {
                    // A block that is undone takes the packet with it, for a while.
                    Some(Ending::TimedOut) if !self.is_past(timeout).await => {}
                    Some(ending) => return ending,
                    None => {}
                },
                Err(reason) => heard.trouble(reason, &mut told),
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// True when nothing can arrive any more.
    async fn is_past(&self, timeout: u64) -> bool {
        let seen = self.destination.endpoint.observe().await;
        seen.is_ok_and(|seen| seen.head_time.secs() >= timeout)
    }

    /// What both states say of a packet now.
    pub(crate) async fn look(&self, sequence: Sequence) -> Result<Finding, String> {
        let key = PacketKey { source: Side::A, sequence };
        let source = (&*self.source.endpoint, &self.source.client);
        let destination = (&*self.destination.endpoint, &self.destination.client);
        let found = inspect(&[key], source, destination).await.pop();
        found.map_or_else(|| Err("no answer".to_owned()), |(_, finding)| finding)
    }

    async fn judge(
        &self,
        finding: Finding,
        heard: &mut Heard,
        told: &mut impl FnMut(Step),
    ) -> Option<Ending> {
        if let Some((_, height)) = &finding.committed {
            let height = height.height();
            if !heard.sent {
                heard.sent = true;
                told(Step::Sent { height });
            }
            if !heard.is_final {
                let seen = self.source.endpoint.observe().await.ok()?;
                if seen.finalized.height() >= height {
                    heard.is_final = true;
                    told(Step::SourceFinal);
                }
            }
        }
        if let Destination::Answered(_, height) = &finding.destination
            && !heard.received
        {
            heard.received = true;
            told(Step::Received { height: height.height() });
        }
        let is_settled = finding.committed.is_none() && !finding.body_missing;
        if is_settled && matches!(finding.destination, Destination::Unanswered) {
            // It was received, so that it cannot have timed out.
            let chain = &self.destination.alias;
            heard.trouble(format!("{chain} has received it, but does not show its answer"), told);
            return None;
        }
        is_settled.then(|| match finding.destination {
            Destination::Answered(answer, height) if answer.is_error() => {
                Ending::Refused { received_at: height.height() }
            }
            Destination::Answered(acknowledgement, height) => {
                Ending::Acknowledged { acknowledgement, received_at: height.height() }
            }
            Destination::Unreceived | Destination::Unanswered => Ending::TimedOut,
        })
    }
}

/// What was told already.
#[derive(Default)]
struct Heard {
    sent: bool,
    is_final: bool,
    received: bool,
    trouble: Option<String>,
}

impl Heard {
    fn trouble(&mut self, reason: String, told: &mut impl FnMut(Step)) {
        if self.trouble.as_ref() != Some(&reason) {
            told(Step::Unknown { reason: reason.clone() });
            self.trouble = Some(reason);
        }
    }
}

impl core::fmt::Display for Step {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Sent { height } => write!(f, "sent at height {height}"),
            Self::SourceFinal => f.write_str("final at its source, on its way"),
            Self::Received { height } => {
                write!(f, "received at height {height}, the answer is on its way")
            }
            Self::Unknown { reason } => write!(f, "asking again: {reason}"),
        }
    }
}
