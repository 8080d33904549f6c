//! Pages of lists.

use causeway_contracts::{KeyValue, Order, Scan};
use causeway_wire_cometbft::query::{PageRequest, PageResponse};

use super::Failure;
use crate::app::state::{Store, Working};

/// The entries of a page when nothing is said (`types/query` `DefaultLimit`).
const DEFAULT_LIMIT: usize = 100;

/// The most entries of a page.
const MAX_LIMIT: usize = 1_000;

/// The most entries that are skipped, or counted.
const MAX_REACH: usize = 100_000;

/// How much of a list is wanted.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    /// What the last page gave as `next_key`; empty for the first page.
    pub(crate) key: Vec<u8>,
    pub(crate) offset: usize,
    pub(crate) limit: usize,
    count_total: bool,
    is_reverse: bool,
}

impl Page {
    pub(crate) fn new(request: Option<PageRequest>) -> Result<Self, Failure> {
        let request = request.unwrap_or_default();
        if !request.key.is_empty() && request.offset != 0 {
            let text = "either offset or key is expected, got both".into();
            return Err(Failure::InvalidArgument(text));
        }
        let limit = usize::try_from(request.limit).unwrap_or(MAX_LIMIT);
        let offset = usize::try_from(request.offset).unwrap_or(usize::MAX);
        if offset > MAX_REACH {
            let text = format!("offset {offset}, at most {MAX_REACH} is possible");
            return Err(Failure::InvalidArgument(text));
        }
        Ok(Self {
            key: request.key,
            offset,
            limit: if limit == 0 { DEFAULT_LIMIT } else { limit.min(MAX_LIMIT) },
            count_total: request.count_total,
            is_reverse: request.reverse,
        })
    }

    /// A page of lists that are read forwards only and not counted.
    pub(crate) fn plain(request: Option<PageRequest>) -> Result<Self, Failure> {
        let page = Self::new(request)?;
        if page.is_reverse || page.offset != 0 {
            let text = "this list is read forwards, from a key".into();
            return Err(Failure::InvalidArgument(text));
        }
        Ok(page)
    }

    /// The entries under `prefix`, their keys without it. `next_key` is the first entry's that was
    /// left out, and a page begins with the entry at its key, if there is one (`types/query`
    /// `Paginate`): clients that know the keys may begin anywhere.
    pub(crate) fn of(
        &self,
        state: &Working,
        store: Store,
        prefix: &[u8],
    ) -> (Vec<KeyValue>, PageResponse) {
        let start = (!self.key.is_empty()).then(|| [prefix, &self.key].concat());
        let first = start.as_ref().and_then(|key| {
            let value = state.value(store, key)?;
            Some((key.clone(), value.into_owned()))
        });
        let order = if self.is_reverse { Order::Descending } else { Order::Ascending };
        let limit = self.offset.saturating_add(self.limit).saturating_add(1);
        let scan = Scan { prefix, after: start.as_deref(), order, limit };
        let found = first.into_iter().chain(state.page(store, &scan)).skip(self.offset);
        let mut found: Vec<_> = found.collect();
        for (key, _) in &mut found {
            key.drain(..prefix.len().min(key.len()));
        }
        let next_key = found.get(self.limit).map(|(key, _)| key.clone());
        found.truncate(self.limit);
        let total = if self.count_total && self.key.is_empty() {
            let scan = Scan { prefix, after: None, order: Order::Ascending, limit: MAX_REACH };
            u64::try_from(state.page(store, &scan).len()).unwrap_or(u64::MAX)
        } else {
            0
        };
        (found, PageResponse { next_key: next_key.unwrap_or_default(), total })
    }
}
