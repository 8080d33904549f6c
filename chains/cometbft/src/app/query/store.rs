//! Questions to a store by key.

use causeway_store::StoreError;
use causeway_wire_cometbft::tx::TxRefusal;
use prost::Message;

use super::{ProofOp, QueryResult, Question};
use crate::app::shared::Shared;
use crate::app::state::{Store, Version};
use crate::app::tx::Rejection;

/// The most pairs of an answer.
const MAX_PAIRS: usize = 1_000;

/// `cosmos.store.internal.kv.v1beta1.Pairs`.
#[derive(Clone, PartialEq, Eq, Message)]
struct Pairs {
    #[prost(message, repeated, tag = "1")]
    pairs: Vec<Pair>,
}

#[derive(Clone, PartialEq, Eq, Message)]
struct Pair {
    #[prost(bytes = "vec", tag = "1")]
    key: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

/// Answers `<name>/key` and `<name>/subspace`.
pub(crate) fn answer(
    app: &mut Shared,
    path: &str,
    question: &Question<'_>,
    height: u64,
) -> Result<QueryResult, Rejection> {
    let unknown = |detail: String| Rejection::sdk(TxRefusal::UnknownRequest, detail);
    let (name, what) = path.split_once('/').unwrap_or((path, ""));
    let store = Store::by_name(name).ok_or_else(|| unknown(format!("no such store: {name}")))?;
    if question.prove && height <= 1 {
        let detail = "cannot query with proof when height <= 1; please provide a valid height";
        return Err(Rejection::sdk(TxRefusal::InvalidRequest, detail));
    }
    let version = app.version(height)?;
    match what {
        "key" => by_key(&version, store, question),
        "subspace" => subspace(&version, store, question.data),
        other => Err(unknown(format!("unexpected query path: {other}"))),
    }
}

fn by_key(
    version: &Version,
    store: Store,
    question: &Question<'_>,
) -> Result<QueryResult, Rejection> {
    let key = question.data;
    if key.is_empty() {
        let detail = "query cannot be zero length";
        return Err(Rejection::sdk(TxRefusal::Decode, detail));
    }
    let value = version.tree(store).get(key).unwrap_or_default().to_vec();
    let proof_ops = if question.prove {
        prove(version, store, key)
            .map_err(|error| Rejection::sdk(TxRefusal::InvalidRequest, error))?
    } else {
        Vec::new()
    };
    let (key, height) = (key.to_vec(), version.height);
    Ok(QueryResult { key, value, proof_ops, height, ..QueryResult::default() })
}

/// What is, or is not, at the key under the store's root, and the store's root under the app hash.
fn prove(version: &Version, store: Store, key: &[u8]) -> Result<Vec<ProofOp>, StoreError> {
    let in_store = version.tree(store).prove(key)?;
    let of_store = version.roots()?.prove(store.name())?;
    Ok(vec![
        ProofOp { kind: "ics23:iavl", key: key.to_vec(), data: in_store.to_bytes() },
        ProofOp { kind: "ics23:simple", key: store.name().into(), data: of_store.to_bytes() },
    ])
}

fn subspace(version: &Version, store: Store, prefix: &[u8]) -> Result<QueryResult, Rejection> {
    let entries = version.tree(store).entries(prefix, None);
    let pairs = entries.map(|(key, value)| Pair { key: key.to_vec(), value: value.to_vec() });
    let pairs: Vec<_> = pairs.take(MAX_PAIRS.saturating_add(1)).collect();
    if pairs.len() > MAX_PAIRS {
        let detail = format!("more than {MAX_PAIRS} keys begin so");
        return Err(Rejection::sdk(TxRefusal::InvalidRequest, detail));
    }
    let value = Pairs { pairs }.encode_to_vec();
    let height = version.height;
    Ok(QueryResult { key: prefix.to_vec(), value, height, ..QueryResult::default() })
}
