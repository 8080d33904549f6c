//! Runs of headers, raw or as lines of hexadecimal digits.

use causeway_client_bitcoin::{HEADER_LEN, Header, RawHeader};
use causeway_core::DecodeError;

/// What a run is called in errors.
const WHAT: &str = "bitcoin_headers";

/// How a run is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Raw,
    Hex,
}

/// Takes a run of headers apart as its bytes come in, in memory that does not grow with the run.
///
/// The form is seen from the first header: eighty bytes that are all printable and white space are
/// text, since no header looks like that.
#[derive(Debug, Default)]
pub struct HeaderReader {
    form: Option<Form>,
    /// Bytes, or the digits of a line, that are no whole header yet.
    pending: Vec<u8>,
}

fn is_text(byte: u8) -> bool {
    byte.is_ascii_graphic() || byte.is_ascii_whitespace()
}

impl HeaderReader {
    /// Takes the next bytes, and appends the headers that they complete.
    pub fn read(&mut self, bytes: &[u8], headers: &mut Vec<RawHeader>) -> Result<(), DecodeError> {
        if let Some(form) = self.form {
            return self.read_as(form, bytes, headers);
        }
        self.pending.extend_from_slice(bytes);
        if self.pending.len() < HEADER_LEN {
            return Ok(());
        }
        self.settle(headers)
    }

    /// Ends the run; refused when it ends within a header.
    pub fn finish(mut self, headers: &mut Vec<RawHeader>) -> Result<(), DecodeError> {
        if self.form.is_none() {
            self.settle(headers)?;
        }
        match (self.form, self.pending.len()) {
            (_, 0) => Ok(()),
            (Some(Form::Hex), _) => self.end_line(headers),
            (_, extra) => Err(DecodeError::new(WHAT, format!("{extra} bytes left over"))),
        }
    }

    /// Decides on the form by what has come in.
    fn settle(&mut self, headers: &mut Vec<RawHeader>) -> Result<(), DecodeError> {
        let first = self.pending.get(..HEADER_LEN).unwrap_or(&self.pending);
        let form = if first.iter().copied().all(is_text) { Form::Hex } else { Form::Raw };
        self.form = Some(form);
        let bytes = std::mem::take(&mut self.pending);
        self.read_as(form, &bytes, headers)
    }

    fn read_as(
        &mut self,
        form: Form,
        bytes: &[u8],
        headers: &mut Vec<RawHeader>,
    ) -> Result<(), DecodeError> {
        match form {
            Form::Raw => {
                self.read_raw(bytes, headers);
                Ok(())
            }
            Form::Hex => self.read_hex(bytes, headers),
        }
    }

    fn read_raw(&mut self, bytes: &[u8], headers: &mut Vec<RawHeader>) {
        let missing = HEADER_LEN.saturating_sub(self.pending.len()) % HEADER_LEN;
        let (head, rest) = bytes.split_at(missing.min(bytes.len()));
        self.pending.extend_from_slice(head);
        if let Ok(header) = RawHeader::try_from(self.pending.as_slice()) {
            headers.push(header);
            self.pending.clear();
        }
        let (whole, tail) = rest.as_chunks::<HEADER_LEN>();
        headers.extend_from_slice(whole);
        self.pending.extend_from_slice(tail);
    }

    fn read_hex(&mut self, bytes: &[u8], headers: &mut Vec<RawHeader>) -> Result<(), DecodeError> {
        for byte in bytes {
            match byte {
                b'\n' => self.end_line(headers)?,
                space if space.is_ascii_whitespace() => (),
                _ if self.pending.len() == HEADER_LEN.saturating_mul(2) => {
                    self.end_line(headers)?;
                    self.pending.push(*byte);
                }
                _ => self.pending.push(*byte),
            }
        }
        Ok(())
    }

    /// A line has the digits of whole headers; an empty one has none.
    fn end_line(&mut self, headers: &mut Vec<RawHeader>) -> Result<(), DecodeError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let mut header = [0; HEADER_LEN];
        hex::decode_to_slice(&self.pending, &mut header).map_err(|error| {
            let reason = format!("header of {} digits: {error}", self.pending.len());
            DecodeError::new(WHAT, reason)
        })?;
        headers.push(header);
        self.pending.clear();
        Ok(())
    }
}

/// Exactly one header, raw or as hexadecimal digits.
pub fn read_header(bytes: &[u8]) -> Result<Header, DecodeError> {
    let mut reader = HeaderReader::default();
    let mut headers = Vec::new();
    reader.read(bytes, &mut headers)?;
    reader.finish(&mut headers)?;
    match headers.as_slice() {
        [header] => Ok(Header::from_bytes(header)),
        _ => Err(DecodeError::new(WHAT, format!("{} headers, expected one", headers.len()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(count: u8) -> Vec<RawHeader> {
        (0..count).map(|n| [n ^ 0xa5; HEADER_LEN]).collect()
    }

    fn read_in_steps(bytes: &[u8], step: usize) -> Result<Vec<RawHeader>, DecodeError> {
        let mut reader = HeaderReader::default();
        let mut headers = Vec::new();
        for part in bytes.chunks(step) {
            reader.read(part, &mut headers)?;
        }
        reader.finish(&mut headers)?;
        Ok(headers)
    }

    #[test]
    fn both_forms_read_the_same_in_steps_of_any_size() {
        let headers = run(5);
        let raw = headers.as_flattened().to_vec();
        let lines: Vec<_> = headers.iter().map(hex::encode).collect();
        for text in [lines.join("\n"), lines.join("\r\n") + "\r\n", lines.concat(), {
            format!("\n{}\n\n{}\n", lines[..2].concat(), lines[2..].join("\n"))
        }] {
            for step in [1, 7, 79, 80, 81, 160, 161, 10_000] {
                assert_eq!(read_in_steps(text.as_bytes(), step).as_ref(), Ok(&headers), "{step}");
                assert_eq!(read_in_steps(&raw, step).as_ref(), Ok(&headers), "{step}");
            }
        }
    }

    #[test]
    fn what_ends_within_a_header_is_malformed() {
        let raw = run(2).as_flattened().to_vec();
        let text = hex::encode(&raw);
        for step in [1, 80, 1000] {
            for cut in [1, 79, 81, 159] {
                assert!(read_in_steps(&raw[..cut], step).is_err(), "{cut}");
                assert!(read_in_steps(&text.as_bytes()[..2 * cut], step).is_err(), "{cut}");
            }
        }
        assert!(
            read_in_steps(format!("{}\n{}", &text[..100], &text[100..]).as_bytes(), 9).is_err()
        );
        assert!(read_in_steps(format!("{}x", &text[..319]).as_bytes(), 9).is_err());
        assert_eq!(read_in_steps(b"", 1), Ok(vec![]));
    }

    #[test]
    fn other_text_is_malformed() {
        let digits = hex::encode(run(2).as_flattened());
        for text in [format!("0x{digits}"), format!("[\"{digits}\"]"), "no headers\n".repeat(80)] {
            for step in [1, 80, 1000] {
                assert!(read_in_steps(text.as_bytes(), step).is_err(), "{text}");
            }
        }
    }

    #[test]
    fn one_header_is_one_header() {
        let headers = run(2);
        assert!(read_header(&headers[0]).is_ok());
        assert!(read_header(hex::encode(headers[0]).as_bytes()).is_ok());
        assert!(read_header(headers.as_flattened()).is_err());
        assert!(read_header(b"").is_err());
    }
}
