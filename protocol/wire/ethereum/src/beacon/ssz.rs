//! The framing of SSZ updates: for each a length, the digest of its fork, and its bytes.

use causeway_client_ethereum::containers::{Dated, LightClientUpdate};
use causeway_core::DecodeError;

use super::Reader;

/// The digest in front of each object.
const DIGEST_LEN: usize = 4;

/// The chunks, each a digest and an object, when that is what the bytes are from end to end. Bare
/// objects are not: where a chunk has the high half of a length, zero, they have a key, an offset
/// or participation bits, or the length does not fit.
pub(super) fn chunks(bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let mut chunks = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let (len, following) = rest.split_first_chunk()?;
        let len = usize::try_from(u64::from_le_bytes(*len)).ok()?;
        let (chunk, following) = following.split_at_checked(len)?;
        (len >= DIGEST_LEN).then_some(())?;
        chunks.push(chunk);
        rest = following;
    }
    (!chunks.is_empty()).then_some(chunks)
}

/// The update of each chunk.
pub(super) fn updates(
    chunks: &[&[u8]],
    reader: &Reader<'_>,
) -> Result<Vec<LightClientUpdate>, DecodeError> {
    super::check_count(chunks.len())?;
    chunks.iter().map(|chunk| update(chunk, reader)).collect()
}

/// One chunk: the digest is that of the fork at the attested slot, and selects the form.
fn update(chunk: &[u8], reader: &Reader<'_>) -> Result<LightClientUpdate, DecodeError> {
    let (digest, object) = chunk.split_at_checked(DIGEST_LEN).unwrap_or_default();
    let update: LightClientUpdate = reader.object(object)?;
    let epoch = reader.config.epoch(update.slot());
    let expected = reader.config.fork_digest(epoch, reader.blobs);
    if digest != expected.as_slice() {
        let got = hex::encode(digest);
        let reason = format!("fork digest 0x{got}, at epoch {epoch} it is {expected}");
        return Err(DecodeError::new(super::UPDATES, reason));
    }
    Ok(update)
}
