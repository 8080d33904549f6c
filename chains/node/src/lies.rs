//! Answering wrongly on purpose, so that clients can be tried on a bad server.

use std::time::Duration;

use causeway_chain::{Answer, Random, Response, RpcFault};

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
            (RpcFault::Errors, Answer::Now(_)) => {
                Answer::Now(Response::json(503, r#"{"error":"told to fail"}"#))
            }
            (RpcFault::Lie, Answer::Now(mut response)) => {
                self.flip_digits(&mut response.body);
                Answer::Now(response)
            }
            (_, answer) => answer,
        }
    }

    /// Changes some hexadecimal digits to others, so that the body still parses.
    fn flip_digits(&mut self, body: &mut [u8]) {
        for byte in body.iter_mut().filter(|byte| byte.is_ascii_digit()) {
            if self.random.chance(1, 200) {
                *byte = b'0' + (*byte - b'0' + 1) % 10;
            }
        }
    }
}
