//! Answering wrongly on purpose, so that clients can be tried on a bad server.

use std::time::Duration;

use causeway_chain::{Answer, Random, Response, RpcFault};

/// Of so many digits, a liar changes one.
const FLIPPED_ONE_IN: u64 = 200;

/// How answers go wrong at present.
#[derive(Debug)]
pub(crate) struct Lies {
    fault: RpcFault,
    random: Random,
}

impl Lies {
    pub(crate) fn new() -> Self {
        Self { fault: RpcFault::Honest, random: Random::new(0) }
    }

    pub(crate) fn set(&mut self, fault: RpcFault) {
        self.fault = fault;
    }

    /// How long an answer is kept back.
    pub(crate) fn delay(&self) -> Duration {
        match self.fault {
            RpcFault::Delay(delay) => delay,
            RpcFault::Lie | RpcFault::Errors | RpcFault::Honest => Duration::ZERO,
        }
    }

    /// The answer as it goes out.
    pub(crate) fn distort(&mut self, answer: Answer) -> Answer {
        match (self.fault, answer) {
            (RpcFault::Errors, _) => {
                Answer::Now(Response::json(503, r#"{"error":"told to fail"}"#))
            }
            (RpcFault::Lie, Answer::Now(mut response)) => {
                self.flip_digits(&mut response.body);
                Answer::Now(response)
            }
            (_, answer) => answer,
        }
    }

    /// A message of a stream as it goes out.
    pub(crate) fn distort_message(&mut self, message: &mut [u8]) {
        if self.fault == RpcFault::Lie {
            self.flip_digits(message);
        }
    }

    /// Changes some digits to others, one at least, so that the body still parses.
    fn flip_digits(&mut self, body: &mut [u8]) {
        let mut digits: Vec<_> = body.iter_mut().filter(|byte| byte.is_ascii_digit()).collect();
        let count = u64::try_from(digits.len()).unwrap_or(u64::MAX);
        let always = usize::try_from(self.random.below(count)).unwrap_or_default();
        for (index, byte) in digits.iter_mut().enumerate() {
            if index == always || self.random.chance(1, FLIPPED_ONE_IN) {
                **byte = b'0' + (**byte - b'0' + 1) % 10;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(fault: RpcFault) -> Response {
        let mut lies = Lies::new();
        lies.set(fault);
        match lies.distort(Answer::Now(Response::json(200, r#"{"height":"41"}"#))) {
            Answer::Now(response) => response,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn lies_have_the_form_of_the_truth() {
        let truth = told(RpcFault::Honest);
        let lie = told(RpcFault::Lie);
        assert!(lie != truth && lie.status == 200 && lie.body.len() == truth.body.len());
        assert!(serde_json::from_slice::<serde_json::Value>(&lie.body).is_ok());
        assert_eq!(told(RpcFault::Errors).status, 503);
        assert_eq!(told(RpcFault::Delay(Duration::from_secs(1))), truth);
    }
}
