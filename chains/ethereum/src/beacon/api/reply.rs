//! Answers of the Beacon API: JSON or SSZ, as the client asks, and errors in its one shape.

use causeway_chain::{Request, Response};
use serde_json::{Value, json};

use crate::ssz::Ssz;

/// The fork of every object served here.
pub(super) const VERSION: &str = "fulu";

const JSON: &str = "application/json";
const SSZ: &str = "application/octet-stream";

/// A weight of 1 in thousandths, as precise as `q` gets.
const FULL_WEIGHT: u32 = 1000;

/// Why a request is not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ApiError {
    status: u16,
    message: String,
}

impl ApiError {
    pub(super) fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    pub(super) fn not_found(message: &str) -> Self {
        Self::new(404, message)
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, message)
    }

    pub(super) fn response(&self) -> Response {
        let body = json!({ "code": self.status, "message": self.message });
        Response::json(self.status, body.to_string())
    }
}

/// Which forms a client takes, by weight in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Accept {
    json: u32,
    ssz: u32,
}

impl Accept {
    /// What the request's `Accept` says; everything without one.
    pub(super) fn of(request: &Request) -> Self {
        let Some(accept) = request.header("accept") else {
            return Self { json: FULL_WEIGHT, ssz: FULL_WEIGHT };
        };
        let ranges: Vec<(&str, u32)> = accept.split(',').map(media_range).collect();
        let weight = |media_type| {
            let named = |name: &str| ranges.iter().find(|(range, _)| *range == name);
            let found = named(media_type).or_else(|| named("application/*"));
            found.or_else(|| named("*/*")).map_or(0, |(_, weight)| *weight)
        };
        Self { json: weight(JSON), ssz: weight(SSZ) }
    }

    /// JSON, for what has no other form.
    pub(super) fn json(self, body: &Value) -> Result<Response, ApiError> {
        if self.json == 0 {
            return Err(ApiError::new(406, "Accepted media type not supported"));
        }
        Ok(Response::json(200, body.to_string()))
    }

    /// An object in the form that is wanted more, JSON if that is open. The JSON is wrapped as
    /// `wrap` says.
    pub(super) fn object<T: Ssz>(
        self,
        object: &T,
        wrap: impl FnOnce(&Value) -> Value,
    ) -> Result<Response, ApiError> {
        let response = if self.ssz > self.json {
            Response::new(200, SSZ, object.as_ssz_bytes())
        } else {
            self.json(&wrap(&object.to_json()))?
        };
        Ok(response.with_header("eth-consensus-version", VERSION))
    }

    /// Bytes that are SSZ already, or the JSON of the same.
    pub(super) fn bytes_or_json(
        self,
        bytes: impl FnOnce() -> Vec<u8>,
        body: impl FnOnce() -> Value,
    ) -> Result<Response, ApiError> {
        if self.ssz > self.json {
            return Ok(Response::new(200, SSZ, bytes()));
        }
        self.json(&body())
    }
}

/// One range of an `Accept` header, and its weight.
fn media_range(range: &str) -> (&str, u32) {
    let mut parts = range.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default();
    let quality = parts.find_map(|parameter| parameter.strip_prefix("q="));
    (name, quality.map_or(FULL_WEIGHT, thousandths))
}

/// `0.25` as 250; what is not a weight does not count.
fn thousandths(text: &str) -> u32 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = fraction.chars().chain("000".chars()).take(3);
    let fraction = digits.collect::<String>().parse().unwrap_or(0);
    let whole: u32 = whole.parse().unwrap_or(0);
    whole.saturating_mul(FULL_WEIGHT).saturating_add(fraction).min(FULL_WEIGHT)
}

/// `{version, data}`.
pub(super) fn versioned(data: &Value) -> Value {
    json!({ "version": VERSION, "data": data })
}

#[cfg(test)]
mod tests {
    use causeway_chain::{Method, SessionId};

    use super::*;

    fn accept(header: Option<&str>) -> (u32, u32) {
        let request = Request {
            method: Method::Get,
            path: String::new(),
            query: String::new(),
            headers: header.iter().map(|h| ("accept".into(), (*h).into())).collect(),
            body: Vec::new(),
            upgrade: false,
            session: SessionId(0),
        };
        let Accept { json, ssz } = Accept::of(&request);
        (json, ssz)
    }

    #[test]
    fn weights_are_read() {
        assert_eq!(accept(None), (1000, 1000));
        assert_eq!(accept(Some("*/*")), (1000, 1000));
        assert_eq!(accept(Some("application/octet-stream")), (0, 1000));
        let both = "application/octet-stream;q=1.0, application/json;q=0.9";
        assert_eq!(accept(Some(both)), (900, 1000));
        assert_eq!(accept(Some("application/json; q=0.25,*/*;q=0.1")), (250, 100));
        assert_eq!(accept(Some("text/html, application/*;q=0.5")), (500, 500));
        assert_eq!(accept(Some("text/html")), (0, 0));
    }
}
