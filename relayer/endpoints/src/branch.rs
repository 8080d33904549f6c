//! Finding out that blocks were undone.

use std::collections::BTreeMap;

use causeway_relayer_engine::Observation;

use crate::{EndpointError, Observer};

/// The most blocks that are not final and remembered; deeper ones are found from there.
const MAX_BLOCKS: usize = 256;

/// The names of the newest blocks, by height.
#[derive(Debug, Default)]
pub struct Branch {
    blocks: BTreeMap<u64, String>,
}

/// What a look at the branch has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Growth {
    /// It stands, and has perhaps grown.
    Stands,
    /// What answers now is behind what answered before, on the same branch.
    Lags,
    /// Blocks above this height were undone.
    Undone(u64),
}

impl Branch {
    /// Compares what is remembered with what the chain says now.
    pub async fn compare(
        &mut self,
        seen: Observation,
        chain: &(impl Observer + ?Sized),
    ) -> Result<Growth, EndpointError> {
        let (head, finalized) = (seen.head.height(), seen.finalized.height());
        let newest = self.blocks.last_key_value().map(|(height, _)| *height);
        if finalized >= head && newest.is_none_or(|newest| newest <= head) {
            // Nothing of this chain can be undone.
            self.blocks.clear();
            return Ok(Growth::Stands);
        }
        let newest_below = self.blocks.range(..=head).next_back();
        if let (Some(newest), Some((height, name))) = (newest, newest_below)
            && newest > head
            && chain.block_id(*height).await?.as_ref() == Some(name)
        {
            return Ok(Growth::Lags);
        }
        let mut lowest_undone = None;
        while let Some((height, name)) = self.blocks.last_key_value() {
            let height = *height;
            if height <= head && chain.block_id(height).await?.as_ref() == Some(name) {
                break;
            }
            lowest_undone = Some(height);
            self.blocks.remove(&height);
        }
        // Blocks between the ones that were looked at may have been undone too.
        let stands = self.blocks.last_key_value().map(|(height, _)| *height);
        if let Some(name) = chain.block_id(head).await? {
            self.blocks.insert(head, name);
        }
        self.blocks = self.blocks.split_off(&finalized);
        while self.blocks.len() > MAX_BLOCKS {
            self.blocks.pop_first();
        }
        Ok(lowest_undone.map_or(Growth::Stands, |lowest| {
            Growth::Undone(stands.unwrap_or(finalized.min(lowest.saturating_sub(1))))
        }))
    }
}
